"""The configuration of augmentation: every step can be configured, and a mistake in one is reported with its place."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen.augment.limits import caution
from digitgen.augment.step import SEVERITIES, CropStep, Parameter
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.config.build_config import BuildConfig
from digitgen.config.load import load_config
from digitgen.config.schema import json_schema
from digitgen.config.steps import MAX_STEPS, step_section
from digitgen.errors import ConfigError
from digitgen.format import Stage
from tests.reference import many_examples
from tests.steps import CASES, setting

GOOD: Final = """\
name: quick
image_width: 168
splits:
  train: {count: 2000, source: mnist/train}
  test: {count: 200, source: mnist/test}
sequence: {length: [1, 5]}
spacing: {range: [0, 7]}
augment:
  glyphs: [{step: slant}]
  sequence:
    - {step: rotate}
"""
STEP: Final = "{step: rotate}"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test writes its configuration; the name is short, so that messages are."""
    monkeypatch.chdir(tmp_path)
    return Path("c.yaml")


def wrong(file: Path, text: str, *overrides: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file, overrides)
    return str(caught.value).split("\n")


def config(**augment: Any) -> BuildConfig:
    return BuildConfig.model_validate(
        {
            "name": "quick",
            "image_width": 168,
            "splits": {"train": {"count": 1, "source": "mnist/train"}},
            "sequence": {"length": 2},
            "spacing": {"range": [0, 3]},
            "augment": augment,
        }
    )


# What is right


@pytest.mark.parametrize("stage", get_args(Stage))
def test_every_step_can_be_configured_by_its_name_alone(stage: Stage, file: Path) -> None:
    cases = [case for case in CASES if case.stage == stage]
    file.write_text(GOOD.replace("[{step: slant}]", "[]").replace(f"\n    - {STEP}", " []"))
    for some in (cases[start : start + MAX_STEPS] for start in range(0, len(cases), MAX_STEPS)):
        steps = [f"{{step: {each.name}{', severity: [1, 5]' if each.severity else ''}}}" for each in some]
        loaded = load_config(file, [f"augment.{stage}=[{', '.join(steps)}]"])
        assert loaded.augmentation("train").stages[stage] == tuple(case.setting() for case in some)


def test_a_number_stands_for_a_range_of_one_value() -> None:
    step = setting("translate", p=1, x=3, y=[-1, 2])
    assert (step.p, dict(step.ranges)) == (1.0, {"x": (3.0, 3.0), "y": (-1.0, 2.0)})
    assert setting("rotate", severity=2).severity == (2, 2)


def test_a_split_may_have_an_augmentation_of_its_own() -> None:
    both = config(sequence=[{"step": "rotate"}]).model_dump()
    both["splits"]["test"] = {"count": 1, "source": "mnist/train", "same_as": "train", "augment": {}}
    loaded = BuildConfig.model_validate(both)
    assert [each.name for each in loaded.augmentation("train").sequence] == ["rotate"]
    assert not loaded.augmentation("test")
    assert (loaded.address_name("train"), loaded.address_name("test")) == ("train", "train")


@st.composite
def steps(draw: st.DrawFn, stage: str) -> dict[str, Any]:
    """A step with any of its parameters, or with severities."""
    name = draw(st.sampled_from([name for name, step in AUGMENTATIONS.items() if stage in step.stages]))
    content: dict[str, Any] = {"step": name}
    if draw(st.booleans()) and not is_crop(content):
        content["p"] = draw(st.floats(0, 1))
    severe = AUGMENTATIONS[name].has_severities and draw(st.booleans())
    if severe:
        content["severity"] = draw(numbers(st.integers(1, SEVERITIES)))
    for each, about in AUGMENTATIONS[name].parameters.items():
        if draw(st.booleans()) and not (severe and about.levels):
            content[each] = draw(values(about))
    if stage == "glyphs" and "share" not in AUGMENTATIONS[name].parameters and draw(st.booleans()):
        content |= {"share": "image"} | draw(spreads(AUGMENTATIONS[name].parameters, severe=severe))
    return content


@st.composite
def spreads(draw: st.DrawFn, parameters: Mapping[str, Parameter], *, severe: bool) -> dict[str, Any]:
    """A spread of some of the parameters that can have one; or of the only one, as a number; or none."""
    able = {name: about for name, about in parameters.items() if not about.fixed}
    names = draw(st.sets(st.sampled_from(sorted(able)))) if able else set()
    sds = {
        name: draw(st.floats(0, able[name].bounds[1] - able[name].bounds[0]))
        for name in sorted(names)
        if not (severe and able[name].levels)
    }
    if not sds:
        return {}
    return {"spread": next(iter(sds.values())) if len(able) == 1 and draw(st.booleans()) else sds}


