"""Read a shard that anybody may have made: its structure by HDF5, its arrays by ourselves, from the mapped file."""

import math
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from functools import partial
from itertools import pairwise
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers
from digitgen.compose.batch import ArraySpec, BatchSpec
from digitgen.dataset.chunk_cache import ChunkCache
from digitgen.dataset.deflate import inflate
from digitgen.dataset.entries import ShardEntry, SourceEntry
from digitgen.dataset.rows import contradiction
from digitgen.dataset.shard_layout import ArrayPlace, Chunks, ShardLayout, read_layout
from digitgen.dataset.stores import Store
from digitgen.errors import DamageError

# Errors that h5py raises for a damaged file.
_H5PY_ERRORS: Final = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError)
_JOINED_BYTES: Final = 1 << 20  # chunks of labels that are kept as one
_CACHED_BYTES: Final = 1 << 22  # inflated chunks of a shard that is read alone


_Where = int | slice | Integers
_Part = tuple[int, _Where, _Where]


class _Rows:
    """Rows of a shard in any order, where they are to go, and how they lie in chunks.

    The last is found once for all arrays whose chunks are alike.
    """

    def __init__(self, rows: Integers, where: Integers | None) -> None:
        self.rows = rows
        self.where = where
        self._parts: dict[int, list[_Part]] = {}

    def parts(self, size: int) -> list[_Part]:
        """For each chunk of `size` rows that has some: its number, their places in the chunk, and where they go."""
        if size not in self._parts:
            run = self.where is None and bool((self.rows[1:] - self.rows[:-1] == 1).all())
            self._parts[size] = list((self._of_run if run else self._of_any)(size))
        return self._parts[size]

    def _of_run(self, size: int) -> Iterator[_Part]:
        """Find the parts of rows that follow each other."""
        first, count = int(self.rows[0]), len(self.rows)
        for number in range(first // size, (first + count - 1) // size + 1):
            start, end = max(number * size, first), min((number + 1) * size, first + count)
            yield number, slice(start - number * size, end - number * size), slice(start - first, end - first)

    def _of_any(self, size: int) -> Iterator[_Part]:
        """Find the parts of rows in any order."""
        numbers, inside = np.divmod(self.rows, size)
        order = numbers.argsort(kind="stable")
        numbers, inside = numbers[order], inside[order]
        where = order if self.where is None else self.where[order]
        starts = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
        for start, end in pairwise([0, *starts.tolist(), len(numbers)]):
            if end - start == 1:  # which numpy finds in a fraction of the time if it is no array
                yield int(numbers[start]), int(inside[start]), int(where[start])
            else:
                yield int(numbers[start]), inside[start:end], where[start:end]


Fill = Callable[[NDArray[np.void], _Rows], object]
"""Copies rows of an array into the items of another, which has room for all of them."""
Items = Mapping[str, NDArray[np.void]]
"""The items of arrays as lumps of bytes."""


class Known(NamedTuple):
    """The layout of a shard that was opened before, so that to open the same file again takes no second look.

    Attributes
    ----------
    file : tuple of int
        What tells this very file from another, or from itself after it was written to.
    layout : dict of str to ArrayPlace
        Where its arrays lie.
    """

    file: tuple[int, ...]
    layout: ShardLayout


class ShardReader:
    """A shard's arrays by name, each taking a list of rows.

    The file is mapped into memory, for as long as the reader or a view of an array is in use. Contiguous arrays are
    views of it; compressed ones are inflated chunk by chunk. Threads may share a reader.

    Parameters
    ----------
    store : Store
        The place of the dataset.
    entry : ShardEntry
        The manifest's entry of the shard.
    spec : BatchSpec
        Its arrays.
    source : SourceEntry
        The manifest's entry of the split's source; bounds labels and rows of glyphs.
    file : binary file, optional
        The shard, if it is open already; it stays open.
    cache : ChunkCache, optional
        Keeps chunks that are inflated; one of its own if not given.
    known : Known, optional
        What the shard was found to be before. If the file is the same, it is not looked at again.

    Attributes
    ----------
    known : Known
        What the shard was found to be.

    Raises
    ------
    DamageError
        If the file is absent, or not the shard that it should be.
    """

    def __init__(
        self,
        store: Store,
        entry: ShardEntry,
        spec: BatchSpec,
        source: SourceEntry,
        file: BinaryIO | None = None,
        *,
        cache: ChunkCache | None = None,
        known: Known | None = None,
    ) -> None:
        self._path = store.at(entry.file)
        self._spec = {each.name: each for each in spec}
        cache = ChunkCache(_CACHED_BYTES) if cache is None else cache
        try:
            opened = store.open(entry.file, entry.bytes, entry.blake3) if file is None else nullcontext(file)
            with opened as file:
                facts = os.fstat(file.fileno())
                if facts.st_size != entry.bytes:
                    raise DamageError(
                        f"{self._path}: the shard has {facts.st_size} bytes, the manifest says {entry.bytes}"
                    )
                same = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                if looked_at := known is not None and known.file == same:
                    self.known = known
                else:
                    self.known = Known(same, read_layout(file, facts.st_size, spec, entry.count))
                self._fills = {each.name: _filler(mapped, each, self.known.layout[each.name], cache) for each in spec}
        except FileNotFoundError:
            raise DamageError(f"{self._path}: the shard is missing") from None
        except _H5PY_ERRORS as error:
            reason = (isinstance(error, OSError) and error.strerror) or error
            raise DamageError(f"{self._path}: the shard cannot be opened: {reason}") from error
        if looked_at:
            return
        labels = self.arrays([each.name for each in spec if not each.is_image], np.arange(entry.count))
        if problem := contradiction(labels, entry.first, len(source.glyphs), source.rows):
            raise DamageError(f"{self._path}: the shard is damaged: {problem}")

    def arrays(self, names: Iterable[str], rows: Integers) -> dict[str, NDArray[Any]]:
        """Read some rows of some of the arrays, without reading the others.

        Parameters
        ----------
        names : iterable of str
            Names of arrays in the shard.
        rows : ndarray
            (n,) int64, from 0, in any order.

        Returns
        -------
        dict of str to ndarray
            (n, ...) each.

        Raises
        ------
        DamageError
            If they cannot be read.
        """
        out = {each: np.empty((len(rows), *self._spec[each].shape), self._spec[each].dtype) for each in names}
        self.fill(items_of(out), rows)
        return out

    def fill(self, out: Items, rows: Integers, where: Integers | None = None) -> None:
        """Read some rows into arrays that are there.

        Parameters
        ----------
        out : dict of str to ndarray
            What `items_of` makes of the arrays; overwritten where the rows go.
        rows : ndarray
            (n,) int64, from 0 and less than the shard's images, in any order.
        where : ndarray, optional
            (n,) int64: where in the arrays each row goes; in their order, if not given.

        Raises
        ------
        DamageError
            If they cannot be read.
        """
        if not len(rows):
            return
        asked = _Rows(rows, where)
        try:
            for name, array in out.items():
                self._fills[name](array, asked)
        except ValueError as error:
            raise DamageError(f"{self._path}: the shard is damaged: {error}") from error


def items_of(arrays: Mapping[str, NDArray[Any]]) -> Items:
    """View the items of arrays as lumps of bytes, which numpy picks and puts several times faster than rows of numbers.

    Parameters
    ----------
    arrays : dict of str to ndarray
        (n, ...) each, without gaps in memory.

    Returns
    -------
    dict of str to ndarray
        (n,) each, of the same memory; those without any bytes are left out.
    """
    return {name: _items(each, len(each), each.nbytes // len(each)) for name, each in arrays.items() if each.size}


def _items(memory: Any, count: int, size: int, offset: int = 0) -> NDArray[np.void]:
    """View memory as items of some bytes."""
    return np.ndarray((count,), f"V{size}", memory, offset)


def _filler(file: mmap.mmap, array: ArraySpec, place: ArrayPlace, cache: ChunkCache) -> Fill:
    """Make the function that reads rows of one array."""
    size = math.prod(array.shape) * np.dtype(array.dtype).itemsize
    if not size:  # sequences of one digit have no gaps
        return lambda _out, _asked: None
    if isinstance(place.at, Chunks):
        return _Chunked(file, size, place.at, cache, joined=not array.is_image).fill
    return partial(_fill, _items(file, place.shape[0], size, place.at))


def _fill(whole: NDArray[np.void], out: NDArray[np.void], asked: _Rows) -> None:
    """Read rows of an array that lies in the file as it is."""
    if asked.where is None:
        whole.take(asked.rows, out=out, mode="clip")  # to clip nothing, but any other mode copies twice
    else:
        out[asked.where] = whole[asked.rows]


class _Chunked:
    """An array that is stored in chunks. Those of labels are small, so some that lie side by side are kept as one."""

    def __init__(self, file: mmap.mmap, size: int, chunks: Chunks, cache: ChunkCache, *, joined: bool) -> None:
        self._file, self._cache, self._chunks, self._size = memoryview(file), cache, chunks, size
        self._bytes = chunks.rows * size
        self._joined = max(_JOINED_BYTES // self._bytes, 1) if joined else 1
        self._name = object()  # in the cache; dies with this reader, as a file that is opened later may be another

    def fill(self, out: NDArray[np.void], asked: _Rows) -> None:
        """Read rows of it."""
        for number, inside, where in asked.parts(self._chunks.rows * self._joined):
            out[where] = self._cache.get((self._name, number), partial(self._piece, number))[inside]

    def _piece(self, number: int) -> NDArray[np.void]:
        """Inflate some chunks that lie side by side."""
        own = slice(number * self._joined, (number + 1) * self._joined)
        places = zip(self._chunks.offsets[own].tolist(), self._chunks.sizes[own].tolist(), strict=True)
        data = b"".join([self._inflated(offset, size) for offset, size in places])
        return _items(data, len(data) // self._size, self._size)

    def _inflated(self, offset: int, size: int) -> bytes | memoryview:
        """Read one chunk."""
        stored = self._file[offset : offset + size]
        if self._chunks.compressed:
            return inflate(stored, self._bytes)
        if size != self._bytes:
            raise ValueError(f"a chunk has {size} bytes, and should have {self._bytes}")
        return stored
