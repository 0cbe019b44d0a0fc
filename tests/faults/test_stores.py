"""Stores that fail: builds and reads through a proxy, in front of real servers of S3's protocol."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import DatasetError, DigitDataset, build_dataset, load_config, verify_dataset
from digitgen.dataset.stores import store_of
from digitgen.errors import DigitgenError
from tests import servers
from tests.conftest import write_coded_glyphs
from tests.faults.helpers import LOG, Process, Record, times, wait_until
from tests.faults.proxy import ANY, LISTS, OUTAGES, READS, STALLED, WRITES, FaultProxy, fault_proxy

pytestmark = pytest.mark.faults

CONFIG = """
name: faults
allow_shared_glyphs: true
seed: 5
image_width: 60
splits:
  train: {count: 8000, source: {images: images.idx, labels: labels.idx}}
  test: {count: 1500, source: {images: images.idx, labels: labels.idx}}
sequence: {length: [1, 2]}
spacing: {range: [0, 4]}
output: {shard_size: 1024}
"""
REQUESTS = 26  # of an undisturbed build, about
SERVERS = ("moto", "SeaweedFS")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "config.yaml"), home / "local", jobs=1)
    return home


@pytest.fixture(scope="module")
def proxies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[FaultProxy, str]]]:
    """A proxy in front of each server, and its address."""
    with (
        servers.moto() as moto,
        servers.seaweedfs(tmp_path_factory.mktemp("weed")) as weed,
        fault_proxy(moto) as first,
        fault_proxy(weed) as second,
    ):
        yield dict(zip(SERVERS, (first, second), strict=True))


@pytest.fixture(params=SERVERS)
def proxy(
    request: pytest.FixtureRequest,
    proxies: dict[str, tuple[FaultProxy, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[FaultProxy]:
    """A proxy in front of a server, which the environment names as the store."""
    proxy, endpoint = proxies[request.param]
    for name, value in servers.environment(endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    monkeypatch.setitem(__import__("fsspec").config.conf, "s3", {"config_kwargs": {"read_timeout": 1.5}})
    yield proxy
    proxy.arm("", 0)


@pytest.fixture(autouse=True)
def _interruptible() -> None:
    """Let builds hear SIGINT, though the tests may run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    """The address of a dataset to be."""
    return f"s3://{servers.BUCKET}/{''.join(each if each.isalnum() else '-' for each in request.node.name)}"


def build(home: Path, out: str, **options: Any) -> None:
    build_dataset(load_config(home / "config.yaml"), out, jobs=1, **options)


def files(out: str) -> dict[str, bytes]:
    """Every file of a dataset in a store but the log."""
    store = store_of(out)
    names = [name for folder in ("", "train", "test") for name in store.list(folder) if name != LOG]
    return {name: store.read(name, 1 << 26) for name in names}


def assert_identical(home: Path, out: str) -> None:
    """The dataset is that of a folder, byte for byte and file for file."""
    local = home / "local"
    paths = [path for path in local.rglob("*") if path.is_file() and path.name != LOG]
    there = files(out)
    assert sorted(there) == sorted(path.relative_to(local).as_posix() for path in paths)
    assert not [path for path in paths if there[path.relative_to(local).as_posix()] != path.read_bytes()]


@contextmanager
def one_line() -> Iterator[list[str]]:
    """What goes wrong in the block is said in one line without a secret; gives what was said."""
    said: list[str] = []
    try:
        yield said
    except DigitgenError as error:
        said.append(str(error))
        assert len(str(error).splitlines()) == 1
        assert str(error).startswith("s3://")
        assert not any(each in str(error) for each in (servers.SECRET, "key-of-the-tests", "Credential="))