def numbers(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return one | st.lists(one, min_size=2, max_size=2).map(sorted)


def values(about: Parameter) -> st.SearchStrategy[Any]:
    low, high = about.bounds
    one: st.SearchStrategy[Any] = st.integers(int(low), int(high)) if about.integer else st.floats(low, high)
    return one if about.fixed else numbers(one)


def is_crop(step: Mapping[str, Any]) -> bool:
    """Whether a step cuts images out, which happens to every image, once."""
    return isinstance(AUGMENTATIONS[step["step"]], CropStep)


def crops_once(sequence: list[dict[str, Any]]) -> bool:
    return sum(map(is_crop, sequence)) <= 1


@many_examples
@given(
    glyphs=st.lists(steps("glyphs"), max_size=4),
    sequence=st.lists(steps("sequence"), max_size=4).filter(crops_once),
)
def test_resolved_steps_read_back_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, glyphs: list[dict[str, Any]], sequence: list[dict[str, Any]]
) -> None:
    before = config(glyphs=glyphs, sequence=sequence)
    path = tmp_path_factory.getbasetemp() / "steps.yaml"
    path.write_text(before.to_yaml(), encoding="utf-8")
    after = load_config(path)
    assert after.augmentation("train") == before.augmentation("train")
    assert after.resolved() == before.resolved()
    assert [each["step"] for each in after.resolved()["augment"]["sequence"]] == [each["step"] for each in sequence]


def test_a_caution_begins_with_the_name_of_its_step() -> None:
    said = {str(case): caution(case.setting(), case.stage, 168) for case in CASES}
    assert {case for case, text in said.items() if text and not text.startswith(f"{case.split('-')[0]} ")} == set()
    assert any(said.values())


def test_cautions_name_the_steps_that_could_change_what_an_image_says() -> None:
    loaded = config(
        glyphs=[{"step": "rotate", "severity": [1, 3]}, {"step": "translate", "x": [0, 20]}],
        sequence=[{"step": "rotate", "severity": [1, 4]}, {"step": "rotate"}, {"step": "elastic"}],
    )
    assert list(map(str, loaded.cautions())) == [
        "augment.glyphs.1: translate can push a digit out of the image; what is lost is counted",
        "augment.sequence.0: rotate turns digits by more than 45 degrees, so that one may be read as another",
    ]


# What is wrong, and the whole of what is said

