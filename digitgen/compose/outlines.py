"""The outlines of digits, as a layout measures them: the box of their ink, and its contours row by row."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.format import CELL
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.contours import NO_INK, contours

_APART: Final = -CELL  # contours that have a row in common are above it; with `NO_INK` on a side, they are below


@dataclass(frozen=True, eq=False)
class Outlines:
    """The outlines of T digits.

    Attributes
    ----------
    ink : ndarray
        (T, 4) int64: left, top, right and bottom of the ink in its cell, px; right and bottom exclusive. Of a cell
        without ink, all are 14.
    sides : ndarray or None
        (2, T, 28) int8: where the ink of each row of the cell begins and ends, as in `contours`; None if nobody asked.
    """

    ink: Integers
    sides: NDArray[np.int8] | None = None

    @classmethod
    def of_glyphs(cls, bank: GlyphBank, glyphs: Integers, *, sides: bool = False) -> "Outlines":
        """Look up the outlines of glyphs of a bank, which are found once.

        Parameters
        ----------
        bank : GlyphBank
            The bank.
        glyphs : ndarray
            (T,) int64: rows of the bank.
        sides : bool, default False
            Whether their sides are wanted.

        Returns
        -------
        Outlines
            Those of the T glyphs.
        """
        windows = bank.windows
        return cls(
            windows.ink.take(glyphs, axis=0).astype(np.int64), windows.sides.take(glyphs, axis=1) if sides else None
        )

    @classmethod
    def of_cells(cls, cells: Pixels) -> "Outlines":
        """Find the outlines of (T, 28, 28) uint8 cells."""
        sides = contours(cells)
        inked = sides[0] != NO_INK
        edges = (
            sides[0].min(axis=1),
            inked.argmax(axis=1),
            sides[1].max(axis=1),
            CELL - inked[:, ::-1].argmax(axis=1),
        )
        ink = np.stack(edges, axis=1).astype(np.int64)
        ink[~inked.any(axis=1)] = CELL // 2
        return cls(ink, sides)

    @property
    def widths(self) -> Integers:
        """(T,): width of the ink, px."""
        return self.ink[:, 2] - self.ink[:, 0]


def between_ink(outlines: Outlines, lengths: Integers, gaps: Integers, y: Integers | None = None) -> Integers:
    """Turn gaps between strokes into gaps between inked columns.

    The gap between strokes is the least horizontal distance between the right contour of a digit and the left contour
    of the next, over the rows that both have; where there is no such row, it is the gap between inked columns. Only
    if the middle of a digit's ink would then come before that of its left neighbour's, the two middles stand in one
    column (or, where they cannot, half a px further apart), and the strokes by so much further apart.

    Parameters
    ----------
    outlines : Outlines
        The T digits, with their sides.
    lengths : ndarray
        (N,) int64: digits of each sequence; T is their sum.
    gaps : ndarray
        (T - N,) int64: gaps between strokes, px.
    y : ndarray, optional
        (T,) int64: top edge of each digit's cell, px; by default they are level.

    Returns
    -------
    ndarray
        (T - N,) int64, px; at most as large as `gaps`, but where a digit would come before its neighbour.
    """
    follows = np.ones(len(outlines.ink), bool)
    follows[np.cumsum(lengths) - lengths] = False
    after = np.flatnonzero(follows)
    reach = _reach(outlines, after - 1, after, None if y is None else y[after] - y[after - 1])
    widths = outlines.widths
    # The middles are in order where the step from left edge to left edge is at least half of what the ink is narrower.
    least = -((widths[after] - widths[after - 1]) // 2)
    step = np.maximum(gaps + reach, least)
    result: Integers = step - widths[after - 1]
    return result


def _reach(outlines: Outlines, before: Integers, after: Integers, down: Integers | None) -> Integers:
    """The step from the left edge of a digit's ink to that of the next when their strokes just touch, px.

    `down` says how much lower the digits `after` stand than those `before`.
    """
    assert outlines.sides is not None
    begin, end = outlines.sides
    if down is None:
        contact = (end[before] - begin[after]).max(axis=1).astype(np.int64)
    else:
        contact = np.full(len(after), 2 * _APART)
        for shift in np.unique(down).tolist():
            pairs = np.flatnonzero(down == shift)
            rows = max(CELL - abs(shift), 0)
            if rows:
                one = end[before[pairs], max(shift, 0) : max(shift, 0) + rows]
                other = begin[after[pairs], max(-shift, 0) : max(-shift, 0) + rows]
                contact[pairs] = (one - other).max(axis=1)
    ink = outlines.ink
    touching = contact + ink[after, 0] - ink[before, 0]
    result: Integers = np.where(contact > _APART, touching, ink[before, 2] - ink[before, 0])
    return result
