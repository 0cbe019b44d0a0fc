"""Cutouts, stripes and fragments of glyphs, each against its definition in plain loops."""

import numpy as np
import pytest

from digitgen.augment.step import NO_CELL, Scene, cells_of
from digitgen.augment.steps.clutter import FAMILY, cutout, glyph_fragments, stripe
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise
from tests.errors import naming

OWN = ("cutout", "stripe", "glyph_fragments")


def scene(count: int, width: int, bank: GlyphBank | None = None) -> Scene:
    noise = Noise(Address(3, (1,)), np.arange(count))
    return Scene(noise, width, np.tile(cells_of(width), (count, 1)), bank)


def pictures(count: int, width: int) -> np.ndarray:
    return np.random.default_rng(2).integers(1, 256, (count, 28, width), np.uint8)


def drawn(name: str, count: int) -> dict[str, np.ndarray]:
    """Values from the default ranges."""
    rng = np.random.default_rng(4)
    values = {}
    for key, parameter in FAMILY[name].parameters.items():
        low, high = parameter.default
        uniform = rng.random(count)
        values[key] = np.floor(low + uniform * (high - low + 1)) if parameter.integer else low + uniform * (high - low)
    return values


def test_the_family_of_clutter_is_complete() -> None:
    lines = {"line", "dotted_line", "zigzag", "ruled_lines", "strike_through"}
    assert set(FAMILY) == lines | set(OWN)


def test_a_cutout_is_one_rectangle_of_the_size_that_was_set() -> None:
    images, values = pictures(60, 50), drawn("cutout", 60)
    result = images.copy()
    cutout.apply(result, scene(60, 50), **values)
    for row in range(60):
        gone = result[row] == 0
        assert np.array_equal(result[row][~gone], images[row][~gone])
        height, width = int(values["height"][row]), int(values["width"][row])
        assert gone.sum() == height * width
        assert gone.any(axis=1).sum() == height
        assert gone.any(axis=0).sum() == width


def test_places_of_a_cutout_are_uniform() -> None:
    count = 2_000
    images = np.full((count, 28, 30), 9, np.uint8)
    sizes = {"width": np.full(count, 21.0), "height": np.full(count, 24.0)}
    cutout.apply(images, scene(count, 30), **(drawn("cutout", count) | sizes | {"fill": np.full(count, 77.4)}))
    assert set(np.unique(images).tolist()) == {9, 77}
    top, left = (images == 77).any(axis=2).argmax(axis=1), (images == 77).any(axis=1).argmax(axis=1)
    for place, kinds in ((top, 5), (left, 10)):
        seen = np.bincount(place, minlength=kinds)
        expected = count / kinds
        assert len(seen) == kinds
        assert ((seen - expected) ** 2 / expected).sum() < 3 * kinds


def test_a_cutout_lies_where_x_and_y_put_it() -> None:
    cases: list[tuple[float, float, int, int]] = [
        (0, 0, 0, 0),
        (1, 1, 20, 18),
        (0, 1, 0, 18),
        (0.5, 0.5, 10, 9),
    ]
    for x, y, left, top in cases:
        with naming((x, y, left, top)):
            image = np.full((1, 28, 30), 9, np.uint8)
            values = {"width": 10.0, "height": 10.0, "x": x, "y": y, "fill": 0.0}
            cutout.apply(image, scene(1, 30), **{name: np.array([value]) for name, value in values.items()})
            rows, columns = np.nonzero(image[0] == 0)
            assert (rows.min(), rows.max()) == (top, top + 9)
            assert (columns.min(), columns.max()) == (left, left + 9)


def test_a_cutout_as_large_as_the_image_covers_it_all() -> None:
    images = pictures(3, 28)
    sizes = {"width": np.full(3, 100.0), "height": np.full(3, 28.0)}
    cutout.apply(images, scene(3, 28), **drawn("cutout", 3) | sizes)
    assert not images.any()


def test_stripe_inverts_the_outer_quarters_of_a_glyph() -> None:
    images = pictures(4, 28)
    expected = images.copy()
    expected[:, :, :7] = 255 - expected[:, :, :7]
    expected[:, :, 21:] = 255 - expected[:, :, 21:]
    stripe.apply(images, scene(4, 28))
    assert np.array_equal(images, expected)


