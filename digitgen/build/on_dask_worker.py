"""The workers of a Dask cluster, from inside: they get values once, and begin each bundle of tasks once only."""

import os
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

import distributed

from digitgen.build.executor import Check, Discardable, Result, Task, Value, WorkerDiedError
from digitgen.errors import BuildError
from digitgen.files import temporary_name
from digitgen.system import keep_freed_memory
from digitgen.version import VERSION


def raise_trouble(worker: str, trouble: str | Exception | None) -> None:
    """Raise what a worker says is wrong; one that has just gone is no trouble.

    Parameters
    ----------
    worker : str
        Its address.
    trouble : str, Exception or None
        What it says, or what came instead of an answer.

    Raises
    ------
    BuildError
        If something is wrong.
    """
    if isinstance(trouble, ImportError):
        trouble = f"{trouble}; every worker needs mnist-digitgen {VERSION}"
    if trouble and not isinstance(trouble, OSError):
        raise BuildError(f"Dask worker {worker}: {trouble}")


class Values(distributed.WorkerPlugin):
    """Values on a worker: each gets them once, when this is registered or when it joins.

    Parameters
    ----------
    check : callable
        Called on the worker first.
    pickled : bytes
        The values.
    """

    def __init__(self, check: Check, pickled: bytes) -> None:
        self._check, self._pickled = check, pickled
        self.values: dict[str, Any] = {}
        self.trouble: str | None = None

    def setup(self, worker: distributed.Worker) -> None:  # noqa: ARG002
        """Load the values, if nothing is wrong with this worker."""
        self.trouble = self._check()
        if not self.trouble:
            self.values = pickle.loads(self._pickled)
            keep_freed_memory(keep=True)
        self._pickled = b""

    def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002
        """Leave the worker as it was."""
        keep_freed_memory(keep=False)


@dataclass(frozen=True)
class OnWorker(Generic[Value]):
    """A value that each worker has.

    Attributes
    ----------
    plugin, name : str
        Where it is.
    """

    plugin: str
    name: str

    def get(self) -> Value:
        """Get the value, on a worker."""
        worker = distributed.get_worker()
        values = worker.plugins[self.plugin]
        assert isinstance(values, Values)
        raise_trouble(worker.address, values.trouble)
        value: Value = values.values[self.name]
        return value


@dataclass(frozen=True)
class Marks:
    """Files by which workers know of each other and of the build, in a folder that all see.

    Attributes
    ----------
    at_work : Path
        Stands there while the build is at work; it goes before temporary files are swept.
    begun : Path
        Stands there while a worker has the bundle.
    """

    at_work: Path
    begun: Path

    @classmethod
    def begin(cls, folder: Path) -> "Marks":
        """Make the file of a build that is at work."""
        at_work = temporary_name(folder / "at_work")
        at_work.touch()
        return cls(at_work, at_work)

    def for_bundle(self) -> "Marks":
        """Make the marks of a bundle of tasks, which nobody has begun."""
        return Marks(self.at_work, temporary_name(self.at_work))


@dataclass(frozen=True)
class Done(Generic[Result]):
    """The outcome of a task.

    Attributes
    ----------
    result : object or None
        What it gave.
    error : Exception or None
        Why it gave nothing.
    seconds : float
        Time that it took.
    """

    result: Result | None
    error: Exception | None
    seconds: float


def call_once(function: Callable[[Task], Result], tasks: list[Task], marks: Marks | None) -> list[Done[Result]]:
    """Call a function on a worker for a bundle, unless another worker has begun it, or the build has ended.

    Parameters
    ----------
    function : callable
        Takes a task.
    tasks : list
        The bundle.
    marks : Marks or None
        Its marks; None if there is no folder for them.

    Returns
    -------
    list of Done
        The outcome of each task.

    Raises
    ------
    WorkerDiedError
        If another worker has begun it, and so has died of it.
    BuildError
        If the build has ended.
    """
    if marks is None:
        return [_call(function, task) for task in tasks]
    try:
        os.close(os.open(marks.begun, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        raise WorkerDiedError("another worker had begun this") from None
    try:
        if not marks.at_work.exists():
            raise BuildError("the build has ended")
        done = [_call(function, task) for task in tasks]
    except BaseException:
        marks.begun.unlink(missing_ok=True)
        raise
    try:
        marks.begun.unlink()
    except FileNotFoundError:  # the build has ended meanwhile, and cleared up
        for each in done:
            if isinstance(each.result, Discardable):
                each.result.discard()
    return done


def _call(function: Callable[[Task], Result], task: Task) -> Done[Result]:
    """Call a function for a task."""
    begun = time.perf_counter()
    try:
        return Done(function(task), None, time.perf_counter() - begun)
    except Exception as error:
        return Done(None, error, time.perf_counter() - begun)
