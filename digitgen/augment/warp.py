"""Where the pixels of a warped image come from, and how they are fetched.

A `Warp` says for every pixel of the output which point of the input it shows. Warps combine: matrices
multiply, displacements add up, and only then is the image resampled, once.

Coordinates are computed in float32 from operands that are whole multiples of a power of two, few enough bits
long that every sum is exact. So a matrix product gives the same bits in whatever order the kernel of
the processor adds up. They are rounded to 1/32 px, and OpenCV interpolates in integers.
"""

import math
from collections.abc import Callable, Iterator
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

_GRID: Final = 2.0**-12  # px; what depends on the column, and every sum, are whole multiples of it
_SLOPE_GRID: Final = 2.0**-11  # px for each row; times half rows, that is on the grid
_NOISE_ROUNDER: Final = np.float32(1.5 * 2**19)  # rounds noise on knots that a matrix has turned to 1/16
_KNOT_GRID: Final = 2.0**-6  # px; displacements along a row before the rows are combined
_ROW_GRID: Final = 2.0**-6  # of a basis function over the rows; its product with the former is on the grid
_COLUMN_GRID: Final = 2.0**-10  # of a basis function over the columns
_BEYOND: Final = 512.0  # px outside the image, from which no slope or field brings anything back
_MOST_GAIN: Final = 64.0  # of noise on knots, so that the sums stay exact; displacements of hundreds of px
_ROUNDER: Final = np.float32(1.5 * 2**18)  # float32 has steps of 1/32 there, so that to add it rounds
_PART: Final = 1 << 17  # px of the images whose coordinates are worked out together
_TILE: Final = 32  # columns that are computed at a time, with the knots that reach them
_REACH: Final = 3.0  # standard deviations from its knot at which a basis function is cut off
_NOISE_RMS: Final = math.sqrt((256**2 - 1) / 12)  # of the half numbers from -127.5 to 127.5


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
    frame : ndarray or None
        (m, 2, 2) float64: what displacements are multiplied by, because of matrices before them; None for nothing.
    """

    rows: NDArray[np.int64]
    sigma: float
    rms: Floats
    noise: NDArray[np.uint8]
    frame: Floats | None = None


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
        """Let another warp of some of the images follow.

        Its displacements are px of its own output, so the matrix that comes before it turns and stretches them.
        Displacements that come before it stay where they are in the image, whatever it does: that is what is
        not exact, and what lets them add up.
        """
        before = self.matrix[rows]
        frame = before[:, :2, :2]
        self.matrix[rows] = _product(before, other.matrix)
        if other.profile is not None:
            if self.profile is None:
                self.profile = np.zeros((len(self.matrix), *other.profile.shape[1:]))
            self.profile[rows] += _product(frame, other.profile)
        for each in other.fields:
            own = frame[each.rows] if each.frame is None else _product(frame[each.rows], each.frame)
            unmoved = bool((own == np.eye(2)).all())
            self.fields.append(Field(rows[each.rows], each.sigma, each.rms, each.noise, None if unmoved else own))


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
        outside an image is 0, but the label there is that of the image's nearest pixel.
    """
    size = max(_PART // (CELL * width), 1)
    for start in range(0, len(warp.matrix), size):
        part = slice(start, min(start + size, len(warp.matrix)))
        x, y = _points(warp, part, width)
        yield part, _resampler(x, y)


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
        rows = _nearest_rows(y, tall.tops[:, None, None]) if nearest else y
        whole, fraction = cv2.convertMaps(x.reshape(flat), rows.reshape(flat), cv2.CV_16SC2, nninterpolation=nearest)
        method = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        border = cv2.BORDER_REPLICATE if nearest else cv2.BORDER_CONSTANT
        tall.fill(images)
        cv2.remap(tall.pixels, whole, fraction, method, images.reshape(flat), borderMode=border, borderValue=0)

    return resample


def _nearest_rows(y: NDArray[np.float32], tops: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round rows of a tall image to whole ones of the image that each belongs to, halves alike in all of them."""
    rows = y - tops
    np.clip(rows, 0, CELL - 1, out=rows)
    np.rint(rows, out=rows)
    rows += tops
    return rows


def _product(first: Floats, second: Floats) -> Floats:
    """(n, i, k) times (n, k, j), not by BLAS, whose kernels round each in its own way."""
    total = first[:, :, 0, None] * second[:, None, 0, :]
    for k in range(1, first.shape[2]):
        total += first[:, :, k, None] * second[:, None, k, :]
    return total


def _on_grid(values: NDArray[np.float32], grid: float) -> None:
    """Round to multiples of a power of two, in place."""
    values *= np.float32(1 / grid)
    np.rint(values, out=values)
    values *= np.float32(grid)


def _points(warp: Warp, part: slice, width: int) -> NDArray[np.float32]:
    """X and y of the points that the pixels of some neighbouring images show: (2, m, 28, W) float32, px.

    For each image and axis it is one matrix product. On the left stand functions of the row: the basis
    functions of the fields, the row itself, and 1. On the right stand, for each of these, functions of the column:
    noise that is smooth along the columns, the slope, and the rest.
    """
    count = part.stop - part.start
    here = [(each, slice(*np.searchsorted(each.rows, (part.start, part.stop)).tolist())) for each in warp.fields]
    fields = [(each, own) for each, own in here if own.start < own.stop]
    by_row = _functions_of_row(tuple(each.sigma for each, _ in fields))
    by_column = np.empty((2, count, by_row.shape[1], width), np.float32)
    first = 0
    for each, own in fields:
        mine = by_column[:, :, first : first + each.noise.shape[2]]
        if own.stop - own.start == count:
            _along_rows(each, own, mine)
        else:
            rows = each.rows[own] - part.start
            mine[...] = 0
            mine[:, rows] = _along_rows(each, own, mine[:, : len(rows)].copy())
        first += each.noise.shape[2]
    matrix = warp.matrix[part, :2].transpose(1, 0, 2)  # (2, m, 3)
    by_column[:, :, -2] = (np.rint(matrix[:, :, 1, None] / _SLOPE_GRID) * _SLOPE_GRID).astype(np.float32)
    across = (np.arange(width) - (width - 1) / 2).astype(np.float32)
    centre = np.array([(width - 1) / 2, (CELL - 1) / 2])
    rest = matrix[:, :, 0, None].astype(np.float32) * across
    rest += (matrix[:, :, 2, None] + centre[:, None, None]).astype(np.float32)
    if warp.profile is not None:
        rest += warp.profile[part].swapaxes(0, 1).astype(np.float32)
    np.clip(rest, -_BEYOND, width + _BEYOND, out=rest)
    _on_grid(rest, _GRID)
    by_column[:, :, -1] = rest
    tilted = np.flatnonzero((warp.matrix[part, 2] != (0, 0, 1)).any(axis=1))
    by_column[:, tilted, -2:] = 0
    points: NDArray[np.float32] = np.matmul(by_row, by_column)
    if tilted.size:
        profile = None if warp.profile is None else warp.profile[part][tilted]
        _add_tilted(points, tilted, warp.matrix[part][tilted], profile)
    return points


@lru_cache(maxsize=64)
def _functions_of_row(sigmas: tuple[float, ...]) -> NDArray[np.float32]:
    """(28, functions): the basis functions of fields, the row from the centre, and 1."""
    row = np.arange(CELL)[:, None] - (CELL - 1) / 2
    bases = [_basis(CELL, sigma) * _KNOT_GRID for sigma in sigmas]
    return np.concatenate([*bases, row, np.ones((CELL, 1))], 1, dtype=np.float32)


def _add_tilted(points: NDArray[np.float32], rows: NDArray[np.int64], matrix: Floats, profile: Floats | None) -> None:
    """Add what images show of which one side is larger, and which are therefore no sums over rows and columns."""
    width = points.shape[3]
    sizes = ((width, (width - 1) / 2), (CELL, (CELL - 1) / 2))
    across, down = ((np.arange(size) - middle).astype(np.float32) for size, middle in sizes)
    m = matrix.astype(np.float32)[:, :, :, None, None]
    depth = (m[:, 2, 0] * across + m[:, 2, 2]) + m[:, 2, 1] * down[:, None]
    np.maximum(depth, np.float32(0.1), out=depth)
    for axis, (size, middle) in enumerate(sizes):
        seen = (m[:, axis, 0] * across + m[:, axis, 2]) + m[:, axis, 1] * down[:, None]
        seen /= depth
        seen += np.float32(middle)
        if profile is not None:
            seen += profile[:, axis, None, :].astype(np.float32)
        np.clip(seen, -_BEYOND, size + _BEYOND, out=seen)
        _on_grid(seen, _GRID)
        points[axis, rows] += seen


def _along_rows(field: Field, own: slice, out: NDArray[np.float32]) -> NDArray[np.float32]:
    """Displacements of some of a field's images along rows of knots, in units of `_KNOT_GRID`: (2, m, ky, W)."""
    width = out.shape[3]
    over_rows, over_columns = _basis(CELL, field.sigma), _basis(width, field.sigma)
    count, _, ky, kx = field.noise[own].shape
    noise = field.noise[own].swapaxes(0, 1).astype(np.float32)
    size = np.ones(count)
    if field.frame is None:
        noise -= np.float32(127.5)
    else:
        size = np.abs(field.frame[own]).sum(axis=2).max(axis=1)
        noise = _turned(noise, field.frame[own] / size[:, None, None])
    flat = noise.reshape(-1, kx)
    along = np.empty((len(flat), width), np.float32)
    for first, last, left, right, tile in _tiles(width, field.sigma):
        np.matmul(flat[:, left:right], tile, out=along[:, first:last])
    peak = np.sqrt((over_rows[CELL // 2] ** 2).sum() * (over_columns[width // 2] ** 2).sum())
    gain = np.minimum(size * field.rms[own] / (peak * _NOISE_RMS * _KNOT_GRID), _MOST_GAIN).astype(np.float32)
    np.multiply(along.reshape(2, count, ky, width), gain[:, None, None], out=out)
    return np.rint(out, out=out)


def _turned(noise: NDArray[np.float32], frame: Floats) -> NDArray[np.float32]:
    """Multiply bytes (2, m, ky, kx), from their middle, by (m, 2, 2) matrices that do not enlarge them."""
    turned = np.empty_like(noise)
    for axis in range(2):
        a, b = frame[:, axis].T.astype(np.float32)[:, :, None, None]
        np.multiply(noise[0], a, out=turned[axis])
        turned[axis] += noise[1] * b
        turned[axis] += _NOISE_ROUNDER - np.float32(127.5) * (a + b)
        turned[axis] -= _NOISE_ROUNDER
    return turned


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
