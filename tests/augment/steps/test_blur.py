"""The steps that blur, against slow references of their definitions."""

import math
from collections.abc import Mapping

import cv2
import numpy as np
import pytest
from scipy import ndimage

from digitgen.augment.step import NO_CELL, PixelStep, Scene, cells_of
from digitgen.augment.steps.blur import FAMILY
from digitgen.rng import Address, Noise
from tests.errors import naming

COUNT = 10
SEVERITY = np.arange(COUNT) % 5


def scene_of(count: int, width: int) -> Scene:
    noise = Noise(Address(3, (1,)), np.arange(count))
    return Scene(noise, width, np.tile(cells_of(width), (count, 1)))


def strokes(count: int, width: int) -> np.ndarray:
    """Images of random thick lines, some of which run off the borders."""
    rng = np.random.default_rng(width)
    images = np.zeros((count, 28, width), np.uint8)
    for image in images:
        for _ in range(3 * width // 28):
            ends = rng.integers((-3, -3), (width + 3, 31), (2, 2)).tolist()
            ends[1][0] = ends[0][0] + (ends[1][0] - ends[0][0]) % 30 - 15
            cv2.line(image, ends[0], ends[1], int(rng.integers(100, 256)), 3, cv2.LINE_AA)
    return images


def published(name: str, count: int = COUNT) -> dict[str, np.ndarray]:
    """Values at severities 1 to 5 in turn; what has none is drawn from its defaults."""
    rng = np.random.default_rng(0)
    return {
        key: np.array(each.levels, np.float64)[np.arange(count) % 5]
        if each.levels
        else rng.uniform(*each.default, count)
        for key, each in FAMILY[name].parameters.items()
    }


def applied(name: str, images: np.ndarray, values: Mapping[str, np.ndarray], scene: Scene | None = None) -> np.ndarray:
    step = FAMILY[name]
    assert isinstance(step, PixelStep)
    out = images.copy()
    step.apply(out, scene or scene_of(len(images), images.shape[2]), **values)
    return out


def greatest_error(result: np.ndarray, reference: np.ndarray) -> float:
    return float(np.abs(result - reference).max())


def test_an_image_does_not_depend_on_the_images_beside_it() -> None:
    for name in FAMILY:
        for width in (28, 75):
            with naming(f"{name}, {width}"):
                images, values = strokes(COUNT, width), published(name)
                together = applied(name, images, values)
                assert together.shape == images.shape
                assert together.dtype == np.uint8
                scene = scene_of(COUNT, width)
                for some in ([4], [0, 3, 4, 9], [1, 2, 5, 6, 7, 8]):
                    rows = np.array(some)
                    part = applied(name, images[rows], {key: each[rows] for key, each in values.items()}, scene[rows])
                    np.testing.assert_array_equal(part, together[rows])


def test_an_image_of_one_grey_stays_as_it_is_at_every_severity() -> None:
    for name in FAMILY:
        for level in (0, 255):
            with naming(f"{name}, {level}"):
                images = np.full((5, 28, 90), level, np.uint8)
                images[::2] = 255 - level  # whose neighbours must not leak into it
                np.testing.assert_array_equal(applied(name, images, published(name, 5)), images)


def test_a_wide_image_is_blurred_like_a_narrow_one() -> None:
    for name in FAMILY:
        with naming(name):
            values = published(name, 5)
            images = np.zeros((5, 28, 1024), np.uint8)
            images[:, :, :84] = strokes(5, 84)
            scene = Scene(scene_of(5, 84).noise, 84, np.tile([0, 28], (5, 1)))
            wide = applied(name, images, values, Scene(scene.noise, 1024, scene.cells))
            if name == "glass_blur":  # its random numbers are dealt out by rows of the whole width
                assert abs(int(wide.sum(dtype=np.int64)) - int(images.sum(dtype=np.int64))) < 0.01 * images.sum()
            else:
                narrow = applied(name, images[:, :, :84].copy(), values, scene)
                np.testing.assert_array_equal(wide[:, :, :40], narrow[:, :, :40])


def test_neutral_values_change_nothing() -> None:
    cases: list[tuple[str, dict[str, float]]] = [
        ("gaussian_blur", {"sigma": 0}),
        ("motion_blur", {"radius": 4, "sigma": 0.1, "angle": 0.5}),
        ("defocus_blur", {"radius": 0, "alias": 0.1}),
        ("zoom_blur", {"zoom": 1, "count": 4}),
    ]
    for name, neutral in cases:
        with naming((name, neutral)):
            images = strokes(3, 60)
            values = {key: np.full(3, each, np.float64) for key, each in neutral.items()}
            np.testing.assert_array_equal(applied(name, images, values), images)


def test_gaussian_blur_equals_that_of_scipy() -> None:
    for width in (28, 160):
        with naming(width):
            images = strokes(COUNT, width)
            for sigma in (published("gaussian_blur")["sigma"], np.linspace(0.3, 8, COUNT)):
                pairs = zip(images, np.rint(sigma * 20) / 20, strict=True)  # to which the step rounds
                blur = ndimage.gaussian_filter
                reference = [blur(image.astype(float), each, mode="nearest") for image, each in pairs]
                assert greatest_error(applied("gaussian_blur", images, {"sigma": sigma}), np.array(reference)) < 0.75


def motion_reference(image: np.ndarray, radius: float, sigma: float, angle: float) -> np.ndarray:
    steps = range(2 * math.ceil(radius) + 1)
    weights = [math.exp(-(k**2) / (2 * sigma**2)) for k in steps]
    total = np.zeros(image.shape)
    for k, weight in zip(steps, weights, strict=True):
        dx, dy = (math.ceil(k * each - 0.5) for each in (math.cos(angle), math.sin(angle)))
        rows = np.clip(np.arange(28) + dy, 0, 27)
        columns = np.clip(np.arange(image.shape[1]) + dx, 0, image.shape[1] - 1)
        total += weight * image[np.ix_(rows, columns)]
    return np.asarray(total / sum(weights))


def test_motion_blur_sums_a_ray_of_pixels() -> None:
    for width in (28, 160):
        with naming(width):
            images, values = strokes(COUNT, width), published("motion_blur")
            for angle in (values["angle"], np.linspace(-math.pi, math.pi, COUNT)):
                rows = zip(images, values["radius"], values["sigma"], angle, strict=True)
                reference = np.array([motion_reference(*row) for row in rows])
                assert greatest_error(applied("motion_blur", images, {**values, "angle": angle}), reference) < 0.75


def glass_reference(image: np.ndarray, sigma: float, reach: int, noise: list[np.ndarray]) -> np.ndarray:
    width = image.shape[1]
    x = np.rint(ndimage.gaussian_filter(image.astype(float), sigma, mode="nearest"))
    for words in noise:
        for h in range(28 - reach, reach, -1):
            for w in range(width - reach, reach, -1):
                # A number below twice the choices: the lower half means no swap.
                code = int(words[h, w]) * 2 * (2 * reach) ** 2 >> 16
                if code >= (2 * reach) ** 2:
                    dy, dx = divmod(code - (2 * reach) ** 2, 2 * reach)
                    other = (h + dy - reach, w + dx - reach)
                    x[h, w], x[other] = x[other], x[h, w]
    return np.asarray(ndimage.gaussian_filter(x, sigma, mode="nearest"))


def test_glass_blur_swaps_pixels_one_after_the_other_as_published() -> None:
    for width in (28, 47):
        with naming(width):
            images, values, scene = strokes(COUNT, width), published("glass_blur"), scene_of(COUNT, width)
            words = [scene.noise.bytes(28, width, 2, purpose=each).view("<u2")[..., 0] for each in range(3)]
            result = applied("glass_blur", images, values)
            for row in range(COUNT):
                sigma, reach, rounds = (values[key][row] for key in ("sigma", "reach", "rounds"))
                noise = [each[row] for each in words[: int(rounds)]]
                assert greatest_error(result[row], glass_reference(images[row], sigma, int(reach), noise)) < 1.5


def disk_reference(radius: int, alias: float, reach: int) -> np.ndarray:
    line = np.arange(-reach, reach + 1)
    disk = (line[:, None] ** 2 + line**2 <= radius**2).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(disk / disk.sum(), (3, 3) if radius <= 8 else (5, 5), alias))


