"""Strokes that join digits begin and end at their ink, are as frequent as asked for, and belong to the left digit."""

import numpy as np
from scipy.stats import binomtest, chisquare

from digitgen.glyphs.bank import GlyphBank
from tests.steps import images, recipe, setting
from tests.written import laid_out, strokes_of


def test_neighbours_are_joined_as_often_as_asked_for_and_none_more_than_others() -> None:
    strokes = strokes_of("connecting_strokes", laid_out(2000, 5), pairs=0.35)
    joined = np.unique(strokes.image * 10 + strokes.digit)  # each stroke is several pieces
    assert binomtest(len(joined), 8000, 0.35).pvalue > 1e-4
    assert chisquare(np.bincount(joined % 10, minlength=5)[1:]).pvalue > 1e-4


def test_strokes_run_from_the_ink_of_the_left_digit_to_that_of_the_right_one() -> None:
    ink = laid_out(100, 2)
    strokes = strokes_of("connecting_strokes", ink, pairs=1, bow=0)
    begin, end = strokes.x[::4, 0], strokes.x[3::4, 1]
    assert (np.abs(begin - (ink[0, 0, 2] - 1) + 1.25) < 1e-9).all()
    assert (np.abs(end - ink[0, 1, 0] - 1.25) < 1e-9).all()
    rows = np.concatenate([strokes.y[::4, 0], strokes.y[3::4, 1]])
    assert rows.min() >= 4 and rows.max() <= 23
    assert np.ptp(rows) > 12


def test_digits_that_overlap_or_are_far_apart_are_not_joined() -> None:
    found = [
        len(strokes_of("connecting_strokes", laid_out(9, 3, gap=gap), pairs=1, reach=0.4)) for gap in (-1, 0, 8, 9)
    ]
    assert found == [0, 72, 72, 0]


def test_a_stroke_takes_no_pixel_from_a_digit_and_is_the_left_ones(mnist: GlyphBank) -> None:
    plain = images(recipe(mnist, lengths=(4, 4)), 0, 60)
    batch = images(recipe(mnist, (setting("connecting_strokes", pairs=1),), lengths=(4, 4)), 0, 60)
    assert plain.masks is not None and batch.masks is not None
    inked = plain.images > 0
    np.testing.assert_array_equal(batch.masks[inked], plain.masks[inked])
    new = (batch.images > 0) & ~inked
    assert new.sum() > 60 * 20
    np.testing.assert_array_equal(batch.masks > 0, batch.images > 0)
    for mask, before, added in zip(batch.masks, plain.masks, new, strict=True):
        for digit in range(1, 5):
            columns = np.flatnonzero((before == digit).any(axis=0))
            stroke = np.flatnonzero((added & (mask == digit)).any(axis=0))
            assert not stroke.size or stroke.min() > columns.min()
    assert not (batch.masks[new] == 4).any()


def test_the_box_of_a_digit_bounds_its_stroke(mnist: GlyphBank) -> None:
    batch = images(recipe(mnist, (setting("connecting_strokes", pairs=1),), lengths=(3, 3)), 0, 20)
    assert batch.masks is not None
    for mask, boxes in zip(batch.masks, batch.boxes, strict=True):
        for digit in range(3):
            rows, columns = np.nonzero(mask == digit + 1)
            expected = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
            assert boxes[digit].tolist() == expected
