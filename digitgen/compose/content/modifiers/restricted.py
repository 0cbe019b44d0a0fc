"""Laws whose strings are restricted by a condition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.compose.content.law import Key
from digitgen.compose.content.mixture import Mixture
from digitgen.compose.content.modifiers.condition import Condition, Language
from digitgen.compose.content.modifiers.modifier import Modifier
from digitgen.compose.content.modifiers.whole import WholeSplitModifier
from digitgen.compose.content.sets.automaton import Automaton, within_bounds
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.sets import Sets
from digitgen.compose.content.sets.weighted import Weighted
from digitgen.errors import ArgumentError
from digitgen.messages import shown

_FEW: Final = 1 << 20  # strings, of a law that is no mixture, that are listed with their probabilities


@dataclass(frozen=True)
class Restricted(Mixture, Modifier):
    """A law under a condition.

    A law that is a mixture of sets, such as all strings of each length, keeps their weights: it says how likely a
    length is, and the strings of the length that are left are as likely as each other.
    """

    alphabet: str = field(init=False, default=DIGITS)  # as of all modifiers; `Mixture` brings it as an argument

    adds_up = True
    key: ClassVar[str]
    inside: ClassVar[bool]

    def __post_init__(self) -> None:
        super().__post_init__()
        condition = getattr(self, self.key)
        if not isinstance(condition, Condition):
            raise ArgumentError(
                f'must be a Condition, such as Condition(ngrams=["12"]); got {shown(condition)}', self.key
            )
        if isinstance(self.law, WholeSplitModifier):
            raise ArgumentError("cannot restrict a law of a whole split; restrict the law within", self.key)
        assert self.components

    @cached_property
    def _language(self) -> Language:
        """The strings that the condition is about."""
        try:
            condition: Condition = getattr(self, self.key)
            return condition.over(self.alphabet)
        except ArgumentError as error:
            raise error.within(self.key) from None

    @cached_property
    def _sets_before(self) -> Sets:
        """The sets of the law without the condition."""
        if self.law.sets is not None:
            return self.law.sets
        lengths = self.law.lengths
        if self.law.independent:
            return Sets([self._weighted(length) for length in lengths], list(lengths.values()))
        table = self.law.listed(_FEW)
        if table is None:
            what = f"of digits that are {self.law.words} there are too many strings to restrict them"
            raise ArgumentError(f"{what}; at most {_FEW:,} can be listed")
        ends = np.cumsum(list(table.counts.values()))
        length_of = np.array(list(table.counts))[np.searchsorted(ends, np.arange(table.size), side="right")]
        return Sets([table.restricted(length_of == length) for length in lengths], list(lengths.values()))

    def _weighted(self, length: int) -> Component:
        """All strings of one length of a law whose digits are independent."""
        strings = Automaton.of_lengths(length, length, len(self.alphabet))
        part = Weighted.of(strings, self.law.marginals[:length])
        assert part is not None
        return part

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The sets of the law, each with the strings that are left; at least one is in each."""
        language = self._language  # whose errors have their key
        try:
            return tuple(within_bounds(self._left(language, part) for part in self._sets_before.parts))
        except ArgumentError as error:
            raise error.within(self.key) from None

    def _left(self, language: Language, part: Component) -> Component:
        """The strings of a set that are left; at least one."""
        left = language.restrict(part, self.inside)
        if left is None:
            raise ArgumentError(f"leaves no string of {part.length_text}")
        return left

    @property
    def weights(self) -> tuple[Any, ...]:
        """The weights of the sets of the law."""
        return tuple(self._sets_before.weights)

    @property
    def words(self) -> str:
        """The law of the digits in words."""
        return f"{self.law.words}{' among' if self.inside else ', without'} {getattr(self, self.key).words}"

    @property
    def length_words(self) -> str:
        """The law of the lengths in words, which may be the former."""
        former, lengths = self.law.lengths, self.lengths
        same = former.keys() == lengths.keys() and np.allclose(list(former.values()), list(lengths.values()))
        return self.law.length_words if same else self.words

    @property
    def files(self) -> Mapping[str, str]:
        """The hash of the file of the condition."""
        sha256 = self._language.sha256
        return {f"{self.key}.strings": sha256} if sha256 else {}


@dataclass(frozen=True)
class Excluded(Restricted):
    """Strings of a law without some of them, such as those held out for a test.

    Attributes
    ----------
    law : ContentLaw
        The law of all strings. A mixture of sets, such as all strings of each length, keeps their weights.
    exclude : Condition
        What is left out.

    Raises
    ------
    ArgumentError
        If `exclude` is no condition, or nothing is left of a set; if the law is neither a mixture of sets nor has few
        strings.

    Examples
    --------
    >>> from digitgen.compose.content.laws.digits import Digits
    >>> Excluded(Digits((2, 2)), Condition(ngrams=("7",))).size
    81
    """

    exclude: Annotated[
        Condition, Key("Strings that never come: those of a file, or that contain n-grams, or match a pattern.")
    ]

    key = "exclude"
    inside = False


@dataclass(frozen=True)
class Only(Restricted):
    """Only some strings of a law, such as those held out of training.

    Attributes
    ----------
    law : ContentLaw
        The law of all strings. A mixture of sets, such as all strings of each length, keeps their weights.
    only : Condition
        What can come. `Excluded` with the same condition leaves all else.

    Raises
    ------
    ArgumentError
        If `only` is no condition, or nothing is left of a set; if the law is neither a mixture of sets nor has few
        strings.

    Examples
    --------
    >>> from digitgen.compose.content.laws.digits import Digits
    >>> Only(Digits((2, 2)), Condition(ngrams=("7",))).size
    19
    """

    only: Annotated[
        Condition,
        Key("The only strings that come: those of a file, or that contain n-grams, or match a pattern."),
    ]

    key = "only"
    inside = True
