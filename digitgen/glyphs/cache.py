"""The user's cache of fetched files: any number of processes may read it, and fill it, at once.

One process fetches while the others wait for it. Where the file system has no locks, each fetches for itself: files
appear whole, and whichever is last puts the same bytes there again.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from digitgen.arrays import Arrays
from digitgen.errors import SourceError
from digitgen.files import sweep, temporary_name, write_atomically
from digitgen.glyphs.idx import encode_idx, read_idx
from digitgen.glyphs.places import VARIABLE, cache_folder
from digitgen.glyphs.source import Published
from digitgen.messages import Say
from digitgen.turns import Turn, in_turn

PATIENCE: Final = 1800.0
"""Seconds to wait for another process: longer than any fetch, but a process that is stopped would hold on for ever."""

_STALE: Final = 3600.0  # seconds after which nobody can be writing a temporary file any more


def cache_dir(source: Published) -> Path:
    """Name the folder in which a source's fetched files are kept, uncompressed and as they were published."""
    return cache_folder(source.name)


def in_cache(source: Published, names: tuple[str, ...], say: Say = lambda _: None) -> Arrays | None:
    """Read files of a source from the cache.

    Parameters
    ----------
    source : Published
        The source.
    names : tuple of str
        The files.
    say : callable, optional
        Takes a line of text about a damaged file.

    Returns
    -------
    dict of str to ndarray or None
        Array of each file by name; None if a file is absent or damaged.
    """
    arrays = {}
    for name in names:
        path = cache_dir(source) / name
        if not path.exists():
            return None
        try:
            arrays[name] = read_idx(path)
            source.check(name, arrays[name], str(path))
        except SourceError as error:
            say(f"not using the cache: {error}")
            return None
    return arrays


@contextmanager
def turn_to_fetch(source: Published, say: Say = lambda _: None) -> Iterator[Turn]:
    """Wait until no other process fetches into the cache of a source.

    The lock is held until the block ends. Temporary files of processes that were killed are deleted.

    Parameters
    ----------
    source : Published
        The source.
    say : callable, optional
        Takes a line of text if another process is fetching.

    Yields
    ------
    Turn
        Its note says why another process failed that this one waited for.

    Raises
    ------
    SourceError
        If nothing can be written there.
    """
    folder = cache_dir(source)
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            turn = stack.enter_context(
                in_turn(
                    folder.with_name(f"{source.name}.lock"),
                    PATIENCE,
                    waiting=lambda: say(f"waiting for another process that is fetching {source.title}"),
                )
            )
            sweep(folder, before=time.time() - (0 if turn.alone else _STALE))
            probe = temporary_name(folder / "probe")  # nobody else uses this name
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise SourceError(
                f"{folder}: the cache cannot be written ({error.strerror}); name another with XDG_CACHE_HOME, "
                f"or a folder with the files of {source.title} with --data-dir or {VARIABLE}"
            ) from error
        yield turn


def keep(source: Published, name: str, array: NDArray[Any]) -> None:
    """Write a verified file to the cache.

    Parameters
    ----------
    source : Published
        The source.
    name : str
        Name of the file.
    array : ndarray
        Contents of the file.

    Raises
    ------
    SourceError
        If that fails, and no other process has written the file meanwhile.
    """
    path = cache_dir(source) / name
    try:
        write_atomically(path, encode_idx(array))
    except OSError as error:
        if in_cache(source, (name,)) is None:
            raise SourceError(f"{path}: cannot be written: {error.strerror}") from error
