"""Choose rows of something by their numbers, as lists and arrays are indexed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers
from digitgen.checks import plain
from digitgen.errors import ArgumentError
from digitgen.messages import shown, with_type

SomeRows = slice | Sequence[int] | NDArray[np.integer[Any]]
"""A choice of several rows."""
Rows = int | np.integer[Any] | SomeRows
"""A choice of several rows, or of one."""


def check_rows(value: object, count: int) -> int | Integers:
    """Refuse a value that does not choose from some rows.

    Parameters
    ----------
    value : object
        The value that came: an integer, a slice, or a list, tuple or array of integers; negative ones count from
        the end.
    count : int
        How many rows there are.

    Returns
    -------
    int or ndarray
        The row, or (n,) int64: the rows; each at least 0 and less than `count`.

    Raises
    ------
    ArgumentError
        If `value` is anything else.
    IndexError
        If there is no such row.
    """
    if type(value) is int:  # what is asked for most often, for a single image
        return _in_range(value, count)
    if isinstance(value, slice):
        try:
            return np.arange(*value.indices(count))
        except (TypeError, ValueError) as error:  # of other things than integers, or with steps of zero
            raise ArgumentError(f"a slice takes integers; got {shown(value)}: {error}") from None
    single = plain(value)
    if isinstance(single, int) and not isinstance(single, bool):
        return _in_range(single, count)
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iu":
        wrong = (value < -count) | (value >= count)
        if wrong.any():
            _in_range(int(value[wrong][0]), count)
        found = value.astype(np.int64)
        return np.where(found < 0, found + count, found)
    if type(single) is list and set(map(type, single)) == {int}:  # as loaders ask for a batch
        rows = np.array(single)
        if rows.dtype == np.int64:  # not of numbers that are too large for it
            return check_rows(rows, count)
    several = [plain(each) for each in single] if isinstance(single, list | tuple | range) else None
    if several is None or not all(isinstance(each, int) and not isinstance(each, bool) for each in several):
        raise ArgumentError(f"images are chosen by an integer, a slice or a list of integers; got {with_type(value)}")
    return np.array([_in_range(each, count) for each in several], np.int64)


def _in_range(row: int, count: int) -> int:
    """The same row counted from 0."""
    if not -count <= row < count:
        raise IndexError(f"index {shown(row)} is out of range for {count} images")
    return row + count if row < 0 else row
