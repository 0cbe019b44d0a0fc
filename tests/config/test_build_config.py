"""Configurations: what is right is taken as it is written, what is wrong is reported with its line and column."""

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from digitgen.augment.steps import AUGMENTATIONS
from digitgen.compose.baseline import Baseline
from digitgen.compose.content import LAWS, Condition
from digitgen.compose.spacing import Spacing
from digitgen.config import build_config, sequence, splits
from digitgen.config.build_config import BuildConfig
from digitgen.config.load import load_config
from digitgen.config.schema import json_schema
from digitgen.config.section import Section
from digitgen.config.steps import step_section
from digitgen.errors import ConfigError
from digitgen.format import Stage
from digitgen.glyphs.mnist import MNIST
from tests.errors import naming

GOOD = """\
name: quick
seed: 2026
image_width: 168
splits:
  train: {count: 2000, source: mnist/train}
  test: {count: 200, source: mnist/test}
sequence: {length: [1, 5]}
spacing: {range: [0, 7]}
align: center
output: {shard_size: 8192, compression: none}
"""
SHIPPED = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test writes its configuration; the name is short, so that messages are."""
    monkeypatch.chdir(tmp_path)
    return Path("c.yaml")


def wrong(file: Path, text: str | bytes, *overrides: str) -> list[str]:
    """The lines of the error that a configuration makes."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(file, overrides)
    return str(caught.value).split("\n")


def changed(old: str, new: str) -> str:
    """The good configuration with a change."""
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


# What is right


def test_a_baseline_without_room_for_all_digits_is_told_of(file: Path) -> None:
    for line, needed in (
        ("{slope: [-0.05, 0.1]}", 28 + 17 + 1),  # 5 cells and 4 gaps of 7 px
        ("{jitter: 0.1, curve: -0.1}", 28 + 40 + 1),  # four standard deviations up and as many down
    ):
        file.write_text(GOOD + f"baseline: {line}\n")
        (told,) = load_config(file).cautions()
        assert told.key == ("baseline",)
        assert str(told) == (
            f"baseline: up to 5 digits on their line can take {needed} px, and images are 28 px high; "
            "digits that would stick out are pushed back inside"
        )
    file.write_text(GOOD + "augment: {sequence: [{step: crop}]}\nbaseline: {slope: 0.1, jitter: 0.1}\n")
    assert not any("baseline" in caution.key for caution in load_config(file).cautions())
    file.write_text(GOOD + "baseline: {}\n")
    config = load_config(file)
    assert config.cautions() == []
    assert config.layout.baseline == Baseline()
    assert load_config(config.resolved()) == config


def test_quantiles_are_read_again_as_they_were_written(file: Path) -> None:
    law = "quantiles: {0.0: -8, .050: -5.5, 0.5: 2, 1: 12}, touching: 0.3"
    file.write_text(GOOD.replace("range: [0, 7]", law))
    config = load_config(file)
    assert config.resolved()["spacing"]["quantiles"] == {"0": -8, "0.05": -5.5, "0.5": 2, "1": 12}
    for again in (config.to_yaml(), json.dumps(config.resolved())):
        file.write_text(again)
        assert load_config(file) == config
    assert load_config(config.resolved()) == config
    assert config.layout.spacing == Spacing(quantiles={0: -8, 0.05: -5.5, 0.5: 2, 1: 12}, touching=0.3)


def test_what_is_left_out_has_its_default(file: Path) -> None:
    file.write_text("""
name: least
image_width: 100
splits: {only: {count: 1, source: mnist/test}}
sequence: {length: 2}
spacing: {range: [-3, 5]}
""")
    assert load_config(file).resolved() == {
        "name": "least",
        "seed": 0,
        "image_width": 100,
        "image_height": 28,
        "alphabet": "0123456789",
        "splits": {"only": {"count": 1, "source": "mnist/test"}},
        "allow_shared_glyphs": False,
        "sequence": {"length": [2, 2]},
        "spacing": {"range": [-3, 5], "fit": "conditional", "unit": "cell", "overlap": "max"},
        "align": "center",
        "vertical_align": "center",
        "hand": "mixed",
        "augment": {"glyphs": [], "sequence": []},
        "labels": {"masks": False, "clean": False, "parameters": True, "writers": False},
        "output": {"shard_size": 8192, "compression": "none"},
    }


def test_every_shipped_configuration_loads() -> None:
    assert SHIPPED
    assert [load_config(path).name for path in SHIPPED] == [path.stem for path in SHIPPED]


