"""Render glyphs at given positions: windows and positions in, pixels out, nothing random.

Element-wise fancy indexing is as slow as a Python loop. So the canvas is seen as overlapping rows of
one window's width, each a single item to numpy, and whole windows (a column of such rows) are
scattered at once.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.errors import ArgumentError
from digitgen.format import CELL
from digitgen.glyphs.windows import Windows

Overlap = Literal["max", "sum"]

BLOCK: Final = 64
"""Images composed at a time: as many as keep their glyphs and canvas in a core's own cache."""
_APART: Final = 2
"""Columns between windows that leave each digit one around its ink, where it fades out once it is moved."""


def compose(
    windows: Windows,
    glyphs: Integers,
    lengths: Integers,
    x: Integers,
    out: Pixels,
    overlap: Overlap = "max",
    *,
    apart: bool = False,
) -> None:
    """Compose images of digit sequences.

    Parameters
    ----------
    windows : Windows
        Windows of the glyphs.
    glyphs : ndarray
        (T,) int64: indices of windows, one sequence after the other.
    lengths : ndarray
        (N,) int64: digits of each image; T is their sum.
    x : ndarray
        (T,) int64: left edge of each glyph's cell, px. Cells may stick out of the image, ink may not.
    out : ndarray
        (N, 28, W) uint8, C-contiguous: overwritten; 0 background to 255 ink.
    overlap : {"max", "sum"}
        How pixels combine where digits overlap; sums are clipped at 255.
    apart : bool, default False
        Whether it is known that no cells overlap or stick out, so that nobody needs to look.

    Raises
    ------
    ArgumentError
        If any ink would fall outside the image, or `out` is not C-contiguous.
    """
    if not out.flags.c_contiguous:  # a view of it as windows would be a copy
        raise ArgumentError("images can only be composed into a C-contiguous array")
    height, width = windows.size
    left = x + windows.corners[0].take(glyphs)
    # Only the blank part of a window may stick out, and only where cells may. A canvas with room for
    # it on both sides then keeps its rows apart; without, they would wrap into the next line.
    margin = 0 if apart or (left.min() >= 0 and left.max() + width <= out.shape[2]) else width
    if margin:
        _check_ink(windows, glyphs, x, out.shape[2])
    line = out.shape[2] + 2 * margin
    corner = np.multiply(windows.corners[1].take(glyphs), line, dtype=np.int64)
    corner += left
    for images, digits in _blocks(lengths):
        canvas = np.empty((images.stop - images.start, CELL, line), np.uint8) if margin else out[images]
        canvas[...] = 0
        target = _windows(canvas, height, width)
        corners, own = corner[digits], lengths[images]
        if margin or len(own) > 1:
            corners += np.repeat(np.arange(margin, margin + canvas.size, CELL * line), own)
        if apart or _disjoint(left[digits], own, width):
            target[corners] = _take_rows(windows, glyphs[digits])
        else:
            _combine(windows, glyphs[digits], own, corners, target, overlap)
        if margin:
            out[images] = canvas[:, :, margin:-margin]


def _blocks(lengths: Integers) -> Iterator[tuple[slice, slice]]:
    """Cut images into blocks: the images of each, and their digits."""
    if len(lengths) <= BLOCK:
        yield slice(0, len(lengths)), slice(None)
        return
    ends = np.cumsum(lengths)
    for first in range(0, len(lengths), BLOCK):
        last = min(first + BLOCK, len(lengths))
        yield slice(first, last), slice(int(ends[first] - lengths[first]), int(ends[last - 1]))


def _disjoint(left: Integers, lengths: Integers, width: int) -> bool:
    """Whether windows of some width and left edge overlap in no image."""
    neighbours = np.ones(len(left), bool)
    neighbours[np.cumsum(lengths) - lengths] = False
    return bool((np.diff(left) >= width)[neighbours[1:]].all())


