"""Calls of a function in Python processes of this machine; each may die without the others.

A thread for each process hands it one task at a time through a pipe, and waits for the answer or for the end of the
pipe. So it is known which task a process died of, and only that task is lost. There are no locks or
semaphores that a process could leave taken behind it.
"""

import contextlib
import gc
import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Generic

from digitgen.build.executor import AHEAD, Check, Handle, Result, Task, Value, WorkerDiedError
from digitgen.build.shared import in_files
from digitgen.scratch import sweep_scratch
from digitgen.system import block_interrupts, die_with_parent

# Modules are found where this process finds them, and nowhere else (-P): never in a folder that happens to be the
# current one.
_SERVE: Final = "import sys; sys.path[:] = sys.argv[2:]; from digitgen.build.processes import serve; serve(sys.argv[1])"
# There are as many processes as are wanted; numerical libraries would start as many threads in each.
_ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")


class Processes(Generic[Task, Result]):
    """Processes that call a function, from when this is made until it is closed.

    Parameters
    ----------
    function : callable
        Takes a task; of a module that can be imported. Tasks, results and errors are pickled.
    jobs : int
        Number of processes.
    """

    is_elsewhere = False

    def __init__(self, function: Callable[[Task], Result], jobs: int) -> None:
        self.workers = jobs
        self.most, self.bulk = AHEAD * jobs, 1
        self._function = pickle.dumps(function)
        # Processes inherit from the thread that starts them that they do not hear Ctrl-C, which is for this one.
        self._threads = ThreadPoolExecutor(jobs, initializer=block_interrupts)
        self._lock = threading.Lock()
        self._closed = False
        self._all: list[subprocess.Popen[bytes]] = []
        self._free: list[subprocess.Popen[bytes]] = []
        self._starting = [self._threads.submit(lambda: self._free.append(self._start())) for _ in range(jobs)]

    def start(self, _check: Check) -> None:
        """Wait until the processes have started, or died; they have what this one has, and nothing is wrong there."""
        wait(self._starting)

    def share(
        self, values: dict[str, Value], folder: Path | None, owner: str
    ) -> AbstractContextManager[dict[str, Handle[Value]]]:
        """Write values to files, from which each process maps them.

        Parameters
        ----------
        values, folder, owner
            As in `Executor.share`.

        Returns
        -------
        context manager
            Gives handles by the same names.
        """
        assert folder
        return in_files(values, folder, owner)

    def close(self) -> None:
        """Kill the processes, and see them end; their tasks are lost."""
        with self._lock:
            self._closed = True
            for process in self._all:
                process.kill()
        self._threads.shutdown(cancel_futures=True)
        while self._all:
            _bury(self._all.pop())

    def submit(self, tasks: list[Task]) -> list[Future[Result]]:
        """Have the function called with tasks; the futures may fail with `WorkerDiedError`."""
        return [self._threads.submit(self._call, task) for task in tasks]

    def _start(self) -> "subprocess.Popen[bytes]":
        """Start a process, and have it load the function."""
        command = [sys.executable, "-P", "-c", _SERVE, str(os.getpid()), *sys.path]
        with self._lock:
            if self._closed:
                raise WorkerDiedError("closed")
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_ONE_THREAD | os.environ
            )
            self._all.append(process)
        self._ask(process, self._function)
        return process

    def _call(self, task: Task) -> Result:
        """Have the function called, in a thread of the pool."""
        request = pickle.dumps(task)
        try:
            process = self._free.pop()
        except IndexError:  # some have died
            process = self._start()
        answer = self._ask(process, request)
        self._free.append(process)
        result, problem = pickle.loads(answer)
        if problem is not None:
            raise problem
        return result  # type: ignore[no-any-return]

    def _ask(self, process: "subprocess.Popen[bytes]", message: bytes) -> bytes:
        """Hand a message to a process, and wait for the answer; pickled once more, they tell where they end."""
        assert process.stdin and process.stdout
        try:
            pickle.dump(message, process.stdin)
            process.stdin.flush()
            answer: bytes = pickle.load(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            with self._lock:
                self._all.remove(process)
            process.kill()
            _bury(process)
            raise WorkerDiedError(f"exit code {process.returncode}") from error
        return answer


def _bury(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a process that was killed, close its pipes, and delete its temporary folders."""
    process.wait()
    sweep_scratch(process.pid)
    assert process.stdin and process.stdout
    with contextlib.suppress(BrokenPipeError):  # for what it did not read
        process.stdin.close()
    process.stdout.close()


def serve(parent: str) -> None:
    """Read a function, then answer requests for as long as there are any; the main function of a process.

    Parameters
    ----------
    parent : str
        Number of the process that asks.
    """
    die_with_parent(int(parent))
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(sys.stderr.fileno(), 1)  # what anybody prints is no answer
    fresh = True
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent needs no more, or is no more
        function = pickle.load(requests)
        with contextlib.suppress(Exception):  # the first answer will say so
            pickle.loads(function)
        answer = b"ready"
        while True:
            pickle.dump(answer, answers)
            answers.flush()
            answer = _answer(function, pickle.load(requests))
            if fresh:
                gc.freeze()  # what was loaded for the first task stays, and need not be searched for garbage
                fresh = False


def _answer(function: bytes, request: bytes) -> bytes:
    """Call a function: return its result and None, or None and the error, with its traceback as a note."""
    try:
        result = pickle.loads(function)(pickle.loads(request))
        return pickle.dumps((result, None))
    except Exception as error:
        error.add_note(f"In a worker process:\n{traceback.format_exc()}")
        try:
            answer = pickle.dumps((None, error))
            pickle.loads(answer)
        except Exception:  # there are such errors
            answer = pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))
        return answer