def test_a_configuration_knows_the_folder_of_its_relative_paths(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(changed("mnist/train", "{images: my-images, labels: ../my-labels}"))
    config = load_config(str(tmp_path / "c.yaml"))
    assert config.folder == tmp_path
    assert config.model_dump()["splits"]["train"]["source"] == {
        "images": "my-images",
        "labels": "../my-labels",
        "characters": None,
        "transpose": False,
        "invert": False,
        "skip_blank": False,
        "writers": None,
    }


def test_values_are_read_as_yaml_1_2(file: Path) -> None:
    cases: dict[str, tuple[str, str, object]] = {
        "010 is ten": ("seed: 2026", "seed: 010", 10),
        "0o10 is eight": ("seed: 2026", "seed: 0o10", 8),
        "hexadecimal": ("seed: 2026", "seed: 0x10", 16),
        "63 bits": ("seed: 2026", "seed: 9223372036854775807", 2**63 - 1),
        "no is a word": ("name: quick", "name: no", "no"),
        "on is a word": ("name: quick", "name: on", "on"),
        "quoted digits are a word": ("name: quick", "name: '010'", "010"),
        "punctuation": ("name: quick", "name: v1.0-a_b", "v1.0-a_b"),
    }
    for name, (old, new, value) in cases.items():
        with naming(name):
            file.write_text(changed(old, new))
            assert load_config(file).model_dump()[old.split(":")[0]] == value


def test_files_from_any_editor_are_read(file: Path) -> None:
    for text in (GOOD, GOOD.replace("\n", "\r\n")):
        for encoding in ("utf-8", "utf-8-sig"):
            file.write_bytes(text.encode(encoding))
            assert load_config(file).image_width == 168


NUMERIC = ["no", "null", "true", "010", "1e3", "1_000", "0x1F", "2026-01-01", "12", "0o7"]
SPLIT_NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z") | st.sampled_from(NUMERIC)
NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z") | st.sampled_from([*NUMERIC, "1.5", "1."])
PATHS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1) | st.sampled_from(["?a", ":a"])
SOURCES = st.sampled_from(MNIST.part_names) | st.fixed_dictionaries({"images": PATHS, "labels": PATHS})
SPLITS = st.fixed_dictionaries({"count": st.integers(1, 10**9), "source": SOURCES})
CONFIGS = st.builds(
    lambda shortest, more, low, width, **rest: {
        **rest,
        "sequence": {"length": [shortest, shortest + more]},
        "spacing": {"range": [low, low + width]},
    },
    name=NAMES,
    seed=st.integers(0, 2**63 - 1),
    image_width=st.just(32_767),
    splits=st.dictionaries(SPLIT_NAMES, SPLITS, min_size=1, max_size=3),
    image_height=st.integers(28, 256),
    align=st.sampled_from(["center", "left", "right", "random"]),
    vertical_align=st.sampled_from(["center", "top", "bottom", "random"]),
    output=st.fixed_dictionaries({"compression": st.sampled_from(["none", "deflate"])}),
    shortest=st.integers(1, 5),
    more=st.integers(0, 5),
    low=st.integers(-27, 100),
    width=st.integers(0, 10),
)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(tree=CONFIGS)
def test_a_resolved_configuration_reads_back_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Any]
) -> None:
    config = BuildConfig.model_validate(tree)
    path = tmp_path_factory.getbasetemp() / "resolved.yaml"
    path.write_text(config.to_yaml(), encoding="utf-8")
    assert load_config(path).model_dump() == config.model_dump()


# What is wrong, and the whole of what is said

