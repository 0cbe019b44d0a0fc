"""Crops from a dataset of ours: the images of one split, with boxes of ink."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from digitgen.arrays import Floats, Pixels
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

    Boxes are read off the masks, if there are any; otherwise they are those of the dataset. If these bound cells, each
    is drawn in to the ink that it holds. Of images that a crop did not fill, what lies
    beyond the frame is left out.

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
    cropped = {side: name for side in (*SIDES, "outside") for name in there if _is_of_crop(name, side)}
    names = ["images", "boxes", "labels", *["masks"] * masked, *cropped.values()]

    def read(which: list[int]) -> Iterator[Crop]:
        for first in range(0, len(which), _AT_ONCE):
            some = which[first : first + _AT_ONCE]
            arrays = dataset.arrays(names, some)
            boxes = arrays["boxes"]
            if masked:
                boxes = ink_boxes(arrays["masks"], boxes.shape[1])
            inked = (arrays["labels"] >= 0) & (boxes[:, :, 2] > 0) & (boxes[:, :, 3] > 0)
            for row, index in enumerate(some):
                kept = np.flatnonzero(inked[row])
                if not kept.size:
                    collection.leave_out("without ink", f"image {index}")
                    continue
                text = "".join(alphabet[label] for label in arrays["labels"][row, kept].tolist())
                image, own = arrays["images"][row], boxes[row, kept].astype(np.float64)
                if len(cropped) == len(SIDES) + 1:
                    sampled = {side: float(arrays[name][row]) for side, name in cropped.items()}
                    image, own = _frame(image, own, sampled)
                yield Crop(f"image {index}", image, own, text)

    collection = Collection(f"{dataset.manifest.name}, {dataset.split}", len(dataset), GIVEN, alphabet, read)
    if not masked:
        some = dataset.arrays(["boxes"], [*range(0, len(dataset), max(1, len(dataset) // 200))])["boxes"]
        mark_cells(collection, some[(some[:, :, 2] > 0)])
    return collection


def _is_of_crop(name: str, parameter: str) -> bool:
    """Tell whether an array has a parameter of the step `crop`."""
    return name.startswith(PARAMETERS) and name.endswith(f"_crop_{parameter}")


def _frame(image: Pixels, boxes: Floats, sampled: dict[str, float]) -> tuple[Pixels, Floats]:
    """Cut an image to the frame of its crop.

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
    return image[top:bottom, left:right], boxes - np.array([left, top, 0, 0])
