"""Smooth random fields: their strength, their size, and the same for one image as for many."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from digitgen.augment.numerics.mottle import DEVIATION, MEAN, SIZES, mottle
from digitgen.rng import Address, Noise
from tests.errors import naming


def fields(size: float, count: int = 60, height: int = 40, width: int = 200) -> np.ndarray:
    return mottle(Noise(Address(3), np.arange(count)), np.full(count, size), height, width)


def spline_field(knots: np.ndarray, size: float, height: int, width: int) -> np.ndarray:
    """Noise under cubic B-splines, from their definition."""
    spline = BSpline.basis_element(np.arange(-2, 3), extrapolate=False)
    down, across = (
        np.nan_to_num(spline(np.arange(length)[:, None] / size + 1 - np.arange(count)))
        for length, count in zip((height, width), knots.shape, strict=True)
    )
    field: np.ndarray = down @ knots @ across.T
    return field


def test_a_field_is_noise_under_cubic_splines() -> None:
    for entry, size in enumerate(SIZES):
        for height, width in ((28, 28), (33, 101)):
            with naming((size, height, width)):
                knots = [int(np.ceil((length - 1) / size)) + 3 for length in (height, width)]
                noise = Noise(Address(3), np.arange(2))
                random = 2 * noise.bytes(*knots, purpose=7 + entry).astype(float) - 255
                got = mottle(noise, np.full(2, size), height, width, purpose=7)
                scale = DEVIATION / (0.4794 * np.sqrt((256**2 - 1) / 3))
                for image, own in zip(got, random, strict=True):
                    expected = MEAN + scale * spline_field(own, size, height, width)
                    assert np.abs(image - np.clip(expected, 0, 255)).max() < 1.2


def test_every_size_has_the_promised_mean_and_deviation() -> None:
    for size in SIZES[:10]:
        with naming(size):
            values = fields(size).astype(float)
            independent = values.size / (2 * size) ** 2
            assert values.mean() == pytest.approx(MEAN, abs=5 * DEVIATION / independent**0.5)
            assert values.std() == pytest.approx(DEVIATION, rel=0.03 + 3 / independent**0.5)


def test_a_larger_size_is_smoother() -> None:
    steps = [np.abs(np.diff(fields(size).astype(float), axis=2)).mean() for size in SIZES]
    assert steps == sorted(steps, reverse=True)


def test_the_nearest_size_is_taken() -> None:
    for asked, taken in ((1.0, 1.5), (1.72, 1.5), (1.74, 2.0), (13.8, 12.0), (14.0, 16.0), (99.0, 64.0)):
        np.testing.assert_array_equal(fields(asked, 2), fields(taken, 2))


def test_a_field_does_not_depend_on_those_beside_it() -> None:
    noise, size = Noise(Address(5), np.arange(12)), np.tile([2.0, 5.0, 40.0, 2.5], 3)
    whole = mottle(noise, size, 28, 130)
    for rows in (np.array([0, 1, 5, 11]), np.array([7])):
        np.testing.assert_array_equal(mottle(noise[rows], size[rows], 28, 130), whole[rows])


def test_fields_of_different_images_have_nothing_in_common() -> None:
    values = fields(3, 2).reshape(2, -1)
    assert abs(np.corrcoef(values)[0, 1]) < 0.15
