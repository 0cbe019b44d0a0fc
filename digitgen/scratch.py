"""Temporary folders that bear the number of their process, so that somebody else can delete them if it is killed."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "digitgen-{}-"


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
