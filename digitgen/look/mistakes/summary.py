"""A model's mistakes: rates with intervals, confusions, and the conditions that errors depend on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.look.mistakes.alignment import Alignment, Digits
from digitgen.look.mistakes.edit_graph import NOT_READ, SWAPPED
from digitgen.look.mistakes.effects import Effect, find_effects
from digitgen.look.mistakes.factor import Factor
from digitgen.look.mistakes.findings import Pattern
from digitgen.look.mistakes.groups import Groups, group_rates
from digitgen.look.mistakes.patterns import find_patterns
from digitgen.look.mistakes.rates import Rate, edit_rate, sequence_rate

LOST: Final = -1
"""Column of the confusion matrix for digits that were not read at all: the last."""


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The mistakes of one model.

    Counts of digits need not be whole numbers, since ties between alignments are shared, unless a pattern settles them.

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
        (K, K + 1): true digits by readings; the last column counts those not read at all.
    added : ndarray
        (K,): digits too many, by their class.
    swapped : float
        Number of digits that were read in the place of a neighbour; as their class was read, they count as right in
        `confusion`.
    factors : list of (Factor, Groups)
        Share of wrong digits at the levels of each factor.
    effects : list of Effect
        The worst groups, one for each cause, the one with the most errors beyond doubt first.
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
    confusion: Floats
    added: Floats
    swapped: float
    factors: list[tuple[Factor, Groups]]
    effects: list[Effect]
    compared: int
    patterns: list[Pattern]


def find_mistakes(alignment: Alignment, factors: Sequence[Factor]) -> Mistakes:
    """Sum up an alignment.

    Parameters
    ----------
    alignment : Alignment
        The alignment of predictions with the truth.
    factors : sequence of Factor
        Conditions of the digits.

    Returns
    -------
    Mistakes
        Rates, confusions, effects and patterns.
    """
    patterns, digits = find_patterns(alignment.digits, factors, alignment)
    confusion = _confusion(digits)
    read = np.bincount(alignment.predictions.digits, minlength=len(digits.alphabet))
    rates = [(each, group_rates(digits.sequence, each.codes, digits.wrong, len(each.levels))) for each in factors]
    effects, compared = find_effects(factors, digits)
    bad = int(np.count_nonzero(alignment.distances))
    return Mistakes(
        images=len(alignment.lengths),
        wrong_images=bad,
        digits=digits,
        distances=alignment.distances,
        sequence_error_rate=sequence_rate(bad, len(alignment.lengths)),
        digit_error_rate=edit_rate(alignment.distances, alignment.lengths),
        confusion=confusion,
        # What was read is what stands for a true digit, or too many.
        added=np.maximum(read - confusion[:, :LOST].sum(axis=0), 0).round(9),
        swapped=float(digits.share[digits.outcome == SWAPPED].sum()),
        factors=rates,
        effects=effects,
        compared=compared,
        patterns=patterns,
    )


def _confusion(digits: Digits) -> Floats:
    """(K, K + 1): true digits by readings, and those not read at all."""
    classes = len(digits.alphabet)
    which = np.flatnonzero(digits.outcome >= NOT_READ)
    read = np.where(digits.outcome[which] == NOT_READ, classes, digits.outcome[which])
    places = digits.digit[digits.at[which]].astype(np.int64) * (classes + 1) + read
    size = classes * (classes + 1)
    table: Floats = np.bincount(places, digits.share[which], minlength=size).reshape(classes, classes + 1).astype(float)
    diagonal = np.arange(classes)
    table[diagonal, diagonal] = np.bincount(digits.digit, minlength=classes) - table.sum(axis=1)
    return table.round(9)
