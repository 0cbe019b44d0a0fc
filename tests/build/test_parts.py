"""Building in parts: by several at once, killed, begun again, of another configuration, and finished."""

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from digitgen import (
    ArgumentError,
    BuildError,
    ConfigError,
    DamageError,
    DatasetError,
    LockedError,
    SourceError,
    build_dataset,
    build_part,
    finish_dataset,
    load_config,
    verify_dataset,
)
from digitgen.build import shards
from digitgen.build.array import BuiltPart
from digitgen.build.parts import Part, parts_of
from digitgen.build.places import place_of
from digitgen.build.shards import ShardTask
from digitgen.dataset.manifest import JOURNAL_NAME, Manifest, read_manifest
from digitgen.dataset.stores import store_of
from digitgen.files import TEMPORARY_SUFFIX, locked
from tests.conftest import write_coded_glyphs

CONFIG = """
name: small
image_width: 130
allow_shared_glyphs: true
splits:
  train: {count: 8000, source: {images: images.idx, labels: labels.idx}}
  test: {count: 50, source: {images: images.idx, labels: labels.idx}}
sequence: {length: [1, 4]}
spacing: {range: [0, 10]}
output: {shard_size: 1024}
"""  # nine shards


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CONFIG)
    return home


def part(home: Path, out: Path, number: int, of: int, *overrides: str, **options: Any) -> BuiltPart:
    config = load_config(home / "config.yaml", overrides)
    return build_part(config, out, number, of, **{"jobs": 1, "fsync": False} | options)


def build(home: Path, out: Path, *overrides: str, **options: Any) -> Manifest:
    return build_dataset(load_config(home / "config.yaml", overrides), out, jobs=1, fsync=False, **options)


def finish(home: Path, out: Path, **options: Any) -> Manifest:
    return finish_dataset(out, data_dir=home, fsync=False, **options)


def files(folder: Path) -> dict[str, bytes]:
    """Every file but the log."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "build-log.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """What changes when a shard is written again."""
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("shard-*.h5")
    }


@pytest.fixture(scope="module")
def whole(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a build in one."""
    out = tmp_path_factory.mktemp("whole") / "out"
    build(home, out)
    return files(out)


def test_parts_deal_all_shards_evenly() -> None:
    tasks = [ShardTask("train", index, 1024 * index, 1024) for index in range(100)]
    for of in (1, 7, 16, 200):
        dealt = [each.share(tasks) for each in parts_of(of)]
        assert sorted((task for each in dealt for task in each), key=lambda task: task.index) == tasks
        assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


def test_parts_in_any_order_make_the_files_of_one_build(home: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    built = [part(home, tmp_path / "out", number, 3) for number in (2, 3, 1)]
    assert [(each.shards, each.images) for each in built] == [(3, 2880), (3, 2098), (3, 3072)]
    manifest = finish(home, tmp_path / "out")
    assert manifest == read_manifest(tmp_path / "out")
    assert sum(each.bytes for each in built) == manifest.bytes
    assert files(tmp_path / "out") == whole
    assert verify_dataset(tmp_path / "out").ok


def test_parts_at_the_same_time_make_them_too(home: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: part(home, tmp_path / "out", number, 4), range(1, 5)))
    finish(home, tmp_path / "out")
    assert files(tmp_path / "out") == whole


def test_files_that_vanish_while_a_folder_is_listed_are_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "gone"):
        (tmp_path / name).touch()
    scan = os.scandir

    @contextlib.contextmanager
    def scandir(path: Path) -> Iterator[list[os.DirEntry[str]]]:
        with scan(path) as entries:
            listed = list(entries)
        (tmp_path / "gone").unlink(missing_ok=True)
        yield listed

    monkeypatch.setattr(os, "scandir", scandir)
    assert list(store_of(tmp_path).list("")) == ["here"]


