"""The law of a gap, and those of vectors of gaps that are not equally likely."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen import Spacing, generate_batch, generate_numbers_sequence
from digitgen.compose import weighted_gaps as weighted_gaps_module
from digitgen.compose.gaps import UniformGaps
from digitgen.compose.layout import Layout
from digitgen.compose.weighted_gaps import WeightedGaps
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from tests.errors import message_of
from tests.reference import assert_follows, fitting_gaps, many_examples, rounded_quantiles, weighed_gaps

REAL = {0: -8, 0.05: -5, 0.5: 2, 0.95: 8, 1: 12}
"""Such as real handwriting has."""

weights = st.lists(st.integers(1, 9), min_size=1, max_size=5).map(
    lambda row: [Fraction(each, sum(row)) for each in row]
)


def floats(row: list[Fraction]) -> tuple[float, ...]:
    return tuple(map(float, row))


# A single gap


@many_examples
@given(
    px=st.lists(st.integers(-40, 60), min_size=2, max_size=6),
    cuts=st.lists(st.integers(1, 99), min_size=4, max_size=4, unique=True),
)
def test_quantiles_are_rounded_to_whole_px_exactly(px: list[int], cuts: list[int]) -> None:
    ends = [0.0, *(cut / 100 for cut in sorted(cuts)[: len(px) - 2]), 1.0]
    quantiles = dict(zip(ends, (each / 4 for each in sorted(px)), strict=True))
    spacing, naive = Spacing(quantiles=quantiles), rounded_quantiles(quantiles)
    assert sum(spacing.weights) == 1
    law = {spacing.low + k: float(share) for k, share in enumerate(spacing.weights)}
    assert law[spacing.low] > 0 < law[spacing.high]
    assert naive.keys() <= law.keys()
    for gap, share in law.items():
        assert share == pytest.approx(naive.get(gap, 0.0), abs=2e-5)


def test_half_a_px_is_rounded_up() -> None:
    assert Spacing(quantiles={0: 2.5, 1: 2.5}).weights == (Fraction(1),)
    assert Spacing(quantiles={0: 2.5, 1: 2.5}).low == 3
    assert Spacing(quantiles={0: -2.5, 1: -2.5}).low == -2


@many_examples
@given(low=st.integers(-9, 0), high=st.integers(1, 9), share=st.integers(1, 99))
def test_neighbours_touch_exactly_as_often_as_asked_for_and_each_side_keeps_its_law(
    low: int, high: int, share: int
) -> None:
    for law in (Spacing((low, high)), Spacing(quantiles={0: low, 0.25: (low + high) / 3, 1: high})):
        spacing = Spacing(law.range, law.quantiles, share / 100)
        touching = -spacing.low + 1
        assert sum(spacing.weights[:touching]) == Fraction(share, 100)
        assert (spacing.low, spacing.high, sum(spacing.weights)) == (law.low, law.high, 1)
        for side in (slice(touching), slice(touching, None)):
            before, after = law.weights[side], spacing.weights[side]
            assert [each / sum(after) for each in after] == [each / sum(before) for each in before]


def test_a_share_of_none_or_all_leaves_one_side() -> None:
    assert (Spacing((-3, 5), touching=0).low, Spacing((-3, 5), touching=1).high) == (1, 0)
    assert Spacing((1, 5), touching=0).weights == (Fraction(1, 5),) * 5


def test_a_range_by_itself_is_the_uniform_law() -> None:
    assert Layout(100, Spacing((0, 9))) == Layout(100, (0, 9))
    assert isinstance(Layout(100, Spacing((0, 9))).gap_law(3, 20), UniformGaps)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "range: is missing; give a range of gaps, or their quantiles"),
    "both": ({"range": (0, 1), "quantiles": {0: 0, 1: 1}}, "quantiles: excludes range; leave one of the two out"),
    "a range that is none": ({"range": (0, 1.5)}, "the maximum of spacing_range must be an integer; got 1.5 (float)"),
    "a number": ({"quantiles": 5}, "quantiles: must be a map from probabilities to px, such as"),
    "no end": ({"quantiles": {0: 1, 0.9: 5}}, "quantiles: must have the largest gap, at 1"),
    "beyond 1": ({"quantiles": {0: 1, 1: 5, 1.5: 6}}, "quantiles.1.5: must be a map"),
    "true": ({"quantiles": {0: 1, True: 5}}, "quantiles.True: must be a map"),
    "nan": ({"quantiles": {0: 1, 1: float("nan")}}, "quantiles.1: must be a gap, a number of px from -27 to 32767"),
    "decreasing": ({"quantiles": {0: 1, 1: 0}}, "quantiles: must not decrease; got 1 px at 0 and 0 px at 1"),
    "too many": ({"quantiles": {each / 200: 1 for each in range(201)}}, "quantiles: must be at most 100; got 201"),
    "no share": ({"range": (-1, 1), "touching": -0.1}, "touching: must be a share, a number from 0 to 1; got -0.1"),
    "no side": ({"range": (1, 2), "touching": 0.1}, "touching: needs gaps of 0 px or less, of which the law has none"),
}


def test_a_law_without_meaning_is_refused_with_what_came_and_what_is_allowed() -> None:
    for name, (arguments, message) in REFUSED.items():
        assert message in message_of(Spacing, **arguments), name


def test_numbers_of_numpy_are_taken_as_those_of_python() -> None:
    numpys: dict[Any, Any] = {np.float64(0): np.int8(-2), np.float32(0.5): np.float64(1.5), np.int64(1): np.uint8(4)}
    assert Spacing(quantiles=numpys, touching=np.float64(0.25)) == Spacing(
        quantiles={0: -2, 0.5: 1.5, 1: 4}, touching=0.25
    )


# Vectors of gaps


@many_examples
@given(weights=weights, count=st.integers(0, 4), low=st.integers(-5, 5), share=st.floats(0, 1))
def test_acceptance_and_marginals_are_those_of_the_vectors_that_fit(
    weights: list[Fraction], count: int, low: int, share: float
) -> None:
    slack = round(share * count * (len(weights) - 1))
    law = WeightedGaps(count, low, low + len(weights) - 1, slack, floats(weights))
    naive = weighed_gaps(weights, count, low, slack)
    fitting = sum(
        np.prod([float(weights[gap - low]) for gap in gaps]) for gaps in fitting_gaps(count, low, law.high, slack)
    )
    assert law.acceptance == pytest.approx(fitting)
    for place in range(count):
        marginal = [
            float(sum(chance for gaps, chance in naive.items() if gaps[place] == gap))
            for gap in range(low, law.high + 1)
        ]
        assert law.marginal() == pytest.approx(np.array(marginal))


@pytest.mark.parametrize(
    ("spacing", "length", "room"),
    [
        pytest.param(Spacing(quantiles={0: -2, 0.3: 0, 1: 3}), 4, 4, id="three gaps"),
        pytest.param(Spacing((-2, 2), touching=0.3), 4, 5, id="three gaps, some touching"),
        pytest.param(Spacing(quantiles={0: 1, 0.9: 2, 1: 5}), 5, 9, id="four gaps"),
        pytest.param(Spacing((-2, 2), touching=0.7), 4, 20, id="three gaps that always fit"),
    ],
)
def test_gaps_follow_their_law_among_exactly_the_vectors_that_fit(spacing: Spacing, length: int, room: int) -> None:
    count = length - 1
    slack = min(room, count * (spacing.high - spacing.low))
    law = Layout(length * 28 + count * spacing.low + room, spacing).gap_law(length, 20)
    assert law.conditioned == (room < count * (spacing.high - spacing.low))
    naive = weighed_gaps(spacing.weights, count, spacing.low, slack)
    samples = law.sample(np.random.default_rng(1), 60_000)
    assert samples.dtype == np.int64
    rare = {gaps for gaps, chance in naive.items() if chance < Fraction(1, 10_000)}
    expected: dict[tuple[int, ...], Fraction] = {gaps: naive[gaps] for gaps in naive.keys() - rare}
    if rare:  # all of them together, as one vector
        expected[()] = sum((naive[gaps] for gaps in rare), Fraction(0))
    assert_follows((() if gaps in rare else gaps for gaps in map(tuple, samples.tolist())), expected)


def test_many_gaps_follow_the_law_of_each_place() -> None:
    spacing = Spacing(quantiles=REAL, touching=0.3)
    law = Layout(20 * 20 + 19, spacing, unit="ink").gap_law(20, 20)
    assert law.conditioned
    gaps = law.sample(np.random.default_rng(1), 20_000)
    assert (gaps.sum(axis=1) <= 19).all()
    expected = law.marginal() * len(gaps)
    for place in (0, 10, 18):
        counts = np.bincount(gaps[:, place] - spacing.low, minlength=len(expected))
        assert ((counts - expected) ** 2 / expected).sum() < 60  # 20 degrees of freedom


@many_examples
@given(weights=weights, count=st.integers(1, 4), share=st.floats(0, 1))
def test_every_budget_has_a_law_that_ascends_from_0_to_1(weights: list[Fraction], count: int, share: float) -> None:
    slack = round(share * count * (len(weights) - 1))
    chances = weighted_gaps_module._Chances(floats(weights)).up_to(count, slack)
    for keys in chances.keys:
        rows = keys.reshape(-1, len(weights))
        assert (np.diff(keys) >= 0).all()
        assert (rows[:, -1] == (np.arange(len(rows)) + 1) << 48).all()
        assert (rows[:, 0] > np.arange(len(rows)) << 48).all()


def test_samples_do_not_depend_on_which_lengths_were_asked_for_before() -> None:
    spacing = Spacing(quantiles=REAL)
    laws = [Layout(width, spacing, unit="ink").gap_law(length, 20) for width, length in ((70, 4), (200, 10), (90, 4))]
    weighted_gaps_module._chances.cache_clear()
    there = [law.sample(np.random.default_rng(5), 50).tolist() for law in laws]
    weighted_gaps_module._chances.cache_clear()
    back = [law.sample(np.random.default_rng(5), 50).tolist() for law in reversed(laws)]
    assert there == back[::-1]


def test_samples_keep_their_values() -> None:
    # A change of these is a change of the format, as with the hashes in test_generate.py.
    spacing, rng = Spacing(quantiles=REAL, touching=0.3), np.random.Generator(np.random.PCG64DXSM(2026))
    fitting = Layout(20 * 8 + 7, spacing, unit="ink").gap_law(8, 20)
    free = Layout(300, spacing, unit="ink").gap_law(8, 20)
    assert (fitting.conditioned, free.conditioned) == (True, False)
    assert fitting.sample(rng, 1).tolist() == FITTING
    assert free.sample(rng, 1).tolist() == FREE


FITTING = [[6, -3, -8, -5, -1, 2, -4]]
FREE = [[5, 6, 8, 0, 4, 3, 8]]


def test_a_law_that_cannot_be_weighed_is_refused_with_the_width_that_needs_no_weighing() -> None:
    with pytest.raises(
        ArgumentError, match=r"200 gaps of -8 to 12 px .* too unlikely to weigh exactly; .* 6420 px wide"
    ):
        Layout(201 * 20 - 200 * 8, Spacing(quantiles=REAL), unit="ink").gap_law(201, 20)
    with pytest.raises(ArgumentError, match=r"254 gaps of 0 to 100 px .* too many to weigh exactly"):
        Layout(30_000, Spacing(quantiles={0: 0, 1: 100})).gap_law(255, 20)


def test_strict_fit_asks_for_the_room_of_the_largest_gap() -> None:
    spacing = Spacing(quantiles=REAL)
    assert not Layout(4 * 20 + 3 * 12, spacing, "strict", "ink").gap_law(4, 20).conditioned
    with pytest.raises(ArgumentError, match=r"at least 116 px \(each 20, largest gap 12\); image_width is 115"):
        Layout(4 * 20 + 3 * 12 - 1, spacing, "strict", "ink").gap_law(4, 20)


# Images


def test_a_law_is_taken_where_a_range_is(bank: GlyphBank) -> None:
    spacing = Spacing(quantiles=REAL, touching=0.5)
    batch = generate_batch([[1, 2, 3]] * 20_000, spacing, 200, rng=1, glyphs=bank, unit="ink")
    assert_follows((int(gap) for gap in batch.gaps.ravel()), dict(enumerate(spacing.weights, spacing.low)))
    right = batch.boxes[:, :-1, 0] + batch.boxes[:, :-1, 2]
    np.testing.assert_array_equal(batch.boxes[:, 1:, 0] - right, batch.gaps)
    single = generate_numbers_sequence([1, 2, 3], spacing, 200, rng=7, glyphs=bank, unit="ink")
    one = generate_batch([[1, 2, 3]], spacing, 200, rng=7, glyphs=bank, unit="ink")
    np.testing.assert_array_equal(single, one.images[0] / np.float32(255))
