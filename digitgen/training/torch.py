"""Datasets for PyTorch's DataLoader, and what goes with them; the extra `torch` installs PyTorch."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from digitgen.build.stream import MOST_SHARES, check_batch_size, check_first, checked_config, open_stream
from digitgen.checks import AnyPath, check_flag, check_integer, plain_tree
from digitgen.compose.batch import Batch
from digitgen.errors import ArgumentError
from digitgen.extras import installed
from digitgen.format import CHUNK
from digitgen.messages import Say, shown, with_type
from digitgen.training.tensors import collate

with installed("torch"):
    from torch import distributed
    from torch.utils.data import IterableDataset, get_worker_info

if TYPE_CHECKING:
    from digitgen.config.build_config import BuildConfig

__all__ = ["StreamDataset", "collate"]


class StreamDataset(IterableDataset):
    """The images of a split, generated in the workers of a DataLoader; nothing is read from a disk.

    It yields batches, so the DataLoader is to make none: ``DataLoader(dataset, batch_size=None, collate_fn=collate)``.
    A pass has the images that a build of the split has, each once. They come in its order, for any number of workers,
    which find out by themselves what is theirs.

    Ranks of ``torch.distributed`` share the images by chunks of 1,024: rank r of R has every R-th chunk, beginning with
    chunk r, as `digitgen.stream` with ``shard=(r, R)`` has them. The process group may be made later than the dataset,
    but before its first pass.

    Parameters
    ----------
    config : BuildConfig, str, path-like or dict
        The configuration from `load_config`, or what that takes: a YAML file, or what a file would say.
    split : str, default "train"
        Name of one of its splits.
    batch_size : int, default 256
        Number of images in each batch.
    endless : bool, default False
        Go on past the split's count without end: then no image comes twice, as long as the pass lasts.
    first : int, default 0
        How many images each rank leaves out at the beginning: to continue where it stopped, as many as it had.
    drop_last : bool, default False
        End the pass where one of the ranks has no full batch any more, so that all give as many, of equal size; at
        least one, or the pass is refused.
        Otherwise the last batch of a rank may be smaller, and one may give some batches more than another.
    rank, world : int, optional
        This process's rank and the number of ranks, to have in place of those of ``torch.distributed``; both or none.
    data_dir : str or path-like, optional
        A folder to look in first for the files of published sources.
    say : callable, optional
        Takes a line of text for each thing that the user should know.

    Yields
    ------
    dict of str to ndarray
        The arrays of a batch, as ``Batch.arrays`` names them. A DataLoader turns them into tensors.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type or range, or there is no such split.
    ConfigError
        If the configuration cannot be read, or cannot work with the glyphs that it names.
    SourceError
        If the glyphs cannot be had.
    """

    def __init__(
        self,
        config: "BuildConfig | AnyPath | Mapping[str, Any]",
        split: str = "train",
        *,
        batch_size: int = 256,
        endless: bool = False,
        first: int = 0,
        drop_last: bool = False,
        rank: int | None = None,
        world: int | None = None,
        data_dir: AnyPath | None = None,
        say: Say = lambda _: None,
    ) -> None:
        self._batch_size = check_batch_size(batch_size)
        self._endless, self._drop_last = check_flag("endless", endless), check_flag("drop_last", drop_last)
        self._given_rank = _check_rank(rank, world)
        self._first = check_first(first, self._given_rank[1] if self._given_rank else 1)
        checked = checked_config(config)
        self._stream = open_stream(checked, split, data_dir, say)
        self._of = {"config": _fingerprint(checked), "split": str(split)}
        self._begun = False
        self._given = self._resume = 0  # batches of this worker: given, and to leave out in the next pass
        self._resume_place: dict[str, Any] = {}

    @property
    def alphabet(self) -> str:
        """The character of each class."""
        return self._stream.recipe.content.alphabet

    def __len__(self) -> int:
        """Number of batches that a pass of this rank has, all workers together.

        Raises
        ------
        TypeError
            If it is endless, as PyTorch expects it of what has no length.
        """
        if self._endless:
            raise TypeError("an endless StreamDataset has no length")
        return self._batches(*self._rank())

    def __iter__(self) -> Iterator[dict[str, NDArray[Any]]]:
        if self._resume and self._resume_place != self._place():
            raise ArgumentError(
                "the state that was loaded is not of this worker or rank; give it to the load_state_dict of a "
                "StatefulDataLoader, whose workers take what is theirs"
            )
        self._begun = True
        self._given, self._resume = self._resume, 0
        return self._pass(self._given)

    def state_dict(self) -> dict[str, Any]:
        """Say where the pass stands, for `load_state_dict`.

        A `StatefulDataLoader` of torchdata calls it in each worker. The state is the same for all ranks.

        Returns
        -------
        dict
            Strings and integers.

        Raises
        ------
        ArgumentError
            If nothing in this process has begun a pass: where a DataLoader has workers, they know how far they are.
        """
        if not self._begun:
            raise ArgumentError(
                "no pass has begun in this process, so there is no state; if a DataLoader's workers have begun one, "
                "take the state from torchdata.stateful_dataloader.StatefulDataLoader"
            )
        return {**self._place(), "batches": self._given}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Have the next pass begin behind the batches that were given when a state was saved.

        Parameters
        ----------
        state : dict
            From `state_dict` of a dataset with the same arguments, in the same worker of as many workers and ranks. The
            next pass is to run there too, or it is refused: the workers of a plain DataLoader would begin elsewhere.

        Raises
        ------
        ArgumentError
            If it is anything else.
        """
        place = self._place()
        if not isinstance(state, Mapping) or state.keys() != {*place, "batches"}:
            raise ArgumentError(f"the state must be from state_dict of a StreamDataset; got {shown(state)}")
        if wrong := [name for name, value in place.items() if plain_tree(state[name]) != value]:
            name = wrong[0]
            raise ArgumentError(
                f"the state is of another stream: its {name} is {shown(state[name])}, and here {shown(place[name])}"
            )
        batches = check_integer("batches of the state", state["batches"], least=0)
        self._resume, self._given, self._begun = batches, batches, True
        self._resume_place = place

    def __getstate__(self) -> dict[str, Any]:
        """Take along the rank to a worker that is started anew, for that belongs to no process group."""
        return self.__dict__ | {"_given_rank": self._rank() if _is_grouped() else self._given_rank}

    def _pass(self, given: int) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield the batches of this worker, but for those that were given."""
        (rank, world), (worker, workers) = self._rank(), _worker()
        before = given * workers  # batches of the rank
        batches = self._stream.batches(
            batch_size=self._batch_size,
            first=self._first + before * self._batch_size,
            shard=(rank, world),
            worker=(worker, workers),
        )
        if not self._endless:
            left = range(before + worker, self._batches(rank, world), workers)
            images = self._images(rank, world)
            batches = (
                _beginning(batch, images - number * self._batch_size)
                for number, batch in zip(left, islice(batches, len(left)), strict=True)
            )
        for number, batch in enumerate(batches, given + 1):
            self._given = number
            yield batch.arrays()

    def _batches(self, rank: int, world: int) -> int:
        """Number of batches of a pass of a rank; without any, training would seem to work, and teach nothing."""
        if self._drop_last:
            batches = min(self._images(each, world) for each in range(world)) // self._batch_size
            if not batches and not self._first:
                raise ArgumentError(
                    f"{self._stream.count:,} images are too few for a full batch of {self._batch_size:,} in each of "
                    f"{world} parts, which are of whole chunks of {CHUNK:,}; use endless=True, or no drop_last"
                )
            return batches
        return -(-self._images(rank, world) // self._batch_size)

    def _images(self, rank: int, world: int) -> int:
        """Number of images of a pass of a rank: of its chunks, the last of which may be cut off."""
        chunks, rest = divmod(self._stream.count, CHUNK)
        own = len(range(rank, chunks, world)) * CHUNK + (rest if chunks % world == rank else 0)
        return max(own - self._first, 0)

    def _rank(self) -> tuple[int, int]:
        """The rank and the number of ranks: as given, or of the process group, which forks inherit."""
        if self._given_rank:
            return self._given_rank
        return (distributed.get_rank(), distributed.get_world_size()) if _is_grouped() else (0, 1)

    def _place(self) -> dict[str, Any]:
        """List the facts that a state must share. Ranks stand at the same batch, so it is not said which this is."""
        worker, workers = _worker()
        return {
            **self._of,
            "batch_size": self._batch_size,
            "first": self._first,
            "ranks": self._rank()[1],
            "workers": workers,
            "worker": worker,
        }


def _is_grouped() -> bool:
    """Whether this process belongs to a process group."""
    return bool(distributed.is_available() and distributed.is_initialized())


def _worker() -> tuple[int, int]:
    """Number of this worker of a DataLoader, and how many there are; (0, 1) outside."""
    info = get_worker_info()
    return (info.id, info.num_workers) if info else (0, 1)


def _beginning(batch: Batch, count: int) -> Batch:
    """The first images of a batch, or all if it has no more."""
    return batch[:count] if count < len(batch) else batch


def _fingerprint(config: "BuildConfig") -> str:
    """A hash of the whole configuration."""
    text = json.dumps([config.resolved(), config.string_hashes], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_rank(rank: object, world: object) -> tuple[int, int] | None:
    """Refuse a rank that is not one of the world."""
    if rank is None and world is None:
        return None
    if rank is None or world is None:
        missing = "rank" if rank is None else "world"
        raise ArgumentError(f"rank and world must be given together, or neither; {missing} is missing")
    ranks = check_integer("world", world, least=1, below=MOST_SHARES)
    if not 0 <= (own := check_integer("rank", rank)) < ranks:
        raise ArgumentError(f"rank must be from 0 to world - 1; got rank {own} and world {with_type(ranks)}")
    return own, ranks
