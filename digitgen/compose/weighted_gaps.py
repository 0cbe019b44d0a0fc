"""The law of gaps that are not equally likely: it weighs the gap vectors that fit, and samples among them."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.compose.gaps import MAX_TABLE_BYTES, GapLaw

_BITS: Final = 48  # of a random fraction; 15 more are left for the px of the slack
_LEAST: Final = 1e-100  # probability that a vector fits, above which no weight that matters underflows


@dataclass(frozen=True)
class WeightedGaps(GapLaw):
    """The law over the vectors that fit, each as likely as the product of the weights of its gaps.

    The vectors are weighed by dynamic programming, with additions and multiplications in a fixed order alone, so that
    the weights are the same to the last bit everywhere. A vector is sampled gap by gap: each gap by its weight times
    that of all that can follow it. So there is no rejection.

    Attributes
    ----------
    weights : tuple of float
        The probability of each gap from `low` to `high`; that of `low` and that of `high` are above 0.

    Examples
    --------
    Two gaps, each 0 px with probability 0.9 and 1 px with 0.1, of which one may be 1 px:

    >>> law = WeightedGaps(count=2, low=0, high=1, slack=1, weights=(0.9, 0.1))
    >>> round(law.acceptance, 3), law.marginal().round(3).tolist()
    (0.99, [0.909, 0.091])
    """

    weights: tuple[float, ...]

    @property
    def trouble(self) -> str | None:
        """Why the vectors that fit cannot be weighed: their weights would take too much memory, or be too small."""
        if not self.conditioned:
            return None
        if _table_bytes(len(self.weights), self.count, self.slack) > MAX_TABLE_BYTES:
            return "are too many to weigh exactly"
        return "are too unlikely to weigh exactly" if self.acceptance < _LEAST else None

    @property
    def acceptance(self) -> float:
        """The probability that a gap vector fits."""
        if not self.conditioned:
            return 1.0
        return float(_chances(self.weights).up_to(self.count, self.slack).fit[self.count][self.slack])

    def marginal(self) -> Floats:
        """The probability of each gap, as in `GapLaw`."""
        law = np.array(self.weights)
        if not self.conditioned:
            return law
        others = _chances(self.weights).up_to(self.count, self.slack).fit[self.count - 1]
        left = self.slack - np.arange(len(law))
        joint: Floats = law * np.where(left >= 0, others[np.maximum(left, 0)], 0.0)
        return joint / self.acceptance

    def sample(self, rng: np.random.Generator, size: int) -> Integers:
        """Sample gap vectors, as in `GapLaw`."""
        fractions = rng.random((size, self.count))
        if not self.conditioned:
            gaps: Integers = self._cumulative.searchsorted(fractions, "right")
            gaps += self.low
            return gaps
        keys = _chances(self.weights).up_to(self.count, self.slack).keys
        luck = (fractions * 2.0**_BITS).astype(np.int64)
        budget = np.full(size, self.slack)
        gaps = np.empty((size, self.count), np.int64)
        for k in range(self.count):
            step = keys[self.count - 1 - k].searchsorted((budget << _BITS) + luck[:, k], "right")
            step -= budget * len(self.weights)
            np.add(step, self.low, out=gaps[:, k])
            budget -= step
        return gaps

    @cached_property
    def _cumulative(self) -> Floats:
        """The probability of a gap up to each."""
        cumulative = np.add.accumulate(self.weights)
        cumulative[cumulative >= cumulative[-1]] = 1
        return cumulative


def _table_bytes(choices: int, count: int, slack: int) -> int:
    """The memory that the tables for `count` gaps take."""
    return 8 * (slack + 1) * (choices + 1) * (count + 1)


class _Chances:
    """Tables for vectors of steps, each step with its weight; they grow with what is asked for.

    Attributes
    ----------
    fit : list of ndarray
        Table m has at place b the probability that m steps add up to at most b.
    keys : list of ndarray
        Table m has, for each budget b one after the other, the cumulative law of a step that m others follow, all
        within b: as integers, fractions of 2**48 on top of b times 2**48. So the whole table ascends.
    """

    def __init__(self, weights: tuple[float, ...]) -> None:
        self._weights = weights
        self.fit: list[Floats] = []
        self.keys: list[Integers] = []

    def up_to(self, count: int, slack: int) -> "_Chances":
        """Have tables for `count` steps at least, each with places 0 to `slack` at least."""
        choices = len(self._weights)
        if not self.fit or len(self.fit[0]) <= slack or len(self.keys) < count:
            most = max(count, len(self.keys)), max(slack, len(self.fit[0]) - 1 if self.fit else 0)
            if _table_bytes(choices, *most) <= MAX_TABLE_BYTES:
                count, slack = most
            else:  # together they would take too much: forget what was asked for before
                self.fit = []
        if not self.fit or len(self.fit[0]) <= slack:
            self.fit, self.keys = [np.ones(slack + 1)], []
        while len(self.keys) < count:
            fit, keys = self._next(self.fit[-1])
            self.fit, self.keys = [*self.fit, fit], [*self.keys, keys]
        return self

    def _next(self, others: Floats) -> tuple[Floats, Integers]:
        """The tables of one step more than those of `others`."""
        budgets, choices = len(others), len(self._weights)
        joint = np.zeros((choices, budgets))
        for step, weight in enumerate(self._weights[:budgets]):
            np.multiply(others[: budgets - step], weight, out=joint[step, step:])
        np.add.accumulate(joint, axis=0, out=joint)
        total = joint[-1]
        # Where all weights have underflown, nobody comes.
        law = np.divide(joint, total, out=np.ones_like(joint), where=total > 0)
        whole = np.floor(law * 2.0**_BITS).astype(np.int64) + (np.arange(budgets) << _BITS)
        return total.copy(), np.ascontiguousarray(whole.T).reshape(-1)


@lru_cache(maxsize=8)
def _chances(weights: tuple[float, ...]) -> _Chances:
    """The tables for one law of a gap, which all lengths share and every chunk needs again."""
    return _Chances(weights)
