"""Permutations that are evaluated anywhere: each place once, in orders that are as likely as any other."""

from fractions import Fraction
from itertools import permutations
from math import isqrt

import numpy as np
import pytest
from scipy.stats import chisquare

from digitgen.permutation import LARGEST, Permutations, shuffles
from digitgen.rng import Address
from tests.reference import assert_follows, uniform


def permuted(seed: int, size: int, places: np.ndarray) -> np.ndarray:
    return Permutations(Address(seed), [size])(np.zeros(len(places), np.int64), places)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 10, 255, 256, 257, 271, 1000, 1024, 4099, 65_536, 100_000])
def test_every_place_goes_to_a_place_of_its_own(size: int) -> None:
    for seed in range(3):
        assert np.array_equal(np.sort(permuted(seed, size, np.arange(size))), np.arange(size))


@pytest.mark.parametrize("size", [10**12, 2**62, 2**62 + 1, LARGEST])
def test_huge_sizes_have_no_place_twice_and_none_outside(size: int) -> None:
    places = np.concatenate([np.arange(5000), np.arange(size - 5000, size)])
    found = permuted(1, size, places)
    assert len(np.unique(found)) == len(places)
    assert found.min() >= 0
    assert found.max() < size
    assert chisquare(np.histogram(found.astype(float), 50, (0, float(size)))[0]).pvalue > 1e-4


def test_every_order_of_few_places_is_as_likely() -> None:
    orders = shuffles(Address(1), np.arange(5000), 4)
    assert_follows(map(tuple, orders.tolist()), uniform(permutations(range(4))))


@pytest.mark.parametrize("size", [256, 257, 300])
def test_a_network_takes_every_place_to_every_other_and_pairs_to_pairs(size: int) -> None:
    keys, count = 4000, 12
    which = np.zeros(keys * count, np.int64)
    places = (np.arange(keys)[:, None] * size + np.arange(count)).ravel()  # of one permutation each
    found = Permutations(Address(7), [size])(which, places).reshape(keys, count)
    for place in range(count):
        assert chisquare(np.bincount(found[:, place], minlength=size)).pvalue > 1e-4
        for other in range(place):
            difference = (found[:, place] - found[:, other]) % size
            assert chisquare(np.bincount(difference, minlength=size)[1:]).pvalue > 1e-5
            assert not (difference == 0).any()
    cells = found * 4 // size
    assert_follows(zip(*cells[:, :2].T.tolist(), strict=True), _pairs_of_quarters(size))


def _pairs_of_quarters(size: int) -> dict[tuple[int, int], Fraction]:
    """How likely two different places are in two quarters."""
    counts = np.bincount(np.arange(size) * 4 // size).tolist()
    total = size * (size - 1)
    return {(i, j): Fraction(counts[i] * (counts[j] - (i == j)), total) for i in range(4) for j in range(4)}


@pytest.mark.parametrize("size", [7, 400])
def test_places_past_the_last_are_of_further_permutations(size: int) -> None:
    found = permuted(3, size, np.arange(3 * size)).reshape(3, size)
    assert all(np.array_equal(np.sort(row), np.arange(size)) for row in found)
    assert len({tuple(row) for row in found.tolist()}) == 3


def test_a_place_goes_where_it_goes_whatever_others_are_asked_for() -> None:
    which, places = np.arange(3000) % 3, np.arange(3000)[::-1]
    permutation = Permutations(Address(5), [6, 500, 10**9])
    found = permutation(which, places)
    some = np.array([2999, 7, 8, 1500])
    assert permutation(which[some], places[some]).tolist() == found[some].tolist()


def test_kinds_and_addresses_have_permutations_of_their_own() -> None:
    for size in (200, 5000):
        places = np.arange(100)
        two = Permutations(Address(5), [size, size])
        ways = [two(np.full(100, kind), places).tolist() for kind in (0, 1)] + [permuted(6, size, places).tolist()]
        assert len(set(map(tuple, ways))) == 3


def test_sides_of_a_network_lose_few_places() -> None:
    for size in (256, 257, 10**6 + 3, LARGEST):
        height = isqrt(size - 1) + 1
        assert height * -(-size // height) - size <= height
