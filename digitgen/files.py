"""Put a file under its name in one step: readers see all of it or nothing."""

import contextlib
import errno
import io
import math
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from digitgen.errors import LockedError
from digitgen.messages import Say
from digitgen.system import lock, sync_folder

TEMPORARY_SUFFIX: Final = ".digitgen-tmp"

_SYSTEMS: Final = (
    *(
        ".DS_Store",
        "._*",
        ".AppleDouble",
        ".Spotlight-V100",
        ".Trashes",
        ".fseventsd",
        ".TemporaryItems",
        "Icon\r",
    ),  # macOS
    *(".localized", ".apdisk", ".DocumentRevisions-V100", "__MACOSX"),
    *("Thumbs.db", "ehthumbs.db", "desktop.ini", "$RECYCLE.BIN", "System Volume Information"),  # Windows
    *("lost+found", ".Trash-*", ".directory", ".nfs*", ".fuse_hidden*", ".snapshot", ".xdg-volume-info"),  # Unix
    *("@eaDir", "#recycle", "@Recycle", ".stfolder", ".dropbox", ".sync"),  # network drives and synchronization
    *(
        ".git",
        ".gitkeep",
        ".gitignore",
        ".gitattributes",
        ".gitmodules",
        ".keep",
        ".ipynb_checkpoints",
    ),  # git and friends
)
"""Patterns of names that systems, file managers and git leave in folders of others."""
_PIPE_BYTES: Final = 1 << 30  # of a pipe, which may have no end
_PIPE_SECONDS: Final = 3.0  # for somebody to begin to write to it


def is_left_by_system(name: str) -> bool:
    """Tell whether a file or folder is called as what systems, file managers and git leave in folders of others."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in _SYSTEMS)


def open_plain(folder: Path, name: str) -> BinaryIO:
    """Open a plain file of a folder that may be a stranger's, without following a link.

    Parameters
    ----------
    folder : Path
        The folder; it may itself be reached through links.
    name : str
        Path of the file in it, with slashes.

    Returns
    -------
    binary file
        The file, open for reading.

    Raises
    ------
    OSError
        If it cannot be opened, if it or a folder on the way to it is a link, or if it is a device, a pipe or a folder.
    """
    return open_regular(unlinked(folder, name))


def unlinked(folder: Path, name: str) -> Path:
    """Find a file or folder in a folder that may be a stranger's, so that it is in there and nowhere else.

    Parameters
    ----------
    folder : Path
        The folder; it may itself be reached through links.
    name : str
        Path of the file in it, with slashes.

    Returns
    -------
    Path
        Its path; it need not exist.

    Raises
    ------
    OSError
        If it or a folder on the way to it is a link.
    """
    path = folder
    for part in PurePosixPath(name).parts:
        path /= part
        if path.is_symlink():
            raise OSError(errno.ELOOP, "it is a symbolic link, and no link in a dataset is followed", str(path))
    return path


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; reading a pipe or a device could last for ever.

    Raises
    ------
    OSError
        If it cannot be opened or is not a regular file.
    """
    # A pipe that nobody writes to would not even open, but for O_NONBLOCK.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is not a regular file", str(path))


def open_input(path: Path) -> BinaryIO:
    """Open what a user wants read: a regular file, or a pipe such as a shell's ``<(...)``, which is read at once.

    Raises
    ------
    OSError
        If it cannot be opened or is something else; or if nobody writes to the pipe, or too much.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    try:
        if stat.S_ISFIFO(mode):
            return io.BytesIO(_read_pipe(descriptor, path))
    finally:
        os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is neither a regular file nor a pipe", str(path))


def _read_pipe(descriptor: int, path: Path) -> bytes:
    """All that comes through a pipe that was opened without waiting for a writer."""
    data, begun, until = bytearray(), False, time.monotonic() + _PIPE_SECONDS
    while len(data) <= _PIPE_BYTES:
        try:
            piece = os.read(descriptor, 1 << 20)
        except BlockingIOError:  # there is a writer, who may take as long as it likes
            begun = True
            os.set_blocking(descriptor, True)
            continue
        data += piece
        if not piece:
            if begun:
                return bytes(data)
            if time.monotonic() > until:
                raise OSError(errno.EPIPE, "it is a pipe that nobody writes to", str(path))
            time.sleep(0.02)
        begun = begun or bool(piece)
    raise OSError(errno.EFBIG, f"it is a pipe with more than {_PIPE_BYTES:,} bytes", str(path))


def read_plain(folder: Path, name: str, most: int) -> bytes:
    """Read a whole file that `open_plain` opens.

    Parameters
    ----------
    folder : Path
        The folder; it may itself be reached through links.
    name : str
        Path of the file in it, with slashes.
    most : int
        Most bytes that the file may have.

    Returns
    -------
    bytes
        All of the file.

    Raises
    ------
    OSError
        If `open_plain` raises it, or the file is larger.
    """
    with open_plain(folder, name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most:,} bytes", str(folder / name))
    return data


Stamp = tuple[int, int] | None


def stamp(path: Path) -> Stamp:
    """Tell when a file was last written, in nanoseconds, and its size; None if that cannot be known."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # ValueError: no file can have such a name
        return None
    return found.st_mtime_ns, found.st_size


