"""Augmentation for programs: steps are checked, and images that are there already are augmented as copies."""

from typing import Any

import numpy as np
import pytest

from digitgen.augment.steps import AUGMENTATIONS
from digitgen.compose.generate import generate_batch
from digitgen.compose.recipe import Augmentation, Labels
from digitgen.config.augmentation import Steps, augment_images, augmentation
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank

SHAKY: Steps = [{"step": "elastic", "p": 0.5}, {"step": "shot_noise", "severity": [1, 3]}]


@pytest.fixture
def pictures(bank: GlyphBank) -> np.ndarray:
    return generate_batch([[1, 2, 3]] * 40, (0, 5), 120, rng=1, glyphs=bank).images


def test_images_are_augmented_as_copies_and_the_same_again_with_the_same_seed(pictures: np.ndarray) -> None:
    before = pictures.copy()
    once, again, other = (augment_images(pictures, SHAKY, rng=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(pictures, before)
    np.testing.assert_array_equal(once, again, strict=True)
    assert (once != pictures).any(axis=(1, 2)).all()
    assert (once != other).any(axis=(1, 2)).all()


@pytest.mark.parametrize("kind", ["every other one", "turned over", "read-only"])
def test_images_may_lie_in_memory_in_any_way(kind: str, pictures: np.ndarray) -> None:
    views = {"every other one": pictures[::2], "turned over": pictures[:, ::-1], "read-only": pictures}
    view = views[kind]
    view.flags.writeable = False
    expected = augment_images(view.copy(), SHAKY, rng=1)
    np.testing.assert_array_equal(augment_images(view, SHAKY, rng=1), expected, strict=True)


@pytest.mark.parametrize("step", [name for name, step in AUGMENTATIONS.items() if "sequence" in step.stages])
def test_no_images_give_no_images(step: str) -> None:
    assert augment_images(np.zeros((0, 28, 60), np.uint8), [{"step": step}], rng=1).shape == (0, 28, 60)


@pytest.mark.parametrize(
    ("images", "got"),
    [
        (np.zeros((2, 28, 60)), "(2, 28, 60) float64"),
        (np.zeros((28, 60), np.uint8), "(28, 60) uint8"),
        ([[0]], "list"),
    ],
)
def test_what_is_no_images_is_refused(images: Any, got: str) -> None:
    with pytest.raises(ArgumentError) as error:
        augment_images(images, SHAKY)
    assert str(error.value) == f"images must be an array (N, H, W) of uint8; got {got}"


def test_images_too_low_or_too_high_are_refused() -> None:
    for height in (27, 257):
        with pytest.raises(ArgumentError, match=rf"^images must be 28 to 256 px high; got {height}$"):
            augment_images(np.zeros((2, height, 60), np.uint8), SHAKY)


LIST = "must be a list of steps, such as [{step: rotate}]; got "
DICT = "must be a section of keys and values, such as {step: rotate}; got "


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        (None, f"sequence: {LIST}None"),
        ("cutout", f"sequence: {LIST}'cutout'"),
        ({"step": "rotate"}, f"sequence: {LIST}{{'step': 'rotate'}}"),
        (["cutout"], f"sequence.0: {DICT}'cutout'"),
        ([{"p": 1}], "sequence.0.step: is missing"),
        (
            [{"step": "inverse"}, {"step": "cutuot"}],
            "sequence.1.step: there is no step 'cutuot'; did you mean cutout?",
        ),
        ([{"step": "cutout", "widht": 3}], "sequence.0.widht: unknown key; did you mean width?"),
        ([{"step": "inverse", "z": 3}], "sequence.0.z: unknown key; allowed: p, step"),
        (
            [{"step": "cutout", "width": "wide"}],
            "sequence.0.width: must be an integer or a list of two integers, such as [1, 5]; got 'wide'",
        ),
        ([{"step": "rotate", "p": 2}], "sequence.0.p: input should be less than or equal to 1; got 2"),
        ([{"step": "translate", "x": -29}], "sequence.0.x: input should be greater than or equal to -28; got -29"),
        ([{"step": "rotate", "angle": [0.2, 0.1]}], "sequence.0.angle: the least, 0.2, is larger than the most, 0.1"),
        (
            [{"step": "rotate", "p": "often", 5: 1}],
            "sequence.0.p: input should be a valid number; got 'often'; "
            "sequence.0.5: unknown key; allowed: p, step, severity, angle",
        ),
    ],
)
def test_wrong_steps_are_refused_in_a_line(steps: Any, problem: str) -> None:
    with pytest.raises(ArgumentError) as error:
        augmentation(sequence=steps)
    assert str(error.value) == problem


@pytest.mark.parametrize(("stage", "name"), [("glyphs", "wave"), ("sequence", "thinning")])
def test_a_step_on_the_wrong_stage_is_refused_at_once(stage: str, name: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^{stage}\.1: {name} works on augment\.\w+, not on augment\.{stage}$"):
        augmentation(**{stage: [{"step": "rotate"}, {"step": name}]})


DICTS: Any = ({"step": "rotate"},)


@pytest.mark.parametrize("augment", [{"sequence": []}, [{"step": "rotate"}]])
def test_an_augmentation_that_was_not_made_by_its_function_is_refused(augment: Any, bank: GlyphBank) -> None:
    with pytest.raises(ArgumentError, match=r"^augment must be what digitgen\.augmentation\(\) returns; got "):
        generate_batch([[1]], (0, 0), 60, glyphs=bank, augment=augment)


def test_labels_and_glyphs_of_another_type_and_too_wide_images_are_refused(bank: GlyphBank) -> None:
    wrong: Any = {"masks": True}
    with pytest.raises(ArgumentError, match=r"^labels must be digitgen\.Labels, such as .*; got \{'masks': True\}$"):
        generate_batch([[1]], (0, 0), 60, glyphs=bank, labels=wrong)
    with pytest.raises(
        ArgumentError, match=r"^glyphs must be a GlyphBank, or the name of a source such as mnist/test; got "
    ):
        augment_images(np.zeros((1, 28, 28), np.uint8), SHAKY, glyphs=wrong)
    with pytest.raises(ArgumentError, match=r"^images must be at most 32767 px wide; got 32768$"):
        augment_images(np.zeros((1, 28, 32_768), np.uint8), [{"step": "inverse"}])


def test_an_augmented_batch_has_the_images_that_come_without_augmentation(bank: GlyphBank) -> None:
    plain, noisy = (
        generate_batch([[1, 2]] * 9, (-5, 9), 90, rng=3, glyphs=bank, labels=Labels(clean=True), augment=augment)
        for augment in (Augmentation(), augmentation(sequence=[{"step": "inverse"}]))
    )
    np.testing.assert_array_equal(noisy.clean, plain.images)
    np.testing.assert_array_equal(noisy.images, 255 - plain.images)
