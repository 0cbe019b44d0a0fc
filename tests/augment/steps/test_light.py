"""Brightness, contrast, gamma, inversion, quantisation: each as its formula has it, for each image alone."""

import numpy as np
from numpy.typing import NDArray

from digitgen.augment.step import PixelStep, Scene
from digitgen.augment.steps.light import FAMILY
from digitgen.rng import Address, Noise
from tests.errors import naming

Images = NDArray[np.uint8]

NEUTRAL = {"brightness": 0.0, "contrast": 1.0, "gamma": 1.0, "quantize": 8.0}


def applied(name: str, images: Images, value: float | NDArray[np.float64] = 0.0) -> Images:
    """The images after a step whose only parameter, if it has any, has this value."""
    step = FAMILY[name]
    assert isinstance(step, PixelStep)
    out = images.copy()
    values = {parameter: np.broadcast_to(np.float64(value), len(images)).copy() for parameter in step.parameters}
    noise = Noise(Address(0), np.arange(len(images)))
    step.apply(out, Scene(noise, images.shape[2], np.zeros((len(images), 1), np.int64)), **values)
    return out


def images_of(width: int, count: int = 9) -> Images:
    """Images that differ in how bright they are: an empty one, a white one, and any between."""
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (count, 28, width)) * rng.random((count, 1, 1))
    images[0], images[1] = 0, 255
    return images.astype(np.uint8)


def ramp() -> Images:
    """One image with every grey level in every row."""
    return np.tile(np.arange(256, dtype=np.uint8), (1, 28, 1))


def to_grey(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels from 0 to 1 as grey levels that are not rounded."""
    return np.clip(pixels, 0, 1) * 255


def test_brightness_is_added_and_clipped() -> None:
    for change in (-0.9, -0.5, -0.1, -0.002, 0.1, 0.2, 0.3, 0.4, 0.5, 0.9):
        with naming(change):
            images = np.concatenate([images_of(256), ramp()])
            expected = to_grey(images / 255 + change)
            assert np.abs(applied("brightness", images, change) - expected).max() <= 0.501


def test_contrast_is_about_the_mean_of_each_image() -> None:
    for factor in (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.7, 1.3, 4.0):
        for width in (28, 161):
            with naming(f"{factor}, {width}"):
                images = images_of(width)
                mean = (images / 255).mean(axis=(1, 2), keepdims=True)
                expected = to_grey((images / 255 - mean) * factor + mean)
                assert np.abs(applied("contrast", images, factor) - expected).max() <= 0.501


def test_contrast_keeps_the_mean_where_nothing_is_clipped() -> None:
    images = images_of(160)
    assert np.abs(applied("contrast", images, 0.5).mean(axis=(1, 2)) - images.mean(axis=(1, 2))).max() < 0.3


def test_gamma_is_a_power() -> None:
    for exponent in np.geomspace(0.1, 10, 13):
        with naming(exponent):
            expected = to_grey((ramp() / 255) ** exponent)
            assert np.abs(applied("gamma", ramp(), exponent) - expected).max() <= 0.501


def test_gamma_changes_neither_black_nor_white() -> None:
    for exponent in (0.1, 0.5, 2.0, 10.0):
        with naming(exponent):
            assert applied("gamma", ramp(), exponent)[0, 0, [0, 255]].tolist() == [0, 255]


def test_inverse_exchanges_black_and_white() -> None:
    images = images_of(160)
    inverted = applied("inverse", images)
    np.testing.assert_array_equal(inverted, 255 - images.astype(np.int64))
    np.testing.assert_array_equal(applied("inverse", inverted), images)


def test_quantize_takes_the_nearest_level_of_so_many_bits() -> None:
    for bits in range(1, 9):
        with naming(bits):
            levels = np.linspace(0, 255, 2**bits)
            nearest = levels[np.abs(ramp()[..., None] - levels).argmin(axis=-1)]
            quantized = applied("quantize", ramp(), bits)
            np.testing.assert_array_equal(quantized, np.rint(nearest))
            assert np.unique(quantized).size == 2**bits


def test_neutral_parameters_change_nothing() -> None:
    for name in NEUTRAL:
        with naming(name):
            images = np.concatenate([images_of(256), ramp()])
            np.testing.assert_array_equal(applied(name, images, NEUTRAL[name]), images)


def test_no_step_makes_a_brighter_pixel_darker_than_another() -> None:
    for name in FAMILY:
        with naming(name):
            for parameter in FAMILY[name].parameters.values():
                for value in (*parameter.bounds, *parameter.default, *parameter.levels):
                    assert (np.diff(applied(name, ramp(), value)[0, 0].astype(int)) >= 0).all()


def test_an_image_does_not_depend_on_the_images_beside_it() -> None:
    for width in (28, 29, 160):
        for name in FAMILY:
            with naming(f"{width}, {name}"):
                images = images_of(width)
                values = np.zeros(len(images))
                for parameter in FAMILY[name].parameters.values():
                    values = np.random.default_rng(4).uniform(*parameter.bounds, len(images))
                    values = np.floor(values) if parameter.integer else values
                together = applied(name, images, values)
                assert together.dtype == np.uint8 and together.shape == images.shape
                for rows in ([0, 3, 4, 8], [5]):
                    np.testing.assert_array_equal(applied(name, images[rows], values[rows]), together[rows])


def test_a_higher_severity_is_further_from_the_image() -> None:
    for name in ("brightness", "contrast", "quantize"):
        with naming(name):
            rows, columns = np.mgrid[:28, :160]
            disk = np.maximum(0, 255 - 2 * ((rows - 14) ** 2 + (columns - 80) ** 2)).astype(np.uint8)[None]
            (parameter,) = FAMILY[name].parameters.values()
            errors = [np.abs(applied(name, disk, level).astype(float) - disk).mean() for level in parameter.levels]
            assert len(errors) == 5 and errors == sorted(errors)
