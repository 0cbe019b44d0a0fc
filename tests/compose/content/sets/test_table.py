"""Lists of strings as sets to sample from."""

import pickle
import time
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen.compose.content.sequences import pad
from digitgen.compose.content.sets.table import Table
from tests.reference import assert_follows, many_examples

TEXTS = ["350", "7", "0042", "31", "12", "3", "9999"]


def table(texts: list[str], weights: Sequence[float] | None = None) -> Table:
    lengths = np.array([len(text) for text in texts], np.int64)
    flat = np.array([int(digit) for digit in "".join(texts)], np.uint8)
    return Table.of(lengths, flat, 10, None if weights is None else np.array(weights))


def split(found: tuple[np.ndarray, np.ndarray]) -> list[str]:
    lengths, digits = found
    text, ends = "".join(map(str, digits.tolist())), np.cumsum(lengths).tolist()
    return [text[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]


def labels(texts: list[str], longest: int) -> np.ndarray:
    return np.array([[int(c) for c in text] + [-1] * (longest - len(text)) for text in texts], np.int16)


STRINGS = st.lists(st.text("0123456789", min_size=1, max_size=4), min_size=1, max_size=30)


@many_examples
@given(texts=STRINGS, asked=STRINGS)
def test_it_has_each_string_once_in_order_and_admits_no_other(texts: list[str], asked: list[str]) -> None:
    strings = table(texts)
    assert split(strings.unrank(np.arange(strings.size))) == sorted(set(texts), key=lambda text: (len(text), text))
    assert strings.admits(labels(asked, 6)).tolist() == [text in texts for text in asked]
    assert strings.admits(labels(texts, 4)).all()


@many_examples
@given(texts=STRINGS, some=st.integers(1, 4))
def test_the_rank_of_a_string_leads_back_to_it_whatever_lengths_are_asked_for(texts: list[str], some: int) -> None:
    strings = table(texts)
    if asked := [text for text in texts if len(text) >= some]:
        assert split(strings.unrank(strings.ranks(labels(asked, 4)))) == asked


def test_ranks_may_come_in_any_order_and_more_than_once_or_not_at_all() -> None:
    strings = table(TEXTS)
    assert split(strings.unrank(np.array([6, 0, 2, 2]))) == ["9999", "3", "12", "12"]
    lengths, digits = strings.unrank(np.array([], np.int64))
    assert (len(lengths), len(digits)) == (0, 0)


def test_a_string_is_as_likely_as_its_lines_are_weighted() -> None:
    strings = table([*TEXTS, "350", "7"], [1, 2, 3, 4, 1.5, 0.5, 1, 2, 2])
    law = {"350": 3, "7": 4, "0042": 3, "31": 4, "12": 1.5, "3": 0.5, "9999": 1}
    expected = {text: Fraction(weight) / 17 for text, weight in law.items()}
    assert_follows(split(strings.sample(np.random.default_rng(1), 20_000)), expected)


def test_without_weights_strings_are_equally_likely() -> None:
    strings = table(TEXTS)
    assert strings.weights is None
    assert_follows(split(strings.sample(np.random.default_rng(1), 20_000)), dict.fromkeys(TEXTS, Fraction(1, 7)))


def test_lines_that_all_come_twice_need_no_weights() -> None:
    assert table(TEXTS * 2).weights is None
    assert table([*TEXTS, "7"]).weights is not None


@pytest.mark.parametrize("weights", [None, [1, 2, 3, 4, 5, 6, 7]], ids=["equal", "weighted"])
def test_lengths_and_marginals_are_those_of_the_strings(weights: list[int] | None) -> None:
    strings = table(TEXTS, weights)
    lengths: Counter[int] = Counter()
    digits = np.zeros((4, 10))
    for text, weight in zip(TEXTS, weights or [1] * 7, strict=True):
        lengths[len(text)] += weight
        for position, digit in enumerate(text):
            digits[position, int(digit)] += weight
    assert list(strings.lengths) == [1, 2, 3, 4]
    assert strings.lengths == pytest.approx({length: sum_ / lengths.total() for length, sum_ in lengths.items()})
    np.testing.assert_allclose(strings.marginals, digits / digits.sum(axis=1, keepdims=True))


def test_some_strings_can_be_kept_with_their_weights() -> None:
    strings = table(TEXTS, [1, 2, 3, 4, 5, 6, 7])
    kept = strings.restricted(np.isin(np.arange(7), [1, 3, 5]))
    assert split(kept.unrank(np.arange(3))) == ["7", "31", "0042"]
    assert kept.weights is not None
    assert kept.weights.tolist() == [2, 4, 3]
    assert strings.restricted(np.arange(7) == 4).weights is None


def test_classes_may_fill_a_byte_and_end_with_zeros() -> None:
    strings = Table.of(np.array([2, 3, 2]), np.array([255, 0, 255, 0, 0, 0, 255], np.uint8), 256)
    asked = np.array([[255, 0, -1], [255, 0, 0], [0, 255, -1], [255, 255, -1], [255, -1, -1], [256, 0, -1]], np.int16)
    assert strings.admits(asked).tolist() == [True, True, True, False, False, False]


def test_a_table_goes_to_other_processes_as_one_array() -> None:
    strings = table(["12345678"] * 1 + [f"{number:06}" for number in range(5000)])
    data = pickle.dumps(strings)
    assert len(data) < 1.1 * strings.flat.nbytes
    assert split(pickle.loads(data).unrank(np.array([5000]))) == ["12345678"]


def test_a_million_strings_are_no_trouble() -> None:
    rng = np.random.default_rng(1)
    lengths = rng.integers(4, 13, 1_000_000)
    flat = rng.integers(0, 10, int(lengths.sum()), dtype=np.uint8)
    begun = time.process_time()
    strings = Table.of(lengths, flat, 10)
    found, digits = strings.sample(rng, 10_000)
    padded = np.empty((10_000, 12), np.int16)
    pad(digits, found, padded, -1)
    assert strings.admits(padded).all()
    assert not strings.admits(np.full((1, 12), 3, np.int16)).any()
    assert time.process_time() - begun < 5  # a third, where nothing else runs
