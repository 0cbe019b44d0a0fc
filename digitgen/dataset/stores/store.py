"""The interface of a place that a dataset is read from."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Found:
    """A file as a store lists it.

    Attributes
    ----------
    size : int
        Bytes.
    mark : str or None
        The store's own mark of the file's contents, such as an ETag; None where it lists none.
    """

    size: int
    mark: str | None = None


class WrongBytesError(OSError):
    """A file that has other bytes than it should have, also when it is asked for again."""


class Store(ABC):
    """A place of a dataset. Names of files are relative to it, with slashes; errors are OSErrors that say where.

    Its `str` is the path or the address, without secrets. It can be pickled.
    """

    lanes: int
    """Files that are best read at a time."""
    tries: int
    """Times that a file is asked for if it arrives damaged."""

    @abstractmethod
    def __str__(self) -> str: ...

    @abstractmethod
    def at(self, name: str) -> str:
        """Spell a file's full name, for messages."""

    @abstractmethod
    def check_there(self) -> None:
        """Refuse a place that does not exist, where that can be told without asking for a file.

        Raises
        ------
        DatasetError
            If there is no such folder.
        """

    @abstractmethod
    def read(self, name: str, most: int) -> bytes:
        """Read a whole file.

        Parameters
        ----------
        name : str
            Name of the file.
        most : int
            Most bytes that it may have.

        Returns
        -------
        bytes
            All of it.

        Raises
        ------
        OSError
            If it is absent (FileNotFoundError), larger, or cannot be read.
        """

    @abstractmethod
    def look(self, name: str) -> Found | None:
        """Ask for the size and mark of one file; None if there is no such plain file."""

    def read_right(self, name: str, most: int, is_right: Callable[[bytes], bool]) -> bytes:
        """Read a whole file whose contents can be checked, again if they arrive damaged.

        Parameters
        ----------
        name : str
            Name of the file.
        most : int
            Most bytes that it may have.
        is_right : callable
            Tells whether the contents are right.

        Returns
        -------
        bytes
            All of the file; wrong contents if they are wrong each time.

        Raises
        ------
        OSError
            As `read` does.
        """
        for _ in range(self.tries - 1):
            if is_right(data := self.read(name, most)):
                return data
        return self.read(name, most)

    def in_lanes(self, function: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
        """Call a function that reads for many items: as many at a time as the place is good for.

        Parameters
        ----------
        function : callable
            Takes an item. It is called in threads, if the place has several lanes.
        items : iterable
            The items.

        Yields
        ------
        object
            Its answers, in the order of the items.
        """
        if self.lanes == 1:
            yield from map(function, items)
            return
        threads, waiting = ThreadPoolExecutor(self.lanes), deque[Future[Answer]]()
        try:
            for item in items:
                waiting.append(threads.submit(function, item))
                if len(waiting) > 2 * self.lanes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            self.give_up()
            raise
        finally:
            threads.shutdown()

    @abstractmethod
    def give_up(self) -> None:
        """End all requests that run now, in whatever threads, with an error; wait only a moment for further ones."""

    @abstractmethod
    def open(self, name: str, size: int, blake3: str) -> BinaryIO:
        """Open a file as a plain file of this machine.

        Parameters
        ----------
        name : str
            Name of the file.
        size : int
            Bytes that it should have.
        blake3 : str
            BLAKE3 hash that it should have. What comes from elsewhere is compared with both when it arrives; a file of
            this machine is not.

        Returns
        -------
        binary file
            The file, open for reading; it can be mapped.

        Raises
        ------
        OSError
            If it is absent (FileNotFoundError), not what it should be, or cannot be read.
        """

    def drop_damaged(self, blake3: str) -> bool:  # noqa: ARG002
        """Delete what this machine keeps of a file with a hash, if its bytes have another by now.

        Parameters
        ----------
        blake3 : str
            BLAKE3 hash that it should have.

        Returns
        -------
        bool
            Whether it was damaged, so that to open the file again helps.
        """
        return False

    @abstractmethod
    def fresh(self) -> "Store":
        """Make a store that reads every byte from the place itself, without a cache: to verify what is there."""

    @abstractmethod
    def list(self, folder: str) -> dict[str, Found]:
        """List the files that lie directly in a folder of the place; "" is the place itself.

        A folder that is absent has none, and links are no files.
        """

    @abstractmethod
    def strays(self, splits: Collection[str], known: Collection[str]) -> set[str]:
        """List files that may lie among shards and are none: of split folders, shards elsewhere, leftovers of builds.

        Parameters
        ----------
        splits : collection of str
            Names of the splits.
        known : collection of str
            Names of the shards, which are left out.

        Returns
        -------
        set of str
            Names of the files.
        """
