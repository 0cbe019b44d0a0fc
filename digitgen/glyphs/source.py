"""The description of a published source of digits, and the most common way to get its files.

A new source is one `Source`: in a module here with a line in the table of `sources`, or in a package of its own
behind an entry point of `digitgen.sources`. One place looks for files, fetches, verifies and keeps them for all
sources.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

from digitgen.alphabet import DIGITS, no_characters
from digitgen.errors import ArgumentError, SourceError
from digitgen.glyphs import download
from digitgen.glyphs.idx import idx_sha256, read_idx
from digitgen.messages import Say

Way = Callable[[Sequence[str], Say, bool], Iterator[tuple[str, NDArray[Any]]]]
"""A way to get files: takes the names of those that are missing, what tells the user a line, and whether to show
progress bars. Yields name and array of each file that it finds, and raises SourceError where it leads nowhere. It
need not verify anything: no file is kept or read before its sha256 is the one in the entry."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class SourceFile:
    """One file that digits come from.

    Attributes
    ----------
    name : str
        Its name, without folders.
    sha256 : str
        The sha256 of its uncompressed bytes, in hexadecimal.
    """

    name: str
    sha256: str


class Published(ABC):
    """Files that somebody published together, and the ways to get them; the base of `Source` and `Writers`.

    Attributes
    ----------
    name : str
        Name of their folder in the cache.
    title : str
        Name for people.
    ways : tuple of Way
        Ways to get the files, in the order in which to try them.
    """

    name: str
    title: str
    ways: tuple[Way, ...]

    @property
    @abstractmethod
    def files(self) -> Iterable[SourceFile]:
        """The files of all parts."""

    def check_names(self, parts: Iterable[str]) -> None:
        """Refuse names that cannot be those of folders, parts and files.

        Raises
        ------
        ArgumentError
            If a name cannot be one.
        """
        for name in (self.name, *parts):
            if not _NAME.fullmatch(name):
                raise ArgumentError(f"sources and parts are named by a-z, 0-9, '-' and '_'; got {name!r}")
        for name in self.sha256:
            if not _FILE.fullmatch(name):
                raise ArgumentError(f"{self.name}: files are named without folders; got {name!r}")

    @property
    def sha256(self) -> dict[str, str]:
        """The sha256 of the uncompressed bytes of each file of any part, by name."""
        return {file.name: file.sha256 for file in self.files}

    def check(self, name: str, array: NDArray[Any], where: str) -> None:
        """Refuse an array that is not one of its published files.

        Parameters
        ----------
        name : str
            Name of the file.
        array : ndarray
            Contents of the file.
        where : str
            Name of the array in errors.

        Raises
        ------
        SourceError
            If its sha256 is another.
        """
        found, expected = idx_sha256(array), self.sha256[name]
        if found != expected:
            raise SourceError(
                f"{where} is not {self.title}'s {name}: the sha256 of its uncompressed bytes is {found}, "
                f"expected {expected}"
            )


@dataclass(frozen=True)
class Writers(Published):
    """Published files that say who wrote the digits of a source.

    Attributes
    ----------
    name : str
        Name of their folder in the cache.
    title : str
        Name for people.
    parts : dict of str to SourceFile
        For each part of the source, by its name there, the IDX file that `as_writers` reads.
    licence : str
        Name of the licence for people.
    citation : str
        Authors, title, place and year of publication.
    ways : tuple of Way
        Ways to get the files, in the order in which to try them.

    Raises
    ------
    ArgumentError
        If a name cannot be one.
    """

    name: str
    title: str
    parts: Mapping[str, SourceFile]
    licence: str
    citation: str
    ways: tuple[Way, ...]

    def __post_init__(self) -> None:
        self.check_names(self.parts)

    @property
    def files(self) -> list[SourceFile]:
        """The files of all parts."""
        return list(self.parts.values())


@dataclass(frozen=True)
class Source(Published):
    """A published source of handwritten digits.

    Attributes
    ----------
    name : str
        Name in configurations, and of its folder in the cache.
    title : str
        Name for people.
    parts : dict of str to (SourceFile, SourceFile)
        For each part, such as ``"train"``, its IDX files: (G, 28, 28) uint8 images, 0 background to 255 ink, and
        (G,) uint8 labels. Configurations call a part ``NAME/PART``.
    licence : str
        Name of the licence for people.
    licence_id : str
        Name of the licence for dataset hubs; ``"other"`` where they have none.
    citation : str
        Authors, title, place and year of publication.
    ways : tuple of Way
        Ways to get the files, in the order in which to try them.
    transposed : bool, default False
        Whether its images are stored with rows and columns exchanged, as EMNIST's are.
    characters : str, default "0123456789"
        The character that each label stands for; no other label may occur, and several may stand for one character.
    writers : Writers, optional
        The files that say who wrote its digits.

    Raises
    ------
    ArgumentError
        If a name or a character cannot be one.
    """

    name: str
    title: str
    parts: Mapping[str, tuple[SourceFile, SourceFile]]
    licence: str
    licence_id: str
    citation: str
    ways: tuple[Way, ...]
    transposed: bool = False
    characters: str = DIGITS
    writers: Writers | None = None

    def __post_init__(self) -> None:
        self.check_names(self.parts)
        if problem := no_characters(self.characters):
            raise ArgumentError(f"{self.name}: characters {problem}")

    @property
    def part_names(self) -> list[str]:
        """Names of its parts in configurations."""
        return [f"{self.name}/{part}" for part in self.parts]

    @property
    def files(self) -> list[SourceFile]:
        """The files of all parts."""
        return [file for files in self.parts.values() for file in files]


def mirror(address: str, *, limit: int = 1 << 24) -> Way:
    """Make the way to an address under which gzipped files stand, each under its name with ``.gz``.

    Parameters
    ----------
    address : str
        Address of the folder, ending in a slash.
    limit : int, default 2**24
        Most bytes to accept of a file; the largest gzipped file must fit.

    Returns
    -------
    Way
        Downloads and reads the files that are missing, one by one.
    """

    def way(missing: Sequence[str], say: Say, progress: bool) -> Iterator[tuple[str, NDArray[Any]]]:
        for name in missing:
            url = f"{address}{name}.gz"
            say(f"trying {url}")
            yield name, read_idx(download.http_get(url, limit, progress=progress), url)

    return way
