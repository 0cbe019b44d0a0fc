"""Steps and parameters say what they are, once; what contradicts itself is refused where it is written."""

import inspect
from typing import Any

import numpy as np
import pytest

from digitgen.arrays import Floats, Images
from digitgen.augment.step import (
    CropStep,
    InkStep,
    Parameter,
    PixelStep,
    Scene,
    Step,
    WarpStep,
    pixel_step,
    stroke_step,
    warp_step,
)
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.augment.warping.warp import Warp, unmoved
from digitgen.errors import ArgumentError

CHANGE = Parameter("what is added", "grey levels", (0, 20), (0, 255))


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_function_of_a_step_takes_what_the_step_declares(name: str) -> None:
    step = AUGMENTATIONS[name]
    arguments = inspect.signature(step.apply).parameters.values()
    assert [each.name for each in arguments if each.kind is each.KEYWORD_ONLY] == list(step.parameters)
    ahead = [each.name.lstrip("_") for each in arguments if each.kind is not each.KEYWORD_ONLY]
    given = {
        WarpStep: ["scene"],
        CropStep: ["ink", "marked", "scene"],
        InkStep: ["look", "scene", "pen"],
    }
    assert ahead == given.get(type(step), ["images", "scene"])
    assert step.name == name


def test_a_step_has_the_name_of_its_function_and_the_first_line_of_its_docstring() -> None:
    @pixel_step(source="Somebody 2026", stages=("sequence",), widest=200, change=CHANGE)
    def brighten(images: Images, _scene: Scene, *, change: Floats) -> None:
        """Add a constant to every pixel.

        Nobody sees this line.
        """
        images += change.astype(np.uint8)[:, None, None]

    assert isinstance(brighten, PixelStep)
    assert (brighten.name, brighten.description) == ("brighten", "Add a constant to every pixel.")
    assert (brighten.source, brighten.stages, brighten.widest) == ("Somebody 2026", ("sequence",), 200)
    assert dict(brighten.parameters) == {"change": CHANGE}


def test_a_step_without_a_docstring_has_no_description() -> None:
    def smudge(images: Images, _scene: Scene) -> None:
        images[...] = 0

    assert pixel_step()(smudge).description == ""


def plain(images: Images, _scene: Scene, *, change: Floats) -> None:
    images += change.astype(np.uint8)[:, None, None]


def moving(scene: Scene, *, x: Floats, y: Floats) -> Warp:
    warp = unmoved(len(scene.noise))
    warp.matrix[:, 0, 2], warp.matrix[:, 1, 2] = x, y
    return warp


@pytest.mark.parametrize(
    ("make", "function", "wanted", "got"),
    [
        pytest.param(pixel_step(), plain, "images, scene, *", "images, _scene, *, change", id="nothing declared"),
        pytest.param(
            pixel_step(chnage=CHANGE), plain, "images, scene, *, chnage", "images, _scene, *, change", id="misspelt"
        ),
        pytest.param(
            warp_step(y=CHANGE, x=CHANGE), moving, "scene, *, y, x", "scene, *, x, y", id="declared in another order"
        ),
        pytest.param(
            stroke_step(x=CHANGE, y=CHANGE), moving, "images, scene, *, x, y", "scene, *, x, y", id="another kind"
        ),
    ],
)
def test_a_function_that_does_not_take_what_is_declared_is_refused(
    make: Any, function: Any, wanted: str, got: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        make(function)
    name = function.__name__
    assert str(caught.value) == f"the step {name} must be a function of ({wanted}), as declared; got ({got})"


@pytest.mark.parametrize("name", ["step", "p", "severity", "applied", "_change"])
def test_names_that_mean_something_else_are_refused(name: str) -> None:
    declared: dict[str, Any] = {name: CHANGE}
    called: dict[str, Any] = {}
    exec(f"def smudge(images, scene, *, {name}): ...", called)
    with pytest.raises(ArgumentError, match=f"the step smudge: neither a step nor a parameter can be called '{name}'"):
        pixel_step(**declared)(called["smudge"])


def test_a_step_has_a_name_that_a_configuration_can_spell() -> None:
    unnamed: Any = lambda _images, _scene: None  # noqa: E731
    with pytest.raises(ArgumentError, match="can be called '<lambda>'"):
        pixel_step()(unnamed)


def test_a_step_works_on_something() -> None:
    with pytest.raises(ArgumentError, match="the step plain works on glyphs, sequence or both; got \\(\\)"):
        pixel_step(stages=(), change=CHANGE)(plain)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"default": (2, 1)}, "the default, (2, 1), must lie in (0, 9)"),
        ({"default": (-1, 1)}, "the default, (-1, 1), must lie in (0, 9)"),
        ({"default": (1, 10)}, "the default, (1, 10), must lie in (0, 9)"),
        ({"levels": (1, 2)}, "there must be 5 levels or none; got (1, 2)"),
        ({"either_sign": True}, "only levels have their sign sampled, and there are none"),
        ({"fixed": True}, "a fixed value has no range; got (1, 2)"),
        ({"integer": True, "default": (1, 2.5)}, "only whole numbers are sampled, so all values must be whole"),
    ],
)
def test_a_parameter_that_contradicts_itself_is_refused(values: dict[str, Any], problem: str) -> None:
    given: dict[str, Any] = {"default": (1, 2), "bounds": (0, 9), **values}
    with pytest.raises(ArgumentError) as caught:
        Parameter("size of the spot", "px", **given)
    assert str(caught.value) == f"size of the spot: {problem}"


def test_steps_of_every_kind_are_in_the_catalogue() -> None:
    kinds = {type(step) for step in AUGMENTATIONS.values()}
    assert all(issubclass(kind, Step) for kind in kinds)
    assert len(kinds) == 5
