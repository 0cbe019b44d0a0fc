"""Where the digits stand: feasibility by arguments alone, exact laws of the gaps, margins."""

from collections.abc import Callable
from fractions import Fraction
from itertools import chain, product
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitgen.compose import gaps as gaps_module
from digitgen.compose.gaps import GapLaw, UniformGaps
from digitgen.compose.layout import Align, Fit, Layout, Unit
from digitgen.compose.placing import sample_gaps, sample_positions, sample_tops
from digitgen.errors import ArgumentError
from digitgen.rng import uniform_below
from tests.errors import message_of
from tests.reference import assert_follows, count_fitting, fitting_gaps, many_examples, positions, uniform

INK = 20
laws = st.builds(
    lambda count, low, span, share: UniformGaps(count, low, low + span, round(share * count * span)),
    st.integers(0, 4),
    st.integers(-5, 5),
    st.integers(0, 5),
    st.floats(0, 1),
)


def draw(law: GapLaw, size: int, seed: int = 1) -> NDArray[np.int64]:
    return law.sample(np.random.default_rng(seed), size)


def as_rows(vectors: NDArray[np.int64]) -> list[tuple[int, ...]]:
    return list(map(tuple, vectors.tolist()))


# What fits


@many_examples
@given(
    length=st.integers(1, 12),
    low=st.integers(-27, 30),
    span=st.integers(0, 20),
    fit=st.sampled_from(["conditional", "strict"]),
    unit=st.sampled_from(["cell", "ink"]),
)
def test_gaps_that_cannot_fit_are_refused_with_the_smallest_width_that_works(
    length: int, low: int, span: int, fit: Fit, unit: Unit
) -> None:
    assume(unit == "cell" or low >= -INK // 2)
    least = length * (28 if unit == "cell" else INK) + (length - 1) * (low if fit == "conditional" else low + span)
    with pytest.raises(ArgumentError, match=rf"{length} digit.* at least {least} px .*image_width is {least - 1}$"):
        Layout(least - 1, (low, low + span), fit, unit).gap_law(length, INK)
    gaps = draw(Layout(least, (low, low + span), fit, unit).gap_law(length, INK), 50)
    assert gaps.shape == (50, length - 1)
    assert ((gaps >= low) & (gaps <= low + span)).all()
    if fit == "conditional":
        assert (gaps == low).all()


def test_a_refusal_names_the_px_of_each_digit_and_gap() -> None:
    with pytest.raises(ArgumentError) as error:
        Layout(139, (0, 9)).gap_law(5, INK)
    assert str(error.value) == "5 digits need at least 140 px (each 28, smallest gap 0); image_width is 139"
    with pytest.raises(ArgumentError) as error:
        Layout(135, (0, 9), "strict", "ink").gap_law(5, INK)
    assert str(error.value) == "5 digits need at least 136 px (each 20, largest gap 9); image_width is 135"
    with pytest.raises(ArgumentError) as error:
        Layout(27, (0, 9)).gap_law(1, INK)
    assert str(error.value) == "1 digit needs at least 28 px (each 28, smallest gap 0); image_width is 27"


def test_gaps_that_would_swap_neighbours_are_refused() -> None:
    limits: list[tuple[Unit, int]] = [("cell", -27), ("ink", -10)]
    for unit, least in limits:
        assert draw(Layout(300, (least, 0), unit=unit).gap_law(3, INK), 1).shape == (1, 2)
        message = f"gaps of {least - 1} px are too negative.*{unit}.*the least is {least}$"
        with pytest.raises(ArgumentError, match=message):
            Layout(300, (least - 1, 0), unit=unit).gap_law(3, INK)


def test_a_law_too_large_to_count_is_refused_with_the_width_that_needs_no_counting() -> None:
    with pytest.raises(ArgumentError, match=r"254 gaps of 0 to 100 px .* at least 32540 px wide"):
        Layout(32_539, (0, 100)).gap_law(255, INK)
    assert not Layout(32_540, (0, 100)).gap_law(255, INK).conditioned


def test_a_law_too_large_to_count_at_any_width_is_refused_without_a_width_that_cannot_be() -> None:
    with pytest.raises(ArgumentError, match=r"too many to count exactly; make the range smaller$"):
        Layout(32_767, (0, 32_767)).gap_law(255, INK)


# How often, and which


@many_examples
@given(law=laws)
def test_acceptance_equals_the_share_of_gap_vectors_that_fit(law: GapLaw) -> None:
    fitting = fitting_gaps(law.count, law.low, law.high, law.slack)
    choices = law.high - law.low + 1
    assert count_fitting(law.count, choices, law.slack) == len(fitting)
    assert law.acceptance == float(Fraction(len(fitting), choices**law.count))
    assert law.conditioned == (len(fitting) < choices**law.count)


@pytest.mark.parametrize("numbers", [np.int64, object])
@many_examples
@given(law=laws)
def test_each_rank_is_one_of_the_vectors_that_fit_and_each_vector_has_one_rank(numbers: type, law: GapLaw) -> None:
    assume(law.conditioned)
    fitting = fitting_gaps(law.count, law.low, law.high, law.slack)
    counts = gaps_module._Counts(law.high - law.low + 1)
    tables: list[NDArray[Any]] = [table.astype(numbers) for table in counts.up_to(law.count, law.slack)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gaps_module, "uniform_below", lambda _, total, size: np.arange(min(total, size)).astype(numbers))
        patch.setattr(gaps_module, "_counts", lambda _: SimpleNamespace(up_to=lambda *_: tables))
        assert as_rows(draw(law, len(fitting))) == sorted(fitting)


@many_examples
@given(law=laws)
def test_the_marginal_of_each_gap_is_that_of_the_vectors_that_fit(law: GapLaw) -> None:
    fitting = fitting_gaps(law.count, law.low, law.high, law.slack)
    for place in range(law.count):
        counts = np.bincount([gaps[place] - law.low for gaps in fitting], minlength=law.high - law.low + 1)
        assert law.marginal() == pytest.approx(counts / len(fitting))


def test_gaps_that_always_fit_are_independent_and_uniform() -> None:
    law = Layout(200, (-2, 4)).gap_law(4, INK)
    assert not law.conditioned
    assert law.acceptance == 1
    assert_follows(as_rows(draw(law, 60_000)), uniform(product(range(-2, 5), repeat=3)))


def test_strict_gaps_are_uniform_at_the_smallest_width() -> None:
    law = Layout(3 * 28 + 2 * 9, (2, 9), fit="strict").gap_law(3, INK)
    assert_follows(as_rows(draw(law, 20_000)), uniform(product(range(2, 10), repeat=2)))


@pytest.mark.parametrize(
    ("length", "spacing", "width", "unit"),
    [
        pytest.param(4, (0, 9), 4 * 28 + 12, "cell", id="three gaps"),
        pytest.param(5, (-3, 2), 5 * 28 - 5, "cell", id="four gaps, some negative"),
        pytest.param(2, (3, 50), 2 * 28 + 20, "cell", id="one gap"),
        pytest.param(4, (-4, 6), 4 * INK + 3, "ink", id="between ink"),
    ],
)
def test_conditional_gaps_are_uniform_over_exactly_the_vectors_that_fit(
    length: int, spacing: tuple[int, int], width: int, unit: Unit
) -> None:
    law = Layout(width, spacing, unit=unit).gap_law(length, INK)
    assert law.conditioned
    slack = width - length * (28 if unit == "cell" else INK) - (length - 1) * spacing[0]
    assert_follows(as_rows(draw(law, 60_000)), uniform(fitting_gaps(length - 1, *spacing, slack)))


@pytest.mark.parametrize(
    ("count", "slack", "bits_of_ranks", "dtype"),
    [
        pytest.param(12, 40, 37, np.int64, id="all counts in 64 bits"),
        pytest.param(19, 80, 62, object, id="ranks in 64 bits, but not the table"),
        pytest.param(30, 100, 94, object, id="ranks beyond 64 bits"),
    ],
)
def test_many_gaps_follow_their_exact_law(count: int, slack: int, bits_of_ranks: int, dtype: type) -> None:
    choices = 10
    law = UniformGaps(count, -1, choices - 2, slack)
    ways = count_fitting(count, choices, slack)
    assert (gaps_module._Counts(choices).up_to(count, slack)[count].dtype, ways.bit_length()) == (
        np.dtype(dtype),
        bits_of_ranks,
    )
    gaps = draw(law, 10_000) + 1
    assert ((gaps >= 0) & (gaps < choices)).all()
    assert (gaps.sum(axis=1) <= slack).all()
    one = {step: Fraction(count_fitting(count - 1, choices, slack - step), ways) for step in range(choices)}
    for k in (0, count // 2, count - 1):
        assert_follows(gaps[:, k].tolist(), one)
    two = {
        (a, b): Fraction(count_fitting(count - 2, choices, slack - a - b), ways)
        for a, b in product(range(choices), repeat=2)
    }
    assert_follows(as_rows(gaps[:, [0, -1]]), two)


def test_acceptance_beyond_64_bits_is_exact() -> None:
    assert UniformGaps(40, 0, 9, 150).acceptance == float(Fraction(count_fitting(40, 10, 150), 10**40))


def test_ranks_beyond_64_bits_are_uniform_and_below_their_number() -> None:
    ranks = uniform_below(np.random.default_rng(1), 3 * 2**70, 30_000)
    assert_follows((rank >> 68 for rank in ranks), uniform(range(12)))
    assert_follows((rank & 7 for rank in ranks), uniform(range(8)))


def test_gaps_of_ranks_beyond_64_bits_keep_their_values() -> None:
    # A change of these is a change of the format, as with the hashes in test_generate.py.
    gaps = UniformGaps(30, -1, 8, 100).sample(np.random.Generator(np.random.PCG64DXSM(2026)), 1)
    assert "".join(str(gap + 1) for gap in gaps[0]) == "273366512307325200323251111983"


def test_gaps_of_a_sequence_follow_the_law_of_its_length() -> None:
    layout, lengths = Layout(4 * 28 + 5, (0, 4)), np.tile([4, 1, 3, 2], 8_000)
    gaps = sample_gaps(np.random.default_rng(1), layout, lengths, INK)
    assert (gaps.dtype, len(gaps)) == (np.dtype("i8"), (lengths - 1).sum())
    table = gaps.reshape(-1, 6)  # three gaps, then two, then one
    assert_follows(as_rows(table[:, :3]), uniform(fitting_gaps(3, 0, 4, 5)))
    assert_follows(as_rows(table[:, 3:5]), uniform(product(range(5), repeat=2)))
    assert_follows(table[:, 5].tolist(), uniform(range(5)))


# Margins


@st.composite
def rows_of_digits(draw: Callable[..., Any]) -> tuple[Unit, list[list[int]], list[list[int]]]:
    """Widths and gaps of some images, as deep in overlap as is allowed."""
    unit: Unit = draw(st.sampled_from(["cell", "ink"]))
    width, least = (st.just(28), -27) if unit == "cell" else (st.integers(1, INK), -INK // 2)
    widths = draw(st.lists(st.lists(width, min_size=1, max_size=6), min_size=1, max_size=5))
    gap = st.integers(least, 8)
    return unit, widths, [draw(st.lists(gap, min_size=len(row) - 1, max_size=len(row) - 1)) for row in widths]


@many_examples
@given(rows=rows_of_digits(), extra=st.integers(0, 9))
def test_digits_stand_where_gaps_and_alignment_put_them(
    rows: tuple[Unit, list[list[int]], list[list[int]]], extra: int
) -> None:
    unit, widths, gaps = rows
    each = 28 if unit == "cell" else INK
    width = extra + max(len(row) * each + sum(between) for row, between in zip(widths, gaps, strict=True))
    lengths = np.array([len(row) for row in widths])
    flat_gaps, flat_widths = (np.array(list(chain(*each)), np.int64) for each in (gaps, widths))
    for align in get_args(Align):
        layout = Layout(width, (-10, 8), unit=unit, align=align)
        x = sample_positions(np.random.default_rng(extra), layout, lengths, flat_gaps, flat_widths)
        assert (x >= 0).all()
        assert (x + flat_widths <= width).all()
        for row, between, found in zip(widths, gaps, np.split(x, np.cumsum(lengths)[:-1]), strict=True):
            assert found.tolist() == positions(row, between, width, align, int(found.min()))


def test_the_odd_pixel_of_a_centred_sequence_goes_right() -> None:
    one = np.array([1]), np.array([], np.int64), np.array([28])
    assert sample_positions(np.random.default_rng(1), Layout(33, (0, 0)), *one).tolist() == [2]


def test_random_margins_are_uniform_and_independent_of_each_other() -> None:
    lengths, gaps, widths = np.tile([1, 2], 30_000), np.full(30_000, 3), np.full(90_000, 28)
    layout = Layout(2 * 28 + 3 + 6, (3, 3), align="random")
    x = sample_positions(np.random.default_rng(1), layout, lengths, gaps, widths).reshape(-1, 3)
    assert_follows(as_rows(x[:, :2]), uniform(product(range(38), range(7))))
    np.testing.assert_array_equal(x[:, 2], x[:, 1] + 31)


def test_margins_take_random_numbers_only_where_they_are_random() -> None:
    generator = np.random.default_rng(1)
    for align in ("center", "left", "right"):
        sample_positions(generator, Layout(90, (3, 3), align=align), np.array([1]), np.array([], int), np.array([28]))
    assert generator.random() == np.random.default_rng(1).random()


def test_the_odd_pixel_above_centred_digits_is_below_them() -> None:
    tops = {"center": 2, "top": 0, "bottom": 5}
    for align, top in tops.items():
        layout = Layout(90, (3, 3), image_height=33, vertical_align=align)  # type: ignore[arg-type]
        assert sample_tops(np.random.default_rng(1), layout, np.array([2, 1])) == top


def test_random_heights_are_uniform_and_those_of_all_digits_of_an_image() -> None:
    layout, lengths = Layout(90, (3, 3), image_height=34, vertical_align="random"), np.tile([1, 3], 20_000)
    y = sample_tops(np.random.default_rng(1), layout, lengths)
    assert isinstance(y, np.ndarray)
    one, first, second, third = y.reshape(-1, 4).T
    assert_follows(zip(one.tolist(), first.tolist(), strict=True), uniform(product(range(7), repeat=2)))
    assert (first == second).all()
    assert (first == third).all()


def test_heights_take_random_numbers_only_where_there_is_a_choice() -> None:
    generator = np.random.default_rng(1)
    for height, align in ((40, "center"), (40, "top"), (40, "bottom"), (28, "random")):
        layout = Layout(90, (3, 3), image_height=height, vertical_align=align)  # type: ignore[arg-type]
        sample_tops(generator, layout, np.array([1, 2]))
    assert generator.random() == np.random.default_rng(1).random()


# Arguments


def test_a_range_may_be_any_pair_of_integers() -> None:
    pairs: list[Any] = [(2, 5), [2, 5], np.array([2, 5]), (np.int8(2), np.uint64(5))]
    assert [Layout(np.int16(100), pair).spacing_range for pair in pairs] == [(2, 5)] * 4  # type: ignore[arg-type]


NO_INTEGER = "must be an integer; got"
NO_PAIR = "spacing_range must be (minimum, maximum), two integers; got"
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "width 0": ({"image_width": 0}, "image_width must be from 1 to 32767 px; got 0"),
    "negative width": ({"image_width": -5}, "image_width must be from 1 to 32767 px; got -5"),
    "huge width": ({"image_width": 32_768}, "image_width must be from 1 to 32767 px; got 32768"),
    "float width": ({"image_width": 100.0}, f"image_width {NO_INTEGER} 100.0 (float)"),
    "bool width": ({"image_width": True}, f"image_width {NO_INTEGER} True (bool)"),
    "str width": ({"image_width": "100"}, f"image_width {NO_INTEGER} '100' (str)"),
    "no width": ({"image_width": None}, f"image_width {NO_INTEGER} None (NoneType)"),
    "low image": ({"image_height": 27}, "image_height must be from 28 to 256 px; got 27"),
    "high image": ({"image_height": 257}, "image_height must be from 28 to 256 px; got 257"),
    "float height": ({"image_height": 40.0}, f"image_height {NO_INTEGER} 40.0 (float)"),
    "vertical": (
        {"vertical_align": "middle"},
        "vertical_align must be one of center, top, bottom, random; got 'middle'",
    ),
    "min > max": ({"spacing_range": (9, 2)}, "minimum spacing 9 is larger than maximum spacing 2"),
    "float spacing": ({"spacing_range": (0, 2.0)}, f"the maximum of spacing_range {NO_INTEGER} 2.0 (float)"),
    "float array": (
        {"spacing_range": np.array([0.0, 2.0])},
        f"the minimum of spacing_range {NO_INTEGER} np.float64(0.0)",
    ),
    "bool spacing": ({"spacing_range": (False, 2)}, f"the minimum of spacing_range {NO_INTEGER} False (bool)"),
    "str spacing": ({"spacing_range": ("0", 2)}, f"the minimum of spacing_range {NO_INTEGER} '0' (str)"),
    "2-D array": ({"spacing_range": np.zeros((2, 2), int)}, f"{NO_PAIR} array([[0, 0]"),
    "0-D array": ({"spacing_range": np.array(5)}, f"{NO_PAIR} array(5)"),
    "one number": ({"spacing_range": 5}, f"{NO_PAIR} 5"),
    "three numbers": ({"spacing_range": (1, 2, 3)}, f"{NO_PAIR} (1, 2, 3)"),
    "str range": ({"spacing_range": "12"}, f"{NO_PAIR} '12'"),
    "no range": ({"spacing_range": None}, f"{NO_PAIR} None"),
    "huge spacing": ({"spacing_range": (0, 40_000)}, "maximum spacing must be at most 32767 px; got 40000"),
    "fit": ({"fit": "loose"}, "fit must be one of conditional, strict; got 'loose'"),
    "unit": ({"unit": "mm"}, "unit must be one of cell, ink, stroke; got 'mm'"),
    "align": ({"align": "centre"}, "align must be one of center, left, right, random; got 'centre'"),
    "no align": ({"align": None}, "align must be one of center, left, right, random; got None"),
}


def test_a_layout_without_meaning_is_refused_with_what_came_and_what_is_allowed() -> None:
    for name, (arguments, message) in REFUSED.items():
        told = message_of(Layout, **{"image_width": 100, "spacing_range": (0, 5), **arguments})
        assert message in told, name
