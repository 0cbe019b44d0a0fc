"""The pen that a string was written with: its stroke width and its grey, measured from the ink."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images, Integers
from digitgen.rng import Rows

_CROSSING: Final = 8 / math.pi
"""Twice the area of a long stroke over the length of its contour is its width. Grey levels change by 4 / pi of the
contour's length times the ink's grey, if one adds up all changes along rows and columns."""

_THINNEST: Final = 0.5  # px


@dataclass(frozen=True, eq=False)
class Pen:
    """The pens of n images.

    Attributes
    ----------
    width : ndarray
        (n,) float64: width of its strokes, px.
    grey : ndarray
        (n,) float64: grey level of its ink, 0 background to 255 ink.
    """

    width: Floats
    grey: Floats

    def __getitem__(self, index: Rows) -> "Pen":
        """Take the pens of some of the images."""
        return Pen(self.width[index], self.grey[index])


def pen_of(images: Images, sheet_height: int | None = None) -> Pen:
    """Measure the pens of images that show ink and nothing else.

    The width is that of long strokes: twice their area over the length of their contour. Both are sums of whole
    numbers, and neither depends on how grey the ink is. The grey is the upper median of the darkest pixels of those
    rows that have ink.

    Parameters
    ----------
    images : ndarray
        (n, H, W) uint8, C-contiguous.
    sheet_height : int, optional
        Height of the sheets that the images are parts of, px; theirs by default.

    Returns
    -------
    Pen
        The widths lie between 0.5 px and a quarter of the sheets' height. An image without ink has the thinnest pen,
        and the blackest.
    """
    count, height, width = images.shape
    flat = images.reshape(count, -1)
    area = _sums(flat)
    along, down = (np.asarray(cv2.absdiff(flat[:, step:], flat[:, :-step]), np.uint8) for step in (1, width))
    change = _sums(along) + _sums(down)
    widths = _CROSSING * area / np.maximum(change, 1)
    darkest = np.sort(images.max(axis=2), axis=1)
    inked = np.count_nonzero(darkest, axis=1)
    grey = darkest[np.arange(count), height - np.maximum((inked + 1) // 2, 1)]
    return Pen(
        np.clip(widths, _THINNEST, (sheet_height or height) / 4), np.where(inked > 0, grey, 255).astype(np.float64)
    )


def _sums(rows: Images) -> Integers:
    """(n,) int64: the sum of each row, which OpenCV keeps in 32 bits."""
    sums: Integers = np.asarray(cv2.reduce(rows, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S))[:, 0].astype(np.int64)
    return sums
