"""Fog and spatter, against their published definitions in plain loops."""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from digitgen.augment.step import PixelStep, Scene, cells_of
from digitgen.augment.steps.weather import FAMILY, fog, spatter
from digitgen.rng import Address, Noise
from tests.errors import naming

WIDTHS = (28, 160, 300)

Random = Callable[[int, float, int], np.ndarray]
"""Takes the step of a grid, wibble, and which of its three sets of points; gives what is added to their means."""


def scene(count: int, width: int, seed: int = 5) -> Scene:
    noise = Noise(Address(seed, (1, 2)), np.arange(count))
    return Scene(noise, width, np.tile(cells_of(width), (count, 1)))


def pictures(count: int, width: int) -> np.ndarray:
    """Grey noise on a black ground."""
    rng = np.random.default_rng(7)
    return rng.integers(0, 256, (count, 28, width), np.uint8) * (rng.random((count, 28, width)) < 0.2).astype(np.uint8)


def levels(step: PixelStep, severity: np.ndarray) -> dict[str, np.ndarray]:
    """The values of all parameters at published severities, one for each image."""
    return {name: np.array(parameter.levels)[severity - 1] for name, parameter in step.parameters.items()}


def mixed(count: int) -> np.ndarray:
    return np.arange(count) % 5 + 1


