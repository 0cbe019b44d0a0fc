"""The intra-class correlation: it says how alike the digits of one string are."""

from typing import NamedTuple

import numpy as np

from digitgen.arrays import Bools, Floats, Integers


class Variation(NamedTuple):
    """Variation of a measure between strings and within them.

    Attributes
    ----------
    mean : float
        Mean over all digits.
    sd : float
        Standard deviation of a digit of any string: sqrt(between + within).
    within : float
        Standard deviation of the digits of one string.
    correlation : float
        Intra-class correlation: between / (between + within), as variances; below 0 if digits of one string differ more
        than others do.
    """

    mean: float
    sd: float
    within: float
    correlation: float

    @property
    def between(self) -> float:
        """Standard deviation of the strings' own values, 0 if their variance is estimated below 0."""
        return float(np.sqrt(max(0.0, self.sd**2 - self.within**2)))


def variation(values: Floats, strings: Integers, classes: Integers, use: Bools | None = None) -> Variation:
    """Estimate how a measure varies, by a one-way analysis of variance with random effects.

    Class means are subtracted first, so that a 1, which is thinner than an 8, says nothing about a string. With k
    strings of n_i digits, N in all, mean squares MSB between strings and MSW within them, and
    n0 = (N - sum(n_i^2) / N) / (k - 1), the variances are MSW within and (MSB - MSW) / n0 between.

    Parameters
    ----------
    values : ndarray
        (d,) float64: a measure of digits; NaN is passed over.
    strings : ndarray
        (d,) int64: the string of each, from 0.
    classes : ndarray
        (d,) int64: its class; one number where classes are not known.
    use : ndarray, optional
        (d,) bool: digits to use; all by default.

    Returns
    -------
    Variation
        NaN where there are too few strings or digits.

    References
    ----------
    Searle, Casella and McCulloch 1992, Variance Components, chapter 3, doi:10.1002/9780470316856
    """
    kept = np.isfinite(values) if use is None else np.isfinite(values) & use
    values, strings, classes = values[kept], strings[kept], classes[kept]
    if not len(values):
        return Variation(np.nan, np.nan, np.nan, np.nan)
    mean = float(values.mean())
    _, kinds, of_kind = np.unique(classes, return_inverse=True, return_counts=True)
    values = values - (np.bincount(kinds, values) / of_kind)[kinds]
    sizes = np.bincount(strings)
    means = np.bincount(strings, values) / np.maximum(sizes, 1)
    groups, total = np.count_nonzero(sizes), len(values)
    if groups < 2 or total <= groups:
        return Variation(mean, np.nan, np.nan, np.nan)
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (groups - 1)
    within = float(((values - means[strings]) ** 2).sum()) / (total - groups)
    size = (total - float((sizes * sizes).sum()) / total) / (groups - 1)
    component = (between - within) / size
    whole = component + within
    if whole <= 0:
        return Variation(mean, np.nan, np.sqrt(within), np.nan)
    return Variation(mean, np.sqrt(whole), np.sqrt(within), component / whole)
