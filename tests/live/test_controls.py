"""The controls of the live page: what a configuration can say, and nothing else, has a control."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from digitgen.augment.step import STAGES
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.config.build_config import BuildConfig
from digitgen.config.schema import json_schema
from digitgen.config.steps import step_section
from digitgen.config.yamltree import read_yaml
from digitgen.format import Stage
from digitgen.live.choices import NAMES, SOFT, START
from digitgen.live.controls import describe
from digitgen.live.shared import share
from digitgen.plugins import STEPS
from tests.conftest import Install
from tests.live.shown import Control, by_key, unshown, whole

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
MOST_BYTES = 72_000
"""Of the page's 150 KB."""

Tree = dict[str, Any]


@pytest.fixture(scope="module")
def sections() -> Tree:
    """The sections in the JSON Schema, by name."""
    schema = json.loads(json_schema())
    return {"BuildConfig": schema, **schema["$defs"]}


@pytest.fixture(scope="module")
def compact() -> Tree:
    return describe()


@pytest.fixture(scope="module")
def description(compact: Tree) -> Tree:
    return whole(compact)


def tree(path: Path) -> Tree:
    value: Tree = read_yaml(path.read_text(encoding="utf-8"), path.name).value
    return value


def recipe(**keys: Any) -> Tree:
    """A small configuration, with some keys of its own."""
    small = {
        "name": "small",
        "image_width": 448,
        "splits": {"train": {"count": 1000, "source": "mnist/train"}},
        "sequence": {"length": [1, 5]},
        "spacing": {"range": [0, 7]},
    }
    return small | keys


def all_controls(value: Any) -> Iterator[Control]:
    """Every control in a description, also those in others."""
    if isinstance(value, dict):
        if "kind" in value:
            yield value
        for each in value.values():
            yield from all_controls(each)
    elif isinstance(value, list):
        for each in value:
            yield from all_controls(each)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_controls_show_all_of_a_shipped_configuration(path: Path, description: Tree) -> None:
    assert unshown(description, tree(path)) == []


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_controls_show_all_of_a_shipped_configuration_with_its_defaults(path: Path, description: Tree) -> None:
    assert unshown(description, BuildConfig.check(tree(path), path.parent).resolved()) == []


def test_controls_show_all_of_every_step(description: Tree) -> None:
    for stage in STAGES:
        for name, step in AUGMENTATIONS.items():
            if stage in step.stages:
                steps = [
                    step_section(name, stage).model_validate({"step": name}).model_dump(mode="json", exclude_none=True)
                ]
                steps.append({"step": name, "p": 1, **{key: each.bounds[0] for key, each in step.parameters.items()}})
                if step.has_severities:
                    steps += [{"step": name, "severity": 2}, {"step": name, "severity": [1, 5]}]
                assert unshown(description, {"augment": {stage: steps}}) == [], name


def test_controls_show_what_digits_share_of_every_step(description: Tree) -> None:
    for name, step in AUGMENTATIONS.items():
        fields = step_section(name, "glyphs").model_fields if "glyphs" in step.stages else {}
        if "spread" in fields and "spread" not in step.parameters:
            spread = {key: 0.1 for key, each in step.parameters.items() if not each.fixed}
            steps: list[Tree] = [{"step": name, "share": "image", "spread": spread}]
            if len(spread) == 1:
                steps.append({"step": name, "share": "image", "spread": 0.1})
            assert unshown(description, {"augment": {"glyphs": steps}}) == [], name
            assert unshown(description, {"augment": {"sequence": steps[:1]}}) != [], name