LISTED: Final = "`digitgen augmentations` lists them"
NUMBERS: Final = "must be a number or a list of two numbers, such as [0, 0.5]"
INTEGERS: Final = "must be an integer or a list of two integers, such as [1, 5]"
WRONG: Final[dict[str, tuple[str, str]]] = {
    "misspelt step": (
        "{step: rotat}",
        "11:14: augment.sequence.0.step: there is no step 'rotat'; did you mean rotate?",
    ),
    "another word": ("{step: colour}", f"11:14: augment.sequence.0.step: there is no step 'colour'; {LISTED}"),
    "number for a step": ("{step: 5}", f"11:14: augment.sequence.0.step: there is no step 5; {LISTED}"),
    "nothing for a step": ("{step: }", f"11:8: augment.sequence.0.step: there is no step None; {LISTED}"),
    "no step": ("{angle: 0.1}", "11:7: augment.sequence.0.step: is missing"),
    "a name alone": (
        "rotate",
        "11:7: augment.sequence.0: must be a section of keys and values, such as {step: rotate}; got 'rotate'",
    ),
    "misspelt parameter": (
        "{step: rotate, angel: 1}",
        "11:22: augment.sequence.0.angel: unknown key; did you mean angle?",
    ),
    "parameter of another step": (
        "{step: translate, angle: 1}",
        "11:25: augment.sequence.0.angle: unknown key; allowed: p, step, severity, x, y",
    ),
    "parameter of the name of a step": (
        "{step: slant, rotate: 1}",
        "11:21: augment.sequence.0.rotate: unknown key; allowed: p, step, slant",
    ),
    "key of its own name": (
        "{step: rotate, rotate: 1}",
        "11:22: augment.sequence.0.rotate: unknown key; allowed: p, step, severity, angle",
    ),
    "too small": (
        "{step: translate, x: -29}",
        "11:28: augment.sequence.0.x: input should be greater than or equal to -28; got -29",
    ),
    "too large": (
        "{step: translate, x: [0, 28.5]}",
        "11:32: augment.sequence.0.x.1: input should be less than or equal to 28; got 28.5",
    ),
    "without end": (
        "{step: translate, x: .inf}",
        "11:28: augment.sequence.0.x: input should be a finite number; got inf",
    ),
    "no number": (
        "{step: translate, x: .nan}",
        "11:28: augment.sequence.0.x: input should be a finite number; got nan",
    ),
    "word for a range": ("{step: rotate, angle: much}", f"11:29: augment.sequence.0.angle: {NUMBERS}; got 'much'"),
    "section for a range": ("{step: rotate, angle: {}}", f"11:29: augment.sequence.0.angle: {NUMBERS}; got {{}}"),
    "boolean for a range": ("{step: rotate, angle: true}", f"11:29: augment.sequence.0.angle: {NUMBERS}; got True"),
    "nothing for a range": ("{step: rotate, angle: }", f"11:22: augment.sequence.0.angle: {NUMBERS}; got None"),
    "three for a range": (
        "{step: rotate, angle: [0, 0.1, 0.2]}",
        f"11:29: augment.sequence.0.angle: {NUMBERS}; got [0, 0.1, 0.2]",
    ),
    "half a range": ("{step: rotate, angle: [0.1]}", f"11:29: augment.sequence.0.angle: {NUMBERS}; got [0.1]"),
    "word in a range": (
        "{step: rotate, angle: [0, much]}",
        "11:33: augment.sequence.0.angle.1: input should be a valid number; got 'much'",
    ),
    "word for integers": ("{step: quantize, bits: few}", f"11:30: augment.sequence.0.bits: {INTEGERS}; got 'few'"),
    "fraction for integers": (
        "{step: quantize, bits: 2.5}",
        "11:30: augment.sequence.0.bits: input should be a valid integer; got 2.5",
    ),
    "range for what is fixed": (
        "{step: elastic, sigma: [4, 5]}",
        "11:30: augment.sequence.0.sigma: input should be a valid number; got [4, 5]",
    ),
    "upside down": (
        "{step: rotate, angle: [0.2, 0.1]}",
        "11:29: augment.sequence.0.angle: the least, 0.2, is larger than the most, 0.1",
    ),
    "severities upside down": (
        "{step: rotate, severity: [4, 2]}",
        "11:32: augment.sequence.0.severity: the least, 4, is larger than the most, 2",
    ),
    "severity and what it decides": (
        "{step: rotate, severity: 2, angle: 0.1}",
        "11:42: augment.sequence.0.angle: severity decides it; leave one of the two out",
    ),
    "severity without published ones": (
        "{step: slant, severity: 2}",
        "11:21: augment.sequence.0.severity: unknown key; allowed: p, step, slant",
    ),
    "severity that there is not": (
        "{step: rotate, severity: 6}",
        "11:32: augment.sequence.0.severity: input should be less than or equal to 5; got 6",
    ),
    "word for a severity": (
        "{step: rotate, severity: hard}",
        f"11:32: augment.sequence.0.severity: {INTEGERS}; got 'hard'",
    ),
    "p above 1": (
        "{step: rotate, p: 1.5}",
        "11:25: augment.sequence.0.p: input should be less than or equal to 1; got 1.5",
    ),
    "p below 0": (
        "{step: rotate, p: -0.5}",
        "11:25: augment.sequence.0.p: input should be greater than or equal to 0; got -0.5",
    ),
    "word for p": (
        "{step: rotate, p: often}",
        "11:25: augment.sequence.0.p: input should be a valid number; got 'often'",
    ),
    "range for p": (
        "{step: rotate, p: [0, 1]}",
        "11:25: augment.sequence.0.p: input should be a valid number; got [0, 1]",
    ),
    "wrong stage": (
        "{step: thinning}",
        "11:7: augment.sequence.0: thinning works on augment.glyphs, not on augment.sequence",
    ),
}


def test_a_mistake_in_a_step_is_reported_in_one_line_with_its_place(file: Path) -> None:
    told = {name: wrong(file, GOOD.replace(STEP, step)) for name, (step, _) in WRONG.items()}
    assert told == {name: [f"c.yaml:{message}"] for name, (_, message) in WRONG.items()}


