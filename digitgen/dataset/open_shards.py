"""Keep the shards open that are read from, within bounds of files and of memory."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from digitgen.dataset.chunk_cache import ChunkCache
from digitgen.system import open_files

if TYPE_CHECKING:
    from digitgen.dataset.shard_reader import Known, ShardReader

MAX_OPEN: Final = max(min(open_files() // 4, 256), 1)
"""Shards that a dataset keeps open at a time: with few of many, images at random would cost an opening each."""
_MAX_KNOWN: Final = 4096  # shards whose layout is kept, some kilobytes each

Open = Callable[[int, ChunkCache, "Known | None"], "ShardReader"]
"""Opens a shard by its number, with the cache for its chunks, and what it was found to be before."""


class OpenShards:
    """The shards of a split that a process has open: opened when first needed, and closed when others are needed more.

    Threads may share it. A process that inherits it opens files of its own.

    Parameters
    ----------
    cache_bytes : int
        Most bytes of inflated chunks, of all shards together.
    """

    def __init__(self, cache_bytes: int) -> None:
        self._cache_bytes = cache_bytes
        self._known: OrderedDict[int, Known] = OrderedDict()
        self._open = _Open(cache_bytes)

    def __len__(self) -> int:
        return len(self._own().readers)

    def get(self, number: int, opened: Open) -> "ShardReader":
        """Find a shard, or open it.

        Parameters
        ----------
        number : int
            Its number in the split.
        opened : callable
            Opens it.

        Returns
        -------
        ShardReader
            The shard; it can be read from as long as the caller holds it.

        Raises
        ------
        DamageError
            If it cannot be opened, or is not what it should be.
        """
        own = self._own()
        with own.lock:
            if (found := own.find(number)) is not None:
                return found
            turn = own.turns.setdefault(number, threading.Lock())
        with turn:  # to open a shard takes long if it is fetched; threads that want others go on meanwhile
            with own.lock:
                if (found := own.find(number)) is not None:
                    return found
            reader = opened(number, own.cache, self._known.get(number))
            with own.lock:
                self._keep(own, number, reader)
        return reader

    def _keep(self, own: "_Open", number: int, reader: "ShardReader") -> None:
        """Keep a shard open, and what is known of it; let go of what was not used for longest."""
        own.turns.pop(number, None)
        while len(own.readers) >= MAX_OPEN:
            own.readers.popitem(last=False)
        own.readers[number] = reader
        self._known[number] = reader.known
        while len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)

    def close(self) -> None:
        """Close all files and forget all chunks."""
        own = self._own()
        with own.lock:
            own.readers.clear()
            own.cache.clear()

    def _own(self) -> "_Open":
        """Find what this process has open. A fork inherits locks that threads may hold which it has not."""
        if self._open.process != os.getpid():
            self._open = _Open(self._cache_bytes)
        return self._open


class _Open:
    """The files, chunks and locks of one process; nothing yet."""

    def __init__(self, cache_bytes: int) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        self.turns: dict[int, threading.Lock] = {}  # of shards that are being opened
        self.readers: OrderedDict[int, ShardReader] = OrderedDict()
        self.cache = ChunkCache(cache_bytes)

    def find(self, number: int) -> "ShardReader | None":
        """Find a shard that is open, and note that it is used; to be called with the lock."""
        if (found := self.readers.get(number)) is not None:
            self.readers.move_to_end(number)
        return found