@times(0.6)
@pytest.mark.parametrize("fault", [*ANY, *WRITES, *LISTS])
def test_a_build_survives_a_fault_or_goes_on_after_it(
    home: Path, proxy: FaultProxy, out: str, rng: random.Random, record: Record, fault: str
) -> None:
    record.injected = f"{fault}, once while a dataset is built"
    before = proxy.injected
    proxy.arm(fault, rng.randrange(REQUESTS))
    record.happened = "the build ended well, with identical bytes"
    with one_line() as said:
        build(home, out)
    if said:
        record.happened = "one line said what went wrong; --resume gave identical bytes"
        build(home, out, resume=True)
    proxy.arm("", 0)
    assert_identical(home, out)
    assert verify_dataset(out).ok
    if proxy.injected == before:
        record.injected += " (came after the build)"


@times(0.4)
@pytest.mark.parametrize("fault", OUTAGES)
def test_a_build_ends_in_one_line_when_a_store_is_out_and_goes_on_when_it_is_back(
    home: Path, proxy: FaultProxy, out: str, rng: random.Random, record: Record, fault: str
) -> None:
    record.injected = f"{fault}, while a dataset is built"
    proxy.arm(fault, rng.randrange(REQUESTS - 6))
    with one_line() as said:
        build(home, out)
    assert said
    proxy.arm("", 0)
    with suppress(DatasetError):
        there = store_of(out).list("")
        assert "manifest.json" not in there
    record.happened = "one line said what went wrong; --resume gave identical bytes"
    build(home, out, resume=True)
    assert_identical(home, out)


@times(0.6)
@pytest.mark.parametrize("fault", [*ANY, *READS, *LISTS])
def test_nothing_wrong_is_read(
    home: Path, proxy: FaultProxy, out: str, rng: random.Random, record: Record, fault: str
) -> None:
    record.injected = f"{fault}, while a dataset is read, and again while it is verified quickly"
    build(home, out)
    before = proxy.injected
    proxy.arm(fault, rng.randrange(8))
    rows = np.arange(0, 8000, 97)
    record.happened = "the right images were read"
    expected = DigitDataset(home / "local", "train")[rows]
    with one_line() as said:
        found = DigitDataset(out, "train")[rows]
        assert np.array_equal(found.images, expected.images)
        assert np.array_equal(found.labels, expected.labels)
    if said:
        record.happened = "one line said what went wrong"
    proxy.arm(fault, rng.randrange(8))
    with one_line():
        assert verify_dataset(out, quick=True).ok
    if proxy.injected < before + 2:
        record.injected += f" (of which {proxy.injected - before} came up)"
    proxy.arm("", 0)
    assert np.array_equal(DigitDataset(out, "train")[rows].images, expected.images)


@times(0.4)
def test_a_build_that_is_killed_goes_on(
    home: Path, proxy: FaultProxy, out: str, rng: random.Random, record: Record, tmp_path: Path
) -> None:
    record.injected = "kill -9 of a build into a store"
    seen, last = proxy.requests, rng.randrange(1, REQUESTS)
    process = Process(tmp_path, "build", home / "config.yaml", "--out", out, "--jobs", "2")
    wait_until(lambda: proxy.requests >= seen + last, process)
    process.kill_all()
    process.wait()
    process.assert_gone()
    process.close()
    build(home, out, resume=True)
    record.happened = "--resume gave identical bytes"
    assert_identical(home, out)


@times(0.2)
def test_an_interrupted_build_ends_at_once_though_the_store_does_not_answer(
    home: Path, proxy: FaultProxy, out: str, rng: random.Random, record: Record, tmp_path: Path
) -> None:
    record.injected = "SIGINT to a build whose store does not answer"
    seen, last = proxy.requests, rng.randrange(4, REQUESTS // 2)
    process = Process(tmp_path, "build", home / "config.yaml", "--out", out, "--jobs", "2")
    wait_until(lambda: proxy.requests >= seen + last, process)
    proxy.arm(STALLED, 0)
    os.kill(process.pid, signal.SIGINT)
    begun = time.monotonic()
    ended = process.wait()
    seconds = time.monotonic() - begun
    process.close()
    proxy.arm("", 0)
    assert ended.code in (0, 130)
    assert seconds < 8
    build(home, out, resume=True)
    record.happened = "it ended within 8 s; --resume gave identical bytes"
    assert_identical(home, out)
