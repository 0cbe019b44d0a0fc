"""Render strokes with smooth edges: pieces of like size at a time, each in a window of its own.

Additions, multiplications and square roots of float32, one operation at a time, give the same bits on every processor.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Images, Integers, Pixels, Singles
from digitgen.augment.ink.strokes import Strokes
from digitgen.augment.region import Region, windows

_LEAST: Final = 4  # px of a window's sides
_PART: Final = 1 << 15  # px of windows that are worked on together
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
    reach = strokes.width.max(axis=1, initial=0) / 2 + _BLUR
    down, across = (
        _Span.of(ends, reach, length, held, corner[strokes.image])
        for ends, length, held, corner in zip(
            (strokes.y, strokes.x), region.sheet, region.size, (region.top, region.left), strict=True
        )
    )
    seen = np.flatnonzero(down.seen & across.seen)
    sizes = down.side * (region.size[1] + 1) + across.side
    for size in np.unique(sizes[seen]).tolist():
        alike = seen[sizes[seen] == size]
        high, wide = divmod(size, region.size[1] + 1)
        order, turn = _in_turns(strokes.image[alike] * region.size[1], across.place[alike], wide)
        order = alike[order]
        for first in range(0, len(order), step := max(_PART // (high * wide), 1)):
            some, turns = order[first : first + step], turn[first : first + step]
            pixels = _pixels(strokes[some], down.take(some), across.take(some), (high, wide))
            bounds = [0, *(np.flatnonzero(np.diff(turns)) + 1).tolist(), len(some)]
            for begin, end in pairwise(bounds):
                one = some[begin:end]
                yield Rendered(
                    strokes.image[one], down.place[one], across.place[one], pixels[begin:end], strokes.digit[one]
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
        first = np.clip(np.floor(ends.min(axis=1, initial=length) - reach), -1, length).astype(np.int64)
        last = np.clip(np.ceil(ends.max(axis=1, initial=-1) + reach), -1, length).astype(np.int64)
        side = _side(last - first + 1, length)
        origin = np.clip(first, 0, length - side)
        side = np.minimum(side, held)
        place = np.clip(origin - corner, 0, held - side)
        return cls((last >= corner) & (first < corner + held), side, place, origin, place + corner - origin)

    def take(self, index: Integers) -> "_Span":
        """Take some of the windows."""
        return _Span(self.seen[index], self.side[index], self.place[index], self.origin[index], self.shift[index])


def _side(needed: Integers, most: int) -> Integers:
    """Sides of windows, of which there are to be few: powers of two, but not more than the image."""
    side = np.full(len(needed), min(_LEAST, most))
    while (short := (side < needed) & (side < most)).any():
        side[short] = np.minimum(side[short] * 2, most)
    return side


def _in_turns(image: Integers, left: Integers, wide: int) -> tuple[Integers, Integers]:
    """Sort pieces into turns in which no two windows of an image overlap: their order, and the turn of each, from 0.

    Windows that begin in the same stretch of their own width take turns, and so do neighbouring stretches. `image` is
    the number of each one's image, times more than there are stretches.
    """
    stretch = left // wide
    place = image + stretch
    order = np.argsort(place, kind="stable")
    first = np.flatnonzero(np.diff(place[order], prepend=-1))
    turn = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    turn = 2 * turn + stretch[order] % 2
    again = np.argsort(turn, kind="stable")
    return order[again], turn[again]


def _pixels(strokes: Strokes, rows: _Span, columns: _Span, size: tuple[int, int]) -> Pixels:
    """(k, h, w): the ink of each piece in its window, by the distance of each pixel from the piece."""
    (from_x, across), (from_y, down) = (
        (
            (np.arange(side) + span.shift[:, None]).astype(np.float32)
            - (ends[:, 0] - span.origin).astype(np.float32)[:, None],
            (ends[:, 1] - ends[:, 0]).astype(np.float32),
        )
        for ends, span, side in ((strokes.x, columns, size[1]), (strokes.y, rows, size[0]))
    )
    reach = (strokes.width[:, 0] / 2 + _BLUR).astype(np.float32)
    growth = ((strokes.width[:, 1] - strokes.width[:, 0]) / 2).astype(np.float32)
    most = np.minimum((strokes.width[:, 0] + strokes.width[:, 1]) / 2, 1).astype(np.float32)  # thin strokes are faint
    grey = strokes.grey.astype(np.float32)
    square = across * across + down * down
    scale = np.reciprocal(np.where(square > 0, square, np.float32(1)), dtype=np.float32)
    covered = _covered(from_x, from_y, across, down, scale, reach, growth)
    np.minimum(covered, most[:, None, None], out=covered)
    covered *= grey[:, None, None]
    covered += np.float32(0.5)
    return covered.astype(np.uint8)  # towards zero


def _covered(
    from_x: Singles, from_y: Singles, across: Singles, down: Singles, scale: Singles, reach: Singles, growth: Singles
) -> Singles:
    """(k, h, w): how far each pixel lies inside the reach of a piece, px, and 0 outside."""
    along = (from_y * (down * scale)[:, None])[:, :, None] + (from_x * (across * scale)[:, None])[:, None, :]
    np.maximum(along, 0, out=along)
    np.minimum(along, 1, out=along)  # where on the piece the nearest point lies
    inside = along * growth[:, None, None]
    inside += reach[:, None, None]
    aside = along * -across[:, None, None]
    aside += from_x[:, None, :]
    aside *= aside
    along *= -down[:, None, None]
    along += from_y[:, :, None]
    along *= along
    along += aside
    np.sqrt(along, out=along)
    np.subtract(inside, along, out=inside)
    return np.maximum(inside, 0, out=inside)
