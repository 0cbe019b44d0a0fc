"""Read a shard, and compare it with what the manifest says of it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers
from digitgen.compose.batch import Batch, BatchSpec
from digitgen.errors import DamageError

_H5PY_ERRORS: Final = (OSError, RuntimeError, KeyError, ValueError, TypeError)  # what h5py makes of a damaged file


class ShardReader:
    """An open shard; its arrays by name, each taking a slice or a list of rows.

    Contiguous arrays are mapped into memory, which makes one image an order of magnitude cheaper to
    fetch than through HDF5; compressed ones are read through h5py.

    Raises
    ------
    DamageError
        If the file is absent, or not the shard that it should be.
    """

    def __init__(self, path: Path, size: int, spec: BatchSpec) -> None:
        try:
            if path.stat().st_size != size:
                raise DamageError(f"{path}: the shard has {path.stat().st_size} bytes, the manifest says {size}")
            self._file = h5py.File(path, "r")
        except OSError as error:
            raise DamageError(f"{path}: the shard cannot be opened: {error.strerror or error}") from error
        self._path = path
        try:
            self._arrays = {each.name: _reader(path, self._file[each.name]) for each in spec}
        except _H5PY_ERRORS as error:
            self._file.close()
            raise DamageError(f"{path}: the shard is damaged: {error}") from error

    def read(self, rows: Integers) -> Batch:
        """Some rows as a batch, in the order in which they are asked for.

        Raises
        ------
        DamageError
            If they cannot be read.
        """
        return Batch.of(self.arrays(self._arrays, rows))

    def arrays(self, names: Iterable[str], rows: Integers) -> dict[str, NDArray[Any]]:
        """Some rows of some of the arrays, without reading the others.

        Raises
        ------
        DamageError
            If they cannot be read.
        """
        try:
            return {name: self._arrays[name](rows) for name in names}
        except _H5PY_ERRORS as error:
            raise DamageError(f"{self._path}: the shard is damaged: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._arrays.clear()
        self._file.close()


def _reader(path: Path, dataset: h5py.Dataset) -> Callable[[Integers], NDArray[Any]]:
    """What reads rows of one dataset."""
    if not dataset.size:  # sequences of one digit have no gaps
        empty = np.empty(dataset.shape, dataset.dtype)
        return lambda rows: empty[rows]
    if dataset.chunks is None and dataset.id.get_offset() is not None:
        mapped = np.memmap(path, dataset.dtype, "r", dataset.id.get_offset(), dataset.shape).view(np.ndarray)
        return lambda rows: mapped.take(rows, axis=0)

    def read(rows: Integers) -> NDArray[Any]:
        if len(rows) and (np.diff(rows) == 1).all():
            return np.asarray(dataset[int(rows[0]) : int(rows[-1]) + 1])
        ascending, place = np.unique(rows, return_inverse=True)  # all that HDF5 takes
        return np.asarray(dataset[ascending])[place]

    return read
