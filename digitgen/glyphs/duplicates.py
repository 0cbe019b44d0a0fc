"""Equal glyphs, found pixel by pixel, within a source and between sources.

File names and file hashes do not find them: one file may be a part of another, have the same glyphs in another order,
or be a copy under another name.
"""

from collections.abc import Sequence

import numpy as np
from xxhash import xxh3_64_intdigest

from digitgen.arrays import Integers
from digitgen.format import CELL
from digitgen.glyphs.bank import GlyphBank

_BLOCK = 4096  # glyphs whose whole cells are in memory at a time


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
    for start in range(0, len(bank), _BLOCK):
        glyphs = np.arange(start, min(start + _BLOCK, len(bank)))
        hashes[bank.rows[glyphs]] = [xxh3_64_intdigest(cell) for cell in bank.cells(glyphs)]
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
