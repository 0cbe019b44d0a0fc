"""Find in a few words what a model gets wrong: which digits, under which condition, and what it reads instead.

Every set of one digit, two digits or all of them, under every condition (a level of a factor, or a range of levels), is
looked at; of many classes, only the pairs that are taken for each other most. The set whose errors are least like
chance is a pattern: that of the largest likelihood ratio of Kulldorff's scan statistic (one share of errors inside and
one outside, against one for all). Ties between alignments are settled in its favour. Its digits are then left out, and
the search begins anew.

References
----------
Kulldorff 1997, A spatial scan statistic, Communications in Statistics: Theory and Methods 26,
doi:10.1080/03610929708831995
"""

import math
from collections.abc import Sequence
from functools import partial
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers
from digitgen.look.mistakes.alignment import Alignment, Digits
from digitgen.look.mistakes.conditions import Condition, conditions
from digitgen.look.mistakes.edit_graph import Claims
from digitgen.look.mistakes.effects import LEAST_DIGITS, LEAST_ERRORS
from digitgen.look.mistakes.factor import DIGIT, Factor
from digitgen.look.mistakes.findings import Finding, Pattern, describe, merge
from digitgen.look.mistakes.groups import err_more, scan_ratio
from digitgen.look.mistakes.kinds import confusions, name_kind
from digitgen.look.mistakes.rates import two_sided

MOST: Final = 5
"""Patterns that are searched for at most."""
LEAST_SHARE: Final = 0.02
"""Share of all errors that a pattern must have."""
_MOST_OF: Final = 0.8  # of all errors that must be of one kind to be named where no condition stands out
_ALWAYS: Final = Condition(None, 0, 0, "")
PAIRS: Final = 630
"""Pairs of classes that are looked at, at most: all of 36 classes."""


def find_patterns(
    digits: Digits, factors: Sequence[Factor], alignment: Alignment | None = None
) -> tuple[list[Pattern], Digits]:
    """Search for the patterns in a model's errors.

    A pattern has at least `LEAST_DIGITS` digits and `LEAST_ERRORS` errors, and is beyond chance even though
    thousands of sets were looked at (Bonferroni) and errors of one image come together. If there is none but most
    errors are of one kind, such as digits read twice, that kind of all digits is given.

    Parameters
    ----------
    digits : Digits
        All T digits, and their readings.
    factors : sequence of Factor
        Conditions of the digits.
    alignment : Alignment, optional
        The alignment that they come from, to settle ties; without it, shares stay as they are.

    Returns
    -------
    patterns : list of Pattern
        The one with the most errors first.
    digits : Digits
        The same digits, ties settled in favour of the patterns.
    """
    search = _Search(digits, factors)
    found: list[Finding] = []
    pattern = np.full(len(digits.digit), -1, np.int8)
    while len(found) < MOST and (best := search.best()):
        members, condition = best
        chosen = search.left & condition.holds(len(pattern)) & np.isin(digits.digit, members)
        explained = partial(_explained, alignment, np.where(chosen, np.int8(0), np.int8(-1))) if alignment else None
        kind = name_kind(members, search.digits, chosen, explained)
        # Of two digits that are read as one each, the kind is of one; the other is left for the next round.
        members = tuple(each for each in members if kind.ways[each].any())
        chosen &= np.isin(search.digits.digit, members)
        found.append(Finding(members, condition, kind, chosen))
        pattern[chosen] = len(found) - 1
        if alignment:
            search.recount(alignment.settle(_claims(pattern, [each.kind.ways for each in found])))
        if found[-1].errors(search.digits) < LEAST_SHARE * search.digits.wrong.sum():
            del found[-1]
            break
        search.leave_out(chosen)
    if not found and (finding := _everywhere(digits, alignment)):
        found.append(finding)
    digits = search.digits
    every = np.any([each.chosen for each in found], axis=0)
    patterns = [describe(each, every, digits, factors) for each in merge(found, digits, factors)]
    return sorted(patterns, key=lambda each: -each.errors), digits


def _everywhere(digits: Digits, alignment: Alignment | None) -> Finding | None:
    """Find the kind of most errors, if they have one but come under no condition more than under others."""
    if digits.wrong.sum() < LEAST_ERRORS:
        return None
    members, chosen = tuple(range(len(digits.alphabet))), np.ones(len(digits.digit), bool)
    explained = partial(_explained, alignment, np.zeros(len(chosen), np.int8)) if alignment else None
    found = Finding(members, _ALWAYS, name_kind(members, digits, chosen, explained), chosen)
    enough = found.errors(digits) >= _MOST_OF * digits.wrong.sum()
    return found if enough and not found.kind.ways.all() else None


def _explained(alignment: Alignment, pattern: NDArray[np.int8], ways: Bools) -> float:
    """Count the edits that some ways explain at most among the digits of a pattern, 0; others have -1."""
    return alignment.explained(_claims(pattern, [ways]))


