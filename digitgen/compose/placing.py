"""Glyphs of a bank, placed by a layout and composed: what a single image and a batch have in common."""

import numpy as np

from digitgen.arrays import Integers, Pixels
from digitgen.compose.canvas import Overlap, compose
from digitgen.compose.layout import Layout, sample_gaps, sample_positions, sample_tops
from digitgen.format import CELL
from digitgen.glyphs.bank import GlyphBank


def lay_out(
    rng: np.random.Generator, layout: Layout, bank: GlyphBank, lengths: Integers, glyphs: Integers
) -> tuple[Integers, Integers, Integers | int]:
    """Choose gaps and positions for given glyphs.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator to sample from.
    layout : Layout
        The rules.
    bank : GlyphBank
        The bank of the glyphs.
    lengths, glyphs : ndarray
        (N,) int64 and (T,) int64, as in `Plan`.

    Returns
    -------
    gaps, x : ndarray
        (T - N,) int64 and (T,) int64, as in `Plan`.
    y : ndarray or int
        (T,) int64 or one for all, as in `Plan`.
    """
    widths: Integers | int = CELL
    if layout.unit == "ink":
        ink = bank.windows.ink.take(glyphs, axis=0).astype(np.int64)
        widths = ink[:, 2] - ink[:, 0]
    gaps = sample_gaps(rng, layout, lengths, bank.ink_width)
    x = sample_positions(rng, layout, lengths, gaps, widths)
    return gaps, x, sample_tops(rng, layout, lengths)


def compose_laid_out(
    bank: GlyphBank,
    layout: Layout,
    glyphs: Integers,
    lengths: Integers,
    x: Integers,
    y: Integers | int,
    out: Pixels,
    overlap: Overlap,
) -> Integers:
    """Compose images whose digits stand where a layout has put them.

    Parameters
    ----------
    bank : GlyphBank
        The bank of the glyphs.
    layout : Layout
        The layout that placed them.
    glyphs, lengths, x : ndarray
        (T,), (N,) and (T,) int64, as in `Plan`.
    y : ndarray or int
        (T,) int64 or one for all, as in `Plan`.
    out, overlap
        As in `compose`.

    Returns
    -------
    ndarray
        (T,) int64: left edge of each digit's cell, px.
    """
    cells = x if layout.unit == "cell" else x - bank.windows.ink[:, 0].take(glyphs)
    compose(bank.windows, glyphs, lengths, cells, out, overlap, y=y, apart=layout.apart)
    return cells
