"""A list of strings as a set that content is sampled from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.sets.component import Component


@dataclass(frozen=True, eq=False)
class Table(Component):
    """Distinct strings, short ones first, and those of one length in the order of their classes.

    `Table.of` makes one of strings in any order.

    Attributes
    ----------
    counts : dict of int to int
        For each length, ascending, the number of strings that are so long; at least 1.
    flat : ndarray
        (T,) uint8: the classes of all strings, one after the other.
    classes : int
        The number of classes, K.
    weights : ndarray or None
        (size,) float64: the weight of each string, above 0; None where all are equally likely.
    """

    counts: Mapping[int, int]
    flat: Pixels
    classes: int
    weights: Floats | None = None

    @classmethod
    def of(cls, lengths: Integers, flat: Pixels, classes: int, weights: NDArray[Any] | None = None) -> "Table":
        """Make a table of strings, sorted and each of them once.

        Parameters
        ----------
        lengths : ndarray
            (N,) integers, at least 1: the length of each string; at least one string.
        flat : ndarray
            (T,) uint8: the classes of all strings, one after the other.
        classes : int
            The number of classes, K.
        weights : ndarray, optional
            (N,): the weight of each string, above 0; 1 by default. Those of equal strings add up.

        Returns
        -------
        Table
            Without weights, if all strings have the same.
        """
        given = np.ones(len(lengths)) if weights is None else np.asarray(weights, float)
        starts = np.cumsum(lengths) - lengths
        counts, parts, sums = {}, [], []
        for length in np.unique(lengths).tolist():
            which = np.flatnonzero(lengths == length)
            rows = sliding_window_view(flat, length)[starts[which]]
            order = np.argsort(_keys(rows), kind="stable")
            rows = rows[order]
            firsts = np.flatnonzero(np.append(True, (rows[1:] != rows[:-1]).any(axis=1)))
            counts[length] = len(firsts)
            parts.append(rows[firsts].ravel())
            sums.append(np.add.reduceat(given[which][order], firsts))
        return cls(counts, np.concatenate(parts), classes, _unless_equal(np.concatenate(sums)))

    @property
    def blocks(self) -> dict[int, Pixels]:
        """For each length n, (count, n) uint8: the strings that are so long, one a row; in the order of their ranks."""
        ends = np.cumsum([length * count for length, count in self.counts.items()]).tolist()
        return {
            length: self.flat[end - length * count : end].reshape(count, length)
            for (length, count), end in zip(self.counts.items(), ends, strict=True)
        }

    @cached_property
    def size(self) -> int:
        """The number of strings."""
        return sum(self.counts.values())

    def unrank(self, ranks: NDArray[Any]) -> tuple[Integers, Pixels]:
        """Find strings by their places in the order, as `Component.unrank` does."""
        sizes, counts = np.array(list(self.counts)), np.array(list(self.counts.values()))
        first_rank, first_digit = np.cumsum(counts) - counts, np.cumsum(sizes * counts) - sizes * counts
        block = np.searchsorted(first_rank, ranks, side="right") - 1
        lengths = sizes[block]
        starts = first_digit[block] + (ranks - first_rank[block]) * lengths
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        return lengths, self.flat[np.arange(total) + np.repeat(starts - ends + lengths, lengths)]

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample strings, as likely as they are weighted.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        count : int
            Number of strings, N.

        Returns
        -------
        lengths, digits : ndarray
            As `unrank` returns them.
        """
        if self.weights is None:
            return super().sample(rng, count)
        return self.unrank(np.searchsorted(self._bounds, rng.random(count), side="right"))

    @cached_property
    def _bounds(self) -> Floats:
        """(size - 1,): the probability of all strings up to each, but for the last."""
        assert self.weights is not None
        sums = np.cumsum(self.weights)
        bounds: Floats = sums[:-1] / sums[-1]
        return bounds

    @cached_property
    def lengths(self) -> Mapping[int, float]:
        """The probability of each length, ascending."""
        sums = {length: float(weights.sum()) for length, weights in self._weights_of.items()}
        return {length: each / sum(sums.values()) for length, each in sums.items()}

    @cached_property
    def marginals(self) -> Floats:
        """(longest, K): the probability of each class at each position, among the strings that reach so far."""
        sums = np.zeros((max(self.counts), self.classes))
        for length, rows in self.blocks.items():
            for position in range(length):
                sums[position] += np.bincount(rows[:, position], self._weights_of[length], self.classes)
        marginals: Floats = sums / sums.sum(axis=1, keepdims=True)
        return marginals

    @property
    def _weights_of(self) -> dict[int, Floats]:
        """For each length, (count,): the weights of the strings."""
        weights = np.ones(self.size) if self.weights is None else self.weights
        ends = np.cumsum(list(self.counts.values()))[:-1]
        return dict(zip(self.counts, np.split(weights, ends), strict=True))

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which rows of (N, L) labels, padded with -1, are in the table: (N,) bool."""
        admitted: Bools = self.ranks(labels) >= 0
        return admitted

    def ranks(self, labels: NDArray[np.integer]) -> Integers:
        """Find the places of strings in the order.

        Parameters
        ----------
        labels : ndarray
            (N, L) integers: the classes of each string, then -1 up to the end of the row.

        Returns
        -------
        ndarray
            (N,) int64: from 0 to ``size - 1``; -1 for what is not in the table.
        """
        lengths = (labels >= 0).sum(axis=1)
        known = (labels < self.classes).all(axis=1)
        ranks, first = np.full(len(labels), -1), 0
        for length, rows in self.blocks.items():
            which = np.flatnonzero(known & (lengths == length))
            if len(which):  # else, perhaps no row is so wide
                wanted = np.ascontiguousarray(labels[which, :length], np.uint8)
                place = np.minimum(np.searchsorted(_keys(rows), _keys(wanted)), len(rows) - 1)
                found = (rows[place] == wanted).all(axis=1)
                ranks[which[found]] = first + place[found]
            first += len(rows)
        return ranks

    def restricted(self, kept: Bools) -> "Table":
        """Make a table of some of the strings.

        Parameters
        ----------
        kept : ndarray
            (size,) bool: which strings to keep, by their ranks; at least one.

        Returns
        -------
        Table
            The strings that are kept, with the weights that they had.
        """
        ends = np.cumsum(list(self.counts.values()))[:-1]
        masks = dict(zip(self.counts, np.split(kept, ends), strict=True))
        left = {length: rows[masks[length]] for length, rows in self.blocks.items() if masks[length].any()}
        counts = {length: len(rows) for length, rows in left.items()}
        flat = np.concatenate([rows.ravel() for rows in left.values()])
        weights = None if self.weights is None else _unless_equal(self.weights[kept])
        return Table(counts, flat, self.classes, weights)


def _keys(rows: Pixels) -> NDArray[np.void]:
    """(N,): each row of (N, n) as one item, which compares as its classes do, one after the other."""
    return np.ascontiguousarray(rows).view(f"V{rows.shape[1]}").ravel()


def _unless_equal(weights: Floats) -> Floats | None:
    """Weights, or None if all are equal."""
    return None if (weights == weights[0]).all() else weights
