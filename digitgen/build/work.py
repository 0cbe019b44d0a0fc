"""The work of a build: what there is to make, from what, and where."""

import contextlib
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from digitgen.build.executor import Handle
from digitgen.build.identity import Identity, identity_of
from digitgen.build.places import Place
from digitgen.build.preflight import describe_laws, forecast_split
from digitgen.build.shards import ShardOrder, ShardTask
from digitgen.build.splits import Split, load_splits
from digitgen.compose.recipe import Recipe
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.shard_writer import arrays_size
from digitgen.errors import ArgumentError, BuildError
from digitgen.messages import Say, shown

if TYPE_CHECKING:  # it loads fsspec
    from digitgen.dataset.stores.remote import RemoteStore

UNSYNCED: Final = 2
"""Finished shards, for each worker, that may wait for the disk or the store."""
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Work:
    """The work of a build: what to make, and where.

    Attributes
    ----------
    config : BuildConfig
        The configuration.
    splits : dict of str to Split
        Their glyphs and recipes.
    tasks : list of ShardTask
        All shards, in order.
    out : Place
        Where it is built.
    fsync : bool
        As in `build_dataset`.
    bytes_per_image : float
        Without compression.
    owner : str
        Begins the names of temporary files.
    """

    config: BuildConfig
    splits: dict[str, Split]
    tasks: list[ShardTask]
    out: Place
    fsync: bool
    bytes_per_image: float
    owner: str = ""

    @cached_property
    def identity(self) -> Identity:
        """Everything that decides a byte."""
        return identity_of(self.config, {name: split.source for name, split in self.splits.items()})

    def orders(
        self, tasks: list[ShardTask], recipes: dict[str, Handle[Recipe]], folder: Path, store: "RemoteStore | None"
    ) -> Iterator[ShardOrder]:
        """Make the orders of some shards, for workers.

        Parameters
        ----------
        tasks : list of ShardTask
            The shards.
        recipes : dict of str to Handle
            The recipe of each split.
        folder : Path
            The folder in which they are made, an absolute path.
        store : RemoteStore or None
            Where workers put them themselves.

        Yields
        ------
        ShardOrder
            The order of a shard.
        """
        config, place = self.config, str(self.out)
        for task in tasks:
            yield ShardOrder(
                task,
                recipes[task.split],
                config.seed,
                config.address_name(task.split),
                config.output.compression,
                folder,
                place,
                self.owner,
                store,
            )

    def needed(self, tasks: list[ShardTask]) -> int:
        """Compute the bytes of some shards without compression."""
        return round(sum(task.count for task in tasks) * self.bytes_per_image)

    def check_room(self, tasks: list[ShardTask], workers: int) -> None:
        """Refuse a build that the disk cannot hold; how small images compress is known only afterwards.

        Parameters
        ----------
        tasks : list of ShardTask
            The shards.
        workers : int
            Number of workers, each of which makes some before they are committed.
        """
        if self.config.output.compression == "none":
            largest = max((task.count for task in tasks), default=0)
            at_a_time = (1 + UNSYNCED) * workers + self.out.lanes
            self.out.check_room(self.needed(tasks), round(largest * self.bytes_per_image) * at_a_time)

    def explain(self, error: OSError) -> str:
        """Say in one line what went wrong with the files."""
        line = f"{error.filename or self.out}: {error.strerror or error}"
        if error.errno not in _FULL:
            return line
        there: set[str] = set()
        with contextlib.suppress(OSError):
            there = {name for split in self.splits for name in self.out.store.list(split)}
        missing = [task for task in self.tasks if task.file not in there]
        most = "" if self.config.output.compression == "none" else "less than "
        return f"{line}; {most}{self.needed(missing):,} bytes are still needed, and finished shards are kept"


def check_build_config(config: object) -> None:
    """Refuse what is no configuration.

    Raises
    ------
    ArgumentError
        If it is something else.
    """
    if not isinstance(config, BuildConfig):
        raise ArgumentError(f"config must be what digitgen.load_config() returns; got {shown(config)}")


def prepare(
    config: BuildConfig,
    tasks: list[ShardTask],
    out: Place,
    data_dir: Path | None,
    *,
    fsync: bool,
    say: Say,
    owner: str = "",
) -> Work:
    """Load everything that a build needs, and tell the user what to know of it.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    tasks : list of ShardTask
        The shards to make, in order.
    out, data_dir, fsync, say
        As in `build_dataset`.
    owner : str, optional
        Begins the names of temporary files.

    Returns
    -------
    Work
        The work.

    Raises
    ------
    ConfigError, SourceError
        As `load_splits` does.
    BuildError
        If the layout of a shard cannot be tried.
    """
    splits = load_splits(config, data_dir, say)
    try:
        plans = [forecast_split(config, name, split) for name, split in splits.items()]
    except OSError as error:
        size = max(
            arrays_size(min(config.output.shard_size, config.splits[name].count), split.recipe.spec)
            for name, split in splits.items()
        )
        needed = f"; files of {size:,} bytes are still needed" if error.errno in _FULL else ""
        # A limit to the size of files holds in the dataset as it does where the layout was tried.
        where = out if error.errno == errno.EFBIG else error.filename or out
        raise BuildError(f"{where}: {error.strerror or error}{needed}") from error
    for line in (*describe_laws(plans), *map(str, config.cautions())):
        say(line)
    bytes_per_image = sum(plan.bytes for plan in plans) / sum(plan.count for plan in plans)
    return Work(config, splits, tasks, out, fsync, bytes_per_image, owner)
