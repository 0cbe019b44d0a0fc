"""The space between a digit and its neighbours: ink that meets, boxes or cells that overlap, gaps."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal

import numpy as np

from digitgen.arrays import Arrays, Bools, Pixels, Singles
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.format import CELL
from digitgen.look.mistakes.factor import Factor, numbers

MASKS: Final = "masks"
TOUCHING: Final = "touching"
"""Name of the array of `ink_that_meets` among the others."""
_ROWS: Final = 1024  # masks that are in memory at a time

Unit = Literal["cell", "ink", "stroke"]
"""The things between which gaps were sampled."""


def ink_that_meets(dataset: DigitDataset) -> Bools:
    """Tell by their masks which neighbours touch or overlap: their ink lies side by side, or corner to corner.

    Parameters
    ----------
    dataset : DigitDataset
        A split that has masks.

    Returns
    -------
    ndarray
        (N, L - 1) bool: whether the ink of digits k and k + 1 meets.
    """
    lengths = dataset.arrays(["lengths"])["lengths"]
    found = np.zeros((len(dataset), max(int(lengths.max(initial=1)), 1) - 1), bool)
    for start in range(0, len(dataset), _ROWS):
        _mark(found[start : start + _ROWS], dataset.arrays([MASKS], slice(start, start + _ROWS))[MASKS])
    return found


def _mark(found: Bools, masks: Pixels) -> None:
    """Mark the neighbours of some images whose ink meets."""
    _, height, width = masks.shape
    flat = masks.reshape(-1)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        step = down * width + right
        one, other = flat[: len(flat) - step], flat[step:]
        # Most pixels are ground, and most others lie beside ink of their own digit.
        places = np.flatnonzero((one != other) & (one > 0) & (other > 0))
        images, inside = np.divmod(places, height * width)
        rows, columns = np.divmod(inside, width)
        pair = np.stack([one[places], other[places]]).astype(np.int64)
        first = pair.min(axis=0)
        # A step from the edge of an image leads to the next row, or to the next image.
        beside = (rows + down < height) & (columns + right >= 0) & (columns + right < width)
        meets = beside & (pair.max(axis=0) == first + 1)
        found[images[meets], first[meets] - 1] = True


def spacing(arrays: Arrays, there: Bools, unit: Unit = "cell") -> Iterator[Factor]:
    """Find what a digit's neighbours do to it.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The boxes and gaps of N images, and `TOUCHING` where there are masks.
    there : ndarray
        (N, L) bool: where there is a digit.
    unit : {"cell", "ink", "stroke"}, default "cell"
        The things between which gaps were sampled.

    Yields
    ------
    Factor
        All of one family.
    """
    if there.shape[1] >= 2:
        for factor in _spacing(arrays, there, unit):
            yield replace(factor, family="spacing")


def _spacing(arrays: Arrays, there: Bools, unit: Unit) -> Iterator[Factor]:
    """Overlap and gaps."""
    boxes, pairs = arrays["boxes"], there[:, 1:]
    cells = bool((boxes[there][:, 2:] == CELL).all())
    # A digit whose ink is lost has a box of no width, which is nobody's neighbour.
    seen = pairs & (boxes[:, 1:, 2] > 0) & (boxes[:, :-1, 2] > 0)
    far = np.float32(1e6)
    apart = np.where(seen, boxes[:, 1:, 0] - boxes[:, :-1, 0] - boxes[:, :-1, 2], far)
    if TOUCHING in arrays:
        yield _meeting("Ink that meets a neighbour's", "touch", "digits", arrays[TOUCHING], there)
    elif cells:
        yield _meeting("Overlap with a neighbour's cell", "overlap", "cells", apart < 0, there)
    else:
        tops, heights = boxes[:, :, 1], boxes[:, :, 3]
        level = np.maximum(tops[:, 1:], tops[:, :-1]) < np.minimum((tops + heights)[:, 1:], (tops + heights)[:, :-1])
        yield _meeting("Overlap with a neighbour's ink box", "overlap", "digits", (apart < 0) & level, there)
    gaps = np.where(pairs, arrays["gaps"].astype(np.float32), far)
    left, right = _sides(gaps, far)
    gap = {"cell": "cell gap", "ink": "gap", "stroke": "stroke gap"}[unit]
    for what, noun, values in (
        (f"Smaller of the {gap}s beside it", f"the smaller {gap} beside it", np.minimum(left, right)),
        (f"{gap.capitalize()} to the left neighbour", f"the {gap} on its left", left),
        (f"{gap.capitalize()} to the right neighbour", f"the {gap} on its right", right),
    ):
        yield numbers(what, noun, values[there], "px", missing=far)
    if (apart[seen] != gaps[seen]).any():
        left, right = _sides(apart, far)
        nearest = np.minimum(left, right)[there]
        yield numbers("Distance to the nearer box", "the distance to the nearer box", nearest, "px", missing=far)


def _meeting(what: str, word: str, things: str, between: Bools, there: Bools) -> Factor:
    """Make a factor of whether a digit meets one of its neighbours or none."""
    edge = np.zeros((len(there), 1), bool)
    between = between[:, : there.shape[1] - 1]
    meets = np.hstack([edge, between]) | np.hstack([between, edge])
    codes = meets[there].astype(np.int16)
    levels = ("apart", word) if codes.any() else ("apart",)
    return Factor(what, levels, (f"when {things} stand apart", f"when {things} {word}"), codes)


def _sides(between: Singles, far: np.float32) -> tuple[Singles, Singles]:
    """Give each digit its left and its right distance: (N, L) each, from the (N, L - 1) between digits."""
    edge = np.full((len(between), 1), far)
    return np.hstack([edge, between]), np.hstack([between, edge])
