"""Rates with honest intervals."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from digitgen.arrays import Floats, Integers

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 2000


@dataclass(frozen=True)
class Rate:
    """A rate with its 95 % interval.

    Attributes
    ----------
    value : float
        The rate.
    low, high : float
        The ends of the interval.
    """

    value: float
    low: float
    high: float


def wilson(wrong: Any, total: Any, z: float | None = None) -> tuple[Floats, Floats]:
    """Compute Wilson's score interval of a share.

    Parameters
    ----------
    wrong, total : array_like
        Number of trials that went wrong, and of all trials, at least 0; they need not be whole numbers.
    z : float, optional
        Quantile of the normal law; that of a 95 % interval by default.

    Returns
    -------
    low, high : ndarray
        From 0 where none went wrong, to 1 where all did; from 0 to 1 where there are no trials.

    References
    ----------
    Wilson 1927, Probable inference, the law of succession, and statistical inference, Journal of the American
    Statistical Association 22, doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> low, high = wilson(1, 10)
    >>> round(float(low), 3), round(float(high), 3)
    (0.018, 0.404)
    """
    z = two_sided(1) if z is None else z
    total = np.asarray(total, float)
    trials = np.maximum(total, 1e-12)
    share = np.asarray(wrong, float) / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # The ends that are 0 or 1 are so exactly; the formula rounds them to something like 2e-17.
    low, high = np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
    return np.where(share > 0, low, 0.0), np.where((share < 1) & (total > 0), high, 1.0)


def two_sided(comparisons: int) -> float:
    """Find the normal quantile of so many intervals that all hold together at 95 % (Bonferroni).

    References
    ----------
    Dunn 1961, Multiple comparisons among means, Journal of the American Statistical Association 56,
    doi:10.1080/01621459.1961.10482090
    """
    return NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (2 * max(comparisons, 1)))


def sequence_rate(wrong: int, total: int) -> Rate:
    """Compute the share of sequences that are wrong, with Wilson's interval.

    Parameters
    ----------
    wrong, total : int
        Number of wrong sequences, and of all.

    Returns
    -------
    Rate
        From 0 to 1.
    """
    low, high = wilson(wrong, total)
    return Rate(wrong / total, float(low), float(high))


def unpaired_difference(wrong: int, total: int, other_wrong: int, other_total: int) -> Rate:
    """Compute the difference of two shares of different trials, with an interval of both of Wilson's.

    Parameters
    ----------
    wrong, total : int
        Number of trials of the one that went wrong, and of all.
    other_wrong, other_total : int
        The same of the other.

    Returns
    -------
    Rate
        The other less the one.

    References
    ----------
    Newcombe 1998, Interval estimation for the difference between independent proportions, Statistics in Medicine 17,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    one, other = sequence_rate(wrong, total), sequence_rate(other_wrong, other_total)
    middle = other.value - one.value
    below = np.hypot(other.value - other.low, one.high - one.value)
    above = np.hypot(other.high - other.value, one.value - one.low)
    return Rate(middle, float(middle - below), float(middle + above))


def edit_rate(edits: Integers, lengths: Integers) -> Rate:
    """Compute the edits per true digit, with an interval by bootstrap over sequences.

    Sequences with the same edits and length are interchangeable, so that sampling all of them again is
    one sample from a multinomial law: 2,000 resamples of a million sequences take milliseconds. The
    seed is fixed. Without a single edit, every resample has none; the upper end is then Wilson's for
    none of so many sequences.

    Parameters
    ----------
    edits, lengths : ndarray
        (N,): edits and true digits of each sequence; N is at least 1.

    Returns
    -------
    Rate
        0 or more.

    References
    ----------
    Efron 1979, Bootstrap methods: another look at the jackknife, Annals of Statistics 7, doi:10.1214/aos/1176344552
    """
    total = int(lengths.sum())
    if not edits.any():
        return Rate(0.0, 0.0, float(wilson(0, len(edits))[1]))
    base = int(edits.max()) + 1
    kinds, counts = np.unique(lengths * base + edits, return_counts=True)
    rng = np.random.Generator(np.random.PCG64DXSM(0))
    samples = rng.multinomial(len(edits), counts / len(edits), size=RESAMPLES)
    rates = (samples @ (kinds % base)) / (samples @ (kinds // base))
    low, high = np.quantile(rates, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Rate(int(edits.sum()) / total, float(low), float(high))