def test_stripe_inverts_the_outer_quarters_of_every_cell_once() -> None:
    cells = np.array([[-3, 20, 60], [0, 28, NO_CELL], [10, 31, 70]])
    images = pictures(3, 90)
    expected = images.copy()
    for row in range(3):
        columns = {
            column
            for cell in cells[row].tolist()
            for column in (*range(cell, cell + 7), *range(cell + 21, cell + 28))
            if 0 <= column < 90
        }
        for column in columns:
            expected[row, :, column] = 255 - expected[row, :, column]
    stripe.apply(images, Scene(Noise(Address(0), np.arange(3)), 90, cells))
    assert np.array_equal(images, expected)


def fragment(glyph: np.ndarray, side: float, along: float, share: float, width: int) -> np.ndarray:
    """An image of a glyph's window that is pushed over an edge until more of its ink would be seen than may be."""
    high, wide = glyph.shape
    border = 2 * (width + 28)
    turns = next(k for k, end in enumerate((width, 2 * width, 2 * width + 28, border)) if side * border < end)
    vertical = turns < 2
    span = width if vertical else 28
    across = 1 - (wide if vertical else high) + int(along * (span + (wide if vertical else high) - 1))
    best = np.zeros((28, width), np.uint8)
    for depth in range((high if vertical else wide) + 1):
        seen = (glyph[high - depth :], glyph[:depth], glyph[:, wide - depth :], glyph[:, :depth])[turns]
        if seen.sum() > share * glyph.sum():
            break
        top, left = ((depth - high, across), (28 - depth, across), (across, depth - wide), (across, width - depth))[
            turns
        ]
        best = np.zeros((28, width), np.uint8)
        for y in range(high):
            for x in range(wide):
                if 0 <= top + y < 28 and 0 <= left + x < width:
                    best[top + y, left + x] = glyph[y, x]
    return best


@pytest.mark.parametrize("width", [28, 160])
def test_fragments_are_glyphs_of_the_bank_pushed_in_over_the_edges(bank: GlyphBank, width: int) -> None:
    count = 25
    images, values, where = pictures(count, width) // 4, drawn("glyph_fragments", count), scene(count, width, bank)
    result = images.copy()
    glyph_fragments.apply(result, where, **values)
    for row in range(count):
        expected = images[row].copy()
        for number in range(int(values["number"][row])):
            which, side, along = where.noise[np.array([row])].uniform(3, purpose=number)[0]
            window = bank.windows.pixels[int(which * len(bank))]
            expected = np.maximum(expected, fragment(window, side, along, values["share"][row], width))
        assert np.array_equal(result[row], expected)


def test_no_fragment_shows_more_of_a_digit_than_allowed(bank: GlyphBank) -> None:
    count = 500
    images = np.zeros((count, 28, 60), np.uint8)
    values = {"number": np.ones(count), "share": np.full(count, 0.3)}
    where = scene(count, 60, bank)
    glyph_fragments.apply(images, where, **values)
    which = (where.noise.uniform(3, purpose=0)[:, 0] * len(bank)).astype(int)
    whole = bank.windows.pixels[which].sum(axis=(1, 2), dtype=np.int64)
    seen = images.sum(axis=(1, 2), dtype=np.int64)
    assert (seen <= 0.3 * whole).all()
    assert (seen > 0.2 * whole).mean() > 0.4


def test_fragments_of_number_or_share_0_change_nothing(bank: GlyphBank) -> None:
    cases: list[dict[str, float]] = [
        {"number": 0.0, "share": 0.3},
        {"number": 4.0, "share": 0.0},
    ]
    for values in cases:
        with naming(values):
            images = pictures(5, 60)
            result = images.copy()
            glyph_fragments.apply(result, scene(5, 60, bank), **{key: np.full(5, each) for key, each in values.items()})
            assert np.array_equal(result, images)


def test_fragments_are_refused_without_a_bank() -> None:
    with pytest.raises(ArgumentError, match="glyph_fragments needs a glyph bank"):
        glyph_fragments.apply(pictures(2, 28), scene(2, 28), **drawn("glyph_fragments", 2))


def test_an_image_does_not_depend_on_the_images_beside_it(bank: GlyphBank) -> None:
    for name in OWN:
        for width in (28, 160, 1024):
            with naming(f"{name}, {width}"):
                images, values, where = pictures(20, width), drawn(name, 20), scene(20, width, bank)
                together = images.copy()
                FAMILY[name].apply(together, where, **values)
                for rows in (np.array([3]), np.array([0, 7, 8, 9, 19])):
                    alone = images[rows]
                    FAMILY[name].apply(alone, where[rows], **{key: each[rows] for key, each in values.items()})
                    assert np.array_equal(alone, together[rows])
