"""Cautions name the steps that could erase a digit, hide it, or turn it into another; bounds are those printed."""

import re
from typing import Any

import numpy as np

from digitgen.augment.limits import caution
from digitgen.augment.step import NARROWEST, PixelStep
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.cli.augmentations import describe
from digitgen.config.augmentation import augment_images
from digitgen.config.build_config import BuildConfig
from digitgen.format import MAX_WIDTH, Stage
from digitgen.glyphs.bank import GlyphBank
from tests.errors import message_of, naming
from tests.steps import setting


def said(name: str, stage: Stage = "glyphs", **settings: Any) -> str | None:
    """What is said of a step in images of 160 px."""
    return caution(setting(name, **settings), stage, 160)


def test_a_caution_names_the_parameter_that_can_erase_or_hide_a_digit() -> None:
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("erode", {"size": 3}, "size above 2"),
        ("erode", {"size": [2, 4]}, "size above 2"),
        ("thinning", {"amount": [0.1, 0.85]}, "amount above 0.8"),
        ("contrast", {"factor": [0.02, 1]}, "factor below 0.05"),
        ("shot_noise", {"photons": [1, 100]}, "photons below 2"),
        ("cutout", {"width": 20, "height": 20}, "width above 14 and height above 14"),
    ]
    for name, settings, reason in cases:
        assert said(name, **settings) == f"{name} can erase or hide a digit with {reason}"


def test_steps_that_leave_digits_legible_have_no_caution() -> None:
    assert said("erode", size=2) is None
    assert said("thinning", amount=[0, 0.8]) is None
    assert said("gaussian_blur", sigma=3) is None
    assert said("inverse") is None


def test_a_severity_is_judged_by_its_published_values() -> None:
    assert said("gaussian_blur", severity=[1, 3]) is None
    assert said("gaussian_blur", severity=4) == "gaussian_blur can erase or hide a digit with sigma above 3"
    assert said("contrast", severity=[1, 5]) is None


def test_no_step_has_a_caution_with_its_defaults() -> None:
    pixel_steps = [name for name, step in AUGMENTATIONS.items() if isinstance(step, PixelStep)]
    assert {name: said(name) for name in pixel_steps} == dict.fromkeys(pixel_steps)


def test_every_legible_range_holds_the_default_and_meets_the_bounds() -> None:
    for name, step in AUGMENTATIONS.items():
        for each, parameter in step.parameters.items():
            (low, high), (least, most) = parameter.legible, parameter.bounds
            assert low < most and high >= least, (name, each)
            assert low <= parameter.default[0] and parameter.default[1] <= high, (name, each)


def test_every_printed_bound_is_allowed() -> None:
    for name, step in AUGMENTATIONS.items():
        printed = re.findall(r"^    (\w+): .* allowed (\S+) to (\S+)$", describe(step), re.MULTILINE)
        assert [parameter for parameter, _, _ in printed] == list(step.parameters)
        for parameter, *ends in printed:
            number = int if step.parameters[parameter].integer else float
            for end in map(number, ends):
                with naming(f"{name} with {parameter} = {end}"):
                    setting(name, **{parameter: end})


def ends(name: str) -> list[dict[str, float]]:
    """Settings of a step at both ends of what is allowed."""
    parameters = AUGMENTATIONS[name].parameters.items()
    return [{each: parameter.bounds[end] for each, parameter in parameters} for end in (0, 1)]


def test_a_step_takes_the_narrowest_and_the_widest_images(bank: GlyphBank) -> None:
    for name, step in AUGMENTATIONS.items():
        for width in (NARROWEST, step.widest or MAX_WIDTH) if "sequence" in step.stages else ():
            images = np.full((2, 28, width), 200, np.uint8)
            for values in ends(name) if width == NARROWEST else [{}]:
                with naming(f"{name}, {width} px, {values}"):
                    augmented = augment_images(images, [{"step": name, **values}], rng=1, glyphs=bank)
                    assert augmented.shape == images.shape


def test_images_too_narrow_or_too_wide_for_a_step_are_refused() -> None:
    for name, width, limit in (
        ("inverse", 15, "least 16"),
        ("zoom_blur", 2049, "most 2048"),
        ("wave", 2049, "most 2048"),
    ):
        told = message_of(augment_images, np.zeros((1, 28, width), np.uint8), [{"step": name}])
        assert told == f"sequence.0: {name} needs an image_width of at {limit} px; got {width}"


def test_a_caution_tells_turned_digits_from_lost_ones() -> None:
    assert said("rotate", severity=5) == (
        "rotate turns digits by more than 45 degrees, so that one may be read as another"
    )
    assert said("translate", "sequence", x=[0, 28]) == (
        "translate can push a digit out of the image (on augment.glyphs, each digit stays in its cell); "
        "what is lost is counted"
    )
    assert said("rotate", angle=0.1) is None


def test_a_caution_of_a_configuration_has_its_place() -> None:
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
    (caution,) = config.cautions()
    assert caution.key == ("augment", "glyphs", 1)
    assert str(caution) == "augment.glyphs.1: erode can erase or hide a digit with size above 2"
