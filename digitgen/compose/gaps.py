"""The laws of the gaps: which gap vectors fit, how likely each of them is, and samples.

`UniformGaps` counts the vectors that fit. Where some gaps are likelier than others, they are weighed: see
`digitgen.compose.weighted_gaps`.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Floats, Integers
from digitgen.rng import uniform_below

MAX_TABLE_BYTES: Final = 1 << 27
"""Bytes of the tables in which gap vectors are counted or weighed."""


@dataclass(frozen=True)
class GapLaw(ABC):
    """A law over the vectors of `count` gaps from `low` to `high` that fit.

    With each gap written as ``low + step``, the vectors that fit are those whose steps add up to at most `slack`. The
    gaps of a vector are independent and follow one law each, on condition that they fit.

    Attributes
    ----------
    count : int
        Number of gaps in a vector; digits less one.
    low, high : int
        Smallest and largest gap, px.
    slack : int
        Px that are left over when every gap is `low`; 0 or more.
    """

    count: int
    low: int
    high: int
    slack: int

    @property
    def conditioned(self) -> bool:
        """Whether some gap vectors do not fit."""
        return self.slack < self.count * (self.high - self.low)

    @property
    @abstractmethod
    def trouble(self) -> str | None:
        """Why the vectors that fit cannot be told apart, as the end of a sentence; None if they can, or all fit."""

    @property
    @abstractmethod
    def acceptance(self) -> float:
        """The probability that a gap vector fits; 1 if the law is not conditioned."""

    @abstractmethod
    def marginal(self) -> Floats:
        """The probability of each gap, which is the same for every place in a vector.

        Returns
        -------
        ndarray
            (high - low + 1,) float64, for gaps from `low` to `high`; where the law is not conditioned, and for a vector
            of no gaps, the law of a gap by itself.
        """

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int) -> Integers:
        """Sample gap vectors.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        size : int
            Number of vectors, N.

        Returns
        -------
        ndarray
            (N, count) int64, px.
        """


@dataclass(frozen=True)
class UniformGaps(GapLaw):
    """The uniform law over the vectors that fit.

    They are counted by dynamic programming. A vector is sampled by sampling its rank among them and taking the rank
    apart gap by gap: no rejection, and exactly uniform.

    Examples
    --------
    Two gaps from 0 to 2 px, with 1 px left over: 3 of the 9 vectors fit.

    >>> law = UniformGaps(count=2, low=0, high=2, slack=1)
    >>> round(law.acceptance, 3), law.marginal().round(3).tolist()
    (0.333, [0.667, 0.333, 0.0])
    """

    @property
    def trouble(self) -> str | None:
        """Why the vectors that fit cannot be counted: they would take too much memory."""
        few = not self.conditioned or _table_bytes(self._choices, self.count, self.slack) <= MAX_TABLE_BYTES
        return None if few else "are too many to count exactly"

    @property
    def acceptance(self) -> float:
        """The share of all gap vectors that fit; 1 if the law is not conditioned."""
        return self._ways / self._choices**self.count if self.conditioned else 1.0

    def marginal(self) -> Floats:
        """The probability of each gap, as in `GapLaw`."""
        if not self.conditioned:
            return np.full(self._choices, 1 / self._choices)
        table = _counts(self._choices).up_to(self.count, self.slack)[self.count - 1]
        ways = np.diff(table[: self.slack + 1], prepend=0)  # of the other gaps to add up to at most so much
        left = self.slack - np.arange(self._choices)
        total = self._ways
        return np.array([int(ways[each]) / total if each >= 0 else 0.0 for each in left])

    @property
    def _choices(self) -> int:
        """The number of gaps to choose from."""
        return self.high - self.low + 1

    @cached_property
    def _ways(self) -> int:
        """The number of vectors that fit."""
        table = _counts(self._choices).up_to(self.count, self.slack)[self.count]
        return int(table[self.slack]) - (int(table[self.slack - 1]) if self.slack else 0)

    def sample(self, rng: np.random.Generator, size: int) -> Integers:
        """Sample gap vectors, as in `GapLaw`."""
        if not self.conditioned:
            # To name the type, which is the default, halves the time of a single image.
            return rng.integers(self.low, self.high, (size, self.count), np.int64, endpoint=True)
        tables = _counts(self._choices).up_to(self.count, self.slack)
        rank = uniform_below(rng, self._ways, size)
        budget = np.full(size, self.slack)
        gaps = np.empty((size, self.count), np.int64)
        for k in range(self.count):
            # With m gaps to come, a step s is followed by ways(m, budget - s) vectors. Ranks are
            # dealt to s = 0 first; those up to s together have table[budget] - table[budget - s - 1].
            table = tables[self.count - 1 - k]
            there = table[budget] - rank
            left = table.searchsorted(there)
            rank = table[left] - there
            gaps[:, k] = self.low + budget - left
            budget = left
        return gaps


def _table_bytes(choices: int, count: int, slack: int) -> float:
    """Estimate the memory that the counts for `count` gaps take."""
    bits = count * math.log2(choices) + math.log2(slack + 1)
    item = 8 if bits < 63 else 40 + bits / 8  # an int64, or a Python integer and a pointer to it
    return item * (count + 1) * (slack + 1)


class _Counts:
    """Counts of vectors of steps, each step one of `choices`; tables grow with what is asked for.

    Table k has at place b the sum over all b' <= b of the vectors of k steps that add up to at most b'.
    """

    def __init__(self, choices: int) -> None:
        self._choices = choices
        self._tables: list[NDArray[Any]] = []

    def up_to(self, count: int, slack: int) -> list[NDArray[Any]]:
        """Tables 0 to `count` at least, each with places 0 to `slack` at least."""
        tables = self._tables
        if not tables or len(tables[0]) <= slack or len(tables) <= count:
            most = max(count, len(tables) - 1), max(slack, len(tables[0]) - 1 if tables else 0)
            if _table_bytes(self._choices, *most) <= MAX_TABLE_BYTES:
                count, slack = most
            else:  # together they would take too much: forget what was asked for before
                tables = []
        if not tables or len(tables[0]) <= slack:
            tables = [np.arange(1, slack + 2)]
        while len(tables) <= count:
            ways = tables[-1].copy()
            ways[self._choices :] -= tables[-1][: -self._choices]
            bits = len(tables) * math.log2(self._choices) + math.log2(len(ways))
            # Python's integers, where the sums may exceed 64 bits.
            tables = [*tables, np.cumsum(ways if bits < 62 else ways.astype(object))]
        self._tables = tables
        return tables


@lru_cache(maxsize=8)
def _counts(choices: int) -> _Counts:
    """The counts for one number of choices, which all lengths share and every chunk needs again."""
    return _Counts(choices)
