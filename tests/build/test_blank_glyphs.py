"""Blank glyphs of a source can be left out: none is used, and the others keep the rows that they have in the file."""

import json
from pathlib import Path

import numpy as np
import pytest

from digitgen import DigitDataset, SourceError, build_dataset, load_config, verify_dataset
from digitgen.dataset.manifest import read_manifest
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.duplicates import number_glyphs
from digitgen.glyphs.idx import encode_idx
from digitgen.look.report.counting import dataset_statistics
from tests.conftest import coded_glyphs

IMAGES, LABELS = coded_glyphs()
BLANK = [3, 4, 17, 29]
CONFIG = """
name: holes
seed: 5
image_width: 120
splits:
  train: {count: 2000, source: {images: images.idx, labels: labels.idx, skip_blank: true}}
  whole: {count: 100, source: {images: whole.idx, labels: labels.idx}}
allow_shared_glyphs: true
sequence: {length: [1, 4]}
spacing: {range: [0, 4]}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a configuration, and glyphs of which some are blank."""
    images = IMAGES.copy()
    images[BLANK] = 0
    for name, array in {"images": images, "whole": IMAGES, "labels": LABELS}.items():
        (tmp_path / f"{name}.idx").write_bytes(encode_idx(array))
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def test_blank_glyphs_are_left_out_of_a_build(home: Path) -> None:
    out = home / "out"
    build_dataset(load_config(home / "config.yaml"), out, jobs=1, fsync=False)
    assert verify_dataset(out, regenerate=100, data_dir=home, rng=1).ok
    source = read_manifest(out).splits["train"].source
    assert (source.left_out, source.rows, sum(source.glyphs)) == (4, 30, 26)
    batch = DigitDataset(out, "train")[:]
    there = batch.glyph_ids >= 0
    assert set(batch.glyph_ids[there].tolist()) == set(range(30)) - set(BLANK)
    np.testing.assert_array_equal(LABELS[batch.glyph_ids[there]], batch.labels[there])
    found = dataset_statistics(out, read_manifest(out), jobs=1)
    assert {each.name: each.entry.source.rows for each in found.splits} == {"train": 30, "whole": 30}
    (shared,) = found.shared
    assert shared.glyphs == 26


def test_a_build_that_leaves_blank_glyphs_out_is_another_build(home: Path) -> None:
    build_dataset(load_config(home / "config.yaml"), home / "out", jobs=1, fsync=False)
    config = json.loads((home / "out/manifest.json").read_bytes())["config"]
    assert config["splits"]["train"]["source"]["skip_blank"] is True
    assert config["splits"]["whole"]["source"]["skip_blank"] is False


def test_a_bank_without_its_blank_glyphs_keeps_rows_and_numbers() -> None:
    images = IMAGES.copy()
    images[BLANK] = 0
    bank, whole = GlyphBank.from_arrays(images, LABELS, skip_blank=True), GlyphBank.from_arrays(IMAGES, LABELS)
    assert sorted(bank.rows.tolist()) == sorted(set(range(30)) - set(BLANK))
    assert (len(bank), bank.source_rows, whole.source_rows) == (26, 30, 30)
    np.testing.assert_array_equal(bank.images, images[bank.rows])
    np.testing.assert_array_equal(np.repeat(np.arange(10), bank.counts), LABELS[bank.rows])
    mine, theirs = number_glyphs([bank, whole])
    for row in range(30):
        assert (mine[row] == theirs[row]) == (row not in BLANK)
    with pytest.raises(SourceError, match="no glyph of the source has any ink"):
        GlyphBank.from_arrays(np.zeros_like(IMAGES), LABELS, skip_blank=True)
