"""Splits with strings of their own, such as those that were held out of training."""

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from digitgen import ConfigError, build_dataset, load_config, stream, verify_dataset
from digitgen.build.preflight import describe_content, forecast_build
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import read_manifest
from digitgen.look.report.counting import dataset_statistics
from digitgen.look.report.figures import figures
from digitgen.look.report.listing import listing
from tests.conftest import write_coded_glyphs

CONFIG = """
name: compositional
image_width: 130
splits:
  train: {count: 2100, source: {images: images.idx, labels: labels.idx}, sequence: {exclude: {ngrams: ["12", "37"]}}}
  test:
    count: 1100
    source: {images: images.idx, labels: labels.idx}
    sequence: {length: [2, 4], only: {ngrams: ["12", "37"]}}
  kept: {count: 1100, source: {images: images.idx, labels: labels.idx}}
sequence: {length: [1, 4], exclude: {strings: taken.txt}}
spacing: {range: [0, 3]}
allow_shared_glyphs: true
output: {shard_size: 1024}
"""
TAKEN = ["4", "12", "9999", "501"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_coded_glyphs(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "taken.txt").write_text("".join(f"{text}\n" for text in TAKEN))
    return tmp_path


def config_of(home: Path, *overrides: str) -> BuildConfig:
    return load_config(home / "config.yaml", overrides)


def texts(home: Path, split: str, out: str = "out") -> list[str]:
    return [sample.text for sample in DigitDataset(home / out, split)]


def has_pair(text: str) -> bool:
    return any("".join(pair) in ("12", "37") for pair in pairwise(text))


def test_splits_have_strings_of_their_own_and_the_report_knows_them(home: Path) -> None:
    build_dataset(config_of(home), home / "out", jobs=1, fsync=False)
    strings = {split: texts(home, split) for split in ("train", "test", "kept")}
    assert not any(map(has_pair, strings["train"]))
    assert all(map(has_pair, strings["test"]))
    assert 0 < sum(map(has_pair, strings["kept"])) < 200
    assert not {*strings["train"], *strings["kept"]} & set(TAKEN)
    assert {len(text) for text in strings["test"]} == {2, 3, 4}
    assert verify_dataset(home / "out", regenerate=1, data_dir=home).ok

    found = dataset_statistics(home / "out", read_manifest(home / "out"), data_dir=home)
    assert found.suspicious == []
    laws = {name: split["sequence"] for name, split in figures(found)["splits"].items()}
    assert laws["test"] == (
        "lengths are uniform, from 2 to 4; "
        "digits are uniform among strings that contain 12 or 37; 638 strings are possible"
    )
    assert f"  In the strings of test, {laws['test']}." in list(listing(found))
    assert "digits are uniform, without the strings of taken.txt, without strings that contain 12" in laws["train"]


def test_conditions_above_all_splits_hold_with_those_of_a_split(home: Path) -> None:
    config = config_of(home, "splits.test.sequence={only: {pattern: '[0-4]+'}, unique: true}", "splits.test.count=8")
    build_dataset(config, home / "out", jobs=1, fsync=False)
    assert "4" not in (strings := texts(home, "test"))
    assert len(set(strings)) == 8
    assert all(set(text) <= set("01234") for text in strings)


def test_the_strings_of_a_split_do_not_depend_on_other_splits(home: Path) -> None:
    build_dataset(config_of(home), home / "out", jobs=1, fsync=False)
    alone = config_of(home, "splits.train.sequence={length: 3}", "splits.kept.count=5")
    build_dataset(alone, home / "alone", jobs=1, fsync=False)
    assert texts(home, "test", "alone") == texts(home, "test")
    batch = next(stream(alone, "test", batch_size=1100))
    assert [sample.text for sample in batch] == texts(home, "test")


def test_files_of_conditions_are_part_of_what_a_dataset_is_made_from(home: Path) -> None:
    (home / "more.txt").write_text("7\n")
    overrides = ["splits.train.sequence={exclude: {strings: more.txt}}"]
    build_dataset(config_of(home, *overrides), home / "out", jobs=1, fsync=False)
    hashes = {name: hashlib.sha256((home / name).read_bytes()).hexdigest() for name in ("taken.txt", "more.txt")}
    assert read_manifest(home / "out").strings == {
        "exclude.strings": hashes["taken.txt"],
        "splits.train.sequence.exclude.strings": hashes["more.txt"],
    }
    assert not {"4", "7"} & set(texts(home, "train"))
    (home / "more.txt").write_text("8\n")
    with pytest.raises(ConfigError, match=r"sequence files.splits.train.sequence.exclude.strings: "):
        build_dataset(config_of(home, *overrides), home / "out", jobs=1, fsync=False, resume=True)
    found = dataset_statistics(home / "out", read_manifest(home / "out"), data_dir=home)
    assert any("more.txt has changed" in note for note in found.notes)
    assert [split.name for split in found.splits if split.content is None] == ["train", "kept"]


def test_a_forecast_says_the_law_of_every_split(home: Path) -> None:
    config = config_of(home)
    plans = forecast_build(config)
    lines = list(describe_content(config, plans))
    assert [line.partition(":")[0] for line in lines] == ["sequence of train", "sequence of test", "sequence of kept"]
    assert "; test begins with " in lines[1]
    assert all(map(has_pair, next(plan.strings for plan in plans if plan.name == "test")))


def test_a_configuration_is_written_with_the_strings_of_its_splits(home: Path) -> None:
    config = config_of(home)
    (home / "again.yaml").write_text(config.to_yaml())
    again = load_config(home / "again.yaml")
    assert json.dumps(again.resolved()) == json.dumps(config.resolved())
    assert again.resolved()["splits"]["train"]["sequence"] == {"exclude": {"ngrams": ["12", "37"]}}
    np.testing.assert_array_equal(again.content("train").marginals, config.content("train").marginals)
