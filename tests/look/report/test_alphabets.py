"""Reports of other characters than digits: counted by class, tested, and readable with two hundred of them."""

import json
from pathlib import Path

import numpy as np
import pytest

from digitgen.build.build import build_dataset
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import read_manifest
from digitgen.look.report.counting import dataset_statistics
from digitgen.look.report.figures import figures
from digitgen.look.report.listing import listing, verdict
from digitgen.look.report.report import report
from digitgen.look.report.statistics import Statistics
from tests.letters import HEX, LONG, letter_config

ODD = "$%&<>\"'\\`*| "
"""Characters that mean something to HTML, to plots and to Markdown."""


def counted(folder: Path, alphabet: str) -> Statistics:
    """The statistics of a dataset of 2,000 images."""
    build_dataset(letter_config(folder, alphabet, 2000), folder / "out", jobs=1, fsync=False)
    return dataset_statistics(folder / "out", read_manifest(folder / "out"), jobs=1)


@pytest.mark.parametrize("alphabet", [HEX, LONG, "A"], ids=["16", "200", "1"])
def test_characters_are_counted_by_class_and_agree_with_their_law(tmp_path: Path, alphabet: str) -> None:
    found = counted(tmp_path, alphabet)
    labels = DigitDataset(tmp_path / "out", "train")[:].labels
    (split,) = found.splits
    expected = [[np.count_nonzero(column == k) for k in range(len(alphabet))] for column in labels.T]
    np.testing.assert_array_equal(split.tally["digits"], expected)
    assert not found.suspicious, verdict(found)
    assert {test.claim for test in split.tests} >= {"digits are uniform", "glyphs are uniform within their class"}
    told = json.loads(json.dumps(figures(found)))
    assert (told["alphabet"], told["splits"]["train"]["digits"]) == (alphabet, np.sum(expected, axis=0).tolist())


def test_labels_that_do_not_follow_their_law_are_found_out(tmp_path: Path) -> None:
    """Half of the Bs are As by their labels, and by their glyphs still Bs."""
    config = letter_config(tmp_path, "ABCD", 2000)
    build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    manifest = read_manifest(tmp_path / "out")
    (shard,) = manifest.splits["train"].shards
    labels = DigitDataset(tmp_path / "out", "train")[:].labels
    wrong = np.where((labels == 1) & (np.arange(len(labels)) % 2 == 0)[:, None], 0, labels).astype(np.int8)
    data = (tmp_path / "out" / shard.file).read_bytes()
    (tmp_path / "out" / shard.file).write_bytes(data.replace(labels.tobytes(), wrong.tobytes()))
    found = dataset_statistics(tmp_path / "out", manifest, jobs=1)
    assert {test.claim for _, test in found.suspicious} >= {
        "digits are uniform",
        "glyphs are uniform within their class",
    }


@pytest.mark.parametrize("alphabet", [HEX, LONG, ODD], ids=["16", "200", "odd"])
def test_the_page_and_the_listing_say_what_the_alphabet_is(tmp_path: Path, alphabet: str) -> None:
    found = counted(tmp_path, alphabet)
    page = report(found).decode()
    lines = "\n".join(listing(found))
    for text in (page, lines):
        assert f"The alphabet has {len(alphabet)} characters, each called a digit here: " in text
    assert (": the 36 of 200 that are furthest from the claim" in page) == (len(alphabet) == 200)
    assert len(page) < 1_000_000
    (listed,) = [line for line in lines.splitlines() if line.startswith("  digits ")]
    assert listed.count(": ") == min(len(alphabet), 36)
    assert listed.endswith("...") == (len(alphabet) > 36)
    assert f"  {alphabet[0]}: {found.splits[0].tally['digits'].sum(axis=0)[0]:,}" in listed
