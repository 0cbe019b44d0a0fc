"""Executors: ways to have a function called for many tasks by workers that may die.

An executor takes tasks and gives futures. It tells the death of a worker from an error, because only a death is worth
another try. `collect` hands out tasks and yields results, the same way for every executor.
"""

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Final, Protocol, TypeVar, runtime_checkable

from digitgen.errors import BuildError

MAX_RETRIES: Final = 3
AHEAD: Final = 2
"""Tasks handed out, for each worker, so that none waits for the next."""

Task = TypeVar("Task")
Result = TypeVar("Result")
Value = TypeVar("Value")
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
_Shared = TypeVar("_Shared", covariant=True)

Check = Callable[[], str | None]
"""Called on a worker: says what is wrong there, or None. It is pickled."""


class WorkerDiedError(Exception):
    """The worker of a task died before it had an answer: it was killed, crashed, or ran out of memory.

    Parameters
    ----------
    message : str
        How it died.
    workers : int, default 1
        Workers that died of the task, one after the other, if somebody else gave it to several.
    """

    def __init__(self, message: str, workers: int = 1) -> None:
        super().__init__(message)
        self.workers = workers

    def __reduce__(self) -> tuple[type, tuple[str, int]]:
        return type(self), (str(self), self.workers)


class Handle(Protocol[_Shared]):
    """A value that tasks share; pickled, it is a reference only."""

    def get(self) -> _Shared:
        """Get the value, on whichever worker this is."""
        ...


@runtime_checkable
class Discardable(Protocol):
    """A result that leaves something behind if nobody takes it."""

    def discard(self) -> None:
        """Delete what it would leave."""
        ...


class Executor(Protocol[_Given, _Made]):
    """Workers that call a function; the function and the number of workers are settled when it is made."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether workers may be on other machines."""
        ...

    @property
    def workers(self) -> int:
        """Tasks that run at a time, as far as is known now."""
        ...

    @property
    def most(self) -> int:
        """Most tasks to be handed out at a time."""
        ...

    @property
    def bulk(self) -> int:
        """Tasks to be handed out together, where each is so short that handing it out would take as long; often 1."""
        ...

    def start(self, check: Check, /) -> None:
        """Wait for the workers, and have each tell what is wrong there.

        Raises
        ------
        BuildError
            If something is wrong on a worker, or there is none.
        """
        ...

    def share(
        self, values: dict[str, Value], folder: Path | None, owner: str, /
    ) -> AbstractContextManager[dict[str, Handle[Value]]]:
        """Have values reach each worker once; for the time of the block.

        Parameters
        ----------
        values : dict of str to any
            The values, under any names.
        folder : Path or None
            Folder for temporary files that all workers see; None if there is none, where workers may be elsewhere.
        owner : str
            Begins the names of these files; may be empty.

        Returns
        -------
        context manager
            Gives handles by the same names, to be put into the tasks.
        """
        ...

    def submit(self, tasks: list[_Given], /) -> list[Future[_Made]]:
        """Hand out tasks; the future of each fails with `WorkerDiedError` if its worker dies of it or of a fellow."""
        ...

    def close(self) -> None:
        """End the workers, or leave them; tasks that are not done are lost. May be called again."""
        ...


def run(executor: Executor[Task, Result], tasks: Iterable[Task]) -> Generator[Result, None, None]:
    """Yield results as `collect` does, and close the executor when they end, or when this is closed early.

    Parameters
    ----------
    executor, tasks
        As in `collect`.

    Yields
    ------
    object
        The result of a task.

    Raises
    ------
    BuildError
        As `collect` does.
    """
    with closing(executor):
        yield from collect(executor, tasks)


def collect(executor: Executor[Task, Result], tasks: Iterable[Task]) -> Generator[Result, None, None]:
    """Hand out tasks, again those of which a worker died, and yield the results as they come.

    Parameters
    ----------
    executor : Executor
        Its workers.
    tasks : iterable
        The tasks; ``str(task)`` names one in errors.

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
    done = SimpleQueue[Future[Result]]()
    deaths: Counter[int] = Counter()
    tries: Counter[int] = Counter()
    while True:
        # What a worker died of is tried again by itself: perhaps there was too little memory for several, or the worker
        # died of another task.
        alone = [again.popleft()] if again and not running else []
        free = 0 if again else executor.most - len(running)
        ready = alone or (list(islice(todo, free)) if free >= executor.bulk or not running else [])
        for start in range(0, len(ready), bulk := max(1, executor.bulk)):
            part = ready[start : start + bulk]
            for future, order in zip(executor.submit([task for _, task in part]), part, strict=True):
                running[future] = order
                future.add_done_callback(done.put)
        if not running:
            return
        future = done.get()
        number, task = running.pop(future)
        error = future.exception()
        if not isinstance(error, WorkerDiedError):
            yield future.result()
            continue
        deaths[number] += error.workers
        tries[number] += bool(alone)
        if deaths[number] > MAX_RETRIES and tries[number]:
            times = "1 time" if tries[number] == 1 else f"{tries[number]} times"
            tried = f"also when tried {times} by itself (out of memory?)"
            raise BuildError(f"{task}: its worker process died, {tried}") from error
        again.append((number, task))
