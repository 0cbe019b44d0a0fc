"""Turn findings of the search into patterns in words: one for each cause, with the other names that it may have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from digitgen.arrays import Bools, Integers
from digitgen.look.mistakes.alignment import Digits
from digitgen.look.mistakes.conditions import SAME, Condition, other_names
from digitgen.look.mistakes.factor import Factor
from digitgen.look.mistakes.kinds import Kind


@dataclass(frozen=True, eq=False)
class Pattern:
    """Digits that go wrong more than others.

    Counts of errors need not be whole numbers, since ties between alignments are shared.

    Attributes
    ----------
    what, when : str
        Its words: the error, such as "4 read as 9", and the condition, such as "when digits overlap", or "" for always.
    also : tuple of str
        Other conditions that nearly the same digits meet.
    errors : float
        Number of digits in the pattern that go wrong that way.
    share : float
        Their share of all digits that go wrong.
    digits : int
        Number of digits in the pattern, right and wrong.
    rate, elsewhere : float
        Share of those that go wrong that way, and of the same digits where the condition does not hold
        (of all other digits, if there is no condition), but for those in other patterns; 0 if there are none.
    wrong : ndarray
        (n,) int64: indices of the digits that go wrong that way.
    everywhere : bool
        Whether all digits are in it.
    """

    what: str
    when: str
    also: tuple[str, ...]
    errors: float
    share: float
    digits: int
    rate: float
    elsewhere: float
    wrong: Integers
    everywhere: bool = False

    @property
    def name(self) -> str:
        """The error and the condition: "4 read as 9 when digits overlap"."""
        name = f"{self.what} {self.when}".strip()
        return name[0].upper() + name[1:] if name.startswith(("digits ", "a digit ")) else name


@dataclass(frozen=True, eq=False)
class Finding:
    """The finding of one round of the search.

    Attributes
    ----------
    members : tuple of int
        Classes.
    condition : Condition
        The condition under which they go wrong.
    kind : Kind
        How they do.
    chosen : ndarray
        (T,) bool: the digits.
    """

    members: tuple[int, ...]
    condition: Condition
    kind: Kind
    chosen: Bools

    def errors(self, digits: Digits) -> float:
        """Count the digits that go wrong that way."""
        return float(digits.gone(self.kind.ways)[self.chosen].sum())


def merge(found: Sequence[Finding], digits: Digits, factors: Sequence[Factor]) -> list[Finding]:
    """Make one finding of those that have one cause.

    The search goes on among the digits that are left. So a cause that does more harm the stronger it is comes up again,
    once for each strength, perhaps under another name. Two findings of the same words have one cause if their
    conditions are of one factor, of factors of one family, or of factors of which one has a name for the same digits.

    Parameters
    ----------
    found : sequence of Finding
        The findings, in the order in which they were found.
    digits : Digits
        All digits.
    factors : sequence of Factor
        All factors.

    Returns
    -------
    list of Finding
        The same, fewer.
    """
    merged: list[Finding] = []
    for each in found:
        for place, other in enumerate(merged):
            if other.kind.words == each.kind.words and _one_thing(other, each, digits, factors):
                merged[place] = _union(other, each)
                break
        else:
            merged.append(each)
    return merged


def _one_thing(one: Finding, other: Finding, digits: Digits, factors: Sequence[Factor]) -> bool:
    """Tell whether the conditions of two findings are of one thing; no condition is so with any."""
    first, second = one.condition.factor, other.condition.factor
    if first is None or second is None or first is second or (first.family and first.family == second.family):
        return True
    return any(
        names.factor is theirs
        for mine, theirs in ((one, second), (other, first))
        for names in other_names(mine.condition, np.isin(digits.digit, mine.members), factors)
    )


def _union(one: Finding, other: Finding) -> Finding:
    """Put two findings together, under a condition that has both."""
    chosen = one.chosen | other.chosen
    kind = replace(one.kind, ways=one.kind.ways | other.kind.ways)
    return Finding(tuple(sorted({*one.members, *other.members})), _either(one, other), kind, chosen)


def _either(one: Finding, other: Finding) -> Condition:
    """Find the words for either of two conditions: a range, a wider one with where it is worst, or both."""
    count = len(one.chosen)
    narrow, wide = sorted((one.condition, other.condition), key=lambda each: np.count_nonzero(each.holds(count)))
    if (narrow.holds(count) & wide.holds(count)).sum() >= SAME * narrow.holds(count).sum():
        return replace(wide, phrase=f"{wide.phrase}, most {narrow.phrase}" if wide.phrase else f"most {narrow.phrase}")
    first, last = min(narrow.first, wide.first), max(narrow.last, wide.last)
    lengths = narrow.last - narrow.first + wide.last - wide.first + 2
    if wide.factor and wide.factor is narrow.factor and wide.factor.at_most and last - first + 1 <= lengths:
        every = last - first + 1 == len(wide.factor.levels)
        return Condition(wide.factor, first, last, "") if every else Condition.of_range(wide.factor, first, last)
    return replace(wide, phrase=f"{wide.phrase}, and {narrow.phrase}")


def describe(found: Finding, every: Bools, digits: Digits, factors: Sequence[Factor]) -> Pattern:
    """Describe a finding, and how often others make the same errors.

    Parameters
    ----------
    found : Finding
        The finding.
    every : ndarray
        (T,) bool: the digits of all findings.
    digits : Digits
        All digits.
    factors : sequence of Factor
        All factors.

    Returns
    -------
    Pattern
        Its words and figures.
    """
    gone = digits.gone(found.kind.ways)
    belongs = np.isin(digits.digit, found.members)
    others = ~every & belongs if found.condition.factor else ~every
    errors, size = float(gone[found.chosen].sum()), int(found.chosen.sum())
    return Pattern(
        what=found.kind.words,
        when=found.condition.phrase,
        also=tuple(each.phrase for each in other_names(found.condition, belongs, factors)),
        errors=errors,
        share=errors / float(digits.wrong.sum()),
        digits=size,
        rate=errors / size,
        elsewhere=float(gone[others].mean()) if others.any() else 0.0,
        wrong=np.flatnonzero(found.chosen & (gone > 0)),
        everywhere=size == len(digits.digit),
    )
