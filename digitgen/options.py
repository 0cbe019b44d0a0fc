"""Types of arguments of the command line, and words that several commands share."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

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
