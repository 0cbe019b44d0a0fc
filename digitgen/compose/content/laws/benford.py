"""Benford's law of the digits of numbers as they occur: small first digits are likelier.

The first n digits, read as a number d, have the probability ``log10(1 + 1/d)``. So digits depend on each other, and the
law of the first n is the same for numbers with more digits.

References
----------
Benford 1938, The law of anomalous numbers, Proceedings of the American Philosophical Society 78, 551-572

Hill 1995, A statistical derivation of the significant-digit law, Statistical Science 10, 354-363,
doi:10.1214/ss/1177009869
"""

from decimal import Context, Decimal
from functools import cache
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers, Pixels

_TOGETHER: Final = 3  # digits sampled at once, from a table
_LAST: Final = 15  # digit that depends on those before it by more than rounding does
_SUMMED: Final = 6  # positions whose marginals are summed up; those further on are uniform but for 2e-7


@cache
def _bounds() -> Floats:
    """(899,): the probability that the first three digits are at most 100, 101, ... 998; alike on all processors."""
    context = Context(prec=25)
    return np.array([float(context.log10(Decimal(number)) - 2) for number in range(101, 1000)])


def benford_digits(rng: np.random.Generator, count: int, longest: int) -> Pixels:
    """Sample the digits of numbers.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator to sample from.
    count : int
        Number of numbers, N.
    longest : int
        Number of digits of each, L.

    Returns
    -------
    ndarray
        (N, L) uint8: digits from 0 to 9, the first of them from 1.
    """
    first = 100 + np.searchsorted(_bounds(), rng.random(count), side="right")
    digits = np.empty((count, max(longest, _TOGETHER)), np.uint8)
    digits[:, 0], digits[:, 1], digits[:, 2] = first // 100, first // 10 % 10, first % 10
    before = first.astype(np.float64)
    for position in range(_TOGETHER, min(longest, _LAST)):
        digit = _next_digit(before, rng.random(count))
        digits[:, position] = digit
        before = before * 10 + digit
    digits[:, _LAST:] = rng.integers(0, 10, digits[:, _LAST:].shape, np.uint8)
    return digits[:, :longest]


def _next_digit(before: Floats, uniform: Floats) -> Floats:
    """The digit behind a number of three digits or more: it is less than d as ``log(1 + d/10n) / log(1 + 1/n)`` says.

    The inverse of that is ``10n * (exp(u * log(1 + 1/n)) - 1)``. Series of few terms are exact here, and as nothing
    in them but sums, products and quotients is, they give the same on every processor.
    """
    step = 1 / before  # at most 0.01
    logarithm = np.full_like(step, -1 / 8)
    for term in range(7, 0, -1):
        logarithm = logarithm * step + (1 / term if term % 2 else -1 / term)
    power = uniform * (logarithm * step)
    series = np.ones_like(step)
    for term in range(8, 1, -1):
        series = 1 + series * power / term
    digit: Floats = np.minimum(np.floor(10 * before * (power * series)), 9)
    return digit


def benford_probabilities(digits: Integers) -> Floats:
    """Compute the probability of digits.

    Parameters
    ----------
    digits : ndarray
        (N, L) int64: the first digits of numbers, at most 15 and the first of them not 0.

    Returns
    -------
    ndarray
        (N,): the probability of each row.
    """
    numbers = digits @ 10 ** np.arange(digits.shape[1] - 1, -1, -1)
    probabilities: Floats = np.log1p(1 / numbers) / np.log(10)
    return probabilities


def benford_marginals(longest: int) -> Floats:
    """Compute the probability of each digit at each position.

    Parameters
    ----------
    longest : int
        Number of positions, L.

    Returns
    -------
    ndarray
        (L, 10); right to 2e-7, and up to the sixth position to rounding.
    """
    marginals = np.full((longest, 10), 0.1)
    marginals[:_SUMMED] = _first_marginals()[:longest]
    return marginals


@cache
def _first_marginals() -> Floats:
    """(6, 10): the probability of each digit at the first positions, summed over the digits before it."""
    marginals: Floats = np.zeros((_SUMMED, 10))
    marginals[0, 1:] = np.log1p(1 / np.arange(1, 10))
    for position in range(1, _SUMMED):
        numbers = np.arange(10**position, 10 ** (position + 1), dtype=float).reshape(-1, 10)
        marginals[position] = np.log1p(1 / numbers).sum(axis=0)
    marginals /= np.log(10)
    return marginals
