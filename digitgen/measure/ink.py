"""The ink of a crop: Otsu's threshold, and its connected pieces."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.measure.crops import Crop

_HEIGHT: Final = 40  # px that digits have at the least when their outlines are measured
_LEAST, _MOST = 0.35, 4.0  # of a piece that may be a digit: height / that of the tallest piece; width / height


@dataclass(frozen=True, eq=False)
class Ink:
    """The ink of one crop, enlarged so that outlines are fine enough to be measured.

    Attributes
    ----------
    crop : Crop
        The crop.
    dark : bool
        Whether ink is darker than paper.
    scale : int
        How many times the arrays below are as large as the crop.
    grey : ndarray
        (h, w) uint8: the crop, enlarged by cubic interpolation.
    inked : ndarray
        (h, w) bool: pixels on the ink's side of Otsu's threshold.
    pieces : ndarray
        (h, w) int32: number of the 8-connected piece of ink that a pixel belongs to, from 1; 0 on paper.
    extents : ndarray
        (p, 5) int64: left, top, width, height and area of each piece, px of the arrays; the first is paper.
    """

    crop: Crop
    dark: bool
    scale: int
    grey: Pixels
    inked: Bools
    pieces: NDArray[np.int32]
    extents: Integers

    @cached_property
    def boxes(self) -> Floats:
        """(n, 4) float64: x, y, width and height of digits, px of the crop: those given, or pieces of ink.

        Boxes that people draw bound what they see. Loose ones are drawn in to the ink that is seen: to that of their
        digits, or to all that they hold where it is not known whose that is.
        Without boxes, a piece stands for a digit if it is at least 0.35 times as high as the tallest, and at most 1.3
        times as wide as high, as two digits that touch seldom are. If none is, all that are high enough stand for one.
        """
        if self.crop.boxes is not None:
            return _drawn_in(self, self.crop.boxes) if self.crop.loose else self.crop.boxes
        tall = tall_pieces(self)
        narrow = tall[tall[:, 2] <= 1.3 * tall[:, 3]]
        return (narrow if len(narrow) else tall)[:, :4] / self.scale

    @cached_property
    def height(self) -> float:
        """The median height of the digits, px of the crop."""
        return float(np.median(self.boxes[:, 3])) if len(self.boxes) else math.nan

    @cached_property
    def paper(self) -> float:
        """The grey level of the paper: the median of the pixels that are no ink."""
        return float(np.median(self.grey[~self.inked])) if not self.inked.all() else math.nan


def find_ink(crop: Crop, dark: bool | None = None) -> Ink:
    """Find the ink of a crop.

    Ink is what lies on one side of Otsu's threshold of the whole crop. Which side is told by the polarity; where it is
    not known, the side with fewer pixels.

    Parameters
    ----------
    crop : Crop
        The crop.
    dark : bool, optional
        Whether ink is darker than paper.

    Returns
    -------
    Ink
        Its ink.

    References
    ----------
    Otsu 1979, A threshold selection method from gray-level histograms, IEEE Transactions on Systems, Man, and
    Cybernetics 9, doi:10.1109/TSMC.1979.4310076
    """
    height = float(np.median(crop.boxes[:, 3])) if crop.boxes is not None else 0.7 * len(crop.image)
    scale = max(1, math.ceil(_HEIGHT / max(height, 4)))
    grey = crop.image
    if scale > 1:
        grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    _, light = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if dark is None:
        dark = bool(2 * np.count_nonzero(light) >= light.size)
    inked = np.asarray(light == (0 if dark else 1))
    _, pieces, extents, _ = cv2.connectedComponentsWithStats(inked.astype(np.uint8), connectivity=8)
    return Ink(crop, dark, scale, grey, inked, np.asarray(pieces, np.int32), np.asarray(extents, np.int64))


def tall_pieces(ink: Ink) -> Integers:
    """List the pieces of ink that may be digits, alone or several in one, from left to right.

    A piece counts if it is at least 0.35 times as high as the tallest one, and no long line.

    Returns
    -------
    ndarray
        (p, 5) int64: left, top, width, height and area, px of the enlarged crop.
    """
    pieces = ink.extents[1:]
    pieces = pieces[(pieces[:, 3] >= 3 * ink.scale) & (pieces[:, 3] * _MOST >= pieces[:, 2])]
    if len(pieces):
        pieces = pieces[pieces[:, 3] >= _LEAST * pieces[:, 3].max()]
    return pieces[np.argsort(pieces[:, 0], kind="stable")]


def pixel_edges(ink: Ink, boxes: Floats) -> list[tuple[int, int, int, int]]:
    """Find the edges of boxes in the enlarged crop.

    Parameters
    ----------
    ink : Ink
        The crop, and where it has ink.
    boxes : ndarray
        (n, 4) float64: x, y, width and height of each box in the crop, px.

    Returns
    -------
    list of (int, int, int, int)
        Left, top, right and bottom of each box in px of the enlarged crop, inside it.
    """
    height, width = ink.inked.shape
    edges = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1) * ink.scale
    edges = np.clip(np.rint(edges), 0, [width, height, width, height]).astype(np.int64)
    return [(left, top, right, bottom) for left, top, right, bottom in edges.tolist()]


def _drawn_in(ink: Ink, boxes: Floats) -> Floats:
    """Draw boxes in to the ink of their digits, or to all that they hold; those without ink stay."""
    found = []
    masks = None if ink.crop.masks is None else np.kron(ink.crop.masks, np.ones((ink.scale,) * 2, np.uint8))
    for digit, (left, top, right, bottom) in enumerate(pixel_edges(ink, boxes), 1):
        own = ink.inked[top:bottom, left:right]
        if masks is not None:
            own = own & (masks[top:bottom, left:right] == digit)
        y, x = np.nonzero(own)
        if len(y):
            found.append([left + x.min(), top + y.min(), np.ptp(x) + 1, np.ptp(y) + 1])
        else:
            found.append([left, top, right - left, bottom - top])
    return np.array(found, np.float64) / ink.scale
