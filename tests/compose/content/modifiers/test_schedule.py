"""Schedules: kinds of images in exact proportion in each block, at random places."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from digitgen.compose.content.modifiers.schedule import Schedule
from digitgen.rng import Address
from tests.reference import assert_follows


@pytest.mark.parametrize(
    ("weights", "counts"),
    [
        ([1.0], (1,)),
        ([7.0], (1,)),
        ([1, 1, 1], (1, 1, 1)),
        ([0.2, 0.2, 0.6], (1, 1, 3)),
        ([0.1, 0.9], (1, 9)),
        ([1 / 3, 2 / 3], (1, 2)),
        ([1 / 7] * 7, (1,) * 7),
        ([0.25, 1.5], (1, 6)),
    ],
)
def test_weights_become_the_smallest_counts_in_their_proportion(weights: list[float], counts: tuple[int, ...]) -> None:
    assert Schedule(weights).counts == counts


def test_proportions_that_need_longer_blocks_are_rounded() -> None:
    weights = [0.123457, 0.2345679, 0.31415926, 0.000001, 1e-30]
    schedule = Schedule(weights)
    assert schedule.block <= 2**31 + len(weights)
    assert np.allclose(np.array(schedule.counts) / schedule.block, np.array(weights) / sum(weights), atol=2**-30)
    assert min(schedule.counts) >= 1


@pytest.mark.parametrize("weights", [[1.0], [1, 1, 1], [0.3, 0.2, 0.5], [0.301, 0.699]])
def test_every_block_has_the_kinds_in_proportion_and_numbers_them(weights: list[float]) -> None:
    schedule = Schedule(weights)
    which, places = schedule(Address(1), np.arange(3 * schedule.block))
    for block in np.split(which, 3):
        assert np.bincount(block).tolist() == list(schedule.counts)
    for kind, count in enumerate(schedule.counts):
        assert sorted(places[which == kind].tolist()) == list(range(3 * count))


def test_every_order_of_a_block_is_as_likely() -> None:
    which, _ = Schedule([1, 2])(Address(1), np.arange(9000))
    law = dict.fromkeys([(0, 1, 1), (1, 0, 1), (1, 1, 0)], Fraction(1, 3))
    blocks = [tuple(block) for block in which.reshape(-1, 3).tolist()]
    assert_follows(blocks, law)
    assert_follows(zip(blocks[::2], blocks[1::2], strict=True), dict.fromkeys(product(law, law), Fraction(1, 9)))


def test_an_image_has_its_kind_whatever_others_are_asked_for() -> None:
    for weights in ([1, 1, 1], [0.1234, 0.8766]):
        schedule = Schedule(weights)
        which, places = schedule(Address(9), np.arange(5000))
        some_which, some_places = schedule(Address(9), np.arange(2111, 2999))
        assert np.array_equal(some_which, which[2111:2999])
        assert np.array_equal(some_places, places[2111:2999])