def temporary_name(path: Path, owner: str = "") -> Path:
    """Name a neighbour of `path` that nobody else writes to, to be renamed to `path` later.

    Parameters
    ----------
    path : Path
        The final name.
    owner : str, optional
        Begins the name, so that `sweep` finds the files of one owner.

    Returns
    -------
    Path
        A name that ends in `TEMPORARY_SUFFIX`.
    """
    return path.with_name(f".{owner}{os.urandom(16).hex()}{TEMPORARY_SUFFIX}")


def commit(temporary: Path, path: Path, *, fsync: bool = True, replace: bool = True) -> None:
    """Rename a finished temporary file to its final name.

    Parameters
    ----------
    temporary, path : Path
        From and to, in one folder.
    fsync : bool, default True
        Have the file and its new name on the disk, not only in memory, before returning.
    replace : bool, default True
        Whether a file that stands at `path` may be replaced.

    Raises
    ------
    FileExistsError
        If `replace` is false and something stands at `path`.
    """
    if fsync:
        sync(temporary)
    if replace:
        temporary.replace(path)
    else:
        _give_name(temporary, path)
    if fsync:
        sync_folder(path.parent)


def _give_name(temporary: Path, path: Path) -> None:
    """Rename a file to a name that nobody has; a plain rename would take it from somebody else."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # there are no hard links here: whoever makes the name owns it
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        temporary.replace(path)
    else:
        temporary.unlink()


def write_atomically(path: Path, data: bytes, *, fsync: bool = True, replace: bool = True) -> None:
    """Write a file in one step.

    If that fails, nothing is left behind, and a file that stood at `path` still stands there.

    Parameters
    ----------
    path : Path
        The file to write.
    data : bytes
        All of its contents.
    fsync : bool, default True
        Have the file and its name on the disk, not only in memory, before returning.
    replace : bool, default True
        Whether a file that stands at `path` may be replaced.

    Raises
    ------
    FileExistsError
        If `replace` is false and something stands at `path`.
    OSError
        If it cannot be written; the error names `path`.
    """
    temporary = temporary_name(path)
    try:
        temporary.write_bytes(data)
        commit(temporary, path, fsync=fsync, replace=replace)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # nobody knows the temporary one
        raise


def sync(path: Path) -> None:
    """Have a file of ours on the disk; it is opened for writing, which some systems want."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: memoryview) -> None:
    """Write every byte, even if the system takes only some at a time.

    Parameters
    ----------
    descriptor : int
        A file descriptor that is open for writing.
    data : memoryview
        The bytes.
    """
    while data:
        data = data[os.write(descriptor, data) :]


def sweep(folder: Path, *, owner: str = "", before: float = math.inf) -> None:
    """Delete temporary files that a killed process has left in a folder or below it.

    Parameters
    ----------
    folder : Path
        The folder.
    owner : str, optional
        Delete only files whose names begin with it, as `temporary_name` makes them.
    before : float, optional
        Delete only files that were last written to before this time, in seconds since 1970. It spares the files of
        other processes where these may be writing now.
    """
    for path in folder.rglob(f".{owner}*{TEMPORARY_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()


@contextmanager
def locked(folder: Path, say: Say = lambda _: None, *, alone: bool = True) -> Iterator[None]:
    """Hold a folder against other processes; the lock ends with the block, or with the process.

    Parameters
    ----------
    folder : Path
        The folder.
    say : callable, optional
        Told in a line if it cannot be locked, as on some network file systems.
    alone : bool, default True
        Hold it alone; otherwise together with others who do not want it alone.

    Raises
    ------
    LockedError
        At once, if another process holds it.
    """
    descriptor, held = lock(folder, alone=alone)
    try:
        if held is False:
            raise LockedError(f"{folder}: another build is writing here; wait, or name another folder")
        if held is None:
            say(f"{folder}: cannot be locked on this system; let no other build write here meanwhile")
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
