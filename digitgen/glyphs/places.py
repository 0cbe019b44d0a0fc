"""The folders that have files of published sources: one that the user names, and the user's cache."""

import os
from pathlib import Path
from typing import Final

import platformdirs

VARIABLE: Final = "DIGITGEN_DATA_DIR"
"""The environment variable that names the folder where no argument does."""


def folder_of_user(data_dir: Path | None) -> Path | None:
    """The folder that an argument names, or else the environment variable; None if neither does."""
    value = data_dir or os.environ.get(VARIABLE)
    return Path(value) if value else None


def cache_folder(source: str) -> Path:
    """Name the folder of the cache for what is published under the name of a source."""
    return Path(platformdirs.user_cache_dir("digitgen", appauthor=False)) / source
