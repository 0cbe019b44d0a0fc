"""Rates and their intervals, compared with plain loops and with the laws that they promise to keep."""

import math

import numpy as np
import pytest
from scipy import stats

from digitgen.look.mistakes.comparison import mcnemar
from digitgen.look.mistakes.groups import group_rates
from digitgen.look.mistakes.rates import edit_rate, sequence_rate, two_sided, wilson


def test_wilsons_interval_equals_that_of_scipy() -> None:
    for wrong, total in [(0, 10), (3, 10), (10, 10), (1, 1_000_000), (500, 1000)]:
        expected = stats.binomtest(wrong, total).proportion_ci(method="wilson")
        assert [float(end) for end in wilson(wrong, total)] == pytest.approx(list(expected), rel=0, abs=1e-12)


def test_intervals_that_contain_0_begin_there_and_those_that_contain_1_end_there() -> None:
    totals = np.arange(1, 5001)
    for z in (None, *map(two_sided, (2, 50, 4000))):
        none, all_of_them = wilson(0, totals, z), wilson(totals, totals, z)
        assert (none[0] == 0).all()
        assert (all_of_them[1] == 1).all()
        assert ((none[1] > 0) & (none[1] < 1) & (all_of_them[0] > 0) & (all_of_them[0] < 1)).all()
    some = wilson(np.ones(4999), totals[1:])
    assert ((some[0] > 0) & (some[0] < 1 / totals[1:]) & (some[1] > 1 / totals[1:])).all()
    for value in (0, 1):  # groups of digits, one an image or three
        for each in (1, 3):
            sequence = np.repeat(np.arange(1500), each)
            group = (np.arange(len(sequence)) // each % 40).astype(np.int16)
            low, high = group_rates(sequence, group, np.full(len(sequence), value), 40).interval()
            assert ((low if value == 0 else high) == value).all()


def test_the_interval_of_no_trials_is_from_0_to_1() -> None:
    assert [float(end) for end in wilson(0, 0)] == [0, 1]


def test_intervals_of_several_comparisons_are_wider_by_bonferroni() -> None:
    assert two_sided(1) == pytest.approx(stats.norm.ppf(0.975))
    assert two_sided(100) == pytest.approx(stats.norm.ppf(1 - 0.05 / 200))


def test_the_share_of_wrong_sequences_has_wilsons_interval() -> None:
    found = sequence_rate(25, 100)
    assert found.value == 0.25
    assert found.low == pytest.approx(0.1755, abs=1e-4)


def test_the_interval_of_edits_is_that_of_a_bootstrap_over_sequences() -> None:
    rng = np.random.default_rng(3)
    lengths = rng.integers(1, 6, 800)
    edits = rng.binomial(lengths, np.where(rng.random(800) < 0.2, 0.6, 0.02))
    found = edit_rate(edits, lengths)
    assert found.value == edits.sum() / lengths.sum()
    rows = rng.integers(0, 800, (2000, 800))
    plain = np.quantile(edits[rows].sum(1) / lengths[rows].sum(1), [0.025, 0.975])
    assert np.allclose((found.low, found.high), plain, rtol=0, atol=0.003)
    assert edit_rate(edits, lengths) == found


def test_the_interval_of_no_edits_ends_where_wilsons_does() -> None:
    found = edit_rate(np.zeros(100, int), np.full(100, 5))
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(float(wilson(0, 100)[1]))


def naive(sequence: np.ndarray, inside: np.ndarray, values: np.ndarray) -> tuple[float, ...]:
    """Rate, its error, difference and its error, by a loop over sequences."""
    count = len(np.unique(sequence))
    one, other = inside.sum(), (~inside).sum()
    rate, rest = values[inside].mean(), values[~inside].mean()
    own, both = 0.0, 0.0
    for each in np.unique(sequence):
        mine = sequence == each
        in_here, out_here = mine & inside, mine & ~inside
        u = (values[in_here].sum() - rate * in_here.sum()) / one
        v = (values[out_here].sum() - rest * out_here.sum()) / other
        own, both = own + u * u, both + (u - v) ** 2
    more = count / (count - 1)
    return rate, math.sqrt(own * more), rate - rest, math.sqrt(both * more)


def test_rates_of_groups_equal_a_loop_over_sequences() -> None:
    rng = np.random.default_rng(5)
    sequence = np.repeat(np.arange(60), rng.integers(1, 7, 60))
    group = rng.integers(-1, 4, len(sequence)).astype(np.int16)
    values = rng.random(len(sequence)) * rng.integers(-1, 2, len(sequence))
    known = group >= 0  # digits of no group are compared with none
    found = group_rates(sequence, group, values, 4)
    for k in range(4):
        inside = group == k
        expected = naive(sequence[known], inside[known], values[known])
        got = found.rate[k], found.rate_error[k], found.difference[k], found.difference_error[k]
        assert np.allclose(got, expected, rtol=1e-10, atol=0)
        assert found.digits[k] == inside.sum()
        assert found.total[k] == pytest.approx(values[inside].sum())
        assert found.images[k] == len(np.unique(sequence[inside]))


def test_a_group_without_digits_has_nan_as_its_rate() -> None:
    found = group_rates(np.array([0, 0, 1]), np.array([1, 1, 1]), np.array([0, 1, 0]), 3)
    assert found.digits.tolist() == [0, 3, 0]
    assert np.isnan(found.rate[[0, 2]]).all()
    assert np.isnan(found.difference).all()
    assert [end.tolist()[0] for end in found.interval()] == [0, 1]


def test_intervals_of_groups_cover_the_truth_where_whole_sequences_err() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(300):
        lengths = rng.integers(1, 6, 400)
        sequence = np.repeat(np.arange(400), lengths)
        values = np.repeat(rng.random(400) < 0.1, lengths).astype(int)  # all digits of a sequence, or none
        low, high = group_rates(sequence, np.zeros(len(sequence), np.int16), values, 1).interval()
        covered += bool(low[0] <= 0.1 <= high[0])
    assert covered >= 0.92 * 300  # plain binomial intervals cover it 77 times in 100


def test_mcnemars_p_value_equals_the_binomial_one() -> None:
    for one, other in [(0, 0), (0, 5), (5, 0), (3, 3), (10, 25), (500, 620), (100_000, 100_900)]:
        expected = stats.binomtest(one, one + other).pvalue if one + other else 1.0
        assert mcnemar(one, other) == pytest.approx(min(expected, 1.0), rel=1e-8), (one, other)


def test_a_p_value_too_small_for_a_float_is_zero() -> None:
    assert mcnemar(0, 100_000) == 0
