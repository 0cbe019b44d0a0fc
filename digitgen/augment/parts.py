"""Many images in parts, one after the other, so that what is made of them stays in the processor's cache."""

from collections.abc import Iterator

from digitgen.glyphs import CELL


def parts(count: int, width: int, pixels: int) -> Iterator[slice]:
    """Cut `count` images of 28 x `width` px into parts of so many pixels at most, but of one image at least."""
    step = max(pixels // (CELL * max(width, 1)), 1)
    for first in range(0, count, step):
        yield slice(first, min(first + step, count))
