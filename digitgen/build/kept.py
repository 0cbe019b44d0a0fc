"""A place to keep what takes long to make, for the next configuration, which is much like this one."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any, Final, TypeVar

T = TypeVar("T")

MOST_BYTES: Final = 128 << 20
"""Bytes that are kept by default, beside what the configuration at hand needs."""


@dataclass
class _Entry:
    """Something that is kept."""

    value: Any
    nbytes: int
    used: int  # the number of the turn that asked for it last


class Kept:
    """Things by key. Those that no turn has asked for lately are forgotten once all together are too large.

    Threads may share one.

    Parameters
    ----------
    most : int, default 128 MiB
        Bytes to keep; what the last turn asked for is kept in any case.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._entries: dict[Hashable, _Entry] = {}
        self._turn = 0
        self._lock = RLock()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries

    @property
    def nbytes(self) -> int:
        """Bytes of everything that is kept."""
        with self._lock:
            return sum(entry.nbytes for entry in self._entries.values())

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Get a thing, made now if it is not kept.

        Parameters
        ----------
        key : hashable
            Names it, and everything that it depends on.
        make : callable
            Makes it; nothing is kept if this raises an error.
        size : callable
            Takes the thing, and returns its bytes.

        Returns
        -------
        Any
            What `make` returned, now or earlier.
        """
        with self._lock:
            if entry := self._entries.get(key):
                entry.used = self._turn
                made: T = entry.value
                return made
        made = make()
        with self._lock:
            self._entries[key] = _Entry(made, size(made), self._turn)
        return made

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Make the block a turn: at its end, what was longest not asked for is forgotten while there is too much."""
        with self._lock:
            self._turn += 1
        try:
            yield
        finally:
            with self._lock:
                total = self.nbytes
                for key, entry in sorted(self._entries.items(), key=lambda item: item[1].used):
                    if total <= self._most or entry.used == self._turn:
                        break
                    total -= self._entries.pop(key).nbytes
