"""The steps that encode images in another way, against Pillow and scikit-image."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage import feature

from digitgen.augment.step import PixelStep, Scene, cells_of
from digitgen.augment.steps.encoding import FAMILY
from digitgen.rng import Address, Noise
from tests.augment.steps.test_blur import strokes
from tests.errors import naming

COUNT = 10
LEVELS = np.arange(COUNT) % 5


def scene_of(count: int, width: int) -> Scene:
    return Scene(Noise(Address(3, (1,)), np.arange(count)), width, np.tile(cells_of(width), (count, 1)))


def published(name: str) -> dict[str, np.ndarray]:
    """Values at severities 1 to 5 in turn."""
    return {key: np.array(each.levels, np.float64)[LEVELS] for key, each in FAMILY[name].parameters.items()}


def applied(name: str, images: np.ndarray, values: Mapping[str, np.ndarray]) -> np.ndarray:
    step = FAMILY[name]
    assert isinstance(step, PixelStep)
    out = images.copy()
    step.apply(out, scene_of(len(images), images.shape[2]), **values)
    return out


def textured(width: int) -> np.ndarray:
    """Strokes under noise that reaches every border."""
    noise = np.random.default_rng(1).integers(0, 60, (COUNT, 28, width))
    return np.clip(strokes(COUNT, width) + noise, 0, 255).astype(np.uint8)


def test_an_image_does_not_depend_on_the_images_beside_it() -> None:
    for name in FAMILY:
        for width in (28, 75, 1024):
            with naming(f"{name}, {width}"):
                images, values = textured(width), published(name)
                together = applied(name, images, values)
                assert together.shape == images.shape
                assert together.dtype == np.uint8
                for some in ([4], [0, 3, 4, 9], [1, 2, 5, 6, 7, 8]):
                    part = applied(name, images[some], {key: each[some] for key, each in values.items()})
                    np.testing.assert_array_equal(part, together[some])


def test_an_image_does_not_leak_into_the_next() -> None:
    for name in FAMILY:
        with naming(name):
            images = np.zeros((COUNT, 28, 60), np.uint8)
            images[::2] = 255
            result = applied(name, images, published(name))
            assert all(np.ptp(image) == 0 for image in result)
            if name != "jpeg_compression":  # whose coarsest steps make 2 of 0
                assert not result[1::2].any()


def test_jpeg_equals_that_of_pillow_for_each_image_alone() -> None:
    for width in (28, 75, 160):
        with naming(width):
            images = textured(width)
            for quality in (published("jpeg_compression")["quality"], np.linspace(1, 100, COUNT).round()):
                result = applied("jpeg_compression", images, {"quality": quality})
                for image, out, each in zip(images, result, quality, strict=True):
                    file = BytesIO()
                    Image.fromarray(image).save(file, "JPEG", quality=int(each))
                    np.testing.assert_array_equal(out, np.array(Image.open(file)))


def test_pixelate_equals_that_of_pillow_to_the_bit() -> None:
    for width in (28, 75, 160):
        with naming(width):
            images = textured(width)
            for share in (published("pixelate")["share"], np.random.default_rng(2).uniform(0.1, 1, COUNT)):
                result = applied("pixelate", images, {"share": share})
                for image, out, each in zip(images, result, share, strict=True):
                    size = (int(width * each), int(28 * each))
                    coarse = Image.fromarray(image).resize(size, Image.Resampling.BOX)
                    np.testing.assert_array_equal(out, np.array(coarse.resize((width, 28), Image.Resampling.BOX)))


def test_pixelate_at_full_size_changes_nothing() -> None:
    images = textured(75)
    np.testing.assert_array_equal(applied("pixelate", images, {"share": np.ones(COUNT)}), images)


def canny_reference(image: np.ndarray) -> np.ndarray:
    """Canny's edges, a pixel at a time, by the steps in scikit-image's documentation."""
    inside = ndimage.gaussian_filter(np.ones(image.shape), 1, mode="constant")
    smooth = ndimage.gaussian_filter(image / 255, 1, mode="constant") / inside
    dy, dx = ndimage.sobel(smooth, axis=0), ndimage.sobel(smooth, axis=1)
    size = np.hypot(dy, dx)
    crest = np.zeros(image.shape, bool)
    for y in range(1, image.shape[0] - 1):
        for x in range(1, image.shape[1] - 1):
            if size[y, x] < 0.1:
                continue
            down, right = (1 if each >= 0 else -1 for each in (dy[y, x], dx[y, x]))
            steep = abs(dy[y, x]) > abs(dx[y, x])
            weight = min(abs(dy[y, x]), abs(dx[y, x])) / max(abs(dy[y, x]), abs(dx[y, x]))
            beside = []
            for way in (1, -1):
                straight = size[y + way * down, x] if steep else size[y, x + way * right]
                beside.append(weight * size[y + way * down, x + way * right] + (1 - weight) * straight)
            crest[y, x] = max(beside) <= size[y, x]
    labels, _ = ndimage.label(crest, np.ones((3, 3)))
    return np.where(crest & np.isin(labels, labels[crest & (size >= 0.2)]), 255, 0)


def test_canny_edges_follow_the_definition_but_for_ties() -> None:
    for images in (textured(75), strokes(COUNT, 75)):
        with naming(f"{len(images)} images"):
            result = applied("canny_edges", images, {})
            reference = np.array([canny_reference(image) for image in images])
            assert set(np.unique(result)) == {0, 255}
            assert (result != reference).mean() < 0.001


def test_canny_edges_are_nearly_those_of_scikit_image() -> None:
    for images in (textured(75), strokes(COUNT, 160)):
        result = applied("canny_edges", images, {})
        reference = np.array([255 * feature.canny(image / 255.0) for image in images])
        assert (result != reference).mean() < 0.001
