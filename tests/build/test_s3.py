"""Datasets in a bucket of a server that speaks S3's protocol."""

import multiprocessing
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import BuildError, DatasetError, DigitDataset, build_dataset, load_config, verify_dataset
from digitgen.build.journal import progress_in
from digitgen.dataset.stores import Found, store_of
from digitgen.dataset.stores.explain import explained
from digitgen.dataset.stores.remote import RemoteStore
from digitgen.dataset.stores.s3 import S3Store
from tests import servers
from tests.conftest import write_coded_glyphs

pytest.importorskip("s3fs", reason=servers.NEEDS)
from botocore.exceptions import ClientError

CONFIG = """
name: small
image_width: 60
splits: {train: {count: 4500, source: {images: images.idx, labels: labels.idx}}}
sequence: {length: [1, 2]}
spacing: {range: [0, 4]}
output: {shard_size: 1024}
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with servers.moto() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CONFIG)
    build(home, home / "local")
    return home


@pytest.fixture
def out(endpoint: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a dataset to be."""
    for name, value in servers.environment(endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return f"s3://{servers.BUCKET}/{request.node.name}"


def build(home: Path, out: str | Path, *overrides: str, **options: Any) -> Any:
    return build_dataset(load_config(home / "config.yaml", overrides), out, jobs=1, fsync=False, **options)


def test_a_dataset_in_a_bucket_is_built_verified_read_and_repaired(home: Path, out: str) -> None:
    build(home, out)
    store = store_of(out)
    for path in (home / "local").rglob("*.*"):
        name = path.relative_to(home / "local").as_posix()
        assert name == "build-log.json" or store.read(name, 1 << 24) == path.read_bytes(), name
    assert sorted(store.list("")) == ["README.md", "build-log.json", "config.yaml", "journal.jsonl", "manifest.json"]
    assert verify_dataset(out, regenerate=3, data_dir=home).ok
    rows = [4499, 0, 1024]
    assert np.array_equal(DigitDataset(out, "train")[rows].images, DigitDataset(home / "local", "train")[rows].images)
    assert isinstance(store, RemoteStore)
    store.put("train/shard-00001.h5", b"damage", replace=True)
    store.delete(["train/shard-00002.h5", "train/absent.h5"])
    assert list(verify_dataset(out).damaged) == ["train/shard-00001.h5", "train/shard-00002.h5"]
    said: list[str] = []
    build(home, out, resume=True, say=said.append)
    assert f"{out}: 3 of 5 shards are there and whole" in said
    assert verify_dataset(out).ok


def test_what_was_put_is_known_by_the_etags_of_a_listing(home: Path, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a shard was read back")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr("digitgen.build.build.write_rest", lambda *_, **__: (_ for _ in ()).throw(RuntimeError))
        build(home, out)
    before = progress_in(store_of(out))
    assert before
    assert {name: found.mark for name, found in store_of(out).list("train").items()} == before.marks
    monkeypatch.setattr(RemoteStore, "has", fail)
    said: list[str] = []
    build(home, out, resume=True, say=said.append)
    assert f"{out}: 5 of 5 shards are there and whole" in said


def test_a_file_is_created_only_once(out: str) -> None:
    store = store_of(out)
    assert isinstance(store, RemoteStore)
    mark = store.put("file", b"one")
    assert store.put("file", b"one") == mark
    with pytest.raises(FileExistsError, match="holds other bytes than this build makes"):
        store.put("file", b"other")
    assert store.read("file", 10) == b"one"
    assert store.look("file") == Found(3, mark)
    assert store.look("absent") is None


def test_where_the_store_cannot_create_once_it_is_asked_beforehand(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(out)
    assert isinstance(store, S3Store)
    ask = store._s3

    def simple(method: str, where: str, more: int = 0, **request: Any) -> Any:
        if "IfNoneMatch" in request:
            raise explained(ClientError({"Error": {"Code": "NotImplemented"}}, method), where)
        return ask(method, where, more, **request)

    monkeypatch.setattr(store, "_s3", simple)
    mark = store.put("file", b"one")
    assert store.put("file", b"one") == mark
    with pytest.raises(FileExistsError, match="holds other bytes than this build makes"):
        store.put("file", b"other")
    assert store.read("file", 10) == b"one"


def test_a_request_that_collides_with_another_is_made_again(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store, collisions = store_of(out), [1]
    assert isinstance(store, S3Store)
    ask = store._s3

    def colliding(method: str, where: str, more: int = 0, **request: Any) -> Any:
        if method == "put_object" and collisions:
            collisions.pop()
            raise explained(ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, method), where)
        return ask(method, where, more, **request)

    monkeypatch.setattr(store, "_s3", colliding)
    store.put("file", b"one")
    assert store.read("file", 10) == b"one"


def test_a_bucket_with_files_of_others_in_folders_is_not_free(home: Path, out: str) -> None:
    store = store_of(out)
    assert isinstance(store, RemoteStore)
    store.put("photos/one.png", b"mine")
    with pytest.raises(DatasetError, match="is not empty, and holds no dataset"):
        build(home, out)


def test_a_bucket_that_is_not_there_is_named(home: Path, out: str) -> None:
    out = out.replace(servers.BUCKET, "no-such-bucket")
    with pytest.raises(BuildError, match=f"^{out}: there is no such bucket; make it with your store's own tools$"):
        build(home, out)
    with pytest.raises(DatasetError, match="cannot be read: there is no such bucket"):
        DigitDataset(out, "train")


def test_missing_credentials_are_named(home: Path, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(BuildError, match="no credentials were found"):
        build(home, out)


def test_a_server_that_is_away_is_named(home: Path, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{servers.free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(BuildError, match=f"^{out}: the store cannot be reached$"):
        build(home, out)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_that_are_forked_read_by_connections_of_their_own(home: Path, out: str) -> None:
    build(home, out)
    dataset = DigitDataset(out, "train")
    expected = [DigitDataset(home / "local", "train")[index].text for index in range(0, 4500, 900)]
    assert dataset[0].text == expected[0]  # connected, with a thread that no child has
    with warnings.catch_warnings(), multiprocessing.get_context("fork").Pool(2) as pool:
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking while there are threads
        assert [sample.text for sample in pool.map(dataset.__getitem__, range(0, 4500, 900))] == expected
    assert dataset[4499].text
