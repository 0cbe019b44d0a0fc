"""Find the arrays of a shard in its file, as HDF5 says; refuse anything that digitgen would not write.

HDF5 can do far more than a shard needs: links to other files, data stored elsewhere, types that are pointers, filters
that inflate without end. So a shard must be a plain file with plain arrays, of the types and shapes that the manifest
gives and within the file.
"""

import math
from dataclasses import dataclass
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers
from digitgen.compose.batch import ArraySpec, BatchSpec
from digitgen.format import MAX_HDF5_CHUNK_BYTES


@dataclass(frozen=True)
class Chunks:
    """The pieces of an array that is stored in pieces.

    Attributes
    ----------
    rows : int
        Items of each; those behind the array's end are padding.
    offsets, sizes : ndarray
        (n,) int64 each: the place of each piece in the file and its bytes there.
    compressed : bool
        Whether pieces are zlib streams.
    """

    rows: int
    offsets: Integers
    sizes: Integers
    compressed: bool


@dataclass(frozen=True)
class ArrayPlace:
    """The place of an array in a shard.

    Attributes
    ----------
    shape : tuple of int
        Shape, the number of items first.
    dtype : numpy.dtype
        Type of its numbers.
    at : int or Chunks
        Its offset in the file, or where its chunks are.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    at: int | Chunks


ShardLayout = dict[str, ArrayPlace]
"""The places of arrays by name."""


def read_layout(file: BinaryIO, size: int, spec: BatchSpec, count: int) -> ShardLayout:
    """Read where the arrays of a shard lie.

    Parameters
    ----------
    file : binary file
        The open shard.
    size : int
        Its bytes.
    spec : BatchSpec
        The arrays that it should have.
    count : int
        Number of items that each should have.

    Returns
    -------
    dict of str to ArrayPlace
        Their places, all of them within the file.

    Raises
    ------
    ValueError, OSError, ...
        If the file is not such a shard; h5py has many errors for damaged files.
    """
    with h5py.File(file, "r") as structure:  # by this very file, without a lock
        return {each.name: _place(plain_dataset(structure, each, count), size) for each in spec}


def _place(dataset: h5py.Dataset, size: int) -> ArrayPlace:
    """Find where a plain dataset lies."""
    if dataset.chunks is None:
        return ArrayPlace(dataset.shape, dataset.dtype, dataset.id.get_offset() if dataset.size else 0)
    rows = dataset.chunks[0]
    most = math.prod(dataset.chunks) * dataset.dtype.itemsize
    most += most // 100 + 1024  # deflate makes nothing larger than that
    places: dict[int, tuple[int, int]] = {}

    def note(chunk: Any) -> None:
        if chunk.filter_mask or chunk.size > most or chunk.byte_offset + chunk.size > size:
            raise ValueError("a chunk lies outside the file, or is larger than it can be")
        places[chunk.chunk_offset[0] // rows] = (chunk.byte_offset, chunk.size)

    if dataset.size:  # sequences of one digit have no gaps
        dataset.id.chunk_iter(note)
        if sorted(places) != list(range(math.ceil(dataset.shape[0] / rows))):
            raise ValueError(f"the dataset {dataset.name!r} has not all its chunks")
    table: NDArray[np.int64] = np.array([places[number] for number in sorted(places)], np.int64).reshape(-1, 2)
    chunks = Chunks(rows, table[:, 0].copy(), table[:, 1].copy(), dataset.compression == "gzip")
    return ArrayPlace(dataset.shape, dataset.dtype, chunks)


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
    if dataset.chunks[1:] != dataset.shape[1:] or size > MAX_HDF5_CHUNK_BYTES:
        raise ValueError(f"the dataset {name!r} has chunks of {dataset.chunks}; expected whole rows")