def test_there_may_be_more_parts_than_shards(home: Path, tmp_path: Path) -> None:
    less = "splits.train.count=1000"
    assert [part(home, tmp_path / "out", number, 3, less).shards for number in (1, 2, 3)] == [1, 1, 0]
    finish(home, tmp_path / "out")
    build(home, tmp_path / "whole", less)
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_parts_are_built_into_a_store_too(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    config, out = load_config(home / "config.yaml", ["splits.train.count=2000"]), "memory://parts/set"
    build_part(config, out, 2, 2, jobs=1)
    with pytest.raises(DamageError, match=r"^memory://parts/set: 2 of 3 shards .*: part 1/2 \(2, such as train/"):
        finish_dataset(out, data_dir=home)
    build_part(config, out, 1, 2, jobs=1)
    with pytest.raises(ConfigError, match="begun otherwise"):
        build_part(load_config(home / "config.yaml", ["seed=9"]), out, 1, 2, jobs=1)
    assert finish_dataset(out, data_dir=home) == build(home, tmp_path / "whole", "splits.train.count=2000")
    assert not [name for name in store_of(out).list("") if name.startswith("journal-")]


def interrupt(home: Path, out: Path, monkeypatch: pytest.MonkeyPatch, number: int, of: int, after: int) -> None:
    """Press Ctrl-C when a part has begun so many shards."""
    made, begun = shards.make_shard, list[object]()

    def make_shard(order: Any) -> Any:
        begun.append(order)
        if len(begun) > after:
            raise KeyboardInterrupt
        return made(order)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("digitgen.build.array.make_shard", make_shard)
        part(home, out, number, of)


def test_a_part_goes_on_where_it_stopped_and_leaves_files_of_others_alone(
    home: Path, tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    part(home, out, 1, 2)
    interrupt(home, out, monkeypatch, 2, 2, after=3)
    before = stamps(out)
    assert 5 + 2 <= len(before) <= 5 + 3  # the last may not have been synced yet
    (out / f"train/.part-2-of-2-left{TEMPORARY_SUFFIX}").touch()
    theirs = out / f"train/.part-1-of-2-left{TEMPORARY_SUFFIX}"
    theirs.touch()
    assert part(home, out, 2, 2).shards == 4
    assert before.items() <= stamps(out).items()
    assert [path.name for path in out.rglob(f".*{TEMPORARY_SUFFIX}")] == [theirs.name]
    finish(home, out)
    assert files(out) == whole


@pytest.mark.parametrize("cut", [20, 10**6], ids=["its last line", "all of it"])
def test_a_torn_journal_of_a_part_costs_what_it_says_no_more(
    home: Path, tmp_path: Path, whole: dict[str, bytes], cut: int
) -> None:
    out = tmp_path / "out"
    part(home, out, 1, 2)
    part(home, out, 2, 2)
    before, journal = stamps(out), out / Part(2, 2).journal
    journal.write_bytes(journal.read_bytes()[:-cut])
    with pytest.raises(DamageError, match=f"{1 if cut == 20 else 4} of 9 shards are missing or damaged: part 2/2"):
        finish(home, out)
    part(home, out, 2, 2)
    assert len(before.items() - stamps(out).items()) == (1 if cut == 20 else 4)
    finish(home, out)
    assert files(out) == whole


def test_a_part_of_another_configuration_is_refused_and_touches_nothing(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    part(home, out, 1, 3)
    before = files(out)
    with pytest.raises(ConfigError, match=r"was begun otherwise \(seed: 0 -> 9\)"):
        part(home, out, 2, 3, "seed=9")
    assert files(out) == before


def test_of_two_parts_that_begin_at_once_the_first_settles_the_configuration(home: Path, tmp_path: Path) -> None:
    part(home, tmp_path / "one", 9, 9)
    place, begun = place_of(tmp_path / "out").for_part(Part(1, 2)), (tmp_path / "one" / JOURNAL_NAME).read_bytes()
    (tmp_path / "out").mkdir()
    place.begin(begun, [], fresh=True)
    place.begin(b"that of another configuration", [], fresh=True)  # by somebody who saw an empty folder, too
    assert (tmp_path / "out" / JOURNAL_NAME).read_bytes() == begun
    with pytest.raises(ConfigError, match="begun otherwise"):
        part(home, tmp_path / "out", 2, 2, "seed=9")


def test_a_link_in_place_of_a_journal_is_not_followed(home: Path, tmp_path: Path) -> None:
    part(home, tmp_path / "out", 1, 2)
    (tmp_path / "theirs").write_text("a file of somebody else")
    (tmp_path / "out" / Part(2, 2).journal).symlink_to(tmp_path / "theirs")
    with pytest.raises(BuildError, match=f"{Part(2, 2).journal}: Too many levels of symbolic links"):
        part(home, tmp_path / "out", 2, 2)
    assert (tmp_path / "theirs").read_text() == "a file of somebody else"


def test_finishing_too_early_names_what_is_missing_and_how_to_make_it(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    part(home, out, 2, 4)
    (out / "train/shard-00005.h5").unlink()
    before = files(out)
    with pytest.raises(DamageError) as caught:
        finish(home, out)
    assert str(caught.value) == (
        f"{out}: 8 of 9 shards are missing or damaged: part 1/4 (3, such as train/shard-00000.h5), "
        "part 2/4 (1, such as train/shard-00005.h5), part 3/4 (2, such as train/shard-00002.h5), "
        "part 4/4 (2, such as train/shard-00003.h5); make them with digitgen build CONFIG "
        f"--out {out} --part 1/4, and so on, then finish again"
    )
    assert files(out) == before


def test_a_shard_that_was_damaged_meanwhile_is_not_accepted(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    part(home, out, 1, 2)
    part(home, out, 2, 2)
    os.truncate(out / "train/shard-00002.h5", 1000)
    with pytest.raises(DamageError, match=r"1 of 9 .*: part 1/2 \(1, such as train/shard-00002\.h5\)"):
        finish(home, out)
    part(home, out, 1, 2)
    finish(home, out)


@contextlib.contextmanager
def while_a_part_is_built(home: Path, out: Path, monkeypatch: pytest.MonkeyPatch, what: Callable[[], None]) -> Any:
    """Call something in the middle of the first of two parts."""
    made = shards.make_shard

    def make_shard(order: Any) -> Any:
        what()
        return made(order)

    with monkeypatch.context() as patch:
        patch.setattr("digitgen.build.array.make_shard", make_shard)
        yield part(home, out, 1, 2)


def test_a_part_that_is_being_built_is_left_alone(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, bytes]
) -> None:
    out, refused = tmp_path / "out", []

    def try_others() -> None:
        with monkeypatch.context() as patch:
            patch.setattr("digitgen.build.array.make_shard", shards.make_shard)
            others: list[Callable[[], object]] = [
                lambda: part(home, out, 1, 2),
                lambda: finish(home, out),
                lambda: build(home, out, resume=True),
                lambda: build(home, out, overwrite=True),
            ]
            for other in others:
                with pytest.raises(LockedError):
                    other()
                refused.append(other)

    with while_a_part_is_built(home, out, monkeypatch, try_others):
        assert len(refused) == 5 * 4
    part(home, out, 2, 2)
    finish(home, out)
    assert files(out) == whole


def test_locks_of_parts_hold_where_the_folder_has_none(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, refused = tmp_path / "out", []
    monkeypatch.setattr("digitgen.files.lock", lambda *_, **__: (None, None))  # as over a network

    def others() -> None:
        tried: list[Callable[[], object]] = [lambda: finish(home, out), lambda: build(home, out, resume=True)]
        for other in tried:
            with pytest.raises(LockedError, match="part 1/2 is being built; wait for it"):
                other()
            refused.append(other)

    with while_a_part_is_built(home, out, monkeypatch, others):
        assert refused


def test_a_part_waits_for_no_build_of_the_whole(home: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out"), pytest.raises(LockedError):
        part(home, tmp_path / "out", 1, 2)


def test_a_build_in_one_goes_on_from_parts(home: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    part(home, out, 2, 4)
    before, told = stamps(out), list[str]()
    build(home, out, resume=True, say=told.append)
    assert f"{out}: 2 of 9 shards are there and whole" in told
    assert before.items() <= stamps(out).items()
    assert files(out) == whole


def test_parts_go_on_from_a_build_in_one_and_from_other_parts(
    home: Path, tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(order: Any, made: Any = shards.make_shard) -> Any:
        if order.task.index == 3:
            raise KeyboardInterrupt
        return made(order)

    out = tmp_path / "out"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("digitgen.build.build.make_shard", stop)
        build(home, out)
    part(home, out, 1, 4)
    before = stamps(out)
    for number in (1, 2):
        part(home, out, number, 2)
    assert before.items() <= stamps(out).items()
    finish(home, out)
    assert files(out) == whole


def test_a_finished_dataset_stays_as_it_is(home: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    build(home, tmp_path / "out")
    told: list[str] = []
    assert part(home, tmp_path / "out", 2, 4, say=told.append).shards == 2
    assert f"{tmp_path / 'out'}: is a finished dataset already" in told
    assert finish(home, tmp_path / "out") == read_manifest(tmp_path / "out")
    assert files(tmp_path / "out") == whole


def test_overwriting_parts_leaves_nothing_of_them(home: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    part(home, tmp_path / "out", 1, 2, "seed=9")
    build(home, tmp_path / "out", overwrite=True)
    assert files(tmp_path / "out") == whole


@pytest.mark.parametrize(("number", "of"), [(0, 2), (3, 2), (1, 10**6), (-1, 2)])
def test_a_part_that_cannot_be_is_refused(home: Path, tmp_path: Path, number: int, of: int) -> None:
    with pytest.raises(ArgumentError, match=f"part must be from 1/N to N/N, with N at most 99,999; got {number}/{of}"):
        part(home, tmp_path / "out", number, of)


def test_where_no_part_was_built_there_is_nothing_to_finish(home: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no such dataset folder"):
        finish(home, tmp_path / "out")
    with pytest.raises(DatasetError, match="no build was begun here; each part is built by: digitgen build CONFIG"):
        finish(home, tmp_path)


def test_finishing_without_the_builders_own_digits_says_where_they_are_looked_for(home: Path, tmp_path: Path) -> None:
    part(home, tmp_path / "out", 1, 1)
    with pytest.raises(SourceError, match=r"images\.idx: .*; paths of your own files start from /nowhere"):
        finish_dataset(tmp_path / "out", data_dir="/nowhere")


def test_a_part_in_somebody_elses_folder_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DatasetError, match="is not empty, and holds no dataset"):
        part(home, tmp_path, 1, 2)
