"""Building from a file of strings: the file is part of what a dataset is made from."""

import hashlib
from pathlib import Path

import pytest

from digitgen import ConfigError, build_dataset, load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import Manifest, read_manifest
from digitgen.glyphs.idx import encode_idx
from tests.conftest import coded_glyphs

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
    images, labels = coded_glyphs()
    (tmp_path / "images.idx").write_bytes(encode_idx(images))
    (tmp_path / "labels.idx").write_bytes(encode_idx(labels))
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