@pytest.mark.parametrize("width", [28, 160])
def test_defocus_blur_is_a_filter_with_a_smoothed_disk(width: int) -> None:
    images, values = strokes(COUNT, width), published("defocus_blur")
    result = applied("defocus_blur", images, values)
    for image, out, radius, alias in zip(images, result, values["radius"], values["alias"], strict=True):
        image, radius = image.astype(float), int(radius)
        assert greatest_error(out, cv2.filter2D(image, -1, disk_reference(radius, alias, 13))) < 0.75
        # The published arrays hold no more than disks of 8 and 10 px, whose smoothing is mirrored at the arrays'
        # borders: they add up to 1.013 and 1.011.
        filtered = cv2.filter2D(image, -1, disk_reference(radius, alias, max(radius, 8)))
        assert greatest_error(out, filtered) < (0.75 if radius < 8 else 4)


def zoomed(image: np.ndarray, factor: float, cells: np.ndarray) -> np.ndarray:
    """The image, zoomed about the centre of the nearest cell."""
    rows = 13.5 + (np.arange(28) - 13.5) / factor
    columns = []
    for x in range(image.shape[1]):
        centre = min((cell + 13.5 for cell in cells), key=lambda each: abs(x - each))
        columns.append(min(max(centre + (x - centre) / factor, 0), image.shape[1] - 1))
    grid = np.meshgrid(rows, columns, indexing="ij")
    return np.asarray(ndimage.map_coordinates(image.astype(float), grid, order=1))


@pytest.mark.parametrize(("width", "cells"), [(28, [0]), (140, [3, 30, 70, 109])])
def test_zoom_blur_is_the_mean_of_zooms(width: int, cells: list[int]) -> None:
    images, values = strokes(5, width), published("zoom_blur", 5)
    scene = Scene(scene_of(5, width).noise, width, np.tile([*cells, NO_CELL], (5, 1)))
    result = applied("zoom_blur", images, values, scene)
    for image, out, zoom, count in zip(images, result, values["zoom"], values["count"], strict=True):
        zooms = [zoomed(image, factor, np.array(cells)) for factor in np.linspace(1, zoom, int(count))]
        reference = (image + np.sum(zooms, axis=0)) / (len(zooms) + 1)
        assert greatest_error(out, reference) < 3  # coordinates are rounded to 1/32 px
        assert np.abs(out - reference).mean() < 0.4


def test_zoom_blur_without_cells_zooms_about_the_middle() -> None:
    images, values = strokes(5, 28), published("zoom_blur", 5)
    scene = scene_of(5, 28)
    bare = Scene(scene.noise, 28, np.full((5, 1), NO_CELL))
    np.testing.assert_array_equal(applied("zoom_blur", images, values, bare), applied("zoom_blur", images, values))
