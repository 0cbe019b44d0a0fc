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
    y: Integers | int = 0,
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
        (N, H, W) uint8, C-contiguous: overwritten; 0 background to 255 ink.
    overlap : {"max", "sum"}
        How pixels combine where digits overlap; sums are clipped at 255.
    y : ndarray or int, default 0
        (T,) int64: top edge of each glyph's cell, px; or that of all, from 0 to H - 28.
    apart : bool, default False
        Whether it is known that no cells overlap or stick out, so that nobody needs to look.

    Raises
    ------
    ArgumentError
        If any ink would fall outside the image, or `out` is not C-contiguous.
    """
    if not out.flags.c_contiguous:  # a view of it as windows would be a copy
        raise ArgumentError("images can only be composed into a C-contiguous array")
    window = windows.size
    images_size = out.shape[1:]
    left, top = x + windows.corners[0].take(glyphs), windows.corners[1].take(glyphs).astype(np.int64)
    level = isinstance(y, int)
    if not (level and y == 0):
        top += y
    margins = (0, 0) if apart and level else _margins(left, top, window, images_size, level=level)
    if any(margins):
        _check_ink(windows, glyphs, x, y, images_size)
    above, beside = margins
    lines, line = out.shape[1] + 2 * above, out.shape[2] + 2 * beside
    corner = top
    corner *= line
    corner += left
    for images, digits in _blocks(lengths):
        count = images.stop - images.start
        canvas = np.empty((count, lines, line), np.uint8) if any(margins) else out[images]
        canvas[...] = 0
        target = _windows(canvas, *window)
        corners, own = corner[digits], lengths[images]
        if any(margins) or count > 1:
            first = above * line + beside
            corners += np.repeat(np.arange(first, first + canvas.size, lines * line), own)
        if apart or _disjoint(left[digits], own, window[1]):
            target[corners] = _take_rows(windows, glyphs[digits])
        else:
            _combine(windows, glyphs[digits], own, corners, target, overlap)
        if any(margins):
            out[images] = canvas[:, above : lines - above, beside : line - beside]


def _margins(
    left: Integers, top: Integers, window: tuple[int, int], size: tuple[int, ...], *, level: bool
) -> tuple[int, int]:
    """Room that a canvas needs above and below, and on both sides, for windows that stick out of an image.

    Only the blank part of a window may stick out. A canvas with room for it keeps its rows and images apart; without,
    they would wrap into the next line.
    """
    outside = [
        bool(edge.min() < 0 or edge.max() + extent > most)
        for edge, extent, most in zip((top, left), window, size, strict=True)
    ]
    return window[0] if outside[0] and not level else 0, window[1] if outside[1] else 0


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


def owners(
    windows: Windows,
    glyphs: Integers,
    lengths: Integers,
    x: Integers,
    size: tuple[int, int],
    y: Integers | int = 0,
) -> Pixels:
    """Find the digit that each pixel of composed images belongs to.

    Where digits overlap, it is the one with the most ink there, and of equals the first.

    Parameters
    ----------
    windows, glyphs, lengths, x
        As in `compose`.
    size : (int, int)
        Height H and width W of the images, px.
    y
        As in `compose`.

    Returns
    -------
    ndarray
        (N, H, W) uint8: k for the k-th digit, from 1. Where there is no ink it is a digit that is near, or 0.
    """
    window = windows.size[1]
    left = x + windows.corners[0].take(glyphs)
    starts = np.cumsum(lengths) - lengths
    between = np.diff(left, prepend=0) - window  # columns without ink before each digit
    between[starts] = _APART
    crowded = np.add.reduceat(between < _APART, starts, dtype=np.int64) > 0
    if crowded.all():
        return _crowded_owners(windows, glyphs, lengths, x, y, size)
    # Half-way between two digits one ends and the other begins.
    begins = left - between // 2
    found = np.empty((len(lengths), *size), np.uint8)
    found[~crowded] = _owners_of_columns(begins, starts[~crowded], lengths[~crowded], size[1])[:, None, :]
    if crowded.any():
        theirs = np.repeat(crowded, lengths)
        tops = y if isinstance(y, int) else y[theirs]
        found[crowded] = _crowded_owners(windows, glyphs[theirs], lengths[crowded], x[theirs], tops, size)
    return found


def _owners_of_columns(begins: Integers, starts: Integers, lengths: Integers, width: int) -> Pixels:
    """(n, W): the digit of each column of images in which none overlap, by the columns in which digits begin."""
    columns = np.ones((len(lengths), width), np.uint8)
    for position in range(1, int(lengths.max())):
        rows = lengths > position
        columns[rows] += np.arange(width) >= begins[starts[rows] + position][:, None]
    return columns


def _crowded_owners(
    windows: Windows, glyphs: Integers, lengths: Integers, x: Integers, y: Integers | int, size: tuple[int, int]
) -> Pixels:
    """The owners of pixels where windows overlap: of ink, and 0 elsewhere."""
    height, window = windows.size
    starts = np.cumsum(lengths) - lengths
    left, top = windows.corners.take(glyphs, axis=1).astype(np.int64)
    left += x
    top += y
    above, beside = _margins(left, top, windows.size, size, level=isinstance(y, int))
    lines, line = size[0] + 2 * above, size[1] + 2 * beside
    most = np.zeros((len(lengths), lines, line), np.uint8)
    whose = np.zeros_like(most)
    ink: NDArray[np.void] = _windows(most, height, window)
    owner: NDArray[np.void] = _windows(whose, height, window)
    row = np.repeat(np.arange(len(lengths)), lengths) * lines + above + top
    corner = row * line + left + beside
    for position in range(int(lengths.max())):
        which = starts[lengths > position] + position
        place = corner[which]
        rendered, owned = _take_rows(windows, glyphs[which]), owner[place]
        new, old = rendered.view(np.uint8), ink[place].view(np.uint8)
        whose_now = owned.view(np.uint8)
        np.maximum(whose_now, (new > old) * np.uint8(position + 1), out=whose_now)  # no digit before has such a number
        np.maximum(new, old, out=new)
        ink[place] = rendered
        owner[place] = owned
    return np.ascontiguousarray(whose[:, above : lines - above, beside : line - beside])


def _check_ink(windows: Windows, glyphs: Integers, x: Integers, y: Integers | int, size: tuple[int, ...]) -> None:
    """Refuse positions that would crop ink."""
    ink = windows.ink.take(glyphs, axis=0)
    for which, corner, most in (("height", y, size[0]), ("width", x, size[1])):
        first = 0 if which == "width" else 1
        if (corner + ink[:, first]).min() < 0 or (corner + ink[:, first + 2]).max() > most:
            raise ArgumentError(f"a glyph's ink lies outside the image of {which} {most}; no glyph is ever cropped")


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
