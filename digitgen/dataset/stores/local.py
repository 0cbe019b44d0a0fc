"""A dataset in a folder of this machine, which may be a stranger's: no link is followed in it."""

import contextlib
import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from digitgen.dataset.stores.store import Found, Store
from digitgen.errors import DatasetError
from digitgen.files import TEMPORARY_SUFFIX, open_plain, read_plain
from digitgen.format import shard_index


class LocalStore(Store):
    """A folder of this machine.

    Parameters
    ----------
    folder : Path
        The folder; it may itself be reached through links.
    """

    lanes = tries = 1

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        return str(self.folder)

    def at(self, name: str) -> str:
        """Spell a file's path."""
        return str(self.folder / name)

    def check_there(self) -> None:
        """Refuse a folder that does not exist."""
        if not self.folder.is_dir():
            raise DatasetError(f"{self}: there is no such dataset folder")

    def read(self, name: str, most: int) -> bytes:
        """Read a whole file."""
        return read_plain(self.folder, name, most)

    def open(self, name: str, size: int, blake3: str) -> BinaryIO:  # noqa: ARG002
        """Open a file where it lies."""
        return open_plain(self.folder, name)

    def fresh(self) -> "LocalStore":
        """Return this store, which has no cache."""
        return self

    def look(self, name: str) -> Found | None:
        """Ask for the size of a plain file."""
        try:
            facts = (self.folder / name).lstat()
        except FileNotFoundError:
            return None
        return Found(facts.st_size) if stat.S_ISREG(facts.st_mode) else None

    def list(self, folder: str) -> dict[str, Found]:
        """List the plain files that lie directly in a folder."""
        path = self.folder / folder
        if (folder and path.is_symlink()) or not path.is_dir():
            return {}
        prefix, found = f"{folder}/" if folder else "", {}
        with os.scandir(path) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # it has just gone: temporary files come and go
                    facts = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(facts.st_mode):
                        found[prefix + entry.name] = Found(facts.st_size)
        return found

    def give_up(self) -> None:
        """Pass: there are no requests."""

    def strays(self, splits: Collection[str], known: Collection[str]) -> set[str]:
        """List files among the shards, shards elsewhere, and temporary files."""
        found = set(map(str, self.folder.glob(f".*{TEMPORARY_SUFFIX}")))
        for top in os.scandir(self.folder):
            if not top.is_dir():
                continue
            for folder, _, names in os.walk(top.path):
                if folder != top.path and top.name not in splits:
                    break
                inner = Path(folder).relative_to(self.folder).as_posix()
                found |= {
                    f"{folder}/{name}"
                    for name in names
                    if (top.name in splits or shard_index(name) is not None) and f"{inner}/{name}" not in known
                }
        return {path.relative_to(self.folder).as_posix() for path in map(Path, found) if path.is_file()}
