"""Digits by themselves: uniform, weighted, or by Benford's law."""

import hashlib
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chisquare

from digitgen.compose.content.laws import benford
from digitgen.compose.content.laws.digits import Digits
from digitgen.errors import ArgumentError
from tests.reference import assert_follows, many_examples, uniform


def test_lengths_and_digits_are_uniform_and_independent() -> None:
    lengths, digits = Digits((2, 5)).sample(np.random.default_rng(1), 60_000)
    assert (lengths.dtype, digits.dtype, len(digits)) == (np.dtype("i8"), np.dtype("u1"), lengths.sum())
    assert_follows(lengths.tolist(), uniform(range(2, 6)))
    assert_follows(digits.tolist(), uniform(range(10)))
    ends = np.cumsum(lengths)
    first_two = zip(lengths.tolist(), digits[ends - lengths].tolist(), digits[ends - lengths + 1].tolist(), strict=True)
    assert_follows(first_two, uniform((n, a, b) for n in range(2, 6) for a in range(10) for b in range(10)))


def test_one_length_is_a_range_too() -> None:
    law = Digits((3, 3))
    assert law.sample(np.random.default_rng(1), 50)[0].tolist() == [3] * 50
    assert law.lengths == {3: 1.0}


def test_the_law_knows_its_lengths_and_its_digits() -> None:
    law = Digits((2, 5))
    assert law.lengths == dict.fromkeys(range(2, 6), 0.25)
    assert (law.longest, law.classes) == (5, list(range(10)))
    assert np.array_equal(law.marginals, np.full((5, 10), 0.1))


def test_lengths_have_weights() -> None:
    law = Digits({4: 0.2, 5: 0.6, 9: 0})
    assert law.lengths == {4: pytest.approx(0.25), 5: pytest.approx(0.75)}
    assert_follows(law.sample(np.random.default_rng(1), 20_000)[0].tolist(), {4: Fraction(1, 4), 5: Fraction(3, 4)})
    assert (law.length_words, law.words) == ("as weighted", "uniform")


def test_the_last_weights_of_digits_hold_for_all_positions_from_there_on() -> None:
    law = Digits((1, 4), [{"1": 1}, {"2": 3, "3": 1}])
    assert law.marginals[:, 1].tolist() == [1, 0, 0, 0]
    assert law.marginals[:, 2].tolist() == [0, 0.75, 0.75, 0.75]
    assert law.size == 1 + 2 + 4 + 8
    assert (law.words, law.independent) == ("as weighted", True)


