"""Digits on a line: where it lies, how far they leave it, exact boxes, and all ink inside the image."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, truncnorm

from digitgen import Baseline, Batch, generate_batch, generate_numbers_sequence
from digitgen.compose.baseline import sample_tops_on_line
from digitgen.compose.layout import Layout, Unit
from digitgen.glyphs.bank import GlyphBank
from tests.errors import message_of
from tests.reference import compose, ink_box, many_examples, stroke_gap


def make(count: int, baseline: Baseline | None, bank: GlyphBank, height: int = 200, **more: Any) -> Batch:
    """Images of five digits, high enough for everything unless said otherwise."""
    return generate_batch(
        [[7, 4, 1, 0, 5]] * count, (-2, 6), 180, rng=1, glyphs=bank, image_height=height, baseline=baseline, **more
    )


def bottoms(batch: Batch) -> np.ndarray:
    """The bottom of each digit's ink, px."""
    found: np.ndarray = batch.boxes[:, :, 1] + batch.boxes[:, :, 3]
    return found


def middles(batch: Batch) -> np.ndarray:
    """The middle column of each digit's ink, px from the middle of the string."""
    left, right = batch.boxes[:, :, 0], batch.boxes[:, :, 0] + batch.boxes[:, :, 2]
    middle = (left.min(axis=1) + right.max(axis=1)) / 2
    found: np.ndarray = (left + right) / 2 - middle[:, None]
    return found


def lengths(batch: Batch) -> np.ndarray:
    """The width of the ink of each string, px."""
    left = batch.boxes[:, :, 0]
    found: np.ndarray = (left + batch.boxes[:, :, 2]).max(axis=1) - left.min(axis=1)
    return found


@pytest.mark.parametrize("unit", ["cell", "ink", "stroke"])
def test_without_slope_curve_and_jitter_all_ink_stands_on_one_row(mnist: GlyphBank, unit: Unit) -> None:
    batch = make(100, Baseline(), mnist, 28, unit=unit)
    assert (np.ptp(bottoms(batch), axis=1) == 0).all()
    level = make(100, None, mnist, 28, unit=unit)
    np.testing.assert_array_equal(batch.gaps, level.gaps)
    np.testing.assert_array_equal(batch.glyph_ids, level.glyph_ids)
    if unit == "ink":
        np.testing.assert_array_equal(batch.boxes[:, :, 0], level.boxes[:, :, 0])


def test_a_sloped_line_rises_to_the_right_by_its_slope(mnist: GlyphBank) -> None:
    for slope in (-0.2, 0.05, 0.3):
        batch = make(50, Baseline(slope=(slope, slope)), mnist, unit="ink")
        rise = -bottoms(batch)
        fitted = rise[:, :1] + slope * (middles(batch) - middles(batch)[:, :1])
        assert np.abs(rise - fitted).max() <= 1  # both ends are rounded


def test_a_curved_line_is_highest_or_lowest_in_the_middle(mnist: GlyphBank) -> None:
    for curve in (-0.1, 0.2):
        batch = make(50, Baseline(curve=(curve, curve)), mnist, unit="ink")
        length = lengths(batch)[:, None]
        expected = curve * length * (1 - 4 * (middles(batch) / length) ** 2)
        rise = -bottoms(batch)
        assert np.abs((rise - rise[:, :1]) - (expected - expected[:, :1])).max() <= 1


def test_slopes_are_uniform(mnist: GlyphBank) -> None:
    batch = make(3_000, Baseline(slope=(-0.3, 0.5)), mnist, unit="ink")
    x, y = middles(batch), -bottoms(batch)
    slopes = (y[:, 4] - y[:, 0]) / (x[:, 4] - x[:, 0])
    assert kstest(slopes, "uniform", (-0.3, 0.8)).pvalue > 1e-3


def test_jitter_is_normal_in_heights_of_the_ink() -> None:
    ink = np.tile([4, 2, 20, 1002], (20_000, 1))  # so high that rounding does not matter
    lengths = np.full(10_000, 2)
    top = sample_tops_on_line(
        np.random.default_rng(1), Baseline(0.1), lengths, ink, np.tile([0, 30], 10_000), 9_000, "center"
    )
    one, other = top.reshape(-1, 2).T
    difference = (one - other) / 1000 / 0.1 / np.sqrt(2)
    assert kstest(difference, truncnorm(-5.6, 5.6).cdf).pvalue > 1e-3


def test_no_digit_leaves_the_line_by_more_than_four_deviations() -> None:
    ink = np.tile([4, 2, 20, 22], (100_000, 1))
    top = sample_tops_on_line(
        np.random.default_rng(1), Baseline(0.5), np.array([100_000]), ink, np.zeros(100_000, np.int64), 600, "top"
    )
    assert int(np.ptp(top)) == 80


@pytest.mark.parametrize("unit", ["cell", "ink", "stroke"])
def test_boxes_bound_the_ink_and_images_are_those_of_their_digits(mnist: GlyphBank, unit: Unit) -> None:
    glyph_of = dict(zip(mnist.rows.tolist(), range(len(mnist)), strict=True))
    for height, line in ((28, Baseline(0.2, 0.1, -0.1)), (40, Baseline(0.06, (-0.05, 0.05), (-0.05, 0.05)))):
        for sample in make(40, line, mnist, height, unit=unit):
            glyphs = mnist.cells(np.array([glyph_of[row] for row in sample.glyph_ids.tolist()]))
            inks = [ink_box(glyph) for glyph in glyphs]
            assert [tuple(box[2:]) for box in sample.boxes.tolist()] == [ink[2:] for ink in inks]
            cells = [
                (int(left) - ink[0], int(top) - ink[1])
                for (left, top, _, _), ink in zip(sample.boxes, inks, strict=True)
            ]
            x, y = zip(*cells, strict=True)
            np.testing.assert_array_equal(sample.image, compose([*glyphs], x, 180, "max", tops=y, height=height))
            if unit == "stroke":
                pairs = range(len(glyphs) - 1)
                gaps = [stroke_gap(glyphs[k], glyphs[k + 1], (x[k], x[k + 1]), (y[k], y[k + 1])) for k in pairs]
                assert gaps == sample.gaps.tolist()


