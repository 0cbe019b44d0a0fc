"""Windows of glyphs: the part of each cell that images are composed from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.format import CELL
from digitgen.glyphs.contours import NO_INK, contours

_BLOCK: Final = 4096  # glyphs whose contours are found together


@dataclass(frozen=True, eq=False)
class Windows:
    """Glyphs cut down to windows of one size.

    A window lies inside its glyph's cell of 28x28 px and holds all of its ink.

    Attributes
    ----------
    pixels : ndarray
        (G, h, w) uint8, 0 background to 255 ink; C-contiguous.
    corners : ndarray
        (2, G) int16: left and top of each window in its cell, px.
    ink : ndarray
        (G, 4) int16: left, top, right and bottom of the ink in its cell, px; right and bottom exclusive.
    """

    pixels: Pixels
    corners: NDArray[np.int16]
    ink: NDArray[np.int16]

    @classmethod
    def around_ink(cls, cells: Pixels, rows: Integers) -> "Windows":
        """Cut cells down to the largest height and width of ink among them.

        Parameters
        ----------
        cells : ndarray
            (N, 28, 28) uint8, 0 background to 255 ink.
        rows : ndarray
            (G,) int64: the cells to take, in this order.

        Returns
        -------
        Windows
            One for each row; the ink of a blank cell begins at 28.
        """
        ink = ink_bounds(cells)[rows]
        width, height = (int(size) for size in (ink[:, 2:] - ink[:, :2]).max(axis=0))
        left, top = np.minimum(ink[:, 0], CELL - width), np.minimum(ink[:, 1], CELL - height)
        views = np.lib.stride_tricks.sliding_window_view(cells, (height, width), axis=(1, 2))
        return cls(np.ascontiguousarray(views[rows, top, left]), np.stack([left, top]), ink)

    @classmethod
    def whole(cls, cells: Pixels, ink: NDArray[np.int16] | None = None) -> "Windows":
        """Take whole cells as they are.

        Parameters
        ----------
        cells : ndarray
            (G, 28, 28) uint8, C-contiguous.
        ink : ndarray, optional
            (G, 4) int16: left, top, right and bottom of the ink of each; by default it fills the cells.

        Returns
        -------
        Windows
            Windows that are the cells.
        """
        if ink is None:
            ink = np.broadcast_to(np.array([0, 0, CELL, CELL], np.int16), (len(cells), 4))
        return cls(cells, np.zeros((2, len(cells)), np.int16), ink)

    def take(self, glyphs: Integers) -> "Windows":
        """Copy the windows of some glyphs; they keep their size."""
        return Windows(self.pixels.take(glyphs, axis=0), self.corners.take(glyphs, axis=1), self.ink[glyphs])

    @cached_property
    def sides(self) -> NDArray[np.int8]:
        """(2, G, 28): the columns of its cell between which each row of a glyph has ink, as `contours` finds them."""
        count, height, _ = self.pixels.shape
        sides = np.empty((2, count, CELL), np.int8)
        sides[0], sides[1] = NO_INK, -NO_INK
        left, top = self.corners
        for start in range(0, count, _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, count))
            found = contours(self.pixels[rows])
            found += np.where(np.abs(found) == NO_INK, 0, left[rows][:, None]).astype(np.int8)
            places = top[rows][:, None] + np.arange(height)
            sides[:, rows[:, None], places] = found
        return sides

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every window, px."""
        return self.pixels.shape[1], self.pixels.shape[2]


def ink_bounds(cells: Pixels) -> NDArray[np.int16]:
    """Measure the ink of cells.

    Parameters
    ----------
    cells : ndarray
        (G, 28, 28) uint8, 0 background to 255 ink.

    Returns
    -------
    ndarray
        (G, 4) int16: left, top, right and bottom of the pixels that are not 0, px; right and bottom exclusive. Of a
        blank cell, left is 28.
    """
    marks = cells != 0
    columns, lines = np.any(marks, axis=1), np.any(marks, axis=2)
    edges = (
        np.where(columns.any(axis=1), columns.argmax(axis=1), CELL),
        lines.argmax(axis=1),
        CELL - columns[:, ::-1].argmax(axis=1),
        CELL - lines[:, ::-1].argmax(axis=1),
    )
    return np.stack(edges, axis=1).astype(np.int16)
