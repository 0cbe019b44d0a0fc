"""Read what a model predicts for the images of a split, distrusting every line.

Three formats, told apart by the file's name:

- ``.csv``: UTF-8 with the header ``id,prediction``, a line an image in any order. The id is the image's
  ``sample_ids``, its index in the split; the prediction is its digits, as in ``17,0350``, or nothing.
- ``.jsonl``: one ``{"id": 17, "prediction": "0350"}`` a line.
- ``.npy``: (N, P) integers, digits padded with -1 behind their end, or (N,) strings, in the order of the split.
"""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.errors import PredictionError

MAX_DIGITS: Final = 1_000
"""Most digits in a prediction."""
HEADER: Final = ["id", "prediction"]
_LINE: Final = 4096  # bytes in a line; a prediction of `MAX_DIGITS` has room
_ROWS: Final = 1 << 16  # of an array, looked at together
_ZERO: Final = ord("0")


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model read in each image of a split.

    Attributes
    ----------
    digits : ndarray
        (P,) uint8: 0 to 9, one sequence after the other, in the order of the split.
    lengths : ndarray
        (N,) int64: digits of each sequence; P is their sum.
    """

    digits: Pixels
    lengths: Integers

    def __len__(self) -> int:
        return len(self.lengths)

    def texts(self, rows: Integers) -> list[str]:
        """Some sequences as strings."""
        starts = np.cumsum(self.lengths) - self.lengths
        return ["".join(map(str, self.digits[starts[row] : starts[row] + self.lengths[row]])) for row in rows]


def read_predictions(path: Path, count: int) -> Predictions:
    """Read and check a file of predictions.

    Parameters
    ----------
    path : Path
        A file that ends in .csv, .jsonl or .npy; the formats are those of this module.
    count : int
        Images of the split, N. Each needs exactly one prediction.

    Returns
    -------
    Predictions
        In the order of the split.

    Raises
    ------
    PredictionError
        If anything about the file is wrong; one line that names the file, and the line in it if there is one.
    """
    readers: dict[str, Callable[[Path, int], Predictions]] = {
        ".csv": lambda path, count: _collect(path, _csv(path), count),
        ".jsonl": lambda path, count: _collect(path, _jsonl(path), count),
        ".npy": _npy,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise PredictionError(f"{path}: predictions are read from files that end in .csv, .jsonl or .npy")
    try:
        return reader(path, count)
    except OSError as error:
        raise PredictionError(f"{path}: cannot be read: {error.strerror or error}") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file with their numbers, none of them longer than is sensible."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(_LINE + 1):
            number += 1
            if len(line) > _LINE:
                raise PredictionError(f"{path}:{number}: the line is longer than {_LINE:,} bytes")
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise PredictionError(f"{path}:{number}: not UTF-8: {error.reason} at byte {error.start}") from None
            yield number, text


def _csv(path: Path) -> Iterator[tuple[int, Any, Any]]:
    """Line, id and prediction of each row of a CSV."""
    rows = csv.reader((text for _, text in _lines(path)), strict=True)
    try:
        header = next(rows, None)
        if header != HEADER:
            got = "an empty file" if header is None else repr(",".join(header))
            raise PredictionError(f"{path}:1: the first line must be the header id,prediction; got {got}")
        for row in rows:
            if len(row) != 2:
                raise PredictionError(f"{path}:{rows.line_num}: expected an id and a prediction; got {_some(row)}")
            yield rows.line_num, row[0], row[1]
    except csv.Error as error:
        raise PredictionError(f"{path}:{rows.line_num}: not CSV: {error}") from None


def _jsonl(path: Path) -> Iterator[tuple[int, Any, Any]]:
    """Line, id and prediction of each line of JSON."""
    for number, text in _lines(path):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PredictionError(f"{path}:{number}: not JSON: {error}") from None
        if not isinstance(content, dict) or sorted(content) != HEADER:
            raise PredictionError(
                f'{path}:{number}: expected {{"id": 17, "prediction": "0350"}}, with these two keys; '
                f"got {_some(content)}"
            )
        yield number, content["id"], content["prediction"]


def _collect(path: Path, entries: Iterator[tuple[int, Any, Any]], count: int) -> Predictions:
    """Check the entries of a file, and put them into the order of the split."""
    texts: list[Any] = [None] * count
    lines = np.zeros(count, np.int64)
    line = 0
    for line, name, text in entries:
        index = _index(name)
        if index is None:
            raise PredictionError(f"{path}:{line}: an id is a whole number from 0 on; got {_some(name)}")
        if index >= count:
            raise PredictionError(f"{path}:{line}: id {index} is not in the split, whose ids are 0 to {count - 1}")
        if texts[index] is not None:
            raise PredictionError(f"{path}:{line}: id {index} again; it has its prediction on line {lines[index]}")
        if not isinstance(text, str):
            raise PredictionError(
                f"{path}:{line}: a prediction is a string, so that leading zeros survive; got {_some(text)}"
            )
        if text and not (text.isascii() and text.isdigit()):
            raise PredictionError(f"{path}:{line}: a prediction is digits from 0 to 9, or nothing; got {_some(text)}")
        if len(text) > MAX_DIGITS:
            raise PredictionError(f"{path}:{line}: a prediction has at most {MAX_DIGITS:,} digits; got {len(text):,}")
        texts[index] = text
        lines[index] = line
    missing = np.flatnonzero(lines == 0)
    if missing.size:
        some = ", ".join(map(str, missing[:3])) + ", ..." * (missing.size > 3)
        raise PredictionError(
            f"{path}: ends on line {line} without predictions for {missing.size:,} of the split's {count:,} ids: {some}"
        )
    digits = np.frombuffer("".join(texts).encode(), np.uint8) - np.uint8(_ZERO)
    return Predictions(digits, np.fromiter(map(len, texts), np.int64, count))


def _index(name: Any) -> int | None:
    """An id as a number, or None if it is none."""
    if isinstance(name, str):
        return int(name) if len(name) < 20 and name.isascii() and name.isdigit() else None
    return name if isinstance(name, int) and not isinstance(name, bool) and name >= 0 else None


def _some(value: Any) -> str:
    """The beginning of a value, for a message."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _npy(path: Path, count: int) -> Predictions:
    """Read an array, of whose file no more is in memory than is looked at."""
    if path.stat().st_size == 0:
        raise PredictionError(f"{path}: the file is empty")
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, EOFError, OverflowError) as error:
        raise PredictionError(f"{path}: not a whole .npy file of integers or strings: {error}") from None
    shape = "x".join(map(str, array.shape)) or "no rows"
    if array.dtype.kind in "iu" and array.ndim == 2:
        convert = _from_integers
    elif array.dtype.kind in "US" and array.ndim == 1:
        convert = _from_strings
    else:
        raise PredictionError(
            f"{path}: expected integers of shape (N, P), padded with -1, or strings of shape (N,); "
            f"got {array.dtype} of shape {shape}"
        )
    if len(array) != count:
        raise PredictionError(f"{path}: has {len(array):,} rows; the split has {count:,} images")
    parts = [convert(path, array[start : start + _ROWS], start) for start in range(0, count, _ROWS)]
    return Predictions(np.concatenate([each[0] for each in parts]), np.concatenate([each[1] for each in parts]))


