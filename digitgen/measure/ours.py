"""Crops from a dataset of ours: the images of one split, with boxes of ink."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from digitgen.arrays import Arrays, Floats, Integers, Pixels
from digitgen.augment.ownership import ink_boxes
from digitgen.format import PARAMETERS
from digitgen.measure.crops import GIVEN, Collection, Crop, mark_cells
from digitgen.measure.surround import SIDES

if TYPE_CHECKING:
    from digitgen.dataset.digit_dataset import DigitDataset

_AT_ONCE: Final = 256
_NEAR: Final = 2  # px by which resizing moves an edge


def read_split(dataset: "DigitDataset") -> Collection:
    """Find the crops of a split.

    Boxes are read off the masks, if there are any; otherwise they are those of the dataset. Of images that a crop did
    not fill, what lies beyond the frame is left out.

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
    there = [each.name for each in dataset.manifest.splits[dataset.split].spec]
    masked = "masks" in there
    names = ["images", "boxes", "labels", *["masks"] * masked, *margins_of(there).values()]

    def read(which: list[int]) -> Iterator[Crop]:
        for first in range(0, len(which), _AT_ONCE):
            some = which[first : first + _AT_ONCE]
            for index, crop in zip(some, crops_of(dataset.arrays(names, some), alphabet), strict=True):
                if crop is None:
                    collection.leave_out("without ink", f"image {index}")
                else:
                    yield replace(crop, name=f"image {index}")

    collection = Collection(f"{dataset.manifest.name}, {dataset.split}", len(dataset), GIVEN, alphabet, read)
    if not masked:
        some = dataset.arrays(["boxes"], [*range(0, len(dataset), max(1, len(dataset) // 200))])["boxes"]
        mark_cells(collection, some[(some[:, :, 2] > 0)])
    return collection


def crops_of(arrays: Arrays, alphabet: str) -> Iterator[Crop | None]:
    """Make crops of images of ours.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Images, boxes and labels, perhaps masks, and what a crop sampled, by their names in a dataset.
    alphabet : str
        The character of each class.

    Yields
    ------
    Crop or None
        Each image, cut to the frame of its crop, with loose boxes; None for one whose digits have no ink.
    """
    boxes, masks, margins = arrays["boxes"], arrays.get("masks"), margins_of(arrays)
    if masks is not None:
        boxes = ink_boxes(masks, boxes.shape[1])
    inked = (arrays["labels"] >= 0) & (boxes[:, :, 2] > 0) & (boxes[:, :, 3] > 0)
    for row, image in enumerate(arrays["images"]):
        kept = np.flatnonzero(inked[row])
        if not kept.size:
            yield None
            continue
        own, frame = boxes[row, kept].astype(np.float64), np.s_[:, :]
        if margins:
            frame = _frame(image, own, {side: float(arrays[name][row]) for side, name in margins.items()})
            own -= np.array([frame[1].start, frame[0].start, 0, 0])
        yield Crop(
            "",
            image[frame],
            own,
            "".join(alphabet[label] for label in arrays["labels"][row, kept].tolist()),
            loose=True,
            masks=None if masks is None else _numbered(masks[row][frame], kept),
        )


def margins_of(names: Iterable[str]) -> dict[str, str]:
    """Find the arrays that say what a crop sampled, by parameter; none if there was no crop."""
    found = {
        parameter: name
        for name in names
        for parameter in (*SIDES, "outside")
        if name.startswith(PARAMETERS) and name.endswith(f"_crop_{parameter}")
    }
    return found if len(found) == len(SIDES) + 1 else {}


def _numbered(masks: Pixels, kept: Integers) -> Pixels:
    """Number the digits of a mask anew, from 1, where only some of them, (k,) from 0, are kept."""
    numbers = np.zeros(256, np.uint8)
    numbers[kept + 1] = np.arange(1, len(kept) + 1)
    return numbers[masks]


def _frame(image: Pixels, boxes: Floats, sampled: dict[str, float]) -> tuple[slice, slice]:
    """Find the frame of the crop in an image: its rows and columns.

    Where there is paper, that ends where all is `outside`. Blank paper cannot be told from that, so the frame reaches
    at least as far as the margins, which are shares of the height of the ink.
    """
    shape = image.shape
    height = float((boxes[:, 1] + boxes[:, 3]).max() - boxes[:, 1].min())
    height = min(height, shape[0] / (1 + sampled["top"] + sampled["bottom"]))
    firsts, ends = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    edges = []
    for axis, (before, behind) in enumerate((("left", "right"), ("top", "bottom"))):
        size = shape[1 - axis]
        filled = np.flatnonzero((image != int(sampled["outside"])).any(axis=axis))
        first = max(round(firsts[axis] - height * sampled[before]), 0)
        end = min(round(ends[axis] + height * sampled[behind]), size)
        if filled.size:
            first = filled[0] if filled[0] <= first + _NEAR else first
            end = filled[-1] + 1 if filled[-1] + 1 >= end - _NEAR else end
        edges.append((int(first), int(end)))
    (left, right), (top, bottom) = edges
    return slice(top, bottom), slice(left, right)
