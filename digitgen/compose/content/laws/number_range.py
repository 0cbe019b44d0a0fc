"""Whole numbers of a range."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.checks import check_range, plain
from digitgen.compose.content.law import Key
from digitgen.compose.content.mixture import Mixture
from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.machine import Machine
from digitgen.errors import ArgumentError
from digitgen.messages import shown

_MOST: Final = 10**18 - 1


@dataclass(frozen=True)
class NumberRange(Mixture):
    """Whole numbers, each of a range as likely as any other.

    Attributes
    ----------
    range : (int, int)
        The smallest and the largest number, from 0 to ``10**18 - 1``; both can come.
    leading_zeros : bool, default False
        Whether to write all numbers with as many digits as the largest has.

    Raises
    ------
    ArgumentError
        If `range` is no such range, or the alphabet lacks one of the ten digits.

    Examples
    --------
    >>> law = NumberRange((0, 9999), leading_zeros=True)
    >>> law.size, law.lengths
    (10000, {4: 1.0})
    """

    range: Annotated[
        tuple[int, int],
        Key("The smallest and the largest number; each from one to the other is as likely.", bounds=(0, _MOST)),
    ]
    leading_zeros: Annotated[
        bool, Key("Whether to write all numbers with as many digits as the largest has, such as 0042.")
    ] = False

    def __post_init__(self) -> None:
        low, high = check_range("range", self.range)
        if low > high:
            raise ArgumentError(f"the smallest, {low}, is larger than the largest, {high}", "range")
        if low < 0 or high > _MOST:
            raise ArgumentError(f"must be numbers from 0 to {_MOST:,}; got {low} and {high}", "range")
        object.__setattr__(self, "range", (low, high))
        zeros = plain(self.leading_zeros)
        if not isinstance(zeros, bool):
            raise ArgumentError(f"must be True or False; got {shown(zeros)}", "leading_zeros")
        object.__setattr__(self, "leading_zeros", zeros)
        if missing := [digit for digit in DIGITS if digit not in self.alphabet]:
            raise ArgumentError(f"numbers need all ten digits; the alphabet lacks {missing[0]}", "range")

    @property
    def words(self) -> str:
        """The law of the digits in words."""
        return "those of the range"

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The numbers."""
        low, high = map(str, self.range)
        strings = Automaton.of_lengths(1, len(high), len(self.alphabet)) & self._machine(
            low.zfill(len(high)) if self.leading_zeros else low, high
        )
        assert strings is not None
        return (strings,)

    def _machine(self, low: str, high: str) -> Machine:
        """The automaton of the numbers.

        A state is the number of digits read, and whether they are less (-1), equal (0) or greater (1) than the first
        ones of `low` and of `high`; or None behind a zero that nothing follows.
        """
        states: dict[tuple[int, int, int] | None, int] = {(0, 0, 0): 0}
        rows, accepting = [], []
        for state in (queue := [*states]):
            row = [-1] * len(self.alphabet)
            rows.append(row)
            if state is None:
                accepting.append(low == "0")
                continue
            count, over_low, over_high = state
            above = count > len(low) or (count == len(low) and over_low >= 0)
            accepting.append(above and (count < len(high) or over_high <= 0))
            if count == len(high):
                continue
            for digit in DIGITS:
                other = (count + 1, over_low or _order(digit, low[count:]), over_high or _order(digit, high[count:]))
                target = None if state == (0, 0, 0) and digit == "0" and not self.leading_zeros else other
                if target not in states:
                    states[target] = len(states)
                    queue.append(target)
                row[self.alphabet.index(digit)] = states[target]
        return Machine(np.array(rows), np.array(accepting))


def _order(digit: str, rest: str) -> int:
    """Whether a digit is less (-1), equal (0) or greater (1) than the first one of the rest of a number."""
    return (digit > rest[:1]) - (digit < rest[:1])
