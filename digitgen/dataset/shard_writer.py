"""Write batches as one HDF5 shard.

h5py never writes a shard to the disk, because it brings the whole process down when a disk fills up
under it. It only lays the file out; digitgen then hashes and writes the bytes in order, in one
pass.

- ``none``: every array contiguous. All full shards of a split have one structure. h5py makes it
  once, as a template, and says where each array belongs; images are written as they are composed.
- ``deflate``: made by h5py in memory, with the standard gzip filter, which every reader of HDF5 has, over
  chunks that are compressed here: faster and smaller than HDF5 would.
"""

import errno
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from blake3 import blake3
from numpy.typing import NDArray
from xxhash import xxh3_128

from digitgen.compose.batch import ArraySpec, Batch, BatchSpec
from digitgen.dataset.deflate import deflate
from digitgen.files import write_all
from digitgen.format import CHUNK, IMAGES_PER_HDF5_CHUNK, MAX_HDF5_CHUNK_BYTES, Compression
from digitgen.scratch import scratch_folder
from digitgen.system import reserve

_MEMORY_BLOCK: Final = 1 << 20  # bytes by which a file in memory grows
_PIECE: Final = 1 << 17  # bytes hashed and written at a time, while they are in the core's own cache
# CLASS and IMAGE_*: the HDF5 Image and Palette Specification, version 1.2.
_IMAGE_ATTRIBUTES: Final[dict[str, Any]] = {
    "CLASS": np.bytes_("IMAGE"),
    "IMAGE_VERSION": np.bytes_("1.2"),
    "IMAGE_SUBCLASS": np.bytes_("IMAGE_GRAYSCALE"),
    "IMAGE_WHITE_IS_ZERO": np.uint8(0),
}


def _attributes(spec: ArraySpec) -> dict[str, Any]:
    """Make the HDF5 attributes that describe an array."""
    return {**(_IMAGE_ATTRIBUTES if spec.is_image else {}), "description": np.bytes_(spec.description)}


@dataclass(frozen=True)
class ShardFacts:
    """Facts about a shard's bytes.

    Attributes
    ----------
    bytes : int
        Size of the file.
    blake3 : str
        Hash of the file, in hexadecimal, as ``b3sum`` prints it.
    content : str
        xxh3 (128 bits) over the arrays alone, the same for any compression and library version.
    """

    bytes: int
    blake3: str
    content: str


def write_shard(
    path: Path,
    count: int,
    spec: BatchSpec,
    batches: Iterable[Batch],
    *,
    compression: Compression = "none",
) -> ShardFacts:
    """Write a shard.

    Parameters
    ----------
    path : Path
        A file that does not exist yet. A half-written shard has no business under a final name: see
        `digitgen.files.commit`.
    count : int
        Number of images.
    spec : BatchSpec
        The shard's arrays.
    batches : iterable of Batch
        The images in order, `CHUNK` in each but the last. A batch is done with when the next is
        asked for, so one buffer can serve them all.
    compression : {"none", "deflate"}
        How to store them.

    Returns
    -------
    ShardFacts
        The facts that the manifest needs.

    Raises
    ------
    OSError
        If the disk is full or not writable; nothing is left behind then.
    """
    content = ContentHash(count)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    out = _HashingWriter(descriptor)
    try:
        if compression == "none":
            _write_contiguous(out, content, _template(count, spec), spec, count, batches)
        else:
            _write_deflate(out, content, spec, count, batches)
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(descriptor)
    return ShardFacts(out.written, out.hash.hexdigest(), content.hexdigest())


class _HashingWriter:
    """Writes to a descriptor and hashes on the way."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.hash = blake3()
        self.written = 0

    def write(self, data: bytes | NDArray[Any]) -> None:
        """Hash and write some bytes."""
        view = memoryview(data) if isinstance(data, bytes) else data.reshape(-1).view(np.uint8).data
        for start in range(0, len(view), _PIECE):
            piece = view[start : start + _PIECE]
            self.hash.update(piece)
            write_all(self.descriptor, piece)
        self.written += len(view)

    def reserve(self, size: int) -> None:
        """Reserve room for the whole file; raises OSError now rather than half-way."""
        reserve(self.descriptor, size)


class ContentHash:
    """Hashes the arrays of a shard, in parts; the order of the arrays does not matter."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._hashes: dict[str, Any] = {}

    def update(self, name: str, array: NDArray[Any]) -> None:
        """Add the next items of an array.

        Parameters
        ----------
        name : str
            Name of the array.
        array : ndarray
            (n, ...): the items.
        """
        if name not in self._hashes:
            self._hashes[name] = xxh3_128(f"{name} {array.dtype.str} {(self._count, *array.shape[1:])}".encode())
        if array.size:
            self._hashes[name].update(np.ascontiguousarray(array).data)

    def hexdigest(self) -> str:
        """Hash all arrays together, in hexadecimal."""
        return xxh3_128(b"".join(self._hashes[name].digest() for name in sorted(self._hashes))).hexdigest()


