"""Strings with check digits behind them, as on cards and accounts."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Annotated, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.checks import choose
from digitgen.compose.content.law import Key
from digitgen.compose.content.modifiers.check_digits import CheckDigits
from digitgen.compose.content.modifiers.modifier import Modifier
from digitgen.compose.content.sets.automaton import Automaton, within_bounds
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.sets import Sets
from digitgen.compose.content.sets.table import Table
from digitgen.compose.content.sets.union import Union
from digitgen.errors import ArgumentError
from digitgen.rng import Address

Check = Literal["luhn", "verhoeff", "damm", "mod11-2", "mod37-2", "mod97-10", "mod11-10", "mod37-36"]


@dataclass(frozen=True)
class Checked(Modifier):
    """Strings with check digits behind them; those of a string are given by its other digits.

    Attributes
    ----------
    law : ContentLaw
        The law of the strings without them.
    check : {"luhn", "verhoeff", "damm", "mod11-2", "mod37-2", "mod97-10", "mod11-10", "mod37-36"}
        The scheme. Those that begin with mod are of ISO/IEC 7064:2003.

    Raises
    ------
    ArgumentError
        If strings may have a character that the scheme does not know, or the alphabet lacks a check character, or the
        digits depend on each other in a way in which no one knows how often each check digit comes.

    Examples
    --------
    >>> from digitgen.compose.content.laws.digits import Digits
    >>> import numpy as np
    >>> law = Checked(Digits((15, 15)), "luhn")
    >>> lengths, digits = law.sample(np.random.default_rng(1), 1)
    >>> digits.tolist()
    [9, 8, 1, 4, 9, 7, 0, 5, 3, 6, 3, 7, 7, 5, 3, 5]
    """

    check: Annotated[
        Check,
        Key(
            "The scheme of check digits, which are appended to each string: luhn, verhoeff, damm, or one of "
            "ISO/IEC 7064: mod11-2 (may end in X), mod37-2, mod97-10 (two digits), mod11-10 and mod37-36."
        ),
    ] = "luhn"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "check", choose("check", self.check, get_args(Check)))
        if self.law.distinct:
            raise ArgumentError("cannot extend strings that are unique; make strings with check digits unique", "check")
        if self.law.sets is None and not self.law.independent:
            law = f"digits that are {self.law.words}"
            raise ArgumentError(f"no one knows how often each check digit comes behind {law}", "check")
        try:
            assert self._digits
        except ArgumentError as error:
            raise error.within("check") from None

    @cached_property
    def _digits(self) -> CheckDigits:
        """The scheme over the classes of the alphabet."""
        return CheckDigits.of(self.check, self.alphabet, self.law.classes)

    @property
    def words(self) -> str:
        """The law of the digits in words."""
        return f"{self.law.words}, with check digits"

    @property
    def length_words(self) -> str:
        """The law of the lengths in words."""
        return self.law.length_words

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample strings, and append their check digits.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        count : int
            Number of strings, N.

        Returns
        -------
        lengths, digits : ndarray
            As `ContentLaw.sample` returns them.
        """
        return self._digits.append(*self.law.sample(rng, count))

    def sample_chunk(self, chunk: int, own: Address, whole: Address) -> tuple[Integers, Pixels]:
        """Sample the strings of one chunk of a split.

        Parameters
        ----------
        chunk : int
            Index of the chunk.
        own, whole : Address
            The random numbers for the strings of the chunk, and of the split.

        Returns
        -------
        lengths, digits : ndarray
            As `sample` returns them, of `CHUNK` strings.
        """
        return self._digits.append(*self.law.sample_chunk(chunk, own, whole))

    @cached_property
    def sets(self) -> Sets | None:
        """The sets of the law with check digits; None if it is no mixture."""
        if self.law.sets is None:
            return None
        extended = within_bounds(each for part in self.law.sets.parts for each in self._extended(part))
        parts: list[Component] = []
        try:
            for part in self.law.sets.parts:
                same = list(islice(extended, _extensions(part)))
                parts.append(Union(same) if len(same) > 1 else same[0])
        except ArgumentError as error:
            raise error.within("check") from None
        return Sets(parts, self.law.sets.weights)

    def _extended(self, part: Component) -> Iterator[Component]:
        """A set of the law with check digits; an automaton for each length, as the end of a string counts."""
        if isinstance(part, Table):
            yield self._digits.extend_table(part)
        elif isinstance(part, Automaton):
            for length in part.lengths:
                yield self._digits.extend(part, length)
        elif isinstance(part, Union):
            for each in part.parts:
                yield from self._extended(each)
        else:
            raise ArgumentError("conditions hold of strings with their check digits; restrict the checked law")

    def listed(self, most: int) -> Table | None:
        """List all strings with their probabilities, if they are at most so many."""
        table = self.law.listed(most)
        return table and self._digits.extend_table(table)

    @property
    def lengths(self) -> dict[int, float]:
        """The lengths of the law, with the check digits."""
        return {length + self._digits.count: share for length, share in self.law.lengths.items()}

    @cached_property
    def marginals(self) -> Floats:
        """(longest, K): exact, by dynamic programming over the states of the scheme."""
        if not self.law.independent:
            assert self.sets is not None
            return self.sets.marginals
        expected = np.zeros((self.longest, len(self.alphabet)))
        for length, share in self.law.lengths.items():
            digits = self.law.marginals[:length]
            expected[: length + self._digits.count] += share * np.concatenate([digits, self._digits.shares(digits)])
        marginals: Floats = expected / expected.sum(axis=1, keepdims=True)
        return marginals

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which strings the law admits and end in their check digits."""
        lengths = (labels >= 0).sum(axis=1)
        inside = np.arange(labels.shape[1]) < (lengths - self._digits.count)[:, None]
        admitted: Bools = inside.any(axis=1) & self.law.admits(np.where(inside, labels, -1))
        rows = np.flatnonzero(admitted)
        flat = labels[rows][inside[rows]].astype(np.uint8)
        wanted = self._digits.append(inside[rows].sum(axis=1), flat)[1]
        there = np.arange(labels.shape[1]) < lengths[rows, None]
        same = np.ones(there.shape, bool)
        same[there] = labels[rows][there] == wanted
        admitted[rows] = same.all(axis=1)
        return admitted


def _extensions(part: Component) -> int:
    """The number of sets that a set becomes."""
    if isinstance(part, Union):
        return sum(map(_extensions, part.parts))
    return len(part.lengths) if isinstance(part, Automaton) else 1
