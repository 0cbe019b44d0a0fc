"""The executor that hands tasks to a Dask cluster, through Dask's own client and futures."""

import contextlib
import pickle
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final, Generic

import distributed
from distributed.scheduler import KilledWorker
from distributed.versions import VersionMismatchWarning

from digitgen.build.executor import AHEAD, Check, Handle, Result, Task, Value, WorkerDiedError
from digitgen.build.on_dask_worker import Done, Marks, OnWorker, Values, call_once, raise_trouble
from digitgen.errors import ArgumentError, BuildError
from digitgen.messages import Say, shown
from digitgen.version import VERSION

_CONNECT: Final = 10.0  # seconds that a scheduler may take to answer
_PATIENCE: Final = 300.0  # seconds that a cluster may be without a worker: it may have to start a machine
_LOOK: Final = 1.0  # seconds between two looks at how many workers there are
_END: Final = 1.0  # seconds that taking leave may take
_BUNDLE: Final = 0.25  # seconds that a worker should be busy with what it is given at a time
_MOST_TOGETHER: Final = 16


class DaskWorkers(Generic[Task, Result]):
    """An executor of the workers of a Dask cluster, however many there are at the time.

    Dask gives the task of a worker that died to others, and would let it kill those too. So each task is begun once
    only: it leaves a mark, and a second worker that gets it says that the first has died. `collect` then decides.

    Dask needs some milliseconds for a task of its own, wherever that runs. So short tasks go out in bundles.

    Parameters
    ----------
    function : callable
        Takes a task; of a module that workers can import.
    address : str
        Address of the scheduler.
    say : callable
        Takes a line of text for each thing that the user should know.

    Raises
    ------
    ArgumentError
        If it is no address.
    BuildError
        If no scheduler answers.
    """

    is_elsewhere = True

    def __init__(self, function: Callable[[Task], Result], address: str, say: Say) -> None:
        self._function, self._address, self._say = function, address, say
        self._client = _connect(address)
        self._name, self._numbers = f"digitgen-{uuid.uuid4().hex}", count()
        self._check: Check = _nothing
        self._marks: Marks | None = None
        self._asked: dict[object, distributed.Future] = {}
        self._seconds = 0.0  # that a task takes
        self._trouble: BuildError | None = None
        self._closed = threading.Event()
        self.workers = 0
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    @property
    def most(self) -> int:
        """Most tasks to be handed out at a time."""
        return AHEAD * self.bulk * max(1, self.workers)

    @property
    def bulk(self) -> int:
        """Tasks that make a bundle."""
        return max(1, min(_MOST_TOGETHER, int(_BUNDLE / self._seconds))) if self._seconds else 1

    def start(self, check: Check) -> None:
        """Wait for a worker, and have all that are there tell what is wrong; those that come later are asked too."""
        self._check = check
        try:
            self._wait_for_a_worker()
            # First by a function that travels whole: the check may not be there in another version.
            for worker, version in self._client.run(_version_there(), on_error="return").items():
                raise_trouble(worker, version if isinstance(version, Exception) else _compare(version))
            for worker, trouble in self._client.run(check, on_error="return").items():
                raise_trouble(worker, trouble)
        except (OSError, CancelledError) as error:
            raise self._lost() from error
        self._watcher.start()

    @contextmanager
    def share(self, values: dict[str, Value], folder: Path | None, _owner: str) -> Iterator[dict[str, Handle[Value]]]:
        """Send values to each worker once, also to those that come later.

        Parameters
        ----------
        values, folder, _owner
            As in `Executor.share`; marks of tasks go into the folder, if there is one.

        Yields
        ------
        dict of str to Handle
            By the same names, to be put into the tasks.
        """
        name, self._marks = self._name, Marks.begin(folder) if folder else None
        plugin = Values(self._check, pickle.dumps(values, pickle.HIGHEST_PROTOCOL))
        try:
            self._client.register_plugin(plugin, name)
        except OSError as error:
            raise self._lost() from error
        try:
            yield {each: OnWorker(name, each) for each in values}
        finally:
            if self._marks:
                self._marks.at_work.unlink(missing_ok=True)
            self._leave(lambda: self._client.unregister_worker_plugin(name))

    def submit(self, tasks: list[Task]) -> list[Future[Result]]:
        """Hand out a bundle of tasks; the futures fail with `WorkerDiedError` if its worker died."""
        answers = [Future[Result]() for _ in tasks]
        marks = self._marks and self._marks.for_bundle()
        # Keys of one group, which is all that the scheduler then remembers of what is done.
        key = (self._name, next(self._numbers))
        try:
            asked = self._client.submit(call_once, self._function, tasks, marks, key=key, pure=False)
        except Exception as error:  # of many kinds, once the connection is closed
            raise self._lost() from error
        self._asked[key] = asked
        asked.add_done_callback(partial(self._pass_on, answers, key))
        return answers

    def close(self) -> None:
        """Take back all tasks that are not done, and disconnect; the workers stay."""
        if self._closed.is_set():
            return
        self._closed.set()
        asked = list(self._asked.values())
        self._leave(lambda: self._client.cancel(asked, force=True) if asked else None)
        self._leave(lambda: self._client.close(timeout=_END))

    def _leave(self, step: Callable[[], object]) -> None:
        """Do a step of taking leave, but wait for no scheduler that does not answer."""

        def quietly() -> None:
            with contextlib.suppress(Exception):
                step()

        thread = threading.Thread(target=quietly, daemon=True)
        thread.start()
        thread.join(_END)

    def _wait_for_a_worker(self) -> None:
        """Wait for a worker; a cluster that grows with its tasks gets one to do."""
        self.workers = sum(self._client.nthreads().values())
        if self.workers:
            return
        self._say(f"{self._address}: there is no worker yet; waiting for one")
        first = self._client.submit(_nothing, pure=False)
        try:
            first.result(_PATIENCE)
        except TimeoutError:
            raise BuildError(f"{self._address}: no worker came within {_PATIENCE:.0f} s") from None
        self.workers = sum(self._client.nthreads().values())

    def _watch(self) -> None:
        """See how many workers there are; give up where there has been none for long."""
        alone = 0.0
        while not self._closed.wait(_LOOK):
            with contextlib.suppress(Exception):  # what is wrong shows in the tasks
                self.workers = sum(self._client.nthreads().values())
                alone = 0.0 if self.workers else alone + _LOOK
            if alone > _PATIENCE:
                self._trouble = BuildError(f"{self._address}: there has been no worker for {_PATIENCE:.0f} s")
                self._leave(lambda: self._client.cancel(list(self._asked.values()), force=True))
                return

    def _pass_on(self, answers: list[Future[Result]], key: object, asked: distributed.Future) -> None:
        """Give the answers of Dask's future to ours."""
        problem: Exception
        try:
            if asked.status in ("cancelled", "lost"):
                raise self._lost()
            done: list[Done[Result]] = asked.result()
            self._seconds = max(sum(each.seconds for each in done) / len(done), 1e-6)
            for answer, each in zip(answers, done, strict=True):
                if each.error:
                    answer.set_exception(each.error)
                else:
                    answer.set_result(each.result)  # type: ignore[arg-type]
            return
        except KilledWorker as error:  # before it could leave a mark, or where there are none
            problem = WorkerDiedError(str(error), error.allowed_failures + 1)
        except OSError:  # of the connection: those of tasks came as answers
            problem = self._lost()
        except Exception as error:
            problem = error if self._client.status == "running" else self._lost()
        finally:
            del self._asked[key]
        for answer in answers:
            answer.set_exception(problem)

    def _lost(self) -> BuildError:
        """Say that the scheduler does not answer any more."""
        return self._trouble or BuildError(f"{self._address}: the connection to the Dask scheduler is lost")