SAME_AS: Final = "splits.test.same_as: must name another split, one without same_as"
WRONG_AROUND: Final[dict[str, tuple[str, str, str]]] = {
    "step on glyphs": (
        "{step: slant}",
        "{step: wave}",
        "9:12: augment.glyphs.0: wave works on augment.sequence, not on augment.glyphs",
    ),
    "unknown stage": (
        "  glyphs:",
        "  glyph:",
        "9:3: augment.glyph: unknown key; did you mean glyphs?",
    ),
    "step without a list": (
        "[{step: slant}]",
        "{step: slant}",
        "9:11: augment.glyphs: must be a list of steps, such as [{step: rotate}]; got {'step': 'slant'}",
    ),
    "too many steps": (
        "[{step: slant}]",
        f"[{', '.join(['&a {step: slant}'] + ['*a'] * 32)}]",
        "9:11: augment.glyphs: must be a list of at most 32 steps; "
        "got [{'step': 'slant'}, {'step': 'slant'}, {'step': 'slant'}, {'step': 'slant'}, {'step': 'slant'}, "
        "{'step': 'slant'}, ...]",
    ),
    "too wide for warps": (
        "168",
        "2049",
        "11:7: augment.sequence.0: rotate needs an image_width of at most 2048 px; got 2049",
    ),
    "same as no split": (
        "source: mnist/test",
        "source: mnist/test, same_as: trian",
        f"5:51: {SAME_AS}; got 'trian'",
    ),
    "same as itself": (
        "source: mnist/test",
        "source: mnist/test, same_as: test",
        f"5:51: {SAME_AS}; got 'test'",
    ),
    "same as one that is the same as another": (
        "{count: 200, source: mnist/test}",
        "{count: 2, source: mnist/train, same_as: val}\n  val: {count: 2, source: mnist/train, same_as: train}",
        f"5:50: {SAME_AS}; got 'val'",
    ),
    "same as a split of other glyphs": (
        "source: mnist/test",
        "source: mnist/test, same_as: train",
        "5:51: splits.test.same_as: train has another source, so its glyphs cannot be the same",
    ),
    "step of a split": (
        "source: mnist/test",
        "source: mnist/test, augment: {sequence: [{step: rotat}]}",
        "5:70: splits.test.augment.sequence.0.step: there is no step 'rotat'; did you mean rotate?",
    ),
    "parameter of a step of a split": (
        "  test: {count: 200, source: mnist/test",
        "  augment: {count: 200, source: mnist/test, augment: {sequence: [{step: rotate, angl: 1}]}",
        "5:81: splits.augment.augment.sequence.0.angl: unknown key; did you mean angle?",
    ),
    "stage of a step of a split": (
        "source: mnist/test",
        "source: mnist/test, augment: {sequence: [{step: thinning}]}",
        "5:63: splits.test.augment.sequence.0: thinning works on augment.glyphs, not on augment.sequence",
    ),
    "key of a split with the name of a section": (
        "  test: {count: 200,",
        "  source: {cuont: 5, count: 200,",
        "5:12: splits.source.cuont: unknown key; did you mean count?",
    ),
}


