"""Run a function over many tasks in worker processes that may die.

joblib does the work. What is added here: workers that die with their parent, tasks that are tried
again when their worker died, and no worker left behind when the run ends early.
"""

import ctypes
import gc
import os
import shutil
import signal
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from functools import lru_cache
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import joblib
from joblib._parallel_backends import LokyBackend
from joblib.externals.loky import get_reusable_executor, process_executor
from joblib.externals.loky.backend import utils
from joblib.externals.loky.process_executor import TerminatedWorkerError
from joblib.parallel import get_active_backend

from digitgen.errors import BuildError
from digitgen.files import temporary_name

MAX_RETRIES: Final = 3
_PR_SET_PDEATHSIG: Final = 1  # prctl(2)

Task = TypeVar("Task")
Result = TypeVar("Result")
Value = TypeVar("Value")


class Shared(Generic[Value]):
    """A value that tasks share: each worker maps its arrays from one file, once.

    joblib would do that for large arrays too, but again for each task, which took a fifth of the time
    of a plain build by two workers.
    """

    def __init__(self, value: Value, path: Path) -> None:
        self._value: Value | None = value
        self._path = path

    def get(self) -> Value:
        """The value; in another process, with its arrays mapped read-only."""
        return _mapped(self._path) if self._value is None else self._value

    def __getstate__(self) -> dict[str, Any]:
        return {"_value": None, "_path": self._path}


@lru_cache(maxsize=8)
def _mapped(path: Path) -> Any:
    return joblib.load(path, mmap_mode="r")


@contextmanager
def shared(values: dict[str, Value], folder: Path, jobs: int) -> Iterator[dict[str, Shared[Value]]]:
    """Share values with the workers that are about to run.

    Parameters
    ----------
    values : dict of str to any
        What to share, by any names.
    folder : Path
        Where the files are to lie that the workers read, which they must all reach; they have temporary
        names, and are deleted at the end of the block.
    jobs : int
        Worker processes; for one, which is this, nothing is written.

    Yields
    ------
    dict of str to Shared
        What to put into the tasks.
    """
    handles = {name: Shared(value, temporary_name(folder / name)) for name, value in values.items()}
    try:
        for handle in handles.values() if jobs > 1 else ():
            joblib.dump(handle.get(), handle._path)
        yield handles
    finally:
        for handle in handles.values():
            handle._path.unlink(missing_ok=True)


def run(function: Callable[[Task], Result], tasks: Sequence[Task], jobs: int) -> Generator[Result, None, None]:
    """Call a function for each task and yield the results as they come.

    joblib's back end is the one that is active (``joblib.parallel_config``), or processes of this
    machine. With one job everything runs in this process. To close the generator early kills the workers.

    Parameters
    ----------
    function : callable
        Takes a task; it and the tasks must be picklable. What is large belongs into a `Shared`.
    tasks : sequence
        What to do; ``str(task)`` names a task in errors.
    jobs : int
        Worker processes.

    Yields
    ------
    Any
        Results, in no order.

    Raises
    ------
    BuildError
        If a task's worker dies again and again.
    """
    waiting = dict(enumerate(tasks))
    suspects: list[int] = []
    deaths: Counter[int] = Counter()
    try:
        while waiting:
            # Whoever was under way when a worker died may have killed it. Alone, there is no doubt.
            batch = suspects[:1] or list(waiting)
            dispatched: list[int] = []
            try:
                # Closed before its workers are killed below, or tasks would be handed to them in the middle of that.
                with closing(_parallel(function, waiting, batch, jobs, dispatched)) as results:
                    for number, result in results:
                        del waiting[number]
                        yield result
            except TerminatedWorkerError as error:
                if suspects:
                    deaths[batch[0]] += 1
                    if deaths[batch[0]] >= MAX_RETRIES:
                        task = waiting[batch[0]]
                        raise BuildError(
                            f"{task}: its worker process died, also when tried {MAX_RETRIES} times by itself "
                            "(out of memory?)"
                        ) from error
                else:
                    suspects = [number for number in dispatched if number in waiting]
            suspects = [number for number in suspects if number in waiting]
    except BaseException:
        if jobs > 1 and _own_processes():
            get_reusable_executor(kill_workers=True).shutdown(wait=True, kill_workers=True)
        raise