@dataclass(frozen=True)
class _Template:
    """A contiguous shard without its arrays' bytes.

    Attributes
    ----------
    size : int
        Bytes of the file.
    order : tuple of str
        The arrays in file order; empty arrays, which occupy no bytes, are left out.
    structure : tuple of bytes
        The bytes before each of them, and after the last.
    """

    size: int
    order: tuple[str, ...]
    structure: tuple[bytes, ...]


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Say in one line that the system refuses h5py a file, where h5py says it in many."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        number = getattr(error, "errno", None) or errno.EFBIG  # of a limit on the size of files, HDF5 only says: failed
        reason = "no file may be as large as a shard" if number == errno.EFBIG else os.strerror(number)
        raise OSError(number, reason, str(path)) from error


@lru_cache(maxsize=4)
def _template(count: int, spec: BatchSpec) -> _Template:
    """Have h5py lay out a shard without its arrays, and keep the bytes that it wrote.

    They are some 4 KB in a sparse temporary file; a layout in memory would take the whole shard.
    """
    with scratch_folder() as folder:
        path = Path(folder) / "template.h5"
        with _refusals(path), h5py.File(path, "w") as file:
            for each in spec:
                plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
                plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
                plist.set_obj_track_times(False)
                space = h5py.h5s.create_simple((count, *each.shape))
                kind = h5py.h5t.py_create(np.dtype(each.dtype), logical=True)
                group, _, name = each.name.rpartition("/")
                parent = file.require_group(group) if group else file
                h5py.h5d.create(parent.id, name.encode(), kind, space, plist)
                file[each.name].attrs.update(_attributes(each))
            datasets = [(file[each.name], each.name) for each in spec if 0 not in each.shape]
            places = sorted((dataset.id.get_offset(), dataset.nbytes, name) for dataset, name in datasets)
        with path.open("rb") as written:
            structure, end = [], 0
            for offset, size, _ in places:
                written.seek(end)
                structure.append(written.read(offset - end))
                end = offset + size
            written.seek(end)
            structure.append(written.read())
            return _Template(written.tell(), tuple(name for *_, name in places), tuple(structure))


@lru_cache(maxsize=256)
def contiguous_size(count: int, spec: BatchSpec) -> int:
    """Compute the size of an uncompressed shard.

    Parameters
    ----------
    count : int
        Number of images.
    spec : BatchSpec
        Its arrays.

    Returns
    -------
    int
        Bytes; 0 for no images, of which there is no shard.
    """
    return _template(count, spec).size if count else 0


def arrays_size(count: int, spec: BatchSpec) -> int:
    """Compute the size of a shard's arrays alone.

    Parameters
    ----------
    count : int
        Number of images.
    spec : BatchSpec
        Its arrays.

    Returns
    -------
    int
        Bytes.
    """
    return count * sum(np.dtype(each.dtype).itemsize * math.prod(each.shape) for each in spec)


def _write_contiguous(
    out: _HashingWriter,
    content: ContentHash,
    template: _Template,
    spec: BatchSpec,
    count: int,
    batches: Iterable[Batch],
) -> None:
    """Write structure and arrays in file order: the first array as it comes, then the others."""
    out.reserve(template.size)
    first, *others = template.order
    waiting = {each.name: np.empty((count, *each.shape), each.dtype) for each in spec if each.name in others}
    out.write(template.structure[0])
    done = 0
    for batch in batches:
        for name, array in batch.arrays().items():
            content.update(name, array)
            if name == first:
                out.write(array)
            elif name in waiting:
                waiting[name][done : done + len(batch)] = array
        done += len(batch)
    for name, structure in zip(others, template.structure[1:-1], strict=True):
        out.write(structure)
        out.write(waiting[name])
    out.write(template.structure[-1])


def _write_deflate(
    out: _HashingWriter, content: ContentHash, spec: BatchSpec, count: int, batches: Iterable[Batch]
) -> None:
    """Compress into an HDF5 file in memory, and write that."""
    with h5py.File.in_memory(block_size=_MEMORY_BLOCK) as file:
        datasets = {}
        for each in spec:
            rows = _images_per_chunk(each) if each.is_image else CHUNK
            chunks = (min(rows, count), *each.shape)
            storage = {"chunks": chunks, "compression": "gzip"} if 0 not in each.shape else {}
            dataset = file.create_dataset(each.name, (count, *each.shape), each.dtype, track_times=False, **storage)
            dataset.attrs.update(_attributes(each))
            datasets[each.name] = dataset
        done = 0
        for batch in batches:
            for name, array in batch.arrays().items():
                content.update(name, array)
                if array.size:
                    _store_chunks(datasets[name].id, datasets[name].chunks[0], done, array)
            done += len(batch)
        file.flush()
        image = file.id.get_file_image()
    out.reserve(len(image))
    out.write(image)


def _images_per_chunk(array: ArraySpec) -> int:
    """Images that are compressed together: a power of two, so that blocks of images end where a chunk does."""
    rows = IMAGES_PER_HDF5_CHUNK
    while rows * math.prod(array.shape) > MAX_HDF5_CHUNK_BYTES:
        rows //= 2
    return rows


def _store_chunks(dataset: h5py.h5d.DatasetID, rows: int, first: int, array: NDArray[Any]) -> None:
    """Compress rows chunk by chunk; HDF5 wants the last chunk whole, so it is filled up with zeros."""
    for start in range(0, len(array), rows):
        part = array[start : start + rows]
        if len(part) < rows:
            part = np.concatenate([part, np.zeros((rows - len(part), *part.shape[1:]), part.dtype)])
        dataset.write_direct_chunk((first + start, *(0,) * (array.ndim - 1)), deflate(part))
