"""Read a file of strings: one a line, perhaps with a weight behind a tab.

The file is UTF-8, with or without a byte order mark; lines may end as on any system. Lines are never stripped, as a
space may be a character of the alphabet; empty lines at the end are passed over. A line that comes again counts again.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers
from digitgen.compose.content.sets.table import Table
from digitgen.compose.content.weights import MOST, is_weight
from digitgen.errors import ArgumentError
from digitgen.files import open_regular
from digitgen.format import MAX_LENGTH
from digitgen.messages import one_line, shown

MAX_BYTES: Final = 1 << 28
"""Most bytes of a file."""
MAX_LINES: Final = 10_000_000
"""Most lines of a file; they take about a gigabyte of memory while they are read."""

_MARK: Final = b"\xef\xbb\xbf"
_TAB, _BREAK, _RETURN = 9, 10, 13
_CODES: Final = 0x110000


@dataclass(frozen=True, eq=False)
class StringsFile:
    """The strings of a file.

    Attributes
    ----------
    table : Table
        The strings, as likely as they are weighted.
    sha256 : str
        The SHA-256 hash of the file's bytes, in hexadecimal.
    """

    table: Table
    sha256: str


def read_strings(path: Path, alphabet: str) -> StringsFile:
    """Read and check a file of strings.

    Parameters
    ----------
    path : Path
        The file.
    alphabet : str
        The character of each class.

    Returns
    -------
    StringsFile
        Each string once, with the sum of the weights of its lines; a line without a weight has the weight 1.

    Raises
    ------
    ArgumentError
        If it cannot be read, or a line is no string of the alphabet; with the number of the line, from 1.
    """
    data = _read(path)
    digest = hashlib.sha256(data).hexdigest()
    codes = _codes(path, data.removeprefix(_MARK).rstrip(b"\r\n"))
    starts, ends = _lines(codes)
    weights = None
    if (codes == _TAB).any():
        ends, weights = _split_weights(path, codes, starts, ends)
    lengths = ends - starts
    _refuse(path, lengths < 1, "is empty; every line has a string")
    _refuse(path, lengths > MAX_LENGTH, f"is too long; an image has at most {MAX_LENGTH} digits")
    flat = _classes(path, codes, starts, ends, alphabet)
    if weights is not None:
        kept = weights > 0
        if not kept.any():
            raise ArgumentError(f"{path}: no string has a weight above 0")
        flat, lengths, weights = flat[np.repeat(kept, lengths)], lengths[kept], weights[kept]
    return StringsFile(Table.of(lengths, flat.astype(np.uint8), len(alphabet), weights), digest)


def hash_strings(path: Path) -> str:
    """Compute the SHA-256 hash, in hexadecimal, of a file as `read_strings` reads it, whatever is in it.

    Raises
    ------
    ArgumentError
        If it cannot be read, or has no strings.
    """
    return hashlib.sha256(_read(path)).hexdigest()


def _read(path: Path) -> bytes:
    """Read all of a regular file."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(size) if size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        reason = error.strerror if isinstance(error, OSError) else error
        raise ArgumentError(one_line(f"{path} cannot be read: {reason}")) from None
    if size > MAX_BYTES:
        raise ArgumentError(one_line(f"{path} has more than {MAX_BYTES:,} bytes"))
    if data.count(b"\n") > MAX_LINES:
        raise ArgumentError(one_line(f"{path} has more than {MAX_LINES:,} lines"))
    if not data.removeprefix(_MARK).strip(b"\r\n"):
        raise ArgumentError(one_line(f"{path} has no strings"))
    return data


def _codes(path: Path, data: bytes) -> NDArray[Any]:
    """The number of each character of a text, as Unicode has them."""
    if data.isascii():
        return np.frombuffer(data, np.uint8)
    try:
        return np.frombuffer(data.decode("utf-8").encode("utf-32-le"), "<u4")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ArgumentError(one_line(f"{path}:{line}: is not UTF-8 text: {error.reason}")) from None


def _lines(codes: NDArray[Any]) -> tuple[Integers, Integers]:
    """Find the places where lines begin and where they end, without what breaks them."""
    breaks = np.flatnonzero(codes == _BREAK)
    starts, ends = np.append(0, breaks + 1), np.append(breaks, len(codes))
    return starts, ends - ((ends > starts) & (codes[ends - 1] == _RETURN))


def _split_weights(path: Path, codes: NDArray[Any], starts: Integers, ends: Integers) -> tuple[Integers, Floats]:
    """Find the places where strings end, and the weights behind them."""
    tabs = np.flatnonzero(codes == _TAB)
    each = np.bincount(np.searchsorted(starts, tabs, side="right") - 1, minlength=len(starts))
    _refuse(path, each < 1, "has no weight; if one line has a tab and a weight, all have")
    _refuse(path, each > 1, "has two tabs; a line is a string, or a string, a tab and a weight")
    text = codes.astype("<u4").tobytes().decode("utf-32-le")
    weights = np.empty(len(starts))
    for line, (first, last) in enumerate(zip((tabs + 1).tolist(), ends.tolist(), strict=True)):
        try:
            weight = float(text[first:last])
        except ValueError:
            weight = -1.0
        if not is_weight(weight):
            what = f"a weight is a number from 0 to {MOST:g}; got {shown(text[first:last])}"
            raise ArgumentError(one_line(f"{path}:{line + 1}: {what}"))
        weights[line] = weight
    return tabs, weights


def _classes(path: Path, codes: NDArray[Any], starts: Integers, ends: Integers, alphabet: str) -> NDArray[np.int16]:
    """(T,): the classes of all strings, one after the other."""
    class_of = np.full(_CODES, -1, np.int16)
    class_of[[ord(each) for each in alphabet]] = np.arange(len(alphabet))
    steps = np.zeros(len(codes) + 1, np.int8)
    steps[starts] += 1
    steps[ends] -= 1
    inside = np.cumsum(steps[:-1], dtype=np.int8).astype(bool)
    found = class_of[codes]
    wrong = np.flatnonzero(inside & (found < 0))
    if len(wrong):
        line = int(np.searchsorted(starts, wrong[0], side="right"))
        character = shown(chr(int(codes[wrong[0]])))
        raise ArgumentError(one_line(f"{path}:{line}: {character} is no character of the alphabet {shown(alphabet)}"))
    classes: NDArray[np.int16] = found[inside]
    return classes


def _refuse(path: Path, wrong: Bools, why: str) -> None:
    """Refuse a file with the first line that is wrong."""
    if wrong.any():
        raise ArgumentError(one_line(f"{path}:{int(np.argmax(wrong)) + 1}: {why}"))
