"""Many images as one tall image, so that OpenCV is called once for all of them."""

from collections.abc import Iterator
from math import ceil

import numpy as np

from digitgen.arrays import Integers, Pixels
from digitgen.format import CELL


class Tall:
    """Images one below the other, with rows of zeros before, between and after them.

    Parameters
    ----------
    count, width : int
        Images, and the width of each.
    guard : int, default 1
        Rows of zeros between neighbours: as many as an operation can reach.
    side : int, default 0
        Columns of zeros to the left of the images and to the right.

    Attributes
    ----------
    pixels : ndarray
        (guard + count * (28 + guard), side + width + side) uint8: the whole; OpenCV works on it.
    images : ndarray
        (count, 28, width) uint8: the images in it, as a view.
    corners : ndarray
        (2, count) float32: the column and the row in which each image begins.
    """

    def __init__(self, count: int, width: int, guard: int = 1, side: int = 0) -> None:
        step = CELL + guard
        self._guard, self._shape = guard, (count, step, side + width + side)
        self._columns = slice(side, side + width)
        self.pixels = np.zeros((guard + count * step, side + width + side), np.uint8)
        self.images = self.like(self.pixels)
        self.corners = np.full((2, count), side, np.float32)
        self.corners[1] = guard + step * np.arange(count)

    def like(self, pixels: Pixels) -> Pixels:
        """The images in another array that is laid out as `pixels` is, as a view."""
        return pixels[self._guard :].reshape(self._shape)[:, :CELL, self._columns]

    def fill(self, images: Pixels) -> None:
        """Put images in."""
        self.images[...] = images


def alike(values: Integers) -> Iterator[tuple[int, Integers]]:
    """Each value that some images have, in ascending order, with the rows of these images."""
    for value in np.unique(values).tolist():
        yield value, np.flatnonzero(values == value)


def parts(count: int, width: int, pixels: int) -> Iterator[slice]:
    """Cut images into parts that are worked on one after the other.

    Parts differ by one image at most, and the first is the largest.

    Parameters
    ----------
    count, width : int
        Number of images, and the width of each, px.
    pixels : int
        Most pixels of a part; a part has one image at least.

    Yields
    ------
    slice
        The images of a part.
    """
    most = max(pixels // (CELL * max(width, 1)), 1)
    number = ceil(count / most)
    first = 0
    for part in range(number):
        size = ceil((count - first) / (number - part))
        yield slice(first, first + size)
        first += size
