"""The writers of digits: a number for each row of a source."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Pixels
from digitgen.errors import SourceError
from digitgen.format import MAX_WRITER
from digitgen.glyphs.source import SourceFile, Writers

QMNIST_COLUMNS: Final = 8
"""Columns of QMNIST's extended labels: class, NIST series, writer, and five that digitgen does not need."""
_CLASS, _WRITER = 0, 2


@dataclass(frozen=True)
class KnownWriters:
    """The writers of a source's digits, and where they are from.

    Attributes
    ----------
    numbers : ndarray
        (G,) int16: number of the writer of each row of the source, 0 to 32,767.
    file : SourceFile
        The file that they are from.
    source : Writers or None
        The published files that it belongs to; None for a file of the user's own.
    """

    numbers: NDArray[np.int16]
    file: SourceFile
    source: Writers | None = None


def as_writers(array: NDArray[Any], labels: Pixels, name: str) -> NDArray[np.int16]:
    """Read the writers of digits from any form that says who they are.

    Parameters
    ----------
    array : ndarray
        Integers: (G,) or (G, 1) numbers of writers, or (H, 8) as in QMNIST's extended labels, H at least G. Of these,
        column 0 is the class of a digit, column 2 its writer, and the first G rows count.
    labels : ndarray
        (G,) uint8: the labels of the digits as stored, which must be those classes.
    name : str
        Name of the array in errors.

    Returns
    -------
    ndarray
        (G,) int16: number of each digit's writer, 0 to 32,767.

    Raises
    ------
    SourceError
        If it is anything else, or about other digits.
    """
    count, shape = len(labels), "x".join(map(str, array.shape))
    if array.dtype.kind not in "iu" or array.shape[1:] not in ((), (1,), (QMNIST_COLUMNS,)):
        raise SourceError(
            f"{name}: expected the number of each digit's writer, or the {QMNIST_COLUMNS} columns of QMNIST's labels; "
            f"got {shape} of {array.dtype.newbyteorder('=')}"
        )
    table = array.shape[1:] == (QMNIST_COLUMNS,)
    if len(array) != count and not (table and len(array) > count):
        raise SourceError(f"{name}: has the writers of {len(array):,} digits, expected {count:,}")
    if table:
        wrong = np.flatnonzero(array[:count, _CLASS] != labels)
        if wrong.size:
            row = int(wrong[0])
            raise SourceError(
                f"{name}: is about other digits: row {row} is a {array[row, _CLASS]} there and a {labels[row]} here"
            )
    numbers = array[:count, _WRITER] if table else array.reshape(-1)
    wrong = np.flatnonzero((numbers < 0) | (numbers > MAX_WRITER))
    if wrong.size:
        raise SourceError(
            f"{name}: writer {numbers[wrong[0]]} in row {wrong[0]}; writers have numbers from 0 to {MAX_WRITER}"
        )
    return numbers.astype(np.int16)
