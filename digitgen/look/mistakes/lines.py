"""Ids and predictions from lines of text, CSV or JSON; any line may be wrong."""

import csv
import io
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final

from digitgen.errors import PredictionError
from digitgen.messages import one_line, shown
from digitgen.training.predictions import COLUMNS

EXAMPLE: Final = '{"id": 17, "prediction": "0350"}'
_LINE: Final = 1 << 20  # characters in a line

Entry = tuple[int, Any, Any]
"""Number of a line, id and prediction; these are an int and a str, unless something is wrong with them."""


def read_csv(path: Path, file: BinaryIO) -> Iterator[Entry]:
    """Read a CSV with a header; columns of other names are passed over, and empty lines at the end.

    Parameters
    ----------
    path : Path
        Name of the file in errors.
    file : binary file
        The file, at its beginning.

    Yields
    ------
    line : int
        Number of the line, from 1.
    id : int
        The id; a str if it is no number.
    prediction : str
        The prediction.

    Raises
    ------
    PredictionError
        If a line is not as the header says.
    """
    rows = csv.reader((text for _, text in _lines(path, file)), strict=True)
    try:
        header = next(rows, None)
        columns = [_column(path, header, name) for name in COLUMNS]
        assert header is not None
        empty = None
        for row in rows:
            number = rows.line_num
            if not any(cell.strip() for cell in row):
                empty = empty or number
                continue
            if empty:
                raise _empty_line(path, empty)
            if len(row) != len(header):
                like = "an id and a prediction" if len(header) == 2 else f"{len(header)} cells, as the header has"
                raise PredictionError(f"{path}:{number}: expected {like}; got {shown(row)}")
            name, text = (row[column] for column in columns)
            yield number, int(name) if len(name) < 20 and name.isascii() and name.isdigit() else name, text
    except csv.Error as error:
        raise PredictionError(f"{path}:{rows.line_num}: not CSV: {error}") from None


def read_jsonl(path: Path, file: BinaryIO) -> Iterator[Entry]:
    """Read an object of JSON from each line; other keys are passed over, and empty lines at the end.

    Parameters
    ----------
    path, file
        As in `read_csv`.

    Yields
    ------
    line : int
        Number of the line, from 1.
    id, prediction : object
        The id and the prediction, of any type.

    Raises
    ------
    PredictionError
        If a line is no object with the keys of `COLUMNS`, has a key twice, or an id in quotes.
    """
    empty = None
    for number, text in _lines(path, file):
        if not text.strip():
            empty = empty or number
            continue
        if empty:
            raise _empty_line(path, empty)
        content = _object(f"{path}:{number}", text)
        if not isinstance(content, dict) or not content.keys() >= set(COLUMNS):
            raise PredictionError(f"{path}:{number}: expected {EXAMPLE}, with these two keys; got {shown(content)}")
        name, prediction = (content[each] for each in COLUMNS)
        if isinstance(name, str):
            raise PredictionError(f"{path}:{number}: an id is a number without quotes; got {shown(name)}")
        yield number, name, prediction


def _lines(path: Path, file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text in UTF-8 with their numbers, however they end, none of them longer than is sensible."""
    with io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="") as text:
        for number in count(1):
            line = text.readline(_LINE + 1)
            if not line:
                return
            if len(line) > _LINE:
                raise PredictionError(f"{path}:{number}: the line is longer than {_LINE:,} characters")
            try:
                line.encode("utf-8", "surrogateescape").decode()
            except UnicodeDecodeError as error:
                told = f"not UTF-8: {error.reason} at byte {error.start}"
                if error.object.startswith((b"\xff\xfe", b"\xfe\xff")):
                    told = "not UTF-8, but UTF-16: save it as UTF-8"
                raise PredictionError(f"{path}:{number}: {told}") from None
            yield number, line


def _column(path: Path, header: list[str] | None, name: str) -> int:
    """Find the column of a name in a header."""
    if header is not None and header.count(name) == 1:
        return header.index(name)
    got = "an empty file" if header is None else shown(",".join(header))
    hint = ""
    if header and header.count(name) > 1:
        hint = f", which has {name} twice"
    elif header and any(mark in header[0] for mark in ";\t"):
        hint = "; separate columns by commas"
    raise PredictionError(f"{path}:1: the first line must be the header id,prediction; got {got}{hint}")


def _object(place: str, text: str) -> Any:
    """Read a line of JSON."""
    try:
        return _DECODER.decode(text.rstrip())
    except json.JSONDecodeError as error:
        raise PredictionError(f"{place}: not JSON: {error.msg} (column {error.colno})") from None
    except RecursionError:
        raise PredictionError(f"{place}: not JSON that can be read: it is nested too deeply") from None
    except _TwiceError as error:
        raise PredictionError(f"{place}: has the key {shown(error.key)} twice") from None
    except ValueError as error:  # a number of thousands of digits
        raise PredictionError(f"{place}: not JSON that can be read: {one_line(str(error))}") from None


class _TwiceError(Exception):
    """A key stands twice in an object."""

    def __init__(self, key: str) -> None:
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, unless a key stands twice."""
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(key for key in keys if keys.count(key) > 1))
    return content


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once)


def _empty_line(path: Path, number: int) -> PredictionError:
    """Refuse an empty line before others."""
    return PredictionError(f"{path}:{number}: expected an id and a prediction; got an empty line before others")
