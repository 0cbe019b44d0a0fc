"""Chi-square tests of whether counts agree with a law, and their p-values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from digitgen.arrays import Floats, Integers

LEAST: Final = 5.0
"""Least count to expect in a cell, as the rule of thumb for chi-square has it."""

LEAST_OF_MANY: Final = 0.5
"""The same where there are so many cells that their sum is normal all the same."""

MANY: Final = 1000
"""So many cells."""


@dataclass(frozen=True)
class ChiSquareTest:
    """A test of whether counts agree with a law.

    Attributes
    ----------
    claim : str
        The law in words.
    statistic : float
        Pearson's chi-square.
    freedom : int
        Degrees of freedom; 0 where nothing can vary.
    p : float or None
        Probability that chance alone makes counts that are so far off or further; None if there are too few to tell.
    """

    claim: str
    statistic: float
    freedom: int
    p: float | None


def chi_square(claim: str, counts: NDArray[Any], expected: NDArray[Any], *, merge: bool = True) -> ChiSquareTest:
    """Test independent counts against their expected values.

    Parameters
    ----------
    claim : str
        The law in words.
    counts, expected : ndarray
        (..., k): the last axis is one multinomial each, with the same total in both.
    merge : bool, default True
        Take neighbouring cells together until five or more are expected of each, as the test needs.

    Returns
    -------
    ChiSquareTest
        One test of all multinomials together. A count where none is expected makes p zero.

    References
    ----------
    Pearson 1900, On the criterion that a given system of deviations from the probable in the case of a correlated
    system of variables is such that it can be reasonably supposed to have arisen from random sampling, Philosophical
    Magazine 50, doi:10.1080/14786440009463897

    Cochran 1954, Some methods for strengthening the common chi-square tests, Biometrics 10, doi:10.2307/3001616
    """
    counts, expected = np.atleast_2d(counts).astype(np.float64), np.atleast_2d(expected).astype(np.float64)
    if (counts[expected <= 0] > 0).any():
        return ChiSquareTest(claim, float("inf"), 0, 0.0)
    statistic, freedom, least = 0.0, 0, np.inf
    for found, wanted in zip(counts, expected, strict=True):
        cells, law = found[wanted > 0], wanted[wanted > 0]
        if merge and law.size and law.min() < LEAST:
            starts = _merged(law)
            cells, law = np.add.reduceat(cells, starts), np.add.reduceat(law, starts)
        if law.size > 1:
            statistic += float((np.square(cells - law) / law).sum())
            freedom += law.size - 1
            least = min(least, law.min())
    if not freedom:
        certain = counts.sum() and ((expected > 0).sum(axis=-1) <= 1).all()
        return ChiSquareTest(claim, 0.0, 0, 1.0 if certain else None)
    enough = least >= LEAST or (freedom >= MANY and least >= LEAST_OF_MANY)
    return ChiSquareTest(claim, statistic, freedom, p_value(statistic, freedom) if enough else None)


def _merged(expected: Floats) -> Integers:
    """Find the places at which new cells begin, so that enough is expected of each."""
    starts, total = [0], 0.0
    for place, more in enumerate(expected.tolist()):
        if total >= LEAST:
            starts.append(place)
            total = 0.0
        total += more
    if total < LEAST and len(starts) > 1:
        starts.pop()
    return np.array(starts)


def any_of(claim: str, tests: Sequence[ChiSquareTest]) -> ChiSquareTest:
    """Judge tests that depend on each other together: the smallest p-value, times their number (Bonferroni).

    Parameters
    ----------
    claim : str
        The claim of all tests, in words.
    tests : sequence of ChiSquareTest
        The tests.

    Returns
    -------
    ChiSquareTest
        The worst test, with the p-value for all.
    """
    known = [test for test in tests if test.p is not None]
    if not known:
        return ChiSquareTest(claim, 0.0, 0, None)
    worst = min(known, key=lambda test: test.p or 0.0)
    varied = sum(test.freedom > 0 for test in known)  # those that chance could fail
    return ChiSquareTest(claim, worst.statistic, worst.freedom, min(1.0, (worst.p or 0.0) * max(varied, 1)))


def p_value(statistic: float, freedom: int) -> float:
    """Compute the probability that chance alone makes a chi-square as large as this, or larger.

    Parameters
    ----------
    statistic : float
        The chi-square.
    freedom : int
        Its degrees of freedom, 1 or more.

    Returns
    -------
    float
        From 0 to 1.
    """
    return float(gammaincc(freedom / 2, statistic / 2))
