"""Many images in parts, one after the other, so that what is made of them stays in the processor's cache."""

from collections.abc import Iterator
from math import ceil

from digitgen.glyphs import CELL


def parts(count: int, width: int, pixels: int) -> Iterator[slice]:
    """Cut `count` images of 28 x `width` px into equal parts of so many pixels at most, but of one image at least."""
    most = max(pixels // (CELL * max(width, 1)), 1)
    size = ceil(count / max(ceil(count / most), 1))
    for first in range(0, count, max(size, 1)):
        yield slice(first, min(first + size, count))
