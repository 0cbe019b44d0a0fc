"""The interface of a format: it writes one part of an export, and finishes it once all parts are there."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from digitgen.arrays import Arrays
from digitgen.dataset.manifest import Manifest
from digitgen.export.columns import Column, columns_of, united


@dataclass(frozen=True)
class Part:
    """A part of an export: the images of one shard.

    Attributes
    ----------
    file : str
        Name of the shard in the dataset.
    split : str
        Its split.
    index : int
        Its place in the split, from 0.
    of : int
        How many shards the split has.
    first : int
        Index of its first image in the split.
    count : int
        Number of its images.
    """

    file: str
    split: str
    index: int
    of: int
    first: int
    count: int


@dataclass(frozen=True)
class Plan:
    """The plan of an export: of what, into what, and where to.

    Attributes
    ----------
    manifest : Manifest
        The manifest of the dataset.
    splits : tuple of str
        The splits to export, in order.
    images : bool
        Whether images are exported.
    out : Path
        The folder of the export.
    pieces : Path
        A folder in it, for what `Exporter.finish` needs of the parts; it is gone in the end.
    fsync : bool
        Whether files are to be on the disk before they get their names.
    """

    manifest: Manifest
    splits: tuple[str, ...]
    images: bool
    out: Path
    pieces: Path
    fsync: bool

    @property
    def alphabet(self) -> str:
        """The character of each class."""
        return self.manifest.alphabet

    @property
    def parts(self) -> list[Part]:
        """The parts, in order."""
        return [
            Part(shard.file, name, index, len(self.manifest.splits[name].shards), shard.first, shard.count)
            for name in self.splits
            for index, shard in enumerate(self.manifest.splits[name].shards)
        ]

    @property
    def first(self) -> str:
        """The split to show an example with: train, if it is there."""
        return "train" if "train" in self.splits else self.splits[0]

    def columns(self, split: str) -> list[Column]:
        """List the columns of one split."""
        return columns_of(self.manifest.splits[split].spec, images=self.images)

    @property
    def all_columns(self) -> list[Column]:
        """The columns of all splits together, so that all have the same; some may be empty in some splits."""
        return united(map(self.columns, self.splits))

    def count(self, split: str) -> int:
        """Count the images of a split."""
        return self.manifest.splits[split].count


class Exporter(ABC):
    """The writer of a format.

    Parameters
    ----------
    plan : Plan
        What is exported.
    """

    allows_no_images: ClassVar[bool] = False
    """Whether an export without images makes sense."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @abstractmethod
    def write(self, part: Part, blocks: Iterator[Arrays], folder: Path) -> None:
        """Write one part.

        Parameters
        ----------
        part : Part
            The part.
        blocks : iterator of dict
            Its arrays, some hundred images at a time.
        folder : Path
            An empty folder. All that stands in it in the end moves to the same place in the folder of the export.
        """

    def finish(self, folder: Path) -> None:  # noqa: B027
        """Write what can be written only once all parts are there.

        Parameters
        ----------
        folder : Path
            An empty folder, as for `write`.
        """

    @property
    def in_place(self) -> tuple[str, ...]:
        """Names of files that `write` and `finish` write where they are to stay; none by default."""
        return ()

    @property
    @abstractmethod
    def loading(self) -> str:
        """Python code that reads the export, for its card."""

    @property
    @abstractmethod
    def layout(self) -> str:
        """Markdown for its card that says what the files are and hold."""

    @property
    def front_matter(self) -> str:
        """Lines of YAML by which the library `datasets` finds splits and columns, for the card; none by default."""
        return ""
