"""Steps of other packages are found by name beside digitgen's own; one that does not work is told of in a line."""

import sys

from digitgen.augment.catalogue import all_steps, find_step, is_step, package_of_step, step_names
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.config.augmentation import augmentation
from digitgen.plugins import STEPS, Package
from tests.conftest import Install
from tests.errors import message_of

SMUDGE = '''
import numpy as np

from digitgen.augment.step import Parameter, pixel_step


@pixel_step(depth=Parameter("what is taken away", "grey levels", (10, 20), (0, 255)))
def smudge(images, scene, *, depth):
    """Make ink paler."""
    images -= np.minimum(images, depth.astype(np.uint8)[:, None, None])
'''


def test_a_step_of_a_package_is_loaded_when_it_is_first_asked_for(install: Install) -> None:
    install("digitgen-smudge", "1.0", {STEPS: {"smudge": "digitgen_smudge:smudge"}}, SMUDGE)
    assert is_step("smudge")
    assert step_names() == [*AUGMENTATIONS, "smudge"]
    assert package_of_step("smudge") == Package("digitgen-smudge", "1.0")
    assert "digitgen_smudge" not in sys.modules
    step = find_step("smudge")
    assert (step.name, step.description) == ("smudge", "Make ink paler.")
    assert find_step("smudge") is step
    assert all_steps() == {**AUGMENTATIONS, "smudge": step}


def test_steps_of_digitgen_are_found_without_looking_at_packages(install: Install) -> None:
    install("digitgen-smudge", "1.0", {STEPS: {"rotate": "digitgen_smudge:smudge"}}, "raise ValueError")
    assert is_step("rotate")
    assert find_step("rotate") is AUGMENTATIONS["rotate"]
    assert package_of_step("rotate") is None
    assert augmentation(sequence=[{"step": "rotate"}]).sequence[0].step is AUGMENTATIONS["rotate"]


def test_a_step_that_nobody_has_is_refused_with_the_closest_name(install: Install) -> None:
    install("digitgen-smudge", "1.0", {STEPS: {"smudge": "digitgen_smudge:smudge"}}, SMUDGE)
    assert not is_step("smuge")
    assert message_of(find_step, "smuge") == "there is no step 'smuge'; did you mean smudge?"
    assert message_of(find_step, "rotat") == "there is no step 'rotat'; did you mean rotate?"
    assert message_of(find_step, "\x1b[31m") == "there is no step '\\x1b[31m'; `digitgen augmentations` lists them"


def test_a_step_under_another_name_is_refused(install: Install) -> None:
    install("digitgen-smudge", "1.0", {STEPS: {"stain": "digitgen_smudge:smudge"}}, SMUDGE)
    expected = "the package digitgen-smudge 1.0 offers the step 'smudge' under the name 'stain'"
    assert message_of(find_step, "stain") == expected


def test_a_package_that_does_not_work_is_told_of_and_hides_no_other_step(install: Install) -> None:
    install("digitgen-broken", "1.0", {STEPS: {"broken": "digitgen_broken:broken"}}, "import no_such_module")
    install("digitgen-smudge", "1.0", {STEPS: {"smudge": "digitgen_smudge:smudge"}}, SMUDGE)
    told: list[str] = []
    assert list(all_steps(told.append)) == [*AUGMENTATIONS, "smudge"]
    problem = (
        "'broken' in digitgen.steps, from the package digitgen-broken 1.0, cannot be loaded from "
        "digitgen_broken:broken: ModuleNotFoundError: No module named 'no_such_module'"
    )
    assert told == [problem]
    assert message_of(augmentation, sequence=[{"step": "broken"}]) == f"sequence.0.step: {problem}"
    assert message_of(augmentation, sequence=[{"step": "smudge"}, {"step": "rotate"}]) == "no error"


def test_a_step_that_contradicts_itself_is_refused_with_its_package(install: Install) -> None:
    install("digitgen-smudge", "1.0", {STEPS: {"smudge": "digitgen_smudge:smudge"}}, SMUDGE.replace("depth=", "deep="))
    assert message_of(find_step, "smudge") == (
        "'smudge' in digitgen.steps, from the package digitgen-smudge 1.0, cannot be loaded from "
        "digitgen_smudge:smudge: ArgumentError: the step smudge must be a function of (images, scene, *, deep), "
        "as declared; got (images, scene, *, depth)"
    )


def test_a_package_that_offers_a_step_of_digitgen_leaves_that_step_alone(install: Install) -> None:
    install("digitgen-smudge", "1.0", {STEPS: {"rotate": "digitgen_smudge:smudge"}}, SMUDGE)
    told: list[str] = []
    assert all_steps(told.append) == AUGMENTATIONS
    (problem,) = told
    assert problem.startswith("the package digitgen-smudge 1.0 offers 'rotate' in digitgen.steps")