FORMS: dict[str, Tree] = {
    "one number for a range": {"sequence": {"length": 4}, "baseline": {"slope": 0.1}},
    "weights of lengths": {"sequence": {"length": {"1": 0.5, "12": 2}}},
    "weights of digits": {"sequence": {"length": 3, "digits": {"0": 1, "7": 2.5}}},
    "weights of digits by position": {"sequence": {"length": 3, "digits": [{"1": 1}, {"0": 1}]}},
    "Benford's law": {"sequence": {"length": 3, "digits": "benford"}},
    "a file of strings": {"sequence": {"strings": "strings.txt", "unique": True}},
    "one format of dates": {"sequence": {"dates": ["1999-12-31", "2000-01-01"], "format": "DDMM"}},
    "a condition": {"sequence": {"length": 3, "only": {"pattern": "0.*"}, "check": "luhn", "balance": "pairs"}},
    "a share of hands": {"hand": 0.25},
    "gaps between strokes": {"spacing": {"quantiles": {"0": -2, ".5": 0, "1": 3.5}, "unit": "stroke", "touching": 0.1}},
    "digits of your own": {
        "splits": {"own": {"count": 3, "source": {"images": "i", "labels": "l", "characters": "01", "invert": True}}}
    },
    "glyphs of a split": {
        "splits": {
            "a": {"count": 1, "source": "mnist/train", "pool": 0.5, "rows": [0, 60], "writers": {"numbers": [3, 17]}},
            "b": {"count": 1, "source": "mnist/train", "writers": 0.5, "same_as": "a", "sequence": {"unique": True}},
            "c": {
                "count": 1,
                "source": "mnist/train",
                "writers": [0.5, 1],
                "sequence": {"pattern": "a", "check": "damm"},
            },
        }
    },
    "all labels": {"labels": {"masks": True, "clean": True, "parameters": False, "writers": True, "ctc_steps": 40}},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_controls_show_every_form_of_a_value(form: Tree, description: Tree) -> None:
    assert unshown(description, recipe(**form)) == []


@pytest.mark.parametrize(
    ("wrong", "ways"),
    [
        pytest.param({"colour": "red"}, [("colour",)], id="an unknown key"),
        pytest.param({"align": 5}, [("align",)], id="a value of another type"),
        pytest.param({"image_width": 0}, [("image_width",)], id="a number out of bounds"),
        pytest.param({"hand": True}, [("hand",)], id="a value that no choice shows"),
        pytest.param({"spacing": {"range": [0, 1], "quantiles": {"0": 1}}}, [("spacing",)], id="two keys of one"),
        pytest.param({"sequence": {"length": 3, "a": 1}}, [("sequence", "a")], id="an unknown key in a choice"),
        pytest.param({"splits": {"a": {"count": 1, "source": "b"}}}, [("splits", "a", "source")], id="no source"),
        pytest.param({"augment": {"glyphs": [{"step": "a"}]}}, [("augment", "glyphs", 0)], id="an unknown step"),
        pytest.param(
            {"augment": {"sequence": [{"step": "rotate", "angle": 3, "p": 2, "share": "image"}]}},
            [("augment", "sequence", 0, key) for key in ("angle", "p", "share")],
            id="wrong keys of a step",
        ),
    ],
)
def test_what_no_control_shows_is_known_by_its_key(wrong: Tree, ways: list[Any], description: Tree) -> None:
    assert unshown(description, recipe(**wrong)) == ways


def test_every_key_of_every_section_has_a_control(compact: Tree, sections: Tree) -> None:
    described = {frozenset(by_key(whole({"it": each, "shared": compact["shared"]})["it"])) for each in lists(compact)}
    steps = {name for name in sections if name.endswith("Step")} | {"AugmentConfig"}
    for name, section in sections.items():
        if name not in steps:
            assert frozenset(section["properties"]) in described, name


def lists(value: Any) -> Iterator[list[Control]]:
    """Every list of the controls of a section."""
    if isinstance(value, dict):
        yield from (each for key, each in value.items() if key in ("settings", "controls"))
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists(each)


def test_every_step_has_an_entry_with_a_control_for_each_parameter(description: Tree) -> None:
    assert list(description["steps"]) == list(AUGMENTATIONS)
    for name, step in AUGMENTATIONS.items():
        entry = description["steps"][name]
        assert [each["key"] for each in entry.get("controls", [])] == list(step.parameters)
        assert tuple(entry["stages"]) == step.stages
        assert entry.get("severity", False) == step.has_severities


def test_a_step_takes_the_bounds_of_its_controls_and_nothing_beyond(description: Tree) -> None:
    for name, entry in description["steps"].items():
        section = step_section(name, entry["stages"][0])
        for each in entry.get("controls", []):
            key, low, high = each["key"], each["low"], each["high"]
            one_beyond = 1 if "whole" in each or each["kind"] == "integer" else 1e-6
            section.model_validate({"step": name, key: low})
            section.model_validate({"step": name, key: high})
            for wrong in (low - one_beyond, high + one_beyond):
                with pytest.raises(ValidationError):
                    section.model_validate({"step": name, key: wrong})


def test_a_step_with_the_default_of_a_control_is_a_step_without_the_key(description: Tree) -> None:
    always = by_key(description["always"])
    for name, entry in description["steps"].items():
        section = step_section(name, entry["stages"][0])
        for each in [*entry.get("controls", []), always["p"]]:
            given = section.model_validate({"step": name, each["key"]: each["default"]})
            assert given.setting == section.model_validate({"step": name}).setting


def test_a_configuration_with_the_default_of_a_control_is_one_without_the_key(description: Tree) -> None:
    resolved = BuildConfig.check(recipe(), Path()).resolved()
    checked = 0
    for section, controls in sections_of(description):
        for each in by_key(controls).values():
            if "default" in each:
                given = put(recipe(), (*section, each["key"]), each["default"])
                assert BuildConfig.check(given, Path()).resolved() == resolved, each["key"]
                checked += 1
    assert checked > 10


def sections_of(description: Tree) -> Iterator[tuple[tuple[str, ...], list[Control]]]:
    """The sections that every configuration has, with the ways to them."""
    settings = description["settings"]
    yield (), settings
    for each in settings:
        if each["kind"] == "group" and (each.get("required") or "default" in each):
            yield (each["key"],), each["controls"]


def put(content: Tree, way: tuple[str, ...], value: Any) -> Tree:
    """A configuration with a value put into it."""
    key, *rest = way
    return content | {key: put(content.get(key, {}), tuple(rest), value) if rest else value}


def starts(description: Tree) -> Iterator[tuple[str, Tree]]:
    """Configurations in which a control has its value to begin with, by the key of the control."""
    settings = by_key(description["settings"])
    for key in ("baseline", "hand", "labels", "output", "augment"):
        yield key, recipe(**{key: start} if (start := settings[key].get("start")) is not None else {})
    for option in [each for each in options_of(settings["hand"]) if "start" in each]:
        yield "hand", recipe(hand=option["start"])
    for key, each in by_key(settings["spacing"]["controls"]).items():
        if "start" in each:
            yield key, recipe(spacing={key: each["start"]} | ({"range": [0, 1]} if key == "touching" else {}))
    yield "ctc_steps", recipe(labels={"ctc_steps": by_key(settings["labels"]["controls"])["ctc_steps"]["start"]})
    for law in settings["sequence"]["options"]:
        if "start" in law:
            yield law["title"], recipe(sequence=law["start"])
            for each in by_key(law["controls"]).values():
                for option in options_of(each):
                    if "start" in option:
                        yield each["key"], recipe(sequence=law["start"] | {each["key"]: option["start"]})
    split = {"train": settings["splits"]["start"]}
    yield "splits", recipe(splits=split)
    for each in by_key(settings["splits"]["controls"]).values():
        for option in options_of(each):
            if "start" in option:
                yield each["key"], recipe(splits={"train": split["train"] | {each["key"]: option["start"]}})


def options_of(control: Control) -> list[Control]:
    """The options of a choice, or the control itself."""
    options: list[Control] = control.get("options", [control])
    return options


def test_values_to_begin_with_make_a_configuration(description: Tree) -> None:
    of_few_counts = ("balance", "unique")
    tried = [(key, started) for key, started in starts(description) if key not in of_few_counts]
    assert len(tried) > 50
    for key, started in tried:
        try:
            BuildConfig.check(started, Path())
        except ValidationError as error:
            raise AssertionError(f"{key}: {started}") from error
        assert unshown(description, started) == [], key


def test_what_a_page_chooses_is_about_keys_that_there_are(sections: Tree) -> None:
    for table in (SOFT, START, NAMES):
        for section, key in table:
            assert key in sections[section]["properties"]


def test_sliders_lie_within_bounds_and_show_the_default(description: Tree) -> None:
    sliders = [each for each in all_controls(description) if "step" in each and each["kind"] != "steps"]
    assert len(sliders) > 150
    for each in sliders:
        low, high = each.get("soft", [each["low"], each["high"]])
        default = each.get("default", low)
        least, most = default if isinstance(default, list) else (default, default)
        assert each["low"] <= low <= least <= most <= high <= each["high"], each
        assert 0 < each["step"] <= high - low, each


def test_a_slider_shows_the_values_of_all_severities_that_may_be_asked_for(description: Tree) -> None:
    for entry in description["steps"].values():
        for each in entry.get("controls", []):
            low, high = each.get("soft", [each["low"], each["high"]])
            for level in each.get("levels", []):
                assert low <= level <= high or not each["low"] <= level <= each["high"]


def test_a_wide_range_has_a_narrow_slider(description: Tree) -> None:
    width = by_key(description["steps"]["cutout"]["controls"])["width"]
    assert (width["low"], width["high"]) == (1, 4096)
    assert width["soft"] == [1, 30]


def test_the_slider_of_a_share_goes_from_none_to_all(description: Tree) -> None:
    assert "soft" not in by_key(description["steps"]["base_line"]["controls"])["dashed"]
    assert "soft" not in by_key(description["always"])["p"]


def test_a_control_knows_the_unit_and_the_limits_of_legible_values(description: Tree) -> None:
    settings = by_key(description["settings"])
    assert settings["image_width"]["unit"] == "px"
    assert by_key(settings["spacing"]["controls"])["range"]["unit"] == "px"
    assert "unit" not in by_key(settings["baseline"]["controls"])["jitter"]
    target = by_key(description["steps"]["stroke_width"]["controls"])["target"]
    assert (target["unit"], target["legible"]) == ("px", [1.5, 6])


def test_integers_that_no_double_holds_are_marked(description: Tree) -> None:
    numbers = [each for each in all_controls(description) if each.get("high", 0) > 2**53]
    assert {each["key"] for each in numbers} == {"seed", "range"}
    assert all("big" in each for each in numbers)


def test_a_step_that_has_a_parameter_called_share_cannot_be_shared(description: Tree) -> None:
    assert "share" in description["steps"]["rotate"]
    assert "share" not in description["steps"]["impulse_noise"]
    assert "share" not in description["steps"]["crop"]


def test_the_description_is_plain_json_and_small(compact: Tree) -> None:
    text = json.dumps(compact, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    assert json.loads(text) == compact
    assert len(text.encode()) < MOST_BYTES


def test_what_is_described_once_is_the_same_in_all_its_places() -> None:
    inner = {"kind": "text", "help": "long " * 40}
    outer = {"kind": "group", "controls": [{"key": "a", **inner}], "help": "longer " * 40}
    once = {"settings": [{"key": "b", **outer}, {"key": "c", "required": True, **outer}, {"key": "d", **inner}]}
    assert whole(share(once)) == once
    assert len(json.dumps(share(once))) < 0.6 * len(json.dumps(once))


def test_stages_are_those_of_steps(description: Tree) -> None:
    assert by_key(description["settings"])["augment"]["stages"] == list(get_args(Stage))


SMUDGE = '''
"""A package that adds a step."""
from digitgen.augment.step import Parameter, pixel_step

@pixel_step(amount=Parameter("of the smudge", "px", (1, 2), (0, 9)))
def smudge(images, scene, *, amount):
    """Smudge the ink."""
'''


def test_a_step_of_another_package_is_described_with_its_package_unless_that_does_not_work(install: Install) -> None:
    install("digitgen-smudge", "1.2", {STEPS: {"smudge": "digitgen_smudge:smudge"}}, SMUDGE)
    install("digitgen-broken", "1.0", {STEPS: {"broken": "digitgen_broken:broken"}}, "raise ValueError")
    steps = whole(describe())["steps"]
    assert list(steps) == [*AUGMENTATIONS, "smudge"]
    assert (steps["smudge"]["family"], steps["smudge"]["summary"]) == ("digitgen-smudge 1.2", "Smudge the ink.")
    assert by_key(steps["smudge"]["controls"])["amount"]["default"] == [1, 2]
