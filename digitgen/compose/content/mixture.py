"""A law that samples one of some sets of strings for each image, and then a string of it."""

from abc import abstractmethod
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.sets import Sets
from digitgen.compose.content.sets.table import Table


class Mixture(ContentLaw):
    """A mixture of sets of strings; within a set, strings are as likely as the set says."""

    @property
    @abstractmethod
    def components(self) -> tuple[Component, ...]:
        """The sets; at least one."""

    @property
    def weights(self) -> tuple[float, ...]:
        """The weight of each set, 0 or more; all are equally likely unless a law says otherwise."""
        return (1.0,) * len(self.components)

    @cached_property
    def sets(self) -> Sets:
        """The sets that have a weight."""
        pairs = [(part, weight) for part, weight in zip(self.components, self.weights, strict=True) if weight]
        return Sets(*zip(*pairs, strict=True))

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
        return self.sets.sample(rng, count)

    @property
    def size(self) -> int | None:
        """The number of strings of the set; of several, which may share some, it is not known."""
        return self.sets.size

    def listed(self, most: int) -> Table | None:
        """List the strings of all sets with their probabilities, if they are at most so many."""
        return self.sets.listed(most, len(self.alphabet))

    @property
    def lengths(self) -> dict[int, float]:
        """Lengths as likely as the sets that have them."""
        return self.sets.lengths

    @property
    def marginals(self) -> Floats:
        """(longest, K): the classes of the sets, as likely as the sets are and as their strings reach so far."""
        return self.sets.marginals

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which strings are in any of the sets."""
        return self.sets.admits(labels)
