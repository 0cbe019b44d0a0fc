"""Functions that give the same result on every processor, to the last bit.

IEEE 754 fixes the result of ``+ - * /`` and of the square root. It does not fix that of a sine or an
exponential, and libraries choose other code for these on other processors. The functions here use the former alone, one
operation at a time.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Floats, Pixels

_COEFFICIENTS: Final = [(-1) ** k / math.factorial(2 * k + 1) for k in range(1, 13)]
"""The Taylor series of the sine, from x^3 on: the error is below 1e-15 up to pi / 2."""

_LOG_2_HIGH: Final = float.fromhex("0x1.62e42feep-1")
"""The logarithm of 2 in 32 bits, so that its product with a small integer has no rounding."""
_LOG_2_LOW: Final = float.fromhex("0x1.a39ef35793c76p-33")
"""The rest of it."""


def sine(angle: Floats) -> Floats:
    """The sine of angles in rad, of any shape, for angles up to some thousands of turns."""
    turns = np.rint(angle / math.pi)
    rest = angle - turns * math.pi  # from -pi / 2 to pi / 2; the sine changes its sign with every half turn
    square = rest * rest
    total = np.zeros_like(rest)
    for coefficient in reversed(_COEFFICIENTS):
        total += coefficient
        total *= square
    return np.where(turns % 2 == 0, 1.0, -1.0) * (rest + rest * total)


def cosine(angle: Floats) -> Floats:
    """The cosine of angles in rad."""
    return sine(angle + math.pi / 2)


def exponential(power: Floats) -> Floats:
    """The exponential of numbers from -700 to 700, right to some units of the last place."""
    twos = np.rint(power / math.log(2))
    rest = power - twos * _LOG_2_HIGH - twos * _LOG_2_LOW  # from -0.35 to 0.35
    total = np.ones_like(rest)
    for term in range(15, 0, -1):
        total *= rest / term
        total += 1
    result: Floats = np.ldexp(total, twos.astype(np.int32))  # which only changes the exponent
    return result


def logarithm(values: Floats) -> Floats:
    """The natural logarithm of positive numbers, right to some units of the last place."""
    mantissa, twos = np.frexp(values)  # from 0.5 to 1
    low = mantissa < math.sqrt(0.5)
    mantissa, twos = np.where(low, 2 * mantissa, mantissa), twos - low
    ratio = (mantissa - 1) / (mantissa + 1)  # the logarithm is twice its inverse hyperbolic tangent
    square = ratio * ratio  # at most 0.03
    total = np.zeros_like(ratio)
    for power in range(21, 1, -2):
        total += 1 / power
        total *= square
    result: Floats = twos * _LOG_2_HIGH + (twos * _LOG_2_LOW + 2 * (ratio + ratio * total))
    return result


def to_uint8(values: NDArray[np.floating], out: Pixels | None = None) -> Pixels:
    """Round to the nearest integer (ties to even) and clip to 0..255: the one way from floats to pixels.

    Parameters
    ----------
    values : ndarray
        Any shape, below 2**31; may be overwritten.
    out : ndarray, optional
        As many uint8 pixels, C-contiguous, to be overwritten; a new array by default.

    Returns
    -------
    ndarray
        uint8, with the shape of `values`.
    """
    import cv2  # not above: those who need exact numbers alone do without it

    pixels = np.empty(values.shape, np.uint8) if out is None else out.reshape(values.shape)
    if values.size:  # OpenCV has no empty images
        row = values.reshape(1, -1)
        cv2.threshold(row, 0, 0, cv2.THRESH_TOZERO, dst=row)
        cv2.convertScaleAbs(row, dst=pixels.reshape(1, -1))  # which rounds and clips
    return pixels
