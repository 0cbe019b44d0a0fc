"""Keep what was inflated last, up to so many bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from numpy.typing import NDArray


class ChunkCache:
    """Arrays by key: those used last, while they have at most some number of bytes together.

    Threads may share it. An array is made without a lock, so two threads may make the same one at the same time; one
    of the two is kept.

    Parameters
    ----------
    limit : int
        Most bytes of all arrays together. The one used last is kept even if it is larger.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._arrays: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays together."""
        return self._bytes

    def get(self, key: Hashable, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Find an array, or make and keep it.

        Parameters
        ----------
        key : hashable
            Its name.
        make : callable
            Makes it.

        Returns
        -------
        ndarray
            The array; nobody may write to it.
        """
        with self._lock:
            found = self._arrays.get(key)
            if found is not None:
                self._arrays.move_to_end(key)
                return found
        made = make()
        with self._lock:
            there = self._arrays.pop(key, None)
            self._bytes += made.nbytes - (0 if there is None else there.nbytes)
            self._arrays[key] = made
            while self._bytes > self._limit and len(self._arrays) > 1:
                self._bytes -= self._arrays.popitem(last=False)[1].nbytes
        return made

    def clear(self) -> None:
        """Let go of all arrays."""
        with self._lock:
            self._arrays.clear()
            self._bytes = 0
