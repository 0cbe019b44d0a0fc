"""Smooth random displacement fields, in a form that a matrix product turns into displacements.

A field is noise on a grid of knots under Gaussian basis functions. Each basis function is a function of the row times
one of the column. All factors are whole multiples of a power of two, few enough bits long that every sum is exact in
float32. So products give the same bits in whatever order the kernel of the processor adds up.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers, Pixels, Singles
from digitgen.augment.numerics.products import multiply
from digitgen.format import CELL

_NOISE_GRID: Final = 2.0**-7  # px; noise on knots
_KNOT_GRID: Final = 2.0**-6  # px; displacements along a row of knots
_ROW_GRID: Final = 2.0**-6  # of a basis function over the rows
_COLUMN_GRID: Final = 2.0**-10  # of a basis function over the columns
_MOST_GAIN: Final = 50.0  # of noise on knots, so that the sums stay exact: 50 px
_TILE: Final = 32  # columns that are computed at a time, with the knots that reach them
_SPACING: Final = 1.25  # standard deviations from knot to knot: strength varies by 0.2 %, 1 % with rounding over rows
_REACH: Final = 2.5  # standard deviations from the image at which knots are left out: 0.1 % of its border's strength
_NOISE_RMS: Final = math.sqrt((256**2 - 1) / 12)  # of the half numbers from -127.5 to 127.5

GRID: Final = _KNOT_GRID * _ROW_GRID
"""Displacements are whole multiples of this, px."""


@dataclass
class DisplacementField:
    """A smooth random displacement field, as noise on knots under Gaussian basis functions.

    Attributes
    ----------
    rows : ndarray
        (m,) int64, ascending: the images that it displaces.
    sigma : float
        Standard deviation of the basis functions, px. Knots are 1.25 times as far apart, but at least 1 px.
    rms : ndarray
        (m,) float64: root mean square of the displacement along each axis, px.
    noise : ndarray
        (m, 2, ky, kx) uint8, uniform, for x and y; `knots` gives ky and kx.
    frame : ndarray or None
        (m, 2, 2) float64: what displacements are multiplied by, because of matrices before them; None for nothing.
    """

    rows: Integers
    sigma: float
    rms: Floats
    noise: Pixels
    frame: Floats | None = None


def knots(sigma: float, shape: tuple[int, int]) -> tuple[int, int]:
    """Count the knots of a field.

    Parameters
    ----------
    sigma : float
        Standard deviation of the basis functions, px.
    shape : (int, int)
        Height and width of the images, px.

    Returns
    -------
    (int, int)
        Rows and columns, ky and kx.
    """
    return _basis(shape[0], sigma, _ROW_GRID).shape[1], _over_columns(sigma, shape[1]).shape[1]


def over_rows(sigma: float, height: int) -> Floats:
    """Tabulate the factors for displacements along rows of knots, as `AlongRows` gives them.

    Parameters
    ----------
    sigma : float
        Standard deviation of the basis functions, px.
    height : int
        Height H of the images, px.

    Returns
    -------
    ndarray
        (H, ky) float64.
    """
    return _basis(height, sigma, _ROW_GRID) * _KNOT_GRID


def _over_columns(sigma: float, width: int) -> Floats:
    """(W, kx): the basis over the columns; over those of a glyph it is as coarse as over the rows."""
    return _basis(width, sigma, _ROW_GRID if width == CELL else _COLUMN_GRID)


class AlongRows:
    """Displacements of a field along rows of knots, worked out for some neighbouring images at a time.

    Parameters
    ----------
    field : DisplacementField
        The field, which displaces some of the images.
    shape : (int, int)
        Height and width of the images, px.
    """

    def __init__(self, field: DisplacementField, shape: tuple[int, int]) -> None:
        self._field = field
        self.knots = field.noise.shape[2]
        height, width = shape
        self._tiles = _tiles(width, field.sigma)
        rows, columns = _basis(height, field.sigma, _ROW_GRID), _over_columns(field.sigma, width)
        power = (rows**2).sum() / height * (columns**2).sum() / width
        gain = field.rms / (math.sqrt(power) * _NOISE_RMS * _NOISE_GRID)
        if field.frame is None:
            gain = np.minimum(gain, _MOST_GAIN)[:, None]
        else:
            gain = gain[:, None, None] * field.frame
            gain *= _MOST_GAIN / np.maximum(np.abs(gain).sum(axis=2).max(axis=1), _MOST_GAIN)[:, None, None]
        self._gain = gain.astype(np.float32)

    def put(self, part: slice, out: Singles) -> None:
        """Put the displacements of some neighbouring images into an array.

        Parameters
        ----------
        part : slice
            The images, m of them.
        out : ndarray
            (ky, 2, m, W) float32, C-contiguous: overwritten with displacements in x and y.
        """
        rows = self._field.rows
        own = slice(*np.searchsorted(rows, (part.start, part.stop)).tolist())
        if own.stop - own.start == out.shape[2]:
            self._compute(own, out)
            return
        some = np.empty((*out.shape[:2], own.stop - own.start, out.shape[3]), np.float32)
        self._compute(own, some)
        out[...] = 0
        out[:, :, rows[own] - part.start] = some

    def _compute(self, own: slice, out: Singles) -> None:
        """Overwrite (ky, 2, m, W), C-contiguous, with the displacements of some of the field's own images."""
        noise, along = self._noise(own), out.reshape(-1, out.shape[3])
        for first, last, left, right, tile in self._tiles:
            multiply(noise[:, left:right], tile, out=along[:, first:last])
        flat = out.reshape(-1)  # numpy is twice as fast
        np.rint(flat, out=flat)

    def _noise(self, own: slice) -> Singles:
        """The noise on the knots of some of the field's images: (ky * 2 * m, kx), whole numbers of `_NOISE_GRID`."""
        noise = self._field.noise[own].transpose(2, 1, 0, 3).astype(np.float32, order="C")
        noise -= np.float32(127.5)
        gain = self._gain[own]
        if self._field.frame is None:
            noise *= gain
        else:
            noise = _turned(noise, gain)
        return np.rint(noise, out=noise).reshape(-1, noise.shape[3])


