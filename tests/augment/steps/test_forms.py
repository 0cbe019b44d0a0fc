"""Upstrokes of ones and bars of sevens: on no other digit, of the size asked for, and part of the digit."""

from typing import Any

import numpy as np
import pytest

from digitgen.augment.numerics.opencv import settled_opencv
from digitgen.augment.step import Scene
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise
from tests.steps import images, recipe, setting

STEM = np.zeros((28, 28), np.uint8)
STEM[4:24, 17:20] = 200


def changed(bank: GlyphBank, name: str, digit: int, glyph: np.ndarray | None = None, **values: float) -> Any:
    """What a step makes of 40 glyphs of a digit, or of one that is said to be of it, beside them."""
    rows = np.arange(bank.starts[digit], bank.starts[digit] + 40)
    before = bank.cells(rows) if glyph is None else np.tile(glyph, (40, 1, 1))
    after = before.copy()
    step = AUGMENTATIONS[name]
    given = {key: np.full(40, values.get(key, sum(each.default) / 2)) for key, each in step.parameters.items()}
    scene = Scene(Noise(Address(3), np.arange(40)), 28, np.zeros((40, 1), np.int64), bank, rows)
    with settled_opencv():
        step.apply(after, scene, **given)
    return before, after


@pytest.mark.parametrize(("name", "digit"), [("flag_ones", 1), ("bar_sevens", 7)])
def test_a_stroke_is_added_to_one_digit_and_to_no_other(mnist: GlyphBank, name: str, digit: int) -> None:
    for other in range(10):
        before, after = changed(mnist, name, other)
        assert (after >= before).all()
        assert (after > before).any(axis=(1, 2)).all() == (other == digit)
        assert (after > before).any() == (other == digit)


@pytest.mark.parametrize("drop", [0, 1, 3])
def test_an_upstroke_ends_at_the_tip_of_the_stem_and_is_as_long_as_asked_for(mnist: GlyphBank, drop: float) -> None:
    before, after = changed(mnist, "flag_ones", 1, STEM, length=0.5, drop=drop, bow=0)
    rows, columns = np.nonzero((after[0] > before[0]) & (after[0] > 100))
    across, down = 17 - columns.min(), np.ptp(rows)
    assert abs(np.hypot(across, down - 3 * (drop == 0)) - 10) < 3
    assert rows.min() <= 5 and columns.max() == 16  # it begins at the left of the stem
    assert after.max() == 200  # as black as the ink


def test_a_bar_crosses_the_stem_of_a_seven_below_its_middle_and_is_as_wide_as_asked_for(mnist: GlyphBank) -> None:
    before, after = changed(mnist, "bar_sevens", 7, STEM, length=0.6, slope=0)
    for old, new in zip(before, after, strict=True):
        rows, columns = np.nonzero(new > old)
        assert abs(np.ptp(columns) - 0.6 * 20 - 1.5) < 2.5  # with its round ends
        assert rows.min() > 9 and rows.max() < 20
        assert columns.min() < 17 and columns.max() > 19


def test_where_characters_are_not_known_nothing_changes() -> None:
    before = np.tile(STEM, (3, 1, 1))
    for name in ("flag_ones", "bar_sevens"):
        step, after = AUGMENTATIONS[name], before.copy()
        given = {key: np.full(3, each.default[0]) for key, each in step.parameters.items()}
        step.apply(after, Scene(Noise(Address(1), np.arange(3)), 28, np.zeros((3, 1), np.int64)), **given)
        np.testing.assert_array_equal(after, before)


def test_glyphs_without_ink_stay_without_it(mnist: GlyphBank) -> None:
    for name, digit in (("flag_ones", 1), ("bar_sevens", 7)):
        _, after = changed(mnist, name, digit, np.zeros((28, 28), np.uint8))
        assert not after.any()


def test_the_strokes_belong_to_the_digit(mnist: GlyphBank) -> None:
    steps = (setting("flag_ones"), setting("bar_sevens"))
    batch = images(recipe(mnist, glyphs=steps), 0, 60)
    assert batch.masks is not None
    np.testing.assert_array_equal(batch.masks > 0, batch.images > 0)