@many_examples
@given(
    seed=st.integers(0, 10**6),
    height=st.integers(28, 80),
    jitter=st.floats(0, 1),
    slope=st.floats(-1, 1),
    curve=st.floats(-0.5, 0.5),
    align=st.sampled_from(["center", "top", "bottom", "random"]),
)
def test_all_ink_stays_inside_and_the_string_stands_where_it_is_aligned(
    seed: int, height: int, jitter: float, slope: float, curve: float, align: Any
) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 6, 20)
    count = int(lengths.sum())
    corner, size = rng.integers(0, 10, (count, 2)), rng.integers(1, 19, (count, 2))
    ink = np.concatenate([corner, corner + size], axis=1)
    x = rng.integers(0, 150, count)
    y = sample_tops_on_line(rng, Baseline(jitter, slope, curve), lengths, ink, x, height, align)
    top, bottom = y + ink[:, 1], y + ink[:, 3]
    assert (top >= 0).all()
    assert (bottom <= height).all()
    for own in np.split(np.arange(count), np.cumsum(lengths)[:-1]):
        above, below = int(top[own].min()), height - int(bottom[own].max())
        if above and below:  # there was room for all
            assert align in ("center", "random")
            assert align == "random" or below - above in (0, 1)


@many_examples
@given(seed=st.integers(0, 10**6), jitter=st.floats(0, 1), slope=st.floats(-1, 1), curve=st.floats(-0.5, 0.5))
def test_in_the_height_that_a_layout_asks_for_no_digit_is_kept_from_its_place(
    seed: int, jitter: float, slope: float, curve: float
) -> None:
    baseline = Baseline(jitter, slope, curve)
    layout = Layout(150, (-5, 5), unit="ink", baseline=baseline)
    assert layout.height_for(5, 20, 20) == max(28, baseline.height_for(5 * 20 + 4 * 5, 20))
    ink = np.tile([4, 4, 24, 24], (50, 1))
    x = np.tile(np.arange(5) * 25, 10)
    height = layout.height_for(5, 20, 20)
    tops = [
        sample_tops_on_line(np.random.default_rng(seed), baseline, np.full(10, 5), ink, x, each, "top")
        for each in (height, height + 500)
    ]
    np.testing.assert_array_equal(tops[0], tops[1])


def test_level_digits_need_no_more_than_their_cells() -> None:
    assert Layout(150, (0, 5)).height_for(5, 20, 20) == 28
    assert Layout(150, (0, 5), baseline=Baseline()).height_for(5, 28, 28) == 28


def test_a_single_image_is_a_batch_of_one(mnist: GlyphBank) -> None:
    given: dict[str, Any] = {"rng": 3, "glyphs": mnist, "baseline": Baseline(0.1, 0.1), "image_height": 40}
    single = generate_numbers_sequence([4, 7, 1], (0, 4), 110, **given)
    batch = generate_batch([[4, 7, 1]], (0, 4), 110, **given)
    np.testing.assert_array_equal(single, batch.images[0] / np.float32(255))


def test_positions_keep_their_values() -> None:
    # A change of these is a change of the format, as with the hashes in test_generate.py.
    rng = np.random.Generator(np.random.PCG64DXSM(2026))
    ink = np.tile([4, 4, 24, 24], (6, 1))
    x = np.array([0, 20, 45, 60, 80, 103])
    line = Baseline(0.2, (-0.5, 0.5), (-0.3, 0.3))
    assert sample_tops_on_line(rng, line, np.array([4, 2]), ink, x, 100, "random").tolist() == TOPS


TOPS = [32, 37, 26, 6, 16, 22]

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "negative jitter": ({"jitter": -0.1}, "jitter: must be a number from 0 to 1; got -0.1"),
    "no jitter": ({"jitter": "0.1"}, "jitter: must be a number from 0 to 1; got '0.1'"),
    "steep": ({"slope": 1.5}, "slope: must be a number from -1 to 1 or two of them, such as [-0.05, 0.05]; got 1.5"),
    "three slopes": ({"slope": (0, 0.1, 0.2)}, "slope: must be a number from -1 to 1 or two of them"),
    "nan": ({"slope": (0, float("nan"))}, "slope: must be a number from -1 to 1 or two of them"),
    "bent": ({"curve": (-0.6, 0)}, "curve: must be a number from -0.5 to 0.5 or two of them"),
    "the wrong way round": ({"curve": (0.1, -0.1)}, "curve: the least, 0.1, is larger than the most, -0.1"),
}


def test_a_line_without_meaning_is_refused_with_what_came_and_what_is_allowed() -> None:
    for name, (arguments, message) in REFUSED.items():
        assert message in message_of(Baseline, **arguments), name
    assert "baseline must be a digitgen.Baseline; got 0.1" in message_of(Layout, 100, (0, 5), baseline=0.1)


def test_one_number_stands_for_a_range_of_one() -> None:
    assert Baseline(slope=1, curve=0.25) == Baseline(slope=(1.0, 1.0), curve=(0.25, 0.25))
    numpys: Any = np.float32(0.25), np.float64(0.1), [-0.5, np.int64(0)]
    assert Baseline(*numpys) == Baseline(0.25, (0.1, 0.1), (-0.5, 0.0))
