"""Gaussian smoothing of many images at a time.

Weights are whole numbers (times a power of two), small enough that sums stay below 2**24, where float32 is still exact:
so filters and matrix products give the same bits in whatever order a processor adds up. Standard deviations lie on a
grid, so that images with the same one are smoothed together.
"""

import math
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images, Singles
from digitgen.augment.numerics.products import multiply
from digitgen.augment.numerics.stacking import parts

GRID: Final = 0.05
"""Standard deviations are rounded to multiples of this, px. The published ones all are."""

MAX_SIGMA: Final = 8
"""Greatest standard deviation, px."""

ROUNDED: Final = f"rounded to multiples of {GRID:g} px"
"""Describes parameters."""

SIGMA: Final = f"standard deviation of the Gaussian, {ROUNDED}"
"""Describes the parameter of blurs."""

_PER_PX: Final = round(1 / GRID)
_TRUNCATE: Final = 4.0  # standard deviations at which a Gaussian is cut off, as scikit-image does
_PART: Final = 1 << 18  # px that are worked on together
_EXACT_BITS: Final = 24  # of whole numbers that float32 holds
_KEPT_BITS: Final = 11  # of sums along the rows, behind which they are rounded
_SECOND_BITS: Final = _EXACT_BITS - _KEPT_BITS  # of weights on such sums
_PIXEL_BITS: Final = 8
_BAND: Final = 14  # rows that are smoothed together along the columns, because a row depends on few others
_NONE: Final = np.ones(1, np.float32)  # a filter that changes nothing

WEIGHT_BITS: Final = _EXACT_BITS - _PIXEL_BITS
"""Bits of weights on pixels."""


def half_gaussians(sigma: Floats, taps: int) -> Floats:
    """Tabulate Gaussians from their peaks of 1 outwards.

    Only multiplications follow the exponential of Python, so that the same bits come out everywhere:
    g(k + 1) = g(k) q^(2k + 1) with q = exp(-1 / (2 sigma^2)).

    Parameters
    ----------
    sigma : ndarray
        (n,) float64: standard deviations, px.
    taps : int
        Number of values.

    Returns
    -------
    ndarray
        (n, taps) float64: the values at 0, 1, ... px.
    """
    ratio = np.array([math.exp(-0.5 / max(each, 0.02) ** 2) for each in sigma.tolist()])
    values = np.ones((taps, len(sigma)))
    growth, square = ratio.copy(), ratio * ratio
    for tap in range(1, taps):
        np.multiply(values[tap - 1], growth, out=values[tap])
        growth *= square
    return values.T


def whole_weights(values: Floats, bits: int, centre: int) -> Singles:
    """Scale rows of weights to whole numbers with a given sum; the remainder of rounding goes to one of them.

    Parameters
    ----------
    values : ndarray
        (n, taps) float64: weights, 0 or more.
    bits : int
        The weights of a row add up to 2**bits.
    centre : int
        Column that the remainder goes to.

    Returns
    -------
    ndarray
        (n, taps) float32.
    """
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
        (n, H, W) uint8: overwritten.
    sigma : ndarray
        (n,) float64: standard deviations, 0 to `MAX_SIGMA` px; rounded to multiples of `GRID`.
    """
    entries = np.rint(sigma * _PER_PX).astype(np.int64)
    for entry in np.unique(entries).tolist():
        if not _reach(entry):
            continue
        alike = np.flatnonzero(entries == entry)
        for part in parts(len(alike), images.shape[1:], _PART):
            rows = alike[part]
            sums = smoothed(images[rows], entry / _PER_PX, _PIXEL_BITS)
            # The weights add up to one: nothing lies outside 0 to 255, and this rounds, ties to even.
            images[rows] = cv2.convertScaleAbs(sums.reshape(len(rows), -1)).reshape(sums.shape)


def smoothed(field: Images | Singles, sigma: float, bits: int) -> Singles:
    """Smooth whole numbers with one Gaussian; beyond the borders, the outermost go on.

    Parameters
    ----------
    field : ndarray
        (n, H, W) uint8, or float32 that are whole numbers.
    sigma : float
        Standard deviation of the Gaussian, 0 to `MAX_SIGMA` px; rounded to multiples of `GRID`.
    bits : int
        Bits of the numbers, without their sign. Sums along the rows are rounded to 2**bits / 2048.

    Returns
    -------
    ndarray
        (n, H, W) float32.
    """
    height = field.shape[1]
    along, down = _kernels(round(sigma * _PER_PX), bits, height)
    flat = field.reshape(-1, field.shape[2])
    sums = np.asarray(cv2.sepFilter2D(flat, cv2.CV_32F, along, _NONE, borderType=cv2.BORDER_REPLICATE), np.float32)
    np.rint(sums, out=sums)
    sums = sums.reshape(field.shape)
    result = np.empty_like(sums)
    reach = len(along) // 2
    for first in range(0, height, _BAND):
        rows, near = slice(first, first + _BAND), slice(max(first - reach, 0), first + _BAND + reach)
        multiply(down[rows, near], sums[:, near], out=result[:, rows])
    return result


def _reach(entry: int) -> int:
    """The px that the Gaussian reaches on each side, for a multiple of the grid."""
    return math.floor(_TRUNCATE / _PER_PX * entry + 0.5)


@lru_cache(maxsize=2 * _PER_PX * MAX_SIGMA)
def _kernels(entry: int, bits: int, height: int) -> tuple[Singles, Singles]:
    """A Gaussian as a filter along the rows, (taps,), and as a matrix that then works along the columns, (H, H)."""
    reach = _reach(entry)
    half = half_gaussians(np.array([entry / _PER_PX]), reach + 1)
    whole = np.concatenate([half[:, :0:-1], half], axis=1)
    along = whole_weights(whole, _EXACT_BITS - bits, reach)[0] * np.float32(2.0 ** (_KEPT_BITS - _EXACT_BITS))
    second = whole_weights(whole, _SECOND_BITS, reach)[0] * np.float32(2.0 ** (bits - _KEPT_BITS - _SECOND_BITS))
    down = np.zeros((height, height), np.float32)
    for row in range(height):  # what lies beyond the first and the last row is added to these
        np.add.at(down[row], np.clip(np.arange(row - reach, row + reach + 1), 0, height - 1), second)
    return along, down
