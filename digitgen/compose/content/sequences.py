"""Sequences of digits: those that a caller gives, and tables of them.

Sequences of different lengths travel together as one flat array of digits and an array of lengths;
`pad` turns any such pair into a table with one row a sequence.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.checks import plain
from digitgen.errors import ArgumentError
from digitgen.format import MAX_LENGTH
from digitgen.messages import shown, with_type


def parse_digits(digits: Iterable[int], classes: int = 10) -> Pixels:
    """Check one sequence of digits.

    Parameters
    ----------
    digits : iterable of int
        Python or numpy integers from 0 to the last class; at least one.
    classes : int, default 10
        Number of classes.

    Returns
    -------
    ndarray
        (n,) uint8.

    Raises
    ------
    ArgumentError
        If there is no digit, or one is not an integer from 0 to the last class.
    """
    integers = f"integers from 0 to {classes - 1}"
    if type(digits) not in (list, tuple):
        if isinstance(digits, str | bytes | set | frozenset | dict) or not isinstance(digits, Iterable):
            raise ArgumentError(f"digits must be a list of {integers}, such as [3, 5, 0]; got {shown(digits)}")
        if isinstance(digits, np.ndarray) and digits.ndim != 1:
            raise ArgumentError(f"digits must be one-dimensional; got an array of shape {digits.shape}")
        if isinstance(digits, np.ndarray) and digits.dtype.kind in "iu":
            digits = digits.tolist()
    values = list(islice(digits, MAX_LENGTH + 1))  # there may be no end
    if not values:
        raise ArgumentError(f"digits is empty; give at least one integer from 0 to {classes - 1}")
    for position, came in enumerate(values):
        value = came if type(came) is int else plain(came)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < classes:
            raise ArgumentError(f"digits must be {integers}; got {with_type(came)} at position {position}")
    if len(values) > MAX_LENGTH:
        raise ArgumentError(f"an image has from 1 to {MAX_LENGTH} digits; got more")
    return np.array(values, np.uint8)


def pad(flat: NDArray[Any], lengths: Integers, out: NDArray[Any], fill: float) -> None:
    """Write a flat array into a table, one row a sequence, and `fill` behind each row's end.

    Parameters
    ----------
    flat : ndarray
        (T, ...): one item a digit, or a gap, one sequence after the other.
    lengths : ndarray
        (N,): items of each row; T is their sum.
    out : ndarray
        (N, L, ...): overwritten; L is at least the largest length.
    fill : float
        The padding.
    """
    inside = np.arange(out.shape[1]) < lengths[:, None]
    if inside.all():
        out[...] = flat.reshape(out.shape)
    else:
        out[...] = fill
        out[inside] = flat


def interleave(which: Integers, parts: Sequence[tuple[Integers, Pixels]]) -> tuple[Integers, Pixels]:
    """Put the sequences of several groups into one order.

    Parameters
    ----------
    which : ndarray
        (N,): the group that each sequence comes from; those of one group come in their order.
    parts : sequence of (ndarray, ndarray)
        For each group, lengths and flat digits of its sequences.

    Returns
    -------
    lengths : ndarray
        (N,) int64.
    digits : ndarray
        (T,) uint8.
    """
    order = np.argsort(which, kind="stable")  # place in the result of each sequence of the groups, one after the other
    grouped = np.concatenate([lengths for lengths, _ in parts])
    lengths = np.empty(len(which), np.int64)
    lengths[order] = grouped
    digits = np.empty(int(grouped.sum()), np.uint8)
    starts = np.cumsum(lengths) - lengths
    inside = np.arange(len(digits)) - np.repeat(np.cumsum(grouped) - grouped, grouped)
    digits[np.repeat(starts[order], grouped) + inside] = np.concatenate([flat for _, flat in parts])
    return lengths, digits
