"""Executors of this machine: in this process, in its threads, or in processes that may die."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Generic

import joblib
from joblib.parallel import BACKENDS, get_active_backend

from digitgen.build.executor import AHEAD, Check, Executor, Handle, Result, Task, Value, run
from digitgen.build.processes import Processes
from digitgen.build.shared import in_this_process
from digitgen.checks import check_integer
from digitgen.errors import ArgumentError
from digitgen.messages import shown

Run = Callable[[Iterable[Task]], Generator[Result, None, None]]
"""Takes tasks, whose `str` names them in errors; returns a generator of the results, which come as they are there."""


def cpu_count() -> int:
    """Processors that this process may use: as the machine, its container and the environment allow.

    Raises
    ------
    ArgumentError
        If LOKY_MAX_CPU_COUNT, which joblib asks, is no number; job scripts may leave it empty.
    """
    try:
        return int(joblib.cpu_count())
    except ValueError as error:
        got = os.environ.get("LOKY_MAX_CPU_COUNT")
        if got is None:
            raise
        raise ArgumentError(
            f"LOKY_MAX_CPU_COUNT must be a number of processors; got {shown(got)}; unset it, or say how many jobs"
        ) from error


def check_jobs(jobs: int | None) -> int:
    """Check a number of workers; as many as there are processors by default.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    if jobs is None:
        return cpu_count()
    if (checked := check_integer("jobs", jobs)) < 1:
        raise ArgumentError(f"jobs must be at least 1; got {jobs}")
    return checked


@contextmanager
def workers(function: Callable[[Task], Result], jobs: int) -> Iterator[Run[Task, Result]]:
    """Start workers of this machine for one run over tasks; they end with it.

    Parameters
    ----------
    function, jobs
        As in `this_machine`.

    Yields
    ------
    callable
        See `Run`; it raises BuildError if a task's worker dies again and again. To close it early ends the workers.

    Raises
    ------
    ArgumentError
        As `this_machine` does.
    """
    with closing(this_machine(function, jobs)) as executor:
        yield lambda tasks: run(executor, tasks)


def this_machine(function: Callable[[Task], Result], jobs: int) -> Executor[Task, Result]:
    """Choose an executor of this machine.

    With one job everything runs in this process; with more, in processes, or in threads if joblib's back end
    `threading` is active (``joblib.parallel_config``).

    Parameters
    ----------
    function : callable
        Takes a task. It must be importable, and tasks and results picklable; large values belong into `share`.
    jobs : int
        Number of workers.

    Returns
    -------
    Executor
        The executor, whose workers are starting.

    Raises
    ------
    ArgumentError
        If another back end of joblib's is active, which would not do.
    """
    backend = get_active_backend()[0]
    if jobs <= 1 or backend.effective_n_jobs(jobs) <= 1:
        return ThisProcess(function)
    name = type(backend).__name__
    if name == "DaskDistributedBackend":
        raise ArgumentError(
            f"joblib's back end {name} waits for ever once a worker dies; say --dask (or dask=) instead"
        )
    if isinstance(backend, BACKENDS["loky"]):
        return Processes(function, jobs)
    if isinstance(backend, BACKENDS["threading"]):
        return Threads(function, jobs)
    raise ArgumentError(
        f"joblib's back end {name} gives no result before all are there; choose loky, threading or sequential"
    )


class ThisProcess(Generic[Task, Result]):
    """An executor that calls the function at once.

    Parameters
    ----------
    function : callable
        Takes a task.
    """

    is_elsewhere = False

    def __init__(self, function: Callable[[Task], Result]) -> None:
        self.workers = self.most = self.bulk = 1
        self._function = function

    def start(self, _check: Check) -> None:
        """Do nothing: it is this process that the build was prepared in."""

    def share(
        self, values: dict[str, Value], _folder: Path | None, _owner: str
    ) -> AbstractContextManager[dict[str, Handle[Value]]]:
        """Give the values themselves.

        Parameters
        ----------
        values, _folder, _owner
            As in `Executor.share`.

        Returns
        -------
        context manager
            Gives handles by the same names.
        """
        return in_this_process(values)

    def submit(self, tasks: list[Task]) -> list[Future[Result]]:
        """Call the function."""
        return [self._call(task) for task in tasks]

    def _call(self, task: Task) -> Future[Result]:
        """Call the function."""
        answer = Future[Result]()
        try:
            answer.set_result(self._function(task))
        except Exception as error:
            answer.set_exception(error)
        return answer

    def close(self) -> None:
        """Do nothing."""


class Threads(ThisProcess[Task, Result]):
    """An executor of threads of this process.

    Parameters
    ----------
    function : callable
        Takes a task.
    jobs : int
        Number of threads.
    """

    def __init__(self, function: Callable[[Task], Result], jobs: int) -> None:
        super().__init__(function)
        self.workers, self.most = jobs, AHEAD * jobs
        self._threads = ThreadPoolExecutor(jobs)

    def submit(self, tasks: list[Task]) -> list[Future[Result]]:
        """Have threads call the function."""
        return [self._threads.submit(self._function, task) for task in tasks]

    def close(self) -> None:
        """Wait for the threads."""
        self._threads.shutdown(cancel_futures=True)
