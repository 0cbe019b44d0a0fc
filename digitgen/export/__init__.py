"""Datasets in the formats of other people: one way to write them all, and a small module for each format."""

from typing import Final, NamedTuple


class Format(NamedTuple):
    """A format, and what it takes to write it.

    Attributes
    ----------
    writer : str
        The class that writes it, in the module of the format's name.
    libraries : tuple of str
        The libraries that the class imports. The extra of the format's name installs them.
    """

    writer: str
    libraries: tuple[str, ...] = ()


FORMATS: Final = {
    "parquet": Format("Parquet", ("pyarrow",)),
    "webdataset": Format("WebDataset", ("webdataset",)),
    "mds": Format("Mds", ("streaming", "torchvision")),
    "lmdb": Format("Lmdb", ("lmdb",)),
    "coco": Format("Coco"),
    "png": Format("Png"),
}
"""The formats by name."""