def owners(windows: Windows, glyphs: Integers, lengths: Integers, x: Integers, width: int) -> Pixels:
    """Find the digit that each pixel of composed images belongs to.

    Where digits overlap, it is the one with the most ink there, and of equals the first.

    Parameters
    ----------
    windows, glyphs, lengths, x
        As in `compose`.
    width : int
        Width of the images, px.

    Returns
    -------
    ndarray
        (N, 28, W) uint8: k for the k-th digit, from 1. Where there is no ink it is a digit that is near, or 0.
    """
    window = windows.size[1]
    left = x + windows.corners[0].take(glyphs)
    starts = np.cumsum(lengths) - lengths
    image = np.repeat(np.arange(len(lengths)), lengths)
    between = np.diff(left, prepend=0) - window  # columns without ink before each digit
    between[starts] = _APART
    # Half-way between two digits one ends and the other begins.
    begins = left - between // 2
    columns = np.ones((len(lengths), width), np.uint8)
    for position in range(1, int(lengths.max())):
        rows = lengths > position
        columns[rows] += np.arange(width) >= begins[starts[rows] + position][:, None]
    found = np.repeat(columns[:, None, :], CELL, axis=1)
    crowded = np.bincount(image, between < _APART, len(lengths)) > 0
    if crowded.any():
        theirs = crowded[image]
        found[crowded] = _crowded_owners(windows, glyphs[theirs], lengths[crowded], x[theirs], width)
    return found


def _crowded_owners(windows: Windows, glyphs: Integers, lengths: Integers, x: Integers, width: int) -> Pixels:
    """The owners of pixels where windows overlap: of ink, and 0 elsewhere."""
    height, window = windows.size
    starts = np.cumsum(lengths) - lengths
    line = width + 2 * window
    most = np.zeros((len(lengths), CELL, line), np.uint8)
    whose = np.zeros_like(most)
    ink: NDArray[np.void] = _windows(most, height, window)
    owner: NDArray[np.void] = _windows(whose, height, window)
    left, top = windows.corners.take(glyphs, axis=1)
    corner = (np.repeat(np.arange(len(lengths)), lengths) * CELL + top) * line + x + left + window
    for position in range(int(lengths.max())):
        which = starts[lengths > position] + position
        place = corner[which]
        rendered, owned = _take_rows(windows, glyphs[which]), owner[place]
        new, old = rendered.view(np.uint8), ink[place].view(np.uint8)
        owned.view(np.uint8)[new > old] = position + 1
        np.maximum(new, old, out=new)
        ink[place] = rendered
        owner[place] = owned
    return np.ascontiguousarray(whose[:, :, window:-window])


def _check_ink(windows: Windows, glyphs: Integers, x: Integers, width: int) -> None:
    """Refuse positions that would crop ink."""
    ink = windows.ink.take(glyphs, axis=0)
    if (x + ink[:, 0]).min() < 0 or (x + ink[:, 2]).max() > width:
        raise ArgumentError(f"a glyph's ink lies outside the image of width {width}; no glyph is ever cropped")


def _take_rows(windows: Windows, glyphs: Integers) -> NDArray[np.void]:
    """(T, h): the windows of some glyphs, each row a single item."""
    height, width = windows.size
    items = np.ndarray(len(windows.pixels), _item(height * width), windows.pixels)
    return np.ndarray((len(glyphs), height), _item(width), items.take(glyphs))


def _combine(
    windows: Windows,
    glyphs: Integers,
    lengths: Integers,
    corners: Integers,
    target: NDArray[np.void],
    overlap: Overlap,
) -> None:
    """Render windows that overlap, if only by their blank parts: digit by digit, all images at once."""
    starts = np.cumsum(lengths) - lengths
    for position in range(int(lengths.max())):
        which = starts[lengths > position] + position
        rows = _take_rows(windows, glyphs[which])
        new, old = rows.view(np.uint8), target[corners[which]].view(np.uint8)
        if overlap == "sum":
            np.minimum(new, 255 - old, out=new)
            new += old
        else:
            np.maximum(new, old, out=new)
        target[corners[which]] = rows


def _windows(canvas: Pixels, height: int, width: int) -> NDArray[np.void]:
    """See a canvas as windows: item [p, r] is row r of the window whose corner is pixel p."""
    line = canvas.shape[2]
    corners = canvas.size - (height - 1) * line - width + 1
    return np.ndarray((corners, height), _item(width), canvas, strides=(1, line))


@cache
def _item(size: int) -> np.dtype[np.void]:
    """The type of some bytes as one item."""
    return np.dtype((np.void, size))
