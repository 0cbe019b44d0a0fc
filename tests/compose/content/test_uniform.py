"""Uniform digits: sampled as the law says, and the law says what is sampled."""

from typing import Any

import numpy as np
import pytest

from digitgen.compose.content.uniform import UniformDigits
from digitgen.errors import ArgumentError
from tests.compose.content.laws import assert_knows_what_it_samples
from tests.reference import assert_follows, uniform


def test_lengths_and_digits_are_uniform_and_independent() -> None:
    lengths, digits = UniformDigits((2, 5)).sample(np.random.default_rng(1), 60_000)
    assert (lengths.dtype, digits.dtype, len(digits)) == (np.dtype("i8"), np.dtype("u1"), lengths.sum())
    assert_follows(lengths.tolist(), uniform(range(2, 6)))
    assert_follows(digits.tolist(), uniform(range(10)))
    ends = np.cumsum(lengths)
    first_two = zip(lengths.tolist(), digits[ends - lengths].tolist(), digits[ends - lengths + 1].tolist(), strict=True)
    assert_follows(first_two, uniform((n, a, b) for n in range(2, 6) for a in range(10) for b in range(10)))


def test_one_length_is_a_range_too() -> None:
    law = UniformDigits((3, 3))
    assert law.sample(np.random.default_rng(1), 50)[0].tolist() == [3] * 50
    assert law.lengths == {3: 1.0}


def test_the_law_knows_its_lengths_and_its_digits() -> None:
    law = UniformDigits((2, 5))
    assert law.lengths == dict.fromkeys(range(2, 6), 0.25)
    assert (law.longest, law.classes) == (5, list(range(10)))
    assert np.array_equal(law.marginals, np.full((5, 10), 0.1))
    assert_knows_what_it_samples(law)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        ((0, 3), "length: an image has from 1 to 255 digits; got 0 to 3"),
        ((1, 256), "length: an image has from 1 to 255 digits; got 1 to 256"),
        ((3, 2), "length: the shortest, 3, is larger than the longest, 2"),
        ((1.5, 3), "the minimum of length must be an integer; got 1.5 (float)"),
        ((1, 3.5), "the maximum of length must be an integer; got 3.5 (float)"),
        (3, "length must be (minimum, maximum), two integers; got 3"),
    ],
)
def test_what_is_no_range_of_lengths_is_refused(length: Any, words: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        UniformDigits(length)
    assert str(caught.value) == words
