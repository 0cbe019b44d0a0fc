"""Read a model's predictions for the images of a split, distrusting every line.

Three formats, told apart by the file's name, or, if that has no ending (such as a shell's ``<(...)``), by its content:

- ``.csv``: UTF-8 with the header ``id,prediction``, a line an image in any order. The id is the image's
  ``sample_ids``, its index in the split; the prediction is its digits, as in ``17,0350``, or nothing. Of another
  alphabet, it is characters of that.
- ``.jsonl``: one ``{"id": 17, "prediction": "0350"}`` a line.
- ``.npy``: (N, P) integers, classes padded with -1 behind their end, or (N,) strings, in the order of the split.

Columns and keys of other names are passed over, and so are empty lines at the end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS, text_of
from digitgen.arrays import Bools, Integers, Pixels
from digitgen.errors import PredictionError
from digitgen.files import open_input
from digitgen.look.kit.npy import MAGIC, read_npy
from digitgen.look.mistakes.lines import Entry, read_csv, read_jsonl
from digitgen.messages import shown
from digitgen.training.predictions import ADVICE, MAX_DIGITS, problem_of, wanted

ENDINGS: Final = (".csv", ".jsonl", ".npy")
"""Endings of the names of files of predictions."""
_ROWS: Final = 1 << 16  # of an array, looked at together


@dataclass(frozen=True, eq=False)
class Predictions:
    """The digits that a model read in each image of a split.

    Attributes
    ----------
    digits : ndarray
        (P,) uint8: classes, one sequence after the other, in the order of the split.
    lengths : ndarray
        (N,) int64: digits of each sequence; P is their sum.
    alphabet : str
        The character of each class.
    """

    digits: Pixels
    lengths: Integers
    alphabet: str = DIGITS

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: Integers) -> "Predictions":
        """Take those of some sequences."""
        lengths = self.lengths[rows]
        starts = (np.cumsum(self.lengths) - self.lengths)[rows]
        places = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return Predictions(self.digits[np.repeat(starts, lengths) + places], lengths, self.alphabet)

    def texts(self, rows: Integers) -> list[str]:
        """Write some sequences as strings."""
        starts = np.cumsum(self.lengths) - self.lengths
        return [text_of(self.alphabet, self.digits[starts[row] : starts[row] + self.lengths[row]]) for row in rows]


def read_predictions(path: Path, count: int, alphabet: str = DIGITS) -> Predictions:
    """Read and check a file of predictions.

    Parameters
    ----------
    path : Path
        A file that ends in .csv, .jsonl or .npy; the formats are those of this module.
    count : int
        Number of images of the split, N. Each needs exactly one prediction.
    alphabet : str, default "0123456789"
        The character of each class.

    Returns
    -------
    Predictions
        In the order of the split.

    Raises
    ------
    PredictionError
        If anything about the file is wrong; one line that names the file, and the line in it if there is one.
    """
    readers: dict[str, Callable[[Path, BinaryIO, int, str], Predictions]] = {
        ".csv": lambda path, file, *others: _collect(path, read_csv(path, file), *others),
        ".jsonl": lambda path, file, *others: _collect(path, read_jsonl(path, file), *others),
        ".npy": _npy,
    }
    if path.suffix and path.suffix.lower() not in ENDINGS:
        raise PredictionError(f"{path}: predictions are read from files that end in .csv, .jsonl or .npy")
    try:
        with open_input(path) as file:
            return readers[path.suffix.lower() or _ending_for(file)](path, file, count, alphabet)
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        reason = error.strerror if isinstance(error, OSError) else error
        raise PredictionError(f"{path}: cannot be read: {reason or error}") from error


def _ending_for(file: BinaryIO) -> str:
    """Find the ending that a file should have by its first bytes."""
    start = file.read(len(MAGIC))
    file.seek(0)
    return ".npy" if start == MAGIC else ".jsonl" if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else ".csv"


def _collect(path: Path, entries: Iterator[Entry], count: int, alphabet: str) -> Predictions:
    """Check the entries of a file, and put them into the order of the split."""
    texts: list[Any] = [None] * count
    lines = np.zeros(count, np.int64)
    line = 0
    for line, index, text in entries:
        if isinstance(index, bool) or not isinstance(index, int) or index < 0:
            raise PredictionError(f"{path}:{line}: an id is a whole number from 0 on; got {shown(index)}")
        if index >= count:
            raise PredictionError(
                f"{path}:{line}: id {shown(index)} is not in the split, whose ids are 0 to {count - 1}"
            )
        if texts[index] is not None:
            raise PredictionError(f"{path}:{line}: id {index} again; it has its prediction on line {lines[index]}")
        if problem := problem_of(text, alphabet):
            raise PredictionError(f"{path}:{line}: a prediction {problem}")
        texts[index] = text
        lines[index] = line
    missing = np.flatnonzero(lines == 0)
    if missing.size:
        some = ", ".join(map(str, missing[:3])) + ", ..." * (missing.size > 3)
        raise PredictionError(
            f"{path}: ends on line {line} without predictions for {missing.size:,} of the split's {count:,} ids: {some}"
        )
    digits, _ = _classes(np.frombuffer("".join(texts).encode("utf-32-le"), "<u4"), alphabet)
    return Predictions(digits, np.fromiter(map(len, texts), np.int64, count), alphabet)


def _classes(codes: NDArray[Any], alphabet: str) -> tuple[Pixels, Bools]:
    """Find the class of each character by its code, and whether it is in the alphabet."""
    known = np.array([*map(ord, alphabet)], np.uint32)
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], codes), len(known) - 1)
    return order[place].astype(np.uint8), known[order][place] == codes


def _npy(path: Path, file: BinaryIO, count: int, alphabet: str) -> Predictions:
    """Read an array part by part, so that little of its file is in memory."""
    array = read_npy(path, file, str)
    if array.dtype.kind in "iu" and array.ndim == 2:
        convert = _from_integers
    elif array.dtype.kind in "US" and array.ndim == 1:
        convert = _from_strings
    else:
        shape = "x".join(map(str, array.shape)) or "no rows"
        raise PredictionError(
            f"{path}: expected integers of shape (N, P), padded with -1, or strings of shape (N,); "
            f"got {array.dtype} of shape {shape}" + f"; {ADVICE}" * (array.dtype.kind in "iuf" and array.ndim == 1)
        )
    if len(array) != count:
        raise PredictionError(f"{path}: has {len(array):,} rows; the split has {count:,} images")
    parts = [convert(path, array[start : start + _ROWS], start, alphabet) for start in range(0, count, _ROWS)]
    digits, lengths = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Predictions(digits, lengths, alphabet)


def _from_integers(path: Path, part: NDArray[Any], first: int, alphabet: str) -> tuple[Pixels, Integers]:
    """Read digits and lengths of (n, P) integers; `first` is the row of the first."""
    if part.shape[1] > MAX_DIGITS:
        raise PredictionError(f"{path}: a prediction has at most {MAX_DIGITS:,} digits; got {part.shape[1]:,} columns")
    highest = len(alphabet) - 1
    wrong = np.argwhere((part < -1) | (part > highest))
    if wrong.size:
        row, column = wrong[0]
        raise PredictionError(
            f"{path}: row {first + row}, column {column}: expected a {'digit' if alphabet == DIGITS else 'class'} "
            f"from 0 to {highest}, or -1 behind the last; "
            f"got {part[row, column]}"
        )
    inside = part >= 0
    hole = np.argwhere(inside[:, 1:] & ~inside[:, :-1])
    if hole.size:
        row, column = hole[0]
        raise PredictionError(f"{path}: row {first + row}, column {column}: -1 stands before a digit, not behind all")
    return part[inside].astype(np.uint8), inside.sum(1)


def _from_strings(path: Path, part: NDArray[Any], first: int, alphabet: str) -> tuple[Pixels, Integers]:
    """Read digits and lengths of (n,) strings; `first` is the row of the first."""
    unit = np.dtype(np.uint8) if part.dtype.kind == "S" else np.dtype(np.uint32)
    letters = part.dtype.itemsize // unit.itemsize
    if letters > MAX_DIGITS:
        raise PredictionError(f"{path}: a prediction has at most {MAX_DIGITS:,} digits; the strings have {letters:,}")
    whole = np.ascontiguousarray(part.astype(part.dtype.newbyteorder("=")))
    codes = whole.view(unit).reshape(len(part), letters)
    inside = np.arange(letters) < np.strings.str_len(whole)[:, None]
    digits, known = _classes(codes, alphabet)
    wrong = np.flatnonzero((inside & ~known).any(1))
    if wrong.size:
        row = wrong[0]
        raise PredictionError(
            f"{path}: row {first + row}: a prediction is {wanted(alphabet)}, or nothing; got {shown(str(whole[row]))}"
        )
    return digits[inside], inside.sum(1)
