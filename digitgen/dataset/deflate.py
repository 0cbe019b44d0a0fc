"""Compress as HDF5's gzip filter does, fast and to the same bytes in every process; and inflate."""

import hashlib
import zlib
from functools import cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

try:
    from isal import isal_zlib
except ImportError:  # no wheel for this processor
    isal_zlib = None  # type: ignore[assignment]

Encoder = Literal["isa-l", "zlib"]

_HEAD: Final = 8
_ISAL_ANSWER: Final = "208014b6e30f17d9"  # of isa-l 2.30 to 2.32 with SSE4.2, AVX2 and AVX-512 alike


def deflate(array: NDArray[Any]) -> bytes:
    """Compress an array as a zlib stream, with the encoder that `encoder` names."""
    view = array.reshape(-1).view(np.uint8).data
    return _isal(view) if encoder() == "isa-l" else _zlib(view)


def inflate(data: bytes | memoryview, size: int) -> bytes:
    """Undo `deflate`; a stream that would become larger than it should is not inflated further.

    Parameters
    ----------
    data : bytes-like
        The stream.
    size : int
        Bytes that it should become.

    Returns
    -------
    bytes
        `size` bytes.

    Raises
    ------
    ValueError
        If the stream is damaged, or becomes more or less than `size` bytes.
    """
    stream = (zlib if isal_zlib is None else isal_zlib).decompressobj()
    try:
        found: bytes = stream.decompress(data, size + 1)
    except Exception as error:  # each library has an error of its own
        raise ValueError(f"a chunk cannot be inflated: {error}") from error
    if len(found) != size or not stream.eof:
        raise ValueError(f"a chunk does not inflate to the {size} bytes that it should have")
    return found


@cache
def encoder() -> Encoder:
    """Name the encoder that compresses on this machine.

    It is isa-l, if that is installed and turns a known text into the expected bytes. Its portable code, for processors
    without SSE4.2, finds other matches, and so may versions to come. Otherwise it is the standard library's zlib.
    """
    if isal_zlib is None:
        return "zlib"
    digest = hashlib.sha256(_isal(memoryview(_known_text()))).hexdigest()
    return "isa-l" if digest.startswith(_ISAL_ANSWER) else "zlib"


def _isal(view: memoryview) -> bytes:
    """Compress with isa-l's level 1, to the same bytes every time.

    When the main loop of its levels 1 and 2 meets the first byte of a stream, it hashes a register that
    holds not data but the address of the stream (igzip_icf_body_h1_gr_bt.asm, write_first_byte, in the
    versions up to 2.32). So about one chunk in a thousand comes out otherwise in another process. A few bytes
    and a flush before the rest take the first byte through another loop, which hashes the data;
    with 4 to 16 bytes they cost 9 bytes of file.
    """
    stream = isal_zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL)
    parts = (
        stream.compress(view[:_HEAD]),
        stream.flush(isal_zlib.Z_SYNC_FLUSH),
        stream.compress(view[_HEAD:]),
        stream.flush(),
    )
    return b"".join(parts)


def _zlib(view: memoryview) -> bytes:
    """Compress with the standard library.

    Strokes on black are runs of pixels, and Z_RLE looks for nothing else: that is faster than the search for
    repeats, and makes smaller files of such images.
    """
    stream = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    return stream.compress(view) + stream.flush()


def _known_text() -> bytes:
    """Half a megabyte of runs and literals, always the same."""
    noise = hashlib.shake_128(b"digitgen").digest(1 << 14)
    return b"".join(bytes(byte >> 2) + bytes([byte] * (byte & 3)) for byte in noise)
