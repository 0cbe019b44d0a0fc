"""Going on with a build, repairing a dataset, and leaving alone what is somebody else's."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digitgen import (
    ConfigError,
    DatasetError,
    LockedError,
    build_dataset,
    load_config,
)
from digitgen.build import shards
from digitgen.dataset.manifest import Manifest
from digitgen.files import TEMPORARY_SUFFIX, locked
from digitgen.glyphs.idx import encode_idx
from tests.conftest import coded_glyphs, write_coded_glyphs

CONFIG = """
name: small
image_width: 130
splits:
  train: {count: 5000, source: {images: images.idx, labels: labels.idx}}
  test: {count: 50, source: {images: images.idx, labels: labels.idx}}
allow_shared_glyphs: true
sequence: {length: [1, 4]}
spacing: {range: [0, 10]}
output: {shard_size: 1024}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CONFIG)
    return home


def build(home: Path, out: Path, *overrides: str, jobs: int = 1, **options: Any) -> Manifest:
    return build_dataset(load_config(home / "config.yaml", overrides), out, jobs=jobs, fsync=False, **options)


def files(folder: Path) -> dict[str, bytes]:
    """Every file but the log."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "build-log.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """What changes when a shard is written again."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("train/shard-*.h5")}


@pytest.fixture(scope="module")
def whole(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a build that nothing happened to."""
    out = tmp_path_factory.mktemp("whole") / "out"
    build(home, out)
    return files(out)


def interrupt(home: Path, out: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Press Ctrl-C after some shards."""
    made = shards.make_shard

    def make_shard(shard: Any) -> Any:
        if shard.task.index >= after:
            raise KeyboardInterrupt
        return made(shard)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("digitgen.build.build.make_shard", make_shard)
        build(home, out)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_resumed_build_has_the_bytes_of_an_uninterrupted_one(
    home: Path, tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    interrupt(home, tmp_path / "out", monkeypatch, after)
    assert not (tmp_path / "out/manifest.json").exists()
    before = stamps(tmp_path / "out")
    assert len(before) <= after  # the last may not have been synced yet
    (tmp_path / f"out/train/.left{TEMPORARY_SUFFIX}").write_text("by a build that was killed")
    build(home, tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == whole
    assert before.items() <= stamps(tmp_path / "out").items()


def test_a_torn_line_of_the_journal_costs_one_shard(
    home: Path, tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(home, tmp_path / "out", monkeypatch, after=3)
    journal = tmp_path / "out/journal.jsonl"
    finished = len(journal.read_bytes().splitlines()) - 1
    journal.write_bytes(journal.read_bytes()[:-20])
    told: list[str] = []
    build(home, tmp_path / "out", resume=True, say=told.append)
    assert any(f"{finished - 1} of 6 shards are there and whole" in line for line in told)
    assert files(tmp_path / "out") == whole


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "flipped": flip,
    "cut": lambda path: os.truncate(path, 30),
    "deleted": lambda path: path.unlink(),
}


@pytest.mark.parametrize(
    "name", ["train/shard-00002.h5", "manifest.json", "config.yaml", "README.md", "journal.jsonl", "nothing"]
)
@pytest.mark.parametrize("how", DAMAGES)
def test_repairing_a_dataset_writes_only_the_shards_that_are_broken(
    home: Path, tmp_path: Path, whole: dict[str, bytes], name: str, how: str
) -> None:
    build(home, tmp_path / "out")
    before = stamps(tmp_path / "out")
    path = tmp_path / "out" / name
    if name != "nothing":
        DAMAGES[how](path)
    build(home, tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == whole
    rewritten = {each for each, stamp in stamps(tmp_path / "out").items() if before[each] != stamp}
    assert rewritten == ({path.name} if name.startswith("train") else set())


@pytest.mark.parametrize("damage", [None, "manifest.json"])
def test_another_configuration_is_refused_with_the_difference_and_nothing_is_touched(
    home: Path, tmp_path: Path, damage: str | None
) -> None:
    build(home, tmp_path / "out")
    (tmp_path / f"out/train/.left{TEMPORARY_SUFFIX}").write_text("")
    if damage:
        flip(tmp_path / "out" / damage)
    before = files(tmp_path / "out")
    with pytest.raises(ConfigError, match=r"begun otherwise \(seed: 0 -> 9; spacing\.range: \[0, 10\] -> \[0, 9\]\)"):
        build(home, tmp_path / "out", "seed=9", "spacing.range=[0,9]", resume=True)
    assert files(tmp_path / "out") == before


def test_shards_that_nothing_describes_are_refused(home: Path, tmp_path: Path) -> None:
    build(home, tmp_path / "out")
    (tmp_path / "out/manifest.json").write_text("{")
    (tmp_path / "out/journal.jsonl").write_text("")
    before = files(tmp_path / "out")
    for wish in ("resume", "overwrite"):
        with pytest.raises(DatasetError, match="is not empty, and holds no dataset"):
            build(home, tmp_path / "out", **{wish: True})
    assert files(tmp_path / "out") == before


def test_overwriting_deletes_what_the_build_made_and_nothing_else(
    home: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    build(home, out, "splits.extra={count: 10, source: {images: images.idx, labels: labels.idx}}")
    build(home, other)
    (out / "mine").mkdir()
    (out / "mine/shard-00000.h5").write_text("of another program")
    (out / "empty").mkdir()
    (out / "train/notes.txt").write_text("mine")
    (out / "train/shard-00005.h5").write_text("the build made five, up to 00004")
    (out / "link").symlink_to(other / "train")
    build(home, out, overwrite=True)
    assert not (out / "extra").exists()
    assert (out / "mine/shard-00000.h5").exists()
    assert (out / "empty").is_dir()
    assert files(other) == whole
    kept = {"mine/shard-00000.h5", "train/notes.txt", "train/shard-00005.h5"}
    assert {name: data for name, data in files(out).items() if name not in kept} == whole


@pytest.mark.parametrize("option", ["resume", "overwrite"])
def test_an_overwrite_that_was_killed_can_be_gone_on_with(
    home: Path, tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    from digitgen.build.places.folder import Folder

    build(home, tmp_path / "out")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Folder, "tidy", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        build(home, tmp_path / "out", overwrite=True)
    assert not (tmp_path / "out/manifest.json").exists()
    build(home, tmp_path / "out", **{option: True})
    assert files(tmp_path / "out") == whole


@pytest.mark.parametrize("option", ["resume", "overwrite"])
def test_a_folder_of_another_program_is_left_alone(home: Path, tmp_path: Path, option: str) -> None:
    (tmp_path / "out").mkdir()
    for name in ("manifest.json", "README.md", "config.yaml"):
        (tmp_path / "out" / name).write_text('{"name": "a web page"}')
    before = files(tmp_path / "out")
    with pytest.raises(DatasetError, match="is not empty, and holds no dataset"):
        build(home, tmp_path / "out", **{option: True})
    assert files(tmp_path / "out") == before


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    images, labels = coded_glyphs()
    for name, array in (("images", images), ("labels", labels)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "d.idx").write_bytes(encode_idx(array))
    (tmp_path / "config.yaml").write_text(
        CONFIG.replace("images.idx", "images/d.idx").replace("labels.idx", "labels/d.idx")
    )
    manifest = build(tmp_path, tmp_path / "out")
    assert len(manifest.splits["train"].source.files) == 2
    (tmp_path / "images/d.idx").write_bytes(encode_idx(images[:, :, ::-1]))
    with pytest.raises(ConfigError, match="begun otherwise"):
        build(tmp_path, tmp_path / "out", resume=True)


def test_a_second_build_is_turned_away_at_once(home: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out"), pytest.raises(LockedError, match="another build is writing here"):
        build(home, tmp_path / "out")
