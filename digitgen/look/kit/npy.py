"""Read an array from a .npy file, without trusting its name or its header."""

import io
import math
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.errors import PredictionError
from digitgen.messages import brief, one_line, shown

MAGIC: Final = b"\x93NUMPY"
"""The first bytes of a .npy file."""
_HEADERS: Final = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_MOST: Final = 1 << 48  # items of an array
_KINDS: Final = {
    b"PK\x03\x04": "a zip, such as a .npz",
    b"\x80": "a pickle",
    b"\x1f\x8b": "compressed by gzip",
    b"\x89HDF": "an HDF5 file",
}


def read_npy(path: Path, file: BinaryIO, kind: type) -> NDArray[Any]:
    """Read the array in a file; a file on a disk is mapped.

    Parameters
    ----------
    path : Path
        Name of the file in errors.
    file : binary file
        The file, at its beginning; an `io.BytesIO` for a pipe.
    kind : type
        Type of the items that are wanted, `int` or `str`; for the advice in errors.

    Returns
    -------
    ndarray
        The array, with the shape and the dtype of the header.

    Raises
    ------
    PredictionError
        If it is no whole .npy file, or one of Python objects, which nobody can read without running code from it.
    """
    shape, fortran, dtype = _header(path, file)
    if dtype.hasobject:
        advice = f"np.save(path, array.astype({kind.__name__}))"
        raise PredictionError(f"{path}: holds Python objects, which are not read; write it anew with {advice}")
    if any(isinstance(size, bool) or size < 0 for size in shape) or math.prod(shape) > _MOST:
        raise PredictionError(f"{path}: not a whole .npy file: its header has the shape {shown(shape)}")
    count, offset = math.prod(shape), file.tell()
    size, there = count * dtype.itemsize, file.seek(0, io.SEEK_END) - offset
    if there < size:
        raise PredictionError(f"{path}: not a whole .npy file: it has {there:,} of {size:,} bytes")
    if not size:  # no rows, or empty strings
        return np.broadcast_to(np.zeros((), dtype), shape)
    flat: NDArray[Any]
    if isinstance(file, io.BytesIO):
        flat = np.frombuffer(file.getbuffer(), dtype, count, offset)
    else:
        flat = np.memmap(file, dtype, "r", offset, (count,))
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(path: Path, file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read shape, whether columns come first, and dtype."""
    start = file.read(256)
    if not start.startswith(MAGIC):
        what = _kind_of(start)
        raise PredictionError(f"{path}: not a whole .npy file: it is {what}; write it with np.save(path, array)")
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the header was written by Python 2
            return _HEADERS[np.lib.format.read_magic(file)](file)
    except Exception as error:  # whatever Python's parser and tokenizer, and numpy's dtypes, happen to raise
        problem = one_line(brief(str(error))) or "nested too deeply"
        raise PredictionError(f"{path}: not a whole .npy file: its header cannot be read: {problem}") from None


def _kind_of(start: bytes) -> str:
    """Guess from a file's first bytes what it is."""
    if not start:
        return "empty"
    for magic, what in _KINDS.items():
        if start.startswith(magic):
            return what
    text = start.decode("utf-8-sig", "replace")[:-1]  # the last character may be cut through
    return (
        "text"
        if all(each.isprintable() or each.isspace() for each in text.replace("\ufffd", "\0"))
        else "something else"
    )
