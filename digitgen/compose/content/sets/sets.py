"""Some sets of strings, of which an image has one: what a law is that is a mixture of sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.sequences import interleave
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.table import Table


@dataclass(frozen=True, eq=False)
class Sets:
    """Sets of strings, each as likely as it is weighted; within a set, strings are as likely as the set says.

    Attributes
    ----------
    parts : sequence of Component
        The sets; at least one.
    weights : sequence of float
        The weight of each, above 0.
    """

    parts: Sequence[Component]
    weights: Sequence[float]

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample strings: first the sets, then the strings of one set after the other.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        count : int
            Number of strings, N.

        Returns
        -------
        lengths : ndarray
            (N,) int64.
        digits : ndarray
            (T,) uint8: the classes of all strings, one after the other.
        """
        if len(self.parts) == 1:
            return self.parts[0].sample(rng, count)
        bounds = np.cumsum(self.shares)
        which = np.searchsorted(bounds[:-1], rng.random(count), side="right")
        sizes = np.bincount(which, minlength=len(self.parts)).tolist()
        sampled = [part.sample(rng, size) for part, size in zip(self.parts, sizes, strict=True)]
        return interleave(which, sampled)

    @cached_property
    def shares(self) -> Floats:
        """(C,): the probability of each set."""
        weights = np.array(self.weights, float)
        shares: Floats = weights / weights.sum()
        return shares

    @property
    def size(self) -> int | None:
        """The number of strings; not known of sets with strings of one length, which may share some."""
        lengths = [length for part in self.parts for length in part.lengths]
        return sum(part.size for part in self.parts) if len(set(lengths)) == len(lengths) else None

    def listed(self, most: int, classes: int) -> Table | None:
        """List the strings of all sets with their probabilities.

        Parameters
        ----------
        most : int
            The most strings to list.
        classes : int
            The number of classes, K.

        Returns
        -------
        Table or None
            The strings, weighted by their probabilities; None if there are more.
        """
        if sum(part.size for part in self.parts) > most:
            return None
        strings = [part.unrank(np.arange(part.size)) for part in self.parts]
        weights = [part.weights if part.weights is not None else np.ones(part.size) for part in self.parts]
        shares = [share * each / each.sum() for share, each in zip(self.shares, weights, strict=True)]
        lengths, flat = (np.concatenate(each) for each in zip(*strings, strict=True))
        return Table.of(lengths, flat, classes, np.concatenate(shares))

    @cached_property
    def lengths(self) -> dict[int, float]:
        """The probability of each length, ascending: as likely as the sets that have it."""
        lengths: dict[int, float] = {}
        for share, part in zip(self.shares.tolist(), self.parts, strict=True):
            for length, probability in part.lengths.items():
                lengths[length] = lengths.get(length, 0.0) + share * probability
        return dict(sorted(lengths.items()))

    @cached_property
    def marginals(self) -> Floats:
        """(longest, K): the classes of the sets, as likely as the sets are and as their strings reach so far."""
        expected = np.zeros((max(self.lengths), self.parts[0].marginals.shape[1]))
        for share, part in zip(self.shares.tolist(), self.parts, strict=True):
            reach = np.array([sum(p for each, p in part.lengths.items() if each > k) for k in range(max(part.lengths))])
            expected[: len(reach)] += share * reach[:, None] * part.marginals
        marginals: Floats = expected / expected.sum(axis=1, keepdims=True)
        return marginals

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which rows of (N, L) labels, padded with -1, are strings of any of the sets: (N,) bool."""
        admitted = np.zeros(len(labels), bool)
        for part in self.parts:
            admitted |= part.admits(labels)
        return admitted
