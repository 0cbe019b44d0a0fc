"""How pictures are taken: light, shadow, noise and contrast, against their definitions."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen.augment.step import Scene, cells_of
from digitgen.augment.steps.photo import FAMILY
from digitgen.rng import Address, Noise
from tests.errors import naming

Images = NDArray[np.uint8]


def taken(name: str, images: Images, **values: Any) -> Images:
    """What a step makes of images, with its parameters' lower ends unless given."""
    result = images.copy()
    count, height, width = images.shape
    scene = Scene(Noise(Address(9, (1,)), np.arange(count)), width, np.tile(cells_of(width), (count, 1)), height=height)
    usual = {key: parameter.default[0] for key, parameter in FAMILY[name].parameters.items()}
    assert values.keys() <= usual.keys()
    FAMILY[name].apply(result, scene, **{key: np.full(count, each, float) for key, each in (usual | values).items()})
    return result


def blank(count: int = 4, grey: int = 0, height: int = 28, width: int = 168) -> Images:
    return np.full((count, height, width), grey, np.uint8)


def test_the_darkest_corner_lacks_the_share_of_light() -> None:
    for depth in (0.0, 0.3, 0.8, 0.95):
        dark = taken("uneven_light", blank(30), depth=depth)
        np.testing.assert_allclose(dark.max(axis=(1, 2)), 255 * depth, atol=1)
        corners = dark[:, [0, 0, -1, -1], [0, -1, 0, -1]].max(axis=1)
        np.testing.assert_array_equal(corners, dark.max(axis=(1, 2)))


def test_light_falls_off_with_the_square_of_the_distance() -> None:
    dark = taken("uneven_light", blank(30), depth=0.5)
    points = 2 * Noise(Address(9, (1,)), np.arange(30)).uniform(2) - 0.5
    for image, (x, y) in zip(dark, points, strict=True):
        square = (np.arange(168) - x * 167) ** 2 + ((np.arange(28) - y * 27) ** 2)[:, None]
        assert np.abs(image - 255 * (1 - 1 / (1 + square / square.max()))).max() <= 1.6


def test_a_shadow_is_dark_on_one_side_and_soft_between() -> None:
    for softness in (5, 20):
        dark = taken("shadow", blank(60), depth=0.4, softness=softness, angle=0)
        assert (np.ptp(dark, axis=1) == 0).all()
        for line in dark[:, 0].astype(int):
            assert (np.diff(line) >= 0).all() and line.max() <= 102
            assert ((line > 0) & (line < 102)).sum() <= softness
        middle = (dark[:, 0] < 51).sum(axis=1)
        assert middle.min() < 20 and middle.max() > 148


def test_a_shadow_leaves_its_share_of_the_light() -> None:
    images = np.tile(np.arange(168, dtype=np.uint8), (20, 28, 1))
    dark = taken("shadow", images, depth=0.25, softness=5, angle=0)[:, 0, -1]
    assert dark.max() == round(255 - 0.75 * (255 - 167))


def test_noise_of_a_sensor_grows_with_the_light() -> None:
    for read, shot in ((0.02, 0.0), (0.01, 0.05), (0.0, 0.08)):
        for grey in (60, 128, 190):
            with naming((read, shot, grey)):
                noisy = taken("sensor_noise", blank(60, grey), read=read, shot=shot).astype(float)
                variance = read**2 + shot**2 * (1 - grey / 255)
                assert noisy.mean() == pytest.approx(grey, abs=0.2)
                assert noisy.var() == pytest.approx(255**2 * variance + 1 / 12, rel=0.02)


def test_a_sensor_without_noise_changes_nothing_and_one_without_light_has_read_noise_alone() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 28, 50), np.uint8)
    np.testing.assert_array_equal(taken("sensor_noise", images, read=0, shot=0), images)
    np.testing.assert_array_equal(taken("sensor_noise", blank(2, 255), read=0, shot=0.3), blank(2, 255))


def test_contrast_is_stretched_between_percentiles() -> None:
    rng = np.random.default_rng(1)
    for low, high in ((5.0, 99.5), (0.0, 100.0), (30.0, 60.0)):
        images = np.stack([rng.integers(*ends, (28, 101), np.uint8) for ends in ((30, 200), (100, 140), (0, 256))])
        stretched = taken("stretch", images, low=low, high=high)
        for image, got in zip(images, stretched, strict=True):
            black, white = np.percentile(image, [low, high])
            expected = np.clip((image - black) * 255 / (white - black), 0, 255)
            assert np.abs(got - expected).max() <= 0.5 + 1e-9


def test_after_a_crop_the_frame_alone_says_how_contrast_is_stretched() -> None:
    rng = np.random.default_rng(1)
    inner = rng.integers(90, 160, (2, 20, 50), np.uint8)
    images = blank(2)
    images[0, 4:24, 10:60], images[1, 8:28, 100:150] = inner
    frame = np.array([[10, 4, 60, 24], [100, 8, 150, 28]])
    scene = Scene(Noise(Address(9, (1,)), np.arange(2)), 168, np.tile(cells_of(168), (2, 1)), frame=frame)
    FAMILY["stretch"].apply(images, scene, low=np.full(2, 5.0), high=np.full(2, 99.5))
    expected = taken("stretch", inner)
    assert expected.min() == 0 and expected.max() == 255
    np.testing.assert_array_equal(images[0, 4:24, 10:60], expected[0])
    np.testing.assert_array_equal(images[1, 8:28, 100:150], expected[1])


def test_an_image_of_one_grey_keeps_it_when_stretched() -> None:
    for grey in (0, 77, 255):
        np.testing.assert_array_equal(taken("stretch", blank(2, grey)), blank(2, grey))
    spot = blank(1, 40)
    spot[0, 3, 3] = 200  # fewer pixels than half a percent
    np.testing.assert_array_equal(taken("stretch", spot), spot)


@pytest.mark.parametrize("name", ["uneven_light", "shadow"])
def test_where_there_is_no_light_less_changes_nothing(name: str) -> None:
    np.testing.assert_array_equal(taken(name, blank(4, 255)), blank(4, 255))
