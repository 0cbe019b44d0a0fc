"""Read a shard that anybody may have made: its structure by HDF5, its arrays by ourselves.

HDF5 can do far more than a shard needs: links to other files, data stored elsewhere, types that are pointers, filters
that inflate without end. So a shard must be a plain file with plain arrays, of the types and shapes that the manifest
gives and within the file; anything else is refused. Arrays are then read from the mapped file.
"""

import math
import mmap
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any, BinaryIO, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers
from digitgen.compose.batch import ArraySpec, Batch, BatchSpec
from digitgen.dataset.deflate import inflate
from digitgen.dataset.entries import ShardEntry, SourceEntry
from digitgen.dataset.rows import contradiction
from digitgen.dataset.stores import Store
from digitgen.errors import DamageError

# Errors that h5py raises for a damaged file.
_H5PY_ERRORS: Final = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError)
_MOST_CHUNK_BYTES: Final = 1 << 26  # of an HDF5 chunk once inflated; ours have 59 MB at the widest
_CACHED_BYTES: Final = 1 << 22  # inflated chunks that a shard keeps

Read = Callable[[Integers], NDArray[Any]]


class ShardReader:
    """A shard's arrays by name, each taking a list of rows.

    The file is mapped into memory. Contiguous arrays are views of it; compressed ones are inflated chunk by chunk, and
    the chunks used last are kept.

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
    ) -> None:
        self._path = store.at(entry.file)
        try:
            opened = store.open(entry.file, entry.bytes, entry.blake3) if file is None else nullcontext(file)
            with opened as file:
                size = os.fstat(file.fileno()).st_size
                if size != entry.bytes:
                    raise DamageError(f"{self._path}: the shard has {size} bytes, the manifest says {entry.bytes}")
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                with h5py.File(file, "r") as structure:  # by this very file, without a lock
                    self._readers = {
                        each.name: self._reader(plain_dataset(structure, each, entry.count)) for each in spec
                    }
        except FileNotFoundError:
            raise DamageError(f"{self._path}: the shard is missing") from None
        except _H5PY_ERRORS as error:
            reason = (isinstance(error, OSError) and error.strerror) or error
            raise DamageError(f"{self._path}: the shard cannot be opened: {reason}") from error
        labels = self.arrays([each.name for each in spec if not each.is_image], np.arange(entry.count))
        if problem := contradiction(labels, entry.first, len(source.glyphs), source.rows):
            raise DamageError(f"{self._path}: the shard is damaged: {problem}")

    def read(self, rows: Integers, alphabet: str) -> Batch:
        """Read some rows as a batch.

        Parameters
        ----------
        rows : ndarray
            (n,) int64, from 0, in any order.
        alphabet : str
            The character of each class.

        Returns
        -------
        Batch
            The rows in the order in which they are asked for.

        Raises
        ------
        DamageError
            If they cannot be read.
        """
        return Batch.of(self.arrays(self._readers, rows), alphabet)

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
        try:
            return {name: self._readers[name](rows) for name in names}
        except ValueError as error:
            raise DamageError(f"{self._path}: the shard is damaged: {error}") from error

    def close(self) -> None:
        """Let go of the file, once nobody reads from it."""
        self._readers.clear()

    def _reader(self, dataset: h5py.Dataset) -> Read:
        """Make the function that reads rows of one dataset."""
        shape, dtype = dataset.shape, dataset.dtype
        if not dataset.size:  # sequences of one digit have no gaps
            return lambda rows: np.empty((len(rows), *shape[1:]), dtype)
        if dataset.chunks is None:
            array = np.ndarray(shape, dtype, self._map, dataset.id.get_offset())
            return lambda rows: array.take(rows, axis=0)
        return _Chunks(self._map, dataset).read


class _Chunks:
    """The chunks of a dataset: their places, and those inflated last."""

    def __init__(self, file: mmap.mmap, dataset: h5py.Dataset) -> None:
        self._file, self._dtype = file, dataset.dtype
        self._shape: tuple[int, ...] = dataset.chunks
        self._bytes = math.prod(self._shape) * dataset.dtype.itemsize
        self._compressed = dataset.compression == "gzip"
        self._places: dict[int, tuple[int, int]] = {}
        self._inflated: OrderedDict[int, NDArray[Any]] = OrderedDict()
        dataset.id.chunk_iter(self._note)
        expected = range(math.ceil(dataset.shape[0] / self._shape[0]))
        if sorted(self._places) != list(expected):
            raise ValueError(f"the dataset {dataset.name!r} has not all its chunks")

    def _note(self, chunk: Any) -> None:
        """Note the place of a chunk, unless it lies outside the file or is larger than it can be."""
        most = self._bytes + self._bytes // 100 + 1024  # deflate makes nothing larger than that
        if chunk.filter_mask or chunk.size > most or chunk.byte_offset + chunk.size > len(self._file):
            raise ValueError("a chunk lies outside the file, or is larger than it can be")
        self._places[chunk.chunk_offset[0] // self._shape[0]] = (chunk.byte_offset, chunk.size)

    def read(self, rows: Integers) -> NDArray[Any]:
        """Read rows in the order in which they are asked for."""
        numbers = rows // self._shape[0]
        if len(rows) and (numbers == numbers[0]).all():
            return self._chunk(int(numbers[0])).take(rows % self._shape[0], axis=0)
        out = np.empty((len(rows), *self._shape[1:]), self._dtype)
        for number in np.unique(numbers).tolist():
            own = numbers == number
            out[own] = self._chunk(number).take(rows[own] % self._shape[0], axis=0)
        return out

    def _chunk(self, number: int) -> NDArray[Any]:
        """Read a chunk, and inflate it."""
        if number not in self._inflated:
            offset, size = self._places[number]
            stored = self._file[offset : offset + size]
            data = inflate(stored, self._bytes) if self._compressed else stored
            while self._inflated and (len(self._inflated) + 1) * self._bytes > _CACHED_BYTES:
                self._inflated.popitem(last=False)
            self._inflated[number] = np.frombuffer(data, self._dtype).reshape(self._shape)
        self._inflated.move_to_end(number)
        return self._inflated[number]


def plain_dataset(file: h5py.File, array: ArraySpec, count: int) -> h5py.Dataset:
    """Find a dataset of a shard that is as plain as ours are.

    Parameters
    ----------
    file : h5py.File
        The open shard.
    array : ArraySpec
        The array that it should be.
    count : int
        Number of items that it should have.

    Returns
    -------
    h5py.Dataset
        The dataset.

    Raises
    ------
    ValueError
        If it is anything else: absent, behind a link, of another type or shape, stored outside the file, or
        behind filters that digitgen does not write.
    """
    node: Any = file
    for part in array.name.split("/"):
        link = node.get(part, getlink=True) if isinstance(node, h5py.Group) else None
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"there is no dataset {array.name!r}" if link is None else f"{array.name!r} is a link")
        node = node[part]
    if not isinstance(node, h5py.Dataset):
        raise ValueError(f"{array.name!r} is no dataset")
    kind = h5py.h5t.py_create(np.dtype(array.dtype), logical=True)
    # HDF5 has types that numpy has not, and converts: a float of the same size with another exponent, say.
    if not node.id.get_type().equal(kind) or node.shape != (count, *array.shape):
        got, expected = f"{node.shape} of {node.dtype.str}", f"{(count, *array.shape)} of {array.dtype}"
        raise ValueError(f"the dataset {array.name!r} is {got}, expected {expected}")
    plist = node.id.get_create_plist()
    if plist.get_external_count() or plist.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED):
        raise ValueError(f"the dataset {array.name!r} is not stored in the file itself")
    if node.chunks is None:
        _check_place(file, node, array.name)
    else:
        _check_chunks(plist, node, array.name)
    return node


def _check_place(file: h5py.File, dataset: h5py.Dataset, name: str) -> None:
    """Refuse a contiguous dataset that was never written or that reaches beyond the file."""
    offset = dataset.id.get_offset()
    if dataset.size and (offset is None or offset + dataset.nbytes > file.id.get_filesize()):
        raise ValueError(f"the dataset {name!r} does not lie within the file")


def _check_chunks(plist: Any, dataset: h5py.Dataset, name: str) -> None:
    """Refuse chunks that are no rows, that are too large, or that other filters than gzip have made."""
    filters = [plist.get_filter(number)[0] for number in range(plist.get_nfilters())]
    if filters not in ([], [h5py.h5z.FILTER_DEFLATE]):
        raise ValueError(f"the dataset {name!r} has filters that digitgen does not write; expected gzip or none")
    size = math.prod(dataset.chunks) * dataset.dtype.itemsize
    if dataset.chunks[1:] != dataset.shape[1:] or size > _MOST_CHUNK_BYTES:
        raise ValueError(f"the dataset {name!r} has chunks of {dataset.chunks}; expected whole rows")
