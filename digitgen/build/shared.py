"""Values that tasks share: written to a file once; each worker maps the arrays from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import joblib

from digitgen.files import temporary_name

Value = TypeVar("Value")


class Shared(Generic[Value]):
    """A value that tasks share: it is pickled as the name of its file.

    Parameters
    ----------
    value : any
        The value.
    path : Path
        The file that other processes read it from.
    """

    def __init__(self, value: Value, path: Path) -> None:
        self._value: Value | None = value
        self._path = path

    def get(self) -> Value:
        """Get the value; in another process, with its arrays mapped read-only."""
        return _mapped(self._path) if self._value is None else self._value

    def __getstate__(self) -> dict[str, Any]:
        return {"_value": None, "_path": self._path}


@lru_cache(maxsize=8)
def _mapped(path: Path) -> Any:
    """Load a value, with its arrays mapped read-only."""
    return joblib.load(path, mmap_mode="r")


@contextmanager
def shared(values: dict[str, Value], folder: Path, jobs: int) -> Iterator[dict[str, Shared[Value]]]:
    """Share values with the workers that are about to run.

    Parameters
    ----------
    values : dict of str to any
        The values, under any names.
    folder : Path
        Folder for the files, which all workers must reach. The files have temporary
        names, and are deleted at the end of the block.
    jobs : int
        Number of worker processes; for one, which is this, nothing is written.

    Yields
    ------
    dict of str to Shared
        By the same names, to be put into the tasks.
    """
    handles = {name: Shared(value, temporary_name(folder / name)) for name, value in values.items()}
    try:
        for handle in handles.values() if jobs > 1 else ():
            joblib.dump(handle.get(), handle._path)
        yield handles
    finally:
        for handle in handles.values():
            handle._path.unlink(missing_ok=True)
