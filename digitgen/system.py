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
    import resource
except ImportError:  # not a Unix
    fcntl = None  # type: ignore[assignment]
    resource = None  # type: ignore[assignment]

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
# mallopt(3); the largest threshold is also where glibc's own ends to grow.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_GLIBC_MMAP_THRESHOLD: Final = 1 << 17
_MOST_KEPT: Final = 1 << 25
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


def keep_freed_memory(*, keep: bool) -> None:
    """Have this process keep memory that it frees, where its environment told it to give all of it back at once.

    Dask tells its workers so. Then each temporary array is new memory from the system, which takes longer than the work
    on it does. glibc's own way, in force where nobody set anything, is to keep what was freed.

    Parameters
    ----------
    keep : bool
        Whether to keep it, or to do again as the environment says.
    """
    asked = os.environ.get("MALLOC_TRIM_THRESHOLD_", "")
    if sys.platform != "linux" or not asked.isdecimal():
        return
    with contextlib.suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _MOST_KEPT if keep else _GLIBC_MMAP_THRESHOLD)
        mallopt(_M_TRIM_THRESHOLD, 2 * _MOST_KEPT if keep else min(int(asked), 2 * _MOST_KEPT))


def open_files() -> int:
    """Tell how many files this process may have open, or 512, which any system allows, if it has no limit."""
    if resource is None:
        return 512
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 512 if limit == resource.RLIM_INFINITY else limit
