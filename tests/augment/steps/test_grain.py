"""Noise: each pixel's own, with the distribution that the definition asks for."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from digitgen.augment.step import PixelStep, Scene
from digitgen.augment.steps.grain import FAMILY, _poisson_tables
from digitgen.rng import Address, Noise
from tests.errors import naming

LEVELS = [0.08, 0.12, 0.18, 0.26, 0.38]


def scene_of(rows: NDArray[np.int64], width: int) -> Scene:
    """A scene for some images of a chunk."""
    return Scene(Noise(Address(7, (1, 2, 3)), rows), width, np.zeros((len(rows), 1), np.int64))


def words_of(count: int, width: int) -> NDArray[np.float64]:
    """The 16-bit words of every pixel, as the steps read them."""
    words = scene_of(np.arange(count), width).noise.words(7 * width)
    return words.view(np.uint16).reshape(count, 28, width).astype(np.float64)


def random_images(count: int, width: int) -> NDArray[np.uint8]:
    """Images of which half is blank."""
    rng = np.random.default_rng(1)
    return np.where(rng.random((count, 28, width)) < 0.5, 0, rng.integers(0, 256, (count, 28, width))).astype(np.uint8)


def applied(name: str, images: NDArray[np.uint8], value: float | NDArray[np.float64]) -> NDArray[np.uint8]:
    """The images after a step whose only parameter has this value."""
    step = FAMILY[name]
    assert isinstance(step, PixelStep)
    (parameter,) = step.parameters
    out = images.copy()
    values = {parameter: np.broadcast_to(np.float64(value), len(images)).copy()}
    step.apply(out, scene_of(np.arange(len(images)), images.shape[2]), **values)
    return out


def flat(grey: int) -> NDArray[np.uint8]:
    """A good half million pixels of one grey level."""
    return np.full((120, 28, 160), grey, np.uint8)


def p_of_counts(seen: NDArray[np.int64], expected: NDArray[np.float64]) -> float:
    """Chi-square test, with both tails gathered until at least 10 are expected in each."""
    order = np.flatnonzero(expected >= 10)
    low, high = int(order[0]), int(order[-1])
    seen = np.array([seen[: low + 1].sum(), *seen[low + 1 : high], seen[high:].sum()])
    expected = np.array([expected[: low + 1].sum(), *expected[low + 1 : high], expected[high:].sum()])
    return float(stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue)


def test_gaussian_noise_is_added_and_clipped() -> None:
    for std in LEVELS:
        with naming(std):
            images = random_images(6, 160)
            quantiles = stats.norm.ppf((words_of(6, 160) + 0.5) / 2**16)
            expected = np.clip(images / 255 + std * quantiles, 0, 1) * 255
            assert np.abs(applied("gaussian_noise", images, std) - expected).max() <= 0.501


def test_gaussian_noise_has_the_standard_deviation_that_was_set() -> None:
    for std in (0.01, 0.05, 0.1):
        with naming(std):
            noise = applied("gaussian_noise", flat(128), std) - 128.0
            assert abs(noise.mean()) < 5 * 255 * std / noise.size**0.5
            assert np.sqrt(noise.var() - 1 / 12) == pytest.approx(255 * std, rel=0.005)  # 1/12 for the rounding


def test_gaussian_noise_follows_the_normal_law_out_to_its_tails() -> None:
    seen = np.bincount(applied("gaussian_noise", flat(128), 0.1).ravel(), minlength=256)
    edges = np.r_[-np.inf, np.arange(0.5, 255), np.inf]
    expected = seen.sum() * np.diff(stats.norm.cdf(edges, 128, 25.5))
    assert p_of_counts(seen, expected) > 1e-3


def test_noise_is_independent_between_pixels_rows_and_images() -> None:
    noise = applied("gaussian_noise", flat(128), 0.1).reshape(120, -1) - 128.0
    for one, other in ((noise[:, 1:], noise[:, :-1]), (noise[:, 160:], noise[:, :-160]), (noise[1:], noise[:-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 5 / noise.size**0.5


def test_speckle_noise_is_in_proportion_to_the_pixel() -> None:
    for std in (0.15, 0.2, 0.35, 0.45, 0.6):
        with naming(std):
            images = random_images(6, 160)
            pixels = images / 255
            quantiles = stats.norm.ppf((words_of(6, 160) + 0.5) / 2**16)
            expected = np.clip(pixels + pixels * std * quantiles, 0, 1) * 255
            assert np.abs(applied("speckle_noise", images, std) - expected).max() <= 0.501


def test_shot_and_speckle_noise_leave_blank_pixels_blank() -> None:
    for name in ("shot_noise", "speckle_noise"):
        with naming(name):
            images = random_images(8, 160)
            (parameter,) = FAMILY[name].parameters.values()
            noisy = applied(name, images, parameter.levels[-1])
            assert not noisy[images == 0].any()
            assert (noisy != images)[images != 0].mean() > 0.5


def test_shot_noise_follows_the_poisson_law() -> None:
    for photons in (60.0, 25.0, 12.0, 5.0, 3.0, 1.0, 17.31, 117.7, 250.0):
        for grey in (1, 64, 131):
            with naming(f"{photons}, {grey}"):
                noisy = applied("shot_noise", flat(grey), photons)
                most = int(np.ceil(photons))  # this count and all above it are white
                counts = np.where(noisy == 255, most, np.rint(noisy * photons / 255).astype(np.int64)).ravel()
                np.testing.assert_array_equal(noisy.ravel(), np.rint(np.minimum(counts * 255 / photons, 255)))
                mean = grey * photons / 255
                chances = np.append(stats.poisson.pmf(np.arange(most), mean), stats.poisson.sf(most - 1, mean))
                assert p_of_counts(np.bincount(counts, minlength=most + 1), counts.size * chances) > 1e-3
                if mean + 6 * mean**0.5 < photons:  # nothing is clipped
                    assert counts.mean() == pytest.approx(mean, abs=5 * (mean / counts.size) ** 0.5)
                    assert counts.var() == pytest.approx(mean, rel=0.01 + 5 / counts.size**0.5 * (2 + 1 / mean) ** 0.5)


def test_tables_of_shot_noise_hold_poisson_laws() -> None:
    firsts, own, other = _poisson_tables()
    for row, first in enumerate(firsts):
        chances = own[row].astype(np.int64)  # in units of 2**-20
        np.add.at(chances, other[row], 4096 - own[row].astype(np.int64))
        assert chances.sum() == 2**20
        cumulative = stats.poisson.cdf(first + np.arange(256), (row / 32) ** 2)
        np.testing.assert_allclose(chances.cumsum(), 2**20 * cumulative, rtol=0, atol=0.501)


def test_white_pixels_lose_as_many_photons_as_the_poisson_law_says() -> None:
    for photons in (FAMILY["shot_noise"].parameters["photons"].bounds[0], 3, 60, 250):
        noisy = applied("shot_noise", flat(255), photons)
        assert (noisy < 255).mean() == pytest.approx(stats.poisson.cdf(np.ceil(photons) - 1, photons), abs=0.003)


def test_impulse_noise_turns_its_share_of_pixels_half_white_and_half_black() -> None:
    for share in (0.03, 0.06, 0.09, 0.17, 0.27, 0.9):
        with naming(share):
            noisy = applied("impulse_noise", flat(128), share)
            tolerance = 5 * (share / 2 / noisy.size) ** 0.5 + 2**-16
            assert (noisy == 255).mean() == pytest.approx(share / 2, abs=tolerance)
            assert (noisy == 0).mean() == pytest.approx(share / 2, abs=tolerance)
            assert (noisy == 128).mean() == pytest.approx(1 - share, abs=2 * tolerance)


def test_impulse_noise_changes_no_other_pixel() -> None:
    images = random_images(6, 160)
    words = words_of(6, 160) / 2**16
    expected = np.where(words < 1 / 16, 255, np.where(words >= 15 / 16, 0, images))
    np.testing.assert_array_equal(applied("impulse_noise", images, 1 / 8), expected)


def test_noise_of_strength_0_changes_nothing() -> None:
    for name in ("gaussian_noise", "speckle_noise", "impulse_noise"):
        with naming(name):
            images = random_images(5, 29)
            np.testing.assert_array_equal(applied(name, images, 0), images)


def test_an_image_does_not_depend_on_the_images_beside_it() -> None:
    for width in (28, 29, 160):
        for name in FAMILY:
            with naming(f"{width}, {name}"):
                step = FAMILY[name]
                assert isinstance(step, PixelStep)
                ((parameter, definition),) = step.parameters.items()
                allowed = [*definition.levels, *definition.default, definition.bounds[1]]
                values = np.random.default_rng(2).choice(allowed, 12)
                images = random_images(12, width)
                together = applied(name, images, values)
                assert together.dtype == np.uint8 and together.shape == images.shape
                for rows in (np.array([0, 1, 5, 6, 7, 11]), np.array([8])):
                    part = images[rows]
                    step.apply(part, scene_of(np.arange(12), width)[rows], **{parameter: values[rows]})
                    np.testing.assert_array_equal(part, together[rows])


def test_a_higher_severity_is_further_from_the_image() -> None:
    for name in FAMILY:
        with naming(name):
            images = random_images(8, 160)
            (definition,) = FAMILY[name].parameters.values()
            errors = [np.abs(applied(name, images, level).astype(float) - images).mean() for level in definition.levels]
            assert len(errors) == 5 and errors == sorted(errors)
