"""Shards of datasets elsewhere, kept in the user's cache folder under their hashes.

Any number of processes may use it at once. A file appears whole, once its hash is right; what was used least recently
goes when there is too much. A file that somebody has open stays readable though it goes.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import platformdirs
from blake3 import blake3

from digitgen.errors import ArgumentError
from digitgen.files import TEMPORARY_SUFFIX, open_regular, sweep, temporary_name
from digitgen.messages import shown
from digitgen.turns import in_turn

VARIABLE: Final = "DIGITGEN_CACHE_GB"
"""Environment variable with the most gigabytes that the cache may hold."""
_DEFAULT_GB: Final = 20.0
_PIECE: Final = 1 << 20
_PATIENCE: Final = 600.0  # seconds to wait for another process that fetches the same shard
_STALE: Final = 3600.0  # seconds after which nobody can be writing a temporary file any more
_SHARE: Final = 64  # what is added between two looks at the whole cache is at most this part of it


def cache_limit() -> int:
    """Compute the most bytes that the cache may hold.

    Raises
    ------
    ArgumentError
        If the environment variable is no number.
    """
    text = os.environ.get(VARIABLE) or str(_DEFAULT_GB)
    try:
        limit = round(float(text) * 1e9)
    except (ValueError, OverflowError):
        limit = -1
    if limit < 0:
        raise ArgumentError(f"{VARIABLE} must be a number of gigabytes; got {shown(text)}")
    return limit


class ShardCache:
    """The cache of shards. It holds no open files and can be pickled."""

    def __init__(self) -> None:
        self._folder = Path(platformdirs.user_cache_dir("digitgen", appauthor=False)) / "shards"
        self._limit = cache_limit()
        self._added: int | None = None  # bytes since this process last looked at the whole; None: it has not yet

    def open(self, key: str, size: int, fill: Callable[[BinaryIO], None]) -> BinaryIO:
        """Open a file of the cache, which is fetched if it is not there.

        Parameters
        ----------
        key : str
            The BLAKE3 hash of the file.
        size : int
            Its bytes.
        fill : callable
            Fetches the file, checks it, and writes it into the open file that it is given.

        Returns
        -------
        binary file
            The file, open for reading.

        Raises
        ------
        OSError
            If it cannot be fetched, or the cache cannot be written.
        """
        path = self._folder / key[:2] / key
        if (file := _open(path, size)) is not None:
            return file
        path.parent.mkdir(parents=True, exist_ok=True)
        with in_turn(path.with_name("lock"), _PATIENCE, waiting=lambda: None):
            if (file := _open(path, size)) is not None:  # another process has fetched it meanwhile
                return file
            self._make_room(size)
            temporary = temporary_name(path)
            try:
                with temporary.open("w+b") as written:
                    fill(written)
                file = open_regular(temporary)
                temporary.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
                raise
            return file

    def drop_damaged(self, key: str) -> bool:
        """Delete a file if its hash is not what it was when it arrived: a disk fails, or a machine loses its power.

        Parameters
        ----------
        key : str
            The BLAKE3 hash that it should have.

        Returns
        -------
        bool
            Whether it was so.
        """
        path = self._folder / key[:2] / key
        try:
            with open_regular(path) as file:
                found = blake3()
                while data := file.read(_PIECE):
                    found.update(data)
            if found.hexdigest() == key:
                return False
            path.unlink()
        except OSError:
            return False
        return True

    def _make_room(self, size: int) -> None:
        """Delete what was used least recently, until a file of so many bytes fits."""
        if self._added is not None and self._added + size <= self._limit // _SHARE:
            self._added += size
            return
        self._added = 0
        sweep(self._folder, before=time.time() - _STALE)
        files = sorted(_files(self._folder))
        excess = sum(each for _, each, _ in files) + size + self._limit // _SHARE - self._limit
        for _, each, path in files:
            if excess <= 0:
                break
            with contextlib.suppress(OSError):  # another process was faster, or Windows, where it is open
                path.unlink()
                excess -= each


def _open(path: Path, size: int) -> BinaryIO | None:
    """Open a file of the cache, and note that it was used; None if it is not there, or not whole."""
    try:
        file = open_regular(path)
    except OSError:
        return None
    if os.fstat(file.fileno()).st_size == size:
        with contextlib.suppress(OSError):
            os.utime(path)
        return file
    file.close()
    return None


def _files(folder: Path) -> list[tuple[float, int, Path]]:
    """List the files of the cache by the time of their last use."""
    found = []
    for path in folder.glob("*/*"):
        with contextlib.suppress(OSError):
            facts = path.stat()
            if path.name != "lock" and not path.name.endswith(TEMPORARY_SUFFIX):
                found.append((facts.st_mtime, facts.st_size, path))
    return found