class _Client(distributed.Client):
    """A client that is closed if it cannot even be made; Dask's own would wait 20 s for itself, then fail loudly."""

    def __init__(self, *args: Any, **options: Any) -> None:
        try:
            super().__init__(*args, **options)
        except (ValueError, TypeError):
            self.status = "closed"
            raise


def _connect(address: str) -> distributed.Client:
    """Connect to a scheduler."""
    try:
        with warnings.catch_warnings():  # what matters about versions is checked later
            warnings.simplefilter("ignore", VersionMismatchWarning)
            return _Client(address, timeout=_CONNECT, set_as_default=False, name="digitgen")
    except ValueError as error:
        raise ArgumentError(f"dask must be an address such as tcp://host:8786; got {shown(address)}") from error
    except TypeError as error:
        raise BuildError(f"{address}: needs certificates; name them in Dask's own configuration") from error
    except OSError as error:
        raise BuildError(f"{address}: no Dask scheduler answers there") from error


def _nothing() -> None:
    """Do nothing."""


def _version_there() -> Callable[[], str]:
    """Make a function that is pickled whole, not by its name."""

    def version() -> str:
        from digitgen.version import VERSION

        return VERSION

    return version


def _compare(there: str) -> str | None:
    """Say that a version of digitgen differs from the one here."""
    same = f"digitgen is {there} there, and {VERSION} here; every worker needs the same version"
    return None if there == VERSION else same
