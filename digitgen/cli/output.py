"""Files that commands write: where they go, and what may be replaced."""

from collections.abc import Iterator
from itertools import count as counting
from itertools import islice
from pathlib import Path

from digitgen.errors import ArgumentError, DigitgenError
from digitgen.files import write_atomically


def output_paths(given: Path | None, default: str, *, count: int = 1, force: bool, number: bool = False) -> list[Path]:
    """Choose the files to write, and check them.

    Parameters
    ----------
    given : Path or None
        A file, or a folder that exists; the current directory by default.
    default : str
        Name of the file where `given` has none; it must end as this one does.
    count : int, default 1
        Number of files; several are numbered from 1.
    force : bool
        Whether files that exist may be replaced.
    number : bool, default False
        Where no file is named and files exist, take the next numbers that are free.

    Returns
    -------
    list of Path
        `count` files.

    Raises
    ------
    ArgumentError
        If the folder does not exist, or the file's name has another ending.
    DigitgenError
        If a file exists.
    """
    output, suffix = given or Path(default), Path(default).suffix
    named = given is not None and not output.is_dir()
    if output.is_dir():
        output /= default
    if output.suffix.lower() != suffix:
        raise ArgumentError(f"{output}: the file must end in {suffix}, or be a folder that exists")
    if not output.parent.is_dir():
        raise ArgumentError(f"{output.parent}: there is no such folder")
    names = _names(output, count)
    if number and not named and not force:
        return list(islice((path for path in names if not path.exists()), count))
    paths = list(islice(names, count))
    if not force and (taken := next((path for path in paths if path.exists()), None)):
        raise DigitgenError(f"{taken} exists; name another file, or replace it with --force")
    return paths


def _names(output: Path, count: int) -> Iterator[Path]:
    """Number the names of `count` files, and go on; a single one has no number."""
    if count == 1:
        yield output
    digits = len(str(count))
    for k in counting(1):
        yield output.with_stem(f"{output.stem}-{k:0{digits}d}")


def write_output(path: Path, data: bytes, *, force: bool) -> None:
    """Write a whole file, and print its name.

    Parameters
    ----------
    path : Path
        The file, from `output_paths`.
    data : bytes
        All of its contents.
    force : bool
        Whether a file that exists may be replaced.
    """
    write_atomically(path, data, fsync=False, replace=force)
    print(path)
