"""Types of arguments of the command line, and words that several commands share."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from digitgen.errors import ArgumentError, DigitgenError

DATA_DIR_HELP: Final = "folder with the files of MNIST, looked in first (default: $DIGITGEN_DATA_DIR)"
MOST_JOBS: Final = 1024


def integer(low: int, high: int) -> Callable[[str], int]:
    """A type of argument: an integer from `low` to `high`."""

    def integer(text: str) -> int:
        # No number that is allowed has more than 20 digits, and Python refuses to read very long ones.
        if text.isascii() and text.removeprefix("-").isdecimal() and len(text) <= 20 and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"must be an integer from {low} to {high}; got {text!r}")

    return integer


def nonempty_path(text: str) -> Path:
    """A type of argument: a path. An empty one, as of a variable that is not set, would be the working folder."""
    return Path(nonempty(text))


def nonempty(text: str) -> str:
    """A type of argument: any text."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def output_paths(given: Path | None, default: str, *, count: int = 1, force: bool) -> list[Path]:
    """Where files are to go.

    Parameters
    ----------
    given : Path or None
        A file, or a folder that exists; the current directory by default.
    default : str
        The name of the file where `given` has none; it must end as this one does.
    count : int, default 1
        Number of files; several are numbered from 1.
    force : bool
        Whether files that exist may be replaced.

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


Add = Callable[[str, Callable[[argparse.Namespace], int], str, str], argparse.ArgumentParser]

WRITERS_HELP: Final = "the writer of each row of the glyphs' source, (G,) integers"