@many_examples
@given(
    st.dictionaries(st.integers(1, 4), st.integers(0, 5), min_size=1),
    st.lists(st.dictionaries(st.sampled_from("0123456789"), st.integers(0, 5), min_size=1), min_size=1, max_size=3),
)
def test_a_string_is_as_likely_as_its_length_and_its_digits_are(
    length: dict[int, int], digits: list[dict[str, int]]
) -> None:
    assume(any(length.values()) and all(any(each.values()) for each in digits))
    law = Digits(length, digits)
    listed = law.listed(10_000)
    assert listed is not None
    assert listed.size == law.size
    weights = np.ones(listed.size) if listed.weights is None else listed.weights
    for rank in range(0, listed.size, max(1, listed.size // 20)):
        lengths, classes = listed.unrank(np.array([rank]))
        expected = Fraction(length[int(lengths[0])], sum(length.values()))
        for position, digit in enumerate(classes.tolist()):
            at = digits[min(position, len(digits) - 1)]
            expected *= Fraction(at[str(digit)], sum(at.values()))
        assert weights[rank] / weights.sum() == pytest.approx(float(expected))


def test_the_first_digits_follow_benfords_law_together() -> None:
    lengths, digits = Digits((6, 6), "benford").sample(np.random.default_rng(1), 200_000)
    assert set(lengths.tolist()) == {6}
    numbers = digits.reshape(-1, 6) @ 10 ** np.arange(5, -1, -1)
    for count in (1, 2, 3):
        first = np.arange(10 ** (count - 1), 10**count)
        counts = np.bincount(numbers // 10 ** (6 - count), minlength=10**count)[10 ** (count - 1) :]
        assert chisquare(counts, np.log10(1 + 1 / first) * len(numbers)).pvalue > 1e-4


def test_a_digit_follows_benfords_law_given_those_before_it() -> None:
    uniform = (np.arange(100_000) + 0.5) / 100_000  # in place of random numbers, so that shares are exact
    for before in (100, 1234, 99_999, 123_456_789):
        digits = benford._next_digit(np.full(uniform.shape, float(before)), uniform)
        with localcontext(prec=50):
            logs = [(1 + 1 / Decimal(10 * before + digit)).ln() for digit in range(10)]
            expected = [float(log / sum(logs)) for log in logs]
        assert np.abs(np.bincount(digits.astype(int), minlength=10) / 100_000 - expected).max() < 2e-5


def test_benfords_marginals_are_sums_over_the_digits_before() -> None:
    marginals = Digits((1, 8), "benford").marginals
    assert marginals[0].tolist() == pytest.approx([0, *(math.log10(1 + 1 / d) for d in range(1, 10))])
    second = [sum(math.log10(1 + 1 / (10 * first + d)) for first in range(1, 10)) for d in range(10)]
    assert marginals[1].tolist() == pytest.approx(second)
    assert np.abs(marginals[5] - 0.1).max() < 2e-6
    assert (marginals[6:] == 0.1).all()


def test_long_numbers_of_benfords_law_end_uniformly() -> None:
    law = Digits({40: 1}, "benford")
    _, digits = law.sample(np.random.default_rng(1), 5000)
    assert_follows(digits.reshape(-1, 40)[:, 14:].ravel().tolist(), uniform(range(10)))
    assert law.size == 9 * 10**39


def test_benfords_law_is_the_same_on_every_processor() -> None:
    _, digits = Digits((12, 12), "benford").sample(np.random.default_rng(1), 1000)
    assert hashlib.sha256(digits.tobytes()).hexdigest()[:16] == "adfb8faaea0a981e"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        ((0, 3), "length: an image has from 1 to 255 digits; got 0 to 3"),
        ((1, 256), "length: an image has from 1 to 255 digits; got 1 to 256"),
        ((3, 2), "length: the shortest, 3, is larger than the longest, 2"),
        ((1.5, 3), "the minimum of length must be an integer; got 1.5 (float)"),
        ((1, 3.5), "the maximum of length must be an integer; got 3.5 (float)"),
        (3, "length must be (minimum, maximum), two integers; got 3"),
        ({}, "length: must have a weight above 0; got {}"),
        ({3: 0}, "length: must have a weight above 0; got {3: 0}"),
        ({3: -1}, "length.3: must be a weight, a number from 0 to 1e+100; got -1"),
        ({3: math.nan}, "length.3: must be a weight, a number from 0 to 1e+100; got nan"),
        ({3: True}, "length.3: must be a weight, a number from 0 to 1e+100; got True"),
        ({3: "1"}, "length.3: must be a weight, a number from 0 to 1e+100; got '1'"),
        ({0: 1}, "length.0: must be a length, an integer from 1 to 255"),
        ({"04": 1}, "length.04: must be a length, an integer from 1 to 255"),
        ({256: 1}, "length.256: must be a length, an integer from 1 to 255"),
        ({1.5: 1}, "length.1.5: must be a length, an integer from 1 to 255"),
    ],
)
def test_what_is_no_range_of_lengths_is_refused(length: Any, words: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Digits(length)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("benfort", "digits: must be one of benford; got 'benfort'; did you mean benford?"),
        (
            7,
            'digits: must be the weight of each character, such as {"0": 3, "1": 1}, a list of such weights, '
            "or benford; got 7",
        ),
        ([], "or benford; got []"),
        ([{"0": 1}, 5], "or benford; got [{'0': 1}, 5]"),
        ({"x": 1}, "digits.x: is no character of the alphabet '0123456789'"),
        ({"10": 1}, "digits.10: is no character of the alphabet '0123456789'"),
        ([{"0": 1}, {"1": "1"}], "digits.1.1: must be a weight, a number from 0 to 1e+100; got '1'"),
        ([{"0": 1}, {}], "digits.1: must have a weight above 0; got {}"),
        ([{"0": 1}] * 256, "digits: an image has at most 255 digits; got weights for 256"),
    ],
)
def test_what_are_no_weights_of_digits_is_refused(digits: Any, words: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Digits((1, 3), digits)
    assert str(caught.value).endswith(words)


def test_benfords_law_needs_all_digits() -> None:
    with pytest.raises(ArgumentError, match="needs all ten digits; the alphabet lacks 9"):
        Digits((1, 3), "benford", alphabet="012345678")
