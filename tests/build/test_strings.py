"""Building from a file of strings: the file is part of what a dataset is made from."""

import hashlib
import os
from pathlib import Path

import pytest

from digitgen import ConfigError, DamageError, DatasetError, build_dataset, load_config, verify_dataset
from digitgen.compose.content.lines import hash_strings
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import Manifest, read_manifest
from digitgen.look.report.counting import dataset_statistics
from digitgen.look.report.figures import figures
from digitgen.look.report.listing import listing
from digitgen.look.report.report import report
from digitgen.look.report.statistics import Statistics
from tests.conftest import write_coded_glyphs

CONFIG = """
name: listed
image_width: 120
splits:
  train: {count: 3000, source: {images: images.idx, labels: labels.idx}}
sequence: {strings: names.txt}
spacing: {range: [0, 3]}
output: {shard_size: 1024}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_coded_glyphs(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "names.txt").write_text("350\n7\n0042\n")
    return tmp_path


def build(home: Path, out: str = "out", *overrides: str, jobs: int = 1, resume: bool = False) -> Manifest:
    config = load_config(home / "config.yaml", overrides)
    return build_dataset(config, home / out, jobs=jobs, fsync=False, resume=resume)


def test_a_build_has_the_strings_of_the_file_and_notes_its_hash(home: Path) -> None:
    build(home)
    manifest = read_manifest(home / "out")
    assert manifest.strings == {"strings": hashlib.sha256(b"350\n7\n0042\n").hexdigest()}
    assert {sample.text for sample in DigitDataset(home / "out", "train")} == {"350", "7", "0042"}


def test_the_images_do_not_depend_on_jobs_nor_on_the_size_of_shards(home: Path) -> None:
    build(home)
    build(home, "jobs", jobs=2)
    build(home, "large", "output.shard_size=2048")
    shards = [path.read_bytes() for path in sorted(home.glob("out/train/*.h5"))]
    assert [path.read_bytes() for path in sorted(home.glob("jobs/train/*.h5"))] == shards
    texts = [[sample.text for sample in DigitDataset(home / out, "train")] for out in ("out", "large")]
    assert texts[0] == texts[1]


def test_going_on_with_another_file_is_refused_with_the_difference(home: Path) -> None:
    before = build(home).strings["strings"]
    (home / "names.txt").write_text("350\n7\n0043\n")
    after = hashlib.sha256(b"350\n7\n0043\n").hexdigest()
    with pytest.raises(ConfigError, match=f"sequence files.strings: {before} -> {after}"):
        build(home, resume=True)
    (home / "names.txt").write_text("350\n7\n0042\n")
    assert build(home, resume=True).strings["strings"] == before


LAW = "lengths are those of the file: 1 (33 %), 3 (33 %) and 4 (33 %)"


def statistics(home: Path, jobs: int = 1) -> Statistics:
    return dataset_statistics(home / "out", read_manifest(home / "out"), jobs=jobs, data_dir=home)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_report_counts_each_string(home: Path, jobs: int) -> None:
    build(home)
    found = statistics(home, jobs)
    (train,) = found.splits
    p_of = {test.claim: test.p for test in train.tests}
    assert p_of["every string is possible"] == 1
    assert (p_of["strings are as likely as claimed"] or 0) > 1e-4
    texts = [sample.text for sample in DigitDataset(home / "out", "train")]
    assert train.tally["strings"].tolist() == [texts.count(text) for text in ("7", "350", "0042")]
    assert found.suspicious == []
    said = f"In its strings, {LAW}; digits are those of the file; 3 strings are possible."
    assert f"  {said}" in list(listing(found))
    if jobs == 1:
        assert said in report(found).decode()
    assert figures(found)["splits"]["train"]["sequence"] == said.removeprefix("In its strings, ").removesuffix(".")


def test_strings_that_the_law_cannot_give_are_suspicious(home: Path) -> None:
    build(home)
    manifest = read_manifest(home / "out")
    (home / "names.txt").write_text("350\n7\n0043\n")
    changed = manifest.model_copy(update={"strings": {"strings": hash_strings(home / "names.txt")}})
    found = dataset_statistics(home / "out", changed, data_dir=home)
    assert "every string is possible" in {test.claim for _, test in found.suspicious}
    count = sum(sample.text == "0042" for sample in DigitDataset(home / "out", "train"))
    assert found.splits[0].tally["foreign strings"].tolist() == [count]


@pytest.mark.parametrize("gone", [True, False])
def test_without_its_file_a_report_says_so_and_tests_the_rest(home: Path, gone: bool) -> None:
    build(home)
    if gone:
        (home / "names.txt").unlink()
        why = f"its strings came from a file that is not here: {home}/names.txt cannot be read: No such file"
    else:
        (home / "names.txt").write_text("no strings\n")
        why = f"{home}/names.txt has changed since its strings were taken from it"
    found = statistics(home)
    assert found.notes[0].startswith(f"What the strings claim is not tested: {why}")
    assert found.notes[0].endswith("; --data-dir says in which folder names.txt is.")
    (train,) = found.splits
    assert [test.claim for test in train.tests] == [
        "gaps are uniform from 0 to 3 px among those that fit",
        "glyphs are uniform within their class",
    ]
    assert found.suspicious == []
    assert "  lengths   1:" in "\n".join(listing(found))
    if gone:
        assert b"Digits by position" in report(found)
    expected = figures(found)["splits"]["train"]["expected"]
    assert expected == {"lengths": None, "digits_by_position": None}
    with pytest.raises(DatasetError, match=r"out: its strings came from a file|out: .*names.txt has changed"):
        verify_dataset(home / "out", regenerate=3, data_dir=home)


def test_a_pipe_in_place_of_the_file_is_not_waited_for(home: Path) -> None:
    build(home)
    (home / "names.txt").unlink()
    os.mkfifo(home / "names.txt")
    assert "names.txt cannot be read: it is not a regular file" in statistics(home).notes[0]


def test_a_manifest_that_says_nothing_of_the_file_is_damaged(home: Path) -> None:
    build(home)
    silent = read_manifest(home / "out").model_copy(update={"strings": {}})
    with pytest.raises(DamageError, match="the manifest has hashes of other files than its configuration"):
        dataset_statistics(home / "out", silent, data_dir=home)


def test_a_configuration_whose_strings_are_not_as_long_as_the_labels_is_damaged(home: Path) -> None:
    build(home)
    manifest = read_manifest(home / "out")
    changed = manifest.model_copy(update={"strings": {}, "config": {**manifest.config, "sequence": {"length": [1, 3]}}})
    with pytest.raises(DamageError, match="configuration does not make strings of 4 in train"):
        dataset_statistics(home / "out", changed, data_dir=home)
