"""Layers of darkness, and the fields by which they lie, against plain arithmetic."""

from itertools import permutations

import numpy as np
import pytest

from digitgen.augment.numerics.shading import SHARES, clipped, darken, periodic, sine_of_turns, weaken


def test_a_product_of_bytes_is_divided_by_255_and_rounded() -> None:
    one, other = np.meshgrid(np.arange(256), np.arange(256))
    pixels = one.astype(np.uint8)[None]
    weaken(pixels, other.astype(np.uint8)[None])
    np.testing.assert_array_equal(pixels[0], np.rint(one * other / 255))


def test_a_layer_darkens_blank_paper_by_its_darkness_and_leaves_ink() -> None:
    ink, dark = np.meshgrid(np.arange(256), np.arange(256))
    images = ink.astype(np.uint8)[None]
    darken(images, dark.astype(np.uint8)[None].copy(), SHARES[None])
    np.testing.assert_array_equal(images[0], np.rint(dark + ink * (255 - dark) / 255))
    assert (images[0, :, 0] == np.arange(256)).all() and (images[0, :, 255] == 255).all()


def test_layers_give_nearly_the_same_picture_in_any_order() -> None:
    rng = np.random.default_rng(0)
    images, *fields = rng.integers(0, 256, (4, 2, 28, 40), np.uint8)
    results = []
    for order in permutations(fields):
        result = images.copy()
        for field in order:
            darken(result, field.copy(), np.stack([SHARES / 2, SHARES / 3]))
        results.append(result.astype(int))
    assert np.ptp(results, axis=0).max() <= 2


def test_each_image_has_its_own_table() -> None:
    images = np.zeros((2, 1, 256), np.uint8)
    field = np.arange(256, dtype=np.uint8)[None, None].repeat(2, axis=0)
    darken(images, field, np.stack([SHARES, 1 - SHARES]))
    np.testing.assert_array_equal(images[:, 0], [np.arange(256), np.arange(256)[::-1]])


def test_a_periodic_field_is_the_fraction_of_the_sum() -> None:
    rng = np.random.default_rng(1)
    columns, rows = rng.uniform(-3000, 3000, (5, 300)), rng.uniform(-3000, 3000, (5, 64))
    field = periodic(columns, rows)
    assert field.shape == (5, 64, 300) and field.dtype == np.uint8
    error = (field / 256 - (columns[:, None, :] + rows[:, :, None])) % 1
    assert np.minimum(error, 1 - error).max() <= 1 / 256 + 1e-9


def test_a_clipped_field_is_the_sum_from_0_to_1() -> None:
    rng = np.random.default_rng(2)
    for columns, rows in (
        (rng.uniform(-500, 500, (5, 300)), rng.uniform(-62, 62, (5, 64))),
        (rng.uniform(-1, 500, (5, 300)), rng.uniform(-1, 500, (5, 64))),
        (rng.uniform(-1, 1, (5, 300)), rng.uniform(-1, 1, (5, 64))),
    ):
        field = clipped(columns, rows)
        expected = np.clip(columns[:, None, :] + rows[:, :, None], 0, 1)
        assert field.dtype == np.uint8
        assert np.abs(field / 255 - expected).max() <= 1 / 255 + 1e-9


def test_a_sine_of_turns_is_that_of_the_nearest_4096th() -> None:
    turns = np.linspace(-3, 3, 10_001)
    np.testing.assert_allclose(sine_of_turns(turns), np.sin(2 * np.pi * turns), atol=np.pi / 4096 + 1e-9)
    assert sine_of_turns(np.array([0.0, 0.25, 0.5, 0.75])).tolist() == pytest.approx([0, 1, 0, -1])
