"""Gaps between strokes: exact for every pair, digits in order, never wider than gaps between ink."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen import generate_batch, generate_numbers_sequence
from digitgen.arrays import Images, Integers
from digitgen.compose.outlines import Outlines, between_ink
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.contours import NO_INK, contours
from tests.reference import ink_box, many_examples, stroke_gap


def random_glyphs(seed: int, count: int, share: float = 0.05) -> Images:
    """Glyphs of some scattered pixels, in a part of their cell each, none of them blank."""
    rng = np.random.default_rng(seed)
    glyphs = np.where(rng.random((count, 28, 28)) < share, rng.integers(1, 256, (count, 28, 28)), 0).astype(np.uint8)
    for glyph in glyphs:
        top, left, bottom, right = rng.integers(0, 20, 4)
        glyph[:top], glyph[:, :left], glyph[28 - min(bottom, 20 - top) :], glyph[:, 28 - min(right, 20 - left) :] = (
            0,
            0,
            0,
            0,
        )
        glyph[rng.integers(0, 28), rng.integers(0, 28)] = 9
    return glyphs


def bank_of(glyphs: Images) -> GlyphBank:
    return GlyphBank.from_arrays(glyphs, np.zeros(len(glyphs), int))


def middles(glyphs: Images, x: Integers) -> list[float]:
    """The middle column of each digit's ink."""
    boxes = [ink_box(glyph) for glyph in glyphs]
    return [left + each + width / 2 for left, (each, _, width, _) in zip(x.tolist(), boxes, strict=True)]


@pytest.mark.parametrize("share", [0.002, 0.05, 0.6])
def test_contours_are_the_first_and_last_inked_columns_of_each_row(share: float) -> None:
    glyphs = random_glyphs(1, 40, share)
    for pixels in (glyphs, glyphs[:, 3:20, :13], np.tile(glyphs, (1, 1, 2))[:, :, :32]):
        begin, end = contours(pixels)
        for n, row in np.ndindex(*pixels.shape[:2]):
            inked = np.flatnonzero(pixels[n, row])
            expected = (inked[0], inked[-1] + 1) if inked.size else (NO_INK, -NO_INK)
            assert (begin[n, row], end[n, row]) == expected


def test_outlines_of_cells_are_those_of_a_bank_of_them() -> None:
    glyphs = random_glyphs(2, 300, 0.02)
    bank = bank_of(glyphs)
    some = np.array([5, 0, 299, 5])
    for taken in (bank, bank.restricted(rows=(0, 300))):
        known, found = Outlines.of_glyphs(taken, some, sides=True), Outlines.of_cells(glyphs[some])
        np.testing.assert_array_equal(known.ink, found.ink)
        assert known.sides is not None
        assert found.sides is not None
        np.testing.assert_array_equal(known.sides, found.sides)
    for ink, glyph in zip(known.ink.tolist(), glyphs[some], strict=True):
        left, top, width, height = ink_box(glyph)
        assert ink == [left, top, left + width, top + height]


def test_a_cell_without_ink_has_its_outline_in_the_middle() -> None:
    blank = Outlines.of_cells(np.zeros((1, 28, 28), np.uint8))
    assert blank.ink.tolist() == [[14, 14, 14, 14]]
    assert blank.widths.tolist() == [0]


@many_examples
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.003, 0.05, 0.6]), level=st.booleans())
def test_the_gap_between_strokes_is_the_one_sampled_unless_digits_would_change_places(
    seed: int, share: float, level: bool
) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 5, 6)
    glyphs = random_glyphs(seed, int(lengths.sum()), share)
    outlines = Outlines.of_cells(glyphs)
    gaps = rng.integers(-14, 10, int(lengths.sum()) - 6)
    y = np.zeros(len(glyphs), int) if level else rng.integers(-30, 31, len(glyphs))
    apart = between_ink(outlines, lengths, gaps, None if level else y)
    place = 0
    for own in np.split(np.arange(len(glyphs)), np.cumsum(lengths)[:-1]):
        for one, other in pairwise(own):
            (left, _, width, _), (start, *_) = ink_box(glyphs[one]), ink_box(glyphs[other])
            step = left + width + int(apart[place]) - start  # from cell to cell
            found = stroke_gap(glyphs[one], glyphs[other], (0, step), (int(y[one]), int(y[other])))
            before, after = middles(glyphs[[one, other]], np.array([0, step]))
            assert after >= before
            if found != gaps[place]:
                assert found > gaps[place]
                assert after - before < 1
            place += 1
    assert place == len(gaps)


