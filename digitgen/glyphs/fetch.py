"""The digits of a published source, verified, from the first place that has them.

Files are looked for in a folder that the user names, then in the user's cache. Missing ones are fetched in the ways
that the source knows, and kept in the cache. A digit is read only if the sha256 of its file's uncompressed bytes is
the published one, wherever the file came from.
"""

import os
from pathlib import Path

import numpy as np

from digitgen.arrays import Arrays
from digitgen.errors import SourceError
from digitgen.glyphs.cache import DATA_DIR_VARIABLE, cache_dir, in_cache, keep, turn_to_fetch
from digitgen.glyphs.digits import Digits, check_arrays
from digitgen.glyphs.idx import read_idx
from digitgen.glyphs.source import Source
from digitgen.glyphs.sources import find_part
from digitgen.messages import Say


def load_digits(name: str, data_dir: Path | None = None, *, say: Say = lambda _: None) -> Digits:
    """Load a part of a published source, fetching it first if need be.

    Parameters
    ----------
    name : str
        Name of the part, such as ``mnist/train``.
    data_dir : Path, optional
        A folder to look in first; that of the environment variable ``DIGITGEN_DATA_DIR`` by default.
    say : callable, optional
        Takes a line of text for each attempt and its outcome.

    Returns
    -------
    Digits
        The part's images, upright, and labels.

    Raises
    ------
    ArgumentError
        If there is no such source.
    SourceError
        If no way leads to the files, or a file in `data_dir` is not the published one.
    """
    found, part = find_part(name)
    source, files = found.source, found.source.parts[part]
    names = (files[0].name, files[1].name)
    arrays = _in_folder(_folder(source, data_dir), source, names) or in_cache(source, names, say)
    if arrays is None:
        fetch_source(source, data_dir, say=say)
        arrays = in_cache(source, names, say)
    if arrays is None:
        raise SourceError(f"the {source.title} files in {cache_dir(source)} changed while they were read; try again")
    images, labels = arrays[names[0]], arrays[names[1]]
    check_arrays(images, labels, *names, classes=len(source.digits))
    if source.transposed:
        images = np.ascontiguousarray(images.transpose(0, 2, 1))
    return Digits(name, images, np.array(source.digits, np.uint8)[labels], files, source, found.package)


def fetch_source(
    source: Source, data_dir: Path | None = None, *, say: Say = lambda _: None, progress: bool = False
) -> Path:
    """Make sure that all files of a source are there and verified; fetch missing ones into the cache.

    Parameters
    ----------
    source : Source
        The source.
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
    done = f"all {len(source.sha256)} files are there and verified"
    own = _folder(source, data_dir)
    if own is not None and _in_folder(own, source, tuple(source.sha256)):
        say(f"{own}: {done}")
        return own
    folder = cache_dir(source)
    if _missing(source, say):
        with turn_to_fetch(source, say) as turn:
            if missing := _missing(source):  # else another process has fetched them meanwhile
                if turn.note:
                    raise SourceError(f"{turn.note} (so it went for another process, which this one waited for)")
                if failure := _fetch(source, missing, say, progress):
                    turn.leave(failure)
                    raise SourceError(failure)
    say(f"{folder}: {done}")
    return folder


def _missing(source: Source, say: Say = lambda _: None) -> list[str]:
    """The files of a source that are not in the cache, or are damaged."""
    return [name for name in source.sha256 if in_cache(source, (name,), say) is None]


def _fetch(source: Source, missing: list[str], say: Say, progress: bool) -> str | None:
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
        f"Put its {len(source.sha256)} files into a folder and name it with --data-dir or {DATA_DIR_VARIABLE}"
    )


def _folder(source: Source, data_dir: Path | None) -> Path | None:
    """Find the user's folder to look in: its subfolder that is named as the source, if it has one."""
    value = os.environ.get(DATA_DIR_VARIABLE)
    folder = Path(data_dir) if data_dir else Path(value) if value else None
    return folder / source.name if folder and (folder / source.name).is_dir() else folder


def _in_folder(folder: Path | None, source: Source, names: tuple[str, ...]) -> Arrays | None:
    """The named files from a folder of the user's, or None if one is not there."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise SourceError(f"{folder}: the data folder does not exist")
    arrays = {}
    for name in names:
        paths = [path for path in (folder / name, folder / f"{name}.gz") if path.exists()]
        if not paths:
            return None
        arrays[name] = read_idx(paths[0])
        source.check(name, arrays[name], str(paths[0]))
    return arrays
