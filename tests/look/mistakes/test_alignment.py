"""Alignment by edit distance: equal to a slow and obvious reference, digit by digit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitgen.look.mistakes.alignment import DELETED, NO_DIGIT, Alignment, align, flatten
from digitgen.look.mistakes.predictions import Predictions

Added = list[tuple[int, int]]


def naive(truth: str, guess: str) -> tuple[int, list[int], Added]:
    """Distance, what was read for each true digit, and digits too many with the position of what follows."""
    n, m = len(truth), len(guess)
    table = [[i + j if i * j == 0 else 0 for j in range(m + 1)] for i in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            swap = table[i - 1][j - 1] + (truth[i - 1] != guess[j - 1])
            table[i][j] = min(swap, table[i - 1][j] + 1, table[i][j - 1] + 1)
    read, added, i, j = [DELETED] * n, [], n, m
    while i or j:
        if i and j and table[i - 1][j - 1] + (truth[i - 1] != guess[j - 1]) == table[i][j]:
            i, j = i - 1, j - 1
            read[i] = int(guess[j])
        elif i and table[i - 1][j] + 1 == table[i][j]:
            i -= 1
        else:
            j -= 1
            added.append((i, int(guess[j])))
    return table[n][m], read, added[::-1]


def aligned(pairs: list[tuple[str, str]]) -> Alignment:
    """Align texts."""
    longest = max(len(truth) for truth, _ in pairs)
    labels = np.array([[*map(int, truth), *[-1] * (longest - len(truth))] for truth, _ in pairs], np.int8)
    labels = labels.reshape(len(pairs), longest)
    guesses = np.array([int(digit) for _, guess in pairs for digit in guess], np.uint8)
    predictions = Predictions(guesses, np.array([len(guess) for _, guess in pairs]))
    return align(labels, np.array([len(truth) for truth, _ in pairs]), predictions)


def assert_naive(pairs: list[tuple[str, str]]) -> None:
    found = aligned(pairs)
    for row, (truth, guess) in enumerate(pairs):
        distance, read, added = naive(truth, guess)
        assert found.distances[row] == distance
        assert found.read[row, : len(truth)].tolist() == read
        assert (found.read[row, len(truth) :] == NO_DIGIT).all()
        mine = found.added_to == row
        assert list(zip(found.added_before[mine], found.added[mine], strict=True)) == added


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text("0123", max_size=7), st.text("0123", max_size=9)), min_size=1, max_size=30))
def test_any_pairs_are_aligned_as_by_the_reference(pairs: list[tuple[str, str]]) -> None:
    assert_naive(pairs)


def test_a_thousand_pairs_are_aligned_as_one_by_one() -> None:
    rng = np.random.default_rng(1)
    pairs = []
    for _ in range(1000):
        truth = "".join(map(str, rng.integers(0, 10, rng.integers(1, 8))))
        guess = [digit if rng.random() < 0.8 else str(rng.integers(10)) for digit in truth if rng.random() < 0.9]
        if rng.random() < 0.3:
            guess.insert(int(rng.integers(len(guess) + 1)), str(rng.integers(10)))
        pairs.append((truth, "".join(guess)))
    assert_naive(pairs)


def test_pairs_of_one_size_are_aligned_in_parts_where_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitgen.look.mistakes.alignment._CELLS", 50)
    assert_naive([("12", "21"), ("12", "13"), ("12", "12"), ("44", "44"), ("12", "22"), ("1", ""), ("3", "")])


@pytest.mark.parametrize(
    ("truth", "guess", "read", "added"),
    [
        ("350", "350", [3, 5, 0], []),
        ("350", "", [DELETED] * 3, []),
        ("350", "30", [3, DELETED, 0], []),
        ("350", "3510", [3, 5, 0], [(2, 1)]),
        ("350", "3501", [3, 5, 0], [(3, 1)]),
        ("350", "950", [9, 5, 0], []),
        ("33", "3", [DELETED, 3], []),
        ("3", "33", [3], [(0, 3)]),
        ("12", "21", [2, 1], []),
    ],
)
def test_ties_are_broken_from_the_end_with_pairs_first(truth: str, guess: str, read: list[int], added: Added) -> None:
    found = aligned([(truth, guess)])
    assert found.read[0].tolist() == read
    assert list(zip(found.added_before, found.added, strict=True)) == added


def test_a_prediction_of_1000_digits_does_not_overflow() -> None:
    found = aligned([("7" * 100, "1" * 1000)])
    assert found.distances.tolist() == [1000]


def test_added_digits_come_in_the_order_of_the_images() -> None:
    found = aligned([("1", "21"), ("55", "55"), ("3", "4534"), ("9", "19")])
    assert found.added_to.tolist() == [0, 2, 2, 2, 3]
    assert found.added_before.tolist() == [0, 0, 0, 1, 0]
    assert found.added.tolist() == [2, 4, 5, 4, 1]


def test_a_digit_too_many_counts_against_the_digit_behind_it_or_the_last_one() -> None:
    pairs = [("12", "312"), ("12", "132"), ("12", "123"), ("12", "12"), ("5", "")]
    found = aligned(pairs)
    labels, lengths = np.array([[1, 2]] * 4 + [[5, -1]], np.int8), np.array([2] * 4 + [1])
    digits = flatten(labels, lengths, found)
    assert digits.sequence.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert digits.digit.tolist() == [1, 2] * 4 + [5]
    assert digits.read.tolist() == [1, 2] * 4 + [DELETED]
    assert np.flatnonzero(digits.added).tolist() == [0, 3, 5]
    assert np.flatnonzero(digits.wrong).tolist() == [0, 3, 5, 8]
    assert digits[digits.added].sequence.tolist() == [0, 1, 2]
