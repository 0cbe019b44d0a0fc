"""Equal glyphs, found pixel by pixel, within a source and between sources.

File names and file hashes do not find them: one file may be a part of another, have the same glyphs in another order,
or be a copy under another name.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from xxhash import xxh3_64_intdigest

from digitgen.arrays import Integers
from digitgen.format import CELL
from digitgen.glyphs.bank import GlyphBank


def number_glyphs(banks: Sequence[GlyphBank]) -> list[Integers]:
    """Number glyphs so that two have equal numbers if and only if their pixels are equal.

    A glyph's number is its place among the rows of all banks, or that of the first glyph with the same pixels.
    Pixels are compared by a 64-bit hash.

    Parameters
    ----------
    banks : sequence of GlyphBank
        The banks, whose rows are counted one bank after the other.

    Returns
    -------
    list of ndarray
        For each bank (G,) int64: the number of each row of its source.
    """
    hashes = [_hashes(bank) for bank in banks]
    _, first, inverse = np.unique(np.concatenate(hashes), return_index=True, return_inverse=True)
    numbers: Integers = first[inverse].astype(np.int64)
    return np.split(numbers, np.cumsum([len(each) for each in hashes])[:-1])


def _hashes(bank: GlyphBank) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """(G,): the hash of each glyph's cell, by row of the source."""
    hashes = np.full(bank.source_rows, xxh3_64_intdigest(bytes(CELL * CELL)), np.uint64)  # that of a blank one
    hashes[bank.rows] = bank.hashes
    return hashes


def to_runs(numbers: Integers) -> list[list[int]]:
    """Write numbers that mostly count up as runs: for each run its first number and its length."""
    starts = np.flatnonzero(np.diff(numbers, prepend=-2) != 1)
    counts = np.diff(starts, append=len(numbers))
    return [list(run) for run in zip(numbers[starts].tolist(), counts.tolist(), strict=True)]


def from_runs(runs: Sequence[Sequence[int]]) -> Integers:
    """Read the numbers back that `to_runs` wrote."""
    firsts, counts = np.array(runs, np.int64).reshape(-1, 2).T
    starts = np.cumsum(counts) - counts
    return np.repeat(firsts - starts, counts) + np.arange(counts.sum())


def ranges_of(rows: Sequence[Sequence[int]], numbers: Sequence[Sequence[int]]) -> Integers:
    """Find the numbers of some glyphs, without a step for each glyph.

    Parameters
    ----------
    rows : sequence of (int, int)
        Runs of rows of the source: the first and their count, each behind the one before.
    numbers : sequence of (int, int)
        Runs of the numbers of all rows.

    Returns
    -------
    ndarray
        (R, 2) int64: ranges of numbers, begin and end, ascending and disjoint.
    """
    first, count = np.array(rows, np.int64).reshape(-1, 2).T
    number, length = np.array(numbers, np.int64).reshape(-1, 2).T
    starts = np.cumsum(length) - length
    cuts = np.unique(np.concatenate([first, first + count, starts]))
    row, size = cuts[:-1], np.diff(cuts)
    run = np.searchsorted(first, row, side="right") - 1
    inside = (run >= 0) & (row < (first + count)[run])
    row, size = row[inside], size[inside]
    run = np.searchsorted(starts, row, side="right") - 1
    begin = number[run] + row - starts[run]
    return merged(np.stack([begin, begin + size], axis=1))


def merged(ranges: Integers) -> Integers:
    """Merge ranges, (R, 2) int64 begin and end, into ascending and disjoint ones of the same numbers."""
    begin, end = ranges[np.argsort(ranges[:, 0], kind="stable")].T
    reach = np.maximum.accumulate(end)
    new = np.flatnonzero(np.append(True, begin[1:] > reach[:-1])[: len(begin)])
    return np.stack([begin[new], np.append(reach[new[1:] - 1], reach[-1:])], axis=1)


def count_shared(one: Integers, other: Integers) -> int:
    """Count the numbers that are in both of two pools.

    Parameters
    ----------
    one, other : ndarray
        (R, 2) int64 each: the ranges of a pool's numbers, ascending and disjoint.

    Returns
    -------
    int
        Number of glyphs with different pixels.
    """
    union = merged(np.concatenate([one, other]))
    return int(sum(np.diff(each).sum() for each in (one, other)) - np.diff(union).sum())


class Shared(NamedTuple):
    """Two splits that can use the same glyphs.

    Attributes
    ----------
    one, other : str
        Their names.
    glyphs : int
        Number of glyphs that both can use.
    """

    one: str
    other: str
    glyphs: int


def first_shared(pools: Mapping[str, Integers]) -> Shared | None:
    """Find two splits that can use the same glyphs.

    Parameters
    ----------
    pools : dict of str to ndarray
        For each split the (R, 2) ranges of the numbers of its glyphs, ascending and disjoint.

    Returns
    -------
    Shared or None
        The first two found; None if no two share a glyph.
    """
    names = list(pools)
    owners = np.repeat(np.arange(len(names)), [len(ranges) for ranges in pools.values()])
    ranges = np.concatenate(list(pools.values()))
    order = np.argsort(ranges[:, 0], kind="stable")
    begin, end = ranges[order].T
    common = np.flatnonzero(begin[1:] < end[:-1])
    if not common.size:
        return None
    one, other = (names[owner] for owner in sorted(owners[order][common[0] : common[0] + 2].tolist()))
    return Shared(one, other, count_shared(pools[one], pools[other]))
