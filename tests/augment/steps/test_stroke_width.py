"""Strokes brought to a width: measured right, met on the average, and as a slow and obvious loop has it."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen.augment.shapes.measures import skeletons
from digitgen.augment.shapes.morphometry import Shape, outline
from digitgen.augment.step import PixelStep, Scene
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.augment.steps.morphology import mean_widths
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise

Images = NDArray[np.uint8]


def brought_to(images: Images, target: NDArray[np.float64] | float) -> Images:
    step, out = AUGMENTATIONS["stroke_width"], images.copy()
    assert isinstance(step, PixelStep)
    noise = Noise(Address(1), np.arange(len(images)))
    step.apply(
        out, Scene(noise, 28, np.zeros((len(images), 1), int)), target=np.broadcast_to(target, len(images)) + 0.0
    )
    return out


def thickness(images: Images) -> NDArray[np.float64]:
    """Mean thickness of strokes by their skeletons, as Morpho-MNIST measures it."""
    ink = outline(images)
    return Shape(ink, skeletons(images, ink)).thickness


@pytest.fixture(scope="module")
def glyphs(mnist: GlyphBank) -> Images:
    return mnist.cells(np.arange(0, len(mnist), 301))


def bar(width: float, angle: float) -> Images:
    """A long bar of some width through the middle of an image of 60 px, its border greyed by the share covered."""
    fine = np.arange(0.125, 60, 0.25) - 30
    across = np.abs(fine[:, None] * math.sin(angle) + fine * math.cos(angle))
    along = np.abs(fine[:, None] * math.cos(angle) - fine * math.sin(angle))
    covered = ((across < width / 2) & (along < 25)).reshape(60, 4, 60, 4).mean(axis=(1, 3))
    image: Images = np.rint(255 * covered[None]).astype(np.uint8)
    return image


@pytest.mark.parametrize("width", [2, 3, 4.5])
def test_the_width_of_a_bar_is_measured_at_any_angle(width: float) -> None:
    found = [mean_widths(bar(width, angle))[0] for angle in np.linspace(0, math.pi, 13)]
    exact = width * 50 / (width + 50)  # its ends belong to the contour, too
    assert max(abs(each / exact - 1) for each in found) < 0.1


def test_the_width_of_glyphs_agrees_with_that_by_their_skeletons(glyphs: Images) -> None:
    found, by_skeletons = mean_widths(glyphs), thickness(glyphs)
    assert np.corrcoef(found, by_skeletons)[0, 1] > 0.97
    assert abs(found.mean() - by_skeletons.mean()) < 0.05


@pytest.mark.parametrize("target", [2, 2.5, 3, 4])
def test_strokes_come_to_the_width_that_is_asked_for(glyphs: Images, target: float) -> None:
    found = thickness(brought_to(glyphs, target))
    assert abs(found.mean() - target) < 0.25
    assert found.std() < 0.5 * thickness(glyphs).std()


def test_wider_targets_give_wider_strokes_in_fractions_of_a_px(glyphs: Images) -> None:
    means = [mean_widths(brought_to(glyphs, target)).mean() for target in np.arange(1.5, 5, 0.25)]
    assert (np.diff(means) > 0.05).all()


def test_no_glyph_loses_all_its_ink_at_the_least_width_that_stays_legible(glyphs: Images) -> None:
    least, _ = AUGMENTATIONS["stroke_width"].parameters["target"].legible
    assert brought_to(glyphs, least).any(axis=(1, 2)).all()


def test_strokes_that_have_the_width_already_keep_every_bit(glyphs: Images) -> None:
    np.testing.assert_array_equal(brought_to(glyphs, mean_widths(glyphs)), glyphs)


def test_images_without_ink_stay_empty() -> None:
    assert mean_widths(np.zeros((2, 28, 28), np.uint8)).tolist() == [0, 0]
    assert not brought_to(np.zeros((2, 28, 28), np.uint8), 4.0).any()


def moved(image: list[list[int]], distance: float) -> list[list[int]]:
    """Ink whose contours move outwards, or inwards where that is negative, px by px."""
    if distance < 0:
        turned = moved([[255 - value for value in line] for line in image], -distance)
        return [[255 - value for value in line] for line in turned]
    rest = distance
    while rest > 0:
        weight, rest = round(256 * min(rest, 1)), rest - 1
        around = {(y, x): value for y, line in enumerate(image) for x, value in enumerate(line)}
        grown: list[list[int]] = []
        for y, line in enumerate(image):
            grown.append([])
            for x, value in enumerate(line):
                near = {(v, u): around.get((y + v, x + u), 0) for v in (-1, 0, 1) for u in (-1, 0, 1)}
                cross = max(shade for (v, u), shade in near.items() if v == 0 or u == 0)
                most = (cross + max(near.values()) + 1) // 2
                grown[-1].append(value + ((most - value) * weight + 128) // 256)
        image = grown
    return image


def test_pixels_equal_those_of_the_loop(glyphs: Images) -> None:
    for target in (1.2, 2.6, 4.9, 8.0):
        out = brought_to(glyphs[:6], target)
        for image, found, width in zip(glyphs[:6], out, mean_widths(glyphs[:6]).tolist(), strict=True):
            distance = min(max((target - width) / 2, -3), 3)
            assert found.tolist() == moved(image.tolist(), distance)
