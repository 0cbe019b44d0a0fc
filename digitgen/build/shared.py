"""Values that tasks share on this machine: written to a file once; each worker maps the arrays from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic

import joblib

from digitgen.build.executor import Handle, Value
from digitgen.files import temporary_name


@dataclass(frozen=True)
class Own(Generic[Value]):
    """A value of this process.

    Attributes
    ----------
    value : any
        The value.
    """

    value: Value

    def get(self) -> Value:
        """Get the value."""
        return self.value


@dataclass(frozen=True)
class InFile(Generic[Value]):
    """A value that was written to a file.

    Attributes
    ----------
    path : Path
        The file.
    """

    path: Path

    def get(self) -> Value:
        """Get the value, with its arrays mapped read-only."""
        value: Value = _mapped(self.path)
        return value


@lru_cache(maxsize=8)
def _mapped(path: Path) -> Any:
    """Load a value, with its arrays mapped read-only."""
    return joblib.load(path, mmap_mode="r")


@contextmanager
def in_this_process(values: dict[str, Value]) -> Iterator[dict[str, Handle[Value]]]:
    """Share values with tasks that run in this process."""
    yield {name: Own(value) for name, value in values.items()}


@contextmanager
def in_files(values: dict[str, Value], folder: Path, owner: str = "") -> Iterator[dict[str, Handle[Value]]]:
    """Share values with other processes of this machine.

    Parameters
    ----------
    values : dict of str to any
        The values, under any names.
    folder : Path
        Folder for the files. They have temporary names, and are deleted at the end of the block.
    owner : str, optional
        Begins their names.

    Yields
    ------
    dict of str to Handle
        By the same names, to be put into the tasks.
    """
    paths = {name: temporary_name(folder / name, owner) for name in values}
    try:
        for name, value in values.items():
            joblib.dump(value, paths[name])
        yield {name: InFile(path) for name, path in paths.items()}
    finally:
        for path in paths.values():
            path.unlink(missing_ok=True)
