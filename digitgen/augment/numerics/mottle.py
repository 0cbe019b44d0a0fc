"""Smooth random fields: noise on a grid of knots under cubic B-splines, of a size that each image chooses.

Knots hold whole numbers and splines are whole multiples of a power of two, few enough bits long that every sum is exact
in float32. So products give the same bits in whatever order the kernel of the processor adds up.
"""

import math
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from digitgen.arrays import Floats, Pixels, Singles
from digitgen.augment.numerics.exact import to_uint8
from digitgen.augment.numerics.products import multiply
from digitgen.rng import Noise

SIZES: Final = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0, 24.0, 32.0, 48.0, 64.0)
"""Distances from knot to knot, px, that there are."""

MEAN: Final = 127.5
DEVIATION: Final = 51.0
"""Mean and standard deviation of a field: so it is clipped beyond 2.5 of them."""

_GRID: Final = 2.0**-9  # of splines
_KEPT: Final = 2.0**-3  # of sums along the rows: 11 bits
_TILE: Final = 32  # columns that are computed at a time, with the knots that reach them
_RMS: Final = math.sqrt((256**2 - 1) / 3)  # of the odd numbers from -255 to 255
_POWER: Final = 0.4794  # mean of the sum of squares of the splines at a point, along one axis: 151 / 315


def mottle(noise: Noise, size: Floats, height: int, width: int, purpose: int = 0) -> Pixels:
    """Make a smooth random field for each image, near to normal, of one size and strength anywhere.

    Parameters
    ----------
    noise : Noise
        Random bits for n images.
    size : ndarray
        (n,) float64: distance from knot to knot, px; the nearest of `SIZES` by ratio is taken.
    height, width : int
        Height and width of the images, px.
    purpose : int, default 0
        The first of the noise's purposes that are used, as many as there are sizes.

    Returns
    -------
    ndarray
        (n, height, width) uint8: mean 127.5, standard deviation `DEVIATION`.
    """
    fields = np.empty((len(size), height, width), np.uint8)
    entries = np.searchsorted(_borders(), size)
    for entry in np.unique(entries).tolist():
        rows = np.flatnonzero(entries == entry)
        fields[rows] = _fields(noise[rows], entry, height, width, purpose + entry)
    return fields


def _fields(noise: Noise, entry: int, height: int, width: int, purpose: int) -> Pixels:
    """The fields of one size: (n, height, width) uint8."""
    tiles, down = _tiles(width, entry), _over_rows(height, entry)
    knots = noise.bytes(down.shape[1], tiles[-1].knots.stop, purpose=purpose).astype(np.float32)
    knots *= 2
    knots -= 255
    flat = knots.reshape(-1, knots.shape[2])
    lines = np.empty((len(flat), width), np.float32)
    for tile in tiles:
        multiply(flat[:, tile.knots], tile.splines, out=lines[:, tile.columns])
    np.rint(lines, out=lines)
    fields = np.empty((len(noise), height, width), np.float32)
    multiply(down, lines.reshape(len(noise), -1, width), out=fields)
    fields *= np.float32(DEVIATION * _KEPT / (_RMS * _POWER))
    fields += np.float32(MEAN)
    return to_uint8(fields)


@lru_cache(maxsize=1)
def _borders() -> Floats:
    """The borders between sizes, each where the next one becomes nearer by ratio."""
    borders: Floats = np.sqrt(np.array(SIZES[:-1]) * np.array(SIZES[1:]))
    return borders


@lru_cache(maxsize=64)
def _over_rows(height: int, entry: int) -> Singles:
    """(height, knots) float32: the splines over the rows."""
    return _splines(0, height, entry)[1].astype(np.float32)


def _splines(first: int, last: int, entry: int) -> tuple[int, Floats]:
    """Some neighbouring px: their first knot, and (px, knots) splines around it and those that follow it.

    Knots lie at multiples of the size, from one before the image on.
    """
    size = SIZES[entry]
    place = np.arange(first, last) / size + 1
    left, right = math.floor(place[0]) - 1, math.ceil(place[-1]) + 2
    distance = np.abs(place[:, None] - np.arange(left, right))
    near = 2 / 3 - distance * distance * (1 - distance / 2)
    rest = np.maximum(2 - distance, 0)
    return left, np.rint(np.where(distance < 1, near, rest * rest * rest / 6) / _GRID) * _GRID


class _Tile(NamedTuple):
    """Some neighbouring columns, the knots that reach them, and the splines around these: (knots, columns) float32."""

    columns: slice
    knots: slice
    splines: Singles


@lru_cache(maxsize=64)
def _tiles(width: int, entry: int) -> list[_Tile]:
    """The splines over the columns, in pieces."""
    tiles = []
    for first in range(0, width, _TILE):
        last = min(first + _TILE, width)
        left, splines = _splines(first, last, entry)
        weights = np.ascontiguousarray(splines.T / _KEPT, np.float32)
        tiles.append(_Tile(slice(first, last), slice(left, left + len(weights)), weights))
    return tiles
