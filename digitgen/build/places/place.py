"""The interface of a place that a dataset is built in."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from digitgen.build.parts import Part
from digitgen.dataset.entries import ShardEntry
from digitgen.dataset.stores import Store
from digitgen.messages import Say

if TYPE_CHECKING:  # it loads fsspec
    from digitgen.dataset.stores.remote import RemoteStore


class Place(ABC):
    """A place that a dataset is built in."""

    store: Store
    lanes: int
    """Shards that may be committed at a time, each in a thread of its own."""

    def __str__(self) -> str:
        return str(self.store)

    is_shared: bool
    """Whether builds of other machines could begin here at the same time, unhindered by a lock."""

    @abstractmethod
    def for_part(self, part: Part) -> "Place":
        """Make the same place for a part of a build, at which other parts may be at work."""

    @abstractmethod
    def is_made(self) -> bool:
        """Whether the place is there; if not, room is looked for before it is made."""

    @abstractmethod
    def is_free(self) -> bool:
        """Whether nothing is there that counts.

        Raises
        ------
        DatasetError
            If something is there that can be no folder.
        """

    @abstractmethod
    def looking(self) -> AbstractContextManager[None]:
        """Keep builds from what is there, if anything is, while it is looked at for the first time."""

    @abstractmethod
    def holding(self, say: Say) -> AbstractContextManager[None]:
        """Make the place if need be, and keep other builds from it.

        Raises
        ------
        LockedError
            If another build holds it.
        """

    @abstractmethod
    def check_room(self, needed: int, in_flight: int) -> None:
        """Refuse to start a build that the disk cannot hold.

        Parameters
        ----------
        needed : int
            Bytes of all shards.
        in_flight : int
            Bytes of the shards that wait for their names at a time.

        Raises
        ------
        BuildError
            If too few bytes are free.
        """

    @abstractmethod
    def scratch(self, splits: Iterable[str], owner: str) -> AbstractContextManager[Path]:
        """Lend a folder with a folder for each split, in which shards are made; nothing is left of them at the end.

        Parameters
        ----------
        splits : iterable of str
            Names of the splits.
        owner : str
            Begins the names of temporary files; may be empty.

        Returns
        -------
        context manager
            Gives the folder, an absolute path.
        """

    @abstractmethod
    def whole(self, entries: list[ShardEntry], marks: Mapping[str, str], *, progress: bool) -> set[str]:
        """Find the shards whose bytes are those of their entries.

        Parameters
        ----------
        entries : list of ShardEntry
            The shards as they were made.
        marks : mapping of str to str
            By file, the store's mark of it then, as far as it is known.
        progress : bool
            Show a progress bar on stderr.

        Returns
        -------
        set of str
            Their files.
        """

    @abstractmethod
    def begin(self, journal: bytes, missing: list[str], *, fresh: bool) -> None:
        """Write the journal of a build that begins, or goes on; from here there is no finished dataset.

        Parameters
        ----------
        journal : bytes
            Its first line and those of shards that are kept.
        missing : list of str
            Files of the shards that this build makes; files that stand under these names make way.
        fresh : bool
            Whether nobody has built there before.

        Raises
        ------
        LockedError
            If another build has begun there meanwhile.
        """

    @abstractmethod
    def appending(self, journal: bytes) -> AbstractContextManager[Callable[[bytes], object]]:
        """Lend a function that adds a line to the journal, which several threads may call."""

    @abstractmethod
    def commit(self, temporary: Path, entry: ShardEntry, *, fsync: bool) -> str | None:
        """Give a finished shard its name.

        Parameters
        ----------
        temporary : Path
            The file, which is gone afterwards.
        entry : ShardEntry
            Its entry.
        fsync : bool
            Have it on the disk first, if it is a file of this machine.

        Returns
        -------
        str or None
            The store's mark of it, if it has any.
        """

    @property
    @abstractmethod
    def store_for_workers(self) -> "RemoteStore | None":
        """The store that workers of other machines can put shards into by themselves; None if there is none."""

    @abstractmethod
    def note(self, entry: ShardEntry, mark: str | None) -> None:
        """Take notice of a shard that a worker has put there.

        Parameters
        ----------
        entry : ShardEntry
            Its entry.
        mark : str or None
            The store's mark of it.
        """

    @abstractmethod
    def end_commits(self) -> None:
        """Give up the commits that run in threads."""

    @abstractmethod
    def check_made(self, entries: list[ShardEntry], journal: bytes) -> None:
        """See before the manifest is written that nobody else has written here.

        Parameters
        ----------
        entries : list of ShardEntry
            All shards of the dataset.
        journal : bytes
            What `begin` was given.

        Raises
        ------
        BuildError
            If a shard is not there as it was put, or what was built is not said to be this.
        """

    @abstractmethod
    def write(self, name: str, data: bytes, *, fsync: bool = True) -> None:
        """Write a whole file beside the shards, in place of one that may be there.

        Parameters
        ----------
        name : str
            Name of the file.
        data : bytes
            All of it.
        fsync : bool, default True
            Have it on the disk, if it is a file of this machine.
        """

    @abstractmethod
    def finish(self, *, fsync: bool) -> None:
        """Do what is left once the manifest is there."""

    @abstractmethod
    def delete(self, names: Iterable[str]) -> None:
        """Delete files; those that are absent already are no error."""

    @abstractmethod
    def tidy(self) -> None:
        """Delete what a build that was killed has left of files without a name."""

    @abstractmethod
    def drop(self, split: str) -> None:
        """Delete the folder of a split if nothing is in it."""
