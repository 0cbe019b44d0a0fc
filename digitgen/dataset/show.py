"""Show a split of a dataset in a notebook: its size, its first images, and a list of its arrays."""

from typing import TYPE_CHECKING

import numpy as np

from digitgen.alphabet import text_of
from digitgen.compose.show import first_pictures
from digitgen.dataset.stores import LocalStore, Store
from digitgen.errors import DigitgenError
from digitgen.messages import file_count
from digitgen.notebook import heading, line, picture_count, table

if TYPE_CHECKING:
    from digitgen.dataset.digit_dataset import DigitDataset


def dataset_html(dataset: "DigitDataset", store: Store) -> str:
    """Show a split of a dataset.

    Nothing but the images shown and their labels is read. Of a dataset in a store nothing is, since a whole shard would
    have to come from there.

    Parameters
    ----------
    dataset : DigitDataset
        The split.
    store : Store
        Where it is.

    Returns
    -------
    str
        HTML; if images cannot be read, it says why.
    """
    entry = dataset.manifest.splits[dataset.split]
    listed = [
        [array.name, np.dtype(array.dtype).name, " x ".join(map(str, (entry.count, *array.shape))), array.description]
        for array in entry.arrays
    ]
    count = sum(shard.bytes for shard in entry.shards)
    size = f"{len(dataset):,} images in {file_count(len(entry.shards))}, {count:,} bytes"
    return (
        heading(f"{dataset.manifest.name}, split {dataset.split}: {size}")
        + line(f"glyphs from {entry.source.name}; alphabet {dataset.alphabet}")
        + _pictures(dataset, store)
        + table(["array", "dtype", "shape", ""], listed)
    )


def _pictures(dataset: "DigitDataset", store: Store) -> str:
    """Show the first images; a notebook shows the rest also if they cannot be read."""
    if not isinstance(store, LocalStore):
        return line(f"the images are in {store}; they come when they are asked for")
    arrays = dataset.manifest.splits[dataset.split].arrays
    height, width = next(array.shape for array in arrays if array.name == "images")
    shown = slice(0, picture_count(len(dataset), width, height))
    try:
        read = dataset.arrays(["images", "labels", "lengths", "sample_ids"], shown)
    except DigitgenError as error:
        return line(str(error))
    rows = zip(read["labels"].tolist(), read["lengths"].tolist(), strict=True)
    texts = [text_of(dataset.alphabet, labels[:length]) for labels, length in rows]
    return first_pictures(read["images"], texts, read["sample_ids"].tolist(), len(dataset))
