"""A law that samples one of some sets of strings for each image, and then a string of it."""

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.component import Component, Sets
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.sequences import interleave
from digitgen.compose.content.table import Table


class Mixture(ContentLaw):
    """A mixture of sets of strings; within a set, all strings are equally likely."""

    @property
    @abstractmethod
    def components(self) -> tuple[Component, ...]:
        """The sets; at least one."""

    @property
    def weights(self) -> tuple[float, ...]:
        """The weight of each set, 0 or more; all are equally likely unless a law says otherwise."""
        return (1.0,) * len(self.components)

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
        if len(self.components) == 1:
            return self.components[0].sample(rng, count)
        bounds = np.cumsum(self._shares)
        which = np.searchsorted(bounds[:-1], rng.random(count), side="right")
        sizes = np.bincount(which, minlength=len(self.components)).tolist()
        sampled = [part.sample(rng, size) for part, size in zip(self.components, sizes, strict=True)]
        return interleave(which, sampled)

    @property
    def sets(self) -> Sets:
        """The sets that have a weight."""
        pairs = [(part, weight) for part, weight in zip(self.components, self.weights, strict=True) if weight]
        parts, weights = zip(*pairs, strict=True)
        return Sets(parts, weights)

    @property
    def _shares(self) -> Floats:
        """(C,): the probability of each set."""
        weights = np.array(self.weights, float)
        shares: Floats = weights / weights.sum()
        return shares

    @property
    def size(self) -> int | None:
        """The number of strings of the set; of several, which may share some, it is not known."""
        return self.components[0].size if len(self.components) == 1 else None

    def listed(self, most: int) -> Table | None:
        """List the strings of all sets with their probabilities, if they are at most so many."""
        parts = [(share, part) for share, part in zip(self._shares.tolist(), self.components, strict=True) if share]
        if sum(part.size for _, part in parts) > most:
            return None
        strings = [part.unrank(np.arange(part.size)) for _, part in parts]
        weights = [part.weights if part.weights is not None else np.ones(part.size) for _, part in parts]
        shares = [share * each / each.sum() for (share, _), each in zip(parts, weights, strict=True)]
        lengths, flat = (np.concatenate(each) for each in zip(*strings, strict=True))
        return Table.of(lengths, flat, len(self.alphabet), np.concatenate(shares))

    @property
    def lengths(self) -> dict[int, float]:
        """Lengths as likely as the sets that have them."""
        lengths: dict[int, float] = {}
        for share, part in zip(self._shares.tolist(), self.components, strict=True):
            for length, probability in part.lengths.items():
                lengths[length] = lengths.get(length, 0.0) + share * probability
        return dict(sorted(lengths.items()))

    @property
    def marginals(self) -> Floats:
        """(longest, K): the classes of the sets, as likely as the sets are and as their strings reach so far."""
        longest, classes = self.longest, len(self.alphabet)
        expected = np.zeros((longest, classes))
        for share, part in zip(self._shares.tolist(), self.components, strict=True):
            reach = np.array([sum(p for each, p in part.lengths.items() if each > k) for k in range(max(part.lengths))])
            expected[: len(reach)] += share * reach[:, None] * part.marginals
        marginals: Floats = expected / expected.sum(axis=1, keepdims=True)
        return marginals

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which strings are in any of the sets."""
        admitted = np.zeros(len(labels), bool)
        for share, part in zip(self._shares.tolist(), self.components, strict=True):
            if share:
                admitted |= part.admits(labels)
        return admitted
