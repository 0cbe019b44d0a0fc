"""Requests to a file system of fsspec: connected once a process, each with a deadline, errors in our own words."""

import asyncio
import errno
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, Final, TypeVar

from digitgen.dataset.stores.explain import explained

_PATIENCE: Final = 120.0  # seconds for a request, and what its bytes may take beyond them:
_SLOWEST: Final = 100_000.0  # bytes a second
_HURRY: Final = 1.5  # seconds for a request once everything is given up

Value = TypeVar("Value")


class Requests:
    """Requests to a file system, by any number of threads.

    Parameters
    ----------
    connect : callable
        Makes the file system. It is called once in each process, also in one that was forked.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._patience: float | None = None
        self._forget()

    def _forget(self) -> None:
        """Forget the connection, which belongs to one process."""
        self._system: Any = None
        self._owner = os.getpid()
        self._running: set[Future[Any]] = set()

    @property
    def system(self) -> Any:
        """The file system."""
        if self._owner != os.getpid():
            self._forget()
        if self._system is None:
            self._system = self._connect()
        return self._system

    @property
    def waits(self) -> bool:
        """Whether a request can be waited for, and given up; so it is with stores of objects."""
        return bool(getattr(self.system, "async_impl", False))

    def call(self, where: str, method: str, *args: Any, more: int = 0, **options: Any) -> Any:
        """Call a method of the file system.

        Parameters
        ----------
        where : str
            Address that the request is about, for errors.
        method : str
            Name of the method.
        *args
            Its arguments.
        more : int, default 0
            Bytes that it moves.
        **options
            Its keyword arguments.

        Returns
        -------
        object
            What the method returns.

        Raises
        ------
        OSError
            As `explained` makes it; or if there is no answer in time.
        """
        if self.waits:
            return self.wait(where, lambda: getattr(self.system, f"_{method}")(*args, **options), more)
        try:
            return getattr(self.system, method)(*args, **options)
        except Exception as error:
            raise explained(error, where) from None

    def wait(self, where: str, request: Callable[[], Coroutine[Any, Any, Value]], more: int = 0) -> Value:
        """Wait for the answer to a request.

        Parameters
        ----------
        where : str
            Address that it is about, for errors.
        request : callable
            Makes the coroutine that asks.
        more : int, default 0
            Bytes that it moves.

        Returns
        -------
        object
            The answer.

        Raises
        ------
        OSError
            As `call` does.
        """
        seconds = self._patience or _PATIENCE + more / _SLOWEST
        try:
            future = asyncio.run_coroutine_threadsafe(request(), self.system.loop)
            self._running.add(future)
            try:
                return future.result(seconds)
            finally:
                self._running.discard(future)
                future.cancel()
        except CancelledError:
            raise OSError(errno.ECANCELED, "was given up", where) from None
        except TimeoutError:
            raise OSError(errno.ETIMEDOUT, f"no answer within {seconds:.0f} seconds", where) from None
        except Exception as error:  # what the other side said is not repeated
            raise explained(error, where) from None

    def give_up(self) -> None:
        """End all requests that run now, in whatever threads; wait only a moment for further ones."""
        self._patience = _HURRY
        for future in list(self._running):
            future.cancel()
