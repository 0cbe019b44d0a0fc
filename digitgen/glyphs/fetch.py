"""The digits of a published source, verified, from the first place that has them.

Files are looked for in a folder that the user names, then in the user's cache. Missing ones are fetched in the ways
that the source knows, and kept in the cache. A digit is read only if the sha256 of its file's uncompressed bytes is
the published one, wherever the file came from.
"""

from pathlib import Path

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.arrays import Arrays
from digitgen.errors import ArgumentError, SourceError
from digitgen.glyphs.cache import cache_dir, in_cache, keep, turn_to_fetch
from digitgen.glyphs.data_dir import Files, files_of_user
from digitgen.glyphs.digits import Digits, as_digits, to_classes
from digitgen.glyphs.places import VARIABLE
from digitgen.glyphs.source import Published
from digitgen.glyphs.sources import find_part
from digitgen.glyphs.writers import KnownWriters, as_writers
from digitgen.messages import Say


def load_digits(
    name: str,
    data_dir: Path | None = None,
    *,
    alphabet: str = DIGITS,
    writers: bool = False,
    say: Say = lambda _: None,
) -> Digits:
    """Load a part of a published source, fetching it first if need be.

    Parameters
    ----------
    name : str
        Name of the part, such as ``mnist/train``.
    data_dir : Path, optional
        A folder to look in first; that of the environment variable ``DIGITGEN_DATA_DIR`` by default.
    alphabet : str, default "0123456789"
        The character of each class.
    writers : bool, default False
        Whether to load who wrote the digits.
    say : callable, optional
        Takes a line of text for each attempt and its outcome.

    Returns
    -------
    Digits
        The part's images, upright, labels, and writers if they were asked for.

    Raises
    ------
    ArgumentError
        If there is no such source, or it does not say who wrote its digits though that was asked for.
    SourceError
        If no way leads to the files, or a file in `data_dir` is not the published one.
    """
    found, part = find_part(name)
    source, files = found.source, found.source.parts[part]
    known = source.writers
    if writers and (known is None or part not in known.parts):
        raise ArgumentError(f"{name} does not say who wrote its digits")
    names = (files[0].name, files[1].name)
    arrays = _arrays(source, names, data_dir, say)
    images, labels = as_digits(arrays[names[0]], arrays[names[1]], *names, source.characters)
    writers_of = None
    if writers and known:
        file = known.parts[part]
        table = _arrays(known, (file.name,), data_dir, say)[file.name]
        writers_of = KnownWriters(as_writers(table, labels, file.name), file, known)
    if source.transposed:
        images = np.ascontiguousarray(images.transpose(0, 2, 1))
    classes, rows = to_classes(labels, source.characters, alphabet)
    return Digits(name, images, classes, rows, files, source, found.package, writers_of)


def _arrays(source: Published, names: tuple[str, ...], data_dir: Path | None, say: Say) -> Arrays:
    """Read files of a source from the first place that has them, fetching them first if need be."""
    own = _files_of_user(source, names, data_dir, say)
    arrays = own.arrays or in_cache(source, names, say)
    if not arrays:
        _fill_cache(source, own.lack, say)
        arrays = in_cache(source, names, say)
    if not arrays:
        raise SourceError(f"the {source.title} files in {cache_dir(source)} changed while they were read; try again")
    return arrays


def fetch_source(
    source: Published, data_dir: Path | None = None, *, say: Say = lambda _: None, progress: bool = False
) -> Path:
    """Make sure that all files of a source are there and verified; fetch missing ones into the cache.

    Parameters
    ----------
    source : Source or Writers
        The source, or the files that say who wrote its digits.
    data_dir : Path, optional
        A folder to look in first; that of the environment variable ``DIGITGEN_DATA_DIR`` by default.
    say : callable, optional
        Takes a line of text for each attempt and its outcome.
    progress : bool, default False
        Show a progress bar for each file on stderr.

    Returns
    -------
    Path
        The folder that has them.

    Raises
    ------
    SourceError
        If no way leads to them; the message names each way and why it failed.
    """
    own = _files_of_user(source, tuple(source.sha256), data_dir, say)
    if not own.arrays:
        return _fill_cache(source, own.lack, say, progress)
    say(f"{own.folder}: {_done(source)}")
    return own.folder


def _files_of_user(source: Published, names: tuple[str, ...], data_dir: Path | None, say: Say) -> Files:
    """The files that a folder of the user's has; if it lacks some, the user is told, because others are taken."""
    own = files_of_user(source, names, data_dir)
    if own.lack:
        say(f"{own.lack}; looking in the cache and beyond")
    return own


def _fill_cache(source: Published, lack: str, say: Say, progress: bool = False) -> Path:
    """Make sure that all files of a source are in the cache, and name its folder; `lack` says where they are not."""
    folder = cache_dir(source)
    if _missing(source, say):
        with turn_to_fetch(source, say) as turn:
            if missing := _missing(source):  # else another process has fetched them meanwhile
                failure = turn.note and f"{turn.note} (so it went for another process, which this one waited for)"
                if not failure and (failure := _fetch(source, missing, say, progress)):
                    turn.leave(failure)
                if failure:
                    raise SourceError(f"{lack}; {failure}" if lack else failure)
    say(f"{folder}: {_done(source)}")
    return folder


def _done(source: Published) -> str:
    """Say that no file is missing."""
    return f"all {len(source.sha256)} files are there and verified"


def _missing(source: Published, say: Say = lambda _: None) -> list[str]:
    """The files of a source that are not in the cache, or are damaged."""
    return [name for name in source.sha256 if in_cache(source, (name,), say) is None]


def _fetch(source: Published, missing: list[str], say: Say, progress: bool) -> str | None:
    """Fetch files into the cache; if that fails, say what was tried, why it failed, and what to do."""
    failures: list[str] = []
    for way in source.ways:
        try:
            for name, array in way(tuple(missing), say, progress):
                if name in missing:
                    source.check(name, array, "what came")
                    keep(source, name, array)
                    missing.remove(name)
        except SourceError as error:
            failures.append(str(error))
            say(f"failed: {error}")
        if not missing:
            return None
    return (
        f"{source.title} could not be had: {'; '.join(failures) or 'there is no way to fetch it'}. "
        f"Put {', '.join(source.sha256)} into a folder and name it with --data-dir or {VARIABLE}"
    )
