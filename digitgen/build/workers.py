"""Call a function for many tasks in workers that may die.

Workers are processes of this machine, unless the caller has chosen another back end of joblib's.
"""

import os
import warnings
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import Final, TypeVar

import joblib
from joblib.parallel import BACKENDS, ParallelBackendBase, get_active_backend

from digitgen.build.processes import Processes, WorkerDiedError
from digitgen.errors import ArgumentError, BuildError
from digitgen.messages import shown

MAX_RETRIES: Final = 3
_AHEAD: Final = 2  # tasks handed out, for each worker, so that none waits for the next

Task = TypeVar("Task")
Result = TypeVar("Result")
Run = Callable[[Iterable[Task]], Generator[Result, None, None]]
"""Takes tasks, whose `str` names them in errors. Returns, once the workers are ready, a generator of the results, which
come as they are there."""
Submit = Callable[[Task], Future[Result]]
"""Hands a task to a worker; if the worker dies of it, the future fails with `WorkerDiedError`."""


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


@contextmanager
def workers(function: Callable[[Task], Result], jobs: int) -> Iterator[Run[Task, Result]]:
    """Start workers for one run over tasks; they end with it.

    With one job everything runs in this process; with more, in processes, or by the back end of joblib's that is
    active (``joblib.parallel_config``), unless that is loky.

    Parameters
    ----------
    function : callable
        Takes a task. It must be importable, and tasks and results picklable; large values belong into a `Shared`.
    jobs : int
        Number of workers.

    Yields
    ------
    callable
        See `Run`; it raises BuildError if a task's worker dies again and again. To close it early ends the workers.

    Raises
    ------
    ArgumentError
        If the active back end of joblib's gives no result before all are there.
    """
    backend = get_active_backend()[0]
    if jobs <= 1:
        yield partial(_one_by_one, function)
    elif not isinstance(backend, BACKENDS["loky"]):
        _check(backend, jobs)
        yield partial(_by_joblib, function, jobs)
    else:
        with closing(Processes(function, jobs)) as processes:
            yield partial(_by_processes, processes, jobs)


def _one_by_one(function: Callable[[Task], Result], tasks: Iterable[Task]) -> Generator[Result, None, None]:
    """Call the function in this process."""
    for task in tasks:
        yield function(task)


def _by_processes(
    processes: Processes[Task, Result], jobs: int, tasks: Iterable[Task]
) -> Generator[Result, None, None]:
    """Have processes call the function; returns once they are ready."""
    processes.wait_until_ready()
    return _ending_with(processes, collect(processes.submit, tasks, _AHEAD * jobs))


def _ending_with(
    processes: Processes[Task, Result], results: Generator[Result, None, None]
) -> Generator[Result, None, None]:
    """Yield results, and end the processes with them."""
    with closing(processes):
        yield from results


def collect(submit: Submit[Task, Result], tasks: Iterable[Task], most: int) -> Generator[Result, None, None]:
    """Hand out tasks, again those of which a worker died, and yield the results as they come.

    Parameters
    ----------
    submit : callable
        See `Submit`.
    tasks : iterable
        The tasks; ``str(task)`` names one in errors.
    most : int
        Most tasks that are handed out at a time.

    Yields
    ------
    object
        The result of a task.

    Raises
    ------
    BuildError
        If a task's worker dies again and again.
    """
    todo, again = enumerate(tasks), deque[tuple[int, Task]]()
    running: dict[Future[Result], tuple[int, Task]] = {}
    deaths: Counter[int] = Counter()
    while True:
        # What a worker died of is tried again by itself: perhaps there was too little memory for several.
        alone = [again.popleft()] if again and not running else []
        for number, task in alone or islice(todo, 0 if again else most - len(running)):
            running[submit(task)] = number, task
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            number, task = running.pop(future)
            error = future.exception()
            if not isinstance(error, WorkerDiedError):
                yield future.result()
                continue
            deaths[number] += 1
            if deaths[number] > MAX_RETRIES:
                tried = f"also when tried {MAX_RETRIES} times by itself (out of memory?)"
                raise BuildError(f"{task}: its worker process died, {tried}") from error
            again.append((number, task))


def _check(backend: ParallelBackendBase, jobs: int) -> None:
    """Refuse a back end that cannot give results as they come."""
    if backend.effective_n_jobs(jobs) > 1 and not backend.supports_return_generator:
        raise ArgumentError(
            f"joblib's back end {type(backend).__name__} gives no result before all are there; "
            "choose loky, threading or sequential"
        )


def _by_joblib(function: Callable[[Task], Result], jobs: int, tasks: Iterable[Task]) -> Generator[Result, None, None]:
    """Let a back end of joblib's do it, in its own way."""
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    results = parallel(joblib.delayed(function)(task) for task in tasks)
    try:
        # Not `yield from`, which would close it outside of the block below.
        for result in results:  # noqa: UP028
            yield result
    finally:
        with warnings.catch_warnings():  # that nobody took some of the results, if this ends early
            warnings.simplefilter("ignore", UserWarning)
            results.close()
