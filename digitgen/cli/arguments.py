"""Types of arguments of the command line, and arguments that several commands share."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

Add = Callable[[str, Callable[[argparse.Namespace], int], str, str], argparse.ArgumentParser]
"""Adds a command to the program: takes its name, function, description and example, and returns its parser."""
_MOST_JOBS: Final = 1024


def integer(low: int, high: int) -> Callable[[str], int]:
    """Make a type of argument: an integer in bounds.

    Parameters
    ----------
    low, high : int
        Least and greatest value.

    Returns
    -------
    callable
        Reads the text of an argument.
    """

    def integer(text: str) -> int:
        # No number that is allowed has more than 20 digits, and Python refuses to read very long ones.
        if text.isascii() and text.removeprefix("-").isdecimal() and len(text) <= 20 and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"must be an integer from {low} to {high}; got {text!r}")

    return integer


def part(text: str) -> tuple[int, int]:
    """Read an argument as a part, such as ``3/16``."""
    number, slash, of = text.partition("/")
    if slash and all(each.isascii() and each.isdecimal() and len(each) <= 9 for each in (number, of)):
        return int(number), int(of)
    raise argparse.ArgumentTypeError(f"must be a part and how many there are, such as 3/16; got {text!r}")


def nonempty_path(text: str) -> Path:
    """Read an argument as a path. An empty one, as of a variable that is not set, would be the working folder."""
    return Path(nonempty(text))


def place(text: str) -> Path | str:
    """Read an argument as a path, or as an address in a store such as ``s3://bucket/prefix``."""
    if "://" not in text:
        return nonempty_path(text)
    from digitgen.address import check_place  # loads numpy
    from digitgen.errors import ArgumentError

    try:
        return check_place("it", text)
    except ArgumentError as error:  # argparse's own words would repeat the text, and with it a password
        raise argparse.ArgumentTypeError(str(error).removeprefix("it ")) from None


def nonempty(text: str) -> str:
    """Read an argument as a text, which must not be empty."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def add_dataset(command: argparse.ArgumentParser) -> None:
    """Add the dataset that a command reads."""
    what = "the dataset folder, or its address in a store, such as s3://bucket/prefix"
    command.add_argument("dataset", type=place, metavar="DATASET", help=what)


def add_overrides(command: argparse.ArgumentParser) -> None:
    """Add the values that replace those of a configuration."""
    command.add_argument(
        "overrides", metavar="KEY=VALUE", nargs="*", default=[], help="replaces a value, as in image_width=200"
    )


def add_output(command: argparse.ArgumentParser, kind: str, what: str) -> None:
    """Add the file that a command writes, and whether it may replace one that exists.

    Parameters
    ----------
    command : argparse.ArgumentParser
        The command.
    kind : str
        Kind of the file, such as ``PNG``.
    what : str
        Help on the option.
    """
    command.add_argument("-o", "--output", type=nonempty_path, metavar=kind, help=what)
    add_force(command)


def add_force(command: argparse.ArgumentParser) -> None:
    """Add whether a command may replace files."""
    command.add_argument("--force", action="store_true", help="replace files that exist")


def add_json(command: argparse._ActionsContainer) -> None:
    """Add the choice of a result for programs."""
    command.add_argument("--json", action="store_true", help="print the result as JSON")


def add_jobs(command: argparse.ArgumentParser) -> None:
    """Add the number of processes."""
    command.add_argument(
        "--jobs", type=integer(1, _MOST_JOBS), metavar="N", help="worker processes (default: one a processor)"
    )


def add_writers(command: argparse.ArgumentParser, more: str = "") -> None:
    """Add the file with the writer of each glyph.

    Parameters
    ----------
    command : argparse.ArgumentParser
        The command.
    more : str, optional
        Further help, from its punctuation on.
    """
    what = f"the writer of each row of the glyphs' source, (G,) integers{more}"
    command.add_argument("--writers", type=nonempty_path, metavar="NPY", help=what)


def add_data_dir(command: argparse.ArgumentParser, more: str = "") -> None:
    """Add the folder in which files of digits are looked for.

    Parameters
    ----------
    command : argparse.ArgumentParser
        The command.
    more : str, optional
        Further help, from its punctuation on.
    """
    what = f"folder with the files of published sources, looked in first (default: $DIGITGEN_DATA_DIR){more}"
    command.add_argument("--data-dir", type=nonempty_path, metavar="DIR", help=what)
