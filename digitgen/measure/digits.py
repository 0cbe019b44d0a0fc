"""Measures of each digit of a crop, and of each pair of neighbours."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitgen.arrays import Bools, Floats
from digitgen.measure.ink import Ink, pixel_edges

DIGIT: Final = ("height", "bottom", "middle", "grey", "stroke", "slant", "whole")
"""Columns of what is measured of a digit.

height
    Height of its box / median height of the string's boxes.
bottom, middle
    Bottom and horizontal middle of its box / median height.
grey
    Mean grey level of the inked pixels in its box.
stroke
    Stroke width / median height: twice the area of the ink in its box by its perimeter, ``w = 2 A / P``, as that of a
    long line of constant width. P is the number of pixel edges between ink and paper times pi / 4, which is right for
    outlines of every direction alike (Cauchy-Crofton).
slant
    px to the right for each px up, by regression over the inked pixels in its box: ``-cov(x, y) / var(y)``, y down.
whole
    1 if the ink in its box is that of one piece, which lies in the box: no neighbour and no line touches it.
"""
PAIR: Final = ("gap", "touching")
"""Columns of what is measured of two neighbours.

gap
    From the right edge of the left box to the left edge of the right one / median height of the string's boxes.
touching
    1 if most of the ink in both boxes belongs to the same 8-connected piece.
"""
_FEW: Final = 5  # px of ink that tell nothing


@dataclass(frozen=True, eq=False)
class Digits:
    """Measures of the digits of a crop.

    Attributes
    ----------
    digits : ndarray
        (n, 7) float64: the columns `DIGIT`, NaN where there is no ink.
    pairs : ndarray
        (n - 1, 2) float64: the columns `PAIR`.
    """

    digits: Floats
    pairs: Floats


def measure_digits(ink: Ink) -> Digits:
    """Measure the digits of a crop by its boxes."""
    boxes, height = ink.boxes, ink.height
    rows = np.full((len(boxes), len(DIGIT)), math.nan)
    rows[:, 0] = boxes[:, 3] / height
    rows[:, 1] = (boxes[:, 1] + boxes[:, 3]) / height
    rows[:, 2] = (boxes[:, 0] + boxes[:, 2] / 2) / height
    pieces = np.zeros(len(boxes), np.int64)
    for row, (left, top, right, bottom) in enumerate(pixel_edges(ink, boxes)):
        inked = ink.inked[top:bottom, left:right]
        area = np.count_nonzero(inked)
        if area < _FEW:
            pieces[row] = -row - 1
            continue
        labels = ink.pieces[top:bottom, left:right][inked]
        counts = np.bincount(labels)
        most = pieces[row] = int(counts.argmax())
        rows[row, 3] = ink.grey[top:bottom, left:right][inked].mean()
        rows[row, 4] = 2 * area / _perimeter(inked) / ink.scale / height
        rows[row, 5] = _slant(inked)
        rows[row, 6] = counts[most] >= 0.95 * area and counts[most] >= 0.97 * ink.extents[most, 4]
    gaps = (boxes[1:, 0] - boxes[:-1, 0] - boxes[:-1, 2]) / height
    return Digits(rows, np.stack([gaps, (pieces[1:] == pieces[:-1]).astype(np.float64)], axis=1))


def _perimeter(inked: Bools) -> float:
    """Length of the outline of ink, px."""
    padded = np.pad(inked, 1)
    edges = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1])
    return edges * math.pi / 4


def _slant(inked: Bools) -> float:
    """Slant, px to the right for each px up, by regression."""
    y, x = np.nonzero(inked)
    down = y - y.mean()
    spread = float((down * down).mean())
    return -float((x * down).mean()) / spread if spread else math.nan
