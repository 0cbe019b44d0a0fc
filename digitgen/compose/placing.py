"""Digits placed by a layout: what a single image and a batch have in common."""

import numpy as np

from digitgen.arrays import Integers
from digitgen.compose.layout import Layout, sample_gaps, sample_positions, sample_tops
from digitgen.compose.outlines import Outlines, between_ink
from digitgen.format import CELL
from digitgen.glyphs.bank import GlyphBank


def lay_out(
    rng: np.random.Generator, layout: Layout, outlines: Outlines | None, lengths: Integers, ink_width: int
) -> tuple[Integers, Integers, Integers | int]:
    """Choose gaps and positions of digits.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator to sample from.
    layout : Layout
        The rules.
    outlines : Outlines or None
        The outlines of the digits, as `outlines_of` gives them; None for ``unit="cell"``.
    lengths : ndarray
        (N,) int64, as in `Plan`.
    ink_width : int
        Width of the widest ink that there can be, px.

    Returns
    -------
    gaps, x : ndarray
        (T - N,) int64 and (T,) int64, as in `Plan`.
    y : ndarray or int
        (T,) int64 or one for all, as in `Plan`.
    """
    gaps = sample_gaps(rng, layout, lengths, ink_width)
    if outlines is None:
        x = sample_positions(rng, layout, lengths, gaps, CELL)
    else:
        apart = between_ink(outlines, lengths, gaps) if layout.unit == "stroke" else gaps
        x = sample_positions(rng, layout, lengths, apart, outlines.widths)
        x -= outlines.ink[:, 0]
    return gaps, x, sample_tops(rng, layout, lengths)


def outlines_of(layout: Layout, bank: GlyphBank, glyphs: Integers) -> Outlines | None:
    """Look up what a layout has to know of glyphs of a bank; nothing, where it measures from cell to cell."""
    return None if layout.unit == "cell" else Outlines.of_glyphs(bank, glyphs, sides=layout.unit == "stroke")