def _claims(pattern: NDArray[np.int8], ways: Sequence[Bools]) -> Claims:
    """Say what patterns explain."""
    return Claims(pattern, np.stack([*ways, np.zeros_like(ways[0])]))


class _Search:
    """The digits that are left, counted by class and by level of every factor."""

    def __init__(self, digits: Digits, factors: Sequence[Factor]) -> None:
        self.digits = digits
        self.left = np.ones(len(digits.digit), bool)
        self._factors = (None, *factors)
        self._conditions = [_ALWAYS]
        for factor in factors:
            self._conditions += conditions(factor) if factor.name != DIGIT else ()
        every = np.arange(len(self.left))
        self._tables = [self._count(factor, every, digits.wrong) for factor in self._factors]
        classes = len(digits.alphabet)
        self._sets = _sets(digits)
        # Which pairs are looked at depends on the errors, so all there are count.
        self._critical = two_sided(len(self._conditions) * (classes + math.comb(classes, 2) + 1))

    def best(self) -> tuple[tuple[int, ...], Condition] | None:
        """Find the set of digits and the condition whose errors are least like chance; None if they may be chance."""
        found = _best(self._conditions, self._factors, self._tables, self._sets)
        if found is None:
            return None
        members, condition = found
        belongs = np.isin(self.digits.digit, members)
        inside = belongs & condition.holds(len(self.left))
        # A condition must make a difference among the digits that it is said of, and a parameter among those that its
        # step touched.
        while condition.factor:
            touched = condition.factor.touched
            among = belongs & (touched.codes == 1) if touched else belongs
            if self._differs(inside, among):
                break
            condition, inside = Condition.of_level(touched, 1) if touched else _ALWAYS, among
        return (members, condition) if self._differs(inside, np.ones(len(inside), bool)) else None

    def recount(self, digits: Digits) -> None:
        """Take other shares for the same digits."""
        change = digits.wrong - self.digits.wrong
        changed = np.flatnonzero(change * self.left)
        for table, factor in zip(self._tables, self._factors, strict=True):
            table[1] += self._count(factor, changed, change)[1]
        self.digits = digits

    def leave_out(self, chosen: Bools) -> None:
        """Search among the others from now on."""
        rows = np.flatnonzero(chosen)
        for table, factor in zip(self._tables, self._factors, strict=True):
            table -= self._count(factor, rows, self.digits.wrong)
        self.left &= ~chosen

    def _differs(self, inside: Bools, among: Bools) -> bool:
        """Tell whether some digits err more than the others of a few beyond doubt."""
        rows = np.flatnonzero(self.left & among)
        sequence, wrong = self.digits.sequence[rows], self.digits.wrong[rows]
        return err_more(sequence, inside[rows], wrong, self._critical) is not None

    def _count(self, factor: Factor | None, rows: Integers, values: Floats) -> Floats:
        """Count some digits, and sum up their values: (2, K classes, levels)."""
        levels = 1 if factor is None else len(factor.levels)
        if factor is not None:
            rows = rows[factor.codes[rows] >= 0]
        place = self.digits.digit[rows].astype(np.int64) * levels
        if factor is not None:
            place += factor.codes[rows]
        size = len(self.digits.alphabet) * levels
        counts = [np.bincount(place, part, minlength=size) for part in (None, values[rows])]
        return np.stack(counts).astype(float).reshape(2, -1, levels)


def _sets(digits: Digits) -> list[tuple[int, ...]]:
    """List the sets of classes to look at: each, pairs, and all."""
    classes = len(digits.alphabet)
    pairs = list(combinations(range(classes), 2))
    if len(pairs) > PAIRS:
        table = confusions(digits)
        both = (table + table.T)[np.triu_indices(classes, 1)]  # in the order of the pairs
        pairs = [pairs[place] for place in np.sort(np.argsort(-both, kind="stable")[:PAIRS])]
    return list(dict.fromkeys([*((each,) for each in range(classes)), *pairs, tuple(range(classes))]))


def _best(
    conditions: Sequence[Condition],
    factors: Sequence[Factor | None],
    tables: Sequence[Floats],
    sets: Sequence[tuple[int, ...]],
) -> tuple[tuple[int, ...], Condition] | None:
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
    errors = np.clip(errors, 0, np.minimum(digits, bad))  # sums of shares may be off by a rounding error
    large = (digits >= LEAST_DIGITS) & (errors > LEAST_ERRORS - 1e-6) & (digits < whole)
    ratio = np.where(large, scan_ratio(digits, errors, whole, bad), -np.inf)
    condition, chosen = divmod(int(np.argmax(ratio)), len(sets))
    return (sets[chosen], conditions[condition]) if ratio[condition, chosen] > -np.inf else None
