"""A model's mistakes: rates with intervals, confusions, and the conditions that errors depend on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitgen.arrays import Integers
from digitgen.look.mistakes.alignment import DELETED, Alignment, Digits, Labels, flatten
from digitgen.look.mistakes.factors import Factor
from digitgen.look.mistakes.patterns import Pattern, find_patterns
from digitgen.look.mistakes.rates import Groups, Rate, edit_rate, group_rates, sequence_rate, two_sided

LOST: Final = -1
"""Column of the confusion matrix for digits that were not read at all: the last."""
LEAST_IMAGES: Final = 50
LEAST_ERRORS: Final = 10


@dataclass(frozen=True, eq=False)
class Effect:
    """A group that errs more than all digits outside it.

    Attributes
    ----------
    factor, level, phrase : str
        Names of the group: "Overlap", "overlap", "when digits overlap".
    digits, images, wrong : int
        Number of its digits, of images they stand in, and of digits that went wrong.
    rate, rest : float
        Share of digits that went wrong in the group, and outside it.
    difference : Rate
        Difference of the two; its interval holds for all groups of the page together, at 95 %.
    excess : Rate
        Number of errors that the group would not have at the rate outside.
    """

    factor: str
    level: str
    phrase: str
    digits: int
    images: int
    wrong: int
    rate: float
    rest: float
    difference: Rate
    excess: Rate


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The mistakes of one model.

    Attributes
    ----------
    images, wrong_images : int
        Number of sequences, and of those that were not read exactly.
    digits : Digits
        Every true digit.
    distances : ndarray
        (N,) int64: edit distance of each sequence.
    sequence_error_rate, digit_error_rate : Rate
        Wrong sequences per sequence; substitutions, deletions and insertions per true digit.
    confusion : ndarray
        (K, K + 1) int64: true digits by readings; the last column counts those not read at all.
    added : ndarray
        (K,) int64: digits too many.
    factors : list of (Factor, Groups)
        Share of wrong digits at the levels of each factor.
    effects : list of Effect
        The worst group of each factor, the one with the most errors beyond doubt first.
    compared : int
        Number of groups that were compared for that.
    patterns : list of Pattern
        The same in a few words, digits by digits.
    """

    images: int
    wrong_images: int
    digits: Digits
    distances: Integers
    sequence_error_rate: Rate
    digit_error_rate: Rate
    confusion: Integers
    added: Integers
    factors: list[tuple[Factor, Groups]]
    effects: list[Effect]
    compared: int
    patterns: list[Pattern]


def find_mistakes(labels: Labels, lengths: Integers, alignment: Alignment, factors: Sequence[Factor]) -> Mistakes:
    """Sum up an alignment.

    Parameters
    ----------
    labels, lengths : ndarray
        (N, L) and (N,): the truth.
    alignment : Alignment
        The alignment of predictions with it.
    factors : sequence of Factor
        Conditions of the digits.

    Returns
    -------
    Mistakes
        Rates, confusions, effects and patterns.
    """
    digits = flatten(labels, lengths, alignment)
    classes = len(digits.alphabet)
    pairs = digits.digit.astype(np.int64) * (classes + 1) + np.where(digits.read == DELETED, classes, digits.read)
    confusion = np.bincount(pairs, minlength=classes * (classes + 1)).reshape(classes, classes + 1)
    wrong = digits.wrong.astype(np.int64)
    rates = [(each, group_rates(digits.sequence, each.codes, wrong, len(each.levels))) for each in factors]
    effects, compared = _effects(rates)
    bad = int(np.count_nonzero(alignment.distances))
    return Mistakes(
        images=len(labels),
        wrong_images=bad,
        digits=digits,
        distances=alignment.distances,
        sequence_error_rate=sequence_rate(bad, len(labels)),
        digit_error_rate=edit_rate(alignment.distances, lengths),
        confusion=confusion,
        added=np.bincount(alignment.added, minlength=classes),
        factors=rates,
        effects=effects,
        compared=compared,
        patterns=find_patterns(digits, factors),
    )


def _effects(rates: Sequence[tuple[Factor, Groups]]) -> tuple[list[Effect], int]:
    """Find the worst group of each factor, ranked by the least number of errors that it must have too many.

    Left out are groups in fewer than `LEAST_IMAGES` images, those that leave fewer than so many digits
    outside, and those with fewer than `LEAST_ERRORS` errors. The intervals of all others are wide enough
    to hold together (Bonferroni); those that reach zero are no finding.
    """
    total = int(rates[0][0].codes.size) if rates else 0
    large = [
        (each.images >= LEAST_IMAGES) & (total - each.digits >= LEAST_IMAGES) & (each.total >= LEAST_ERRORS)
        for _, each in rates
    ]
    compared = int(sum(each.sum() for each in large))
    z = two_sided(compared)
    found = []
    for (factor, groups), usable in zip(rates, large, strict=True):
        half = z * groups.difference_error
        least = np.where(usable, (groups.difference - half) * groups.digits, -np.inf)
        worst = int(np.argmax(least))
        if not least[worst] > 0:
            continue
        digits, difference = int(groups.digits[worst]), float(groups.difference[worst])
        ends = difference - float(half[worst]), difference + float(half[worst])
        found.append(
            Effect(
                factor.name,
                factor.levels[worst],
                factor.phrases[worst],
                digits,
                int(groups.images[worst]),
                int(groups.total[worst]),
                float(groups.rate[worst]),
                float(groups.rate[worst]) - difference,
                Rate(difference, *ends),
                Rate(difference * digits, ends[0] * digits, ends[1] * digits),
            )
        )
    return sorted(found, key=lambda each: -each.excess.low), compared
