"""Digits placed by a layout: what a single image and a batch have in common."""

from dataclasses import replace

import numpy as np

from digitgen.arrays import Integers
from digitgen.compose.baseline import sample_tops_on_line
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
        The outlines of the digits, as `outlines_of` gives them; None if the layout does not measure ink.
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
    if outlines is None or layout.baseline is None:
        return gaps, _cells(rng, layout, outlines, lengths, gaps), sample_tops(rng, layout, lengths)
    # Between strokes, the rows that two digits share depend on where they stand on the line; and so then do gaps.
    level = _cells(rng, replace(layout, align="left"), outlines, lengths, gaps)
    line, ink = layout.baseline, outlines.ink
    y = sample_tops_on_line(rng, line, lengths, ink, level, layout.image_height, layout.vertical_align)
    return gaps, _cells(rng, layout, outlines, lengths, gaps, y), y


def _cells(
    rng: np.random.Generator,
    layout: Layout,
    outlines: Outlines | None,
    lengths: Integers,
    gaps: Integers,
    y: Integers | None = None,
) -> Integers:
    """Left edges of cells, for digits that stand level or at some heights."""
    if outlines is None or layout.unit == "cell":
        return sample_positions(rng, layout, lengths, gaps, CELL)
    apart = between_ink(outlines, lengths, gaps, y) if layout.unit == "stroke" else gaps
    x = sample_positions(rng, layout, lengths, apart, outlines.widths)
    x -= outlines.ink[:, 0]
    return x


def outlines_of(layout: Layout, bank: GlyphBank, glyphs: Integers) -> Outlines | None:
    """Look up the outlines of glyphs, if a layout has to know them.

    Parameters
    ----------
    layout : Layout
        The layout.
    bank : GlyphBank
        The bank of the glyphs.
    glyphs : ndarray
        (T,) int64: rows of the bank.

    Returns
    -------
    Outlines or None
        Those of the T glyphs; None for a layout that does not measure ink.
    """
    return Outlines.of_glyphs(bank, glyphs, sides=layout.unit == "stroke") if layout.measures_ink else None
