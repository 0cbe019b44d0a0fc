"""Normal numbers: of the standard normal law, independent, and the same everywhere."""

import hashlib

import numpy as np
from scipy.stats import chisquare, kstest, norm

from digitgen.augment.numerics.normal import standard_normal
from digitgen.rng import Address


def test_numbers_follow_the_standard_normal_law() -> None:
    numbers = standard_normal(Address(1).generator, 200_001)
    assert numbers.shape == (200_001,)
    assert kstest(numbers, norm.cdf).pvalue > 1e-3
    edges = norm.ppf(np.linspace(0, 1, 201)[1:-1])
    assert chisquare(np.bincount(np.searchsorted(edges, numbers), minlength=200)).pvalue > 1e-3
    tails = np.abs(numbers) > 3
    assert abs(tails.mean() / (2 * norm.sf(3)) - 1) < 0.15


def test_the_two_numbers_that_come_from_one_point_are_independent() -> None:
    halves = standard_normal(Address(2).generator, 100_000).reshape(2, -1)
    quarter = np.searchsorted(norm.ppf([0.25, 0.5, 0.75]), halves)
    assert chisquare(np.bincount(quarter[0] * 4 + quarter[1], minlength=16)).pvalue > 1e-3


def test_the_bits_of_the_numbers_stay_what_they_are() -> None:
    numbers = standard_normal(Address(3).generator, 10_000)
    assert hashlib.sha256(numbers.tobytes()).hexdigest()[:12] == "62e3b61b096b"


def test_no_numbers_can_be_asked_for() -> None:
    assert standard_normal(Address(1).generator, 0).shape == (0,)