SHARED: Final[dict[str, tuple[str, str]]] = {
    "neither digit nor image": (
        "{step: slant, share: string}",
        "9:33: augment.glyphs.0.share: must be one of digit, image; got 'string'",
    ),
    "spread around what is not shared": (
        "{step: slant, spread: 0.1}",
        "9:34: augment.glyphs.0.spread: is around what the digits of an image share; add share: image",
    ),
    "spreads that are no numbers": (
        "{step: size, share: image, spread: wide}",
        "9:47: augment.glyphs.0.spread: must be a section of numbers, such as {height: 1.6, width: 0.15}; got 'wide'",
    ),
    "spread around each digit's own": (
        "{step: slant, share: digit, spread: 0.1}",
        "9:48: augment.glyphs.0.spread: is around what the digits of an image share; add share: image",
    ),
    "negative spread": (
        "{step: slant, share: image, spread: -0.1}",
        "9:48: augment.glyphs.0.spread.slant: input should be greater than or equal to 0; got -0.1",
    ),
    "spread wider than the bounds": (
        "{step: slant, share: image, spread: {slant: 3}}",
        "9:56: augment.glyphs.0.spread.slant: input should be less than or equal to 2; got 3",
    ),
    "range for a spread": (
        "{step: slant, share: image, spread: [0, 0.1]}",
        "9:48: augment.glyphs.0.spread: must be a number or a section of numbers, such as {slant: 0.2}; got [0, 0.1]",
    ),
    "boolean for a spread": (
        "{step: slant, share: image, spread: true}",
        "9:48: augment.glyphs.0.spread: must be a number or a section of numbers, such as {slant: 0.2}; got True",
    ),
    "spread without end": (
        "{step: slant, share: image, spread: .inf}",
        "9:48: augment.glyphs.0.spread.slant: input should be a finite number; got inf",
    ),
    "a number for two parameters": (
        "{step: scale, share: image, spread: 0.1}",
        "9:48: augment.glyphs.0.spread: must say for which parameters, such as {x: 0.1, y: 0.1}; got 0.1",
    ),
    "spread of no parameter": (
        "{step: scale, share: image, spread: {z: 0.1}}",
        "9:49: augment.glyphs.0.spread.z: unknown key; allowed: x, y",
    ),
    "spread of what is fixed": (
        "{step: elastic, share: image, spread: {sigma: 1}}",
        "9:51: augment.glyphs.0.spread.sigma: is one number for all images, so it has no spread",
    ),
    "spread of what severity decides": (
        "{step: rotate, severity: 2, share: image, spread: 0.1}",
        "9:62: augment.glyphs.0.spread.angle: severity decides it, without a spread; leave one of the two out",
    ),
    "spread of a step without parameters": (
        "{step: stripe, share: image, spread: 0.1}",
        "9:41: augment.glyphs.0.spread: stripe has no parameter that could have one",
    ),
    "share that is a parameter": (
        "{step: pixelate, share: image}",
        "9:36: augment.glyphs.0.share: is a parameter of pixelate and takes numbers, "
        "so digits cannot share what it samples; got 'image'",
    ),
    "spread where share is a parameter": (
        "{step: pixelate, spread: 0.1}",
        "9:29: augment.glyphs.0.spread: digits cannot share what pixelate samples: share is a parameter of it",
    ),
}


def test_a_mistake_in_what_digits_share_is_reported_in_one_line_with_its_place(file: Path) -> None:
    told = {name: wrong(file, GOOD.replace("{step: slant}", step)) for name, (step, _) in SHARED.items()}
    assert told == {name: [f"c.yaml:{message}"] for name, (_, message) in SHARED.items()}


def test_images_cannot_share_what_a_step_on_the_sequence_samples(file: Path) -> None:
    for key, column in (("share: image", 22), ("spread: 0.1", 22)):
        (line,) = wrong(file, GOOD.replace(STEP, f"{{step: rotate, {key}}}"))
        name = key.partition(":")[0]
        where = f"c.yaml:11:{column}: augment.sequence.0.{name}"
        assert line == f"{where}: is for steps on augment.glyphs, which digits may share"


def test_a_spread_is_kept_by_parameter(file: Path) -> None:
    file.write_text(GOOD.replace("{step: slant}", "{step: slant, share: image, spread: 0.16}"))
    loaded = load_config(file)
    assert loaded.resolved()["augment"]["glyphs"] == [
        {"step": "slant", "p": 1.0, "share": "image", "slant": [-0.3, 0.3], "spread": {"slant": 0.16}}
    ]
    (step,) = loaded.augmentation("train").glyphs
    assert (step.share, step.spread) == ("image", (("slant", 0.16),))


def test_steps_on_glyphs_are_not_shared_unless_asked(file: Path) -> None:
    file.write_text(GOOD)
    (step,) = load_config(file).augmentation("train").glyphs
    assert (step.share, step.spread) == ("digit", ())


def test_a_mistake_around_steps_is_reported_in_one_line_with_its_place(file: Path) -> None:
    for name, (old, new, message) in WRONG_AROUND.items():
        assert GOOD.count(old) == 1
        assert wrong(file, GOOD.replace(old, new)) == [f"c.yaml:{message}"], name


def test_where_steps_move_ink_it_is_known_without_the_glyphs_what_fits(file: Path) -> None:
    text = GOOD.replace("[0, 7]", "[0, 7], unit: ink").replace("168", "139")
    (line,) = wrong(file, text)
    assert line == "c.yaml:2:14: 5 digits need at least 140 px (each 28, smallest gap 0); image_width is 139"
    file.write_text(text.replace("slant", "gaussian_noise"))  # which leaves ink where it is
    load_config(file)
    file.write_text(text.replace("139", "140"))
    load_config(file)


