"""Where the pixels of a warped image come from, and how they are fetched.

A `Warp` says for every pixel of the output which point of the input it shows. Warps combine: matrices
multiply, displacements add up, and only then is the image resampled, once.

Coordinates are computed in float32 from operands that are whole multiples of a power of two, few enough bits
long that every sum is exact. So a matrix product gives the same bits in whatever order the kernel of
the processor adds up. They are rounded to 1/32 px, and OpenCV interpolates in integers.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitgen.augment.tall import Tall
from digitgen.glyphs import CELL

Floats = NDArray[np.float64]

MAX_WARPED_WIDTH: Final = 2048
"""Widest image that can be warped, px: wider ones would need more bits than the sums have."""

_KNOT_GRID: Final = 2.0**-7  # px; displacements along a row before the rows are combined
_ROW_GRID: Final = 2.0**-6  # of a basis function over the rows; its product with the former is exact
_COLUMN_GRID: Final = 2.0**-10  # of a basis function over the columns
_ROUNDER: Final = np.float32(1.5 * 2**18)  # float32 has steps of 1/32 there, so that to add it rounds
_FINE_ROUNDER: Final = 1.5 * 2.0**40  # likewise, float64 to 1/4096
_PART: Final = 1 << 16  # px of the images whose coordinates are worked out together
_TILE: Final = 32  # columns that are computed at a time, with the knots that reach them
_REACH: Final = 3.0  # standard deviations from its knot at which a basis function is cut off
_NOISE_RMS: Final = math.sqrt((256**2 - 1) / 3)  # of the odd numbers from -255 to 255


@dataclass
class Field:
    """A smooth random displacement field, as noise on knots under Gaussian basis functions.

    Attributes
    ----------
    rows : ndarray
        (m,) int64, ascending: the images that it displaces.
    sigma : float
        Standard deviation of the basis functions, px. Knots are as far apart, but at least 1 px.
    rms : ndarray
        (m,) float64: root mean square of the displacement along each axis, px.
    noise : ndarray
        (m, 2, ky, kx) uint8, uniform, for x and y; `knots` gives ky and kx.
    """

    rows: NDArray[np.int64]
    sigma: float
    rms: Floats
    noise: NDArray[np.uint8]


@dataclass
class Warp:
    """Where the pixels of n warped images come from.

    Attributes
    ----------
    matrix : ndarray
        (n, 3, 3) float64: homogeneous coordinates of the output, in px from the image's centre, to those
        of the input.
    profile : ndarray or None
        (n, 2, W) float64: displacement in x and y, px, of whole columns of the output.
    fields : list of Field
        Further displacements.
    """

    matrix: Floats
    profile: Floats | None = None
    fields: list[Field] = field(default_factory=list)

    def add(self, rows: NDArray[np.int64], other: "Warp") -> None:
        """Let another warp of some of the images follow."""
        self.matrix[rows] = _product(self.matrix[rows], other.matrix)
        if other.profile is not None:
            if self.profile is None:
                self.profile = np.zeros((len(self.matrix), *other.profile.shape[1:]))
            self.profile[rows] += other.profile
        self.fields += [Field(rows[each.rows], each.sigma, each.rms, each.noise) for each in other.fields]


def identity(count: int) -> Warp:
    """A warp of `count` images that moves nothing."""
    return Warp(np.tile(np.eye(3), (count, 1, 1)))


def linear(a: Floats, b: Floats, c: Floats, d: Floats, x: Floats | float = 0.0, y: Floats | float = 0.0) -> Warp:
    """The warp of n images whose output (u, v) shows the input (a u + b v + x, c u + d v + y), from the centre."""
    warp = identity(len(a))
    for row, column, values in ((0, 0, a), (0, 1, b), (1, 0, c), (1, 1, d), (0, 2, x), (1, 2, y)):
        warp.matrix[:, row, column] = values
    return warp


def knots(sigma: float, width: int) -> tuple[int, int]:
    """Rows and columns of the knots of a field over images of some width."""
    return _basis(CELL, sigma).shape[1], _basis(width, sigma).shape[1]


Resample = Callable[[NDArray[np.uint8], bool], None]


def resamplers(warp: Warp, width: int) -> Iterator[tuple[slice, Resample]]:
    """Work out a warp's coordinates, part by part, for all that is to be resampled with them.

    Parameters
    ----------
    warp : Warp
        Of n images.
    width : int
        W of the images, at most `MAX_WARPED_WIDTH`.

    Yields
    ------
    part : slice
        Some neighbouring images, few enough for their coordinates to stay in the core's own cache.
    resample : callable
        Takes an array (m, 28, W) uint8 for them, C-contiguous, which it overwrites, and whether each pixel is to come
        from the nearest one (for maps of labels) rather than from a bilinear interpolation. What comes from
        outside an image is 0.
    """
    plane = _Plane(warp, width)
    size = max(_PART // (CELL * width), 1)
    for start in range(0, len(warp.matrix), size):
        part = slice(start, min(start + size, len(warp.matrix)))
        points = _displacements_of(warp.fields, part, width)
        plane.add_to(points, part)
        yield part, _resampler(*points)


def _resampler(x: NDArray[np.float32], y: NDArray[np.float32]) -> Resample:
    """What fetches the points at x and y, (n, 28, W) each; y is overwritten."""
    count, _, width = x.shape
    tall = Tall(count, width, guard=2)  # an even number of rows for each image, so that halves round alike
    # Above and below an image lies a row of zeros, which is all that may be seen of what is beyond.
    np.clip(y, -1, CELL, out=y)
    # Rounded to 1/32 px before the image's place in the tall one is added, which must not change the rounding.
    y += _ROUNDER
    y -= (_ROUNDER - tall.tops)[:, None, None]
    flat = (-1, width)

    def resample(images: NDArray[np.uint8], nearest: bool) -> None:
        whole, fraction = cv2.convertMaps(x.reshape(flat), y.reshape(flat), cv2.CV_16SC2, nninterpolation=nearest)
        method = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        tall.fill(images)
        out = images.reshape(flat)
        cv2.remap(tall.pixels, whole, fraction, method, out, borderMode=cv2.BORDER_CONSTANT, borderValue=0)

    return resample


def _product(first: Floats, second: Floats) -> Floats:
    """(n, 3, 3) matrix products, not by BLAS, whose kernels round each in its own way."""
    terms = [first[:, :, k, None] * second[:, None, k, :] for k in range(3)]
    return terms[0] + terms[1] + terms[2]


def _on_grid(values: Floats) -> NDArray[np.float32]:
    """Round to multiples of 1/4096, where float64 has its steps once the rounder is added."""
    return ((values + _FINE_ROUNDER) - _FINE_ROUNDER).astype(np.float32)


class _Plane:
    """Where a warp's matrices and profile take the pixels of n images, without its fields."""

    def __init__(self, warp: Warp, width: int) -> None:
        self._width = width
        self._tilted = (warp.matrix[:, 2] != (0, 0, 1)).any(axis=1)
        centre = ((width - 1) / 2, (CELL - 1) / 2)
        across, down = np.arange(width) - centre[0], np.arange(CELL) - centre[1]
        self._columns = [warp.matrix[:, axis, 0, None] * across + warp.matrix[:, axis, 2, None] for axis in range(3)]
        self._lines = [warp.matrix[:, axis, 1, None] * down for axis in range(3)]
        self._shifts = [np.full_like(self._columns[0], each) for each in centre]
        if warp.profile is not None:
            for axis, shift in enumerate(self._shifts):
                shift += warp.profile[:, axis]
        # An upright image's coordinates are sums of what depends on the column and what depends on the row.
        self._by_column = [_on_grid(self._columns[axis] + self._shifts[axis]) for axis in range(2)]
        self._by_line = [_on_grid(self._lines[axis]) for axis in range(2)]

    def add_to(self, points: NDArray[np.float32], part: slice) -> None:
        """Add coordinates (2, m, 28, W), multiples of 1/4096 px, for some of the images."""
        tilted = np.flatnonzero(self._tilted[part]) + part.start
        if not tilted.size:
            for axis in range(2):
                points[axis] += self._by_column[axis][part, None, :]
                points[axis] += self._by_line[axis][part, :, None]
            return
        upright = np.flatnonzero(~self._tilted[part]) + part.start
        for axis, seen in enumerate(self._seen_tilted(tilted)):
            points[axis, tilted - part.start] += seen
            plain = self._by_column[axis][upright, None, :] + self._by_line[axis][upright, :, None]
            points[axis, upright - part.start] += plain

    def _seen_tilted(self, rows: NDArray[np.int64]) -> Iterator[Floats]:
        """Coordinates along x, then along y, of images that one side of is larger: (m, 28, W) float64."""
        depth = self._columns[2][rows, None, :] + self._lines[2][rows, :, None]
        np.maximum(depth, 0.1, out=depth)
        for axis in range(2):
            seen = self._columns[axis][rows, None, :] + self._lines[axis][rows, :, None]
            seen /= depth
            seen += self._shifts[axis][rows, None, :]
            np.clip(seen, -self._width, 2 * self._width, out=seen)
            seen += _FINE_ROUNDER
            seen -= _FINE_ROUNDER
            yield seen


