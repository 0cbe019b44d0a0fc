"""Imported by every Python process of a build under test, its workers too: makes it die at a chosen step.

A step is an operation on a file of the dataset folder, as Python's audit events tell of it.
"""

import os
import signal
import sys
from typing import Any

_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_at_step(folder: str, last: int, log: int) -> None:
    """Die before the step of this number (0: never), and log a byte a step."""
    done = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal done
        if event in _EVENTS and not isinstance(arguments[0], int) and folder in os.fsdecode(arguments[0]):
            done += 1
            if done == last:
                _die()
            os.write(log, b".")

    sys.addaudithook(hook)


def _die_at_shard(name: str, times: int, log: int) -> None:
    """Die instead of making the shard with this in its name, but only so many times."""
    from digitgen.build import shards

    make = shards.make_shard

    def poisoned(order: Any) -> Any:
        if name in str(order):
            os.write(log, b".")
            if os.fstat(log).st_size <= times:
                _die()
        return make(order)

    shards.make_shard = poisoned


def _install() -> None:
    if "DIGITGEN_FAULTS_LOG" not in os.environ:
        return
    log = os.open(os.environ["DIGITGEN_FAULTS_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    if "digitgen" in sys.orig_argv and (folder := os.environ.get("DIGITGEN_FAULTS_FOLDER")):
        _die_at_step(folder, int(os.environ["DIGITGEN_FAULTS_STEP"]), log)
    # Ours, Dask's, and Ray's.
    workers = (
        "digitgen.build.processes",
        "multiprocessing.spawn import spawn_main",
        "ray/_private/workers/default_worker",
    )
    is_worker = any(name in each for each in sys.orig_argv for name in workers)
    if is_worker and (name := os.environ.get("DIGITGEN_FAULTS_POISON")):
        _die_at_shard(name, int(os.environ["DIGITGEN_FAULTS_TIMES"]), log)


_install()
