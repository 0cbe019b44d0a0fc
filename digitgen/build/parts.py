"""The parts of a build: each makes its share of the shards by itself, on whichever machine, into one folder."""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from digitgen.build.shards import ShardTask
from digitgen.checks import check_integer
from digitgen.errors import ArgumentError, LockedError
from digitgen.format import is_journal_part, journal_part
from digitgen.system import try_lock

_MOST: Final = 99_999
_JOURNAL: Final = re.compile(r"journal-part-([0-9]{1,5})-of-([0-9]{1,5})(?:-[0-9a-f]+)?\.jsonl")


@dataclass(frozen=True, order=True)
class Part:
    """A part of a build; as text, ``3/16``.

    Attributes
    ----------
    number : int
        Which part, from 1.
    of : int
        How many parts there are.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def journal(self) -> str:
        """Name of its journal in a folder."""
        return journal_part(self.key)

    @property
    def key(self) -> str:
        """Begins the keys of its journals."""
        return f"part-{self.number}-of-{self.of}"

    @property
    def owner(self) -> str:
        """Begins the names of its temporary files."""
        return f"{self.key}-"

    def share(self, tasks: list[ShardTask]) -> list[ShardTask]:
        """Deal the shards of a build as cards are dealt, and take those of this part.

        Shards of a split differ little, and neighbours least: so parts have equally much to do.
        """
        return tasks[self.number - 1 :: self.of]


def check_part(number: int, of: int) -> Part:
    """Check the number of a part, and how many there are.

    Parameters
    ----------
    number, of : int
        As in `Part`.

    Returns
    -------
    Part
        The part.

    Raises
    ------
    ArgumentError
        If there is no such part.
    """
    part = Part(check_integer("part", number), check_integer("of", of))
    if not 1 <= part.number <= part.of <= _MOST:
        raise ArgumentError(f"part must be from 1/N to N/N, with N at most {_MOST:,}; got {part}")
    return part


def parts_of(of: int) -> list[Part]:
    """List all parts of a build that is made in so many."""
    return [Part(number, of) for number in range(1, of + 1)]


def parts_among(names: Iterable[str]) -> list[Part]:
    """List the parts that have journals among the names of files.

    Returns
    -------
    list of Part
        In order.
    """
    found = [_JOURNAL.fullmatch(name) for name in names if is_journal_part(name)]
    return sorted({Part(int(name[1]), int(name[2])) for name in found if name})


@contextmanager
def hold(folder: Path, part: Part) -> Iterator[BinaryIO]:
    """Hold a part against other processes, on this machine and on others, by the lock of its journal.

    Parameters
    ----------
    folder : Path
        The dataset folder.
    part : Part
        The part.

    Yields
    ------
    binary file
        The journal, open for reading and writing, without a buffer.

    Raises
    ------
    LockedError
        At once, if another process holds it.
    OSError
        If the journal is no plain file; no link is followed.
    """
    path = folder / part.journal
    descriptor = os.open(
        path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0), 0o666
    )
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        if try_lock(descriptor) is False:
            raise LockedError(f"{folder}: part {part} is being built; wait for it")
        yield file


@contextmanager
def hold_all(folder: Path) -> Iterator[None]:
    """Hold all parts that have a journal in a folder, as `hold` does.

    Raises
    ------
    LockedError
        If another process builds one of them.
    """
    with contextlib.ExitStack() as stack:
        for part in parts_among(path.name for path in folder.iterdir()):
            stack.enter_context(hold(folder, part))
        yield
