"""The cache of shards: each is fetched once, whole or not at all, and what was used least recently goes."""

import os
import threading
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from digitgen.dataset.stores.cache import ShardCache

KEYS = [f"{number:064x}" for number in range(5)]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShardCache:
    """A cache that takes 2,500 bytes."""
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path))
    monkeypatch.setenv("DIGITGEN_CACHE_GB", "0.0000025")
    return ShardCache()


def fill(file: BinaryIO) -> None:
    file.write(b"x" * 1000)


def read(cache: ShardCache, key: str) -> bytes:
    with cache.open(key, 1000, fill) as file:
        return file.read()


def kept(tmp_path: Path) -> list[int]:
    """Which of the keys are there."""
    names = {path.name for path in tmp_path.rglob("*")}
    return [index for index, key in enumerate(KEYS) if key in names]


def test_a_file_is_fetched_once_however_many_ask(cache: ShardCache) -> None:
    fetched: list[int] = []

    def slowly(file: BinaryIO) -> None:
        fetched.append(1)
        time.sleep(0.1)
        fill(file)

    def ask() -> None:
        with cache.open(KEYS[0], 1000, slowly) as file:
            assert file.read() == b"x" * 1000

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == 1


def test_a_fetch_that_fails_leaves_nothing_and_is_made_again(cache: ShardCache, tmp_path: Path) -> None:
    def broken(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(5, "the connection broke")

    with pytest.raises(OSError, match="the connection broke"):
        cache.open(KEYS[0], 1000, broken)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["lock"]
    assert read(cache, KEYS[0]) == b"x" * 1000


def test_a_file_that_was_cut_is_fetched_again(cache: ShardCache, tmp_path: Path) -> None:
    read(cache, KEYS[0])
    (path,) = tmp_path.rglob(KEYS[0])
    os.truncate(path, 10)
    assert read(cache, KEYS[0]) == b"x" * 1000


def test_what_was_used_least_recently_goes_and_stays_readable_to_whoever_has_it_open(
    cache: ShardCache, tmp_path: Path
) -> None:
    open_files = []
    for number, key in enumerate((KEYS[0], KEYS[1], KEYS[0], KEYS[2], KEYS[3])):
        open_files.append(cache.open(key, 1000, fill))
        (path,) = tmp_path.rglob(key)
        os.utime(path, (number, number))  # whose clock is too coarse to tell
    assert kept(tmp_path) == [2, 3]
    for file in open_files:
        assert file.read() == b"x" * 1000
        file.close()
