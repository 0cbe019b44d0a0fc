"""Pools: shares and ranges of rows of a bank, exact, disjoint, and independent of order and of other pools."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank, sample_glyphs
from digitgen.glyphs.duplicates import count_shared, first_shared, from_runs, merged, number_glyphs, ranges_of, to_runs
from digitgen.glyphs.fetch import load_digits
from tests.conftest import coded_glyphs
from tests.errors import message_of

IMAGES, LABELS = coded_glyphs()


def some_bank(rng: np.random.Generator, size: int, kinds: int) -> GlyphBank:
    """A bank of random classes, whose glyphs have up to so many different pixels."""
    images = np.repeat(rng.integers(kinds, size=(size, 1, 1)).astype(np.uint8) + 1, 28, axis=1).repeat(28, axis=2)
    return GlyphBank.from_arrays(images, rng.integers(10, size=size))


def rows_of(bank: GlyphBank) -> set[int]:
    return set(bank.rows.tolist())


SHARES = st.one_of(st.integers(0, 20).map(lambda part: part / 20), st.floats(0, 1))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6), kinds=st.sampled_from([1, 3, 60, 250]), ends=st.lists(SHARES, max_size=3))
def test_shares_that_meet_divide_the_glyphs_and_never_equal_pixels(seed: int, kinds: int, ends: list[float]) -> None:
    bank = some_bank(np.random.default_rng(seed), 120, kinds)
    (numbers,) = number_glyphs([bank])
    ends = sorted({0.0, *ends, 1.0})
    parts = []
    for share in pairwise(ends):
        try:
            parts.append(rows_of(bank.restricted(pool=share)))
        except ArgumentError:  # is empty
            parts.append(set())
    assert sorted(row for part in parts for row in part) == list(range(120))
    pixels = [{int(numbers[row]) for row in part} for part in parts]
    assert sum(map(len, pixels)) == len(np.unique(numbers))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(sizes=st.lists(st.integers(0, 30), min_size=10, max_size=10).filter(any), low=SHARES, high=SHARES)
def test_a_share_of_each_class_is_exact_to_one_glyph(sizes: list[int], low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    labels = np.repeat(np.arange(10), sizes)
    images = np.zeros((len(labels), 28, 28), np.uint8)
    images[:, 0, :2] = np.arange(len(labels))[:, None] // (1, 200) % 200 + 1  # no two alike
    bank = GlyphBank.from_arrays(images, labels)
    if low == high:
        return
    try:
        counts = bank.restricted(pool=(low, high)).counts
    except ArgumentError:
        counts = np.zeros(10, np.int64)
    assert (np.abs(counts - np.array(sizes) * (high - low)) <= 1).all()


def test_round_shares_are_exact(mnist: GlyphBank) -> None:
    for parts in (2, 10):
        shares = [mnist.restricted(pool=(k / parts, (k + 1) / parts)).counts for k in range(parts)]
        assert (np.sum(shares, axis=0) == mnist.counts).all()
        assert (np.ptp(shares, axis=0) <= 1).all()
    bank = GlyphBank.from_arrays(IMAGES[np.arange(30)], np.repeat([0, 1, 2], 10))
    assert bank.restricted(pool=0.9).counts.tolist() == [9] * 3 + [0] * 7
    assert bank.restricted(pool=(0.3, 0.7)).counts.tolist() == [4] * 3 + [0] * 7


def test_a_share_does_not_depend_on_the_order_of_the_source() -> None:
    order = np.random.default_rng(1).permutation(30)
    bank, other = GlyphBank.from_arrays(IMAGES, LABELS), GlyphBank.from_arrays(IMAGES[order], LABELS[order])
    for share in ((0, 0.4), (0.4, 0.8), (0.2, 1)):
        assert rows_of(bank.restricted(pool=share)) == {
            int(order[row]) for row in rows_of(other.restricted(pool=share))
        }


def test_shares_of_mnist_keep_their_glyphs_for_ever(mnist: GlyphBank) -> None:
    bank = mnist.restricted(pool=(0.9, 1))
    assert len(bank) == 5996
    assert np.sort(bank.rows)[:5].tolist() == [5, 7, 24, 48, 57]
    assert int(bank.rows.sum()) == 181_217_414


def test_equal_pixels_of_two_classes_are_on_one_side() -> None:
    images = np.repeat(np.arange(1, 21, dtype=np.uint8), 28 * 28).reshape(20, 28, 28)
    bank = GlyphBank.from_arrays(np.concatenate([images, images[::3]]), np.array([4] * 20 + [9] * 7))
    (numbers,) = number_glyphs([bank])
    for end in (0.3, 0.5, 0.85):
        one, other = bank.restricted(pool=end), bank.restricted(pool=(end, 1))
        assert not set(numbers[one.rows].tolist()) & set(numbers[other.rows].tolist())
        assert len(one) + len(other) == 27


def test_a_pool_keeps_rows_of_the_source_pixels_and_the_size_of_windows(bank: GlyphBank) -> None:
    some = bank.restricted(rows=(7, 29), classes=[2, 3, 9])
    kept = [row for digit in (2, 3, 9) for row in range(7, 29) if LABELS[row] == digit]
    assert some.rows.tolist() == kept
    np.testing.assert_array_equal(some.images, IMAGES[kept])
    assert some.counts.tolist() == [0, 0, 2, 2, 0, 0, 0, 0, 0, 2]
    assert (some.source_rows, some.ink_width) == (30, bank.ink_width)
    glyphs = sample_glyphs(np.random.default_rng(1), some, np.array([2, 3, 9] * 50, np.uint8))
    assert set(some.rows[glyphs].tolist()) == set(kept)
    assert (LABELS[some.rows[glyphs]] == [2, 3, 9] * 50).all()


def test_what_is_asked_for_together_is_intersected(bank: GlyphBank) -> None:
    share, rows = rows_of(bank.restricted(pool=0.7)), rows_of(bank.restricted(rows=(5, 25)))
    assert rows == set(range(5, 25))
    assert rows_of(bank.restricted(pool=(0, 0.7), rows=(5, 25))) == share & rows
    assert rows_of(bank.restricted(pool=0.7, classes=[1])) == {row for row in share if LABELS[row] == 1}


def test_a_bank_of_everything_is_the_bank_itself(bank: GlyphBank) -> None:
    assert bank.restricted() is bank.restricted(pool=1, rows=(0, 30), classes=range(10)) is bank


def test_wrong_pools_are_refused(bank: GlyphBank) -> None:
    two = "pool: must be a number or a list of two numbers, such as [0, 0.9]; got "
    within = "pool: must be within 0 and 1, and begin below its end; got "
    cases: list[tuple[dict[str, Any], str]] = [
        ({"pool": "0.9"}, f"{two}'0.9'"),
        ({"pool": True}, f"{two}True"),
        ({"pool": (0, 0.5, 1)}, f"{two}(0, 0.5, 1)"),
        ({"pool": (0.5, "1")}, f"{two}(0.5, '1')"),
        ({"pool": 0}, f"{within}0"),
        ({"pool": 1.5}, f"{within}1.5"),
        ({"pool": (0.5, 0.5)}, f"{within}(0.5, 0.5)"),
        ({"pool": (-0.1, 0.5)}, f"{within}(-0.1, 0.5)"),
        ({"pool": float("nan")}, f"{within}nan"),
        ({"rows": 5}, "rows: must be a list of two integers, such as [0, 50000]; got 5"),
        ({"rows": (0, 5.0)}, "rows: must be a list of two integers, such as [0, 50000]; got (0, 5.0)"),
        ({"rows": (5, 5)}, "rows: must begin at row 0 or later, and below its end; got (5, 5)"),
        ({"rows": (-5, 5)}, "rows: must begin at row 0 or later, and below its end; got (-5, 5)"),
        ({"rows": (0, 31)}, "rows: the source has 30 rows; got [0, 31]"),
        ({"classes": [10]}, "classes: must be from 0 to 9; got 10"),
        ({"classes": "123"}, "classes: must be a list of integers; got '123'"),
        ({"classes": []}, "the pool is empty: it has none of the 30 glyphs"),
        ({"pool": (0.1, 0.2)}, "the pool is empty: it has none of the 30 glyphs"),
        ({"rows": (0, 5), "classes": [7]}, "the pool is empty: it has none of the 30 glyphs"),
    ]
    for arguments, message in cases:
        assert message_of(bank.restricted, **arguments) == message


RUNS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 8)), min_size=1, max_size=12)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(numbers=RUNS, chosen=st.sets(st.integers(0, 90), min_size=1))
def test_ranges_of_a_pool_are_the_numbers_of_its_rows(numbers: list[tuple[int, int]], chosen: set[int]) -> None:
    each = from_runs(numbers)
    rows = np.array(sorted(row for row in chosen if row < len(each)), np.int64)
    if not rows.size:
        return
    ranges = ranges_of(to_runs(rows), numbers)
    assert [number for begin, end in ranges.tolist() for number in range(begin, end)] == np.unique(each[rows]).tolist()


@settings(max_examples=80, derandomize=True, deadline=None)
@given(pools=st.lists(RUNS, min_size=2, max_size=5))
def test_two_pools_with_a_number_in_common_are_found_if_there_are_any(pools: list[list[tuple[int, int]]]) -> None:
    ranges = {
        str(k): merged(np.array([(first, first + count) for first, count in pool])) for k, pool in enumerate(pools)
    }
    sets = {str(k): set(from_runs(pool).tolist()) for k, pool in enumerate(pools)}
    common = {(a, b): len(sets[a] & sets[b]) for a in sets for b in sets if a < b and sets[a] & sets[b]}
    found = first_shared(ranges)
    assert (found is None) == (not common)
    if found:
        assert common[found.one, found.other] == found.glyphs
    for a in sets:
        assert all(count_shared(ranges[a], ranges[b]) == len(sets[a] & sets[b]) for b in sets)


def test_mnists_training_set_has_no_glyph_twice_and_none_of_its_test_set(mnist: GlyphBank) -> None:
    digits = load_digits("mnist/test")
    train, test = number_glyphs([mnist, GlyphBank.from_arrays(digits.images, digits.labels)])
    assert len(np.unique(np.concatenate([train, test]))) == 70_000


@pytest.mark.parametrize("classes", [[3], [0, 1, 2]])
def test_a_restricted_bank_can_be_restricted_again(bank: GlyphBank, classes: list[int]) -> None:
    once = bank.restricted(pool=0.7).restricted(classes=classes)
    np.testing.assert_array_equal(once.rows, bank.restricted(pool=0.7, classes=classes).rows)