NAME = "must be at most 64 letters, digits, '-', '_' and '.', starting with a letter or digit"
SPLIT = "must be at most 64 letters, digits, '-' and '_', starting with a letter or digit"
QUANTILES = "a map from probabilities to px, such as {0: -5, 0.5: 2, 1: 12}"
TOP = (
    "name, seed, image_width, image_height, alphabet, splits, allow_shared_glyphs, sequence, spacing, align, "
    "vertical_align, baseline, hand, augment, labels, output"
)
WRONG: dict[str, tuple[str, str, str]] = {
    # unknown keys
    "unknown key": ("seed: 2026", "sead: 2026", "2:1: sead: unknown key; did you mean seed?"),
    "nothing like it": ("seed: 2026", "colour: red", f"2:1: colour: unknown key; allowed: {TOP}"),
    "unknown key in a section": ("0, 7]", "0, 7], fitt: strict", "8:26: spacing.fitt: unknown key; did you mean fit?"),
    "unknown key of the files": (
        "shard_size",
        "shardsize",
        "10:10: output.shardsize: unknown key; did you mean shard_size?",
    ),
    "unknown key in a split": (
        "source: mnist/train",
        "source: mnist/train, cuont: 5",
        "5:45: splits.train.cuont: unknown key; did you mean count?",
    ),
    "unknown key in a source": (
        "mnist/train",
        "{images: a, labels: b, lables: c}",
        "5:55: splits.train.source.lables: unknown key; did you mean labels?",
    ),
    "a key of another section": (
        "align: center",
        "length: 5",
        f"9:1: length: unknown key; allowed: {TOP}",
    ),
    "a number for a key": (
        "seed: 2026",
        "5.5: 2026",
        f"2:1: 5.5: unknown key; allowed: {TOP}",
    ),
    # missing
    "no name": ("name: quick\n", "", "1:1: name: is missing"),
    "no width": ("image_width: 168\n", "", "1:1: image_width: is missing"),
    "no count": ("count: 2000, ", "", "5:10: splits.train.count: is missing"),
    "no range": ("range: [0, 7]", "", "8:10: spacing.range: is missing; give a range of gaps, or their quantiles"),
    "half a source": ("mnist/train", "{images: a}", "5:32: splits.train.source.labels: is missing"),
    "half a range": ("[0, 7]", "[0]", "8:18: spacing.range: must be a list of two integers, such as [0, 5]; got [0]"),
    # laws of the gaps
    "two laws of the gaps": (
        "range: [0, 7]",
        "range: [0, 7], quantiles: {0: 0, 1: 2}",
        "8:37: spacing.quantiles: excludes range; leave one of the two out",
    ),
    "no quantiles": ("range: [0, 7]", "quantiles: [0, 7]", f"8:22: spacing.quantiles: must be {QUANTILES}; got [0, 7]"),
    "no largest gap": (
        "range: [0, 7]",
        "quantiles: {0: 1}",
        "8:22: spacing.quantiles: must have the largest gap, at 1",
    ),
    "no smallest gap": (
        "range: [0, 7]",
        "quantiles: {1: 1}",
        "8:22: spacing.quantiles: must have the smallest gap, at 0",
    ),
    "no probability": (
        "range: [0, 7]",
        "quantiles: {0: 1, 2: 5}",
        f"8:32: spacing.quantiles.2: must be {QUANTILES}; '2' is no probability",
    ),
    "no gap": (
        "range: [0, 7]",
        "quantiles: {0: 1, 1: '5'}",
        "8:32: spacing.quantiles.1: must be a gap, a number of px from -27 to 32767; got '5'",
    ),
    "a probability that comes twice": (
        "range: [0, 7]",
        "quantiles: {0: 1, 0.5: 3, .50: 4, 1: 5}",
        "8:42: spacing.quantiles..50: comes twice",
    ),
    "quantiles that decrease": (
        "range: [0, 7]",
        "quantiles: {0: 1, 0.5: 3, 1: 2.5}",
        "8:22: spacing.quantiles: must not decrease; got 3 px at 0.5 and 2.5 px at 1",
    ),
    "quantiles below any gap": (
        "range: [0, 7]",
        "quantiles: {0: -30, 1: 3}",
        "8:26: spacing.quantiles.0: must be a gap, a number of px from -27 to 32767; got -30",
    ),
    "a share above 1": (
        "range: [0, 7]",
        "range: [0, 7], touching: 1.5",
        "8:36: spacing.touching: input should be less than or equal to 1; got 1.5",
    ),
    "nothing to touch": (
        "range: [0, 7]",
        "range: [1, 7], touching: 0.5",
        "8:36: spacing.touching: needs gaps of 0 px or less, of which the law has none; got 0.5",
    ),
    "nothing else": (
        "range: [0, 7]",
        "range: [-7, 0], touching: 0.5",
        "8:37: spacing.touching: needs gaps above 0 px, of which the law has none; got 0.5",
    ),
    # the line that digits stand on
    "a baseline that is none": (
        "align: center",
        "baseline: 0.1",
        "9:11: baseline: must be a section of keys and values; got 0.1",
    ),
    "jitter of more than a digit": (
        "align: center",
        "baseline: {jitter: 1.5}",
        "9:20: baseline.jitter: input should be less than or equal to 1; got 1.5",
    ),
    "a slope the wrong way round": (
        "align: center",
        "baseline: {slope: [0.1, -0.1]}",
        "9:19: baseline.slope: the least, 0.1, is larger than the most, -0.1",
    ),
    "a curve that is no number": (
        "align: center",
        "baseline: {curve: [0, x]}",
        "9:23: baseline.curve.1: input should be a valid number; got 'x'",
    ),
    # wrong types
    "no": ("2026", "no", "2:7: seed: input should be a valid integer; got 'no'"),
    "1e-3": ("2026", "1e-3", "2:7: seed: input should be a valid integer; got 0.001"),
    "1e3": ("2026", "1e3", "2:7: seed: input should be a valid integer; got 1000.0"),
    "quoted number": ("2026", "'2026'", "2:7: seed: input should be a valid integer; got '2026'"),
    "boolean": ("2026", "true", "2:7: seed: input should be a valid integer; got True"),
    "whole float": ("168", "168.0", "3:14: image_width: input should be a valid integer; got 168.0"),
    "null": ("2026", "null", "2:7: seed: input should be a valid integer; got None"),
    "list": ("2026", "[2026]", "2:7: seed: input should be a valid integer; got [2026]"),
    "digits for a name": ("quick", "2026", "1:7: name: input should be a valid string; got 2026; put it in quotes"),
    "boolean in a range": ("[0, 7]", "[true, 7]", "8:19: spacing.range.0: input should be a valid integer; got True"),
    "quoted in a range": ("[1, 5]", "[1, '5']", "7:24: sequence.length.1: input should be a valid integer; got '5'"),
    "word for a section": (
        "{range: [0, 7]}",
        "wide",
        "8:10: spacing: must be a section of keys and values; got 'wide'",
    ),
    "list for a section": (
        "{range: [0, 7]}",
        "[0, 7]",
        "8:10: spacing: must be a section of keys and values; got [0, 7]",
    ),
    "number for a split": (
        "{count: 2000, source: mnist/train}",
        "2000",
        "5:10: splits.train: must be a section of keys and values; got 2000",
    ),
    "number for a path": (
        "mnist/train",
        "{images: 1, labels: b}",
        "5:41: splits.train.source.images: input should be a valid string; got 1; put it in quotes",
    ),
    # alphabets
    "number for an alphabet": (
        "2026",
        "2026\nalphabet: 0123456789",
        '3:11: alphabet: must be text in quotes, such as "0123456789ABCDEF"; got 123456789',
    ),
    "a character twice": (
        "2026",
        "2026\nalphabet: ABBA",
        "3:11: alphabet: has 'A' 2 times; each character stands for one class",
    ),
    "no characters": ("2026", "2026\nalphabet: ''", "3:11: alphabet: must have from 1 to 256 characters; got 0"),
    "a line break": ("2026", '2026\nalphabet: "01\\n"', r"3:11: alphabet: has '\n', which cannot be printed"),
    "characters of a source": (
        "mnist/train",
        "{images: a, labels: b, characters: [A]}",
        "5:67: splits.train.source.characters: must be text in quotes, such as \"0123456789ABCDEF\"; got ['A']",
    ),
    # names that leave the folder
    "name of a parent": ("quick", "..", f"1:7: name: {NAME}; got '..'"),
    "name with a slash": ("quick", "../../etc", f"1:7: name: {NAME}; got '../../etc'"),
    "absolute name": ("quick", "/tmp/x", f"1:7: name: {NAME}; got '/tmp/x'"),
    "hidden name": ("quick", ".git", f"1:7: name: {NAME}; got '.git'"),
    "name of two lines": ("quick", r'"quick\n"', rf"1:7: name: {NAME}; got 'quick\n'"),
    "split that leaves": ("  train:", "  ../train:", f"5:3: splits.../train: {SPLIT}; got '../train'"),
    "split with a dot": ("  train:", "  v1.0:", f"5:3: splits.v1.0: {SPLIT}; got 'v1.0'"),
    "number for a split's name": (
        "  train:",
        "  5.5:",
        f"5:3: splits.5.5: {SPLIT}; got '5.5'",
    ),
    "nothing for a split's name": ("  train:", "  ~:", "5:3: '~': a key must be a word; put it in quotes"),
    "list for a split's name": ("  train:", "  [a]:", "5:3: a key must be a word"),
    "splits that differ in case": (
        "  test:",
        "  Train:",
        "5:3: splits: two names differ in case only, which not all systems tell apart",
    ),
    # words
    "misspelt word": (
        "align: center",
        "align: centre",
        "9:8: align: must be one of center, left, right, random; got 'centre'; did you mean center?",
    ),
    "another word": (
        "compression: none",
        "compression: lzma",
        "10:41: output.compression: must be one of none, deflate; got 'lzma'",
    ),
    "misspelt source": (
        "mnist/train",
        "mnist/tran",
        "5:32: splits.train.source: must be one of mnist/train, mnist/test; "
        "got 'mnist/tran'; did you mean mnist/train?",
    ),
    # shapes and ranges
    "one number for a range": (
        "[0, 7]",
        "7",
        "8:18: spacing.range: must be a list of two integers, such as [0, 5]; got 7",
    ),
    "three for a range": (
        "[0, 7]",
        "[0, 3, 7]",
        "8:18: spacing.range: must be a list of two integers, such as [0, 5]; got [0, 3, 7]",
    ),
    "negative seed": ("2026", "-1", "2:7: seed: input should be greater than or equal to 0; got -1"),
    "seed of 64 bits": (
        "2026",
        "9223372036854775808",
        "2:7: seed: input should be less than 9223372036854775808; got 9223372036854775808",
    ),
    "no images": ("2000", "0", "5:18: splits.train.count: input should be greater than or equal to 1; got 0"),
    "no digits": ("[1, 5]", "[0, 5]", "7:21: sequence.length.0: input should be greater than or equal to 1; got 0"),
    "a length that no image has": (
        "[1, 5]",
        "{3: 1, 0: 2}",
        "7:30: sequence.length.0: must be a length, an integer from 1 to 255",
    ),
    "a weight of a length that is none": (
        "[1, 5]",
        "{3: a}",
        "7:24: sequence.length.3: must be a weight, a number from 0 to 1e+100; got 'a'",
    ),
    "a weight of what is no character": (
        "[1, 5]",
        "2, digits: [{x: 1}]",
        "7:36: sequence.digits.0.x: is no character of the alphabet '0123456789'",
    ),
    "a law of digits that is unknown": (
        "[1, 5]",
        "2, digits: uniform",
        "7:31: sequence.digits: must be one of benford; got 'uniform'",
    ),
    "a pattern without an end": (
        "length: [1, 5]",
        "pattern: '1+'",
        "7:21: sequence.pattern: matches strings of any length; give a max_length, at most 255",
    ),
    "a pattern that is cut": (
        "length: [1, 5]",
        "pattern: '1+', max_length: 256",
        "7:39: sequence.max_length: input should be less than or equal to 255; got 256",
    ),
    "a condition of nothing": (
        "[1, 5]",
        "5, exclude: {}",
        "7:32: sequence.exclude: must have just one of the keys strings, ngrams, pattern; got none",
    ),
    "an n-gram that is a number": (
        "[1, 5]",
        "5, exclude: {ngrams: [12]}",
        "7:42: sequence.exclude.ngrams.0: input should be a valid string; got 12; put it in quotes",
    ),
    "an n-gram of what is no character": (
        "[1, 5]",
        "5, exclude: {ngrams: ['12', '']}",
        "7:48: sequence.exclude.ngrams.1: must be a string of 1 to 255 characters of the alphabet '0123456789'; got ''",
    ),
    "a key of no condition": (
        "[1, 5]",
        "5, only: {ngram: ['12']}",
        "7:30: sequence.only.ngram: unknown key; did you mean ngrams?",
    ),
    "a condition that leaves nothing": (
        "[1, 5]",
        "[1, 5], only: {ngrams: ['12']}",
        "7:34: sequence.only: leaves no string of length 1",
    ),
    "a split with no law and no condition": (
        "source: mnist/test}",
        "source: mnist/test, sequence: {digits: benford}}",
        "6:53: splits.test.sequence.digits: unknown key; allowed: check, exclude, only, balance, unique",
    ),
    "a split whose condition leaves nothing": (
        "source: mnist/test}",
        "source: mnist/test, sequence: {exclude: {pattern: '.'}}}",
        "6:62: splits.test.sequence.exclude: leaves no string of length 1",
    ),
    "a split whose strings are too long": (
        "source: mnist/test}",
        "source: mnist/test, sequence: {length: 7}}",
        "3:14: 7 digits need at least 196 px (each 28, smallest gap 0); image_width is 168",
    ),
    "a split with too few strings": (
        "source: mnist/test}",
        "source: mnist/test, sequence: {pattern: '[0-9]{2}', unique: true}}",
        "6:17: splits.test.count: there are 100 strings, and none may come twice; got 200 images",
    ),
    "a follower with other strings": (
        "mnist/test}",
        "mnist/train, same_as: train, sequence: {length: 2}}",
        "6:52: splits.test.same_as: train has another sequence; say the same sequence in both",
    ),
    "weights for other alternatives": (
        "length: [1, 5]",
        "pattern: '12|3|4', weights: [3, 1]",
        "7:40: sequence.weights: must be one for each alternative; got 2, and the pattern has 3: 12, 3, 4",
    ),
    "never any digits": ("[1, 5]", "0", "7:20: sequence.length: input should be greater than or equal to 1; got 0"),
    "too many digits": (
        "[1, 5]",
        "[1, 256]",
        "7:24: sequence.length.1: input should be less than or equal to 255; got 256",
    ),
    "gap too negative": (
        "[0, 7]",
        "[-28, 7]",
        "8:19: spacing.range.0: input should be greater than or equal to -27; got -28",
    ),
    "not whole chunks": ("8192", "1000", "10:22: output.shard_size: input should be a multiple of 1024; got 1000"),
    "too wide": ("168", "32768", "3:14: image_width: input should be less than or equal to 32767; got 32768"),
    "too high": (
        "image_width: 168",
        "image_width: 168\nimage_height: 257",
        "4:15: image_height: input should be less than or equal to 256; got 257",
    ),
    "too low": (
        "image_width: 168",
        "image_width: 168\nimage_height: 27",
        "4:15: image_height: input should be greater than or equal to 28; got 27",
    ),
    "no whole height": (
        "image_width: 168",
        "image_width: 168\nimage_height: 40.0",
        "4:15: image_height: input should be a valid integer; got 40.0",
    ),
    "no vertical place": (
        "align: center",
        "vertical_align: middle",
        "9:17: vertical_align: must be one of center, top, bottom, random; got 'middle'",
    ),
    # contradictions
    "lengths swapped": (
        "[1, 5]",
        "[5, 1]",
        "7:20: sequence.length: the shortest, 5, is larger than the longest, 1",
    ),
    "gaps swapped": ("[0, 7]", "[7, 0]", "8:18: spacing.range: the minimum, 7, is larger than the maximum, 0"),
    "too narrow": (
        "168",
        "139",
        "3:14: 5 digits need at least 140 px (each 28, smallest gap 0); image_width is 139",
    ),
    "too narrow for strict": (
        "0, 7]",
        "0, 8], fit: strict",
        "3:14: 5 digits need at least 172 px (each 28, largest gap 8); image_width is 168",
    ),
    # YAML itself
    "tab": ("seed: 2026", "\tseed: 2026", "2:1: a tab cannot indent; use spaces"),
    "unclosed list": ("[0, 7]", "[0, 7", "8:23: expected ',' or ']', but got '}'"),
    "two colons": ("2026", "20: 26", "2:9: mapping values are not allowed here"),
    "undefined alias": ("2026", "*other", "2:7: found undefined alias 'other'"),
    "no character": ("quick", r'"\UFFFFFFFF"', r" not YAML: an escape such as \UFFFFFFFF stands for no character"),
    "half a character": (
        "mnist/train",
        r'{images: "\ud800", labels: b}',
        r"5:41: '\ud800' cannot be read as str",
    ),
    "merging a number": (
        "{range: [0, 7]}",
        "{<<: 5, range: [0, 7]}",
        "8:15: << must name a section, or a list of them",
    ),
}


