"""Pools: the share of a source's glyphs or writers, or the range of its rows, that a split may use."""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from digitgen.arrays import Bools, Floats, Integers
from digitgen.checks import check_integer, plain
from digitgen.errors import ArgumentError
from digitgen.format import MAX_WRITER
from digitgen.messages import shown

if TYPE_CHECKING:
    from digitgen.glyphs.bank import GlyphBank


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


def check_writers(value: object) -> tuple[float, float] | tuple[int, ...]:
    """Refuse a value that does not choose writers.

    Parameters
    ----------
    value : object
        The value that came: a share, as `check_share` takes it, or ``{"numbers": [3, 17]}``.

    Returns
    -------
    tuple of float or of int
        The begin and the end of the share as floats, or the numbers of the writers as integers.

    Raises
    ------
    ArgumentError
        If it is anything else.
    """
    if not isinstance(value, Mapping):
        return check_share(value)
    numbers = plain(value.get("numbers"))
    several = [plain(each) for each in numbers] if isinstance(numbers, list | tuple) else []
    known = all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each <= MAX_WRITER for each in several)
    if not several or not known or len(value) > 1:
        raise ArgumentError(
            f"must be a share, such as [0, 0.9], or numbers, such as {{numbers: [3, 17]}}; got {shown(value)}"
        )
    return tuple(several)


def chosen_writers(writers: NDArray[np.int16], choice: tuple[float, float] | tuple[int, ...]) -> Bools:
    """Find the glyphs of some writers.

    Writers are ordered by the hash of their numbers. Those of a share from a to b have places from a and less than b in
    this order, so that shares that do not overlap have no writer in common.

    Parameters
    ----------
    writers : ndarray
        (G,) int16: the writer of each glyph.
    choice : tuple of float or of int
        A share of the writers, or their numbers.

    Returns
    -------
    ndarray
        (G,) bool.

    Raises
    ------
    ArgumentError
        If one of the numbers is nobody's.
    """
    everybody = np.unique(writers)
    if isinstance(choice[0], int):
        if nobody := sorted({*choice} - {*everybody.tolist()}):
            raise ArgumentError(f"no glyph is by writer {nobody[0]}", "numbers")
        return np.isin(writers, choice)
    order = np.argsort([xxh3_64_intdigest(str(number).encode()) for number in everybody.tolist()])
    place = np.empty(len(everybody))
    place[order] = np.arange(len(everybody)) / len(everybody)
    low, high = choice
    inside = (low <= place) & (place < high)
    return inside[np.searchsorted(everybody, writers)]


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


def choose(bank: "GlyphBank", pool: object, rows: object, writers: object, classes: object) -> Bools:
    """Choose the glyphs of a bank that are in all that is asked for.

    Parameters
    ----------
    bank : GlyphBank
        The bank.
    pool, rows, writers, classes
        As in `GlyphBank.restricted`.

    Returns
    -------
    ndarray
        (G,) bool.

    Raises
    ------
    ArgumentError
        If a value is wrong; its key is the name of the value.
    """
    kept = _in_share(bank, pool)
    if rows is not None:
        kept &= _in_rows(bank, rows)
    if writers is not None:
        kept &= _by_some(bank, writers)
    if classes is not None:
        kept &= np.repeat(_among(classes, len(bank.counts)), bank.counts)
    return kept


def _in_share(bank: "GlyphBank", pool: object) -> Bools:
    """(G,): whether each glyph is in a share of its class."""
    try:
        low, high = check_share(pool)
    except ArgumentError as error:
        raise error.within("pool") from None
    if (low, high) == (0, 1):
        return np.ones(len(bank), bool)
    place = places(bank.hashes, bank.starts)
    return (low <= place) & (place < high)


def _in_rows(bank: "GlyphBank", rows: object) -> Bools:
    """(G,): whether each glyph is in a range of rows."""
    try:
        first, end = check_row_range(rows)
    except ArgumentError as error:
        raise error.within("rows") from None
    if end > bank.source_rows:
        raise ArgumentError(f"the source has {bank.source_rows:,} rows; got [{first}, {end}]", "rows")
    return (first <= bank.rows) & (bank.rows < end)


def _by_some(bank: "GlyphBank", writers: object) -> Bools:
    """(G,): whether each glyph is by some of the writers."""
    try:
        choice = check_writers(writers)
        if bank.writers is None:
            raise ArgumentError("the bank does not know who wrote its glyphs")
        return chosen_writers(bank.writers, choice)
    except ArgumentError as error:
        raise error.within("writers") from None


def _among(classes: object, count: int) -> Bools:
    """(K,): whether each class is among those that are given."""
    if isinstance(classes, str | bytes) or not isinstance(classes, Iterable):
        raise ArgumentError(f"must be a list of integers; got {shown(classes)}", "classes")
    among = np.zeros(count, bool)
    for each in classes:
        if not 0 <= (number := check_integer("classes: each", each)) < count:
            raise ArgumentError(f"must be from 0 to {count - 1}; got {shown(number)}", "classes")
        among[number] = True
    return among
