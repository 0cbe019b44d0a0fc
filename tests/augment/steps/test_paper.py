"""Paper and what it has been through: tones, periods, angles and places, as they were asked for."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen.augment.step import Scene, cells_of
from digitgen.augment.steps import paper, wear
from digitgen.rng import Address, Noise
from tests.errors import naming

FAMILY = {**paper.FAMILY, **wear.FAMILY}
Images = NDArray[np.uint8]


def papers(name: str, count: int = 4, shape: tuple[int, int] = (28, 168), ink: int = 0, **values: float) -> Images:
    """What a step makes of images of one grey, with its parameters' lower ends unless given."""
    height, width = shape
    images = np.full((count, height, width), ink, np.uint8)
    scene = Scene(Noise(Address(9, (1,)), np.arange(count)), width, np.tile(cells_of(width), (count, 1)), height=height)
    usual = {key: parameter.default[0] for key, parameter in FAMILY[name].parameters.items()}
    assert values.keys() <= usual.keys()
    FAMILY[name].apply(images, scene, **{key: np.full(count, float(each)) for key, each in (usual | values).items()})
    return images


def wave_vector(image: Images) -> tuple[float, float]:
    """The strongest frequency of an image, cycles a px to the right and down; that of the two that points right."""
    size = 2048
    window = np.outer(np.hanning(image.shape[0]), np.hanning(image.shape[1]))
    power = np.abs(np.fft.rfft2((image - image.mean()) * window, (size, size)))
    down, right = np.unravel_index(power.argmax(), power.shape)
    return float(right) / size, (float(down) / size + 0.5) % 1 - 0.5


# Tones


def test_paper_of_one_tone_has_that_tone() -> None:
    for tone in (0, 0.12, 0.37, 1):
        assert (papers("gradient_paper", tone=tone, gradient=0) == round(255 * tone)).all()


def test_a_gradient_goes_from_the_tone_to_the_darker_end_in_its_direction() -> None:
    for angle, light, dark in (
        (0, np.s_[:, :, 0], np.s_[:, :, -1]),
        (np.pi, np.s_[:, :, -1], np.s_[:, :, 0]),
        (np.pi / 2, np.s_[:, -1], np.s_[:, 0]),
        (np.arctan2(27, 167), np.s_[:, -1, 0], np.s_[:, 0, -1]),
    ):
        with naming(angle):
            images = papers("gradient_paper", tone=0.1, gradient=0.4, angle=angle)
            assert np.abs(images[light] - 0.1 * 255.0).max() <= 1
            assert np.abs(images[dark] - 0.5 * 255.0).max() <= 1
            assert images.min() >= 25 and images.max() <= 128


def test_a_gradient_is_linear() -> None:
    row = papers("gradient_paper", tone=0, gradient=1, angle=0)[0, 5].astype(float)
    assert np.abs(row - np.linspace(0, 255, 168)).max() <= 1.5


# Printed lines


def test_gratings_have_their_period_and_angle() -> None:
    for period in (1.8, 2.5, 4.0, 7.3):
        for angle in (-1.5, -0.8, 0.0, 0.3, 1.1, 1.57):
            with naming((period, angle)):
                image = papers(
                    "woven_paper", number=1, period=period, angle=angle, wave=0, contrast=0.8, shape=(128, 168)
                )[0]
                right, down = wave_vector(image)
                expected = np.array([np.sin(angle), np.cos(angle)]) / period
                found = np.array([right, down])
                apart = min(np.abs((sign * found - expected + 0.5) % 1 - 0.5).max() for sign in (1, -1))
                assert apart < 2e-3


def test_a_grating_is_a_sine_from_blank_to_its_contrast() -> None:
    for contrast in (0.05, 0.4, 1):
        images = papers("woven_paper", 20, number=1, period=7.1, angle=0.4, contrast=contrast, wave=0)
        assert images.min() == 0 and images.max() == round(255 * contrast)
        assert images.mean() == pytest.approx(255 * contrast / 2, rel=0.03)
        assert images.std() == pytest.approx(255 * contrast / 8**0.5, rel=0.03)


def test_the_second_grating_crosses_the_first_at_its_angle() -> None:
    first = papers("woven_paper", number=1, period=4, angle=0.2, contrast=0.2, wave=0).astype(float)
    both = papers("woven_paper", number=2, period=4, angle=0.2, crossing=1.0, contrast=0.2, wave=0)
    second = 255 - (255.0 - both) * 255 / (255 - first)
    right, down = wave_vector(second[0])
    assert np.arctan2(right, down) % np.pi == pytest.approx(1.2, abs=0.03)
    assert np.hypot(right, down) == pytest.approx(1 / 4, rel=0.03)


