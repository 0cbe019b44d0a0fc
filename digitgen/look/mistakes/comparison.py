"""Compare two models on the same images, pair by pair."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import bdtr

from digitgen.arrays import Bools, Floats
from digitgen.look.mistakes.causes import Candidate, causes
from digitgen.look.mistakes.effects import LEAST_DIGITS, LEAST_ERRORS
from digitgen.look.mistakes.factor import Factor
from digitgen.look.mistakes.groups import Groups, group_rates
from digitgen.look.mistakes.rates import Rate, two_sided
from digitgen.look.mistakes.summary import Mistakes


@dataclass(frozen=True)
class GroupDifference:
    """A group of digits that one model reads better than the other.

    Attributes
    ----------
    factor, level, phrase : str
        Names of the group: "Overlap", "overlap", "when digits overlap".
    digits : int
        Number of digits in it.
    first, second : float
        Share of them that goes wrong in each model.
    difference : Rate
        `second` less `first`; its interval holds for all groups together, at 95 %.
    also : list of str
        Groups where they differ as well, but not, or not much, more than on digits that are like them in all groups
        listed.
    """

    factor: str
    level: str
    phrase: str
    digits: int
    first: float
    second: float
    difference: Rate
    also: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """Two models side by side.

    Attributes
    ----------
    both_right, only_first_wrong, only_second_wrong, both_wrong : int
        Number of sequences.
    p_value : float
        The p-value of `mcnemar`, for the sequences that only one model gets wrong.
    difference : Rate
        Sequence error rate of the second model less that of the first, with Bonett and Price's interval.
    groups : list of GroupDifference
        Groups where the models differ beyond doubt, and by more than outside the group; one for each cause each way,
        and first the one with the most errors that only one model makes.
    """

    both_right: int
    only_first_wrong: int
    only_second_wrong: int
    both_wrong: int
    p_value: float
    difference: Rate
    groups: list[GroupDifference]


def compare(first: Mistakes, second: Mistakes, factors: Sequence[Factor]) -> Comparison:
    """Compare two models on the same images.

    Parameters
    ----------
    first, second : Mistakes
        The mistakes of each model.
    factors : sequence of Factor
        Conditions of the digits.

    Returns
    -------
    Comparison
        The models side by side.
    """
    one, two = first.distances > 0, second.distances > 0
    only_first, only_second = int((one & ~two).sum()), int((~one & two).sum())
    return Comparison(
        both_right=int((~one & ~two).sum()),
        only_first_wrong=only_first,
        only_second_wrong=only_second,
        both_wrong=int((one & two).sum()),
        p_value=mcnemar(only_first, only_second),
        difference=paired_difference(only_first, only_second, len(one)),
        groups=_groups(first, second, factors),
    )


def mcnemar(one: int, other: int) -> float:
    """Test by McNemar's exact test, two-sided, whether two models are equally likely to err.

    Parameters
    ----------
    one, other : int
        Number of sequences that only the one, and only the other, gets wrong.

    Returns
    -------
    float
        The p-value: the chance of so uneven a split, or a more uneven one, if both are equally likely to err.

    References
    ----------
    McNemar 1947, Note on the sampling error of the difference between correlated proportions or percentages,
    Psychometrika 12, doi:10.1007/BF02295996

    Examples
    --------
    >>> round(mcnemar(103, 156), 4)
    0.0012
    """
    # At a half, both tails are alike.
    return min(1.0, 2 * float(bdtr(min(one, other), one + other, 0.5)))


def paired_difference(one: int, other: int, total: int) -> Rate:
    """Compute the difference of two shares of the same trials, with its interval.

    Parameters
    ----------
    one, other : int
        Number of trials that only the one, and only the other, gets wrong.
    total : int
        Number of trials.

    Returns
    -------
    Rate
        The other less the one.

    References
    ----------
    Bonett and Price 2012, Adjusted Wald confidence interval for a difference of binomial proportions based on paired
    data, Journal of Educational and Behavioral Statistics 37, doi:10.3102/1076998611411915
    """
    first, second = (one + 1) / (total + 2), (other + 1) / (total + 2)
    middle = second - first
    half = two_sided(1) * math.sqrt((first + second - middle * middle) / (total + 2))
    return Rate((other - one) / total, max(middle - half, -1), min(middle + half, 1))


def _groups(first: Mistakes, second: Mistakes, factors: Sequence[Factor]) -> list[GroupDifference]:
    """Compare the models group by group, and list one group for each cause each way."""
    sequence, one, two = first.digits.sequence, first.digits.wrong, second.digits.wrong
    each = [group_rates(sequence, factor.codes, two - one, len(factor.levels)) for factor in factors]
    large = [_large(factor, groups, np.abs(two - one)) for factor, groups in zip(factors, each, strict=True)]
    z = two_sided(2 * int(sum(usable.sum() for usable in large)))
    found: list[tuple[float, GroupDifference]] = []
    for sign in (1, -1):
        candidates = []
        for factor, groups, usable in zip(factors, each, large, strict=True):
            beyond = np.fmin(
                sign * groups.rate - z * groups.rate_error, sign * groups.difference - z * groups.difference_error
            )
            least = np.where(usable, beyond * groups.digits, -np.inf)
            level = int(np.argmax(least))
            if least[level] > 0:
                excess = sign * float(groups.difference[level] * groups.digits[level])
                candidate = Candidate(f"{factor.name}: {factor.levels[level]}", factor.codes == level, excess)
                candidates.append((float(least[level]), candidate, _difference(factor, level, groups, one, two, z)))
        candidates.sort(key=lambda each: -each[0])
        chosen = causes([each[1] for each in candidates], sequence, sign * (two - one), z)
        found += [(candidates[place][0], replace(candidates[place][2], also=also)) for place, also in chosen]
    return [group for _, group in sorted(found, key=lambda pair: -pair[0])]


def _large(factor: Factor, groups: Groups, apart: Floats) -> Bools:
    """(K,): whether a group has images and digits enough that only one model misreads."""
    some = np.flatnonzero(apart)
    errors = np.bincount(factor.codes[some] + np.int64(1), apart[some], minlength=len(factor.levels) + 1)[1:]
    return (groups.images >= LEAST_DIGITS) & (errors > LEAST_ERRORS - 1e-6)


def _difference(factor: Factor, level: int, groups: Groups, one: Floats, two: Floats, z: float) -> GroupDifference:
    """Compare two models on one group."""
    inside = factor.codes == level
    value, width = float(groups.rate[level]), z * float(groups.rate_error[level])
    return GroupDifference(
        factor.name,
        factor.levels[level],
        factor.phrases[level],
        int(groups.digits[level]),
        float(one[inside].mean()),
        float(two[inside].mean()),
        Rate(value, value - width, value + width),
    )
