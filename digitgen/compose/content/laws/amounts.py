"""Amounts of money, and other numbers with decimals, as people write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Annotated, Any, get_args

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS
from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.checks import plain, unknown_word
from digitgen.compose.content.law import ContentLaw, Key
from digitgen.compose.content.laws.numbers import LARGEST, Numbers, Spread
from digitgen.compose.content.sequences import interleave
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.sets import Sets
from digitgen.compose.content.sets.table import Table
from digitgen.errors import ArgumentError
from digitgen.messages import shown

_DECIMALS = 6
_AMOUNT = {"type": "number", "minimum": 0}


@dataclass(frozen=True)
class Amounts(ContentLaw):
    """Amounts from one to another, uniform or log-uniform, with or without decimals, grouping and a point.

    The amounts have steps of one in the last decimal. Log-uniform ones have as many from 1 to 10 as from 10 to 100, and
    so first digits by Benford's law.

    Attributes
    ----------
    amount : (float, float)
        The smallest and the largest amount; both can come.
    decimals : int, default 0
        Decimals that are written, up to 6.
    spread : {"uniform", "log"}, default "uniform"
        Whether each amount is as likely as any other, or the logarithm is uniform.
    whole : float, default 0
        The share of images whose amounts are sampled among whole ones.
    grouping : str, default ""
        A character of the alphabet to write between groups of three digits.
    point : str, default ""
        A character of the alphabet to write before the decimals.

    Raises
    ------
    ArgumentError
        If `amount` is no such range, has more decimals than are written, or has no whole amount though `whole` asks for
        some; if `grouping` or `point` are no characters of the alphabet, or a digit.

    Examples
    --------
    >>> law = Amounts((0.5, 1234.56), decimals=2, grouping=",", point=".", alphabet="0123456789,.")
    >>> law.lengths
    {4: 0.007..., 5: 0.072..., 6: 0.729..., 8: 0.190...}
    """

    amount: Annotated[
        tuple[float, float],
        Key(
            "The smallest and the largest amount, such as [1, 99999.99].",
            schema={"type": "array", "items": _AMOUNT, "minItems": 2, "maxItems": 2},
        ),
    ]
    decimals: Annotated[int, Key("Decimals that are written.", bounds=(0, _DECIMALS))] = 0
    spread: Annotated[
        Spread, Key("Whether each amount is as likely as any other (uniform), or its logarithm is uniform (log).")
    ] = "uniform"
    whole: Annotated[float, Key("The share of amounts that are sampled among whole ones.", bounds=(0, 1))] = 0.0
    grouping: Annotated[str, Key("A character to write between groups of three digits; none by default.")] = ""
    point: Annotated[str, Key("A character to write before the decimals; none by default.")] = ""

    words = "those of the amounts"

    def __post_init__(self) -> None:
        for name in ("amount", "decimals", "spread", "whole", "grouping", "point"):
            object.__setattr__(self, name, plain(getattr(self, name)))
        if isinstance(self.decimals, bool) or not isinstance(self.decimals, int) or not 0 <= self.decimals <= _DECIMALS:
            raise ArgumentError(f"must be an integer from 0 to {_DECIMALS}; got {shown(self.decimals)}", "decimals")
        if problem := unknown_word(self.spread, get_args(Spread)):
            raise ArgumentError(problem, "spread")
        if isinstance(self.whole, bool) or not isinstance(self.whole, int | float) or not 0 <= self.whole <= 1:
            raise ArgumentError(f"must be a number from 0 to 1; got {shown(self.whole)}", "whole")
        for name in ("grouping", "point"):
            self._check_character(name, getattr(self, name))
        if self.point and not self.decimals:
            raise ArgumentError("there are no decimals to write it before; say how many", "point")
        if missing := [digit for digit in DIGITS if digit not in self.alphabet]:
            raise ArgumentError(f"amounts need all ten digits; the alphabet lacks {missing[0]}", "amount")
        if not isinstance(self.amount, list | tuple) or len(self.amount) != 2:
            raise ArgumentError(f"must be two numbers, such as [1, 99999.99]; got {shown(self.amount)}", "amount")
        object.__setattr__(self, "amount", tuple(self.amount))
        self._parts  # noqa: B018  (so that errors come now)

    def _check_character(self, name: str, value: object) -> None:
        """Refuse what cannot stand between digits."""
        if not isinstance(value, str) or len(value) > 1 or value in list(DIGITS):
            raise ArgumentError(f"must be one character that is no digit, or empty; got {shown(value)}", name)
        if value and value not in self.alphabet:
            raise ArgumentError(f"{shown(value)} is no character of the alphabet {shown(self.alphabet)}", name)

    def _units(self, index: int) -> int:
        """One end of the range, in units of the last decimal."""
        value = plain(self.amount[index])
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ArgumentError(f"must be a number; got {shown(value)}", "amount", index)
        most = Decimal(LARGEST).scaleb(-self.decimals)
        try:
            units = Decimal(repr(value)).scaleb(self.decimals)
            if not 0 <= units <= LARGEST:
                raise InvalidOperation
        except InvalidOperation:
            raise ArgumentError(f"must be from 0 to {most:,f}; got {shown(value)}", "amount", index) from None
        if units != int(units):
            raise ArgumentError(
                f"has more decimals than are written, which are {self.decimals}; got {shown(value)}", "amount", index
            )
        return int(units)

    @cached_property
    def _parts(self) -> tuple[tuple[float, Numbers], ...]:
        """The share of all amounts and of whole ones, and these."""
        low, high = self._units(0), self._units(1)
        if low > high:
            raise ArgumentError(
                f"the smallest, {self.amount[0]}, is larger than the largest, {self.amount[1]}", "amount"
            )
        if self.spread == "log" and not low:
            raise ArgumentError("must be above 0, as 0 has no logarithm; or say spread: uniform", "amount", 0)
        scale = 10**self.decimals
        writing = self.spread, self.alphabet, self.decimals
        parts = []
        if self.whole < 1:
            parts.append((1.0 - self.whole, Numbers(low, high, *writing, 0, self.grouping, self.point)))
        if self.whole:
            first, last = max(-(-low // scale), int(self.spread == "log")), high // scale
            if first > last:
                raise ArgumentError("there is no whole amount", "whole")
            parts.append((float(self.whole), Numbers(first, last, *writing, self.decimals, self.grouping, self.point)))
        return tuple(parts)

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample amounts.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        count : int
            Number of amounts, N.

        Returns
        -------
        lengths : ndarray
            (N,) int64.
        digits : ndarray
            (T,) uint8: the classes of all strings, one after the other.
        """
        if len(self._parts) == 1:
            numbers = self._parts[0][1]
            return numbers.write(numbers.sample(rng, count))
        which = (rng.random(count) < self.whole).astype(np.int64)
        sizes = np.bincount(which, minlength=2).tolist()
        written = [each.write(each.sample(rng, size)) for (_, each), size in zip(self._parts, sizes, strict=True)]
        return interleave(which, written)

    @cached_property
    def sets(self) -> Sets | None:
        """All amounts, and whole ones, if each is as likely as any other."""
        if self.spread != "uniform":
            return None
        shares, parts = zip(*self._parts, strict=True)
        return Sets([each.component for each in parts], shares)

    @property
    def support(self) -> Sequence[Component]:
        """All amounts, of which whole ones are some."""
        return [each.component for _, each in self._parts]

    @property
    def size(self) -> int:
        """The number of amounts."""
        return max(each.high - each.low + 1 for _, each in self._parts)  # whole ones are among all

    def listed(self, most: int) -> Table | None:
        """List all amounts with their probabilities, if they are at most so many."""
        if sum(each.high - each.low + 1 for _, each in self._parts) > most:
            return None
        lengths, flat, weights = [], [], []
        for share, each in self._parts:
            numbers = np.arange(each.low, each.high + 1)
            written = each.write(numbers)
            lengths.append(written[0])
            flat.append(written[1])
            weights.append(share * np.array([each.share(number, number) for number in numbers.tolist()]))
        return Table.of(np.concatenate(lengths), np.concatenate(flat), len(self.alphabet), np.concatenate(weights))

    @cached_property
    def lengths(self) -> dict[int, float]:
        """The probability of each length."""
        lengths: dict[int, float] = {}
        for share, each in self._parts:
            for length, probability in each.lengths.items():
                lengths[length] = lengths.get(length, 0.0) + share * probability
        return dict(sorted(lengths.items()))

    @cached_property
    def marginals(self) -> Floats:
        """(longest, K): exact, but that digits which come and go 10,000 times in the range are said to be uniform."""
        expected = np.zeros((self.longest, len(self.alphabet)))
        for share, each in self._parts:
            expected[: max(each.lengths)] += share * each.expected
        marginals: Floats = expected / expected.sum(axis=1, keepdims=True)
        return marginals

    def admits(self, labels: NDArray[Any]) -> Bools:
        """Tell which strings are amounts of the range, written as they should be."""
        admitted = np.zeros(len(labels), bool)
        for _, each in self._parts:
            admitted |= each.admits(labels)
        return admitted