def test_a_mistake_is_reported_in_one_line_with_its_place(file: Path) -> None:
    told = {name: wrong(file, changed(old, new)) for name, (old, new, _) in WRONG.items()}
    assert told == {name: [f"c.yaml:{message}"] for name, (_, _, message) in WRONG.items()}


EMPTY = "1:1: the file is empty; `digitgen schema` says what belongs into it"
NO_SECTION = "1:1: must be a section of keys and values"
DIRECTIVE = "directives such as %YAML mean nothing here; leave the line out"
WHOLE_FILES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", EMPTY),
    "comments alone": ("# nothing\n", EMPTY),
    "null": ("~\n", EMPTY),
    "words": ("just words", f"{NO_SECTION}; got 'just words'"),
    "list": ("- name: quick", f"{NO_SECTION}; got [{{'name': 'quick'}}]"),
    "number": ("5", f"{NO_SECTION}; got 5"),
    "two documents": (GOOD + "---\n" + GOOD, "11:1: but found another document"),
    "another YAML": ("%YAML 1.1\n---\n" + GOOD, f"1:1: {DIRECTIVE}"),
    "another YAML after a comment": ("# old\n%YAML 1.1\n---\n" + GOOD, f"2:1: {DIRECTIVE}"),
    "UTF-16": (GOOD.encode("utf-16"), " not UTF-8 text: invalid start byte at byte 0"),
    "Latin-1": ("name: é".encode("latin-1"), " not UTF-8 text: unexpected end of data at byte 6"),
    "a lone surrogate": (b"name: \xed\xa0\x80", " not UTF-8 text: invalid continuation byte at byte 6"),
    "over the limit": ("#" * (1 << 18) + "\n", " larger than 262144 bytes; that is no configuration"),
    "values without end": ("- a\n" * 10_000, "10000:3: more than 10000 values"),
    "lists without end": ("[" * 1_000, " nested too deeply"),
    "sections without end": ("{a: " * 3_000, " nested too deeply"),
    "items without end": ("- " * 3_000, " nested too deeply"),
}


