"""Types of arguments of the command line, and words that several commands share."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from digitgen.errors import ArgumentError, DatasetError

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


def png_paths(digits: str, count: int, output: Path | None) -> list[Path]:
    """Where the images of a sequence go.

    Parameters
    ----------
    digits : str
        The sequence, which names the files unless `output` names one.
    count : int
        Number of images; several are numbered from 1.
    output : Path or None
        A file, a folder that exists, or the current directory.

    Raises
    ------
    ArgumentError
        If the folder does not exist, or the file is not a PNG.
    """
    if output is None or output.is_dir():
        output = (output or Path()) / f"{digits[:100]}.png"
    if output.suffix.lower() != ".png":
        raise ArgumentError(f"{output}: the file must end in .png, or be a folder that exists")
    if not output.parent.is_dir():
        raise ArgumentError(f"{output.parent}: there is no such folder")
    if count == 1:
        return [output]
    digits_needed = len(str(count))
    return [output.with_stem(f"{output.stem}-{k:0{digits_needed}d}") for k in range(1, count + 1)]


def output_path(given: Path | None, default: str, suffix: str, *, force: bool) -> Path:
    """Where a file is to go; refused if it has another kind of name, or stands there already without `force`."""
    output = given or Path(default)
    if output.is_dir():
        output /= default
    if output.suffix.lower() != suffix:
        raise ArgumentError(f"{output}: the file must end in {suffix}, or be a folder that exists")
    if not output.parent.is_dir():
        raise ArgumentError(f"{output.parent}: there is no such folder")
    if output.exists() and not force:
        raise DatasetError(f"{output} exists; name another file, or replace it with --force")
    return output


Add = Callable[[str, Callable[[argparse.Namespace], int], str, str], argparse.ArgumentParser]

WRITERS_HELP: Final = "the writer of each row of the glyphs' source, (G,) integers"
