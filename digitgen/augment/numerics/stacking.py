"""Many images as one tall image, so that OpenCV is called once for all of them."""

from collections.abc import Iterator
from math import ceil, prod

import numpy as np

from digitgen.arrays import Integers, Pixels


class Tall:
    """Images one below the other, with rows of zeros before, between and after them.

    Parameters
    ----------
    count : int
        Number of images.
    shape : (int, int)
        Height H and width W of each, px.
    guard : int, default 1
        Rows of zeros between neighbours: as many as an operation can reach. If it is even, there may be one more, so
        that all images begin in even rows, and coordinates halfway between two round alike in all of them.
    side : int, default 0
        Columns of zeros to the left of the images and to the right.

    Attributes
    ----------
    pixels : ndarray
        (guard + count * (H + guard), side + W + side) uint8, or a row more for each image: the whole; OpenCV works on
        it.
    images : ndarray
        (count, H, W) uint8: the images in it, as a view.
    corners : ndarray
        (2, count) float32: the column and the row in which each image begins.
    """

    def __init__(self, count: int, shape: tuple[int, int], guard: int = 1, side: int = 0) -> None:
        height, width = shape
        step = height + guard
        if guard % 2 == 0:
            step += step % 2
        self._height, self._guard, self._shape = height, guard, (count, step, side + width + side)
        self._columns = slice(side, side + width)
        self.pixels = np.zeros((guard + count * step, side + width + side), np.uint8)
        self.images = self.like(self.pixels)
        self.corners = np.full((2, count), side, np.float32)
        self.corners[1] = guard + step * np.arange(count)

    def like(self, pixels: Pixels) -> Pixels:
        """The images in another array that is laid out as `pixels` is, as a view."""
        return pixels[self._guard :].reshape(self._shape)[:, : self._height, self._columns]

    def fill(self, images: Pixels) -> None:
        """Put images in."""
        self.images[...] = images


def alike(values: Integers) -> Iterator[tuple[int, Integers]]:
    """Each value that some images have, in ascending order, with the rows of these images."""
    for value in np.unique(values).tolist():
        yield value, np.flatnonzero(values == value)


def parts(count: int, shape: tuple[int, ...], pixels: int) -> Iterator[slice]:
    """Cut images into parts that are worked on one after the other.

    Parts differ by one image at most, and the first is the largest.

    Parameters
    ----------
    count : int
        Number of images.
    shape : tuple of int
        Height and width of each, px.
    pixels : int
        Most pixels of a part; a part has one image at least.

    Yields
    ------
    slice
        The images of a part.
    """
    most = max(pixels // max(prod(shape), 1), 1)
    number = ceil(count / most)
    first = 0
    for part in range(number):
        size = ceil((count - first) / (number - part))
        yield slice(first, first + size)
        first += size


def rows_of(shape: tuple[int, int], most: int = (1 << 15) - 1) -> int:
    """Choose into how many rows of the same length an image is laid out for `cv2.remap`, whose rows have a limit.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the image, px; it is not wider than `most`.
    most : int, default 32767
        Greatest length of a row, px.

    Returns
    -------
    int
        At least 2 and at most the height: as few as possible, because long rows are faster.
    """
    pixels = prod(shape)
    return next(rows for rows in range(2, shape[0] + 1) if pixels % rows == 0 and pixels // rows <= most)