def test_a_file_that_is_no_configuration_is_refused(file: Path) -> None:
    told = {name: wrong(file, text) for name, (text, _) in WHOLE_FILES.items()}
    assert told == {name: [f"c.yaml:{message}"] for name, (_, message) in WHOLE_FILES.items()}


def test_a_file_that_cannot_be_read_is_named_with_the_reason(file: Path) -> None:
    (file.parent / "file").touch()
    for path, message in (
        (file, "c.yaml: cannot be read: No such file or directory"),
        (Path(), ".: cannot be read: Is a directory"),
        (Path("file/c.yaml"), "file/c.yaml: cannot be read: Not a directory"),
        (Path("a\nb"), r"a\nb: cannot be read: No such file or directory"),
    ):
        with pytest.raises(ConfigError) as caught:
            load_config(path)
        assert str(caught.value) == message


def test_all_mistakes_are_reported_at_once_a_line_each(file: Path) -> None:
    text = changed("sequence: {length: [1, 5]}\n", "").replace("name: quick", "nam: quick").replace("8192", "none")
    assert wrong(file, text) == [
        "c.yaml:1:1: name: is missing",
        "c.yaml:1:1: sequence: is missing",
        "c.yaml:9:22: output.shard_size: input should be a valid integer; got 'none'",
        "c.yaml:1:1: nam: unknown key; did you mean name?",
    ]


def test_a_duplicate_key_is_refused(file: Path) -> None:
    cases: dict[str, tuple[str, str, str]] = {
        "at the top": ("seed: 2026", "name: other", '2:1: found duplicate key "name"'),
        "in a section": ("count: 2000", "count: 1, count: 2000", '5:21: found duplicate key "count"'),
        "a whole section": ("  test:", "  train:", '6:3: found duplicate key "train"'),
    }
    for name, (old, new, message) in cases.items():
        with naming(name):
            (line,) = wrong(file, changed(old, new))
            assert line.startswith(f"c.yaml:{message}")


