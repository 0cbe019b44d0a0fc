"""The writers of a source's glyphs: read from a file, since sources do not name them."""

from pathlib import Path

import numpy as np

from digitgen.arrays import Integers
from digitgen.errors import PredictionError
from digitgen.files import open_input
from digitgen.look.kit.npy import read_npy


def read_writers(path: Path) -> Integers:
    """Read the writer of each glyph of a source: a .npy of (G,) integers, one a row.

    Raises
    ------
    PredictionError
        If the file is anything else.
    """
    try:
        with open_input(path) as file:
            array = read_npy(path, file, int)
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        reason = error.strerror if isinstance(error, OSError) else error
        raise PredictionError(f"{path}: cannot be read: {reason or error}") from None
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise PredictionError(f"{path}: expected the writer of each glyph, (G,) integers; got {array.dtype}")
    return array.astype(np.int64)


def check_writers(writers: Integers, source: str, glyphs: int) -> None:
    """Refuse writers that are not one for each glyph of a source.

    Parameters
    ----------
    writers : ndarray
        (G,) int64: the writers.
    source : str
        Name of the source, for errors.
    glyphs : int
        Number of its glyphs.

    Raises
    ------
    PredictionError
        If there are more or fewer.
    """
    if len(writers) != glyphs:
        raise PredictionError(
            f"there are {len(writers):,} writers, but {glyphs:,} glyphs in {source}; "
            "give one for each row of the source"
        )
