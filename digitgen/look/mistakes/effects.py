"""The groups of digits that err more than others, one for each cause."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from digitgen.arrays import Bools, Floats
from digitgen.look.mistakes.alignment import Digits
from digitgen.look.mistakes.causes import Candidate, causes
from digitgen.look.mistakes.conditions import Condition, conditions
from digitgen.look.mistakes.factor import DIGIT, Factor
from digitgen.look.mistakes.groups import err_more, scan_ratio
from digitgen.look.mistakes.rates import Rate, two_sided

LEAST_DIGITS: Final = 50
LEAST_ERRORS: Final = 10


@dataclass(frozen=True, eq=False)
class Effect:
    """A group that errs more than the other digits of its factor.

    Attributes
    ----------
    factor, level, phrase : str
        Names of the group: "Overlap", "overlap", "when digits overlap".
    digits, images : int
        Number of its digits, and of images they stand in.
    wrong : float
        Number of its digits that went wrong; ties between alignments are shared.
    rate, rest : float
        Share of digits that went wrong in the group, and outside it.
    difference : Rate
        Difference of the two; its interval holds for all groups of the page together, at 95 %.
    excess : Rate
        Number of errors that the group would not have at the rate outside.
    also : list of str
        Groups that err more than others as well, but not, or not much, more than digits that are like them in all
        groups listed.
    """

    factor: str
    level: str
    phrase: str
    digits: int
    images: int
    wrong: float
    rate: float
    rest: float
    difference: Rate
    excess: Rate
    also: list[str] = field(default_factory=list)


def find_effects(factors: Sequence[Factor], digits: Digits) -> tuple[list[Effect], int]:
    """Find the groups that hurt most, ranked by the least number of errors that they must have too many.

    The worst group of a factor is a level, or a range of levels: the one with the largest likelihood ratio against the
    other digits to which the factor applies. Left out are groups of fewer than `LEAST_DIGITS` digits, those that leave
    fewer than so many outside, and those with fewer than `LEAST_ERRORS` errors. The intervals of all others are wide
    enough to hold together (Bonferroni); those that reach zero are no finding.

    Of groups that share a cause one is listed, as by `causes`.

    Parameters
    ----------
    factors : sequence of Factor
        Conditions of the digits.
    digits : Digits
        All T digits.

    Returns
    -------
    effects : list of Effect
        One for each cause.
    compared : int
        Number of groups that were compared.
    """
    found, compared = _candidates(factors, digits)
    groups = [Candidate(f"{each.factor}: {each.level}", inside, each.excess.value) for each, inside in found]
    chosen = causes(groups, digits.sequence, digits.wrong, two_sided(compared))
    return [replace(found[place][0], also=also) for place, also in chosen], compared


def _candidates(factors: Sequence[Factor], digits: Digits) -> tuple[list[tuple[Effect, Bools]], int]:
    """Find the worst group of each factor, if it errs more beyond doubt, and count the groups that were compared."""
    worst: list[tuple[Condition, float]] = []
    compared = 0
    for factor in factors:
        every = list(conditions(factor))
        large, ratio = _likelihoods(factor, every, digits)
        compared += int(large.sum())
        # Each digit is a cause of its own; other levels are chosen from to find the ends of one.
        first = range(len(every)) if factor.name == DIGIT else [int(np.argmax(ratio))]
        worst += [(every[place], float(ratio[place])) for place in first]
    z = two_sided(compared)
    some = (each for each, ratio in worst if 2 * ratio > z * z)  # others are no findings anyway
    found = [candidate for each in some if (candidate := _candidate(each, digits, z))]
    return sorted(found, key=lambda each: -each[0].excess.low), compared


def _likelihoods(factor: Factor, every: Sequence[Condition], digits: Digits) -> tuple[Bools, Floats]:
    """Tell which groups are large, and how much less like chance their errors are than those of the whole factor."""
    size = len(factor.levels) + 1
    codes = factor.codes + np.int64(1)
    hit = np.flatnonzero(digits.wrong)
    counts = [np.bincount(codes, minlength=size), np.bincount(codes[hit], digits.wrong[hit], minlength=size)]
    ends = np.array([(each.first, each.last + 1) for each in every])
    n, bad = ((sums := np.cumsum(each) - each[0])[ends[:, 1]] - sums[ends[:, 0]] for each in counts)
    whole, all_bad = (each[1:].sum() for each in counts)
    large = (n >= LEAST_DIGITS) & (whole - n >= LEAST_DIGITS) & (bad > LEAST_ERRORS - 1e-6)
    ratio = scan_ratio(n, bad, whole, all_bad)
    return large, np.where(large, ratio, -np.inf)


def _candidate(condition: Condition, digits: Digits, z: float) -> tuple[Effect, Bools] | None:
    """Compare a group with the other digits to which its factor applies; None if it may err more by chance."""
    factor = condition.factor
    assert factor is not None
    inside = condition.holds(len(digits.digit))
    among = slice(None) if (factor.codes >= 0).all() else np.flatnonzero(factor.codes >= 0)
    found = err_more(digits.sequence[among], inside[among], digits.wrong[among], z)
    if found is None:
        return None
    rate, more, half = (each / found.digits for each in (found.wrong, found.excess, z * found.error))
    excess, within = found.excess, z * found.error
    effect = Effect(
        factor.name,
        condition.levels,
        condition.phrase,
        found.digits,
        int(np.count_nonzero(np.bincount(digits.sequence[inside]))),
        found.wrong,
        rate,
        rate - more,
        Rate(more, more - half, more + half),
        Rate(excess, excess - within, excess + within),
    )
    return effect, inside