def _from_integers(path: Path, part: NDArray[Any], first: int) -> tuple[Pixels, Integers]:
    """Digits and lengths of (n, P) integers; `first` is the row of the first."""
    if part.shape[1] > MAX_DIGITS:
        raise PredictionError(f"{path}: a prediction has at most {MAX_DIGITS:,} digits; got {part.shape[1]:,} columns")
    wrong = np.argwhere((part < -1) | (part > 9))
    if wrong.size:
        row, column = wrong[0]
        raise PredictionError(
            f"{path}: row {first + row}, column {column}: expected a digit from 0 to 9, or -1 behind the last; "
            f"got {part[row, column]}"
        )
    inside = part >= 0
    hole = np.argwhere(inside[:, 1:] & ~inside[:, :-1])
    if hole.size:
        row, column = hole[0]
        raise PredictionError(f"{path}: row {first + row}, column {column}: -1 stands before a digit, not behind all")
    return part[inside].astype(np.uint8), inside.sum(1)


def _from_strings(path: Path, part: NDArray[Any], first: int) -> tuple[Pixels, Integers]:
    """Digits and lengths of (n,) strings; `first` is the row of the first."""
    unit = np.dtype(np.uint8) if part.dtype.kind == "S" else np.dtype(np.uint32)
    letters = part.dtype.itemsize // unit.itemsize
    if letters > MAX_DIGITS:
        raise PredictionError(f"{path}: a prediction has at most {MAX_DIGITS:,} digits; the strings have {letters:,}")
    whole = np.ascontiguousarray(part.astype(part.dtype.newbyteorder("=")))
    codes = whole.view(unit).reshape(len(part), letters)
    inside = np.arange(letters) < np.strings.str_len(whole)[:, None]
    wrong = np.flatnonzero((inside & ((codes < _ZERO) | (codes > _ZERO + 9))).any(1))
    if wrong.size:
        row = wrong[0]
        raise PredictionError(
            f"{path}: row {first + row}: a prediction is digits from 0 to 9, or nothing; got {_some(whole[row])}"
        )
    return (codes[inside] - _ZERO).astype(np.uint8), inside.sum(1)
