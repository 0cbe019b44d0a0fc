"""Pools: the share of a source's glyphs, or the range of its rows, that a split may use."""

import math

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.checks import plain
from digitgen.errors import ArgumentError
from digitgen.messages import shown


def check_share(value: object) -> tuple[float, float]:
    """Refuse a value that is no share; one number stands for the share from 0 to it.

    Parameters
    ----------
    value : object
        The value that came: a number, or a list, tuple or array of two, such as ``[0, 0.9]``.

    Returns
    -------
    (float, float)
        Begin and end of the share; the end does not belong to it.

    Raises
    ------
    ArgumentError
        If it is anything else, reaches beyond 0 or 1, or does not begin below its end.
    """
    given = plain(value)
    ends = [plain(each) for each in given] if isinstance(given, list | tuple) else [0, given]
    if len(ends) != 2 or not all(isinstance(each, int | float) and not isinstance(each, bool) for each in ends):
        raise ArgumentError(f"must be a number or a list of two numbers, such as [0, 0.9]; got {shown(value)}")
    low, high = ends
    if not (math.isfinite(low) and math.isfinite(high) and 0 <= low < high <= 1):
        raise ArgumentError(f"must be within 0 and 1, and begin below its end; got {shown(value)}")
    return float(low), float(high)


def check_row_range(value: object) -> tuple[int, int]:
    """Refuse a value that is no range of rows.

    Parameters
    ----------
    value : object
        The value that came: a list, tuple or array of two integers, such as ``[0, 50000]``.

    Returns
    -------
    (int, int)
        The first row, and the one behind the last.

    Raises
    ------
    ArgumentError
        If it is anything else, begins below 0, or does not begin below its end.
    """
    ends = plain(value)
    ends = [plain(each) for each in ends] if isinstance(ends, list | tuple) else []
    if len(ends) != 2 or not all(isinstance(each, int) and not isinstance(each, bool) for each in ends):
        raise ArgumentError(f"must be a list of two integers, such as [0, 50000]; got {shown(value)}")
    first, end = ends
    if not 0 <= first < end:
        raise ArgumentError(f"must begin at row 0 or later, and below its end; got {shown(value)}")
    return first, end


def places(hashes: np.ndarray[tuple[int], np.dtype[np.uint64]], starts: Integers) -> Floats:
    """Find the place of each glyph in its class, where glyphs are ordered by the hashes of their pixels.

    A share from a to b of a class are the glyphs whose places are at least a and less than b: their number is exact to
    one glyph. Equal glyphs have equal places, so that no share divides them; if they are of several classes, the
    place is that in the first.

    Parameters
    ----------
    hashes : ndarray
        (G,) uint64: the hash of each glyph's pixels.
    starts : ndarray
        (K + 1,) int64: glyphs of class d are ``starts[d]`` up to ``starts[d + 1]``.

    Returns
    -------
    ndarray
        (G,) float64, from 0 and less than 1: the share of its class that comes before it.
    """
    sizes = np.diff(starts)
    classes = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((hashes, classes))
    sorted_hashes, ranks = hashes[order], np.arange(len(order))
    again = (np.diff(sorted_hashes, prepend=sorted_hashes[:1]) == 0) & (ranks > starts[classes])
    ranks = np.maximum.accumulate(np.where(again, 0, ranks)) - starts[classes]
    found = np.empty(len(order))
    found[order] = ranks / sizes[classes]
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    return found[first[inverse]]