def test_a_name_that_is_too_long_is_refused_with_the_limit(file: Path) -> None:
    (line,) = wrong(file, changed("quick", "x" * 65))
    assert "64" in line


def test_a_missing_value_is_reported_on_the_line_of_its_key(file: Path) -> None:
    (line,) = wrong(file, changed("seed: 2026", "seed:"))
    assert re.fullmatch(r"c\.yaml:2:\d+: seed: input should be a valid integer; got None", line)


def test_what_the_yaml_reader_cannot_take_is_reported_with_its_place(file: Path) -> None:
    cases: dict[str, tuple[str, str, str]] = {
        "no such date": ("2026", "2026-99-99", "2:7"),
        "more digits than Python converts": ("2026", "9" * 5000, "2:7"),
        "NUL": ("quick", "qu\0ick", "1:9"),
        "escape": ("quick", "qu\x1b[2Jick", "1:9"),
    }
    for name, (old, new, place) in cases.items():
        with naming(name):
            (line,) = wrong(file, changed(old, new))
            assert line.startswith(f"c.yaml:{place}: ")


def test_tags_are_refused_and_run_nothing(file: Path) -> None:
    cases: dict[str, tuple[str, str]] = {
        "on a number": ("2026", "!seed 2026"),
        "a word of a number": ("quick", "!!str 2026"),
        "a boolean of a number": ("2026", "!<tag:yaml.org,2002:bool> 2026"),
        "on a section": ("{range: [0, 7]}", "!gaps {range: [0, 7]}"),
        "set for a list": ("[0, 7]", "!!set {0, 7}"),
        "python": ("2026", "!!python/object/apply:os.system ['touch made']"),
        "python on a section": ("{range: [0, 7]}", "!!python/object/apply:os.system {command: touch made}"),
    }
    for name, (old, new) in cases.items():
        with naming(name):
            (line,) = wrong(file, changed(old, new))
            assert re.match(r"c\.yaml:\d+:\d+: tags such as !\S+ mean nothing here", line)
            assert not Path("made").exists()


def test_control_characters_are_escaped_in_messages(file: Path) -> None:
    cases: dict[str, tuple[str, str]] = {
        "line end in a key": ("seed: 2026", r'"a\nb": 5'),
        "escape in a key": ("seed: 2026", r'"a\x1b[2Jb": 5'),
        "Unicode line end in a key": ("seed: 2026", r'"a\u2028b": 5'),
        "line end in a duplicate": ("seed: 2026", r'name: "a\nb"'),
        "line end in a split's name": ("  train:", r'  "a\nb":'),
        "line end in a value": ("mnist/train", r'{images: "a", labels: ["\n"]}'),
        "all sorts in a value": ("align: center", r'align: "\x1b[2J\n\r\x85"'),
    }
    for name, (old, new) in cases.items():
        with naming(name):
            text = "\n".join(wrong(file, changed(old, new)))
            assert all(line.startswith("c.yaml:") for line in text.splitlines())
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


def test_an_anchor_that_contains_itself_is_refused(file: Path) -> None:
    cases: dict[str, str] = {
        "in a section": changed("{length: [1, 5]}", "&loop {length: *loop}"),
        "in a list": changed("[1, 5]", "&loop [1, *loop]"),
        "a list": "&loop [*loop]",
        "a section": "&loop {name: *loop}",
        "a key": "&loop\n? *loop\n: 1\n",
        "splits": changed("splits:", "splits: &loop\n  again: *loop"),
    }
    for name, text in cases.items():
        with naming(name):
            assert all(line.startswith("c.yaml:") for line in wrong(file, text))


@pytest.mark.parametrize("ending", ["", "j: 1\n"], ids=["unknown keys", "duplicate key"])
def test_anchors_that_multiply_cost_neither_time_nor_memory(tmp_path: Path, ending: str) -> None:
    lists = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lists += [f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]" for before, name in zip("abcdefghi", "bcdefghij")]  # noqa: B905
    path = tmp_path / "c.yaml"
    path.write_text("\n".join([*lists, ending]))
    script = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
from digitgen.config.load import load_config
from digitgen.errors import ConfigError
from digitgen.format import Stage
try:
    load_config(sys.argv[1])
except ConfigError as error:
    print(len(str(error)) < 10_000)