def full_plasma(random: Random, decay: float, width: int) -> np.ndarray:
    """The published diamond-square on a map that wraps around."""
    size = (256, -(-width // 256) * 256)
    plasma = np.zeros(size)
    step, wibble = 256, 100.0
    while step >= 2:
        half = step // 2
        corners = plasma[::step, ::step]
        pairs = corners + np.roll(corners, -1, 0)
        centres = (pairs + np.roll(pairs, -1, 1)) / 4 + random(step, wibble, 0)
        across = (centres + np.roll(centres, 1, 0) + corners + np.roll(corners, -1, 1)) / 4 + random(step, wibble, 1)
        down = (centres + np.roll(centres, 1, 1) + corners + np.roll(corners, -1, 0)) / 4 + random(step, wibble, 2)
        plasma[half::step, half::step], plasma[::step, half::step], plasma[half::step, ::step] = centres, across, down
        step, wibble = half, wibble / decay
    return plasma


def shared_random(noise: Noise, width: int) -> Random:
    """What the step under test adds, laid out on the whole map, and nothing where it computes nothing."""
    tiles = -(-width // 256)
    shown = {2: (29, width + 1)}
    for step in (4, 8, 16):
        height, breadth = shown[step // 2]
        shown[step] = (-(-(height + 3) // 2), -(-(breadth + 3) // 2))

    def random(step: int, wibble: float, kind: int) -> np.ndarray:
        rows, columns = 256 // step, tiles * 256 // step
        here, origin = (rows, columns), 0
        if step <= 8:
            here, origin = (shown[2 * step][0] - 1, shown[2 * step][1] - 1), -1
        size = 3 * here[0] * here[1]
        words = noise.words(-(-size // 4), purpose=8 - step.bit_length() + 1).view(np.uint16)[0, :size]
        uniform = (words.reshape(3, *here)[kind] - 32767.5) / 32768
        laid = np.zeros((rows, columns))
        i = (np.arange(here[0]) + origin + (kind == 1)) % rows
        j = (np.arange(here[1]) + origin + (kind == 2)) % columns
        laid[i[:, None], j] = wibble**2 * uniform
        return laid

    return random


def own_random(seed: int) -> Random:
    """Random numbers as the published code has them, for a map of 256 px."""
    rng = np.random.default_rng(seed)
    return lambda step, wibble, _kind: wibble * rng.uniform(-wibble, wibble, (256 // step, 256 // step))


@pytest.mark.parametrize("width", WIDTHS)
def test_fog_is_a_plasma_fractal_as_published(width: int) -> None:
    severity = mixed(5)
    images, values, where = pictures(5, width), levels(fog, severity), scene(5, width)
    result = images.copy()
    fog.apply(result, where, **values)
    for row in range(5):
        x, c = images[row] / 255, values["amount"][row]
        noise = where.noise[np.array([row])]
        plasma = full_plasma(shared_random(noise, width), values["decay"][row], width)
        crop, coarse = plasma[:28, :width], plasma[::8, ::8]
        low, high = min(crop.min(), coarse.min()), max(crop.max(), coarse.max())
        expected = (x + c * (crop - low) / (high - low)) * x.max() / (x.max() + c) * 255
        assert np.abs(result[row] - expected).max() < 0.51


def test_coarse_points_of_a_fractal_nearly_span_its_range() -> None:
    for decay in fog.parameters["decay"].levels:
        with naming(decay):
            ratios, random = [], own_random(1)
            for _ in range(20):
                plasma = full_plasma(random, decay, 28)
                seen = np.concatenate([plasma[::8, ::8].ravel(), plasma[:28, :28].ravel()])
                ratios.append(np.ptp(seen) / np.ptp(plasma))
            assert np.mean(ratios) > 0.995


def test_fog_has_the_published_brightness() -> None:
    images = np.zeros((400, 28, 28), np.uint8)
    images[:, 14, 14] = 255
    for severity in (1, 5):
        foggy = images.copy()
        values = levels(fog, np.full(400, severity))
        fog.apply(foggy, scene(400, 28), **values)
        random = own_random(severity)
        decay, c = values["decay"][0], values["amount"][0]
        means = []
        for _ in range(150):
            plasma = full_plasma(random, decay, 28)
            means.append(((plasma - plasma.min()) / np.ptp(plasma))[:28, :28].mean() * c / (1 + c) * 255)
        own = foggy.mean(axis=(1, 2))
        error = np.hypot(np.std(means) / 150**0.5, np.std(own) / 20)
        assert abs(np.mean(own) - np.mean(means)) < 4 * error
        assert 0.8 < np.std(own) / np.std(means) < 1.25


def test_fog_of_amount_0_changes_nothing() -> None:
    images = pictures(3, 160)
    result = images.copy()
    fog.apply(result, scene(3, 160), amount=np.zeros(3), decay=np.full(3, 2.0))
    assert np.array_equal(result, images)


def test_a_black_image_stays_black_in_fog() -> None:
    images = np.zeros((3, 28, 28), np.uint8)
    fog.apply(images, scene(3, 28), **levels(fog, np.array([1, 3, 5])))
    assert not images.any()


def normal(byte: np.ndarray) -> np.ndarray:
    """Normal numbers of variance 1 from bytes, through the quantiles."""
    quantiles = np.array([NormalDist().inv_cdf((each + 0.5) / 256) for each in range(256)])
    quantiles /= np.sqrt((quantiles**2).mean())
    return quantiles.take(byte)


@pytest.mark.parametrize("width", WIDTHS)
def test_spatter_is_as_published(width: int) -> None:
    severity = mixed(10)
    images, values, where = pictures(10, width), levels(spatter, severity), scene(10, width)
    result = images.copy()
    spatter.apply(result, where, **values)
    field = normal(where.noise.bytes(28, width))
    for row in range(10):
        at = {name: each[row] for name, each in values.items()}
        liquid = gaussian_filter(at["mean"] + at["std"] * field[row], at["sigma"], mode="nearest", truncate=4)
        m = gaussian_filter((liquid > at["threshold"]).astype(float), at["edge_sigma"], mode="nearest", truncate=4)
        m[m < 0.8] = 0
        expected = images[row] * (1 - m) + 63 * m
        # Where the field is at the threshold to a thousandth, it may fall on either side.
        assert (np.abs(result[row] - expected) > 0.6).mean() < 0.006


def test_mud_covers_as_much_as_published() -> None:
    rng = np.random.default_rng(3)
    for severity in (1, 3, 5):
        values = levels(spatter, np.full(300, severity))
        images = np.full((300, 28, 28), 255, np.uint8)
        spatter.apply(images, scene(300, 28), **values)
        own = (images < 255).mean(axis=(1, 2))
        at = {name: each[0] for name, each in values.items()}
        covered = []
        for _ in range(300):
            field = gaussian_filter(rng.normal(at["mean"], at["std"], (28, 28)), at["sigma"], mode="nearest")
            m = gaussian_filter((field > at["threshold"]).astype(float), at["edge_sigma"], mode="nearest")
            covered.append((m >= 0.8).mean())
        error = np.hypot(own.std(), np.std(covered)) / 300**0.5
        assert abs(own.mean() - np.mean(covered)) < 4 * error


def test_no_mud_appears_above_an_unreachable_threshold() -> None:
    images = pictures(4, 160)
    result = images.copy()
    values = {**levels(spatter, mixed(4)), "std": np.zeros(4), "threshold": np.ones(4)}
    spatter.apply(result, scene(4, 160), **values)
    assert np.array_equal(result, images)


def test_an_image_does_not_depend_on_the_images_beside_it() -> None:
    for name in FAMILY:
        for width in WIDTHS:
            with naming(f"{name}, {width}"):
                images, values, where = pictures(20, width), levels(FAMILY[name], mixed(20)), scene(20, width)
                together = images.copy()
                FAMILY[name].apply(together, where, **values)
                for rows in (np.array([3]), np.array([0, 7, 8, 9, 19])):
                    alone = images[rows]
                    FAMILY[name].apply(alone, where[rows], **{key: each[rows] for key, each in values.items()})
                    assert np.array_equal(alone, together[rows])


def test_published_levels_of_weather_lie_within_the_bounds() -> None:
    for name, step in FAMILY.items():
        for parameter, about in step.parameters.items():
            low, high = about.bounds
            assert all(low <= level <= high for level in about.levels), (name, parameter)
