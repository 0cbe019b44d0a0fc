"""Count all shortest ways to edit truths into readings, of many sequences at a time.

A node (i, j) of the graph stands for i true digits and j read ones; an edge takes one step further in one or both.
The shortest paths from (0, 0) to (n, m) are the alignments with the fewest edits. They are counted forward, and walked
back with each of them as likely as any other, so that every edge gets the share of the alignments that use it. Shorter
sequences may lie in a table for longer ones: a path never leaves the part of the table before its end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers

NOT_READ: Final = -1
"""The outcome of a true digit that was not read at all."""
SWAPPED: Final = -2
"""The outcome of a true digit that was read in the place of its neighbour, and its neighbour in its own."""
TWICE: Final = -3
"""The outcome of a true digit beside which its own class was read once more."""
EXTRA: Final = -4
"""The outcome of a true digit beside which another digit too many was read."""
OUTCOMES: Final = 4
"""Number of these, besides the classes as which a digit may be read."""

UNIT: Final = 1 << 12
"""The length of an edit. An explained edit is shorter by 1, which is never enough to make up for another edit."""
_FAR: Final = 1 << 30
_ONE_PATH: Final = 2.0**-1000  # so that as many as 2^2000 paths can be counted
_NOTHING: Final = 1e-9  # shares below are rounding errors

Lengths = NDArray[np.int32]
Labels = NDArray[np.signedinteger[Any]]
"""Classes as datasets store them: int8, or int16 for more than 128 classes."""


@dataclass(frozen=True, eq=False)
class Claims:
    """Errors that a few patterns explain.

    Attributes
    ----------
    pattern : ndarray
        Integers, an item a true digit: the pattern that it belongs to, or -1 for none.
    explains : ndarray
        (P + 1, K, K + 4) bool: whether a pattern explains that a class came out like this, as one of the K classes or
        as one of the four outcomes above, which count from the end. The last row is for digits of no pattern: nothing.
    """

    pattern: NDArray[np.signedinteger[Any]]
    explains: Bools


@dataclass(frozen=True, eq=False)
class Faults:
    """Faults of B sequences, each with its share of the shortest alignments.

    Attributes
    ----------
    row, position : ndarray
        (E,) int64: the sequence, and the true digit in it.
    outcome : ndarray
        (E,) int64: what became of that digit: the class as which it was read, or one of the four outcomes.
    share : ndarray
        (E,): above 0, and at most 1. A digit too many is put to the neighbour that is the same digit, and otherwise
        shared between both; at an end, the half that has no neighbour is nobody's. What a pattern explains is put to
        its digit alone.
    """

    row: Integers
    position: Integers
    outcome: Integers
    share: Floats


class EditGraph:
    """The graphs of B pairs of one size, or smaller ones in tables of that size.

    Parameters
    ----------
    truth, guess : ndarray
        (n, B) and (m, B): classes, a column a sequence; padding of any class.
    lengths, read : ndarray
        (B,) int64: true and read digits of each sequence.
    claims : Claims, optional
        What patterns explain; its `pattern` is (n, B), -1 where `truth` is padding.
    """

    def __init__(
        self, truth: Labels, guess: Labels, lengths: Integers, read: Integers, claims: Claims | None = None
    ) -> None:
        self.truth, self.guess, self.ends, self.claims = truth, guess, (lengths, read), claims
        shape = len(truth) + 1, len(guess) + 1, truth.shape[1]
        self._length = np.empty(shape, np.int32)
        self._paths = np.empty(shape)
        self._forward()

    @property
    def explained(self) -> Integers:
        """(B,): edits that patterns explain at most."""
        return self.distances * UNIT - self._length[(*self.ends, np.arange(self.truth.shape[1]))]

    @property
    def distances(self) -> Integers:
        """(B,): edits of each sequence."""
        along: Integers = self._length[(*self.ends, np.arange(self.truth.shape[1]))].astype(np.int64)
        return -(-along // UNIT)

    def faults(self) -> Faults:
        """Share out the faults of every sequence; they come in no order, perhaps several times each."""
        count = self.truth.shape[1]
        through = np.zeros(self._paths.shape)
        through[(*self.ends, np.arange(count))] = 1
        none = np.empty(0, np.int64)
        found: list[tuple[Integers, Integers, Any, Floats]] = [(none, none, none, np.empty(0))]

        def add(rows: Integers, position: int, outcome: Any, share: Floats) -> None:
            found.append((rows, np.full(len(rows), position), np.broadcast_to(outcome, len(rows)), share))

        for i in range(len(self.truth), -1, -1):
            here, paths = through[i], self._paths[i]
            on = self._length[i, :-1] + self._insertion(i) == self._length[i, 1:]
            part_of = np.divide(paths[:-1], paths[1:], out=np.zeros(on.shape), where=on)
            for j in np.flatnonzero(on.any(axis=1))[::-1]:
                here[j] += here[j + 1] * part_of[j]
            added = here[1:] * part_of
            for position, outcome, part in self._blame(i):
                place, rows = np.nonzero(added * part > _NOTHING)
                add(rows, position, outcome[place, rows], (added * part)[place, rows])
            if i == 0:
                break
            each = np.divide(here, paths, out=np.zeros(here.shape), where=here > 0)
            self._leave(i, each, through, add)
        rows, positions, outcomes, shares = (np.concatenate(each) for each in zip(*found, strict=True))
        return Faults(rows, positions, outcomes.astype(np.int64), shares)

    def _leave(self, i: int, each: Floats, through: Floats, add: Any) -> None:
        """Go from a row to those above it, noting the faults on the way; `each` is the share of one path to a node."""
        above, length = self._length[i - 1], self._length[i]
        ways = each * self._paths[i - 1] * (above + self._deletion(i) == length)
        through[i - 1] += ways
        total = ways.sum(axis=0)
        rows = np.flatnonzero(total > _NOTHING)
        add(rows, i - 1, NOT_READ, total[rows])
        ways = each[1:] * self._paths[i - 1, :-1] * (above[:-1] + self._pair(i) == length[1:])
        through[i - 1, :-1] += ways
        place, rows = np.nonzero((ways > _NOTHING) & (self.guess != self.truth[i - 1]))
        add(rows, i - 1, self.guess[place, rows], ways[place, rows])
        if i > 1 and len(self.guess) > 1:
            ways = each[2:] * self._paths[i - 2, :-2] * (self._length[i - 2, :-2] + self._swap(i) == length[2:])
            through[i - 2, :-2] += ways
            total = ways.sum(axis=0)
            rows = np.flatnonzero(total > _NOTHING)
            for position in (i - 2, i - 1):
                add(rows, position, SWAPPED, total[rows])

    def _forward(self) -> None:
        """Fill the tables: length of the shortest path to each node, and number of such paths."""
        for i in range(len(self.truth) + 1):
            length, paths = self._length[i], self._paths[i]
            length[...] = _FAR
            paths[...] = 0
            if i == 0:
                length[0], paths[0] = 0, _ONE_PATH
            else:
                above, pair = self._length[i - 1], self._pair(i)
                down = above + self._deletion(i)
                np.minimum(down[1:], above[:-1] + pair, out=length[1:])
                length[0] = down[0]
                cross = self._length[i - 2, :-2] + self._swap(i) if i > 1 and len(self.guess) > 1 else None
                if cross is not None:
                    np.minimum(length[2:], cross, out=length[2:])
            into = self._insertion(i)
            along = np.concatenate([np.zeros_like(length[:1]), into.cumsum(axis=0, dtype=np.int32)])
            np.minimum.accumulate(length - along, axis=0, out=length)
            length += along
            if i:
                np.multiply(self._paths[i - 1], down == length, out=paths)
                paths[1:] += self._paths[i - 1, :-1] * (above[:-1] + pair == length[1:])
                if cross is not None:
                    paths[2:] += self._paths[i - 2, :-2] * (cross == length[2:])
            on = length[:-1] + into == length[1:]
            for j in np.flatnonzero(on.any(axis=1)):
                paths[j + 1] += paths[j] * on[j]

    def _explained(self, i: int, outcome: Any) -> Bools:
        """Tell whether a pattern explains what became of true digit i - 1."""
        assert self.claims is not None
        explained: Bools = self.claims.explains[self.claims.pattern[i - 1], self.truth[i - 1], outcome]
        return explained

    def _pair(self, i: int) -> Lengths:
        """(m, B): lengths of the edges that read true digit i - 1 as each digit that was read."""
        differs = self.guess != self.truth[i - 1]
        length: Lengths = differs * np.int32(UNIT)
        if self.claims:
            length -= differs & self._explained(i, self.guess)
        return length

    def _deletion(self, i: int) -> Lengths | np.int32:
        """(B,): lengths of the edges that do not read true digit i - 1."""
        return UNIT - self._explained(i, NOT_READ).astype(np.int32) if self.claims else np.int32(UNIT)

    def _swap(self, i: int) -> Lengths:
        """(m - 1, B): lengths of the edges that read true digits i - 2 and i - 1 in each other's place."""
        one, two = self.truth[i - 2], self.truth[i - 1]
        crossed = (self.guess[:-1] == two) & (self.guess[1:] == one) & (one != two)
        length = np.where(crossed, np.int32(2 * UNIT), np.int32(_FAR))
        if self.claims:
            length -= self._explained(i - 1, SWAPPED).astype(np.int32) + self._explained(i, SWAPPED)
        return length

    def _insertion(self, i: int) -> Lengths:
        """(m, B): lengths of the edges that read a digit too many between true digits i - 1 and i."""
        if self.claims is None:
            return np.full(self.guess.shape, UNIT, np.int32)
        claimed = [explained for *_, explained in self._beside(i)]
        return UNIT - np.any(claimed, axis=0).astype(np.int32) if claimed else np.full(self.guess.shape, UNIT, np.int32)

    def _blame(self, i: int) -> Iterator[tuple[int, Integers, Floats]]:
        """Share out the blame for a digit too many between true digits i - 1 and i.

        It is that of the neighbours for which a pattern explains it, or else of those that are the same digit, or else
        a half, whether there is another neighbour or none.

        Yields
        ------
        position : int
            A neighbour.
        outcome, part : ndarray
            (m, B): what became of it for each digit that may be too many, and its part of the blame.
        """
        beside = self._beside(i)
        twins, claimed = (sum(flags) for flags in list(zip(*beside, strict=True))[1:]) if beside else (0, 0)
        for position, same, explained in beside:
            part = np.where(twins > 0, same / np.maximum(twins, 1), 0.5 * (position < self.ends[0]))
            part = np.where(claimed > 0, explained / np.maximum(claimed, 1), part)
            yield position, np.where(same, TWICE, EXTRA), part

    def _beside(self, i: int) -> list[tuple[int, Bools, Bools]]:
        """List the neighbours of a place: position, whether it is the same digit, whether a pattern explains that."""
        found = []
        for position in range(max(i - 1, 0), min(i + 1, len(self.truth))):
            there = position < self.ends[0]
            same = (self.guess == self.truth[position]) & there
            explained: Bools = np.zeros(same.shape, bool)
            if self.claims:
                explained = self._explained(position + 1, np.where(same, TWICE, EXTRA)) & there
            found.append((position, same, explained))
        return found
