"""Gaussian smoothing of many images at a time, each with a width of its own.

Weights are whole numbers (times a power of two), small enough that sums stay below 2**24, where float32 is still exact:
so matrix products give the same bits in whatever order a processor adds up. Standard deviations lie on a grid, so that
the matrices of all of them are made once.
"""

import math
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from digitgen.augment.parts import parts
from digitgen.glyphs import CELL

Floats = NDArray[np.float64]
Images = NDArray[np.uint8]
Integers = NDArray[np.int64]
Singles = NDArray[np.float32]

GRID: Final = 0.05
"""Standard deviations are rounded to multiples of this, px. The published ones all are."""

MAX_SIGMA: Final = 8
"""Greatest standard deviation, px."""

SIGMA: Final = f"standard deviation of the Gaussian, rounded to multiples of {GRID:g} px"
"""Describes the parameter."""

_PER_PX: Final = round(1 / GRID)
_TRUNCATE: Final = 4.0  # standard deviations at which a Gaussian is cut off, as scikit-image does
_REACHES: Final = (4, 8, 16, 32)  # px; images whose kernels are about as wide are smoothed together
_PART: Final = 80_000  # px that are worked on together
_TILE: Final = 32  # columns that one matrix product yields
_KEPT_BITS: Final = 3  # of a sum behind the point
_SECOND_BITS: Final = 16 - _KEPT_BITS  # of weights on such sums, so that these stay exact as well

WEIGHT_BITS: Final = 16
"""Of weights on pixels, which have 8."""


def half_gaussians(sigma: Floats, taps: int) -> Floats:
    """Gaussians of n standard deviations (px) at 0, 1, ... px from their peaks of 1: (n, taps) float64.

    Only multiplications follow the exponential of Python, so that the same bits come out everywhere:
    g(k + 1) = g(k) q^(2k + 1) with q = exp(-1 / (2 sigma^2)).
    """
    ratio = np.array([math.exp(-0.5 / max(each, 0.02) ** 2) for each in sigma.tolist()])
    values = np.ones((taps, len(sigma)))
    growth, square = ratio.copy(), ratio * ratio
    for tap in range(1, taps):
        np.multiply(values[tap - 1], growth, out=values[tap])
        growth *= square
    return values.T


def whole_weights(values: Floats, bits: int, centre: int) -> Singles:
    """Scale rows of weights to whole numbers that add up to 2**bits; what rounding leaves goes to the centre."""
    total = np.zeros(len(values))
    for column in values.T:  # one addition at a time: numpy's own sums depend on the processor
        total += column
    weights = np.rint(values * (2.0**bits / total)[:, None])
    weights[:, centre] += 2.0**bits - weights.sum(axis=1)
    return weights.astype(np.float32)


def smooth(images: Images, sigma: Floats) -> None:
    """Smooth each image with its own Gaussian; beyond its borders, its outermost pixels go on.

    Parameters
    ----------
    images : ndarray
        (n, 28, W) uint8: overwritten.
    sigma : ndarray
        (n,) float64: standard deviations, 0 to `MAX_SIGMA` px; rounded to multiples of `GRID`.
    """
    entries = np.rint(sigma * _PER_PX).astype(np.int64)
    reaches = _reach(entries)
    least = 0
    for reach in _REACHES:
        rows = np.flatnonzero((reaches > least) & (reaches <= reach))
        for part in parts(len(rows), images.shape[2], _PART):
            some = part if len(rows) == len(images) else rows[part]  # a slice is not copied
            images[some] = _smoothed(images[some], reach, entries[some])
        least = reach


def _reach(entries: Integers) -> Integers:
    """How many px the Gaussian reaches on each side, for multiples of the grid."""
    reach: Integers = np.floor(_TRUNCATE / _PER_PX * entries + 0.5).astype(np.int64)
    return reach


def _smoothed(images: Images, reach: int, entries: Integers) -> Images:
    """Convolve along the rows, keep the sums to 1/8 of a grey level, and convolve along the columns."""
    count, height, width = images.shape
    along, down = (table.take(entries, axis=0) for table in _matrices(reach))
    wide = cv2.copyMakeBorder(images.reshape(-1, width), 0, 0, reach, reach, cv2.BORDER_REPLICATE)
    padded = wide.astype(np.float32).reshape(count, height, -1)
    sums = np.empty((count, height, width), np.float32)
    for first in range(0, width, _TILE):
        size = min(_TILE, width - first)
        part = padded[:, :, first : first + size + 2 * reach]
        np.matmul(part, along[:, : size + 2 * reach, :size], out=sums[:, :, first : first + size])
    np.rint(sums, out=sums)
    sums = np.matmul(down, sums)
    # The weights add up to one: nothing lies outside 0 to 255, and this rounds, ties to even.
    return cv2.convertScaleAbs(sums.reshape(-1, width)).reshape(images.shape)  # type: ignore[no-any-return]


@lru_cache(maxsize=len(_REACHES))
def _matrices(reach: int) -> tuple[Singles, Singles]:
    """For each multiple of the grid whose Gaussian reaches as far at most, what to multiply images with.

    Returns
    -------
    along : ndarray
        (m, tile + 2 reach, tile): the kernel in every column, one row lower than in the one before.
    down : ndarray
        (m, 28, 28): the kernel around every row; what lies beyond the first and the last is added to these.
    """
    entries = np.arange(_PER_PX * MAX_SIGMA + 1)
    own = _reach(entries)
    entries, own = entries[own <= reach], own[own <= reach]
    half = half_gaussians(entries / _PER_PX, reach + 1)
    half *= np.arange(reach + 1) <= own[:, None]
    whole = np.concatenate([half[:, :0:-1], half], axis=1)
    first = whole_weights(whole, WEIGHT_BITS, reach) * np.float32(2.0 ** (_KEPT_BITS - WEIGHT_BITS))
    second = whole_weights(whole, _SECOND_BITS, reach) * np.float32(2.0 ** (-_KEPT_BITS - _SECOND_BITS))
    rows = _bands(second, CELL)
    down = rows[:, reach:-reach].copy()
    down[:, 0] += rows[:, :reach].sum(axis=1)
    down[:, -1] += rows[:, -reach:].sum(axis=1)
    return _bands(first, _TILE), np.ascontiguousarray(down.swapaxes(1, 2))


def _bands(kernels: Singles, size: int) -> Singles:
    """(n, size + 2 reach, size): the kernel in every column, one row lower than in the one before."""
    count, taps = kernels.shape
    spread = np.zeros((count, taps + 2 * (size - 1)), np.float32)
    spread[:, size - 1 : size - 1 + taps] = kernels
    return np.ascontiguousarray(sliding_window_view(spread, size, axis=1)[:, ::-1])
