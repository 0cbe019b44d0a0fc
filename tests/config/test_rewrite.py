"""A YAML text that is changed says what was asked for, and keeps all else."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitgen.config.rewrite import Rewriter
from digitgen.config.shipped import shipped
from digitgen.config.yamltree import read_yaml

TEXT = """\
# What this is.
name: small     # of the folder
seed: 1

splits:
  # The ones to learn from.
  train: {count: 20, source: mnist/train}  # many
  # Those to judge by.
  test: {count: 10, source: mnist/test}    # few
augment:
  sequence:
    # First the line,
    - {step: rotate, angle: [-0.1, 0.1]}  # not level
    # then the pen,
    - {step: gamma, p: 0.5}               # heavy

    # and the camera.
    - step: blur   # out of focus
      sigma: [0, 1]
align: left
# The end.
"""
TREE = read_yaml(TEXT, "text").value


def changed(text: str = TEXT, **keys: Any) -> str:
    """The text with other values of its first keys, which says so."""
    value = read_yaml(text, "text").value | keys
    said = Rewriter(text).saying(value)
    assert said is not None
    assert read_yaml(said, "changed").value == value
    return said


def with_steps(*steps: dict[str, Any]) -> str:
    return changed(augment={"sequence": list(steps)})


ROTATE, GAMMA, BLUR = TREE["augment"]["sequence"]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_text_that_says_so_already_stays_as_it_is(name: str) -> None:
    text = shipped()[name].read_text(encoding="utf-8")
    assert Rewriter(text).saying(read_yaml(text, name).value) == text


def test_only_the_value_changes_and_comments_stay_in_their_column() -> None:
    assert changed(name="smaller", seed=20) == TEXT.replace("small     #", "smaller   #").replace("seed: 1", "seed: 20")
    assert changed(name="a-name-too-long") == TEXT.replace("small     #", "a-name-too-long #")


def test_a_number_that_is_equal_stays_as_it_was_written() -> None:
    assert changed("p: 1.0\nrms: 1e-3\nname: 'a'\n", p=1, rms=0.001) == "p: 1.0\nrms: 1e-3\nname: 'a'\n"
    assert changed("p: 1\n", p=True) == "p: true\n"


def test_a_step_moves_with_its_comments() -> None:
    assert with_steps(BLUR, ROTATE, GAMMA) == TEXT.replace(
        TEXT[TEXT.index("    # First") : TEXT.index("align")],
        """\
    # First the line,
    # and the camera.
    - step: blur   # out of focus
      sigma: [0, 1]
    - {step: rotate, angle: [-0.1, 0.1]}  # not level
    # then the pen,
    - {step: gamma, p: 0.5}               # heavy