def test_a_split_can_have_the_gaps_of_another_whose_ink_moves_only_where_all_gaps_fit(file: Path) -> None:
    text = GOOD.replace("[0, 7]", "[0, 7], unit: ink").replace(
        "source: mnist/test", "source: mnist/train, same_as: train, augment: {}"
    )
    assert wrong(file, text.replace("168", "167")) == [
        "c.yaml:5:52: splits.test.same_as: train has other steps on glyphs, whose ink may be wider, so that fewer gaps "
        "fit; for the same gaps in both, image_width must be at least 168; got 167"
    ]
    file.write_text(text)
    load_config(file)


def test_all_mistakes_in_all_steps_are_reported_at_once(file: Path) -> None:
    text = GOOD.replace(STEP, "{step: rotate, p: 2, angle: a}\n    - {step: shear, angles: 1}")
    assert wrong(file, text) == [
        "c.yaml:11:25: augment.sequence.0.p: input should be less than or equal to 1; got 2",
        f"c.yaml:11:35: augment.sequence.0.angle: {NUMBERS}; got 'a'",
        "c.yaml:12:21: augment.sequence.1.angles: unknown key; did you mean angle?",
    ]


# Overrides


def test_an_override_changes_a_parameter_or_a_step_or_all_steps(file: Path) -> None:
    file.write_text(GOOD)
    for overrides, expected in (
        (["augment.sequence.0.p=0.5"], [("rotate", 0.5)]),
        (["augment.sequence.0={step: shear}"], [("shear", 1.0)]),
        (["augment.sequence=[]"], []),
        (
            ["augment.sequence=[{step: fog}, {step: wave}]", "augment.sequence.1.p=0.25"],
            [("fog", 1.0), ("wave", 0.25)],
        ),
    ):
        loaded = load_config(file, overrides).augmentation("train").sequence
        assert [(each.name, each.p) for each in loaded] == expected


def test_a_wrong_override_of_a_step_is_reported_by_its_key(file: Path) -> None:
    for override, message in (
        ("augment.sequence.0.p=2", "augment.sequence.0.p: input should be less than or equal to 1; got 2"),
        ("augment.sequence.0.step=rotat", "augment.sequence.0.step: there is no step 'rotat'; did you mean rotate?"),
        ("augment.sequence.0.angle.1=5", f"augment.sequence.0.angle: {NUMBERS}; got {{'1': 5}}"),
        ("augment.sequence.1.p=1", "augment.sequence.1.p: there is no item '1'; the list has items 0 to 0"),
        ("augment.sequence.-1.p=1", "augment.sequence.-1.p: there is no item '-1'; the list has items 0 to 0"),
        ("augment.sequence.00.p=1", "augment.sequence.00.p: there is no item '00'; the list has items 0 to 0"),
        (
            "augment.sequence.rotate.p=1",
            "augment.sequence.rotate.p: there is no item 'rotate'; the list has items 0 to 0",
        ),
    ):
        assert wrong(file, GOOD, override) == [f"{override}: {message}"]


# The schema


def test_the_schema_describes_every_step_with_units_and_bounds() -> None:
    definitions = json.loads(json_schema())["$defs"]
    for name, step in AUGMENTATIONS.items():
        section = definitions[step_section(name, "sequence").__name__]
        assert section["description"] == step.description
        severity = {"severity"} if step.has_severities else set()
        assert section["properties"].keys() == {"step", "p", *step.parameters} | severity
        assert section["properties"]["step"]["const"] == name
        for parameter, about in step.parameters.items():
            assert_describes(section["properties"][parameter], about)


def assert_describes(said: dict[str, Any], about: Parameter) -> None:
    """A parameter's schema has its unit, its bounds and its type."""
    assert said["description"].endswith(f"{about.unit}.")
    assert not said["description"].endswith((", .", ",."))
    if about.fixed:
        assert (said["minimum"], said["maximum"]) == about.bounds
    else:
        one, two = said["oneOf"]
        assert (one["minimum"], one["maximum"]) == about.bounds
        assert one["type"] == ("integer" if about.integer else "number")
        assert two["items"] == one


def test_the_schema_allows_every_step_and_no_other() -> None:
    definitions = json.loads(json_schema())["$defs"]
    for stage in ("glyphs", "sequence"):
        items = definitions["AugmentConfig"]["properties"][stage]["items"]
        mapping = {each["if"]["properties"]["step"]["const"]: each["then"]["$ref"] for each in items["allOf"]}
        assert mapping.keys() == AUGMENTATIONS.keys()


def test_every_description_of_a_step_is_a_sentence() -> None:
    assert [name for name, step in AUGMENTATIONS.items() if not step.description.endswith(".")] == []
