"""Conditions that digits meet or not, and which of them are names of one thing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitgen.arrays import Bools
from digitgen.look.mistakes.factor import Factor

SAME: Final = 0.9
"""Share of the digits that meet one of two conditions or both, of which so many meet both: then they are one."""


@dataclass(frozen=True, eq=False)
class Condition:
    """Levels `first` to `last` of a factor, or no condition if there is no factor.

    Attributes
    ----------
    factor : Factor or None
        The factor.
    first, last : int
        The levels.
    phrase : str
        The words of a sentence: "when digits overlap"; empty for no condition.
    """

    factor: Factor | None
    first: int
    last: int
    phrase: str

    @property
    def levels(self) -> str:
        """The levels in words: "5", or "at least 3"."""
        if self.factor is None or self.first == self.last:
            return self.factor.levels[self.first] if self.factor else ""
        return self.phrase.rpartition(" is ")[2]

    @classmethod
    def of_level(cls, factor: Factor, level: int) -> "Condition":
        """Make the condition that holds at one level.

        Parameters
        ----------
        factor : Factor
            The factor.
        level : int
            The level.

        Returns
        -------
        Condition
            The condition, in the words of the factor.
        """
        return cls(factor, level, level, factor.phrases[level])

    @classmethod
    def of_range(cls, factor: Factor, first: int, last: int) -> "Condition":
        """Make the condition that holds from one level to another.

        Parameters
        ----------
        factor : Factor
            A factor whose levels ascend.
        first, last : int
            The levels; not both the first of all and the last.

        Returns
        -------
        Condition
            The condition, in the words of the factor.
        """
        if first == 0:
            return cls(factor, first, last, factor.at_most[last])
        if last == len(factor.levels) - 1:
            return cls(factor, first, last, factor.at_least[first])
        return cls(factor, first, last, f"{factor.at_least[first]} and {factor.at_most[last].rpartition(' is ')[2]}")

    def holds(self, count: int) -> Bools:
        """(T,): whether each of T digits meets it."""
        if self.factor is None:
            return np.ones(count, bool)
        return (self.factor.codes >= self.first) & (self.factor.codes <= self.last)


def conditions(factor: Factor) -> Iterator[Condition]:
    """List the conditions that a factor makes.

    Parameters
    ----------
    factor : Factor
        The factor.

    Yields
    ------
    Condition
        Each level and, if levels ascend, each range of several.
    """
    last = len(factor.levels) - 1
    for level in range(last + 1):
        yield Condition.of_level(factor, level)
    if factor.at_most:
        for first in range(last):
            for end in range(first + 1, last + 1):
                if end - first < last:
                    yield Condition.of_range(factor, first, end)


def other_names(condition: Condition, belongs: Bools, factors: Sequence[Factor]) -> list[Condition]:
    """Find the conditions of other factors that nearly the same digits meet.

    Two conditions are names of one thing in a split if of the digits that meet either, `SAME` or more meet both (the
    index of Jaccard). Nobody can tell then which of them is the cause.

    Parameters
    ----------
    condition : Condition
        The condition.
    belongs : ndarray
        (T,) bool: the digits that it is said of.
    factors : sequence of Factor
        All factors.

    Returns
    -------
    list of Condition
        The closest of each factor that has one.

    References
    ----------
    Jaccard 1912, The distribution of the flora in the alpine zone, New Phytologist 11,
    doi:10.1111/j.1469-8137.1912.tb05611.x
    """
    if condition.factor is None:
        return []
    holds = belongs & condition.holds(len(belongs))
    here = np.count_nonzero(holds)
    found = []
    for factor in factors:
        if factor is condition.factor:
            continue
        both, all_of_them = (
            np.bincount(factor.codes[rows] + np.int64(1), minlength=len(factor.levels) + 1)[1:]
            for rows in (holds, belongs)
        )
        best, names = 0.0, None
        for each in conditions(factor):
            shared = both[each.first : each.last + 1].sum()
            alike = shared / (here + all_of_them[each.first : each.last + 1].sum() - shared)
            if alike > best:
                best, names = alike, each
        if names and best >= SAME:
            found.append(names)
    return found