"""
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n")


# Overrides


def test_an_override_replaces_or_adds(file: Path) -> None:
    cases: dict[str, tuple[list[str], str, object]] = {
        "replace": (["seed=5"], "seed", 5),
        "the last counts": (["seed=5", "seed=6"], "seed", 6),
        "in a section": (["splits.train.count=7"], "splits.train.count", 7),
        "add": (["spacing.unit=ink"], "spacing.unit", "ink"),
        "a list": (["spacing.range=[-2, 3]"], "spacing.range", (-2, 3)),
        "add a section": (["splits.val={count: 3, source: mnist/test}"], "splits.val.count", 3),
        "key by key": (["splits.val.source=mnist/test", "splits.val.count=4"], "splits.val.count", 4),
        "one for a range": (["sequence.length=3"], "sequence.length", (3, 3)),
        "an item of a list": (["sequence.length.0=4"], "sequence.length", (4, 5)),
        "several": (["name=a", "image_width=200"], "image_width", 200),
        "YAML 1.2": (["name=no"], "name", "no"),
    }
    for name, (overrides, key, value) in cases.items():
        with naming(name):
            file.write_text(GOOD)
            node: Any = load_config(file, overrides).model_dump()
            for part in key.split("."):
                node = node[part]
            assert node == value


def test_an_override_adds_a_section_that_the_file_leaves_out(file: Path) -> None:
    file.write_text(changed("output: {shard_size: 8192, compression: none}\n", ""))
    assert load_config(file, ["output.shard_size=1024"]).output.shard_size == 1024


def test_an_override_changes_no_section_that_is_written_as_an_alias(file: Path) -> None:
    cases: dict[str, str] = {
        "alias": "*one",
        "merge": "{<<: *one}",
    }
    for name, second in cases.items():
        with naming(name):
            text = changed("{count: 2000, ", "&one {count: 2000, ").replace("{count: 200, source: mnist/test}", second)
            file.write_text(text)
            config = load_config(file, ["splits.train.count=5"])
            assert {name: split.count for name, split in config.splits.items()} == {"train": 5, "test": 2000}


def test_a_merge_gives_only_what_a_section_leaves_out(file: Path) -> None:
    cases: dict[str, tuple[str, int]] = {
        "before": ("{<<: *one, count: 5}", 5),
        "behind": ("{count: 5, <<: *one}", 5),
        "the first of several": ("{<<: [*one, {count: 5}]}", 2000),
        "the first of several, the other way round": ("{<<: [{count: 5}, *one]}", 5),
    }
    for name, (merge, count) in cases.items():
        with naming(name):
            text = changed("{count: 2000, ", "&one {count: 2000, ").replace("{count: 200, source: mnist/test}", merge)
            file.write_text(text)
            split = load_config(file).splits["test"]
            assert (split.count, split.source) == (count, "mnist/train")


FORM = "an override has the form key.path=value, such as spacing.range=[0,5]"
WRONG_OVERRIDES: dict[str, tuple[str, str]] = {
    "no value": ("seed", f"'seed': {FORM}"),
    "no key": ("=5", f"'=5': {FORM}"),
    "empty": ("", f"'': {FORM}"),
    "dot first": (".seed=5", f"'.seed=5': {FORM}"),
    "two dots": ("output..shard_size=5", f"'output..shard_size=5': {FORM}"),
    "unknown key": ("sead=5", "sead=5: sead: unknown key; did you mean seed?"),
    "unknown in a section": (
        "sequence.lenght=5",
        "sequence.lenght=5: sequence.lenght: unknown key; did you mean length?",
    ),
    "unknown section": ("a.b=5", f"a.b=5: a: unknown key; allowed: {TOP}"),
    "half a split": ("splits.val.count=5", "splits.val.count=5: splits.val.source: is missing"),
    "wrong value": ("seed=1e3", "seed=1e3: seed: input should be a valid integer; got 1000.0"),
    "empty value": ("seed=", "seed=: seed: input should be a valid integer; got None"),
    "name that leaves": ("name=../x", f"name=../x: name: {NAME}; got '../x'"),
    "too narrow": (
        "image_width=9",
        "image_width=9: 5 digits need at least 140 px (each 28, smallest gap 0); image_width is 9",
    ),
    "swapped": (
        "sequence.length=[5,1]",
        "sequence.length=[5,1]: sequence.length: the shortest, 5, is larger than the longest, 1",
    ),
    "into a number": ("seed.x=5", "seed.x=5: seed.x is not in a section of the configuration"),
    "beyond a list": (
        "sequence.length.2=5",
        "sequence.length.2=5: sequence.length.2: there is no item '2'; the list has items 0 to 1",
    ),
    "a word in a list": (
        "spacing.range.low=5",
        "spacing.range.low=5: spacing.range.low: there is no item 'low'; the list has items 0 to 1",
    ),
    "through a number in a list": (
        "sequence.length.0.x=5",
        "sequence.length.0.x=5: sequence.length.0.x is not in a section of the configuration",
    ),
    "not YAML": ("spacing.range=[0,5", "spacing.range=[0,5:1:5: expected ',' or ']', but got '<stream end>'"),
}  # fmt: skip


def test_a_wrong_override_is_reported_as_it_was_written(file: Path) -> None:
    told = {name: wrong(file, GOOD, override) for name, (override, _) in WRONG_OVERRIDES.items()}
    assert told == {name: [message] for name, (_, message) in WRONG_OVERRIDES.items()}


def test_of_several_overrides_the_last_that_set_a_value_is_reported(file: Path) -> None:
    cases: dict[str, tuple[list[str], str]] = {
        "the same key": (["seed=a", "seed=b"], "seed=b: seed: input should be a valid integer; got 'b'"),
        "the section of an earlier one": (
            ["splits.val.count=5", "splits.val={source: mnist/test}"],
            "splits.val={source: mnist/test}: splits.val.count: is missing",
        ),
        "a key beside the mistake": (
            ["splits.val={source: mnist/tst}", "splits.val.count=5"],
            "splits.val={source: mnist/tst}: splits.val.source: must be one of mnist/train, mnist/test; "
            "got 'mnist/tst'; did you mean mnist/test?",
        ),
    }
    for name, (overrides, message) in cases.items():
        with naming(name):
            assert wrong(file, GOOD, *overrides) == [message]


def test_messages_stay_short_however_long_the_mistake(file: Path) -> None:
    long = "x" * 10_000
    for text, overrides in (
        (changed("seed", long), []),
        (changed("seed: 2026", f"{long}: 1\n{long}: 2"), []),
        (changed("2026", f"*{long}"), []),
        (changed("2026", f"!{long} 5"), []),
        (changed("2026", f"'{long}'"), []),
        (changed("2026", f"0x{'f' * 10_000}"), []),
        (GOOD, [f"seed={long}"]),
        (GOOD, [f"{long}=5"]),
        (GOOD, [long]),
        (GOOD, [f"seed=[{long}"]),
    ):
        (line,) = wrong(file, text, *overrides)
        assert len(line) < 400


def test_a_mistake_in_the_file_keeps_its_place_beside_an_override(file: Path) -> None:
    assert wrong(file, changed("8192", "1000"), "output.compression=deflate") == [
        "c.yaml:10:22: output.shard_size: input should be a multiple of 1024; got 1000"
    ]


def test_an_override_of_two_lines_is_reported_in_one(file: Path) -> None:
    cases: dict[str, str] = {
        "YAML": "seed=a\nb: c",
        "key": "se\ned=5",
        "value": 'align="a\nb"',
    }
    for name, override in cases.items():
        with naming(name):
            assert len(wrong(file, GOOD, override)) == 1


# The schema


def models() -> list[type[BaseModel]]:
    """The configuration's sections and those in them."""
    there = [*vars(build_config).values(), *vars(splits).values()]
    named = {each: None for each in there if isinstance(each, type) and issubclass(each, Section)}
    of_steps = [step_section(name, stage) for name in AUGMENTATIONS for stage in get_args(Stage)]
    of_strings = (*sequence.SECTIONS.values(), sequence.ModifiersConfig, sequence.part_section(Condition))
    return [each for each in (*named, *of_steps, *of_strings) if each is not Section]


