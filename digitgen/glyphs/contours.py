"""The contours of ink: the first and the last inked column of each row."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Pixels

_WORD: Final = 32  # columns that are packed into one word
_BIAS: Final = 1023  # of the exponent of a float64, which stands in its upper bits, behind 52 others
_MANTISSA: Final = 52

NO_INK: Final = 64
"""In place of the first column of a row without ink; in place of its end, the same below 0."""


def contours(pixels: Pixels) -> NDArray[np.int8]:
    """Find where the ink of each row begins and ends.

    Parameters
    ----------
    pixels : ndarray
        (n, h, w) uint8, 0 background; w is at most 32.

    Returns
    -------
    ndarray
        (2, n, h) int8: the first inked column of each row, and the one behind the last; `NO_INK` and ``-NO_INK`` where
        there is none.
    """
    count, height, width = pixels.shape
    wide = np.zeros((count, height, _WORD), bool)
    np.not_equal(pixels, 0, out=wide[:, :, :width])
    # Each row becomes a number, whose highest and lowest bits are those columns.
    rows = np.packbits(wide.reshape(-1)).view(">u4").astype(np.int64)
    sides = np.empty((2, count * height), np.int8)
    sides[0] = _WORD - 1 - _highest_bit(rows)
    sides[1] = _WORD - _highest_bit(rows & -rows)
    blank = rows == 0
    sides[0][blank], sides[1][blank] = NO_INK, -NO_INK
    return sides.reshape(2, count, height)


def _highest_bit(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of the highest bit of numbers up to 2**32, from 0; anything where there is none."""
    exponents: NDArray[np.int64] = numbers.astype(np.float64).view(np.int64) >> _MANTISSA
    return exponents - _BIAS
