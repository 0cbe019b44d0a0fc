"""Processes take turns at something that one of them can do for all."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from digitgen.system import try_lock, unlock

_MAX_NOTE: Final = 4096  # bytes
_LONGEST_NAP: Final = 0.5  # seconds between two looks at a lock


@dataclass(frozen=True)
class Turn:
    """A process's turn.

    Attributes
    ----------
    alone : bool
        Whether no other process has its turn now. One may have where there are no locks, or where it held on for too
        long.
    note : str or None
        What a process left to those that waited for it, if this one did.
    """

    alone: bool
    note: str | None = None
    _descriptor: int | None = None

    def leave(self, note: str) -> None:
        """Leave a note to the processes that wait now."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):  # the disk is full: then each finds out for itself
                os.pwrite(self._descriptor, note.encode(errors="replace")[:_MAX_NOTE], 0)


@contextmanager
def in_turn(path: Path, patience: float, waiting: Callable[[], None]) -> Iterator[Turn]:
    """Wait until no other process is in such a block. A turn ends with the block, or with the process.

    Parameters
    ----------
    path : Path
        The lock file. It is made, and stays: to delete it would take it from those that wait.
    patience : float
        Seconds after which to go on nevertheless.
    waiting : callable
        Called once if another process is in the block.

    Yields
    ------
    Turn
        At once, and not alone, where the system has no locks or the file cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    except OSError:
        yield Turn(alone=False)
        return
    try:
        alone, deadline, nap = try_lock(descriptor), time.monotonic() + patience, 0.02
        waited = alone is False
        if waited:
            waiting()
        while alone is False and time.monotonic() < deadline:
            time.sleep(nap)
            alone, nap = try_lock(descriptor), min(2 * nap, _LONGEST_NAP)
        note = os.pread(descriptor, _MAX_NOTE, 0).decode(errors="replace") if alone and waited else ""
        if alone and not note:
            os.ftruncate(descriptor, 0)
        yield Turn(bool(alone), note or None, descriptor if alone else None)
    finally:
        unlock(descriptor)  # a child that was forked meanwhile has the file open, and would keep the lock
        os.close(descriptor)
