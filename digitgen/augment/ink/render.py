"""Render strokes with smooth edges: pieces of like size at a time, each in a window of its own.

Additions, multiplications and square roots of float32, one operation at a time, give the same bits on every processor.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Images, Integers, Pixels, Singles
from digitgen.augment.ink.strokes import Strokes
from digitgen.augment.region import Region, windows

_LEAST: Final = 4  # px of a window's sides
_PIECES: Final = 1 << 16  # that are worked on together
_PART: Final = 1 << 16  # px of windows that are worked on together
_BLUR: Final = 0.5  # px that an edge fades out over on either side


class Rendered(NamedTuple):
    """Pieces of strokes in windows, no two of which overlap.

    Attributes
    ----------
    image, top, left : ndarray
        (k,) int64: the image of each, and where its window lies, px.
    pixels : ndarray
        (k, h, w) uint8: the ink in the window.
    digit : ndarray
        (k,) int64: number of the digit that it belongs to, or 0.
    """

    image: Integers
    top: Integers
    left: Integers
    pixels: Pixels
    digit: Integers

    def combine(self, images: Images) -> None:
        """Put the ink into images, (n, H, W) uint8 and C-contiguous, by maximum."""
        place, rows = self._rows(images)
        ink = rows[place]
        under = ink.view(np.uint8).reshape(self.pixels.shape)
        np.maximum(under, self.pixels, out=under)
        rows[place] = ink

    def own(self, owners: Pixels, ink: Images) -> None:
        """Make digits own the pixels that their strokes put ink on, where there was none.

        Parameters
        ----------
        owners : ndarray
            (n, H, W) uint8, C-contiguous: overwritten.
        ink : ndarray
            (n, H, W) uint8, C-contiguous: the ink of digits before this.
        """
        place, rows = self._rows(owners)
        _, inked = self._rows(ink)
        bare = inked[place].view(np.uint8).reshape(self.pixels.shape) == 0
        owned = rows[place]
        digits = np.broadcast_to(self.digit[:, None, None].astype(np.uint8), self.pixels.shape)
        np.copyto(owned.view(np.uint8).reshape(self.pixels.shape), digits, where=bare & (self.pixels > 0))
        rows[place] = owned

    def _rows(self, images: Images) -> tuple[Integers, NDArray[np.void]]:
        """The pixel in which each window begins, and windows by that pixel: rows, each a single item."""
        _, height, width = images.shape
        high, wide = self.pixels.shape[1:]
        return (self.image * height + self.top) * width + self.left, windows(images, (high, wide))


def rendered(strokes: Strokes, region: Region) -> Iterator[Rendered]:
    """Render strokes.

    Parameters
    ----------
    strokes : Strokes
        The strokes, in px of the sheets.
    region : Region
        Which part of the sheets the images are; what lies outside is cut off.

    Yields
    ------
    Rendered
        Some of the pieces.
    """
    for first in range(0, len(strokes), _PIECES):
        yield from _rendered(strokes[slice(first, first + _PIECES)], region)


def _rendered(strokes: Strokes, region: Region) -> Iterator[Rendered]:
    """Render not too many strokes."""
    reach = np.maximum(strokes.width[:, 0], strokes.width[:, 1]) / 2 + _BLUR
    down, across = (
        _Span.of(ends, reach, length, held, corner[strokes.image])
        for ends, length, held, corner in zip(
            (strokes.y, strokes.x), region.sheet, region.size, (region.top, region.left), strict=True
        )
    )
    seen = np.flatnonzero(down.seen & across.seen)
    if not seen.size:
        return
    strokes, down, across = strokes[seen], down.take(seen), across.take(seen)
    order, size, turn = _in_turns(strokes.image, down, across, region.size[1])
    strokes, down, across = strokes[order], down.take(order), across.take(order)
    pieces = _Pieces.of(strokes, down, across)
    changes = np.flatnonzero(np.diff(size)) + 1
    turns = np.flatnonzero((np.diff(turn) != 0) | (np.diff(size) != 0)) + 1
    for first, last in pairwise([0, *changes.tolist(), len(size)]):
        high, wide = divmod(int(size[first]), region.size[1] + 1)
        step = max(_PART // (high * wide), 1)
        for begin in range(first, last, step):
            end = min(begin + step, last)
            pixels = _pixels(pieces.take(slice(begin, end)), (high, wide))
            within = turns[slice(*np.searchsorted(turns, (begin + 1, end)))].tolist()
            for start, stop in pairwise([begin, *within, end]):
                one = slice(start, stop)
                yield Rendered(
                    strokes.image[one],
                    down.place[one],
                    across.place[one],
                    pixels[start - begin : stop - begin],
                    strokes.digit[one],
                )


class _Span(NamedTuple):
    """Windows of pieces along one axis, (m,) int64 each.

    Distances are taken from where a window would begin on a whole sheet, so that its pixels are the same to the last
    bit wherever it begins.
    """

    seen: Bools  # whether the images show some of the piece
    side: Integers  # length of the window
    place: Integers  # where it begins in the images
    origin: Integers  # where it would begin on the sheet
    shift: Integers  # from there to where it begins

    @classmethod
    def of(cls, ends: Floats, reach: Floats, length: int, held: int, corner: Integers) -> "_Span":
        """Choose windows on sheets of some length, of which images have the part that is `held` from a `corner` on."""
        begin = np.floor(np.minimum(ends[:, 0], ends[:, 1]) - reach)
        end = np.ceil(np.maximum(ends[:, 0], ends[:, 1]) + reach)
        first, last = (np.clip(each, -1, length).astype(np.int64) for each in (begin, end))
        side = _side(last - first + 1, length)
        origin = np.clip(first, 0, length - side)
        side = np.minimum(side, held)
        place = np.clip(origin - corner, 0, held - side)
        return cls((last >= corner) & (first < corner + held), side, place, origin, place + corner - origin)

    def take(self, index: Integers) -> "_Span":
        """Take some of the windows."""
        return _Span(*(each[index] for each in self))  # type: ignore[arg-type]


def _side(needed: Integers, most: int) -> Integers:
    """Sides of windows, of which there are to be few: powers of two, but not more than the image."""
    sides = [min(_LEAST, most)]
    while sides[-1] < most:
        sides.append(min(2 * sides[-1], most))
    return np.array(sides)[np.searchsorted(sides, np.minimum(needed, most))]


def _in_turns(image: Integers, down: _Span, across: _Span, width: int) -> tuple[Integers, Integers, Integers]:
    """Sort pieces by the size of their windows, and into turns in which no two windows of an image overlap.

    Windows that begin in the same stretch of their own width take turns, and so do neighbouring stretches.

    Returns the order; and in this order, height times one more than the images' `width` plus width of each window, and
    the turn of each, from 0.
    """
    size = down.side * (width + 1) + across.side
    kinds = np.flatnonzero(np.bincount(size))
    kind = np.searchsorted(kinds, size)
    stretch = across.place // across.side
    order, group = _sorted((kind * (image.max() + 1) + image) * width + stretch)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    turn = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    turn = 2 * turn + stretch[order] % 2
    most = turn.max() + 1
    again, place = _sorted(kind[order] * most + turn)
    return order[again], kinds[place // most], place % most


def _sorted(values: Integers) -> tuple[Integers, Integers]:
    """Sort whole numbers, not too large: the order, in which equal ones stay as they are, and the sorted numbers."""
    bits = len(values).bit_length()
    both = np.sort((values << bits) + np.arange(len(values)))  # several times as fast as to sort indices
    return both & ((1 << bits) - 1), both >> bits


class _Pieces(NamedTuple):
    """Numbers that pixels of pieces are worked out from: (k,) float32 each, px from the windows' origins."""

    x: Singles
    y: Singles
    shift_x: Singles
    shift_y: Singles
    across: Singles
    down: Singles
    scale: Singles  # 1 over the squared length
    reach: Singles
    growth: Singles
    most: Singles
    grey: Singles

    @classmethod
    def of(cls, strokes: Strokes, rows: _Span, columns: _Span) -> "_Pieces":
        """Take the numbers of strokes and their windows."""
        width = strokes.width
        across, down = ((ends[:, 1] - ends[:, 0]).astype(np.float32) for ends in (strokes.x, strokes.y))
        square = across * across + down * down
        return cls(
            (strokes.x[:, 0] - columns.origin).astype(np.float32),
            (strokes.y[:, 0] - rows.origin).astype(np.float32),
            columns.shift.astype(np.float32),
            rows.shift.astype(np.float32),
            across,
            down,
            np.reciprocal(np.where(square > 0, square, np.float32(1)), dtype=np.float32),
            (width[:, 0] / 2 + _BLUR).astype(np.float32),
            ((width[:, 1] - width[:, 0]) / 2).astype(np.float32),
            np.minimum((width[:, 0] + width[:, 1]) / 2, 1).astype(np.float32),  # thin strokes are faint
            strokes.grey.astype(np.float32),
        )

    def take(self, some: slice) -> "_Pieces":
        """Take some of the pieces."""
        return _Pieces(*(each[some] for each in self))


