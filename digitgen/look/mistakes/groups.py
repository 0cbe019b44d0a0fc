"""Groups of digits compared with others, honestly: digits of one image go wrong together, and some errors are few."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers
from digitgen.look.mistakes.rates import wilson


@dataclass(frozen=True)
class Excess:
    """Errors that a group of digits has too many, against others.

    Attributes
    ----------
    digits : int
        Number of its digits.
    wrong : float
        Number of those that went wrong.
    excess, error : float
        Errors that it would not have if it erred as often as the others, and their standard error.
    """

    digits: int
    wrong: float
    excess: float
    error: float


@dataclass(frozen=True, eq=False)
class Groups:
    """The digits of each of K groups against those of the others; arrays are (K,).

    Attributes
    ----------
    digits, images : ndarray
        Number of digits in the group, and of images they stand in.
    total : ndarray
        Sum of the values of the digits in the group.
    rate, rate_error : ndarray
        Their mean and its standard error; NaN without digits.
    difference, difference_error : ndarray
        The mean in the group less that of the digits of all other groups, and its standard error; NaN where
        either has no digits.
    """

    digits: Integers
    images: Integers
    total: Floats
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


def group_rates(sequence: Integers, group: NDArray[np.integer[Any]], values: Floats, count: int) -> Groups:
    """Compare each group of digits with the digits of all other groups.

    Standard errors allow for digits of one sequence going wrong together: they are those of a ratio of
    sums over sequences, linearised.

    Parameters
    ----------
    sequence : ndarray
        (T,): the sequence of each digit, 0 to N - 1; ascending.
    group : ndarray
        (T,): its group, 0 to `count` - 1, or -1 for none.
    values : ndarray
        (T,): such as how far the digit went wrong.
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
    inside = group >= 0
    if not inside.all():
        sequence, group, values = sequence[inside], group[inside], values[inside]
    hit = np.flatnonzero(values)  # most digits are read well
    sizes = np.bincount(sequence).astype(float)
    edits = np.bincount(sequence[hit], values[hit], minlength=len(sizes))
    # A cell is a sequence and a group; sorted, the digits of a cell are neighbours.
    keys = sequence * count + group
    wrong, amounts = keys[hit], values[hit]
    keys.sort(kind="stable")
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    cells, n = keys[starts], np.diff(starts, append=len(keys)).astype(float)
    where, which = cells // count, cells % count
    place = np.searchsorted(cells, wrong)
    a = np.bincount(place, amounts, minlength=len(cells))
    d = sizes[where]
    bad = np.flatnonzero(edits[where])

    def add(values: Floats) -> Floats:
        return np.bincount(which, values, minlength=count).astype(float)

    def add_bad(values: Floats) -> Floats:
        return np.bincount(which[bad], values, minlength=count).astype(float)

    digits = add(n)
    a_bad, n_bad, e_bad, d_bad = a[bad], n[bad], edits[where[bad]], d[bad]
    total, aa, an, ae, ad = (add_bad(a_bad * each) for each in (np.ones(len(bad)), a_bad, n_bad, e_bad, d_bad))
    nn, nd, ne = add(n * n), add(n * d), add_bad(n_bad * e_bad)
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
        sequences = int(np.count_nonzero(sizes))
        more = sequences / max(sequences - 1, 1)
        return Groups(
            digits.astype(np.int64),
            np.bincount(which, minlength=count),
            total,
            rate,
            np.sqrt(np.maximum(own * more, 0)),
            rate - rest,
            np.sqrt(np.maximum(squares * more, 0)),
        )


def err_more(sequence: Integers, inside: Bools, values: Floats, z: float) -> Excess | None:
    """Compare a group of digits with all others, if it errs more beyond doubt.

    The difference must be more than `z` standard errors, which allow for digits that go wrong together. And so must be
    the root of twice the logarithm of the likelihood ratio, which holds where there are few errors inside or outside.

    Parameters
    ----------
    sequence : ndarray
        (T,): the sequence of each digit.
    inside : ndarray
        (T,) bool: whether it is in the group.
    values : ndarray
        (T,): how far it went wrong, from 0 to 1.
    z : float
        Quantile of the normal law.

    Returns
    -------
    Excess or None
        None if it may err more by chance, or does not.
    """
    excess, error = stratified_excess(sequence, np.zeros(len(inside), np.int8), inside, values)
    count, wrong = int(inside.sum()), float(values[inside].sum())
    ratio = float(scan_ratio(count, wrong, len(inside), float(values.sum())))
    if not (excess > z * error and 2 * ratio > z * z):
        return None
    return Excess(count, wrong, excess, error)


def stratified_excess(
    sequence: Integers, stratum: NDArray[np.integer[Any]], inside: Bools, values: Floats
) -> tuple[float, float]:
    """Compare a group with the digits outside it, stratum by stratum.

    Parameters
    ----------
    sequence : ndarray
        (T,): the sequence of each digit.
    stratum : ndarray
        (T,): its stratum, from 0.
    inside : ndarray
        (T,) bool: whether it is in the group.
    values : ndarray
        (T,): how far it went wrong.

    Returns
    -------
    excess : float
        Errors that the group would not have if it erred in each stratum as often as the digits outside it do. Strata
        that lie all inside or all outside say nothing, and count for nothing.
    error : float
        Its standard error, by linearisation; digits of one sequence go wrong together.
    """
    group = stratum * 2 + inside
    size = 2 * (int(stratum.max(initial=0)) + 1)
    count, total = np.bincount(group, minlength=size).astype(float), np.bincount(group, values, minlength=size)
    mean = total / np.maximum(count, 1)
    outside, within = count[::2], count[1::2]
    tells = (outside > 0) & (within > 0)
    excess = float((within * (mean[1::2] - mean[::2]))[tells].sum())
    weight = np.zeros(size)
    weight[1::2] = tells
    weight[::2] = np.where(tells, -within / np.maximum(outside, 1), 0)
    sums = np.bincount(sequence, weight[group] * (values - mean[group]))
    return excess, float(np.sqrt(sums @ sums))


def scan_ratio(total: Any, wrong: Any, whole: float, bad: float) -> Floats:
    """Measure how much better one share of errors inside a group and one outside fit than one share for all.

    Parameters
    ----------
    total, wrong : array_like
        Trials in each group, and those of them that went wrong; these need not be whole numbers.
    whole, bad : float
        All trials, and all that went wrong.

    Returns
    -------
    ndarray
        The logarithm of the likelihood ratio, of at least 0; -inf where no more go wrong inside
        than outside.

    References
    ----------
    Kulldorff 1997, A spatial scan statistic, Communications in Statistics: Theory and Methods 26,
    doi:10.1080/03610929708831995
    """
    total = np.asarray(total, float)
    wrong = np.clip(wrong, 0, np.minimum(total, bad))  # sums of shares may be off by a rounding error
    ratio: Floats = _likelihood(total, wrong) + _likelihood(whole - total, bad - wrong) - _likelihood(whole, bad)
    with np.errstate(divide="ignore", invalid="ignore"):
        more = wrong / total > (bad - wrong) / (whole - total)
    return np.where(more, ratio, -np.inf)


def _likelihood(total: Any, wrong: Any) -> Floats:
    """Compute the logarithm of the largest likelihood of so many errors."""
    right = np.maximum(total - wrong, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.nan_to_num(wrong * np.log(wrong / total)), np.nan_to_num(right * np.log(right / total))
    likelihood: Floats = terms[0] + terms[1]
    return likelihood