def test_the_schema_names_every_key_and_no_other() -> None:
    schema = json.loads(json_schema())
    found = {"BuildConfig": schema, **schema["$defs"]}
    wanted = {model.__name__: model for model in models()}
    assert found.keys() == wanted.keys()
    for name, model in wanted.items():
        assert found[name]["properties"].keys() == model.model_fields.keys()
        required = {key for key, field in model.model_fields.items() if field.is_required()}
        assert set(found[name].get("required", [])) == required
        assert found[name]["additionalProperties"] is False


def test_the_schema_describes_every_key() -> None:
    schema = json.loads(json_schema())
    for section in (schema, *schema["$defs"].values()):
        assert section["description"]
        for key, value in section["properties"].items():
            target = schema["$defs"][value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else value
            assert value.get("description") or target["description"], key


def test_the_schema_lists_the_words_and_bounds_that_are_allowed() -> None:
    definitions = json.loads(json_schema())["$defs"]
    assert definitions["SpacingConfig"]["properties"]["fit"]["enum"] == ["conditional", "strict"]
    assert definitions["SpacingConfig"]["properties"]["overlap"]["default"] == "max"
    shard_size = definitions["OutputConfig"]["properties"]["shard_size"]
    assert (shard_size["multipleOf"], shard_size["default"]) == (1024, 8192)
    length = definitions["DigitsConfig"]["properties"]["length"]
    assert {"type": "integer", "minimum": 1, "maximum": 255} in length["oneOf"]


def test_the_schema_refuses_the_names_of_splits_that_are_refused() -> None:
    splits = json.loads(json_schema())["properties"]["splits"]
    ((pattern, _),) = splits["patternProperties"].items()
    assert splits["additionalProperties"] is False
    for name in ("train", "val-2", "2024"):
        assert re.search(pattern, name)
    for name in ("", "../x", "README.md", ".git", "a b", "x" * 65):
        assert not re.search(pattern, name)


def test_only_what_must_be_chosen_has_no_default() -> None:
    required = {
        f"{model.__name__}.{key}"
        for model in models()
        for key, field in model.model_fields.items()
        if field.is_required() and key != "step"
    }
    assert required == {
        "BuildConfig.name",
        "BuildConfig.image_width",
        "BuildConfig.splits",
        "BuildConfig.sequence",
        "BuildConfig.spacing",
        "SplitConfig.count",
        "SplitConfig.source",
        *(f"{law.__name__}Config.{key}" for key, law in LAWS.items()),
        "IdxPair.images",
        "IdxPair.labels",
        "WriterNumbers.numbers",
    }


# Anything at all

SCRAPS = [
    *"{}[]:,&*!|>?-#%@`'\"\\\n\t\r \0\x07\x1b\x85\xa0é😀\ufeff\u2028\u202e\ufffe",
    *("&a ", "*a", "!!set ", "!x ", "<<: *a", "---\n", "...\n", "? ", "- ", "~", "\r\n", "{}", "[]", "''"),
    *("no", "010", "1e3", ".nan", "-1", "9" * 20, "2026-99-99", r'"\n"', r'"\x1b"', r'"\ud800"'),
]
TEXT = GOOD.replace("mnist/test", "{images: a/b.idx, labels: 'c d'}") + "# a comment\n"


def mutated(seed: int) -> bytes:
    """A valid configuration with one to four changes."""
    rng = random.Random(seed)
    data = TEXT.encode()
    for _ in range(rng.randint(1, 4)):
        place, length = rng.randrange(len(data) + 1), rng.choice([1, 1, 2, 5, 20])
        match rng.choice(["delete", "bytes", "scrap", "replace", "swap", "double"]):
            case "delete":
                data = data[:place] + data[place + length :]
            case "bytes":
                data = (
                    data[:place]
                    + bytes(rng.choices(range(32, rng.choice([127] * 9 + [256])), k=length))
                    + data[place + length :]
                )
            case "scrap":
                data = data[:place] + rng.choice(SCRAPS).encode() + data[place:]
            case "replace":
                data = data[:place] + rng.choice(SCRAPS).encode() + data[place + length :]
            case "swap":
                tokens = re.split(rb"(\W+)", data)
                one, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
                tokens[one], tokens[other] = tokens[other], tokens[one]
                data = b"".join(tokens)
            case "double":
                data = data[: place + length] + data[place:]
    return data


def test_any_bytes_give_a_configuration_or_a_configuration_error(file: Path) -> None:
    """DIGITGEN_FUZZ sets how many are tried."""
    accepted = 0
    for seed in range(int(os.environ.get("DIGITGEN_FUZZ", "300"))):
        file.write_bytes(mutated(seed))
        try:
            accepted += isinstance(load_config(file), BuildConfig)
        except ConfigError as error:
            lines = str(error).splitlines()
            assert all(re.match(r"c\.yaml(:\d+:\d+)?: \S", line) for line in lines), f"seed {seed}: {error}"
            assert len(set(lines)) == len(lines) > 0, f"seed {seed}: {error}"
        except Exception as error:
            pytest.fail(f"seed {seed}: {type(error).__name__}: {error}")
    assert accepted
