"""Fetch the pixels of warped images.

Coordinates are computed in float32 from operands that are whole multiples of a power of two, few enough bits
long that every sum is exact. So a matrix product gives the same bits in whatever order the kernel of
the processor adds up. They are rounded to 1/128 px: 8 bits of a pixel and 7 of each fraction leave OpenCV's bilinear
interpolation in float32 exact as well, but for the rounding of its result.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Integers, Pixels, Singles
from digitgen.augment.numerics.products import multiply
from digitgen.augment.numerics.stacking import Tall, parts, rows_of
from digitgen.augment.warping.displacement import GRID, AlongRows, over_rows
from digitgen.augment.warping.warp import Warp

_SLOPE_GRID: Final = 2 * GRID  # px for each row; times half rows, that is on the grid, and at most 1/32 px off
_BEYOND: Final = 512.0  # px outside the image, from which no slope or field brings anything back
_STEEPEST: Final = 1024.0  # px that a slope takes a point from the middle row to the first or the last, at most
_NARROW: Final = 28  # px; images that are not as wide count as wide, so that a tall image has fewer than 2**15 rows
_PART: Final = 220_000  # px of the images whose coordinates are worked out together
_SIDE: Final = 16  # columns of zeros beside the images: OpenCV takes its time over what comes from further away
_ROUNDER: Final = np.float32(1.5 * 2**16)  # float32 has steps of 1/128 there, so that to add it rounds

Resample = Callable[[Pixels, bool], None]


def resamplers(warp: Warp, shape: tuple[int, int]) -> Iterator[tuple[slice, Resample]]:
    """Work out a warp's coordinates, part by part, for all that is to be resampled with them.

    Parameters
    ----------
    warp : Warp
        The warp of n images.
    shape : (int, int)
        Height H and width W of the images, at most `MAX_HEIGHT` and `MAX_WARPED_WIDTH`.

    Yields
    ------
    part : slice
        Some neighbouring images, enough for few calls and few enough for little memory.
    resample : callable
        Takes an array (m, H, W) uint8 for them, C-contiguous, which it overwrites, and whether each pixel is to come
        from the nearest one (for maps of labels) rather than from a bilinear interpolation. A pixel from outside an
        image is 0, but its label is that of the image's nearest pixel.
    """
    points, tall = None, None
    height, width = shape
    for part in parts(len(warp.matrix), (height, max(width, _NARROW)), _PART):
        count = part.stop - part.start
        points = points or Points(warp, shape, count)
        if tall is None or len(tall.images) != count:
            tall = Tall(count, shape, guard=2, side=_SIDE)
        yield part, _resampler(points.of(part), tall)


def _resampler(points: Singles, tall: Tall) -> Resample:
    """Make the function that fetches points (2, n, H, W) of n images by way of a tall image; they are overwritten."""
    # Above and below an image lies a row of zeros, which is all that may be seen of what is beyond.
    height, width = points.shape[2:]
    points[1].clip(-1, height, out=points[1])
    corners = tall.corners[:, :, None, None]
    points += corners + _ROUNDER
    points -= _ROUNDER
    shape = (2, rows_of((height, width)) * len(tall.images), -1)

    def resample(images: Pixels, nearest: bool) -> None:
        tall.fill(images)
        shown = points
        if nearest:
            last = np.array([width - 1, height - 1], np.float32)[:, None, None, None]
            shown = np.clip(points, corners, corners + last)
        x, y = shown.reshape(shape)
        method = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        cv2.remap(tall.pixels, x, y, method, images.reshape(shape[1:]))

    return resample


class Points:
    """The points that the pixels of images show, worked out for some neighbouring images at a time.

    For each image and axis they are one matrix product. On the left stand functions of the row: the basis
    functions of the fields, the row itself, and 1. On the right stand, for each of these, functions of the column:
    noise that is smooth along the columns, and what `_put_affine` gives for the rest.

    Parameters
    ----------
    warp : Warp
        The warp of n images.
    shape : (int, int)
        Height H and width W of the images, px.
    size : int
        Most images at a time. They share their memory, which would cost more to get anew than to fill.
    """

    def __init__(self, warp: Warp, shape: tuple[int, int], size: int) -> None:
        self._warp = warp
        self._fields = [AlongRows(field, shape) for field in warp.fields]
        self._by_row = _functions_of_row(tuple(field.sigma for field in warp.fields), shape[0])
        self._by_column = np.empty(self._by_row.shape[1] * 2 * size * shape[1], np.float32)
        self._points = np.empty((2, size, *shape), np.float32)

    def of(self, part: slice) -> Singles:
        """X and y of the points: (2, m, H, W) float32, px; overwritten the next time."""
        count = part.stop - part.start
        points = self._points[:, :count]
        functions, width = self._by_row.shape[1], points.shape[3]
        by_column = self._by_column[: functions * 2 * count * width].reshape(functions, 2, count, width)
        first = 0
        for field in self._fields:
            field.put(part, by_column[first : first + field.knots])
            first += field.knots
        matrix = self._warp.matrix[part]
        profile = None if self._warp.profile is None else self._warp.profile[part]
        tilted = _tilted(matrix)
        _put_affine(matrix, profile, points.shape[2], by_column[-2:])
        by_column[-2:, :, tilted] = 0
        multiply(self._by_row, by_column.transpose(1, 2, 0, 3), out=points)
        if tilted.size:
            _add_tilted(points, tilted, matrix[tilted], None if profile is None else profile[tilted])
        return points


def _put_affine(matrix: Floats, profile: Floats | None, height: int, out: Singles) -> None:
    """Overwrite (2, 2, m, W): the change of x and y from row to row, and their values in the middle row."""
    across, down, middle = (matrix[:, :2, column].T for column in range(3))
    width = out.shape[3]
    steepest = _STEEPEST / (height / 2)
    out[0] = (np.rint(np.clip(down, -steepest, steepest) / _SLOPE_GRID) * _SLOPE_GRID)[:, :, None]
    columns = (np.arange(width) - (width - 1) / 2).astype(np.float32)
    centre = np.array([[(width - 1) / 2], [(height - 1) / 2]])
    rest = np.multiply(across.astype(np.float32)[:, :, None], columns, out=out[1])
    rest += (middle + centre).astype(np.float32)[:, :, None]
    if profile is not None:
        rest += profile.swapaxes(0, 1).astype(np.float32)
    np.clip(rest, -_BEYOND, width + _BEYOND, out=rest)
    _on_grid(rest, GRID)


def _tilted(matrix: Floats) -> Integers:
    """The images that are not seen straight from above, so that their coordinates are no sums over rows and columns."""
    x, y, one = matrix[:, 2].T
    return np.flatnonzero((x != 0) | (y != 0) | (one != 1))


@lru_cache(maxsize=64)
def _functions_of_row(sigmas: tuple[float, ...], height: int) -> Singles:
    """(H, functions): the basis functions of fields, the row from the centre, and 1."""
    row = np.arange(height)[:, None] - (height - 1) / 2
    bases = [over_rows(sigma, height) for sigma in sigmas]
    return np.concatenate([*bases, row, np.ones((height, 1))], 1, dtype=np.float32)


def _on_grid(values: Singles, grid: float) -> None:
    """Round to multiples of a power of two, in place."""
    values *= np.float32(1 / grid)
    np.rint(values, out=values)
    values *= np.float32(grid)


def _add_tilted(points: Singles, rows: Integers, matrix: Floats, profile: Floats | None) -> None:
    """Add what images show that are not seen straight from above."""
    height, width = points.shape[2:]
    sizes = ((width, (width - 1) / 2), (height, (height - 1) / 2))
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
        _on_grid(seen, GRID)
        points[axis, rows] += seen
