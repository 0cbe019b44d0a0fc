"""Places of strings and their digits, by which marks and lines of forms are placed."""

from typing import Final, NamedTuple

import numpy as np

from digitgen.arrays import Bools, Floats, Images, Integers
from digitgen.augment.step import NO_CELL, Scene
from digitgen.format import CELL

_SIDE: Final = 4  # px of a cell on each side of its ink, as MNIST has them


class Writing(NamedTuple):
    """Places of the strings of n images; all in px, pixels having their centres at whole numbers.

    Attributes
    ----------
    ink : ndarray
        (n, L, 4) float64: left, top, right and bottom edge of each digit's ink.
    there : ndarray
        (n, L) bool: the digits that there are.
    extent : ndarray
        (n, 4) float64: the same edges of the whole string with its marks.
    height : ndarray
        (n,) float64: mean height of its digits' ink.
    """

    ink: Floats
    there: Bools
    extent: Floats
    height: Floats

    @property
    def first(self) -> Floats:
        """(n, 4): edges of the first digit's ink."""
        return self.ink[:, 0]

    @property
    def last(self) -> Floats:
        """(n, 4): edges of the last digit's ink."""
        last: Floats = self.ink[np.arange(len(self.ink)), self.there.sum(axis=1) - 1]
        return last

    def mean(self, values: Floats) -> Floats:
        """(n,): the mean over the digits of whole and half numbers, (n, L), which add up without rounding."""
        total: Floats = np.where(self.there, values, 0).sum(axis=1)
        mean: Floats = total / self.there.sum(axis=1)
        return mean


def writing_of(scene: Scene) -> Writing:
    """Find where strings stand; the scene has their ink and extent, and each string a digit."""
    assert scene.ink is not None and scene.extent is not None
    there = scene.ink[:, :, 0] != NO_CELL
    ink, extent = (each.astype(np.float64) - 0.5 for each in (scene.ink, scene.extent))
    writing = Writing(ink, there, extent, np.zeros(0))
    return writing._replace(height=writing.mean(writing.ink[:, :, 3] - writing.ink[:, :, 1]))


def extent_of(ink: Integers) -> Integers:
    """Find the extent of strings.

    Parameters
    ----------
    ink : ndarray
        (n, L, 4) int64, as in `Scene`.

    Returns
    -------
    ndarray
        (n, 4) int64: left, top, right and bottom of all ink, px; right and bottom exclusive.
    """
    there = (ink[:, :, :1] != NO_CELL) & np.ones(4, bool)
    most = -NO_CELL
    least = np.where(there, ink, most)[:, :, :2].min(axis=1, initial=most)
    return np.concatenate([least, np.where(there, ink, NO_CELL)[:, :, 2:].max(axis=1, initial=NO_CELL)], axis=1)


def found_ink(images: Images, cells: Integers) -> Integers:
    """Find ink in images that have no layout, each cell for a digit.

    Parameters
    ----------
    images : ndarray
        (n, H, W) uint8.
    cells : ndarray
        (n, L) int64: left edges of cells, px, as in `Scene`.

    Returns
    -------
    ndarray
        (n, L, 4) int64, as in `Scene`: the pixels in each cell of more than half the darkest one's grey level. Cells
        without any are left out; in images without any, digits are pretended.
    """
    count, height, width = images.shape
    marks = images > images.reshape(count, -1).max(axis=1)[:, None, None] // 2
    columns = cells[:, :, None] + np.arange(CELL)
    shown = (columns >= 0) & (columns < width)
    each = np.arange(count)[:, None, None]
    ink = marks.transpose(0, 2, 1)[each, np.clip(columns, 0, width - 1)] & shown[..., None]  # (n, L, 28, H)
    edges = []
    for inked, length in ((ink.any(axis=3), CELL), (ink.any(axis=2), height)):
        edges.append((inked.argmax(axis=2), length - inked[..., ::-1].argmax(axis=2)))
    (left, right), (top, bottom) = edges
    found = np.stack([cells + left, top, cells + right, bottom], axis=2)
    there = ink.any(axis=(2, 3))
    level = np.full_like(cells, (height - CELL) // 2)
    pretended = np.stack([cells, level, cells + CELL, level + CELL], axis=2) + np.array([1, 1, -1, -1]) * _SIDE
    bare = ~there.any(axis=1)
    found[bare], there[bare] = pretended[bare], cells[bare] != NO_CELL
    found[~there] = NO_CELL
    return np.take_along_axis(found, np.argsort(~there, axis=1, kind="stable")[..., None], axis=1)
