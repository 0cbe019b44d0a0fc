"""Put a file under its name in one step, so that whoever looks sees all of it or nothing."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

TEMPORARY_SUFFIX: Final = ".digitgen-tmp"


@contextmanager
def atomic_descriptor(path: Path, *, fsync: bool = True, replace: bool = True) -> Iterator[int]:
    """Open a temporary neighbour of `path` for writing and rename it to `path` at the end.

    If the block raises, nothing is left behind and whatever stood at `path` still stands there.

    Parameters
    ----------
    path : Path
        The final name; its folder must exist.
    fsync : bool, default True
        Have the file and its folder on the disk, not only in memory, before returning.
    replace : bool, default True
        Whether a file that stands at `path` may be replaced.

    Yields
    ------
    int
        A file descriptor open for writing.

    Raises
    ------
    FileExistsError
        If `replace` is false and something stands at `path`.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY_SUFFIX}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        try:
            yield descriptor
            if fsync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if replace:
            temporary.replace(path)
        else:
            os.link(temporary, path)  # unlike a rename, fails if the name is taken
            temporary.unlink()
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if fsync:
        sync_folder(path.parent)


def write_atomically(path: Path, data: bytes, *, fsync: bool = True, replace: bool = True) -> None:
    """Write `data` to `path` in one step; see `atomic_descriptor`."""
    with atomic_descriptor(path, fsync=fsync, replace=replace) as descriptor:
        write_all(descriptor, data)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte of `data`, however few the system takes at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
