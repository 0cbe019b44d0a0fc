"""Surroundings of the digits of a crop: margins, and ink that is no digit."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.measure.ink import Ink

PLACES: Final = ("before", "behind", "between", "above", "below")
"""Places of marks: beside the string, in it, or over or under all of it."""
SIDES: Final = ("left", "right", "top", "bottom")
_OUTSIDE: Final = 0.2  # share of a mark's ink that may lie in boxes
_LEAST: Final = 0.04  # length of a mark's longer side / height of digits
_LINE: Final = 1.5  # a mark is no line: it is at most so many heights wide


@dataclass(frozen=True, eq=False)
class Surround:
    """Surroundings of the digits of a crop.

    Attributes
    ----------
    margins : ndarray
        (4,) float64: from the digits' boxes to the edges of the crop, left, right, top and bottom / median height.
    frame : ndarray
        (4,) float64: the same from the boxes of digits and marks.
    cut : ndarray
        (4,) float64: 1 where ink of a digit's piece reaches the edge.
    marks : ndarray
        (5,) int64: number of marks at each of `PLACES`: pieces of ink that lie outside all boxes (of their ink at most
        0.2 in them), with sides of at least 0.04 heights, and at most 1.5 heights wide.
    """

    margins: Floats
    frame: Floats
    cut: Floats
    marks: Integers


def measure_surround(ink: Ink) -> Surround:
    """Measure what stands around the digits of a crop."""
    high, wide = ink.crop.image.shape
    boxes = ink.boxes
    digits = np.array(
        [boxes[:, 0].min(), boxes[:, 1].min(), (boxes[:, 0] + boxes[:, 2]).max(), (boxes[:, 1] + boxes[:, 3]).max()]
    )
    marks = _marks(ink)
    counts = np.zeros(len(PLACES), np.int64)
    for left, top, right, bottom in marks:
        counts[_place(digits, (left + right) / 2, (top + bottom) / 2)] += 1
    frame = digits.copy()
    if len(marks):
        frame[:2] = np.minimum(frame[:2], marks[:, :2].min(axis=0))
        frame[2:] = np.maximum(frame[2:], marks[:, 2:].max(axis=0))

    def around(edges: Floats) -> Floats:
        return np.array([edges[0], wide - edges[2], edges[1], high - edges[3]]) / ink.height

    return Surround(around(digits), around(frame), _cut(ink), counts)


def _marks(ink: Ink) -> Floats:
    """(m, 4): left, top, right and bottom of each mark, px of the crop."""
    inside = np.zeros(ink.inked.shape, np.bool_)
    for left, top, width, height in np.rint(ink.boxes * ink.scale).astype(np.int64).tolist():
        inside[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = True
    count = len(ink.extents)
    covered = np.bincount(ink.pieces[inside].ravel(), minlength=count)
    sides = ink.extents[:, 2:4] / ink.scale / ink.height
    is_mark = (covered <= _OUTSIDE * ink.extents[:, 4]) & (sides.max(axis=1) >= _LEAST) & (sides[:, 0] <= _LINE)
    is_mark &= ink.extents[:, 4] >= (_LEAST * ink.height * ink.scale) ** 2
    is_mark[0] = False
    found = ink.extents[is_mark, :4] / ink.scale
    return np.concatenate([found[:, :2], found[:, :2] + found[:, 2:]], axis=1)


def _place(digits: Floats, x: float, y: float) -> int:
    """Find where a mark stands by its middle."""
    if x < digits[0]:
        return 0
    if x > digits[2]:
        return 1
    return 3 if y < digits[1] else 4 if y > digits[3] else 2


def _cut(ink: Ink) -> Floats:
    """(4,): whether the string touches each edge with ink of a digit."""
    boxes, (high, wide) = ink.boxes, ink.crop.image.shape
    reach = 0.5 if math.isfinite(ink.height) else 0.0
    return np.array(
        [
            (boxes[:, 0] <= reach).any(),
            (boxes[:, 0] + boxes[:, 2] >= wide - reach).any(),
            (boxes[:, 1] <= reach).any(),
            (boxes[:, 1] + boxes[:, 3] >= high - reach).any(),
        ],
        np.float64,
    )
