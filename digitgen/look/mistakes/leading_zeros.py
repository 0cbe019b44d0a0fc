"""Tell predictions that went through numbers, which drop leading zeros, from a model that errs."""

from typing import Final

import numpy as np
from scipy.special import gammaln

from digitgen.alphabet import DIGITS
from digitgen.arrays import Bools, Floats, Integers
from digitgen.look.mistakes.alignment import Digits
from digitgen.look.mistakes.edit_graph import NOT_READ, OUTCOMES
from digitgen.look.mistakes.predictions import Predictions

BEYOND_CHANCE: Final = 0.001
"""The p-value below which leading zeros count as lost."""
LEAST: Final = 5
"""Images that begin with 0, of which fewer are no habit."""
_HALF: Final = 0.5 - 1e-9


def lost_zeros(digits: Digits, lengths: Integers, predictions: Predictions) -> int | None:
    """Count the images that have lost a leading zero, if the predictions seem to have gone through numbers.

    Three things must hold. No prediction of two digits or more begins with 0. Leading zeros are read less often
    than zeros behind another digit: so it is not the digit that the model cannot read. And they are left out more
    often than other first digits: so it is not the place. "Less" and "more" are so by Fisher's exact test, with p
    below `BEYOND_CHANCE`, and for `LEAST` leading zeros or more. Each image counts once a group, because digits of one
    image go wrong together. Images of one digit do not count, because a number keeps a single 0. Strings of an alphabet
    that has more than digits are no numbers.

    Parameters
    ----------
    digits : Digits
        Every true digit, and its reading.
    lengths : ndarray
        (N,): number of true digits of each image.
    predictions : Predictions
        Predictions for the N images.

    Returns
    -------
    int or None
        Number of images of two digits or more that begin with 0; None if nothing is lost, or it is too little to tell.
    """
    zero_class = digits.alphabet.find("0")
    if zero_class < 0 or set(digits.alphabet) - set(DIGITS):
        return None
    starts = np.cumsum(predictions.lengths) - predictions.lengths
    if (predictions.digits[starts[predictions.lengths > 1]] == zero_class).any():
        return None
    firsts = (np.cumsum(lengths) - lengths)[lengths > 1]
    zero = digits.digit[firsts] == zero_class
    leading, others = firsts[zero], firsts[~zero]
    zeros, lost = np.zeros((2, len(digits.alphabet), len(digits.alphabet) + OUTCOMES), bool)
    zeros[zero_class, : len(digits.alphabet)] = zeros[zero_class, NOT_READ] = lost[:, NOT_READ] = True
    # What may be so in half of the alignments or more is so.
    read, there = (digits.gone(each) < _HALF for each in (zeros, lost))
    inner = _inner_zeros(digits.digit == zero_class, digits, lengths)
    tests = (read[leading], read[inner]), (there[leading], there[others])
    enough = len(leading) >= LEAST
    return len(leading) if enough and all(_less_often(*each) < BEYOND_CHANCE for each in tests) else None


def _inner_zeros(zero: Bools, digits: Digits, lengths: Integers) -> Integers:
    """Find the last zero of each image that has one behind a digit that is not 0."""
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    before = np.concatenate([[0], np.cumsum(~zero)])  # digits that are not 0, in front of each
    zeros = np.flatnonzero(zero & (before[:-1] > before[starts]))
    last: Integers = zeros[np.diff(digits.sequence[zeros], append=-1) != 0]
    return last


def _less_often(some: Bools, others: Bools) -> float:
    """Fisher's exact p-value of whether something is true less often of some trials than of others.

    References
    ----------
    Fisher 1922, On the interpretation of chi-square from contingency tables, and the calculation of P, Journal of the
    Royal Statistical Society 85, doi:10.2307/2340521
    """
    n, m, true = len(some), len(others), int(some.sum() + others.sum())
    few = np.arange(max(0, true - m), int(some.sum()) + 1)
    log = _log_choose(n, few) + _log_choose(m, true - few) - _log_choose(n + m, np.array(true))
    return float(np.exp(log).sum())


def _log_choose(total: int, some: Integers) -> Floats:
    """Compute the logarithm of the number of ways to choose."""
    ways: Floats = gammaln(total + 1) - gammaln(some + 1) - gammaln(total - some + 1)
    return ways
