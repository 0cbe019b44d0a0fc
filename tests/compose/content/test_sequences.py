"""Sequences of digits: those of a caller are checked, and any are put into tables."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen.compose.content.sequences import pad, parse_digits
from digitgen.errors import ArgumentError
from tests.reference import many_examples


@pytest.mark.parametrize(
    "digits",
    [
        pytest.param([3, 5, 0], id="list"),
        pytest.param((3, 5, 0), id="tuple"),
        pytest.param(np.array([3, 5, 0], np.uint8), id="array"),
        pytest.param(np.array([3, 5, 0], object), id="object array"),
        pytest.param([np.int16(3), np.uint64(5), 0], id="numpy integers"),
        pytest.param((digit for digit in (3, 5, 0)), id="generator"),
        pytest.param(map(int, "350"), id="map"),
    ],
)
def test_any_list_of_integers_is_digits(digits: Iterable[int]) -> None:
    parsed = parse_digits(digits)
    assert parsed.dtype == np.uint8
    assert parsed.tolist() == [3, 5, 0]


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        pytest.param([], "digits is empty; give at least one integer from 0 to 9", id="empty"),
        pytest.param(iter(()), "digits is empty", id="empty generator"),
        pytest.param("350", "list of integers from 0 to 9, such as [3, 5, 0]; got '350'", id="str"),
        pytest.param(b"350", "list of integers from 0 to 9, such as [3, 5, 0]; got b'350'", id="bytes"),
        pytest.param(None, "got None", id="None"),
        pytest.param(7, "got 7", id="int"),
        pytest.param([3, True], "integers from 0 to 9; got True (bool) at position 1", id="bool"),
        pytest.param(np.array([True]), "(bool) at position 0", id="numpy bool"),
        pytest.param([3.0], "integers from 0 to 9; got 3.0 (float) at position 0", id="float"),
        pytest.param(np.array([3.0]), "(float64) at position 0", id="numpy float"),
        pytest.param([3, "5"], "got '5' (str) at position 1", id="str inside"),
        pytest.param([3, None], "got None (NoneType) at position 1", id="None inside"),
        pytest.param([3, [5]], "got [5] (list) at position 1", id="list inside"),
        pytest.param([0, 10], "integers from 0 to 9; got 10 (int) at position 1", id="above 9"),
        pytest.param([-1], "integers from 0 to 9; got -1 (int) at position 0", id="below 0"),
        pytest.param([10**30], f"got {10**30} (int) at position 0", id="huge"),
        pytest.param(np.array([[3, 5], [0, 1]]), "one-dimensional; got an array of shape (2, 2)", id="2-D"),
        pytest.param(np.array(3), "one-dimensional; got an array of shape ()", id="0-D"),
    ],
)
def test_anything_else_is_refused_saying_what_came_and_what_is_allowed(digits: Any, words: str) -> None:
    with pytest.raises(ArgumentError) as error:
        parse_digits(digits)
    assert words in str(error.value)


@many_examples
@given(rows=st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=8), spare=st.integers(0, 2))
def test_a_table_holds_each_row_and_then_padding(rows: list[list[int]], spare: int) -> None:
    longest = max(map(len, rows)) + spare
    flat, lengths = np.array([value for row in rows for value in row], int), np.array([len(row) for row in rows])
    table = np.full((len(rows), longest), 77)
    pad(flat, lengths, table, -1)
    assert table.tolist() == [row + [-1] * (longest - len(row)) for row in rows]
    pairs = np.full((len(rows), longest, 2), 77)
    pad(np.stack([flat, flat + 10], axis=1), lengths, pairs, -1)
    assert pairs.tolist() == [
        [[value, value + 10] for value in row] + [[-1, -1]] * (longest - len(row)) for row in rows
    ]
