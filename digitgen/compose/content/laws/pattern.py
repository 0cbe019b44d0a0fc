"""Strings that a regular expression matches."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from digitgen.checks import plain
from digitgen.compose.content.law import Key
from digitgen.compose.content.mixture import Mixture
from digitgen.compose.content.sets.automaton import Automaton, within_bounds
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.weights import MOST, is_weight
from digitgen.errors import ArgumentError
from digitgen.format import MAX_LENGTH
from digitgen.messages import shown

if TYPE_CHECKING:
    from digitgen.compose.content.sets.regular import Expression


@dataclass(frozen=True)
class Pattern(Mixture):
    r"""Strings that match a pattern, a regular expression: each as likely as any other.

    The pattern has to match whole strings, as with Python's ``re.fullmatch``; ``.`` is any character of the alphabet.
    As every image has a digit, the empty string is left out if it matches.

    Attributes
    ----------
    pattern : str
        The regular expression: characters of the alphabet, ``[...]``, ``.``, escapes such as ``\d``, groups, ``|``,
        and repetitions.
    max_length : int, optional
        Length of the longest strings, for patterns that match longer ones.
    weights : sequence of float, optional
        A weight for each alternative of the whole pattern: an alternative is chosen by weight, and then one of its
        strings. A string of several alternatives can come from each of them. Without weights, how many alternatives
        match a string makes no difference.

    Raises
    ------
    ArgumentError
        If the pattern is no regular expression, or has what finite automata do not know, such as backreferences; if a
        character is not in the alphabet; if strings have no longest length up to 255, or there are none; if the weights
        are not one for each alternative.

    Examples
    --------
    >>> law = Pattern("[1-9][0-9]{0,2}")
    >>> law.components[0].size, law.longest
    (999, 3)
    """

    pattern: Annotated[
        str,
        Key(
            "A regular expression over the alphabet. Strings match it as a whole, and each string is as likely as any "
            "other."
        ),
    ]
    max_length: Annotated[
        int | None,
        Key("Length of the longest strings, for a pattern that matches longer ones.", bounds=(1, MAX_LENGTH)),
    ] = None
    weights: Annotated[
        tuple[float, ...],
        Key(
            "A weight for each alternative, between the | outside of all parentheses; within an alternative, strings "
            "are equally likely. By default, all strings are."
        ),
    ] = (1.0,)

    def __post_init__(self) -> None:
        if not isinstance(self.pattern, str):
            raise ArgumentError(
                f"must be a regular expression, such as '[0-9]{{4}}'; got {shown(self.pattern)}", "pattern"
            )
        self._check_max_length()
        weights = plain(self.weights)
        if not isinstance(weights, list | tuple) or not all(is_weight(each) for each in weights) or not any(weights):
            raise ArgumentError(
                f"must be numbers from 0 to {MOST:g}, one of them above 0; got {shown(weights)}", "weights"
            )
        object.__setattr__(self, "weights", tuple(map(float, weights)))
        try:
            assert self.components
        except ArgumentError as error:
            raise error if error.key else error.within("pattern") from None

    def _check_max_length(self) -> None:
        """Refuse what is no length."""
        value = plain(self.max_length)
        if value is not None and (type(value) is not int or not 1 <= value <= MAX_LENGTH):
            raise ArgumentError(f"must be an integer from 1 to {MAX_LENGTH}; got {shown(value)}", "max_length")
        object.__setattr__(self, "max_length", value)

    @property
    def words(self) -> str:
        """The law of the digits in words."""
        return "those of the pattern"

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The strings of the whole pattern, or of each alternative if they have weights."""
        from digitgen.compose.content.sets import regular

        alternatives = regular.parse(self.pattern, self.alphabet)
        if len(self.weights) == 1:
            groups = [alternatives]
        elif len(self.weights) == len(alternatives):
            groups = [[each] for each in alternatives]
        else:
            found = f"the pattern has {len(alternatives)}: {', '.join(each.text for each in alternatives)}"
            raise ArgumentError(f"must be one for each alternative; got {len(self.weights)}, and {found}", "weights")
        parts = (_strings_of(group, len(self.alphabet), self.max_length, len(groups)) for group in groups)
        return tuple(within_bounds(parts))


def _strings_of(expressions: "list[Expression]", classes: int, max_length: int | None, share: int) -> Automaton:
    """The strings that any of some expressions matches."""
    from digitgen.compose.content.sets import glushkov, regular

    longest = max(regular.longest_of(each.tree) for each in expressions)
    if max_length is None and longest > MAX_LENGTH:
        what = "any length" if longest == math.inf else f"up to {longest:,} characters"
        raise ArgumentError(f"matches strings of {what}; give a max_length, at most {MAX_LENGTH}")
    longest = int(min(longest, max_length or MAX_LENGTH))
    machine = glushkov.machine_of(expressions, classes, longest, share)
    if not longest or not (strings := Automaton.of_lengths(1, longest, classes) & machine):
        text = "|".join(each.text for each in expressions)
        raise ArgumentError(f"{shown(text)} matches no string of 1 to {max_length or MAX_LENGTH} characters")
    return strings
