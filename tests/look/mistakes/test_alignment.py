"""Alignment by edit distance: all shortest alignments count, as by a slow and obvious reference that lists them."""

from collections import defaultdict
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitgen.look.mistakes.alignment import Alignment, align
from digitgen.look.mistakes.edit_graph import EXTRA, NOT_READ, SWAPPED, TWICE, Claims
from digitgen.look.mistakes.predictions import Predictions

Faults = dict[tuple[int, int], float]
"""What became of the true digit at a position, and its share."""


def blame(truth: str, place: int, digit: str) -> list[tuple[int, int, Fraction]]:
    """The neighbours of a digit too many in front of a position: its twins, or else a half for each."""
    beside = [position for position in (place - 1, place) if 0 <= position < len(truth)]
    twins = [position for position in beside if truth[position] == digit]
    if twins:
        return [(position, TWICE, Fraction(1, len(twins))) for position in twins]
    return [(position, EXTRA, Fraction(1, 2)) for position in beside]


def naive(truth: str, guess: str) -> tuple[int, Faults]:
    """The distance, and what became of each digit, from a list of all shortest alignments."""

    @cache
    def paths(i: int, j: int) -> tuple[int, list[list[tuple[int, int, Fraction]]]]:
        steps = []
        if i and j:
            swap = [(i - 1, int(guess[j - 1]), Fraction(1))] if truth[i - 1] != guess[j - 1] else []
            steps.append((len(swap), (i - 1, j - 1), swap))
        if i:
            steps.append((1, (i - 1, j), [(i - 1, NOT_READ, Fraction(1))]))
        if j:
            steps.append((1, (i, j - 1), blame(truth, i, guess[j - 1])))
        if i > 1 and j > 1 and truth[i - 2] != truth[i - 1] and truth[i - 2 : i] == guess[j - 2 : j][::-1]:
            both = [(i - 2, SWAPPED, Fraction(1)), (i - 1, SWAPPED, Fraction(1))]
            steps.append((2, (i - 2, j - 2), both))
        if not steps:
            return 0, [[]]
        lengths = [cost + paths(*before)[0] for cost, before, _ in steps]
        every = [
            [*path, *faults]
            for length, (_, before, faults) in zip(lengths, steps, strict=True)
            if length == min(lengths)
            for path in paths(*before)[1]
        ]
        return min(lengths), every

    distance, every = paths(len(truth), len(guess))
    shares: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for path in every:
        for position, outcome, share in path:
            shares[position, outcome] += share / len(every)
    return distance, {key: float(share) for key, share in shares.items()}


def aligned(pairs: list[tuple[str, str]]) -> Alignment:
    """Align texts."""
    longest = max(len(truth) for truth, _ in pairs)
    labels = np.array([[*map(int, truth), *[-1] * (longest - len(truth))] for truth, _ in pairs], np.int8)
    labels = labels.reshape(len(pairs), longest)
    guesses = np.array([int(digit) for _, guess in pairs for digit in guess], np.uint8)
    predictions = Predictions(guesses, np.array([len(guess) for _, guess in pairs]))
    return align(labels, np.array([len(truth) for truth, _ in pairs]), predictions)


def faults(found: Alignment) -> list[Faults]:
    """The faults of each sequence."""
    digits = found.digits
    starts = np.cumsum(found.lengths) - found.lengths
    each: list[Faults] = [{} for _ in found.lengths]
    for at, outcome, share in zip(digits.at.tolist(), digits.outcome.tolist(), digits.share.tolist(), strict=True):
        row = digits.sequence[at]
        each[row][int(at - starts[row]), outcome] = share
    return each


def assert_naive(pairs: list[tuple[str, str]]) -> None:
    found = aligned(pairs)
    for row, ((truth, guess), mine) in enumerate(zip(pairs, faults(found), strict=True)):
        distance, expected = naive(truth, guess)
        assert found.distances[row] == distance
        assert mine == pytest.approx(expected, abs=1e-12), (truth, guess)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text("0123", max_size=6), st.text("0123", max_size=7)), min_size=1, max_size=30))
def test_any_pairs_are_aligned_as_by_the_reference(pairs: list[tuple[str, str]]) -> None:
    assert_naive(pairs)


def test_many_pairs_are_aligned_as_one_by_one() -> None:
    rng = np.random.default_rng(1)
    pairs = []
    for _ in range(300):
        truth = "".join(map(str, rng.integers(0, 10, rng.integers(1, 12))))
        guess = [digit if rng.random() < 0.8 else str(rng.integers(10)) for digit in truth if rng.random() < 0.9]
        if rng.random() < 0.3:
            guess.insert(int(rng.integers(len(guess) + 1)), str(rng.integers(10)))
        pairs.append((truth, "".join(guess)))
    assert_naive(pairs)


def test_pairs_of_one_size_are_aligned_in_parts_where_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitgen.look.mistakes.alignment._LEAST", 1)
    monkeypatch.setattr("digitgen.look.mistakes.alignment._CELLS", 50)
    assert_naive([("12", "21"), ("12", "13"), ("12", "12"), ("44", "44"), ("12", "22"), ("1", ""), ("3", "")])


