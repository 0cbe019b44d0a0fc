"""Training data without a disk: the images that a build of a configuration has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from digitgen.checks import AnyPath, check_integer, check_path, check_say, choose, plain_tree
from digitgen.compose.batch import Batch
from digitgen.compose.batches import endless_batches
from digitgen.compose.recipe import Recipe
from digitgen.errors import ArgumentError
from digitgen.messages import Say, shown

if TYPE_CHECKING:  # they load pydantic, which the import of `stream` is to leave alone
    from digitgen.config.build_config import BuildConfig

MOST_SHARES: Final = 2**20
"""Shares of a stream are fewer than that."""


def stream(
    config: "BuildConfig | AnyPath | Mapping[str, Any]",
    split: str = "train",
    *,
    batch_size: int = 256,
    first: int = 0,
    shard: tuple[int, int] | None = None,
    data_dir: AnyPath | None = None,
    say: Say = lambda _: None,
) -> Iterator[Batch]:
    """Generate the images of a configuration without end, for training without a disk.

    Image i is the one that `build_dataset` writes as image i of that split: of its own glyphs, strings and
    augmentation, with the same labels. It is the same for any batch size and shard, and goes on past the split's count.

    Parameters
    ----------
    config : BuildConfig, str, path-like or dict
        The configuration from `load_config`, or what that takes: a YAML file, or what a file would say.
    split : str, default "train"
        Name of one of its splits.
    batch_size : int, default 256
        Number of images in each batch.
    first : int, default 0
        How many images of the stream to leave out: to continue where an earlier one stopped, as many as it gave.
        Without `shard`, that is the index of the first image.
    shard : (int, int), optional
        k and n: a share of the images, those of every n-th chunk of 1,024, beginning with chunk k, counted from 0, in
        their order. The n streams with k from 0 to n - 1 have every image once, and none makes what another has.
    data_dir : str or path-like, optional
        A folder to look in first for the files of published sources.
    say : callable, optional
        Takes a line of text for each thing that the user should know.

    Returns
    -------
    iterator of Batch
        Without end, `batch_size` images each. They may be written to: a batch shares no memory with another, and
        nothing is written there again. Small batches are parts of a block of up to about 1,024 images, which stays in
        memory as long as one of them does.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type or range, or there is no such split; raised at the call.
    ConfigError
        If the configuration cannot be read, or cannot work with the glyphs that it names; raised at the call.
    SourceError
        If the glyphs cannot be had; raised at the call.

    Examples
    --------
    >>> batches = stream("configs/quickstart.yaml", "test", batch_size=32)
    >>> next(batches).images.shape
    (32, 28, 168)
    """
    batch_size = check_batch_size(batch_size)
    turns = (0, 1) if shard is None else check_shard(shard)
    first = check_first(first, turns[1])
    return open_stream(config, split, data_dir, say).batches(batch_size=batch_size, first=first, shard=turns)


@dataclass(frozen=True, eq=False)
class OpenStream:
    """A split of a configuration with its glyphs in memory, to take batches from.

    Attributes
    ----------
    recipe : Recipe
        The recipe of its images.
    seed : int
        Seed of the configuration.
    address : str
        Name that addresses the random numbers of the split.
    count : int
        Number of images that a build of it has.
    """

    recipe: Recipe
    seed: int
    address: str
    count: int

    def batches(
        self, *, batch_size: int, first: int, shard: tuple[int, int], worker: tuple[int, int] = (0, 1)
    ) -> Iterator[Batch]:
        """Generate its images without end.

        Parameters
        ----------
        batch_size, first, shard, worker
            As in `endless_batches`.

        Returns
        -------
        iterator of Batch
            Begins anew with every call.
        """
        return endless_batches(
            self.recipe, self.seed, self.address, batch_size=batch_size, first=first, shard=shard, worker=worker
        )


def open_stream(
    config: "BuildConfig | AnyPath | Mapping[str, Any]", split: str, data_dir: AnyPath | None, say: Say
) -> OpenStream:
    """Check the arguments of a stream that say what is in it, and load its glyphs.

    Parameters
    ----------
    config, split, data_dir, say
        As in `stream`.

    Returns
    -------
    OpenStream
        The split. It can be pickled.
    """
    from digitgen.build.splits import load_splits

    folder = None if data_dir is None else check_path("data_dir", data_dir)
    say = check_say(say)
    checked = checked_config(config)
    split = choose("split", split, checked.splits)
    # All splits are loaded, because two that share glyphs are refused, as they are by a build.
    recipe = load_splits(checked, folder, say)[split].recipe
    return OpenStream(recipe, checked.seed, checked.address_name(split), checked.splits[split].count)


def check_batch_size(value: object) -> int:
    """Refuse what is no number of images for a batch."""
    return check_integer("batch_size", value, least=1, below=2**24)


def check_first(value: object, turns: int = 1) -> int:
    """Refuse what is no number of images to leave out of a share.

    Parameters
    ----------
    value : object
        The value that came.
    turns : int, default 1
        Number of shares.

    Returns
    -------
    int
        The number.
    """
    return check_integer("first", value, least=0, below=2**40 // turns)


def checked_config(config: object) -> "BuildConfig":
    """Check a configuration that a caller gives, or says where to find."""
    from digitgen.config.build_config import BuildConfig
    from digitgen.config.load import load_config

    if isinstance(config, BuildConfig):
        return config
    given: Path | Mapping[str, Any] = config if isinstance(config, Mapping) else check_path("config", config)
    return load_config(given)


def check_shard(shard: object) -> tuple[int, int]:
    """Refuse what is no share of several.

    Parameters
    ----------
    shard : object
        The value that came.

    Returns
    -------
    (int, int)
        k and n, k from 0 to n - 1.

    Raises
    ------
    ArgumentError
        If it is anything else.
    """
    given = plain_tree(shard)
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise ArgumentError(f"shard must be (k, n), two integers; got {shown(shard)}")
    turns = check_integer("n of shard", given[1], least=1, below=MOST_SHARES)
    return check_integer("k of shard", given[0], least=0, below=turns), turns