def _pixels(pieces: _Pieces, size: tuple[int, int]) -> Pixels:
    """(k, h, w): the ink of each piece in its window, by the distance of each pixel from the piece."""
    covered = _covered(pieces, size)
    np.minimum(covered, pieces.most, out=covered)
    covered *= pieces.grey
    covered += np.float32(0.5)
    pixels = covered.astype(np.uint8)  # towards zero
    turned = np.asarray(cv2.transpose(pixels.reshape(-1, pixels.shape[2])), np.uint8)
    return turned.reshape(-1, *size)


def _covered(pieces: _Pieces, size: tuple[int, int]) -> Singles:
    """(h, w, k): how far each pixel lies inside the reach of a piece, px, and 0 outside; numpy likes long rows."""
    rows, columns = (np.arange(side, dtype=np.float32)[:, None] for side in size)
    from_x, from_y = columns + pieces.shift_x - pieces.x, rows + pieces.shift_y - pieces.y
    along = (from_y * (pieces.down * pieces.scale))[:, None] + from_x * (pieces.across * pieces.scale)
    np.maximum(along, 0, out=along)
    np.minimum(along, 1, out=along)  # where on the piece the nearest point lies
    aside = along * -pieces.across
    aside += from_x
    aside *= aside
    inside = pieces.reach
    if pieces.growth.any():
        inside = along * pieces.growth
        inside += pieces.reach
    along *= -pieces.down
    along += from_y[:, None]
    along *= along
    along += aside
    np.sqrt(along, out=along)
    np.subtract(inside, along, out=along)
    np.maximum(along, 0, out=along)
    return along
