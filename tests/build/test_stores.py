"""Datasets in stores: built, gone on with, verified and read by their address."""

import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from digitgen import (
    ArgumentError,
    BuildError,
    ConfigError,
    DamageError,
    DatasetError,
    DigitDataset,
    LockedError,
    build_dataset,
    load_config,
    verify_dataset,
)
from digitgen.build import shards
from digitgen.build.places import place_of, was_begun
from digitgen.build.places import prefix as prefix_module
from digitgen.build.places.prefix import Prefix
from digitgen.cli.program import main
from digitgen.dataset.manifest import read_manifest
from digitgen.dataset.stores import Found, store_of
from digitgen.dataset.stores.remote import RemoteStore
from tests.conftest import write_coded_glyphs

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install -e '.[test]'")

CONFIG = """
name: small
allow_shared_glyphs: true
image_width: 130
splits:
  train: {count: 5000, source: {images: images.idx, labels: labels.idx}}
  test: {count: 50, source: {images: images.idx, labels: labels.idx}}
sequence: {length: [1, 4]}
spacing: {range: [0, 10]}
output: {shard_size: 1024}
"""
OUT = "memory://bucket/small"
TRAIN_1 = "train/shard-00001.h5"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CONFIG)
    return home


@pytest.fixture(scope="module")
def local(home: Path) -> dict[str, bytes]:
    """The files of a build in a folder, but for the log."""
    build(home, home / "local")
    paths = [path for path in (home / "local").rglob("*") if path.is_file() and path.name != "build-log.json"]
    return {path.relative_to(home / "local").as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A store in memory and a cache of its own; gives the store's files by their paths."""
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    monkeypatch.setattr(prefix_module, "_PART_SECONDS", 0.0)
    files: dict[str, Any] = fsspec.filesystem("memory").store
    files.clear()
    yield files
    files.clear()


def build(home: Path, out: str | Path, *overrides: str, **options: Any) -> Any:
    return build_dataset(load_config(home / "config.yaml", overrides), out, jobs=1, fsync=False, **options)


def files(memory: dict[str, Any]) -> dict[str, bytes]:
    """Every file in the store but the log."""
    found = {name.removeprefix("/bucket/small/"): file.getvalue() for name, file in memory.items()}
    found.pop("build-log.json", None)
    return found


def interrupt(home: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Press Ctrl-C after some shards."""
    made, store = shards.make_shard, store_of(OUT)

    def make_shard(shard: Any) -> Any:
        if shard.task.index >= after:
            while len(store.list("train")) < after:  # in threads of their own
                pass
            raise KeyboardInterrupt
        return made(shard)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("digitgen.build.build.make_shard", make_shard)
        build(home, OUT)


def damage(memory: dict[str, Any], name: str) -> None:
    file = memory[f"/bucket/small/{name}"]
    data = bytearray(file.getvalue())
    data[len(data) // 2] ^= 4
    file.seek(0)
    file.write(data)


def test_a_dataset_in_a_store_has_the_bytes_of_one_in_a_folder(
    home: Path, local: dict[str, bytes], memory: dict[str, Any]
) -> None:
    build(home, OUT)
    assert files(memory) == local


def test_an_address_of_files_is_a_folder_of_this_machine(home: Path, local: dict[str, bytes], tmp_path: Path) -> None:
    build(home, f"file://{tmp_path}/out")
    assert (tmp_path / "out" / TRAIN_1).read_bytes() == local[TRAIN_1]


def test_a_build_leaves_nothing_in_the_folder_for_temporary_files(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    build(home, OUT)
    assert not list(tmp_path.glob("digitgen-*"))


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_build_that_was_interrupted_goes_on_and_ends_with_the_same_bytes(
    home: Path, local: dict[str, bytes], memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    interrupt(home, monkeypatch, after)
    assert was_begun(OUT)
    before = {name: file.modified for name, file in memory.items() if name.endswith(".h5")}
    assert len(before) == after
    said: list[str] = []
    build(home, OUT, resume=True, say=said.append)
    assert f"{OUT}: {after} of 6 shards are there and whole" in said
    assert files(memory) == local
    assert {name: memory[name].modified for name in before} == before


def test_shards_that_no_journal_tells_of_are_made_again(
    home: Path, local: dict[str, bytes], memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(home, monkeypatch, 2)
    for name in [name for name in memory if "journal-" in name]:
        del memory[name]
    build(home, OUT, resume=True)
    assert files(memory) == local


def test_parts_of_a_journal_count_only_if_they_are_of_the_same_build(
    home: Path, local: dict[str, bytes], memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(home, monkeypatch, 2)
    (part,) = (name for name in memory if "journal-" in name)
    lines = memory[part].getvalue().splitlines(keepends=True)
    said: list[str] = []
    for name in [name for name in memory if name.endswith(".h5") or name == part]:
        damage(memory, name.removeprefix("/bucket/small/"))  # the shards, and the identity of the part
    memory[part].seek(0)
    memory[part].write(b"{}\n" + b"".join(lines[1:]))
    build(home, OUT, resume=True, say=said.append)
    assert f"{OUT}: 0 of 6 shards are there and whole" in said
    assert files(memory) == local


def test_a_damaged_shard_is_found_and_repaired(home: Path, local: dict[str, bytes], memory: dict[str, Any]) -> None:
    build(home, OUT)
    damage(memory, TRAIN_1)
    found = verify_dataset(OUT)
    assert list(found.damaged) == [TRAIN_1]
    assert found.damaged[TRAIN_1].startswith("its BLAKE3 hash is ")
    assert verify_dataset(OUT, quick=True).ok  # which looks at names and sizes only
    with pytest.raises(DamageError, match=rf"^{OUT}/{TRAIN_1}: the shard cannot be opened: its BLAKE3 hash is"):
        DigitDataset(OUT, "train")[1024]
    build(home, OUT, resume=True)
    assert files(memory) == local
    assert verify_dataset(OUT, regenerate=5, data_dir=home).ok


def test_what_a_build_has_left_that_was_killed_after_its_manifest_is_cleared_up(
    home: Path, local: dict[str, bytes], memory: dict[str, Any]
) -> None:
    build(home, OUT)
    fsspec.filesystem("memory").pipe_file("/bucket/small/journal-ab.jsonl", b"{}")
    assert list(verify_dataset(OUT, quick=True).damaged) == ["journal-ab.jsonl"]
    build(home, OUT, resume=True)
    assert files(memory) == local


def test_a_store_that_does_not_answer_may_have_a_build_to_go_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not was_begun(OUT)
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "ls", Mock(side_effect=TimeoutError))
    assert was_begun(OUT)


def test_a_quick_look_finds_what_is_missing_cut_or_foreign(home: Path, memory: dict[str, Any]) -> None:
    build(home, OUT)
    del memory["/bucket/small/train/shard-00000.h5"]
    memory[f"/bucket/small/{TRAIN_1}"].truncate(100)
    memory["/bucket/small/train/shard-00007.h5"] = memory["/bucket/small/train/shard-00002.h5"]
    damaged = verify_dataset(OUT, quick=True).damaged
    assert damaged["train/shard-00000.h5"] == "it is missing, or no plain file"
    assert damaged[TRAIN_1].startswith("it has 100 bytes, expected ")
    assert damaged["train/shard-00007.h5"] == "it is not in the manifest"


@pytest.mark.parametrize(("options", "message"), [({}, "holds an unfinished build"), ({"resume": True}, "was begun")])
def test_another_build_is_refused(
    home: Path, memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch, options: dict[str, bool], message: str
) -> None:
    interrupt(home, monkeypatch, 1)
    before = files(memory)
    with pytest.raises((DatasetError, ConfigError), match=message):
        build(home, OUT, "seed=7", **options)
    assert files(memory) == before


def test_an_overwrite_starts_again(home: Path, memory: dict[str, Any]) -> None:
    build(home, OUT, "seed=7", "splits.train.count=7000")
    build(home, OUT, overwrite=True)
    assert len(files(memory)) == 10
    assert verify_dataset(OUT, regenerate=2, data_dir=home).ok


def test_files_of_somebody_else_are_left_alone(home: Path, memory: dict[str, Any]) -> None:
    fsspec.filesystem("memory").pipe_file("/bucket/small/thesis.txt", b"mine")
    for options in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(DatasetError, match="is not empty, and holds no dataset"):
            build(home, OUT, **options)
    assert files(memory) == {"thesis.txt": b"mine"}


def other_build_begins(home: Path, monkeypatch: pytest.MonkeyPatch, method: str, *overrides: str, **how: bool) -> None:
    """Have another build do all its work at the moment when a method of the first is called."""
    original = getattr(Prefix, method)

    def late(self: Prefix, *args: Any, **options: Any) -> Any:
        monkeypatch.setattr(Prefix, method, original)
        build(home, OUT, *overrides, **how)
        return original(self, *args, **options)

    monkeypatch.setattr(Prefix, method, late)


def test_of_two_builds_that_begin_at_once_one_is_turned_away(
    home: Path, local: dict[str, bytes], memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Prefix, "finish", lambda *_, **__: None)
    begun: list[bool] = []
    original = Prefix.begin

    def begin(self: Prefix, *args: Any, **options: Any) -> None:
        if not begun:
            begun.append(True)
            place = place_of(OUT)
            place.begin(b'{"another": "build"}\n', [], fresh=True)
        original(self, *args, **options)

    monkeypatch.setattr(Prefix, "begin", begin)
    with pytest.raises(LockedError, match="another build has just begun here"):
        build(home, OUT)
    assert files(memory) == {"journal.jsonl": b'{"another": "build"}\n'}
    assert local


def test_a_build_that_was_overwritten_meanwhile_writes_no_manifest(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_build_begins(home, monkeypatch, "check_made", "seed=7", overwrite=True)
    with pytest.raises(BuildError, match="another build has begun here meanwhile"):
        build(home, OUT)
    assert read_manifest(OUT).seed == 7
    assert verify_dataset(OUT, regenerate=3, data_dir=home).ok


def test_shards_of_two_builds_never_mix(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Prefix, "lanes", 1)
    other_build_begins(home, monkeypatch, "commit", "seed=7", overwrite=True)
    with pytest.raises(BuildError, match="another build writes here"):
        build(home, OUT)
    assert read_manifest(OUT).seed == 7
    assert verify_dataset(OUT, regenerate=3, data_dir=home).ok


def test_a_shard_that_goes_missing_meanwhile_is_noticed(
    home: Path, memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Prefix.check_made

    def check_made(self: Prefix, *args: Any) -> None:
        del memory[f"/bucket/small/{TRAIN_1}"]
        original(self, *args)

    monkeypatch.setattr(Prefix, "check_made", check_made)
    with pytest.raises(BuildError, match=rf"{TRAIN_1}: is not there as it was put; go on with --resume"):
        build(home, OUT)
    assert "manifest.json" not in files(memory)


def test_what_arrives_damaged_is_sent_again_and_then_given_up(
    home: Path, local: dict[str, bytes], memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    original, times = RemoteStore._create, [1]

    def torn(self: RemoteStore, name: str, data: bytes, *, replace: bool) -> tuple[str | None, bool]:
        if name == TRAIN_1 and times[0]:
            times[0] -= 1
            data = data[:-1]
        return original(self, name, data, replace=replace)

    monkeypatch.setattr(RemoteStore, "_create", torn)
    build(home, OUT)
    assert files(memory) == local
    times[0] = 100
    with pytest.raises(BuildError, match=rf"^{OUT}/{TRAIN_1}: arrives damaged, 3 times in a row"):
        build(home, OUT, overwrite=True)


# Reading


def test_a_dataset_is_read_from_a_store_as_from_a_folder(home: Path, local: dict[str, bytes]) -> None:
    assert local
    build(home, OUT)
    there, here = DigitDataset(OUT, "train"), DigitDataset(home / "local", "train", check_hashes=True)
    rows = [4999, 0, 1024, 17]
    assert np.array_equal(there[rows].images, here[rows].images)
    again = pickle.loads(pickle.dumps(there))
    assert again[4999].text == here[4999].text
    assert pickle.loads(pickle.dumps(there))._store is again._store  # which need not connect again
    with pytest.raises(DatasetError, match=f"^{OUT}: has no split 'tests'"):
        DigitDataset(OUT, "tests")


def test_shards_are_fetched_once(home: Path, memory: dict[str, Any]) -> None:
    build(home, OUT)
    first = DigitDataset(OUT, "train")[0].image
    del memory["/bucket/small/train/shard-00000.h5"]
    assert np.array_equal(DigitDataset(OUT, "train")[0].image, first)
    with pytest.raises(DamageError, match="the shard is missing"):
        del memory[f"/bucket/small/{TRAIN_1}"]
        _ = DigitDataset(OUT, "train")[1024]


def test_the_cache_keeps_what_was_used_last_and_stays_within_its_limit(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = build(home, OUT)
    entries = manifest.splits["train"].shards
    size = entries[0].bytes
    monkeypatch.setenv("DIGITGEN_CACHE_GB", str(2.6 * size / 1e9))
    dataset = DigitDataset(OUT, "train")

    def cached() -> list[int]:
        there = {path.name for path in (tmp_path / "cache").rglob("*")}
        return [index for index, entry in enumerate(entries) if entry.blake3 in there]

    assert dataset[0].text
    assert dataset[1024].text
    assert cached() == [0, 1]
    assert DigitDataset(OUT, "train")[1].text
    assert dataset[2048].text
    assert cached() == [0, 2]
    assert dataset[1025].text  # which is mapped still


@pytest.mark.parametrize("check", [False, True])
def test_a_shard_that_was_damaged_in_the_cache_is_fetched_again(home: Path, tmp_path: Path, check: bool) -> None:
    entry = build(home, OUT).splits["train"].shards[0]
    first = DigitDataset(OUT, "train")[0].image
    (cached,) = (path for path in (tmp_path / "cache").rglob("*") if path.name == entry.blake3)
    right = cached.read_bytes()
    damaged = right[:-100] + bytes(100) if check else bytes(len(right))
    cached.write_bytes(damaged)
    assert np.array_equal(DigitDataset(OUT, "train", check_hashes=check)[0].image, first)
    assert cached.read_bytes() == right


def test_a_shard_that_is_damaged_in_the_store_stays_an_error(home: Path, memory: dict[str, Any]) -> None:
    build(home, OUT)
    memory[f"/bucket/small/{TRAIN_1}"].seek(10)
    memory[f"/bucket/small/{TRAIN_1}"].write(b"x")
    with pytest.raises(DamageError, match="BLAKE3 hash is"):
        _ = DigitDataset(OUT, "train")[1024]


def test_a_shard_larger_than_the_cache_may_be_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(home, OUT)
    monkeypatch.setenv("DIGITGEN_CACHE_GB", "0.001")
    with pytest.raises(DamageError, match=r"more than the cache may hold \(1,000,000\); raise DIGITGEN_CACHE_GB"):
        _ = DigitDataset(OUT, "train")[0]
    monkeypatch.setenv("DIGITGEN_CACHE_GB", "much")
    with pytest.raises(ArgumentError, match="DIGITGEN_CACHE_GB must be a number of gigabytes; got 'much'"):
        DigitDataset(OUT, "train")


def test_a_file_larger_than_it_may_be_is_not_read(memory: dict[str, Any]) -> None:
    fsspec.filesystem("memory").pipe_file("/bucket/small/manifest.json", b"x" * 11)
    with pytest.raises(OSError, match="larger than 10 bytes"):
        store_of(OUT).read("manifest.json", 10)
    assert memory


def test_commands_take_addresses(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    assert main(["build", "config.yaml", "--out", OUT, "--jobs", "1"]) == 0
    assert main(["verify", OUT]) == 0
    assert main(["verify", OUT, "--quick"]) == 0
    assert main(["inspect", OUT, "--jobs", "1"]) == 0
    assert main(["preview", OUT, "-o", str(tmp_path / "sheet.png")]) == 0
    assert (tmp_path / "sheet.png").stat().st_size > 1000
    out = capsys.readouterr().out
    assert f"{OUT}: 9 files, 5,050 images: all whole\n{OUT}: 9 files, 5,050 images: all there\n" in out


def test_a_store_that_has_real_folders_gets_them(tmp_path: Path) -> None:
    store = RemoteStore(f"file://{tmp_path}/there")
    assert store.is_empty()
    store.put("train/shard-00000.h5", b"one")
    assert not store.is_empty()
    assert store.list("train") == {"train/shard-00000.h5": Found(3)}
    assert store.list("") == {}
    assert store.look("train/shard-00000.h5") == Found(3)
    with pytest.raises(FileExistsError):
        store.put("train/shard-00000.h5", b"other")
    store.put("train/shard-00000.h5", b"other", replace=True)
    assert store.read("train/shard-00000.h5", 5) == b"other"
    store.delete(["train/shard-00000.h5", "absent"])
    assert store.list("train") == {}


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "s3://key:s3cret@bucket/prefix",
        "ftp://me:s3cret@host/data",
        "https://host/data?sig=s3cret",
        "az://box/data#s3cret",
        "simplecache::s3://s3cret/data",
        "s3://key:s3cret@[bucket/prefix",
    ],
)
def test_addresses_with_secrets_are_refused_and_not_repeated(
    address: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: DigitDataset(address, "train"),
        lambda: verify_dataset(address),
        lambda: build(home, address),
    ]
    for call in calls:
        with pytest.raises(ArgumentError, match="must be") as caught:
            call()
        assert "s3cret" not in str(caught.value)
    with pytest.raises(SystemExit) as ended:
        main(["verify", address])
    assert ended.value.code == 2
    assert "s3cret" not in capsys.readouterr().err


@pytest.mark.parametrize("address", ["s3://", "s3:///", "s3://bucket/../other", "s3://bucket/a\nb"])
def test_addresses_that_name_no_folder_are_refused(address: str) -> None:
    with pytest.raises(ArgumentError, match="path must name a folder in a store, as s3://bucket/prefix does"):
        DigitDataset(address, "train")


def test_a_path_that_was_an_address_is_refused(home: Path) -> None:
    for place in (Path("s3://bucket/prefix"), "s3:/bucket/prefix", "gs:/bucket"):
        with pytest.raises(ArgumentError, match="must have two slashes if it is an address, as in s3://bucket/prefix"):
            build_dataset(load_config(home / "config.yaml"), place)
    assert not list(home.glob("s3:*"))


def test_an_address_of_files_names_no_machine() -> None:
    with pytest.raises(ArgumentError, match="with three slashes, as in file:///data/digits"):
        DigitDataset("file://localhost/data/digits", "train")


def test_a_package_that_some_other_store_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(DatasetError, match=r"^gs://b/x: a package is missing for this; fsspec says: .*gcsfs"):
        DigitDataset("gs://b/x", "train")


def test_a_store_that_nobody_knows_is_refused() -> None:
    with pytest.raises(DatasetError, match=r"^gopher://x/y: fsspec knows no addresses that begin with gopher://"):
        DigitDataset("gopher://x/y", "train")


@pytest.mark.parametrize("missing", ["fsspec", "s3fs"])
def test_a_missing_library_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)  # of what is loaded already
    with pytest.raises(DatasetError, match=r"must be installed for this; use: pip install 'mnist-digitgen\[cloud\]'"):
        DigitDataset("s3://bucket/prefix", "train")


def test_a_store_that_fails_says_nothing_that_the_store_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Authorization: s3cret")

    build(home, OUT)
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "cat_file", fail)
    with pytest.raises(DatasetError) as caught:
        DigitDataset(OUT, "train")
    assert str(caught.value) == f"{OUT}/manifest.json: cannot be read: the store fails (RuntimeError)"
