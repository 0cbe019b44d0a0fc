"""Build in a folder of this machine: it is locked, and files get their names by renames."""

import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from digitgen.build.parts import Part, hold, hold_all
from digitgen.build.places.place import Place
from digitgen.dataset.check import hash_file
from digitgen.dataset.entries import ShardEntry
from digitgen.dataset.manifest import JOURNAL_NAME, MANIFEST_NAME
from digitgen.dataset.stores import LocalStore
from digitgen.errors import BuildError, DatasetError
from digitgen.files import TEMPORARY_SUFFIX, commit, is_left_by_system, locked, sweep, write_atomically
from digitgen.format import is_journal_part
from digitgen.messages import Say
from digitgen.progress import progress_bar
from digitgen.system import sync_folder

_SPARE_BYTES: Final = 1 << 20  # for the files beside the shards


def check_disk(where: str, folder: Path, needed: int) -> None:
    """Refuse to start a build that a disk cannot hold.

    Parameters
    ----------
    where : str
        What the message begins with.
    folder : Path
        A folder on the disk.
    needed : int
        Bytes.

    Raises
    ------
    BuildError
        If too few bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE_BYTES:
        raise BuildError(f"{where}: {needed:,} bytes are needed, the disk has {free:,} free")


class Folder(Place):
    """A folder of this machine.

    Parameters
    ----------
    folder : Path
        The folder, which need not exist.
    """

    lanes = 1
    is_shared = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = LocalStore(folder)

    def for_part(self, part: Part) -> "PartOfFolder":
        """Make the same place for a part of a build."""
        return PartOfFolder(self.folder, part)

    def is_made(self) -> bool:
        """Whether there is such a folder, or a file."""
        return self.folder.exists()

    def is_free(self) -> bool:
        """Whether the folder is absent, or holds nothing but what systems and killed builds leave."""
        if self.folder.exists() and not self.folder.is_dir():
            raise DatasetError(f"{self}: is a file; name a new or empty folder")
        return not self.folder.is_dir() or all(
            path.name.endswith(TEMPORARY_SUFFIX) or is_left_by_system(path.name) for path in self.folder.iterdir()
        )

    def looking(self) -> AbstractContextManager[None]:
        """Lock the folder if it is there."""
        return locked(self.folder) if self.folder.is_dir() else contextlib.nullcontext()

    @contextmanager
    def holding(self, say: Say) -> Iterator[None]:
        """Make the folder, and lock it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder, say), hold_all(self.folder):
            yield

    def check_room(self, needed: int, in_flight: int) -> None:  # noqa: ARG002
        """Refuse a disk without room for everything."""
        parent = next(folder for folder in (self.folder, *self.folder.absolute().parents) if folder.is_dir())
        check_disk(str(self), parent, needed)

    @contextmanager
    def scratch(self, splits: Iterable[str], owner: str) -> Iterator[Path]:
        """Lend the folder itself: a file gets its final name by a rename in it."""
        for name in splits:
            (self.folder / name).mkdir(exist_ok=True)
        try:
            yield self.folder.absolute()
        finally:
            sweep(self.folder, owner=owner)

    def whole(self, entries: list[ShardEntry], marks: Mapping[str, str], *, progress: bool) -> set[str]:  # noqa: ARG002
        """Hash the shards."""
        found = set()
        for entry in progress_bar(entries, shown=progress, total=len(entries), unit="files", what="checking"):
            with contextlib.suppress(OSError):  # it is missing, or no plain file
                if hash_file(self.store, entry) == entry.blake3:
                    found.add(entry.file)
        return found

    def begin(self, journal: bytes, missing: list[str], *, fresh: bool) -> None:  # noqa: ARG002
        """Write the journal; shards are replaced by renames."""
        (self.folder / MANIFEST_NAME).unlink(missing_ok=True)
        write_atomically(self.folder / JOURNAL_NAME, journal)

    @contextmanager
    def appending(self, journal: bytes) -> Iterator[Callable[[bytes], object]]:  # noqa: ARG002
        """Open the journal, and append to it."""
        with (self.folder / JOURNAL_NAME).open("ab", buffering=0) as file:
            yield file.write

    def commit(self, temporary: Path, entry: ShardEntry, *, fsync: bool) -> None:
        """Rename the file, once it is on the disk."""
        commit(temporary, self.folder / entry.file, fsync=fsync)

    @property
    def store_for_workers(self) -> None:
        """None: workers write into the folder."""
        return None

    def note(self, entry: ShardEntry, mark: str | None) -> None:
        """Pass: workers put nothing into a folder."""

    def end_commits(self) -> None:
        """Pass: a rename takes no time."""

    def check_made(self, entries: list[ShardEntry], journal: bytes) -> None:
        """Pass: the folder is locked."""

    def write(self, name: str, data: bytes, *, fsync: bool = True) -> None:
        """Write a whole file, or nothing."""
        write_atomically(self.folder / name, data, fsync=fsync)

    def finish(self, *, fsync: bool) -> None:
        """Delete the journals of parts, and have the name of the folder itself on the disk."""
        self.delete([name for name in self.store.list("") if is_journal_part(name)])
        if fsync:
            sync_folder(self.folder.absolute().parent)

    def delete(self, names: Iterable[str]) -> None:
        """Delete files."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Delete temporary files."""
        sweep(self.folder)

    def drop(self, split: str) -> None:
        """Delete the folder of a split if nothing is in it."""
        folder = self.folder / split
        if folder.is_dir() and not folder.is_symlink():
            with contextlib.suppress(OSError):  # it holds other files
                folder.rmdir()


class PartOfFolder(Folder):
    """A folder of this machine, or of several, for a part of a build.

    Parameters
    ----------
    folder : Path
        The folder, which need not exist.
    part : Part
        The part.
    """

    def __init__(self, folder: Path, part: Part) -> None:
        super().__init__(folder)
        self._part = part

    def looking(self) -> AbstractContextManager[None]:
        """Keep builds of the whole from the folder, if it is there."""
        return locked(self.folder, alone=False) if self.folder.is_dir() else contextlib.nullcontext()

    @contextmanager
    def holding(self, say: Say) -> Iterator[None]:
        """Make the folder, and keep builds of the whole from it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder, say, alone=False):
            yield

    def begin(self, journal: bytes, missing: list[str], *, fresh: bool) -> None:  # noqa: ARG002
        """Write the journal of the build if no other part has."""
        if fresh:
            with contextlib.suppress(FileExistsError):
                write_atomically(self.folder / JOURNAL_NAME, journal, replace=False)

    @contextmanager
    def appending(self, journal: bytes) -> Iterator[Callable[[bytes], object]]:
        """Hold the part, and append to its own journal."""
        with hold(self.folder, self._part) as file:
            there = file.read()
            if not there.startswith(journal):  # it is new, or was torn when it was
                file.truncate(0)
                file.seek(0)
                file.write(journal)
            elif not there.endswith(b"\n"):
                file.write(b"\n")
            yield file.write

    def tidy(self) -> None:
        """Delete temporary files of this part."""
        sweep(self.folder, owner=self._part.owner)
