"""Temporary folders that bear the number of their process, so that somebody else can delete them if it is killed."""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "digitgen-{}-"
_STALE = 3600.0  # seconds after which a folder is nobody's, if this machine has no process of its number


def scratch_folder() -> "tempfile.TemporaryDirectory[str]":
    """Make a temporary folder; it goes at the end of the `with` block that it is given to."""
    return tempfile.TemporaryDirectory(prefix=_PREFIX.format(os.getpid()))


def sweep_scratch(process: int) -> None:
    """Delete the temporary folders that a killed process has left.

    Parameters
    ----------
    process : int
        Number of the process, which has ended.
    """
    with contextlib.suppress(OSError):  # where there is no place for temporary files, there are none
        for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX.format(process)}*"):
            shutil.rmtree(folder, ignore_errors=True)


def sweep_dead_scratch() -> None:
    """Delete the temporary folders of this user that processes have left which were killed long ago."""
    with contextlib.suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(_PREFIX.format("*")):
            number = folder.name.split("-")[1]
            with contextlib.suppress(OSError):
                facts = folder.lstat()
                ours = not hasattr(os, "getuid") or facts.st_uid == os.getuid()
                if ours and number.isdecimal() and time.time() - facts.st_mtime > _STALE and not _runs(int(number)):
                    shutil.rmtree(folder, ignore_errors=True)


def _runs(process: int) -> bool:
    """Whether there is a process of this number."""
    if os.name != "posix":
        return True  # asking would end it on Windows
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
