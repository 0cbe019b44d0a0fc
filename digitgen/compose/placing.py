"""Digits placed by a layout: what a single image and a batch have in common."""

from dataclasses import replace

import numpy as np

from digitgen.arrays import Integers
from digitgen.compose.baseline import sample_tops_on_line
from digitgen.compose.layout import Layout
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


def sample_gaps(rng: np.random.Generator, layout: Layout, lengths: Integers, ink_width: int) -> Integers:
    """Sample the gaps of sequences of any lengths.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator to sample from.
    layout : Layout
        The layout, which has the law.
    lengths : ndarray
        (N,) int64: digits of each sequence, at least 1; T is their sum.
    ink_width : int
        Width of the widest ink in the bank, px.

    Returns
    -------
    ndarray
        (T - N,) int64: the gaps in px, one sequence after the other.

    Raises
    ------
    ArgumentError
        If a length does not fit.
    """
    if length := _common(lengths):
        return layout.gap_law(length, ink_width).sample(rng, len(lengths)).reshape(-1)
    gaps = np.empty(int(lengths.sum()) - len(lengths), np.int64)
    ends = np.cumsum(lengths - 1)
    for length in np.unique(lengths).tolist():
        law = layout.gap_law(length, ink_width)
        rows = np.flatnonzero(lengths == length)
        places = (ends[rows] - (length - 1))[:, None] + np.arange(length - 1)
        gaps[places] = law.sample(rng, len(rows))
    return gaps


def sample_positions(
    rng: np.random.Generator,
    layout: Layout,
    lengths: Integers,
    gaps: Integers,
    widths: Integers | int,
) -> Integers:
    """Turn gaps into positions.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator to sample from, if ``align="random"``.
    layout : Layout
        Width and alignment.
    lengths : ndarray
        (N,) int64: digits of each sequence; T is their sum.
    gaps : ndarray
        (T - N,) int64, px.
    widths : ndarray or int
        (T,) int64: width of each digit in the layout's unit, px; or that of all.

    Returns
    -------
    ndarray
        (T,) int64: left edge of each digit in the layout's unit, px; its right edge is inside the image.
    """
    if length := _common(lengths):
        shape = len(lengths), length
        own = widths if isinstance(widths, int) else widths.reshape(shape)
        return _place(rng, layout, gaps.reshape(len(lengths), length - 1), own).reshape(-1)
    inside = np.arange(lengths.max()) < lengths[:, None]
    between = np.zeros((len(inside), inside.shape[1] - 1), np.int64)
    between[inside[:, 1:]] = gaps
    if isinstance(widths, int):
        own = inside * widths
    else:
        own = np.zeros(inside.shape, np.int64)
        own[inside] = widths
    x: Integers = _place(rng, layout, between, own)[inside]
    return x


def sample_tops(rng: np.random.Generator, layout: Layout, lengths: Integers) -> Integers | int:
    """Choose where cells stand in images that are higher than they are.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator to sample from, if ``vertical_align="random"`` and there is a choice.
    layout : Layout
        Height and vertical alignment.
    lengths : ndarray
        (N,) int64: digits of each sequence; T is their sum.

    Returns
    -------
    ndarray or int
        (T,) int64: top edge of each cell, px, the same for all of an image; or that of all.
    """
    leftover = layout.image_height - CELL
    if leftover and layout.vertical_align == "random":
        return rng.integers(0, leftover, len(lengths), endpoint=True).repeat(lengths)
    return {"top": 0, "center": leftover // 2, "bottom": leftover}.get(layout.vertical_align, 0)


def _place(rng: np.random.Generator, layout: Layout, gaps: Integers, widths: Integers | int) -> Integers:
    """Positions (N, L) of sequences with gaps (N, L - 1) and widths (N, L); both are 0 behind the end of a sequence."""
    x = np.zeros((len(gaps), gaps.shape[1] + 1), np.int64)
    before, last = (widths, widths) if isinstance(widths, int) else (widths[:, :-1], widths[:, -1:])
    np.add(gaps, before, out=x[:, 1:])
    np.add.accumulate(x, axis=1, out=x)
    if layout.unit == "cell":
        margin = layout.image_width - last - x[:, -1:]
    else:
        # Under deep overlap a narrow digit may reach further left, or a wide one further right, than
        # the first and the last, so the extent is that of all digits.
        x -= x.min(axis=1, keepdims=True)
        margin = layout.image_width - (x + widths).max(axis=1, keepdims=True)
    match layout.align:
        case "right":
            x += margin
        case "center":
            x += margin // 2
        case "random":
            x += rng.integers(0, margin, endpoint=True)
    return x


def _common(lengths: Integers) -> int | None:
    """The length of all sequences, if they have the same."""
    length = int(lengths[0])
    return length if len(lengths) == 1 or bool((lengths == length).all()) else None
