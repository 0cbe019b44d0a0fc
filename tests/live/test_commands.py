"""The commands of the page make the recipe that it shows, whatever the file says."""

from copy import deepcopy
from typing import Any

import pytest

from digitgen.config.build_config import BuildConfig
from digitgen.config.document import Document
from digitgen.config.load import load_config
from digitgen.config.shipped import shipped
from digitgen.live.commands import commands, overrides

FILE = shipped()["augmented"]
SAVED: dict[str, Any] = Document(FILE).value


def changed(**keys: Any) -> dict[str, Any]:
    return deepcopy(SAVED) | keys


def with_steps(*steps: dict[str, Any]) -> dict[str, Any]:
    return changed(augment=SAVED["augment"] | {"sequence": list(steps)})


STEPS = SAVED["augment"]["sequence"]


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (changed(), []),
        (changed(seed=7), ["seed=7"]),
        (changed(name="a-b", align="left"), ["name=a-b", "align=left"]),
        (with_steps(*STEPS[:2], STEPS[2] | {"rms": [0.6, 2]}, *STEPS[3:]), ["augment.sequence.2.rms.1=2"]),
        (with_steps(STEPS[1]), ["augment.sequence=[{step: wave, amplitude: [0, 1.5], p: 0.5}]"]),
        (with_steps(*STEPS[:-1], {"step": "cutout"}), ["augment.sequence.6={step: cutout}"]),
        (changed(splits={"train": SAVED["splits"]["train"]}), None),
        (changed(sequence={"pattern": "[1-3]{2} #?"[:8]}), ["sequence={pattern: '[1-3]{2}'}"]),
        (
            changed(spacing={"quantiles": {"0.0": -8, "1": 3}}),
            ["spacing={quantiles: {'0.0': -8, '1': 3}}"],
        ),
        ({key: value for key, value in SAVED.items() if key not in ("seed", "augment")}, None),
    ],
)
def test_overrides_make_the_recipe_of_the_file(recipe: dict[str, Any], expected: list[str] | None) -> None:
    config = BuildConfig.check(recipe, FILE.parent)
    found = list(overrides(SAVED, config, recipe))
    assert expected is None or found == expected
    assert load_config(FILE, found) == config


def test_a_word_that_a_shell_would_split_is_quoted() -> None:
    recipe = with_steps(STEPS[1])
    build, preview = commands("my file.yaml", SAVED, BuildConfig.check(recipe, FILE.parent), recipe, ["--boxes"])
    said = "'my file.yaml' 'augment.sequence=[{step: wave, amplitude: [0, 1.5], p: 0.5}]'"
    assert build == f"digitgen build {said}"
    assert preview == f"digitgen preview {said} --boxes"
