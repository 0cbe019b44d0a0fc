"""Rates with honest intervals: digits of one image go wrong together, and many groups are compared at once."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, eq=False)
class Groups:
    """The digits of each of K groups against those outside it; arrays are (K,).

    Attributes
    ----------
    digits, images : ndarray
        Number of digits in the group, and of images they stand in.
    total : ndarray
        Sum of the values of the digits in the group.
    rate, rate_error : ndarray
        Their mean and its standard error; NaN without digits.
    difference, difference_error : ndarray
        The mean in the group less that of all digits outside it, and its standard error; NaN where
        either has no digits.
    """

    digits: Integers
    images: Integers
    total: Integers
    rate: Floats
    rate_error: Floats
    difference: Floats
    difference_error: Floats

    def interval(self) -> tuple[Floats, Floats]:
        """Compute the 95 % intervals of rates from 0 to 1.

        They are Wilson's, for as many independent digits as would have the same standard error; where
        that is zero because all went well or all went wrong, for as many as there are images.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            worth = self.rate * (1 - self.rate) / self.rate_error**2
        worth = np.where(np.isfinite(worth) & (worth > 0), np.minimum(worth, self.digits), self.images)
        return wilson(np.nan_to_num(self.rate) * worth, worth)


def group_rates(
    sequence: Integers, group: NDArray[np.integer[Any]], values: NDArray[np.integer[Any]], count: int
) -> Groups:
    """Compare each group of digits with all digits outside it.

    Standard errors allow for digits of one sequence going wrong together: they are those of a ratio of
    sums over sequences, linearised.

    Parameters
    ----------
    sequence : ndarray
        (T,): the sequence of each digit, 0 to N - 1; ascending.
    group : ndarray
        (T,): its group, 0 to `count` - 1, or -1 for none.
    values : ndarray
        (T,): 0 to 3 each, such as whether the digit went wrong.
    count : int
        Number of groups, K.

    Returns
    -------
    Groups
        One item a group.

    References
    ----------
    Cochran 1977, Sampling Techniques, third edition, Wiley; section 6.4 on ratios and 9A on clusters
    """
    edits = np.bincount(sequence, values)
    sizes = np.bincount(sequence).astype(float)
    inside = np.flatnonzero(group >= 0)
    # One number says sequence, group and value; sorted, the digits of a sequence in a group are neighbours.
    keys = (sequence[inside] * count + group[inside]) * 4 + values[inside]
    keys.sort(kind="stable")
    cells, amounts = keys >> 2, (keys & 3).astype(float)
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    cells = cells[starts]
    where, which = cells // count, cells % count
    n = np.diff(starts, append=len(keys)).astype(float)
    a = np.add.reduceat(amounts, starts) if len(starts) else amounts
    e, d = edits[where], sizes[where]
    hit = np.flatnonzero(a)  # most sequences are read well

    def add(values: Floats) -> Floats:
        return np.bincount(which, values, minlength=count).astype(float)

    def add_hit(values: Floats) -> Floats:
        return np.bincount(which[hit], a[hit] * values[hit], minlength=count).astype(float)

    digits, total = add(n), add(a)
    aa, an, ae, ad = (add_hit(values) for values in (a, n, e, d))
    nn, ne, nd = (add(n * values) for values in (n, e, d))
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = 1 / digits, 1 / (sizes.sum() - digits)
        rate, rest = total * one, (edits.sum() - total) * other
        # Of each sequence: one * (a - rate * n) - other * ((e - a) - rest * (d - n)), squared and added up.
        ca, cn, ce, cd = one + other, -(one * rate + other * rest), -other, other * rest
        squares = (
            ca * ca * aa
            + cn * cn * nn
            + ce * ce * (edits @ edits)
            + cd * cd * (sizes @ sizes)
            + 2 * (ca * cn * an + ca * ce * ae + ca * cd * ad)
            + 2 * (cn * ce * ne + cn * cd * nd + ce * cd * (edits @ sizes))
        )
        own = one * one * (aa - 2 * rate * an + rate * rate * nn)
        more = len(sizes) / max(len(sizes) - 1, 1)
        return Groups(
            digits.astype(np.int64),
            np.bincount(which, minlength=count),
            total.astype(np.int64),
            rate,
            np.sqrt(np.maximum(own * more, 0)),
            rate - rest,
            np.sqrt(np.maximum(squares * more, 0)),
        )
