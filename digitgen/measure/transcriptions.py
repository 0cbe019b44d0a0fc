"""Texts of images from a table that a stranger wrote: a line an image, with its file and what it says."""

import csv
import io
from collections.abc import Mapping
from typing import Final

from digitgen.errors import DatasetError
from digitgen.measure.crops import Collection
from digitgen.measure.described import Described, Names

_FILE: Final = ("file", "file_name", "filename", "image", "path", "name", "img")
_TEXT: Final = ("text", "label", "transcription", "ground_truth", "gt", "value", "string", "words", "number")
_LEAST: Final = 0.5  # share of the lines that name an image, in a file of transcriptions
_LONGEST: Final = 255


def read_transcriptions(data: bytes, file: str, images: list[str], collection: Collection) -> Mapping[str, Described]:
    """Read the texts of a table whose columns are separated by tabs, commas, semicolons or, in `.txt`, blanks.

    A first line with names of columns, such as `file,text`, says which is which; otherwise they are the first two. Of a
    text, letters and digits count: those are what is written in boxes.

    Parameters
    ----------
    data : bytes
        The file.
    file : str
        Its path in the folder.
    images : list of str
        Paths of the images of the folder.
    collection : Collection
        Told of what is left out.

    Returns
    -------
    mapping of str to Described
        By path of image; empty if fewer than half of the lines name an image.

    Raises
    ------
    DatasetError
        If the file is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DatasetError("is not UTF-8") from None
    rows = _rows(text)
    if not rows:
        return {}
    header = [cell.strip().lower() for cell in rows[0]]
    name = next((header.index(each) for each in _FILE if each in header), None)
    said = next((header.index(each) for each in _TEXT if each in header), None)
    if name is not None and said is not None:
        rows = rows[1:]
    else:
        name, said = 0, 1
    names, found, missing = Names(images), {}, []
    for row in rows:
        path = names.find(file, row[name].strip()) if len(row) > max(name, said) else None
        value = "".join(each for each in row[said] if each.isalnum()) if path is not None else ""
        if path is None or not 0 < len(value) <= _LONGEST:
            missing.append(" ".join(row)[:60])
        elif path not in found:
            found[path] = Described(None, value)
    if len(found) < _LEAST * len(rows):
        return {}
    for line in missing:
        collection.leave_out("lines of transcriptions without an image or a text", line)
    return found


def _rows(text: str) -> list[list[str]]:
    """Split a table into cells."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    mark = next((each for each in "\t,;" if each in lines[0]), None)
    if mark is None:
        return [line.split(maxsplit=1) for line in lines]
    try:
        return [*csv.reader(io.StringIO("\n".join(lines)), delimiter=mark)]
    except csv.Error:
        return []