def _parallel(
    function: Callable[[Task], Result],
    waiting: dict[int, Task],
    batch: list[int],
    jobs: int,
    dispatched: list[int],
) -> Generator[tuple[int, Result], None, None]:
    """Hand a batch of tasks to joblib; notes in `dispatched` which of them it took."""

    def calls() -> Iterator[Any]:
        for number in batch:
            dispatched.append(number)
            yield joblib.delayed(_numbered)(function, number, waiting[number])

    with _processes(), warnings.catch_warnings(), ExitStack() as stack:
        # Of a run that ends early, joblib says that it has results which nobody took; closed here, it says it here.
        warnings.filterwarnings(
            "ignore", message=r"\d+ tasks (have been successfully executed|which were still)", category=UserWarning
        )
        parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
        with _without_interrupts(), _quiet_tracker():
            results = stack.enter_context(closing(parallel(calls())))
            if isinstance(parallel._backend, LokyBackend):
                stack.enter_context(_killed_in_the_end(parallel, parallel._backend._workers))
        # Not `yield from`, which would close joblib's generator before all that stands above.
        for each in results:  # noqa: UP028
            yield each


def _numbered(function: Callable[[Task], Result], number: int, task: Task) -> tuple[int, Result]:
    result = function(task)
    if _fresh:
        # What was loaded for the first task stays. loky looks through it for garbage every second, for 20 ms.
        gc.freeze()
        _fresh.clear()
    return number, result


_fresh: list[int] = []
"""In a worker of ours, its process until the first task is done; elsewhere nothing."""


def _processes() -> AbstractContextManager[Any]:
    """The default back end with workers that die with this process, unless the caller chose another."""
    if not _own_processes():
        return nullcontext()
    ours: AbstractContextManager[Any] = joblib.parallel_config(
        backend="loky", initializer=_die_with_parent, initargs=(os.getpid(),)
    )
    return ours


def _own_processes() -> bool:
    """Whether joblib would start processes of this machine, the caller having chosen nothing else."""
    return isinstance(get_active_backend()[0], LokyBackend)


@contextmanager
def _killed_in_the_end(parallel: joblib.Parallel, executor: Any) -> Iterator[None]:
    """Have joblib's processes killed rather than asked to go, when this process ends or the block fails.

    loky asks by the queue that its workers read in turns, and waits. If one was killed just then that had
    the lock of the queue, that is for ever. To kill them all needs no lock.
    """
    executor._flags.kill_workers = True
    try:
        yield
    except BaseException:
        with parallel._lock:  # or tasks that are being handed over would be missed by a thread, with a traceback
            parallel._aborting = True
            executor._work_ids.queue.clear()
        raise


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep what signals raise until the end of the block; and Ctrl-C for ever from processes that start in it.

    loky loses its way if it is interrupted while it starts a worker, and so does a worker that starts.
    """
    came: list[int] = []
    handlers: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():  # where they raise
        for number in (signal.SIGINT, signal.SIGTERM):
            if callable(signal.getsignal(number)):
                handlers[number] = signal.signal(number, lambda number, _: came.append(number))
    resource_tracker.ensure_running()  # which Python would start with the first worker, and unblock SIGINT after it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def _quiet_tracker() -> Iterator[None]:
    """Start loky's tracker of semaphores without its warnings.

    Where workers are killed, it may warn of a semaphore that somebody else has deleted just before.
    """
    option = "ignore:resource_tracker:UserWarning"
    sys.warnoptions.append(option)  # which processes that start here are given with -W
    try:
        yield
    finally:
        sys.warnoptions.remove(option)


def _die_with_parent(parent: int) -> None:
    """Have the system kill this worker when its parent dies, and leave Ctrl-C to the parent."""
    _fresh.append(os.getpid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the call above
            os._exit(1)


def _kill(process: Any) -> None:
    """Kill a worker, and see it end."""
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()


# To kill a worker, loky looks for the worker's children by pgrep; where that is missing, as in small containers, it
# falls back on a method that its processes do not have.
if shutil.which("pgrep") is None and utils.psutil is None:
    process_executor.kill_process_tree = _kill
