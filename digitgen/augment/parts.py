"""Many images in parts, one after the other, so that what is made of them stays small."""

from collections.abc import Iterator
from math import ceil

from digitgen.glyphs import CELL


def parts(count: int, width: int, pixels: int) -> Iterator[slice]:
    """Cut `count` images of 28 x `width` px into parts of so many pixels at most, but of one image at least.

    They differ by one image at most, and the first is the largest.
    """
    most = max(pixels // (CELL * max(width, 1)), 1)
    number = ceil(count / most)
    first = 0
    for part in range(number):
        size = ceil((count - first) / (number - part))
        yield slice(first, first + size)
        first += size
