"""Everything that is fixed for all images and datasets: sizes, paddings, names."""

import re
from typing import Final, Literal

CELL: Final = 28
"""Side of a glyph's cell in px, as MNIST stores it."""

CHUNK: Final = 1024
"""Images that are sampled together. A constant of the format: to change it changes every image."""

IMAGES_PER_HDF5_CHUNK: Final = 64
"""Images that are compressed together, unless they are larger together than `MAX_HDF5_CHUNK_BYTES`."""

MAX_HDF5_CHUNK_BYTES: Final = 1 << 26
"""Most bytes that are compressed together; the widest images of 28 px have 59 MB."""

MAX_HEIGHT: Final = 256
"""Highest image in px; the lowest is as high as a cell."""

MAX_WIDTH: Final = 32_767
"""Widest image in px: what 16-bit coordinates and image libraries can address."""

MAX_LENGTH: Final = 255
"""Most digits in a sequence: what `lengths` can hold."""

LABEL_PAD: Final = -1

GAP_PAD: Final = -32768

PARAMETERS: Final = "augment"
"""Group of the arrays that say what augmentation sampled."""

WRITERS: Final = "writers"
"""Name of the array that says who wrote each digit, where it is stored."""

Stage = Literal["glyphs", "sequence"]
"""The targets of augmentation: each glyph before images are composed, or the images."""

Compression = Literal["none", "deflate"]

MAX_IMAGES: Final = 10**9
"""Most images of a split."""

MAX_SHARD_SIZE: Final = 1 << 24
"""Most images of a shard."""

MAX_GLYPHS: Final = (1 << 30) // CELL**2
"""Most glyphs of a source: what fits into the largest IDX file that is read."""

MAX_WRITER: Final = 32_767
"""Largest number of a writer: what `writers` can hold."""

DATASET_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
SPLIT_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
"""Names of folders that cannot leave the folder they are in. That of a split has no dot: so it is no name of a file
beside the splits, and an override can reach the split."""


def shard_file(split: str, index: int) -> str:
    """Name a shard's file.

    Parameters
    ----------
    split : str
        Name of the split.
    index : int
        Index of the shard in its split, from 0.

    Returns
    -------
    str
        Its path in the dataset folder, with a slash.
    """
    return f"{split}/shard-{index:05d}.h5"


def shard_index(name: str) -> int | None:
    """Read a shard's index off its file name, without the folder; None if it is no shard."""
    digits = name.removeprefix("shard-").removesuffix(".h5")
    if name != f"shard-{digits}.h5" or not re.fullmatch("[0-9]{5}|[1-9][0-9]{5,8}", digits):
        return None
    return int(digits)


def journal_part(key: str) -> str:
    """Name a journal beside the build's own; `key` has letters, digits and hyphens, at most 96 of them."""
    return f"journal-{key}.jsonl"


def is_journal_part(name: str) -> bool:
    """Whether this is the name of a part of a journal."""
    return re.fullmatch(r"journal-[0-9a-z-]{1,96}\.jsonl", name) is not None
