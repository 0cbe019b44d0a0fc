"""A finite set of strings, each as likely as any other or as it is weighted: what laws of content are made of."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.rng import uniform_below


class Component(ABC):
    """A finite set of strings in an order of its own. They are equally likely unless they have weights.

    Attributes
    ----------
    weights : ndarray or None
        (size,) float64: the weight of each string, by its rank; None where all are equally likely.
    """

    weights: Floats | None = None

    @property
    def equal(self) -> bool:
        """Whether all strings are equally likely."""
        return self.weights is None

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of strings, at least 1; it may exceed 64 bits."""

    @abstractmethod
    def unrank(self, ranks: NDArray[Any]) -> tuple[Integers, Pixels]:
        """Find strings by their places in the order.

        Parameters
        ----------
        ranks : ndarray
            (N,) integers from 0 to ``size - 1``: int64, or Python's integers where the size exceeds 63 bits.

        Returns
        -------
        lengths : ndarray
            (N,) int64.
        digits : ndarray
            (T,) uint8: the classes of all strings, one after the other.
        """

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample strings, independently of each other.

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
        return self.unrank(uniform_below(rng, self.size, count))

    @property
    @abstractmethod
    def lengths(self) -> Mapping[int, float]:
        """The share of the strings that are so long, for each length that there is, ascending."""

    @property
    def length_text(self) -> str:
        """The lengths in words: "length 3", or "lengths 1 to 5"."""
        shortest, longest = min(self.lengths), max(self.lengths)
        return f"length {shortest}" if shortest == longest else f"lengths {shortest} to {longest}"

    @property
    @abstractmethod
    def marginals(self) -> Floats:
        """(longest, K): the share of each class at each position, among the strings that reach so far."""

    @abstractmethod
    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which rows of (N, L) labels, padded with -1, are strings of the set: (N,) bool."""
