"""The JSON Schema as an editor uses it, by a validator of its own: right files are right, a mistake is one error."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from digitgen.augment.steps import AUGMENTATIONS
from digitgen.config.schema import json_schema
from digitgen.config.yamltree import read_yaml

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
BASE = """\
name: small
image_width: 168
splits: {train: {count: 10, source: mnist/train}}
sequence: {length: [1, 5]}
spacing: {range: [0, 7]}
augment: {sequence: [STEP]}
"""


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(json_schema())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def errors(validator: Draft202012Validator, text: str) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    return [(found.json_path, found.message) for found in validator.iter_errors(read_yaml(text, "c").value)]


def test_the_shipped_configurations_are_right(validator: Draft202012Validator) -> None:
    assert CONFIGS
    for path in CONFIGS:
        assert errors(validator, path.read_text(encoding="utf-8")) == [], path.name


def test_a_resolved_configuration_is_right(validator: Draft202012Validator) -> None:
    for name in AUGMENTATIONS:
        assert errors(validator, BASE.replace("STEP", f"{{step: {name}}}")) == [], name


WRONG = {
    "a misspelt step": ("{step: rotat, angle: 1}", "$.augment.sequence[0].step", "'rotat' is not one of ['rotate'"),
    "no step": ("{p: 0.5}", "$.augment.sequence[0]", "'step' is a required property"),
    "no section": ("rotate", "$.augment.sequence[0]", "'rotate' is not of type 'object'"),
    "a step that is no word": ("{step: 5}", "$.augment.sequence[0].step", "5 is not one of ['rotate'"),
    "another's parameter": (
        "{step: rotate, sigma: 1}",
        "$.augment.sequence[0]",
        "Additional properties are not allowed ('sigma' was unexpected)",
    ),
    "a value that is out of bounds": (
        "{step: rotate, p: 2}",
        "$.augment.sequence[0].p",
        "2 is greater than the maximum",
    ),
    "a severity of the wrong type": ("{step: shot_noise, severity: x}", "$.augment.sequence[0].severity", "'x' is not"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_step_is_one_error_where_it_stands(validator: Draft202012Validator, case: str) -> None:
    step, place, message = WRONG[case]
    ((found, said),) = errors(validator, BASE.replace("STEP", step))
    assert found == place
    assert said.startswith(message)
    of_split = BASE.replace("augment:", "x:").replace("mnist/train}", f"mnist/train, augment: {{glyphs: [{step}]}}}}")
    of_split = of_split.replace("x: {sequence: [STEP]}\n", "")
    ((found, said),) = errors(validator, of_split)
    assert found == place.replace("$.augment.sequence", "$.splits.train.augment.glyphs")
    assert said.startswith(message)


def test_gaps_have_one_law(validator: Draft202012Validator) -> None:
    for right in (
        "quantiles: {0: -5, .5: 2, 1: 12}",
        "quantiles: {0.0: -5.5, 0.25: 2, 1.0: 12}, touching: 0.3",
        "range: [-5, 7], touching: 1",
    ):
        assert errors(validator, BASE.replace("range: [0, 7]", right).replace("STEP", "{step: rotate}")) == [], right
    for wrong in (
        "fit: strict",
        "range: [0, 7], quantiles: {0: 1, 1: 5}",
        "quantiles: {0: 1, 1: x}",
        "quantiles: {0: 1, 2: 5}",
        "quantiles: {a: 1}",
        "quantiles: [0, 1]",
        "range: [0, 7], touching: 2",
    ):
        text = BASE.replace("range: [0, 7]", wrong).replace("STEP", "{step: rotate}")
        assert len({found for found, _ in errors(validator, text)}) == 1, wrong


def test_any_other_mistake_is_one_error(validator: Draft202012Validator) -> None:
    for right, wrong in (
        ("mnist/train", "mnist/trian"),
        ("mnist/train", "{images: a, lables: b}"),
        ("name: small", "nmae: small\nname: small"),
        ("length: [1, 5]", "length: [1, x]"),
        ("length: [1, 5]", "lenght: [1, 5]"),
        ("range: [0, 7]", "range: [0, 7], fit: strickt"),
        ("image_width: 168", "image_width: '168'"),
        ("[STEP]", "{step: rotate}"),
    ):
        text = BASE.replace(right, wrong).replace("STEP", "{step: rotate}")
        assert len({found for found, _ in errors(validator, text)}) == 1, wrong


def parameters_offered(schema: dict[str, Any], step: str, stage: str = "sequence") -> set[str]:
    """What an editor offers in a step: the properties of all that holds for it."""
    items = schema["$defs"]["AugmentConfig"]["properties"][stage]["items"]
    offered = set(items["properties"])
    for each in items["allOf"]:
        if Draft202012Validator(each["if"]).is_valid({"step": step}):
            offered |= schema["$defs"][each["then"]["$ref"].rsplit("/", 1)[1]]["properties"].keys()
    return offered


def test_only_the_parameters_of_a_step_are_offered() -> None:
    schema = json.loads(json_schema())
    for name, step in AUGMENTATIONS.items():
        more = {"severity"} if step.has_severities else set()
        assert parameters_offered(schema, name) == {"step", "p", *step.parameters} | more
    assert parameters_offered(schema, "rotat") == {"step"}


def test_what_digits_share_is_offered_for_steps_on_glyphs_alone() -> None:
    schema = json.loads(json_schema())
    for name, more in (
        ("slant", {"share", "spread"}),
        ("elastic", {"share", "spread"}),
        ("stripe", {"share"}),  # it has no parameter that could stray
        ("pixelate", set()),  # share is a parameter of it
    ):
        offered = parameters_offered(schema, name)
        assert parameters_offered(schema, name, "glyphs") == offered | more
        assert "spread" not in offered


SHARING = [
    ("share: image, spread: 0.2", True),
    ("share: image, spread: {slant: 0.2}", True),
    ("share: digit", True),
    ("share: image, spread: -0.1", False),
    ("share: image, spread: 2.1", False),
    ("share: image, spread: {x: 0.1}", False),
    ("share: all", False),
]


@pytest.mark.parametrize(("keys", "right"), SHARING)
def test_the_schema_knows_how_digits_share(validator: Draft202012Validator, keys: str, right: bool) -> None:
    text = BASE.replace("sequence: [STEP]", f"glyphs: [{{step: slant, {keys}}}]")
    assert len({found for found, _ in errors(validator, text)}) == (0 if right else 1)


def test_a_number_stands_for_the_spread_of_the_only_parameter_alone(validator: Draft202012Validator) -> None:
    for keys, right in (("spread: {x: 0.1}", True), ("spread: {}", True), ("spread: 0.1", False)):
        text = BASE.replace("sequence: [STEP]", f"glyphs: [{{step: scale, share: image, {keys}}}]")
        assert (not errors(validator, text)) == right
