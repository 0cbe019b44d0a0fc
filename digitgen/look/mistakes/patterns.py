"""Find in a few words what a model gets wrong: which digits, under which condition, and what it reads instead.

Every set of one digit, two digits or all of them, under every condition (a level of a factor, or at
most or at least one), is looked at; of many classes, only the pairs that are taken for each other most. The set whose
errors are least like chance is a pattern: that of the largest likelihood ratio of Kulldorff's scan statistic (one share
of errors inside and one outside, against one for all). Its digits are then left out, and the search begins anew.

References
----------
Kulldorff 1997, A spatial scan statistic, Communications in Statistics: Theory and Methods 26,
doi:10.1080/03610929708831995
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers
from digitgen.look.kit.wording import written
from digitgen.look.mistakes.alignment import DELETED, Digits
from digitgen.look.mistakes.factors import Factor
from digitgen.look.mistakes.rates import group_rates, two_sided

MOST: Final = 5
"""Patterns that are searched for at most."""
LEAST_ERRORS: Final = 10
LEAST_DIGITS: Final = 50
LEAST_SHARE: Final = 0.02
"""Share of all errors that a pattern must have."""
_MOST_OF: Final = 0.5  # of a pattern's errors that must be of one kind for it to be named after that
PAIRS: Final = 630
"""Pairs of classes that are looked at, at most: all of 36 classes."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """Digits that go wrong more than others.

    Attributes
    ----------
    what, when : str
        Its words: the error, such as "4 read as 9", and the condition, such as "when digits overlap", or "" for always.
    errors : int
        Number of digits in the pattern that go wrong that way.
    share : float
        Their share of all digits that go wrong.
    digits : int
        Number of digits in the pattern, right and wrong.
    rate, elsewhere : float
        Share of those that go wrong that way, and of the same digits where the condition does not hold
        (of all other digits, if there is no condition).
    wrong : ndarray
        (errors,) int64: indices of the digits that go wrong that way.
    """

    what: str
    when: str
    errors: int
    share: float
    digits: int
    rate: float
    elsewhere: float
    wrong: Integers

    @property
    def name(self) -> str:
        """The error and the condition: "4 read as 9 when digits overlap"."""
        name = f"{self.what} {self.when}".strip()
        return name[0].upper() + name[1:] if name.startswith(("digits ", "a digit ")) else name


@dataclass(frozen=True, eq=False)
class _Condition:
    """Levels `first` to `last` of a factor, or no condition if there is no factor."""

    factor: Factor | None
    first: int
    last: int
    phrase: str

    def holds(self, count: int) -> Bools:
        """(T,): whether each digit meets it."""
        if self.factor is None:
            return np.ones(count, bool)
        return (self.factor.codes >= self.first) & (self.factor.codes <= self.last)


def find_patterns(digits: Digits, factors: Sequence[Factor]) -> list[Pattern]:
    """Search for the patterns in a model's errors.

    A pattern has at least `LEAST_DIGITS` digits and `LEAST_ERRORS` errors, and is beyond chance even though
    thousands of sets were looked at (Bonferroni) and errors of one image come together.

    Parameters
    ----------
    digits : Digits
        All T digits, and their readings.
    factors : sequence of Factor
        Conditions of the digits.

    Returns
    -------
    list of Pattern
        The one with the most errors first.
    """
    wrong = digits.wrong
    left = np.ones(len(wrong), bool)
    conditions = [_Condition(None, 0, 0, ""), *(each for factor in factors for each in _conditions(factor))]
    tables = [_count(factor, digits, wrong, left) for factor in (None, *factors)]
    classes = len(digits.alphabet)
    sets = _sets(digits)
    # Which pairs are looked at depends on the errors, so all there are count.
    critical = two_sided(len(conditions) * (classes + math.comb(classes, 2) + 1))
    found: list[Pattern] = []
    while len(found) < MOST and (best := _best(conditions, [None, *factors], tables, sets)):
        members, condition = best
        chosen = left & condition.holds(len(wrong)) & np.isin(digits.digit, members)
        rows = np.flatnonzero(left)
        inside = np.where(chosen[rows], 0, -1)
        groups = group_rates(digits.sequence[rows], inside, wrong[rows].astype(np.int64), 1)
        if not groups.difference[0] > critical * groups.difference_error[0]:
            break
        others = left & ~chosen
        if condition.factor:
            others &= np.isin(digits.digit, members)
        pattern = _describe(members, condition.phrase, digits, chosen, others)
        if pattern.share < LEAST_SHARE:
            break
        found.append(pattern)
        for table, factor in zip(tables, (None, *factors), strict=True):
            table -= _count(factor, digits, wrong, chosen)
        left &= ~chosen
    return sorted(found, key=lambda pattern: -pattern.errors)


def _sets(digits: Digits) -> list[tuple[int, ...]]:
    """List the sets of classes to look at: each, pairs, and all."""
    classes = len(digits.alphabet)
    pairs = list(combinations(range(classes), 2))
    if len(pairs) > PAIRS:
        table = _confusions(digits)
        both = (table + table.T)[np.triu_indices(classes, 1)]  # in the order of the pairs
        pairs = [pairs[place] for place in np.sort(np.argsort(-both, kind="stable")[:PAIRS])]
    return list(dict.fromkeys([*((each,) for each in range(classes)), *pairs, tuple(range(classes))]))


def _confusions(digits: Digits) -> Integers:
    """(K, K): how often each class was read as each other; none as itself."""
    classes = len(digits.alphabet)
    confused = digits[(digits.read >= 0) & (digits.read != digits.digit)]
    places = confused.digit.astype(np.int64) * classes + confused.read
    return np.bincount(places, minlength=classes * classes).reshape(classes, classes)


def _conditions(factor: Factor) -> Iterator[_Condition]:
    """List the conditions that a factor makes; the digit itself is looked at with each of them anyway."""
    if factor.name == "Digit":
        return
    last = len(factor.levels) - 1
    for level, phrase in enumerate(factor.phrases):
        yield _Condition(factor, level, level, phrase)
    if factor.at_most and last > 1:
        for level in range(1, last):
            yield _Condition(factor, 0, level, factor.at_most[level])
            yield _Condition(factor, level, last, factor.at_least[level])


def _count(factor: Factor | None, digits: Digits, wrong: Bools, which: Bools) -> Integers:
    """Count some digits, and those of them that are wrong: (2, K classes, levels)."""
    levels = 1 if factor is None else len(factor.levels)
    rows = np.flatnonzero(which if factor is None else which & (factor.codes >= 0))
    place = digits.digit[rows].astype(np.int64) * levels
    if factor is not None:
        place += factor.codes[rows]
    size = len(digits.alphabet) * levels
    counts = np.stack([np.bincount(part, minlength=size) for part in (place, place[wrong[rows]])])
    return counts.reshape(2, -1, levels)


def _best(
    conditions: Sequence[_Condition],
    factors: Sequence[Factor | None],
    tables: Sequence[Integers],
    sets: Sequence[tuple[int, ...]],
) -> tuple[tuple[int, ...], _Condition] | None:
    """Find the set of digits and the condition whose errors are least like chance; None if no set is large enough."""
    of = {id(factor): np.cumsum(table, axis=2) for factor, table in zip(factors, tables, strict=True)}
    classes = tables[0].shape[1]
    counts = np.empty((2, len(conditions), classes))
    for number, each in enumerate(conditions):
        sums = of[id(each.factor)]
        counts[:, number] = sums[:, :, each.last] - (sums[:, :, each.first - 1] if each.first else 0)
    members = np.zeros((classes, len(sets)))
    for place, each_set in enumerate(sets):
        members[list(each_set), place] = 1
    digits, errors = counts @ members
    whole, bad = tables[0][0].sum(), tables[0][1].sum()
    ratio = _likelihood(digits, errors) + _likelihood(whole - digits, bad - errors)
    large = (digits >= LEAST_DIGITS) & (errors >= LEAST_ERRORS) & (digits < whole)
    with np.errstate(divide="ignore", invalid="ignore"):
        more = errors / digits > (bad - errors) / (whole - digits)
    ratio = np.where(large & more, ratio, -np.inf)
    condition, chosen = divmod(int(np.argmax(ratio)), len(sets))
    return (sets[chosen], conditions[condition]) if np.isfinite(ratio[condition, chosen]) else None


def _likelihood(total: NDArray[Any], wrong: NDArray[Any]) -> Floats:
    """Compute the logarithm of the largest likelihood of so many errors."""
    right = total - wrong
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.nan_to_num(wrong * np.log(wrong / total)), np.nan_to_num(right * np.log(right / total))
    likelihood: Floats = terms[0] + terms[1]
    return likelihood


def _describe(members: tuple[int, ...], when: str, digits: Digits, chosen: Bools, others: Bools) -> Pattern:
    """Describe the errors of some digits, and how often others make them."""
    rows = np.flatnonzero(chosen & digits.wrong)
    what, happens = _kind(members, digits[rows])
    errors = rows[happens(digits[rows])]
    size = int(chosen.sum())
    return Pattern(
        what=what,
        when=when,
        errors=len(errors),
        share=len(errors) / int(digits.wrong.sum()),
        digits=size,
        rate=len(errors) / size,
        elsewhere=float(happens(digits[others]).sum()) / max(int(others.sum()), 1),
        wrong=errors,
    )


Way = Callable[[Digits], Bools]
"""Tells of each digit whether it goes wrong in a certain way."""


def _kind(members: tuple[int, ...], wrong: Digits) -> tuple[str, Way]:
    """Find the most common kind of some errors: its words, and the function that tells such errors."""
    names = [written(each) for each in wrong.alphabet]
    whose = "digits" if len(members) > 2 else " and ".join(names[each] for each in members)
    enough = math.ceil(_MOST_OF * len(wrong.digit))
    table = _confusions(wrong)
    first, second = divmod(int(np.argmax(table)), len(table))
    there, back = table[first, second], table[second, first]
    if there + back >= enough and 3 * back >= there:
        low, high = sorted((first, second))
        mixed = f"{names[low]} and {names[high]} mixed up"
        return mixed, lambda each: _taken(each, low, high) | _taken(each, high, low)
    if there >= enough:
        return f"{names[first]} read as {names[second]}", lambda each: _taken(each, first, second)
    if (wrong.read == DELETED).sum() >= enough:
        return f"{whose} not read at all", lambda each: np.equal(each.read, DELETED)
    if wrong.added.sum() >= enough:
        return "a digit too many" + f" beside {whose}" * (len(members) <= 2), lambda each: each.added
    return f"{whose} misread", lambda each: each.wrong


def _taken(digits: Digits, true: int, read: int) -> Bools:
    """Tell which digits are a certain one that was read as a certain other."""
    taken: Bools = (digits.digit == true) & (digits.read == read)
    return taken
