"""Where the pixels of a warped image come from, and how they are fetched.

A `Warp` says for every pixel of the output which point of the input it shows. Warps combine: matrices
multiply, displacements add up, and only then is the image resampled, once.

Coordinates are computed in float32 from operands that are whole multiples of a power of two, few enough bits
long that every sum is exact. So a matrix product gives the same bits in whatever order the kernel of
the processor adds up. They are rounded to 1/32 px, and OpenCV interpolates in integers.
"""

import math
from collections.abc import Callable
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

_GRID: Final = 2.0**-12  # px; coordinates are whole multiples of it
_NOISE_GRID: Final = 2.0**-3  # of noise on knots that a matrix has turned
_KNOT_GRID: Final = 2.0**-7  # px; displacements along a row before the rows are combined
_ROW_GRID: Final = 2.0**-6  # of a basis function over the rows; its product with the former is exact
_COLUMN_GRID: Final = 2.0**-10  # of a basis function over the columns
_ROUNDER: Final = np.float32(1.5 * 2**18)  # float32 has steps of 1/32 there, so that to add it rounds
_MOST_GAIN: Final = 64.0  # of noise on knots, so that the sums stay exact; displacements of hundreds of px
_TILE: Final = 128  # columns that are computed at a time, with the knots that reach them
_REACH: Final = 3.0  # standard deviations from its knot at which a basis function is cut off
_NOISE_RMS: Final = math.sqrt((256**2 - 1) / 3)  # of the odd numbers from -255 to 255


@dataclass
class Field:
    """A smooth random displacement field, as noise on knots under Gaussian basis functions.

    Attributes
    ----------
    rows : ndarray
        (m,) int64: the images that it displaces.
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


def resampler(warp: Warp, width: int) -> Resample:
    """Work out a warp's coordinates, for all that is to be resampled with them.

    Parameters
    ----------
    warp : Warp
        Of n images.
    width : int
        W of the images, at most `MAX_WARPED_WIDTH`.

    Returns
    -------
    callable
        Takes an array (n, 28, W) uint8, C-contiguous, which it overwrites, and whether each pixel is to come
        from the nearest one (for maps of labels) rather than from a bilinear interpolation. What comes from
        outside an image is 0, but the label there is that of the image's nearest pixel.
    """
    x, y = _coordinates(warp, width)
    tall = Tall(len(x), width)
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


def _on_grid(values: NDArray[np.floating], grid: float) -> NDArray[np.float32]:
    """Round to multiples of a power of two."""
    rounded: NDArray[np.float32] = (np.rint(values / grid) * grid).astype(np.float32)
    return rounded


def _coordinates(warp: Warp, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """X and y of the points that pixels show: (n, 28, W) each, multiples of 1/4096 px or finer."""
    centre = ((width - 1) / 2, (CELL - 1) / 2)
    across, down = np.arange(width) - centre[0], np.arange(CELL) - centre[1]
    columns = warp.matrix[:, :, 0, None] * across + warp.matrix[:, :, 2, None]  # (n, 3, W)
    lines = warp.matrix[:, :, 1, None] * down  # (n, 3, 28)
    flat = (warp.matrix[:, 2] == (0, 0, 1)).all()
    out = []
    for axis in range(2):
        along, shift = columns[:, axis], np.full_like(columns[:, axis], centre[axis])
        if warp.profile is not None:
            shift += warp.profile[:, axis]
        if flat:
            values = _on_grid(along + shift, _GRID)[:, None, :] + _on_grid(lines[:, axis], _GRID)[:, :, None]
        else:
            depth = columns[:, 2, None, :] + lines[:, 2, :, None]
            seen = (along[:, None, :] + lines[:, axis, :, None]) / np.maximum(depth, 0.1)
            values = _on_grid(np.clip(seen + shift[:, None, :], -width, 2 * width), _GRID)
        out.append(values)
    for each in warp.fields:
        for values, displacement in zip(out, _displacements(each, width), strict=True):
            if len(each.rows) == len(values):
                values += displacement
            else:
                values[each.rows] += displacement
    return out[0], out[1]


def _displacements(field: Field, width: int) -> NDArray[np.float32]:
    """(2, m, 28, W) float32, px."""
    over_rows, over_columns = _basis(CELL, field.sigma), _basis(width, field.sigma)
    count, _, ky, kx = field.noise.shape
    noise = field.noise.swapaxes(0, 1).astype(np.float32)
    noise *= 2
    noise -= 255
    size = np.ones(count)
    if field.frame is not None:
        size = np.abs(field.frame).sum(axis=2).max(axis=1)
        noise = _turned(noise, field.frame / size[:, None, None])
    flat = noise.reshape(-1, kx)
    along = np.empty((len(flat), width), np.float32)
    for first, last, left, right, tile in _tiles(width, field.sigma):
        np.matmul(flat[:, left:right], tile, out=along[:, first:last])
    peak = np.sqrt((over_rows[CELL // 2] ** 2).sum() * (over_columns[width // 2] ** 2).sum())
    gain = np.minimum(size * field.rms / (peak * _NOISE_RMS * _KNOT_GRID), _MOST_GAIN).astype(np.float32)
    combined = along.reshape(2, count, ky, width)
    combined *= gain[:, None, None]
    np.rint(combined, out=combined)
    combined *= np.float32(_KNOT_GRID)
    displacements: NDArray[np.float32] = np.matmul(over_rows.astype(np.float32), combined)
    return displacements


def _turned(noise: NDArray[np.float32], frame: Floats) -> NDArray[np.float32]:
    """Multiply (2, m, ky, kx) by (m, 2, 2) matrices that do not enlarge it."""
    (a, b), (c, d) = frame.astype(np.float32).transpose(1, 2, 0)[:, :, :, None, None]
    x, y = noise
    turned = np.stack([a * x + b * y, c * x + d * y])
    return _on_grid(turned, _NOISE_GRID)


@lru_cache(maxsize=64)
def _basis(length: int, sigma: float) -> Floats:
    """(length, knots): Gaussians around knots that reach beyond both ends, multiples of a power of two."""
    step = max(sigma, 1.0)
    outside = math.ceil(_REACH * sigma / step)
    centres = [step * knot for knot in range(-outside, math.ceil((length - 1) / step) + outside + 1)]
    grid = _ROW_GRID if length == CELL else _COLUMN_GRID
    values = [[math.exp(-(((x - centre) / sigma) ** 2) / 2) for centre in centres] for x in range(length)]
    return np.rint(np.array(values) / grid) * grid


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
