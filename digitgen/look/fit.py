"""Whether counts agree with a law: chi-square tests and their p-values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

_LEAST: Final = 5.0  # expected in a cell, as the rule of thumb for chi-square has it
_LEAST_OF_MANY: Final = 0.5  # where there are so many cells that their sum is normal all the same
_MANY: Final = 1000


@dataclass(frozen=True)
class Fit:
    """How well counts agree with a law.

    Attributes
    ----------
    claim : str
        What the law says, in words.
    statistic : float
        Pearson's chi-square.
    freedom : int
        Degrees of freedom; 0 where nothing can vary.
    p : float or None
        How often chance alone makes counts that are so far off or further; None if there are too few to tell.
    """

    claim: str
    statistic: float
    freedom: int
    p: float | None


def chi_square(claim: str, counts: NDArray[Any], expected: NDArray[Any]) -> Fit:
    """Test independent counts against what is expected of them.

    Parameters
    ----------
    claim : str
        What is tested.
    counts, expected : ndarray
        (..., k): the last axis is one multinomial each, with the same total in both.

    Returns
    -------
    Fit
        Of all multinomials together. What should never occur and did makes p zero.
    """
    counts, expected = np.atleast_2d(counts).astype(np.float64), np.atleast_2d(expected).astype(np.float64)
    possible = expected > 0
    if (counts[~possible] > 0).any():
        return Fit(claim, float("inf"), 0, 0.0)
    kept = possible.sum(axis=-1) > 1
    cells = expected[kept][possible[kept]]
    freedom = int(possible[kept].sum() - kept.sum())
    if not freedom:
        return Fit(claim, 0.0, 0, 1.0 if counts.sum() else None)
    statistic = float((np.square(counts[kept][possible[kept]] - cells) / cells).sum())
    enough = cells.min() >= _LEAST or (freedom >= _MANY and cells.min() >= _LEAST_OF_MANY)
    return Fit(claim, statistic, freedom, p_value(statistic, freedom) if enough else None)


def any_of(claim: str, fits: Sequence[Fit]) -> Fit:
    """One verdict on tests that depend on each other: the smallest p-value, times how many there are (Bonferroni)."""
    told = [fit for fit in fits if fit.p is not None and fit.freedom]
    if not told:
        return Fit(claim, 0.0, 0, None)
    worst = min(told, key=lambda fit: fit.p or 0.0)
    return Fit(claim, worst.statistic, worst.freedom, min(1.0, (worst.p or 0.0) * len(told)))


def p_value(statistic: float, freedom: int) -> float:
    """How often chance alone makes a chi-square of so many degrees of freedom as large as this, or larger."""
    return float(gammaincc(freedom / 2, statistic / 2))
