"""Do what only some systems can: lock, sync folders, reserve room, keep signals from processes.

Linux has all of it. Where something is missing, the function that needs it does without, and says so where that
matters to somebody.
"""

import contextlib
import ctypes
import errno
import os
import signal
import sys
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # not a Unix
    fcntl = None  # type: ignore[assignment]

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_NOT_DONE_HERE: Final = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENODEV)


def lock(path: Path, *, alone: bool = True) -> tuple[int | None, bool | None]:
    """Try to take the lock of a file or a folder.

    Parameters
    ----------
    path : Path
        What to lock; it must be there.
    alone : bool, default True
        Whether nobody else may have it; otherwise others may who do not want it alone.

    Returns
    -------
    descriptor : int or None
        To be closed, which gives the lock back; None if it could not be opened.
    held : bool or None
        True if the lock is ours, False if another process has it, None if there are no locks here: network file
        systems may have none, and Windows has none of folders.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder, on Windows
        return None, None
    return descriptor, try_lock(descriptor, alone=alone)


def try_lock(descriptor: int, *, alone: bool = True) -> bool | None:
    """Try to take the lock of an open file.

    Parameters
    ----------
    descriptor : int
        The file.
    alone : bool, default True
        As in `lock`.

    Returns
    -------
    bool or None
        Whether it is ours; None if there are no locks here.
    """
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def unlock(descriptor: int) -> None:
    """Give a lock back that this process may have."""
    if fcntl is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on the disk, where folders can be opened and synced."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        if os.name == "posix" and not os.access(path, os.R_OK):
            raise
        return  # Windows opens no folder
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_DONE_HERE:
            raise
    finally:
        os.close(descriptor)


def reserve(descriptor: int, size: int) -> None:
    """Reserve the room for a file, where the system can; raises OSError now rather than half-way.

    Parameters
    ----------
    descriptor : int
        A file that is open for writing.
    size : int
        Bytes.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno not in _NOT_DONE_HERE:
            raise


def block_interrupts() -> None:
    """Keep Ctrl-C from this thread, and from the processes that it starts."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def die_with_parent(parent: int) -> None:
    """Have the system kill this process when its parent dies, where it can.

    Parameters
    ----------
    parent : int
        Number of the parent, which may have died already.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the call above
            os._exit(1)
