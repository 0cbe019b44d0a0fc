"""Targets hold what the labels say, in the form that each loss takes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitgen.training import ctc_decode, ctc_targets, label_texts, one_hot, padded_targets
from tests.errors import message_of

LABELS = np.array([[3, 5, 0], [7, -1, -1], [-1, -1, -1], [9, 9, -1]], np.int8)
LENGTHS = np.array([3, 1, 0, 2], np.uint8)


def padded(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Labels as a batch has them."""
    width = max(map(len, rows), default=0)
    return np.array([row + [-1] * (width - len(row)) for row in rows], np.int8).reshape(len(rows), width), np.array(
        [len(row) for row in rows], np.uint8
    )


def test_ctc_targets_stand_in_one_row_and_leave_class_0_to_the_blank() -> None:
    targets, lengths = ctc_targets(LABELS, LENGTHS)
    assert targets.tolist() == [4, 6, 1, 8, 10, 10]
    assert lengths.tolist() == [3, 1, 0, 2]
    assert targets.dtype == lengths.dtype == np.int64


@pytest.mark.parametrize(("blank", "expected"), [(10, [3, 5, 0, 7, 9, 9]), (5, [3, 6, 0, 8, 10, 10])])
def test_classes_from_the_blank_on_move_up(blank: int, expected: list[int]) -> None:
    assert ctc_targets(LABELS, LENGTHS, blank=blank)[0].tolist() == expected


def test_targets_leave_the_labels_as_they_are() -> None:
    labels = LABELS.astype(np.int64)
    for make in (ctc_targets, label_texts):
        make(labels, LENGTHS)
    padded_targets(labels, LENGTHS, pad=10, start=11)
    assert (labels == LABELS).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), max_size=5), max_size=5), st.integers(0, 5))
def test_targets_written_as_steps_are_decoded_to_the_labels(rows: list[list[int]], blank: int) -> None:
    labels, lengths = padded(rows)
    targets, counts = ctc_targets(labels, lengths, blank=blank)
    steps = np.full((len(rows), 10), blank)
    for row, part in zip(steps, np.split(targets, np.cumsum(counts))[:-1], strict=True):
        row[: 2 * len(part) : 2] = part
    assert ctc_decode(np.eye(6)[steps], blank=blank, alphabet="abcde") == label_texts(labels, lengths, alphabet="abcde")


def test_padded_targets_have_the_width_of_the_labels() -> None:
    targets = padded_targets(LABELS, LENGTHS, pad=-100)
    assert targets.tolist() == [[3, 5, 0], [7, -100, -100], [-100] * 3, [9, 9, -100]]
    assert targets.dtype == np.int64


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({"start": 10}, [[10, 3, 5, 0], [10, 7, 12, 12], [10, 12, 12, 12], [10, 9, 9, 12]]),
        ({"end": 11}, [[3, 5, 0, 11], [7, 11, 12, 12], [11, 12, 12, 12], [9, 9, 11, 12]]),
        (
            {"start": 10, "end": 11},
            [[10, 3, 5, 0, 11], [10, 7, 11, 12, 12], [10, 11, 12, 12, 12], [10, 9, 9, 11, 12]],
        ),
    ],
)
def test_padded_targets_begin_and_end_with_the_marks_asked_for(
    marks: dict[str, int], expected: list[list[int]]
) -> None:
    assert padded_targets(LABELS, LENGTHS, pad=12, **marks).tolist() == expected


def test_one_hot_has_a_one_at_each_class_and_zeros_behind_the_end() -> None:
    hot = one_hot(LABELS, LENGTHS, 10)
    assert hot.shape == (4, 3, 10)
    assert hot.dtype == np.float32
    assert [hot[row, : LENGTHS[row]].argmax(1).tolist() for row in range(4)] == [[3, 5, 0], [7], [], [9, 9]]
    assert hot.sum(2).tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 0]]


def test_what_stands_behind_the_end_of_a_row_does_not_matter() -> None:
    labels, lengths = [[3, 5], [7, 99]], [2, 1]
    assert ctc_targets(labels, lengths)[0].tolist() == [4, 6, 8]
    assert padded_targets(labels, lengths, pad=-1).tolist() == [[3, 5], [7, -1]]
    assert one_hot(labels, lengths, 8).shape == (2, 2, 8)
    assert label_texts(labels, lengths) == ["35", "7"]


def test_labels_are_written_in_their_alphabet() -> None:
    assert label_texts(LABELS, LENGTHS, alphabet="ABCDEFGHIJ") == ["DFA", "H", "", "JJ"]


@pytest.mark.parametrize(
    ("labels", "lengths", "expected"),
    [
        ([3, 5], [1, 1], "labels must be (N, L) integers; got int64 of shape (2,)"),
        ([[0.5]], [1], "labels must be (N, L) integers; got float64 of shape (1, 1)"),
        ([[1, 2]], [1, 2], "lengths must be (1,) integers, one for each row of labels; got int64 of shape (2,)"),
        ([[1, 2]], [1.0], "lengths must be (1,) integers, one for each row of labels; got float64 of shape (1,)"),
        ([[1, 2]], [3], "lengths must be from 0 to 2, the columns of labels; got 3 in row 0"),
        (
            [[1, 2], [1, -1]],
            [2, 2],
            "labels must be 0 or more before the end of a row; got -1 in row 1, column 1, where lengths has 2",
        ),
        ("350", [3], "labels must be an array of numbers; got <U3 of shape ()"),
    ],
)
def test_labels_that_are_none_of_a_batch_are_refused(labels: Any, lengths: Any, expected: str) -> None:
    assert message_of(ctc_targets, labels, lengths) == expected
    assert message_of(padded_targets, labels, lengths, pad=-1) == expected
    assert message_of(one_hot, labels, lengths, 10) == expected
    assert message_of(label_texts, labels, lengths) == expected


def test_rows_of_many_lengths_are_refused_as_no_array() -> None:
    assert message_of(ctc_targets, [[1], [1, 2]], [1, 2]).startswith("labels must be an array of numbers: ")


def test_tokens_classes_and_alphabets_that_cannot_be_are_refused() -> None:
    assert message_of(ctc_targets, LABELS, LENGTHS, blank=-1) == ("blank must be 0 or more; got -1")
    assert message_of(padded_targets, LABELS, LENGTHS, pad=0) == (
        "pad must be no class of the labels, whose highest is 9; got 0"
    )
    assert message_of(padded_targets, LABELS, LENGTHS, pad=-1, end=9) == (
        "end must be no class of the labels, whose highest is 9; got 9"
    )
    assert message_of(padded_targets, LABELS, LENGTHS, pad=None) == "pad must be an integer; got None (NoneType)"
    assert message_of(one_hot, LABELS, LENGTHS, 9) == "classes must be more than 9, the highest of the labels; got 9"
    assert message_of(label_texts, LABELS, LENGTHS, alphabet="abc") == (
        "alphabet must have a character for class 9; it has 3"
    )
