"""Light that paper reflects: layers that take some of it away, and the fields by which they do so.

Images are negatives here: ink is white, paper is black. What a layer darkens therefore adds to a pixel, and most where
there is no ink: x becomes p + x (255 - p) / 255 for a layer of darkness p. In any order, layers give the same picture
(but for rounding), because they multiply the light that is left.

Most fields are a number for the column plus one for the row, so that an image costs one addition a pixel. What comes of
the sum is looked up in a table of 256 entries.
"""

import math
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images, Pixels

_SINES: Final = 4096
_GRID: Final = 2.0**-30  # sines are rounded to this, so that they are the same on every processor
_SINE: Final = np.array([round(math.sin(2 * math.pi * step / _SINES) / _GRID) * _GRID for step in range(_SINES)])
_FAR: Final = 16000  # 255ths, so that two of them fit into 16 bits

SHARES: Final = np.arange(256) / 255
"""The entries of a table that is asked for shares, as `clipped` gives them."""

TURNS: Final = np.arange(256) / 256
"""The entries of a table that is asked for parts of a turn, as `periodic` gives them."""

QUARTER_TURN: Final = 1.57
"""A right angle, rad, as it is printed."""

HALF_TURN: Final = 3.141
"""Two right angles, rad, as they are printed."""


def sine_of_turns(turns: Floats) -> Floats:
    """The sine of angles in turns, of any shape, rounded to 4,096ths of a turn."""
    return _SINE.take(np.rint(turns * _SINES).astype(np.int64) % _SINES)


def cosine_of_turns(turns: Floats) -> Floats:
    """The cosine of angles in turns."""
    return sine_of_turns(turns + 0.25)


def from_middle(images: Images) -> tuple[Floats, Floats]:
    """Measure how far columns and rows lie from the middle of images.

    Parameters
    ----------
    images : ndarray
        (n, H, W): any images of that size.

    Returns
    -------
    columns : ndarray
        (W,) float64: px to the right.
    rows : ndarray
        (H,) float64: px down.
    """
    height, width = images.shape[1:]
    return np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2


def periodic(columns: Floats, rows: Floats) -> Pixels:
    """Add a number of the column to one of the row, and keep the fraction.

    Parameters
    ----------
    columns, rows : ndarray
        (n, W) and (n, H) float64, turns.

    Returns
    -------
    ndarray
        (n, H, W) uint8: the fraction of the sum, in 256ths.
    """
    across, down = (np.rint(each * 256).astype(np.int64).astype(np.uint8) for each in (columns, rows))
    return across[:, None, :] + down[:, :, None]


def clipped(columns: Floats, rows: Floats) -> Pixels:
    """Add a number of the column to one of the row, and clip the sum to 0..1.

    Parameters
    ----------
    columns, rows : ndarray
        (n, W) and (n, H) float64: from -1 up, or for the rows from -62 to 62.

    Returns
    -------
    ndarray
        (n, H, W) uint8: the sum, in 255ths.
    """
    across, down = (np.clip(np.rint(each * 255), -_FAR, _FAR).astype(np.int16) for each in (columns, rows))
    total = across[:, None, :] + down[:, :, None]
    return np.clip(total, 0, 255, out=total).astype(np.uint8)


def darken(images: Images, field: Pixels, darkness: Floats) -> None:
    """Put a layer over images that takes away some of the light.

    Parameters
    ----------
    images : ndarray
        (n, H, W) uint8, C-contiguous, negatives: overwritten.
    field : ndarray
        (n, H, W) uint8: where to look in the table; overwritten.
    darkness : ndarray
        (n, 256) float64: how dark the layer is for each value of the field, 0 to 1.
    """
    look_up(field, shares(1 - darkness))
    np.invert(images, out=images)
    weaken(images, field)
    np.invert(images, out=images)


def look_up(field: Pixels, tables: Pixels) -> Pixels:
    """Replace the values of each field by what its own table holds for them.

    Parameters
    ----------
    field : ndarray
        (n, H, W) uint8, C-contiguous: overwritten.
    tables : ndarray
        (n, 256) uint8: the new values.

    Returns
    -------
    ndarray
        The same array as `field`.
    """
    for each, table in zip(field, tables, strict=True):  # OpenCV takes one table at a time
        cv2.LUT(each, table, dst=each)
    return field


def weaken(images: Images, share: Pixels) -> None:
    """Multiply pixels by shares, and round.

    A product of two bytes over 255 is never near to a tie, so float32 rounds it right on every processor.

    Parameters
    ----------
    images : ndarray
        (n, H, W) uint8, C-contiguous: overwritten.
    share : ndarray
        (n, H, W) uint8, C-contiguous: shares, in 255ths.
    """
    flat = images.reshape(-1, images.shape[2])
    cv2.multiply(flat, share.reshape(flat.shape), dst=flat, scale=1 / 255)


def shares(values: Floats) -> Pixels:
    """Turn numbers into bytes, 255 for 1; others than 0 to 1 are clipped."""
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