""",
    )


def test_a_step_goes_with_its_comments() -> None:
    assert with_steps(ROTATE, BLUR) == TEXT.replace(
        "    # then the pen,\n    - {step: gamma, p: 0.5}               # heavy\n", ""
    )
    assert "# heavy" not in with_steps(ROTATE)
    assert "# The end." in with_steps(ROTATE)


def test_a_new_step_stands_among_the_others_in_a_line() -> None:
    said = with_steps(ROTATE, {"step": "noise", "std": [0, 0.1]}, GAMMA | {"p": 1}, BLUR)
    assert said == TEXT.replace(
        "    # then the pen,", "    - {step: noise, std: [0, 0.1]}\n    # then the pen,"
    ).replace("p: 0.5}               #", "p: 1}                 #")


def test_a_step_that_is_there_twice_is_changed_in_its_place() -> None:
    said = changed("a:\n- {step: x, p: 1}  # one\n- {step: x, p: 2}  # two\n", a=[{"step": "x", "p": 1}] * 2)
    assert said == "a:\n- {step: x, p: 1}  # one\n- {step: x, p: 1}  # two\n"


def test_a_split_comes_and_goes() -> None:
    splits = {"train": TREE["splits"]["train"] | {"pool": [0, 0.5]}, "new": {"count": 5, "source": "mnist/test"}}
    assert changed(splits=splits) == TEXT.replace("mnist/train}  #", "mnist/train, pool: [0, 0.5]} #").replace(
        TEXT[TEXT.index("  # Those") : TEXT.index("augment")], "  new: {count: 5, source: mnist/test}\n"
    )


def test_keys_are_added_at_the_end_of_their_section() -> None:
    assert changed(hand="one") == TEXT.replace("align: left\n", "align: left\nhand: one\n")


def test_a_key_goes_with_the_comments_above_it() -> None:
    value = deepcopy(TREE)
    del value["align"], value["splits"]["train"]
    said = Rewriter(TEXT).saying(value)
    assert said == TEXT.replace("align: left\n", "").replace(
        "  train: {count: 20, source: mnist/train}  # many\n", ""
    ).replace("  # The ones to learn from.\n", "  # The ones to learn from.\n")


def test_what_does_not_fit_in_a_line_is_written_in_several() -> None:
    step = {"step": "rotate", "angle": [-0.125, 0.125], "p": 0.25}
    other = {"step": "rotate", "angle": [-0.125, 0.125], "p": 0.5}
    assert changed("augment: {sequence: []}  # none\n", augment={"sequence": [step, other]}) == (
        "augment:  # none\n  sequence:\n"
        "    - {step: rotate, angle: [-0.125, 0.125], p: 0.25}\n"
        "    - {step: rotate, angle: [-0.125, 0.125], p: 0.5}\n"
    )
    assert changed("augment:\nname: a\n", augment={"glyphs": [step]}) == (
        "augment: {glyphs: [{step: rotate, angle: [-0.125, 0.125], p: 0.25}]}\nname: a\n"
    )


def test_lines_end_as_they_did() -> None:
    assert changed("seed: 1  # one\r\nname: a\r\n", seed=2, align="left") == (
        "seed: 2  # one\r\nname: a\r\nalign: left\r\n"
    )
    assert changed("seed: 1\nname: a", seed=2) == "seed: 2\nname: a\n"


def test_texts_that_share_values_or_have_no_plain_sections_are_not_changed() -> None:
    for text in ("a: &x 1\nb: *x\n", "a: {x: 1}\nb: {<<: {y: 2}}\n", "? a\n: 1\n", "[1, 2]\n", "# none\n", ""):
        assert Rewriter(text).saying({"a": 1}) is None


KEYS = st.sampled_from(["a", "b", "step", "12", "a b", "#", "-", "?x", "null", "a: b", ""])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.sampled_from(
        ["", "x", "no", "0.5", "# not", "a: b", "- a", "'", '"', "a\nb", "x #y", "[", "{a}", "?", "é\u2028"]
    ),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
TREES = st.dictionaries(KEYS, VALUES, min_size=1, max_size=5)
ODD = [
    TEXT,
    "a: {\n  b: 1,  # one\n  step: [x,   # ex\n    2]}  # all\n",
    '"12":\n\n  - 1 # first\n\n  -   # odd\n    - 2\n  - |\n   text\n   more\n',
    "a:   # nothing\nb: # a section\n # far\n a: '1'\n step: >-\n   folded\n   text\n\n # behind\n",
    "a: 1 # what?\nb:\n- x\n-\n  - y\n- {}\n- []\n",
    "{a: 1, b, step: {}}\n",
    'a: {"b":1, "step":[2]}\nb: plain\n  text\n',
]


@settings(max_examples=40, derandomize=True, deadline=None)
@given(text=st.sampled_from(ODD), new=TREES)
def test_whatever_it_said_it_says_what_is_asked_for(text: str, new: dict[str, Any]) -> None:
    said = Rewriter(text).saying(new)
    assert said is not None
    assert read_yaml(said, "said").value == new


@st.composite
def edited(draw: st.DrawFn, value: Any) -> Any:
    """A value much like another one."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        kept = {key: draw(edited(each)) for key, each in value.items() if draw(st.integers(0, 5))}
        return kept | (draw(st.dictionaries(KEYS, VALUES, max_size=1)))
    if isinstance(value, list) and value and draw(st.booleans()):
        kept_items = [draw(edited(each)) for each in draw(st.permutations(value)) if draw(st.integers(0, 3))]
        return kept_items + draw(st.lists(VALUES, max_size=1))
    return value if draw(st.integers(0, 2)) else draw(VALUES)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(data=st.data(), text=st.sampled_from([*ODD, Path(shipped()["augmented"]).read_text(encoding="utf-8")]))
def test_small_changes_say_what_is_asked_for(data: st.DataObject, text: str) -> None:
    rewriter = Rewriter(text)
    value = read_yaml(text, "text").value
    new = data.draw(edited(value))
    if isinstance(new, dict) and new:
        said = rewriter.saying(new)
        assert said is not None
        assert read_yaml(said, "said").value == new