def _displacements_of(fields: Sequence[Field], part: slice, width: int) -> NDArray[np.float32]:
    """The sum of some fields for some neighbouring images: (2, m, 28, W) float32, px."""
    count = part.stop - part.start
    total = None
    for each in fields:
        own = slice(*np.searchsorted(each.rows, (part.start, part.stop)).tolist())
        rows = each.rows[own] - part.start
        if not rows.size:
            continue
        displacements = _displacements(each, own, width)
        if total is None and len(rows) == count:
            total = displacements
            continue
        if total is None:
            total = np.zeros((2, count, CELL, width), np.float32)
        total[:, rows] += displacements
    return np.zeros((2, count, CELL, width), np.float32) if total is None else total


def _displacements(field: Field, own: slice, width: int) -> NDArray[np.float32]:
    """Of some of a field's images: (2, m, 28, W) float32, px."""
    over_rows, over_columns = _basis(CELL, field.sigma), _basis(width, field.sigma)
    count, _, ky, kx = field.noise[own].shape
    noise = field.noise[own].swapaxes(0, 1).astype(np.float32)
    noise *= 2
    noise -= 255
    flat = noise.reshape(-1, kx)
    along = np.empty((len(flat), width), np.float32)
    for first, last, left, right, tile in _tiles(width, field.sigma):
        np.matmul(flat[:, left:right], tile, out=along[:, first:last])
    peak = np.sqrt((over_rows[CELL // 2] ** 2).sum() * (over_columns[width // 2] ** 2).sum())
    gain = (field.rms[own] / (peak * _NOISE_RMS * _KNOT_GRID)).astype(np.float32)
    combined = along.reshape(2, count, ky, width)
    combined *= gain[:, None, None]
    np.rint(combined, out=combined)
    displacements: NDArray[np.float32] = np.matmul((over_rows * _KNOT_GRID).astype(np.float32), combined)
    return displacements


@lru_cache(maxsize=64)
def _basis(length: int, sigma: float) -> Floats:
    """(length, knots): Gaussians around knots that reach beyond both ends, multiples of a power of two."""
    step = max(sigma, 1.0)
    outside = math.ceil(_REACH * sigma / step)
    centres = [step * knot for knot in range(-outside, math.ceil((length - 1) / step) + outside + 1)]
    grid = _ROW_GRID if length == CELL else _COLUMN_GRID
    values = np.empty((length, len(centres)))
    for x, row in enumerate(values):
        row[...] = [math.exp(-(((x - centre) / sigma) ** 2) / 2) for centre in centres]
    return np.rint(values / grid) * grid


@lru_cache(maxsize=64)
def _tiles(width: int, sigma: float) -> list[tuple[int, int, int, int, NDArray[np.float32]]]:
    """The basis over the columns in pieces: first and last column, first and last knot that reaches them."""
    basis = _basis(width, sigma)
    tiles = []
    for first in range(0, width, _TILE):
        last = min(first + _TILE, width)
        used = np.flatnonzero(basis[first:last].any(axis=0))
        left, right = int(used[0]), int(used[-1]) + 1
        tiles.append((first, last, left, right, np.ascontiguousarray(basis[first:last, left:right].T, np.float32)))
    return tiles
