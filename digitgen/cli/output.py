"""Files that commands write: where they go, and what may be replaced."""

from pathlib import Path

from digitgen.errors import ArgumentError, DigitgenError
from digitgen.files import write_atomically


def output_paths(given: Path | None, default: str, *, count: int = 1, force: bool) -> list[Path]:
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
    if output.is_dir():
        output /= default
    if output.suffix.lower() != suffix:
        raise ArgumentError(f"{output}: the file must end in {suffix}, or be a folder that exists")
    if not output.parent.is_dir():
        raise ArgumentError(f"{output.parent}: there is no such folder")
    digits = len(str(count))
    numbered = [output.with_stem(f"{output.stem}-{k:0{digits}d}") for k in range(1, count + 1)]
    paths = numbered if count > 1 else [output]
    if not force and (taken := next((path for path in paths if path.exists()), None)):
        raise DigitgenError(f"{taken} exists; name another file, or replace it with --force")
    return paths


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
