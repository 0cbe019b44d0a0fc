"""Read and write IDX arrays, the format of the MNIST files, plain or gzipped.

An IDX file is two zero bytes, a type byte, the number of dimensions, each dimension as a
big-endian 32-bit integer, and the items in C order (Y. LeCun's description of the MNIST files).
The reader trusts none of it. It multiplies sizes as Python integers, and compares them with a limit and with what the
file can hold before it allocates a byte.
"""

import gzip
import hashlib
import math
import os
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.errors import SourceError
from digitgen.files import open_regular
from digitgen.glyphs.kinds import HEAD, what_is

MAX_BYTES: Final = 1 << 30
"""Items larger than this are refused; the largest known set (EMNIST by class) has 0.6 GiB."""

_MAX_DIMENSIONS: Final = 32  # what every version of numpy has
_MAX_DEFLATE_RATIO: Final = 1032  # zlib's documentation: no stream inflates to more than 1032:1
_GZIP_MAGIC: Final = b"\x1f\x8b"
_DTYPES: Final[dict[int, np.dtype[Any]]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_TYPE_BYTES: Final = {dtype: byte for byte, dtype in _DTYPES.items()}


def read_idx(source: Path | bytes, name: str | None = None) -> NDArray[Any]:
    """Read an IDX array, gzipped or not.

    Parameters
    ----------
    source : Path or bytes
        The file, or its contents.
    name : str, optional
        Name of the file in errors; the path by default.

    Returns
    -------
    ndarray
        The items, with the shape and the (big-endian) dtype of the header.

    Raises
    ------
    SourceError
        If the file cannot be read, is not IDX, or has more or fewer bytes than its header promises.
    """
    name = name or (str(source) if isinstance(source, Path) else "IDX data")
    try:
        with open_regular(source) if isinstance(source, Path) else BytesIO(source) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if file.read(2) == _GZIP_MAGIC:
                file.seek(0)
                with gzip.GzipFile(fileobj=file) as inflated:
                    return _read_stream(inflated, size * _MAX_DEFLATE_RATIO, name)
            file.seek(0)
            return _read_stream(file, size, name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"{name}: the gzip data is damaged or cut short ({error})") from error
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise SourceError(f"{name}: cannot be read: {reason}") from error


def _read_stream(file: BinaryIO | gzip.GzipFile, most: int, name: str) -> NDArray[Any]:
    """Read header and items from a stream that cannot hold more than `most` bytes."""
    dtype, shape = _read_header(file, name)
    promised = math.prod(shape) * dtype.itemsize
    wanted = f"{'x'.join(map(str, shape))} items of {dtype.itemsize} bytes"
    if promised > MAX_BYTES:
        raise SourceError(f"{name}: the header promises {wanted}; at most {MAX_BYTES} bytes are read")
    if promised > most:
        raise SourceError(f"{name}: the header promises {wanted}, more than the file can hold")
    array = np.empty(shape, dtype)
    view = array.reshape(-1).view(np.uint8).data
    filled = 0
    while filled < promised:
        got = file.readinto(view[filled:])  # type: ignore[union-attr]  # BinaryIO lacks it in typeshed
        if not got:
            raise SourceError(f"{name}: the header promises {wanted}, but the items end after {filled} bytes")
        filled += got
    if file.read(1):  # reading past the last item also makes gzip check its CRC
        raise SourceError(f"{name}: there are more bytes than the {wanted} that the header promises")
    return array


def _read_header(file: BinaryIO | gzip.GzipFile, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Read type and shape."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES or not magic[3]:
        if known := what_is(magic + file.read(HEAD - len(magic))):
            raise SourceError(f"{name}: not an IDX file: it is {known[0]}; {known[1]}")
        raise SourceError(
            f"{name}: not an IDX file: it starts with {magic.hex(' ')}, "
            "expected 00 00, a type byte (08 09 0b 0c 0d 0e) and the number of dimensions"
        )
    if magic[3] > _MAX_DIMENSIONS:
        raise SourceError(f"{name}: the header promises {magic[3]} dimensions; at most {_MAX_DIMENSIONS} are read")
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise SourceError(f"{name}: the header ends before its {magic[3]} dimensions")
    shape = tuple(int.from_bytes(sizes[k : k + 4], "big") for k in range(0, len(sizes), 4))
    if 0 in shape:
        raise SourceError(f"{name}: the header promises {'x'.join(map(str, shape))} items: the file is empty")
    return _DTYPES[magic[2]], shape


def encode_idx(array: NDArray[Any]) -> bytes:
    """Write an array as the bytes of an uncompressed IDX file.

    Raises
    ------
    SourceError
        If IDX has no type for the array's dtype.
    """
    return _header(array) + _items(array).tobytes()


def idx_sha256(array: NDArray[Any]) -> str:
    """Hash the uncompressed IDX file that holds an array: its sha256 in hexadecimal."""
    digest = hashlib.sha256(_header(array))
    digest.update(np.ascontiguousarray(_items(array)).data)
    return digest.hexdigest()


def _items(array: NDArray[Any]) -> NDArray[Any]:
    """The array in the byte order of IDX."""
    return array.astype(array.dtype.newbyteorder(">"), copy=False)


def _header(array: NDArray[Any]) -> bytes:
    """The bytes before the items."""
    dtype = array.dtype.newbyteorder(">")
    if dtype not in _TYPE_BYTES:
        raise SourceError(f"IDX cannot hold items of dtype {array.dtype}; it has u1, i1, i2, i4, f4 and f8")
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, _TYPE_BYTES[dtype], array.ndim]) + sizes
