"""Crops from a dataset of ours: the images of one split, with boxes of ink."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from digitgen.augment.ownership import ink_boxes
from digitgen.measure.crops import GIVEN, Collection, Crop, mark_cells

if TYPE_CHECKING:
    from digitgen.dataset.digit_dataset import DigitDataset

_AT_ONCE = 256


def read_split(dataset: "DigitDataset") -> Collection:
    """Find the crops of a split.

    Boxes are read off the masks, if there are any; otherwise they are those of the dataset. If these bound cells, each
    is drawn in to the ink that it holds.

    Parameters
    ----------
    dataset : DigitDataset
        The split.

    Returns
    -------
    Collection
        The crops in order; digits that have lost all their ink have no box, and are left out of texts.
    """
    alphabet = dataset.alphabet
    masked = any(each.name == "masks" for each in dataset.manifest.splits[dataset.split].spec)
    names = ["images", "boxes", "labels", *["masks"] * masked]

    def read(which: list[int]) -> Iterator[Crop]:
        for first in range(0, len(which), _AT_ONCE):
            some = which[first : first + _AT_ONCE]
            arrays = dataset.arrays(names, some)
            boxes = arrays["boxes"]
            if masked:
                boxes = ink_boxes(arrays["masks"], boxes.shape[1])
            there = (arrays["labels"] >= 0) & (boxes[:, :, 2] > 0) & (boxes[:, :, 3] > 0)
            for row, index in enumerate(some):
                kept = np.flatnonzero(there[row])
                if not kept.size:
                    collection.leave_out("without ink", f"image {index}")
                    continue
                text = "".join(alphabet[label] for label in arrays["labels"][row, kept].tolist())
                yield Crop(f"image {index}", arrays["images"][row], boxes[row, kept].astype(np.float64), text)

    collection = Collection(f"{dataset.manifest.name}, {dataset.split}", len(dataset), GIVEN, alphabet, read)
    if not masked:
        some = dataset.arrays(["boxes"], [*range(0, len(dataset), max(1, len(dataset) // 200))])["boxes"]
        mark_cells(collection, some[(some[:, :, 2] > 0)])
    return collection