@many_examples
@given(seed=st.integers(0, 10**6))
def test_strokes_take_no_more_room_than_ink_with_the_same_gaps_can(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bank = bank_of(random_glyphs(seed, 20, 0.02))
    low = -(bank.ink_width // 2)
    width = max(6 * bank.ink_width + 5 * low, 1)
    batch = generate_batch([[0] * 6] * 20, (low, low), width, rng=rng, glyphs=bank, unit="stroke")
    assert (batch.boxes[:, :, 0] >= 0).all()
    assert (batch.boxes[:, :, 0] + batch.boxes[:, :, 2] <= width).all()


def test_boxes_bound_the_ink_and_gaps_are_those_between_strokes(mnist: GlyphBank) -> None:
    batch = generate_batch([[7, 4, 1, 0, 5]] * 200, (-3, 6), 160, rng=1, glyphs=mnist, unit="stroke")
    glyph_of = dict(zip(mnist.rows.tolist(), range(len(mnist)), strict=True))
    differ = 0
    for sample in batch:
        glyphs = mnist.cells(np.array([glyph_of[row] for row in sample.glyph_ids.tolist()]))
        inks = [ink_box(glyph) for glyph in glyphs]
        assert [tuple(box[1:]) for box in sample.boxes.tolist()] == [ink[1:] for ink in inks]
        cells = [int(box[0]) - ink[0] for box, ink in zip(sample.boxes, inks, strict=True)]
        found = [stroke_gap(glyphs[k], glyphs[k + 1], (cells[k], cells[k + 1])) for k in range(4)]
        differ += found != sample.gaps.tolist()
        image = np.zeros((28, 160), np.uint8)
        for glyph, left in zip(glyphs, cells, strict=True):
            begin, end = max(left, 0), min(left + 28, 160)
            part = image[:, begin:end]
            np.maximum(part, glyph[:, begin - left : end - left], out=part)
        np.testing.assert_array_equal(image, sample.image)
    assert differ == 0


def test_a_seven_reaches_over_a_four() -> None:
    seven, four = np.zeros((2, 28, 28), np.uint8)
    seven[4, 5:20] = seven[4:24, 5] = 255  # its bar reaches to the right, above the other
    four[12:24, 8] = four[18, 6:16] = 255
    bank = GlyphBank.from_arrays(np.stack([seven, four]), np.array([7, 4]))
    ink = generate_batch([[7, 4]], (2, 2), 60, glyphs=bank, unit="ink").boxes[0]
    stroke = generate_batch([[7, 4]], (2, 2), 60, glyphs=bank, unit="stroke").boxes[0]
    assert ink[1, 0] - ink[0, 0] == 15 + 2
    # The four's left tip is level with the seven's stem; but its middle must not come before the seven's.
    assert stroke[1, 0] - stroke[0, 0] == 3
    far = generate_batch([[7, 4]], (6, 6), 60, glyphs=bank, unit="stroke").boxes[0]
    assert far[1, 0] - far[0, 0] == 1 + 6


def test_a_single_image_is_a_batch_of_one(mnist: GlyphBank) -> None:
    single = generate_numbers_sequence([4, 7, 1], (-4, 4), 90, rng=3, glyphs=mnist, unit="stroke")
    batch = generate_batch([[4, 7, 1]], (-4, 4), 90, rng=3, glyphs=mnist, unit="stroke")
    np.testing.assert_array_equal(single, batch.images[0] / np.float32(255))
