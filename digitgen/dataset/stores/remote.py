"""A dataset in a store that fsspec reaches by its address.

Files are put whole, created but never replaced where the store can do that, and their bytes are compared by the store's
own checksum or by reading them back. What is read is compared with its hash when it arrives.
"""

import contextlib
import errno
import tempfile
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, Self

import blake3 as hashes

from digitgen.dataset.stores.cache import VARIABLE, ShardCache, cache_limit
from digitgen.dataset.stores.requests import Requests
from digitgen.dataset.stores.store import Found, Store, WrongBytesError
from digitgen.errors import DatasetError
from digitgen.format import is_journal_part
from digitgen.messages import one_line

_PIECE: Final = 1 << 26  # bytes that are asked for at a time
_LANES: Final = 8
_TRIES: Final = 3  # of a file that arrives otherwise than it was sent


def remote_store(address: str) -> "RemoteStore":
    """Find the store of an address; nothing is asked of it yet.

    Parameters
    ----------
    address : str
        An address that `check_place` has passed.

    Returns
    -------
    RemoteStore
        The store.

    Raises
    ------
    DatasetError
        If the package that knows such addresses is not installed.
    """
    scheme = address.partition("://")[0]
    try:
        from fsspec import get_filesystem_class
    except ImportError:
        raise _not_installed(address, "fsspec") from None
    try:
        get_filesystem_class(scheme)
    except ImportError as error:
        if scheme in ("s3", "s3a"):
            raise _not_installed(address, "s3fs") from None
        raise DatasetError(f"{address}: a package is missing for this; fsspec says: {one_line(str(error))}") from None
    except ValueError:
        raise DatasetError(f"{address}: fsspec knows no addresses that begin with {scheme}://") from None
    if scheme in ("s3", "s3a"):
        from digitgen.dataset.stores.s3 import S3Store

        return S3Store(address)
    return RemoteStore(address)


def _not_installed(address: str, what: str) -> DatasetError:
    """Say how to install what the extra brings."""
    return DatasetError(f"{address}: {what} must be installed for this; use: pip install 'mnist-digitgen[cloud]'")


