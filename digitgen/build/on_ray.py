"""The executor that hands tasks to a Ray cluster, through Ray's own tasks and object references."""

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic

import ray
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from digitgen.build.executor import AHEAD, Check, Handle, Result, Task, Value, WorkerDiedError
from digitgen.errors import ArgumentError, BuildError
from digitgen.messages import shown

_CONNECT: Final = 10.0  # seconds that a head node may take to answer
_LOOK: Final = 1.0  # seconds between two looks at the head node
_MISSES: Final = 3
_DEATHS: Final = (WorkerCrashedError, NodeDiedError, OutOfMemoryError)


class RayWorkers(Generic[Task, Result]):
    """An executor of the processors of a Ray cluster. Ray itself never tries a task again.

    Parameters
    ----------
    function : callable
        Takes a task; of a module that workers can import.
    address : str
        Address of the cluster.

    Raises
    ------
    ArgumentError
        If it is no address.
    BuildError
        If no cluster answers.
    """

    is_elsewhere = True

    def __init__(self, function: Callable[[Task], Result], address: str) -> None:
        self._address, self._head = address, _head_of(address)
        before = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)
        except (RayError, OSError, RuntimeError, ValueError) as error:
            raise BuildError(f"{address}: no Ray cluster answers there") from error
        finally:
            with contextlib.suppress(ValueError):  # it is no business of this thread
                signal.signal(signal.SIGTERM, before)  # Ray would end the process its own way
        self._call = ray.remote(num_cpus=1, max_retries=0)(function)
        self._asked: dict[Future[Result], Any] = {}
        self.workers = int(ray.cluster_resources().get("CPU", 0))
        self.most, self.bulk = AHEAD * max(1, self.workers), 1
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def start(self, check: Check) -> None:
        """Have every node tell what is wrong there.

        Raises
        ------
        BuildError
            If something is.
        """
        asked = ray.remote(num_cpus=0, max_retries=0)(_ask)
        for node in [each for each in ray.nodes() if each["Alive"]]:
            here = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            if trouble := ray.get(asked.options(scheduling_strategy=here).remote(check)):
                raise BuildError(f"Ray node {node['NodeManagerAddress']}: {trouble}")

    @contextmanager
    def share(self, values: dict[str, Value], _folder: Path | None, _owner: str) -> Iterator[dict[str, Handle[Value]]]:
        """Put values into Ray's object store, which keeps one copy on each node and maps it into its workers.

        Parameters
        ----------
        values, _folder, _owner
            As in `Executor.share`.

        Yields
        ------
        dict of str to Handle
            By the same names, to be put into the tasks.
        """
        yield {name: _InStore(ray.put(value)) for name, value in values.items()}

    def submit(self, tasks: list[Task]) -> list[Future[Result]]:
        """Hand out tasks; the future of each fails with `WorkerDiedError` if its worker died of it."""
        return [self._hand_out(task) for task in tasks]

    def _hand_out(self, task: Task) -> Future[Result]:
        """Hand out a task."""
        answer = Future[Result]()
        self._asked[answer] = asked = self._call.remote(task)
        asked.future().add_done_callback(partial(self._pass_on, answer))
        return answer

    def close(self) -> None:
        """Take back all tasks that are not done, with their workers, and disconnect."""
        if self._closed.is_set():
            return
        self._closed.set()
        for asked in list(self._asked.values()):
            with contextlib.suppress(Exception):  # it is done
                ray.cancel(asked, force=True)
        ray.shutdown()

    def _watch(self) -> None:
        """See whether the head node is there; without it, Ray would wait for a minute and end the whole process."""
        missed = 0
        while missed < _MISSES and not self._closed.wait(_LOOK):
            try:
                socket.create_connection(self._head, _LOOK).close()
                missed = 0
            except OSError:
                missed += 1
        for answer in [] if self._closed.is_set() else list(self._asked):
            with contextlib.suppress(InvalidStateError):  # it has just come
                answer.set_exception(BuildError(f"{self._address}: the connection to the Ray cluster is lost"))

    def _pass_on(self, answer: Future[Result], done: "Future[Result]") -> None:
        """Give the answer of Ray's future to ours."""
        del self._asked[answer]
        if answer.done():  # it was given up
            return
        error = done.exception()
        if error is None:
            answer.set_result(done.result())
        elif isinstance(error, RayTaskError):
            answer.set_exception(error.cause)
        elif isinstance(error, _DEATHS):
            answer.set_exception(WorkerDiedError(type(error).__name__))
        else:
            answer.set_exception(BuildError(f"{self._address}: the Ray cluster is lost ({type(error).__name__})"))


def _head_of(address: str) -> tuple[str, int]:
    """Find host and port of a head node that listens; Ray itself would take minutes to say that none does."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _CONNECT).close()
    except (ValueError, OverflowError) as error:
        raise ArgumentError(f"ray must be an address such as host:6379; got {shown(address)}") from error
    except OSError as error:
        raise BuildError(f"{address}: no Ray cluster answers there") from error
    return host, int(port)


def _ask(check: Check) -> str | None:
    """Call a check, on a worker."""
    return check()


@dataclass(frozen=True)
class _InStore(Generic[Value]):
    """A value in Ray's object store; `reference` says which."""

    reference: Any

    def get(self) -> Value:
        """Get the value, on a worker, with its arrays mapped read-only."""
        value: Value = ray.get(self.reference)
        return value
