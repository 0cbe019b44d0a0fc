"""All strings of a length: found by division as along the moves."""

import numpy as np
import pytest

from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.every import EveryString
from digitgen.rng import uniform_below


@pytest.mark.parametrize(
    ("length", "classes"), [(1, 10), (3, 10), (18, 10), (19, 10), (40, 10), (5, 1), (63, 2), (16, 16), (9, 256)]
)
def test_ranks_are_those_of_the_automaton(length: int, classes: int) -> None:
    fast, slow = EveryString.of_lengths(length, length, classes), Automaton.of_lengths(length, length, classes)
    assert fast.size == slow.size == classes**length
    ranks = uniform_below(np.random.default_rng(1), fast.size, 200)
    ranks[:2] = [0, fast.size - 1]
    for found, expected in zip(fast.unrank(ranks), slow.unrank(ranks), strict=True):
        np.testing.assert_array_equal(found, expected, strict=True)
    assert len(fast.unrank(ranks[:0])[0]) == 0
