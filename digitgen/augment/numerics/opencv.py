"""OpenCV's settings while digitgen works with it: no threads, and none of Intel's own primitives.

Threads, because builds run as many processes as there are processors. Intel's primitives (IPP), because they choose
their code by the processor, with results that may differ. The number of threads belongs to the whole process, and IPP
is switched for each thread alone; OpenCV's own threads have it on. Both settings are the caller's, and so are put back.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2


class _Threads:
    """OpenCV's threads: off from when the first of this process's threads enters until the last leaves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = 1

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._before = cv2.getNumThreads()
                self._set(0)  # not 1, which ends them all: slow, and in a fork, which has none, OpenCV waits for ever

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._set(self._before)

    def leave_all(self) -> None:
        """Put things right in a fork: threads that were inside do not exist there, and one may have had the lock."""
        if self._inside:
            self._set(self._before)
        self._lock, self._inside = threading.Lock(), 0

    def _set(self, number: int) -> None:
        """Set the number of threads, if the caller has more than one."""
        if self._before > 1:  # otherwise there is nothing to do
            cv2.setNumThreads(number)


_THREADS = _Threads()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_THREADS.leave_all)


@contextmanager
def settled_opencv() -> Iterator[None]:
    """Let OpenCV work in this thread alone and with its own code, until the end of the block or decorated function.

    It can be nested, and entered by several threads at once.
    """
    ipp = cv2.ipp.useIPP()
    with _THREADS:
        cv2.ipp.setUseIPP(False)
        try:
            yield
        finally:
            cv2.ipp.setUseIPP(ipp)