@pytest.mark.parametrize(
    ("truth", "guess", "expected"),
    [
        ("350", "350", {}),
        ("350", "", {(0, NOT_READ): 1, (1, NOT_READ): 1, (2, NOT_READ): 1}),
        ("350", "30", {(1, NOT_READ): 1}),
        ("350", "950", {(0, 9): 1}),
        ("335", "35", {(0, NOT_READ): 1 / 2, (1, NOT_READ): 1 / 2}),
        ("333", "3", dict.fromkeys([(0, NOT_READ), (1, NOT_READ), (2, NOT_READ)], 2 / 3)),
        ("350", "3510", {(1, EXTRA): 1 / 2, (2, EXTRA): 1 / 2}),
        ("350", "3501", {(2, EXTRA): 1 / 2}),
        ("350", "3550", {(1, TWICE): 1}),
        ("3", "33", {(0, TWICE): 1}),
    ],
)
def test_faults_are_shared_by_all_shortest_alignments(truth: str, guess: str, expected: Faults) -> None:
    (found,) = faults(aligned([(truth, guess)]))
    assert found == pytest.approx(expected)


def test_neighbours_in_each_others_place_may_be_swapped_or_two_of_any_other_edits() -> None:
    found = aligned([("12", "21")])
    assert found.distances.tolist() == [2]
    swap, both = {(0, SWAPPED): 1 / 4, (1, SWAPPED): 1 / 4}, {(0, 2): 1 / 4, (1, 1): 1 / 4}
    # One of the two is left out, and put in on the far side of the other, at an end.
    moved = {(0, NOT_READ): 1 / 4, (1, NOT_READ): 1 / 4, (0, EXTRA): 1 / 8, (1, EXTRA): 1 / 8}
    assert faults(found)[0] == pytest.approx(swap | both | moved)


def claims(pattern: list[int], *ways: tuple[int | slice, int]) -> Claims:
    """Patterns of one way each."""
    explains = np.zeros((len(ways) + 1, 10, 14), bool)
    for number, way in enumerate(ways):
        explains[(number, *way)] = True
    return Claims(np.array(pattern), explains)


def settled(truth: str, guess: str, pattern: list[int], *ways: tuple[int | slice, int]) -> Faults:
    """Faults, settled in favour of what patterns explain."""
    found = aligned([(truth, guess)])
    digits = found.settle(claims(pattern, *ways))
    pairs = zip(digits.at.tolist(), digits.outcome.tolist(), strict=True)
    return dict(zip(pairs, digits.share.tolist(), strict=True))


def test_ties_are_settled_in_favour_of_what_patterns_explain() -> None:
    every = slice(None)
    assert settled("1335", "135", [-1, -1, 0, -1], (every, NOT_READ)) == {(2, NOT_READ): 1}
    assert settled("1335", "135", [-1, -1, 0, -1], (every, TWICE)) == {(1, NOT_READ): 0.5, (2, NOT_READ): 0.5}
    assert settled("12", "21", [0, 0], (every, SWAPPED)) == {(0, SWAPPED): 1, (1, SWAPPED): 1}
    assert settled("12", "21", [0, 1], (1, 2), (2, 1)) == {(0, 2): 1, (1, 1): 1}
    assert settled("350", "3501", [-1, -1, 0], (every, EXTRA)) == {(2, EXTRA): 1}
    assert settled("350", "3510", [-1, 0, -1], (every, EXTRA)) == {(1, EXTRA): 1}


def test_the_edits_that_a_pattern_explains_at_most_are_counted() -> None:
    every = slice(None)
    found = aligned([("12", "21"), ("335", "35"), ("7", "7")])
    assert found.explained(claims([0] * 6, (every, SWAPPED))) == 2
    assert found.explained(claims([0] * 6, (every, NOT_READ))) == 2
    assert found.explained(claims([-1, -1, 0, -1, -1, -1], (every, NOT_READ))) == 1
    assert found.explained(claims([0] * 6, (3, 5))) == 0


def test_a_prediction_of_1000_digits_does_not_overflow() -> None:
    found = aligned([("7" * 100, "1" * 1000)])
    assert found.distances.tolist() == [1000]
    assert found.digits.wrong == pytest.approx(np.ones(100))
    assert np.isfinite(found.digits.share).all()


def test_a_digit_is_wrong_by_the_sum_of_its_faults_at_most_once() -> None:
    found = aligned([("12", "3124"), ("12", "12"), ("5", "67"), ("11", "1")])
    assert found.digits.sequence.tolist() == [0, 0, 1, 1, 2, 3, 3]
    assert found.digits.digit.tolist() == [1, 2, 1, 2, 5, 1, 1]
    assert found.digits.wrong.tolist() == [0.5, 0.5, 0, 0, 1, 0.5, 0.5]
    only = np.zeros((10, 14), bool)
    only[1, NOT_READ] = True
    assert found.digits.gone(only).tolist() == [0, 0, 0, 0, 0, 0.5, 0.5]
