"""The bank: glyphs sorted by class, their ink, and the choice among them."""

import numpy as np
import pytest

from digitgen.errors import SourceError
from digitgen.glyphs.bank import GlyphBank, sample_glyphs
from tests.conftest import coded_glyphs
from tests.errors import message_of
from tests.reference import assert_follows, ink_box, uniform

FULL = np.full((10, 28, 28), 255, np.uint8)


def bank_with(counts: list[int]) -> GlyphBank:
    """A bank with so many glyphs of each class."""
    labels = np.repeat(np.arange(10), counts).astype(np.uint8)
    return GlyphBank.from_arrays(np.full((len(labels), 28, 28), 9, np.uint8), labels)


def test_glyphs_are_sorted_by_class_and_keep_their_order_within_it(bank: GlyphBank) -> None:
    images, labels = coded_glyphs()
    order = [row for digit in range(10) for row in range(len(labels)) if labels[row] == digit]
    assert bank.rows.tolist() == order
    np.testing.assert_array_equal(bank.images, images[order])
    assert bank.starts.tolist() == list(range(0, 31, 3))
    assert bank.counts.tolist() == [3] * 10


def test_ink_is_the_smallest_box_of_pixels_that_are_not_background(bank: GlyphBank, mnist: GlyphBank) -> None:
    for glyphs in (bank, mnist):
        for glyph, image in list(enumerate(glyphs.images))[:: len(glyphs.images) // 30]:
            left, top, width, height = ink_box(image)
            assert glyphs.windows.ink[glyph].tolist() == [left, top, left + width, top + height]


@pytest.mark.parametrize("which", ["bank", "mnist"])
def test_windows_lie_in_the_cell_hold_all_the_ink_and_are_as_large_as_the_largest(
    which: str, request: pytest.FixtureRequest
) -> None:
    bank: GlyphBank = request.getfixturevalue(which)
    height, width = bank.windows.size
    sizes = bank.windows.ink[:, 2:] - bank.windows.ink[:, :2]
    assert (width, height) == tuple(sizes.max(axis=0))
    assert bank.ink_width == width
    assert (bank.windows.corners >= 0).all()
    assert ((28 - width, 28 - height) >= bank.windows.corners.T).all()
    outside = bank.images
    for image, window, (left, top) in zip(outside, bank.windows.pixels, bank.windows.corners.T, strict=True):
        assert np.array_equal(image[top : top + height, left : left + width], window)
        image[top : top + height, left : left + width] = 0
    assert not outside.any()


def test_mnist_has_its_known_counts(mnist: GlyphBank) -> None:
    assert mnist.counts.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert mnist.windows.pixels.shape == (60_000, 20, 20)
    assert sorted(mnist.rows.tolist()) == list(range(60_000))


def test_arrays_that_are_no_glyphs_with_labels_from_0_to_9_are_refused() -> None:
    digits = np.arange(10)
    for images, labels, message in (
        (FULL.astype(float), digits, "got (10, 28, 28) float64 images and (10,) labels"),
        (FULL[:, :27], digits, "got (10, 27, 28) uint8 images and (10,) labels"),
        (FULL[:, :, 1:], digits, "got (10, 28, 27) uint8 images and (10,) labels"),
        (FULL, digits[:9], "got (10, 28, 28) uint8 images and (9,) labels"),
        (FULL[:0], digits[:0], "got (0, 28, 28) uint8 images and (0,) labels"),
        (FULL, digits[:, None], "got (10, 28, 28) uint8 images and (10, 1) labels"),
        (FULL, digits - 1, "labels must be integers from 0 to 9"),
        (FULL, digits + 1, "labels must be integers from 0 to 9"),
        (FULL, digits.astype(float), "labels must be integers from 0 to 9"),
    ):
        assert message in message_of(GlyphBank.from_arrays, images, labels)


def test_a_glyph_without_ink_is_named_by_its_row_in_the_source() -> None:
    images = FULL.copy()
    images[7] = 0
    with pytest.raises(SourceError, match="row 7 of the source is a glyph without any ink"):
        GlyphBank.from_arrays(images, np.arange(10, dtype=np.uint8)[::-1])


def test_every_glyph_of_a_class_is_equally_likely_however_many_there_are() -> None:
    bank = bank_with([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    digits = np.tile(np.arange(10, dtype=np.uint8), 20_000)
    glyphs = sample_glyphs(np.random.default_rng(1), bank, digits)
    for digit in range(10):
        choices = range(int(bank.starts[digit]), int(bank.starts[digit + 1]))
        assert len(choices) == digit + 1
        assert_follows(glyphs[digits == digit].tolist(), uniform(choices))


def test_glyphs_of_neighbours_are_independent() -> None:
    bank = bank_with([3] * 10)
    glyphs = sample_glyphs(np.random.default_rng(2), bank, np.full(80_000, 4, np.uint8)).reshape(-1, 2)
    assert_follows(map(tuple, glyphs.tolist()), uniform((a, b) for a in range(12, 15) for b in range(12, 15)))


def test_every_glyph_of_mnist_can_come_and_each_is_of_its_class(mnist: GlyphBank) -> None:
    digits = np.repeat(np.arange(10, dtype=np.uint8), 150_000)
    glyphs = sample_glyphs(np.random.default_rng(3), mnist, digits)
    np.testing.assert_array_equal(np.searchsorted(mnist.starts, glyphs, side="right") - 1, digits)
    assert len(np.unique(glyphs)) == 60_000


def test_a_class_without_glyphs_is_refused_only_where_its_digit_is_asked_for() -> None:
    bank = bank_with([1, 1, 1, 0, 1, 1, 1, 1, 1, 0])
    assert sample_glyphs(np.random.default_rng(1), bank, np.array([0, 4, 8], np.uint8)).tolist() == [0, 3, 7]
    with pytest.raises(SourceError, match="no glyph of the digit 3"):
        sample_glyphs(np.random.default_rng(1), bank, np.array([0, 3], np.uint8))
    with pytest.raises(SourceError, match="no glyph of the digit 9"):
        sample_glyphs(np.random.default_rng(1), bank, np.array([9], np.uint8))
