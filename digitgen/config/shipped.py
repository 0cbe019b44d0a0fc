"""The configurations that digitgen comes with, to start from."""

import sysconfig
from pathlib import Path
from typing import Final

from digitgen.errors import DigitgenError

START: Final = "quickstart"
"""The one to start from where none is named."""
_FOLDERS: Final = (
    Path(__file__).parents[2] / "configs",  # a clone, also one that is installed as it lies
    Path(sysconfig.get_path("data")) / "share" / "digitgen" / "configs",
)


def shipped() -> dict[str, Path]:
    """Find the shipped configurations.

    Returns
    -------
    dict of str to Path
        Their files by name.

    Raises
    ------
    DigitgenError
        If the installation lacks them.
    """
    for folder in _FOLDERS:
        if found := {path.stem: path for path in sorted(folder.glob("*.yaml"))}:
            return found
    raise DigitgenError("the shipped configurations are missing from this installation; install mnist-digitgen again")
