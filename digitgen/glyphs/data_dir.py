"""A folder of the user's with published files, under the names and in the layouts that unpackers and libraries use.

MNIST's `train-images-idx3-ubyte` is also called `train-images.idx3-ubyte` or `TRAIN-IMAGES-IDX3-UBYTE.GZ`. It may be in
`MNIST/raw`, where torchvision puts it, or in a folder that has its name, as in a popular archive. Names only say where
to look: a file is taken if its bytes have the published sha256.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from digitgen.arrays import Arrays
from digitgen.errors import SourceError
from digitgen.glyphs.idx import read_idx
from digitgen.glyphs.places import folder_of_user
from digitgen.glyphs.source import Published

_DEPTH: Final = 4  # folders below the one that is named
_FORMAT: Final = frozenset({"idx", "idx1", "idx3", "ubyte", "gz"})
_SAME: Final = {"t10k": "test"}
_FOLDERS: Final = frozenset({"data", "dataset", "datasets", "raw", "org", "original", "archive"})


@dataclass(frozen=True)
class Files:
    """Files of a source that a folder of the user's has.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Array of each file by name; empty unless all are there.
    folder : Path
        The folder that they are in.
    lack : str
        Which files are not there, in words; empty if all are, or no folder is named.
    """

    arrays: Arrays
    folder: Path
    lack: str


def files_of_user(source: Published, names: tuple[str, ...], data_dir: Path | None) -> Files:
    """Read files of a source from a folder of the user's.

    Parameters
    ----------
    source : Published
        The source.
    names : tuple of str
        The files.
    data_dir : Path or None
        The folder; by default that of the environment variable, if it names one.

    Returns
    -------
    Files
        The files, or which of them are not there.

    Raises
    ------
    SourceError
        If the folder does not exist, or has a file of that name, but none with the published bytes.
    """
    folder = folder_of_user(data_dir)
    if folder is None:
        return Files({}, Path(), "")
    if not folder.is_dir():
        raise SourceError(f"{folder}: the data folder {'is not a folder' if folder.exists() else 'does not exist'}")
    there = [(_words(path.name), path) for path in _walk(folder, source)]
    arrays, folders = {}, set()
    for name in names:
        alike = [path for words, path in there if words == _words(name)]
        alike.sort(key=lambda path: _unlikeness(path.relative_to(folder), name, source))
        if alike:
            arrays[name], path = _first_whole(alike, source, name)
            folders.add(path.parent)
    if absent := [name for name in names if name not in arrays]:
        return Files(
            {}, folder, f"{folder}: has no {', no '.join(absent)} (plain or .gz, there or in {source.name}/raw)"
        )
    return Files(arrays, folders.pop() if len(folders) == 1 else folder, "")


def _first_whole(paths: list[Path], source: Published, name: str) -> tuple[NDArray[Any], Path]:
    """Read the first file that is the published one, and say where it is."""
    first = None
    for path in paths:
        try:
            array = read_idx(path)
            source.check(name, array, str(path))
        except SourceError as error:
            first = first or error
        else:
            return array, path
    raise first or SourceError(f"{name}: no file to read")


def _words(name: str) -> frozenset[str]:
    """Reduce a name to its words, without those for the format, so that all ways to write it are equal."""
    words = re.split(r"[\W_]+", name.casefold())
    return frozenset(_SAME.get(word, word) for word in words if word) - _FORMAT


def _unlikeness(path: Path, name: str, source: Published) -> tuple[bool, bool, bool, int, str]:
    """Sort first what is in a folder of the source's, is called as published, is plain, and is not far down."""
    elsewhere = not any(_words(source.name) <= _words(part) for part in path.parts[:-1])
    return elsewhere, path.name not in (name, f"{name}.gz"), path.name != name, len(path.parts), str(path)


def _walk(folder: Path, source: Published, depth: int = 0) -> Iterator[Path]:
    """Go through the files of a folder, and of those below it whose names allow for files of the source."""
    allowed = _FOLDERS.union(_words(source.name), *map(_words, source.sha256))
    try:
        with os.scandir(folder) as entries:
            visible = sorted((entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise SourceError(f"{folder}: cannot be read: {error.strerror}") from error
    for name, is_folder in visible:
        if not is_folder:
            yield folder / name
        elif depth < _DEPTH and _words(name) <= allowed:
            yield from _walk(folder / name, source, depth + 1)
