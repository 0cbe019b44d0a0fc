"""Scores equal their definitions on pairs that can be counted by hand, and on any pairs by a plain recursion."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitgen.training import character_error_rate, sequence_accuracy
from tests.errors import message_of


@cache
def edits(read: str, there: str) -> int:
    """The edit distance, as its recursion defines it."""
    if not read or not there:
        return len(read) + len(there)
    swap = edits(read[1:], there[1:]) + (read[0] != there[0])
    return min(swap, edits(read[1:], there) + 1, edits(read, there[1:]) + 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text("01é", max_size=6), st.text("01é", max_size=6)), min_size=1, max_size=20))
def test_any_strings_are_scored_by_definition(pairs: list[tuple[str, str]]) -> None:
    pairs.append(("1", "0"))  # so that there is a character
    read, there = map(list, zip(*pairs, strict=True))
    assert sequence_accuracy(read, there) == sum(a == b for a, b in pairs) / len(pairs)
    assert character_error_rate(read, there) == sum(edits(*pair) for pair in pairs) / sum(map(len, there))


def test_all_that_is_right_has_accuracy_1_and_no_errors() -> None:
    assert sequence_accuracy(["350", ""], ["350", ""]) == 1
    assert character_error_rate(["350", ""], ["350", ""]) == 0


def test_far_more_read_than_there_is_makes_a_rate_above_1() -> None:
    assert character_error_rate(["1234"], ["1"]) == 3


@pytest.mark.parametrize("score", [sequence_accuracy, character_error_rate])
def test_strings_that_are_no_pairs_are_refused(score: object) -> None:
    assert callable(score)
    assert message_of(score, ["1"], ["1", "2"]) == "predicted and truth must have as many strings each; got 1 and 2"
    assert message_of(score, [], []) == "predicted and truth must have at least one string each; got none"
    assert message_of(score, "12", ["1", "2"]) == "predicted must be a list of texts; got '12' (str)"
    assert message_of(score, [1], ["1"]) == "predicted must be a list of texts; got [1] (list)"
    assert message_of(score, ["1" * 1001], ["1"]) == (
        "predicted and truth must have at most 1,000 characters a string; got 1,001"
    )


def test_errors_need_characters_to_be_counted_against() -> None:
    assert message_of(character_error_rate, ["1"], [""]) == (
        "truth must have a character, to count errors against; all of its strings are empty"
    )