def crests(image: Images) -> NDArray[np.float64]:
    """Where a level grating has a crest in each column: by the phase along the column, px."""
    period, rows = 8, np.arange(image.shape[0] // 8 * 8)
    phase = np.angle(np.exp(2j * np.pi * rows / period) @ image[: len(rows)].astype(float))
    found: NDArray[np.float64] = np.unwrap(phase) * period / (2 * np.pi)
    return found


def test_waves_have_their_amplitude_and_length() -> None:
    for wave, wavelength in ((1.5, 60), (3, 40)):
        image = papers(
            "woven_paper", number=1, period=8, angle=0, wave=wave, wavelength=wavelength, contrast=1, shape=(28, 480)
        )[0]
        line = crests(image)
        assert np.ptp(line) / 2 == pytest.approx(wave, rel=0.1)
        power = np.abs(np.fft.rfft(line - line.mean()))
        assert 480 / power.argmax() == pytest.approx(wavelength, rel=0.01)


def test_papers_of_different_images_have_phases_of_their_own() -> None:
    for name in ("woven_paper", "guilloche_paper", "ruled_paper"):
        images = papers(name, 6, period=8, angle=0)
        assert len({image.tobytes() for image in images}) == 6


def test_a_line_covers_its_thickness() -> None:
    """A column of level lines has the share thickness / period of their darkness, wherever they lie."""
    for period, thickness in ((8, 0.5), (8, 1), (14, 1.7), (4, 3)):
        with naming((period, thickness)):
            images = papers(
                "ruled_paper", 200, number=1, period=period, thickness=thickness, angle=0, contrast=0.6, shape=(56, 168)
            )
            assert images.mean() == pytest.approx(255 * 0.6 * thickness / period, rel=0.03)
            assert images.max() == pytest.approx(255 * 0.6 * min(thickness, 1), abs=6)
            assert (np.ptp(images, axis=2) == 0).all()


def test_a_grid_has_lines_both_ways() -> None:
    images = papers(
        "ruled_paper", number=2, period=8, thickness=1, angle=0, crossing=np.pi / 2, contrast=1, shape=(56, 168)
    )
    for lines in (images.min(axis=2), images.min(axis=1)):
        counts = (lines > 80).sum(axis=1)
        assert (np.abs(counts - lines.shape[1] / 8) <= lines.shape[1] / 8).all() and (counts > 0).all()


def test_families_of_curves_cross() -> None:
    one = papers("guilloche_paper", number=1, period=9, contrast=0.5, wave=8, wavelength=60)
    three = papers("guilloche_paper", number=3, period=9, contrast=0.5, wave=8, wavelength=60)
    assert (three >= one).all()
    assert three.mean() == pytest.approx(3 * one.mean(), rel=0.2)
    assert three.max() > 1.2 * one.max()  # where curves cross


# What paper has been through


def test_grain_reaches_from_blank_to_its_contrast() -> None:
    images = papers("grain_paper", 40, contrast=0.4, size=2)
    assert images.min() == 0 and images.max() == round(0.4 * 255)
    assert images.mean() == pytest.approx(0.2 * 255, rel=0.03)


def test_stains_have_their_size_and_a_dark_rim() -> None:
    images = papers("stains", 400, number=1, radius=10, depth=0.4, inside=0.5, shape=(200, 200))
    assert images.max() == pytest.approx(0.4 * 255, abs=2)
    areas = [(image > 0).sum() for image in images if not image[[0, -1]].any() and not image[:, [0, -1]].any()]
    assert len(areas) > 200
    assert np.mean(areas) == pytest.approx(np.pi * 10**2, rel=0.15)
    inside = [image[image > 0] for image in images]
    assert np.median([np.percentile(each, 25) for each in inside]) == pytest.approx(0.2 * 255, abs=3)


def test_each_stain_and_each_fold_adds_darkness() -> None:
    for name in ("stains", "folds"):
        one, three = (papers(name, 30, number=number) for number in (1, 3))
        assert (three >= one).all() and three.sum() > 2 * one.sum()


def test_a_fold_is_a_dark_line_down_or_across_with_a_shade_on_one_side() -> None:
    images = papers("folds", 300, (168, 168), number=1, width=2, depth=0.6)
    down, across = (np.all(images.any(axis=axis), axis=1) for axis in (2, 1))
    assert down.sum() > 1.5 * across.sum() > 50 and not (down & across).any()
    for lines in (*images[down], *images[across].transpose(0, 2, 1)):
        whole = lines[~lines[:, [0, -1]].any(axis=1)]
        assert (whole.max(axis=1, initial=0) > 0.4 * 255).all() and lines.max() <= round(0.6 * 255)
        assert (whole > 0).sum(axis=1).max(initial=0) <= 2 + 2 * 6 + 2  # the line's other half, and six widths of shade


# All of them


@pytest.mark.parametrize("name", FAMILY)
def test_full_ink_stays_full_and_no_pixel_gets_lighter(name: str) -> None:
    assert (papers(name, ink=255) == 255).all()
    for grey in (1, 100, 254):
        assert (papers(name, ink=grey) >= grey).all()


@pytest.mark.parametrize("name", FAMILY)
def test_ink_lies_over_the_paper_as_light_is_lost_twice(name: str) -> None:
    blank, inked = papers(name, 8).astype(float), papers(name, 8, ink=100)
    layers = FAMILY[name].parameters["number"].default[0] if "number" in FAMILY[name].parameters else 1
    assert np.abs(inked - (blank + 100 * (255 - blank) / 255)).max() <= layers


@pytest.mark.parametrize("name", FAMILY)
def test_paper_of_no_darkness_is_blank(name: str) -> None:
    dark = {"tone", "gradient", "contrast", "depth"} & FAMILY[name].parameters.keys()
    nothing: dict[str, Any] = dict.fromkeys(dark, 0)
    assert not papers(name, **nothing).any()
