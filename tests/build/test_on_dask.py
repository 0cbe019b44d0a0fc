"""Builds on a Dask cluster, here in this process: the same bytes, glyphs sent once, and workers that are not fit."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from digitgen import ArgumentError, BuildError, DigitgenError, build_dataset, load_config, verify_dataset
from digitgen.build.executor import Executor, WorkerDiedError, collect, run
from digitgen.build.fitness import Fitness, versions_here
from digitgen.build.places.prefix import Prefix
from digitgen.dataset.entries import ShardEntry
from digitgen.dataset.manifest import read_manifest
from digitgen.dataset.stores import store_of
from tests.build import tasks
from tests.conftest import write_coded_glyphs

distributed = pytest.importorskip("distributed")
from digitgen.build import on_dask, on_dask_worker  # noqa: E402

CONFIG = """
name: small
image_width: 130
allow_shared_glyphs: true
splits:
  train: {count: 5000, source: {images: images.idx, labels: labels.idx}}
  test: {count: 50, source: {images: images.idx, labels: labels.idx}}
sequence: {length: [1, 4]}
spacing: {range: [0, 10]}
output: {shard_size: 1024}
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with two workers."""
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0", protocol="inproc://"
    )
    yield cluster.scheduler_address
    cluster.close()


@contextlib.contextmanager
def executor_of(function: Any, address: str, told: list[str] | None = None) -> Iterator[Executor[Any, Any]]:
    """An executor of the cluster, closed at the end."""
    with contextlib.closing(
        on_dask.DaskWorkers(function, address, (told if told is not None else []).append)
    ) as executor:
        yield executor


def fit() -> Fitness:
    """A check that everybody passes."""
    return Fitness(versions_here("none", []), "none")


def files(folder: Path) -> dict[str, bytes]:
    """Every file but the log."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "build-log.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and the coded glyphs as IDX files."""
    home = tmp_path_factory.mktemp("home")
    write_coded_glyphs(home)
    (home / "config.yaml").write_text(CONFIG)
    return home


def test_a_build_on_dask_has_the_bytes_of_one_on_this_machine(home: Path, tmp_path: Path, address: str) -> None:
    config = load_config(home / "config.yaml")
    build_dataset(config, tmp_path / "here", jobs=1, fsync=False)
    build_dataset(config, tmp_path / "there", dask=address, fsync=False)
    assert files(tmp_path / "there") == files(tmp_path / "here")


def test_workers_put_shards_into_a_store_by_themselves(
    home: Path, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fsspec")
    put: list[str] = []
    monkeypatch.setattr(Prefix, "commit", lambda *_, **__: pytest.fail("this process is to put no shard"))
    note = Prefix.note

    def noted(place: Prefix, entry: ShardEntry, mark: str | None) -> None:
        put.append(entry.file)
        note(place, entry, mark)

    monkeypatch.setattr(Prefix, "note", noted)
    config, out = load_config(home / "config.yaml"), "memory://on-dask/set"
    build_dataset(config, out, dask=address)
    assert len(put) == 6
    assert build_dataset(config, tmp_path / "here", jobs=1, fsync=False) == read_manifest(store_of(out))
    assert verify_dataset(out).ok


def test_a_worker_that_does_not_reach_the_store_is_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = pytest.importorskip("fsspec")
    check = Fitness(versions_here("none", []), "none", store=store_of("memory://on-dask/away"))
    assert check() is None
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "ls", Mock(side_effect=PermissionError("s3cret")))
    assert check() == "memory://on-dask/away: access is refused (no permission)"


def test_values_reach_each_worker_once_and_not_with_each_task(tmp_path: Path, address: str) -> None:
    with executor_of(tasks.length_of_shared, address) as executor:
        executor.start(fit())
        values = {"a": tasks.Counted(tmp_path / "loaded"), "b": "bb"}
        with executor.share(values, tmp_path, "") as handles:
            assert list(run(executor, [handles["b"]] * 20)) == [2] * 20
    assert (tmp_path / "loaded").read_text().split() == ["loaded"] * 2  # once on each of two workers


def test_short_tasks_share_what_dask_needs_for_one(tmp_path: Path, address: str) -> None:
    with executor_of(tasks.own_number, address) as executor:
        executor.start(fit())
        with executor.share({}, tmp_path, ""):
            assert list(collect(executor, range(100))) == [os.getpid()] * 100
    assert isinstance(executor, on_dask.DaskWorkers)
    assert next(executor._numbers) < 20


def test_marks_of_tasks_are_gone_with_the_tasks(tmp_path: Path, address: str) -> None:
    with executor_of(tasks.own_number, address) as executor:
        executor.start(fit())
        with executor.share({}, tmp_path, ""):
            (before,) = tmp_path.iterdir()
            assert list(collect(executor, range(5))) == [os.getpid()] * 5
            assert list(tmp_path.iterdir()) == [before]
    assert not list(tmp_path.iterdir())


@pytest.fixture
def marks(tmp_path: Path) -> on_dask_worker.Marks:
    """Marks of a task of a build that is at work."""
    return on_dask_worker.Marks.begin(tmp_path).for_bundle()


def test_a_task_that_another_worker_has_begun_counts_as_a_death(marks: on_dask_worker.Marks) -> None:
    marks.begun.touch()
    with pytest.raises(WorkerDiedError):
        on_dask_worker.call_once(tasks.own_number, [1], marks)
    assert on_dask_worker.call_once(tasks.own_number, [1], marks.for_bundle())[0].result == os.getpid()


def test_what_a_task_made_for_a_build_that_has_ended_is_deleted(tmp_path: Path, marks: on_dask_worker.Marks) -> None:
    def end_meanwhile(_: object) -> tasks.Left:
        marks.at_work.unlink()
        marks.begun.unlink()
        return tasks.Left(tmp_path / "left")

    on_dask_worker.call_once(end_meanwhile, [1], marks)
    assert not list(tmp_path.iterdir())


def test_a_task_of_a_build_that_has_ended_is_not_begun(tmp_path: Path, marks: on_dask_worker.Marks) -> None:
    marks.at_work.unlink()
    with pytest.raises(BuildError, match="the build has ended"):
        on_dask_worker.call_once(tasks.own_number, [1], marks)
    assert not list(tmp_path.iterdir())


def test_an_error_of_a_task_is_raised_here_as_it_is(address: str) -> None:
    with executor_of(tasks.fail, address) as executor:
        executor.start(fit())
        with pytest.raises(OSError, match="No space left on device"):
            list(run(executor, ["ordinary"]))


def test_another_version_of_a_library_is_refused_with_both(address: str) -> None:
    versions = versions_here("none", [])
    with executor_of(tasks.own_number, address) as executor:
        with pytest.raises(BuildError, match=rf"Dask worker .*: numpy is {versions['numpy']} there, and 0\.1 here"):
            executor.start(Fitness(versions | {"numpy": "0.1"}, "none"))
        with pytest.raises(BuildError, match=r": step lift is absent there, and digitgen-lift 1\.0 here"):
            executor.start(Fitness(versions | {"step lift": "digitgen-lift 1.0"}, "none"))


def test_another_version_of_digitgen_is_refused_with_both(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_dask, "VERSION", "99.0")
    words = r": digitgen is [\d.]+ there, and 99\.0 here"
    with executor_of(tasks.own_number, address) as executor, pytest.raises(BuildError, match=words):
        executor.start(fit())


@pytest.mark.parametrize(
    ("secret", "words"), [("other", "it sees another folder at"), (None, r"it does not see .* \(No such file")]
)
def test_a_worker_that_does_not_see_the_folder_is_refused(
    tmp_path: Path, address: str, secret: str | None, words: str
) -> None:
    if secret:
        (tmp_path / "probe").write_text(secret)
    check = Fitness(versions_here("none", []), "none", tmp_path / "probe", "secret")
    with executor_of(tasks.own_number, address) as executor, pytest.raises(BuildError, match=words):
        executor.start(check)


def test_a_cluster_without_workers_is_waited_for_and_then_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_dask, "_PATIENCE", 0.1)
    told: list[str] = []
    options = {"n_workers": 0, "processes": False, "dashboard_address": ":0", "protocol": "inproc://"}
    with (
        distributed.LocalCluster(**options) as empty,
        executor_of(tasks.own_number, empty.scheduler_address, told) as executor,
        pytest.raises(BuildError, match="no worker came within"),
    ):
        executor.start(fit())
    assert told == [f"{empty.scheduler_address}: there is no worker yet; waiting for one"]


def test_where_no_scheduler_answers_a_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_dask, "_CONNECT", 0.1)
    with pytest.raises(BuildError, match=r"^tcp://127\.0\.0\.1:1: no Dask scheduler answers there$"):
        on_dask.DaskWorkers(tasks.own_number, "tcp://127.0.0.1:1", print)


def quickstart() -> Any:
    return load_config(Path(__file__).parents[2] / "configs/quickstart.yaml")


@pytest.mark.parametrize("address", ["htp://h:1", "", "host", "h:1\n", "tcp://h:port", "tcp://u:p@h:1", "inproc://h"])
def test_what_is_no_address_is_refused(tmp_path: Path, address: Any) -> None:
    with pytest.raises(ArgumentError, match="dask must be an address such as tcp://host:8786; got"):
        build_dataset(quickstart(), tmp_path / "out", dask=address)


def test_an_address_that_is_none_leaves_nothing_to_wait_for_at_the_end() -> None:
    script = """
from digitgen import ArgumentError
from digitgen.build.on_dask import DaskWorkers
try:
    DaskWorkers(print, "tcp://h:port", print)
except ArgumentError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=15)
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_without_certificates_a_line_says_so(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"^tls://127\.0\.0\.1:1: needs certificates"):
        build_dataset(quickstart(), tmp_path / "out", dask="tls://127.0.0.1:1")


def test_jobs_and_dask_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="jobs, dask and ray exclude each other"):
        build_dataset(quickstart(), tmp_path / "out", dask="tcp://127.0.0.1:1", jobs=2)


def test_without_dask_a_line_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "digitgen.build.on_dask")
    with pytest.raises(DigitgenError, match=r"pip install \"mnist-digitgen\[dask\]\""):
        build_dataset(quickstart(), tmp_path / "out", dask="tcp://127.0.0.1:1")


def test_dask_is_loaded_only_for_those_who_ask() -> None:
    script = "import sys, digitgen.build.build; assert not {'dask', 'distributed'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