class RemoteStore(Store):
    """A store that has an address.

    Parameters
    ----------
    address : str
        The address, without secrets.
    cached : bool, default True
        Whether shards that are read are kept in the user's cache.
    """

    lanes = _LANES
    tries = _TRIES

    def __init__(self, address: str, *, cached: bool = True) -> None:
        self._address = address
        self._root = address.partition("://")[2]
        self._cache = ShardCache() if cached else None
        self._requests = Requests(self._connect)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self._address, self._cache is not None)

    def __str__(self) -> str:
        return self._address

    def at(self, name: str) -> str:
        """Spell a file's address."""
        return f"{self._address}/{name}"

    def check_there(self) -> None:
        """Pass: a store has no folders but those of its files."""

    def fresh(self) -> Self:
        """Make a store without the cache."""
        return type(self)(self._address, cached=False)

    # Reading

    def read(self, name: str, most: int) -> bytes:
        """Read a whole file."""
        data = self._piece(name, 0, most + 1)
        if len(data) > most:
            raise OSError(errno.EFBIG, f"it is larger than {most:,} bytes", self.at(name))
        return data

    def open(self, name: str, size: int, blake3: str) -> BinaryIO:
        """Open a file: that of the cache, or as it is fetched and found to be whole."""

        def fill(file: BinaryIO) -> None:
            self._fetch(name, size, blake3, file)

        if self._cache is not None:
            if size > (limit := cache_limit()):
                raise OSError(
                    errno.EFBIG, f"{size:,} bytes are more than the cache may hold ({limit:,}); raise {VARIABLE}",
                    self.at(name),
                )  # fmt: skip
            return self._cache.open(blake3, size, fill)
        file = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            fill(file)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def drop_damaged(self, blake3: str) -> bool:
        """Delete a file of the cache whose bytes are not what they were when they arrived."""
        return self._cache is not None and self._cache.drop_damaged(blake3)

    def is_empty(self) -> bool:
        """Whether nothing is there, in no folder."""
        self._requests.system.invalidate_cache()
        try:
            return not self._requests.call(str(self), "ls", self._root, detail=False)
        except FileNotFoundError:
            return True

    def list(self, folder: str) -> dict[str, Found]:
        """List the files that lie directly in a folder."""
        path = f"{self._root}/{folder}".rstrip("/")
        self._requests.system.invalidate_cache()
        try:
            entries = self._requests.call(str(self), "ls", path, detail=True)
        except FileNotFoundError:
            return {}
        names = ((f"{folder}/" if folder else "") + PurePosixPath(each["name"]).name for each in entries)
        return {
            name: Found(int(each["size"] or 0))
            for name, each in zip(names, entries, strict=True)
            if each["type"] == "file"
        }

    def strays(self, splits: Collection[str], known: Collection[str]) -> set[str]:
        """List files in the folders of splits, and parts of a journal."""
        found = {name for split in splits for name in self.list(split) if name not in known}
        return found | {name for name in self.list("") if is_journal_part(name)}

    # Writing

    def put(self, name: str, data: bytes, *, replace: bool = False) -> str | None:
        """Put a whole file there, and see that it arrived as it was sent.

        Parameters
        ----------
        name : str
            Name of the file.
        data : bytes
            All of it.
        replace : bool, default False
            Whether a file that is there may be replaced.

        Returns
        -------
        str or None
            The mark under which the store lists it.

        Raises
        ------
        FileExistsError
            If other bytes are there, and not to be replaced.
        OSError
            If it cannot be put there.
        """
        for _ in range(_TRIES):
            try:
                mark, sure = self._create(name, data, replace=replace)
                ours = True
            except FileExistsError:  # perhaps by ourselves, in a request whose answer was lost
                (mark, sure), ours = self._same(name, data), False
            if sure:
                return mark
            if self._holds(name, data):
                found = self.look(name)  # the mark in the answer may be wrong, or was none
                return found.mark if found else mark
            if not ours and not replace:
                if self.look(name) is None:  # another request creates it just now
                    continue
                raise FileExistsError(
                    errno.EEXIST, "holds other bytes than this build makes: another build writes here", self.at(name)
                )
            if not replace:
                self.delete([name])
        raise OSError(errno.EIO, f"arrives damaged, {_TRIES} times in a row", self.at(name))

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; those that are absent already are no error."""
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                self._requests.call(self.at(name), "rm_file", f"{self._root}/{name}")

    def give_up(self) -> None:
        """End all requests that run now, in whatever threads, with an error; wait only a moment for further ones."""
        self._requests.give_up()

    def has(self, name: str, size: int, blake3: str) -> bool:
        """Read a file back, and tell whether it is there and what it should be.

        Parameters
        ----------
        name : str
            Name of the file.
        size : int
            Bytes that it should have.
        blake3 : str
            BLAKE3 hash that it should have.

        Returns
        -------
        bool
            Whether it has both.
        """
        try:
            with tempfile.TemporaryFile() as file:
                self._fetch(name, size, blake3, file)
        except (FileNotFoundError, WrongBytesError):
            return False
        return True

    def look(self, name: str) -> Found | None:
        """Ask for the size and mark of one file; None if it is not there."""
        try:
            facts = self._requests.call(self.at(name), "info", f"{self._root}/{name}")
        except FileNotFoundError:
            return None
        return Found(int(facts["size"]))

    def _create(self, name: str, data: bytes, *, replace: bool) -> tuple[str | None, bool]:
        """Put a file there; returns its mark, and whether the store's checksum is that of the bytes."""
        mode = "overwrite" if replace else "create"
        path = f"{self._root}/{name}"
        if not replace and self.look(name) is not None:  # not all of fsspec's file systems look
            raise FileExistsError(errno.EEXIST, "is there already", self.at(name))
        try:
            self._requests.call(self.at(name), "pipe_file", path, data, mode=mode, more=len(data))
        except FileNotFoundError:
            if self._requests.waits:  # an object store, which has no folders to be made
                raise
            self._requests.call(self.at(name), "makedirs", path.rpartition("/")[0], exist_ok=True)
            self._requests.call(self.at(name), "pipe_file", path, data, mode=mode, more=len(data))
        return None, False

    def _same(self, name: str, data: bytes) -> tuple[str | None, bool]:  # noqa: ARG002
        """Ask for a file's mark, and whether the store's checksum is that of the bytes."""
        return None, False

    def _holds(self, name: str, data: bytes) -> bool:
        """Read a file back, and tell whether it has these bytes."""
        return self.has(name, len(data), hashes.blake3(data).hexdigest())

    def _fetch(self, name: str, size: int, blake3: str, file: BinaryIO) -> None:
        """Read a file into one of this machine; it is asked for again if it has other bytes than it should have."""
        for _ in range(_TRIES):
            found, done = hashes.blake3(), 0
            file.seek(0)
            file.truncate()
            while done <= size:
                data = self._piece(name, done, min(done + _PIECE, size + 1))
                found.update(data)
                file.write(data)
                done += len(data)
                if len(data) < _PIECE:
                    break
            if done == size and found.hexdigest() == blake3:
                file.flush()
                return
        what = f"it has {done} bytes, expected {size}" if done != size else (
            f"its BLAKE3 hash is {found.hexdigest()}, expected {blake3}"
        )  # fmt: skip
        raise WrongBytesError(errno.EIO, what, self.at(name))

    def _piece(self, name: str, start: int, end: int) -> bytes:
        """Read some bytes of a file, fewer where it ends before."""
        path = f"{self._root}/{name}"
        data: bytes = self._requests.call(
            self.at(name), "cat_file", path, start=start, end=end, more=min(end - start, _PIECE)
        )
        return data

    def _connect(self) -> Any:
        """Make fsspec's file system."""
        import fsspec

        return fsspec.filesystem(self._address.partition("://")[0], skip_instance_cache=True)


@lru_cache(maxsize=8)
def _restored(kind: type[RemoteStore], address: str, cached: bool) -> RemoteStore:
    """Make a store that was pickled, once in a process: to connect takes longer than a request."""
    return kind(address, cached=cached)
