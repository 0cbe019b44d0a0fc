"""Rendering glyphs at given places: every pixel is what the plain loops of the reference say."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitgen.compose.canvas import BLOCK, Overlap, compose, owners
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.windows import Windows
from tests import reference
from tests.reference import many_examples

Images = list[list[tuple[int, int]]]
"""For each image its digits: row in the bank and left edge of the cell."""


def render_all(bank: GlyphBank, images: Images, width: int, overlap: Overlap) -> NDArray[np.uint8]:
    """What `compose` makes, on a canvas that held something else."""
    out = np.full((len(images), 28, width), 77, np.uint8)
    glyphs, x = np.array([digit for digits in images for digit in digits]).T
    compose(bank.windows, glyphs, np.array([len(digits) for digits in images]), x, out, overlap)
    return out


def assert_equals_reference(bank: GlyphBank, images: Images, width: int, overlap: Overlap) -> None:
    cells = bank.images
    for digits, found in zip(images, render_all(bank, images, width, overlap), strict=True):
        glyphs = [cells[glyph] for glyph, _ in digits]
        expected = reference.compose(glyphs, [x for _, x in digits], width, overlap)
        np.testing.assert_array_equal(found, expected)


def bank_of(rectangles: list[tuple[int, int, int, int]]) -> GlyphBank:
    """Glyphs whose pixels all differ from their neighbours' and from the other glyphs', one a class."""
    images = np.zeros((len(rectangles), 28, 28), np.uint8)
    for digit, (left, top, width, height) in enumerate(rectangles):
        block = images[digit, top : top + height, left : left + width]
        block[...] = (1 + 50 * digit + np.arange(block.size) % 211).reshape(block.shape)
    return GlyphBank.from_arrays(images, np.arange(len(rectangles), dtype=np.uint8))


@st.composite
def scenes(draw: Callable[..., Any]) -> tuple[GlyphBank, Images, int]:
    """Ink of any size at any place in its cell, at any place of an image that holds it."""
    place, size = st.integers(0, 27), st.integers(1, 28)
    bank = bank_of(draw(st.lists(st.tuples(place, place, size, size), min_size=1, max_size=4)))
    width, ink = draw(st.integers(bank.ink_width, 90)), bank.windows.ink.astype(int)
    digit = st.integers(0, len(bank) - 1).flatmap(
        lambda glyph: st.tuples(st.just(glyph), st.integers(-ink[glyph, 0], width - ink[glyph, 2]))
    )
    return bank, draw(st.lists(st.lists(digit, min_size=1, max_size=4), min_size=1, max_size=4)), width


@many_examples
@given(scene=scenes())
def test_any_ink_at_any_place_is_rendered_as_by_the_reference(scene: tuple[GlyphBank, Images, int]) -> None:
    assert_equals_reference(*scene, "max")
    assert_equals_reference(*scene, "sum")


@pytest.mark.parametrize("gap", [pytest.param(2, id="apart"), pytest.param(-9, id="overlapping")])
def test_batches_around_the_size_of_a_block_are_rendered_as_by_the_reference(bank: GlyphBank, gap: int) -> None:
    for count in (1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3):
        rng = np.random.default_rng(count)
        images = [[(int(rng.integers(30)), k * (28 + gap)) for k in range(rng.integers(1, 5))] for _ in range(count)]
        assert_equals_reference(bank, images, 118, "max")


@pytest.mark.parametrize("x", [[0, 30, 60], [0, 10, 25]], ids=["apart", "overlapping"])
def test_whole_cells_are_rendered_as_the_windows_of_their_ink_are(bank: GlyphBank, x: list[int]) -> None:
    glyphs, cells = np.array([3, 29, 11]), bank.images
    found = np.zeros((2, 1, 28, 90), np.uint8)
    for windows, out in zip((bank.windows, Windows.whole(cells)), found, strict=True):
        compose(windows, glyphs, np.array([3]), np.array(x), out)
    np.testing.assert_array_equal(found[0], found[1])
    assert found.any()


@pytest.mark.parametrize("overlap", ["max", "sum"])
def test_cells_may_reach_over_both_edges_if_their_ink_does_not(mnist: GlyphBank, overlap: Overlap) -> None:
    glyphs = np.random.default_rng(1).integers(len(mnist), size=(2 * BLOCK, 2))
    left, right = -mnist.windows.ink[glyphs[:, 0], 0], 60 - mnist.windows.ink[glyphs[:, 1], 2]
    places = zip(glyphs.tolist(), left.tolist(), right.tolist(), strict=True)
    assert_equals_reference(mnist, [[(a, x), (b, y)] for (a, b), x, y in places], 60, overlap)


@pytest.mark.parametrize("overlap", ["max", "sum"])
def test_the_blank_part_of_a_window_covers_no_neighbour_and_no_other_row(overlap: Overlap) -> None:
    bank = bank_of([(0, 0, 20, 28), (27, 0, 1, 28), (0, 0, 1, 28)])  # wide; narrow at its cell's right; at its left
    wide, right, left = range(3)
    for x in range(-7, 31):
        for pair in ([(wide, 0), (right, x)], [(wide, 40), (left, 60 - x)], [(right, x), (wide, 0)]):
            assert_equals_reference(bank, [pair], 88, overlap)
    for edges in ([(right, -27), (wide, 40)], [(wide, 0), (left, 59)], [(right, -27), (left, 59)]):
        assert_equals_reference(bank, [edges] * 3, 60, overlap)


@st.composite
def raised_scenes(draw: Callable[..., Any]) -> tuple[GlyphBank, list[list[tuple[int, int, int]]], tuple[int, int]]:
    """Ink of any size at any place of an image of any height that holds it."""
    place, size = st.integers(0, 27), st.integers(1, 28)
    bank = bank_of(draw(st.lists(st.tuples(place, place, size, size), min_size=1, max_size=4)))
    ink = bank.windows.ink.astype(int)
    height = draw(st.integers(int((ink[:, 3] - ink[:, 1]).max()), 60))
    width = draw(st.integers(bank.ink_width, 90))
    digit = st.integers(0, len(bank) - 1).flatmap(
        lambda glyph: st.tuples(
            st.just(glyph),
            st.integers(-ink[glyph, 0], width - ink[glyph, 2]),
            st.integers(-ink[glyph, 1], height - ink[glyph, 3]),
        )
    )
    images = draw(st.lists(st.lists(digit, min_size=1, max_size=4), min_size=1, max_size=4))
    return bank, images, (height, width)


@many_examples
@given(scene=raised_scenes(), overlap=st.sampled_from(["max", "sum"]))
def test_digits_at_any_height_are_rendered_and_owned_as_by_the_reference(
    scene: tuple[GlyphBank, list[list[tuple[int, int, int]]], tuple[int, int]], overlap: Overlap
) -> None:
    bank, images, (height, width) = scene
    glyphs, x, y = np.array([digit for digits in images for digit in digits]).T
    lengths = np.array([len(digits) for digits in images])
    found = np.full((len(images), height, width), 77, np.uint8)
    compose(bank.windows, glyphs, lengths, x, found, overlap, y=y)
    owned = owners(bank.windows, glyphs, lengths, x, (height, width), y)
    cells = bank.images
    for digits, image, whose in zip(images, found, owned, strict=True):
        alone = [
            reference.compose([cells[glyph]], [left], width, overlap, tops=[top], height=height)
            for glyph, left, top in digits
        ]
        together = reference.compose(
            [cells[glyph] for glyph, _, _ in digits],
            [left for _, left, _ in digits],
            width,
            overlap,
            tops=[top for _, _, top in digits],
            height=height,
        )
        np.testing.assert_array_equal(image, together)
        np.testing.assert_array_equal(whose[image > 0], np.argmax(alone, axis=0)[image > 0] + 1)


def test_ink_above_or_below_the_image_is_refused() -> None:
    full = bank_of([(0, 0, 28, 28)])
    for top in (-1, 13, 1_000, -1_000):
        out, where = np.zeros((1, 40, 90), np.uint8), np.array([top])
        with pytest.raises(ArgumentError, match="ink lies outside the image of height 40; no glyph is ever cropped"):
            compose(full.windows, np.array([0]), np.array([1]), np.array([5]), out, y=where)


@pytest.mark.parametrize("others", [0, 1, BLOCK])
def test_ink_outside_the_image_is_refused(others: int) -> None:
    full = bank_of([(0, 0, 28, 28)])
    for x in (-1, 73, 1_000, -1_000):
        with pytest.raises(ArgumentError, match="ink lies outside the image of width 100; no glyph is ever cropped"):
            render_all(full, [*[[(0, 5)]] * others, [(0, x)]], 100, "max")


def test_an_array_that_is_not_contiguous_is_refused(bank: GlyphBank) -> None:
    out = np.zeros((1, 28, 60), np.uint8)[:, :, ::2]
    with pytest.raises(ArgumentError, match="only be composed into a C-contiguous array"):
        compose(bank.windows, np.array([0]), np.array([1]), np.array([0]), out)


def test_overlapping_digits_show_the_brighter_pixel_or_the_clipped_sum() -> None:
    bank = bank_of([(0, 0, 28, 1), (0, 0, 28, 1)])  # rows of 1, 2, ... and of 51, 52, ...
    images: Images = [[(0, 0), (1, 0)], [(1, 0), (0, 0)], [(1, 0)] * 4]
    brighter, added = (render_all(bank, images, 28, overlap)[:, 0] for overlap in ("max", "sum"))
    assert brighter.tolist() == [list(range(51, 79))] * 3
    assert added[:2].tolist() == [list(range(52, 108, 2))] * 2
    assert added[2].tolist() == [min(4 * value, 255) for value in range(51, 79)]


def test_pixels_do_not_depend_on_the_order_of_the_digits(bank: GlyphBank) -> None:
    digits = [(0, 0), (11, 9), (22, 20), (29, 4)]
    for overlap in ("max", "sum"):
        forwards, backwards = render_all(bank, [digits, digits[::-1]], 60, overlap)
        np.testing.assert_array_equal(forwards, backwards)
