"""A configuration says which steps could erase a digit, hide it, or make another one of it."""

import re
from typing import Any

import numpy as np
import pytest

from digitgen.augment.limits import caution
from digitgen.augment.step import NARROWEST, PixelStep
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.cli.augmentations import describe
from digitgen.config.augmentation import augment_images
from digitgen.config.build_config import BuildConfig
from digitgen.errors import ArgumentError
from digitgen.format import MAX_WIDTH, Stage
from digitgen.glyphs.bank import GlyphBank
from tests.steps import setting


def said(name: str, stage: Stage = "glyphs", **settings: Any) -> str | None:
    """What is said of a step in images of 160 px."""
    return caution(setting(name, **settings), stage, 160)


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("erode", {"size": 3}, "size above 2"),
        ("erode", {"size": [2, 4]}, "size above 2"),
        ("thinning", {"amount": [0.1, 0.85]}, "amount above 0.8"),
        ("contrast", {"factor": [0.02, 1]}, "factor below 0.05"),
        ("shot_noise", {"photons": [1, 100]}, "photons below 2"),
        ("cutout", {"width": 20, "height": 20}, "width above 14 and height above 14"),
    ],
)
def test_steps_that_can_erase_or_hide_a_digit_say_so(name: str, settings: dict[str, Any], reason: str) -> None:
    assert said(name, **settings) == f"{name} can erase or hide a digit with {reason}"


@pytest.mark.parametrize(
    ("name", "settings"),
    [("erode", {"size": 2}), ("thinning", {"amount": [0, 0.8]}), ("gaussian_blur", {"sigma": 3}), ("inverse", {})],
)
def test_nothing_is_said_of_steps_that_leave_digits_legible(name: str, settings: dict[str, Any]) -> None:
    assert said(name, **settings) is None


def test_severities_stand_for_their_published_values() -> None:
    assert said("gaussian_blur", severity=[1, 3]) is None
    assert said("gaussian_blur", severity=4) == "gaussian_blur can erase or hide a digit with sigma above 3"
    assert said("contrast", severity=[1, 5]) is None


@pytest.mark.parametrize("name", [name for name, step in AUGMENTATIONS.items() if isinstance(step, PixelStep)])
def test_no_step_is_cautioned_of_as_it_is_by_default(name: str) -> None:
    assert said(name) is None


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_what_is_legible_lies_within_what_is_allowed(name: str) -> None:
    for parameter in AUGMENTATIONS[name].parameters.values():
        assert parameter.legible[0] < parameter.bounds[1] and parameter.legible[1] >= parameter.bounds[0]
        assert parameter.legible[0] <= parameter.default[0] and parameter.default[1] <= parameter.legible[1]


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_what_is_printed_as_allowed_is_allowed(name: str) -> None:
    step = AUGMENTATIONS[name]
    printed = re.findall(r"^    (\w+): .* allowed (\S+) to (\S+)$", describe(step), re.MULTILINE)
    assert [parameter for parameter, _, _ in printed] == list(step.parameters)
    for parameter, *ends in printed:
        for end in ends:
            setting(name, **{parameter: int(end) if step.parameters[parameter].integer else float(end)})


def ends(name: str) -> list[dict[str, float]]:
    """Settings of a step at both ends of what is allowed."""
    parameters = AUGMENTATIONS[name].parameters.items()
    return [{each: parameter.bounds[end] for each, parameter in parameters} for end in (0, 1)]


@pytest.mark.parametrize("name", [name for name, step in AUGMENTATIONS.items() if "sequence" in step.stages])
def test_every_step_can_do_with_the_narrowest_and_the_widest_images(name: str, bank: GlyphBank) -> None:
    for width in (NARROWEST, AUGMENTATIONS[name].widest or MAX_WIDTH):
        images = np.full((2, 28, width), 200, np.uint8)
        for values in ends(name) if width == NARROWEST else [{}]:
            assert augment_images(images, [{"step": name, **values}], rng=1, glyphs=bank).shape == images.shape


@pytest.mark.parametrize(
    ("name", "width", "problem"),
    [
        ("inverse", 15, "inverse needs an image_width of at least 16 px; got 15"),
        ("zoom_blur", 2049, "zoom_blur needs an image_width of at most 2048 px; got 2049"),
        ("wave", 2049, "wave needs an image_width of at most 2048 px; got 2049"),
    ],
)
def test_images_too_narrow_or_too_wide_for_a_step_are_refused(name: str, width: int, problem: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^sequence\.0: {problem}$"):
        augment_images(np.zeros((1, 28, width), np.uint8), [{"step": name}])


def test_turned_and_lost_digits_are_told_apart() -> None:
    assert said("rotate", severity=5) == (
        "rotate turns digits by more than 45 degrees, so that one may be read as another"
    )
    assert said("translate", "sequence", x=[0, 28]) == (
        "translate can push a digit out of the image (on augment.glyphs, each digit stays in its cell); "
        "what is lost is counted"
    )
    assert said("rotate", angle=0.1) is None


def test_a_configuration_names_the_place_of_each_caution() -> None:
    config = BuildConfig.model_validate(
        {
            "name": "faint",
            "image_width": 160,
            "sequence": {"length": 2},
            "spacing": {"range": [0, 5]},
            "splits": {"train": {"count": 10, "source": "mnist/train"}},
            "augment": {"glyphs": [{"step": "thickening"}, {"step": "erode", "size": [2, 3]}]},
        }
    )
    assert config.cautions() == ["augment.glyphs.1: erode can erase or hide a digit with size above 2"]