def _turned(noise: Singles, frame: Singles) -> Singles:
    """Multiply vectors (ky, 2, m, kx) by (m, 2, 2) matrices."""
    turned = np.empty_like(noise)
    for axis in range(2):
        np.multiply(noise[:, 0], frame[:, axis, 0, None], out=turned[:, axis])
        turned[:, axis] += noise[:, 1] * frame[:, axis, 1, None]
    return turned


@lru_cache(maxsize=64)
def _basis(length: int, sigma: float, grid: float) -> Floats:
    """(length, knots): Gaussians around knots that reach beyond both ends, multiples of a power of two, the grid."""
    step = max(_SPACING * sigma, 1.0)
    outside = math.ceil(_REACH * sigma / step) - 1
    centres = [step * knot for knot in range(-outside, math.ceil((length - 1) / step) + outside + 1)]
    values = np.empty((length, len(centres)))
    for x, row in enumerate(values):
        row[...] = [math.exp(-(((x - centre) / sigma) ** 2) / 2) for centre in centres]
    return np.rint(values / grid) * grid


@lru_cache(maxsize=64)
def _tiles(width: int, sigma: float) -> list[tuple[int, int, int, int, Singles]]:
    """The basis over the columns in pieces: first and last column, first and last knot that reaches them."""
    basis = _over_columns(sigma, width)
    tiles = []
    for first in range(0, width, _TILE):
        last = min(first + _TILE, width)
        used = np.flatnonzero(basis[first:last].any(axis=0))
        left, right = int(used[0]), int(used[-1]) + 1
        tile = basis[first:last, left:right].T * (_NOISE_GRID / _KNOT_GRID)
        tiles.append((first, last, left, right, np.ascontiguousarray(tile, np.float32)))
    return tiles
