"""The cache: any number of first users fetch at once, one of them downloads, and a killed one leaves nothing behind."""

import errno
import fcntl
import gzip
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from digitgen import files
from digitgen.errors import SourceError
from digitgen.glyphs import cache
from digitgen.glyphs.cache import cache_dir
from digitgen.glyphs.fetch import fetch_source
from digitgen.glyphs.idx import encode_idx
from digitgen.glyphs.places import VARIABLE
from tests.glyphs.conftest import Answer, begin
from tests.glyphs.first_users import FILES, small_source

Serve = Callable[[Answer], str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the small source in a cache of its own, which is not there yet."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return cache_dir(small_source())


class Mirror:
    """Answers as a mirror does, and counts; `stopped_at` a name it answers only once `go_on` is set."""

    def __init__(self, stopped_at: str = "") -> None:
        self.asked: list[str] = []
        self.stopped_at = stopped_at
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __call__(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        name = handler.path.removeprefix("/mnist/").removesuffix(".gz")
        self.asked.append(name)
        if name == self.stopped_at:
            self.reached.set()
            self.go_on.wait(30)
        data = gzip.compress(encode_idx(FILES[name]))
        begin(handler, len(data))
        handler.wfile.write(data)


def users(address: str, count: int) -> "subprocess.Popen[str]":
    """Start processes that fetch at once."""
    command = [sys.executable, "-m", "tests.glyphs.first_users", address, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def outcomes(processes: "subprocess.Popen[str]") -> Iterator[tuple[list[str], str | None]]:
    """What each of them was told, and its error."""
    out, _ = processes.communicate(timeout=60)
    for line in out.splitlines():
        said, error = json.loads(line)
        yield said, error


def assert_whole(folder: Path) -> None:
    """Every file is there, and nothing else."""
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: encode_idx(array) for name, array in FILES.items()
    }


def test_of_many_first_users_one_downloads_and_all_succeed(serve: Serve, folder: Path) -> None:
    mirror = Mirror()
    address = serve(mirror)
    found = list(outcomes(users(address, 12)))
    assert [error for _, error in found] == [None] * 12
    assert mirror.asked == list(FILES)
    assert sum(f"trying {address}s-images.gz" in said for said, _ in found) == 1
    assert all(said[-1] == f"{folder}: all 2 files are there and verified" for said, _ in found)
    assert_whole(folder)


def test_a_killed_user_neither_blocks_the_next_nor_leaves_files(serve: Serve, folder: Path) -> None:
    mirror = Mirror(stopped_at="s-labels")
    address = serve(mirror)
    killed = users(address, 1)
    assert mirror.reached.wait(30)
    left = files.temporary_name(folder / "s-labels")
    left.write_bytes(b"half of it")
    waits = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        result = threads.submit(fetch_source, small_source(address), say=lambda _: waits.set())
        assert waits.wait(30)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.communicate()
        mirror.go_on.set()
        assert result.result() == folder
    assert mirror.asked == ["s-images", "s-labels", "s-labels"]
    assert_whole(folder)


def test_users_that_waited_for_one_that_failed_do_not_each_try_again(serve: Serve) -> None:
    reached, go_on = threading.Event(), threading.Event()
    asked: list[str] = []

    def refuse(handler: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        reached.set()
        go_on.wait(30)
        handler.send_error(503)

    source = small_source(serve(refuse))
    waiting = threading.Semaphore(0)

    def fetch() -> str:
        with pytest.raises(SourceError) as caught:
            fetch_source(source, say=lambda line: waiting.release() if line.startswith("waiting") else None)
        return str(caught.value)

    with ThreadPoolExecutor(3) as threads:
        results = [threads.submit(fetch) for _ in range(3)]
        for _ in range(2):
            assert waiting.acquire(timeout=30)
        go_on.set()
        errors = sorted((each.result() for each in results), key=len)
    assert len(asked) == 1
    assert "the server answered 503" in errors[0]
    assert errors[1:] == [f"{errors[0]} (so it went for another process, which this one waited for)"] * 2
    fetch()
    assert len(asked) == 2  # whoever comes later tries


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS])
def test_users_fetch_each_for_itself_where_there_are_no_locks(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def no_lock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", no_lock)
    folder.mkdir(parents=True)
    theirs, left = (files.temporary_name(folder / "s-images") for _ in range(2))
    for path in (theirs, left):
        path.touch()
    os.utime(left, (0, 0))
    mirror = Mirror(stopped_at="s-images")
    source = small_source(serve(mirror))
    with ThreadPoolExecutor(2) as threads:
        results = [threads.submit(fetch_source, source) for _ in range(2)]
        assert mirror.reached.wait(30)
        mirror.go_on.set()
        assert [each.result() for each in results] == [folder] * 2
    assert not left.exists()
    theirs.unlink()  # another process may still be writing it
    assert_whole(folder)


def test_a_user_goes_on_when_another_holds_on_for_too_long(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PATIENCE", 0.05)
    mirror = Mirror()
    source = small_source(serve(mirror))
    said: list[str] = []
    with cache.turn_to_fetch(source):
        assert fetch_source(source, say=said.append) == folder
    assert said[0] == "waiting for another process that is fetching Small"
    assert_whole(folder)


def test_a_file_that_another_process_puts_there_first_is_as_good(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    for name, array in FILES.items():
        (folder / name).write_bytes(encode_idx(array))

    def in_use(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(cache, "write_atomically", in_use)
    cache.keep(small_source(), "s-labels", FILES["s-labels"])
    (folder / "s-labels").unlink()
    with pytest.raises(SourceError, match="s-labels: cannot be written: Permission denied"):
        cache.keep(small_source(), "s-labels", FILES["s-labels"])


def test_a_cache_that_is_no_folder_is_refused_before_a_download(serve: Serve, folder: Path) -> None:
    folder.parent.parent.mkdir(parents=True)
    folder.parent.touch()
    mirror = Mirror()
    with pytest.raises(SourceError) as caught:
        fetch_source(small_source(serve(mirror)))
    assert str(caught.value) == (
        f"{folder}: the cache cannot be written (Not a directory); name another with XDG_CACHE_HOME, "
        "or a folder with the files of Small with --data-dir or DIGITGEN_DATA_DIR"
    )
    assert not mirror.asked
