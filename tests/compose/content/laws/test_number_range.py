"""Whole numbers of a range."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen.compose.content.laws.number_range import NumberRange
from digitgen.errors import ArgumentError
from tests.reference import assert_follows, many_examples
from tests.strings import as_texts, table


@given(st.integers(0, 1200), st.integers(0, 1200), st.booleans())
@many_examples
def test_it_has_exactly_the_numbers_from_one_to_the_other(low: int, more: int, zeros: bool) -> None:
    high = low + more
    law = NumberRange((low, high), zeros)
    width = len(str(high)) if zeros else 1
    assert law.size == more + 1
    assert sorted(as_texts(law.components[0].unrank(np.arange(more + 1))), key=int) == [
        f"{number:0{width}}" for number in range(low, high + 1)
    ]


@pytest.mark.parametrize("zeros", [False, True])
def test_a_number_is_as_likely_as_any_other(zeros: bool) -> None:
    numbers = [str(number).zfill(3 if zeros else 1) for number in range(95, 106)]
    sampled = as_texts(NumberRange((95, 105), zeros).sample(np.random.default_rng(1), 5000))
    assert_follows(sampled, dict.fromkeys(numbers, Fraction(1, 11)))


def test_numbers_are_written_with_the_digits_of_the_alphabet() -> None:
    law = NumberRange((0, 12), alphabet="x9876543210")
    texts = as_texts(law.components[0].unrank(np.arange(13)), law.alphabet)
    assert sorted(map(int, texts)) == list(range(13))


def test_large_numbers_are_counted() -> None:
    law = NumberRange((7, 10**18 - 1))
    assert law.size == 10**18 - 7
    assert law.admits(table(["7", "6", "07", str(10**18 - 1)])).tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"range": (5, 1)}, "range: the smallest, 5, is larger than the largest, 1"),
        ({"range": (-1, 1)}, "range: must be numbers from 0 to 999,999,999,999,999,999; got -1 and 1"),
        ({"range": (0, 10**18)}, "range: must be numbers from 0 to 999,999,999,999,999,999; got 0 and 10"),
        ({"range": (0, 5), "leading_zeros": 1}, "leading_zeros: must be True or False; got 1"),
        ({"range": (0, 5), "alphabet": "01"}, "range: numbers need all ten digits; the alphabet lacks 2"),
    ],
)
def test_what_is_no_range_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{message}"):
        NumberRange(**keys)
