"""Make a shard: the task of a worker of a build."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from digitgen.build.executor import Handle
from digitgen.compose.batch import Batch
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill
from digitgen.dataset.shard_writer import ShardFacts, write_shard
from digitgen.errors import BuildError
from digitgen.files import temporary_name
from digitgen.format import CHUNK, Compression, shard_file
from digitgen.scratch import scratch_folder, sweep_dead_scratch

if TYPE_CHECKING:  # it loads fsspec
    from digitgen.dataset.stores.remote import RemoteStore


@dataclass(frozen=True, slots=True)
class ShardTask:
    """One shard to make.

    Attributes
    ----------
    split : str
        Name of its split.
    index : int
        Index of the shard in its split, from 0.
    first : int
        Index of its first image in the split.
    count : int
        Number of images.
    """

    split: str
    index: int
    first: int
    count: int

    @property
    def file(self) -> str:
        """The shard's path inside the dataset folder."""
        return shard_file(self.split, self.index)


@dataclass(frozen=True)
class ShardOrder:
    """All that a worker needs to make a shard.

    Attributes
    ----------
    task : ShardTask
        The shard.
    recipe : Handle of Recipe
        The recipe of its images.
    seed : int
        Seed of the build.
    address_name : str
        Name of the split whose random numbers it has.
    compression : {"none", "deflate"}
        Compression of its arrays.
    out : Path
        The folder in which the shard is made, an absolute path.
    place : str
        The place of the dataset, for errors.
    owner : str, optional
        Begins the name of the temporary file.
    store : RemoteStore, optional
        Where the worker itself puts the shard; it then makes it in a scratch folder of its own machine.
    """

    task: ShardTask
    recipe: Handle[Recipe]
    seed: int
    address_name: str
    compression: Compression
    out: Path
    place: str
    owner: str = ""
    store: "RemoteStore | None" = None

    def __str__(self) -> str:
        return f"{self.place}/{self.task.file}"


@dataclass(frozen=True)
class MadeShard:
    """A shard that stands under a temporary name, or was put into a store.

    Attributes
    ----------
    task : ShardTask
        The shard.
    temporary : Path or None
        The file; None if it was put into a store.
    facts : ShardFacts
        Its size and hashes.
    lost_digits : int
        Number of digits that augmentation left without ink inside the image.
    mark : str, optional
        The store's mark of it.
    """

    task: ShardTask
    temporary: Path | None
    facts: ShardFacts
    lost_digits: int
    mark: str | None = None

    def discard(self) -> None:
        """Delete the file, which nobody wants."""
        if self.temporary:
            self.temporary.unlink(missing_ok=True)


def make_shard(order: ShardOrder) -> MadeShard:
    """Make a shard under a temporary name beside its final one, or put it into a store.

    Raises
    ------
    BuildError
        If there is not enough memory.
    """
    try:
        return _make_shard(order) if order.store is None else _put_shard(order, order.store)
    except MemoryError:
        raise BuildError(f"{order}: out of memory while it was made; free some, or take fewer jobs") from None


def _make_shard(order: ShardOrder) -> MadeShard:
    """Do the same where there is enough memory."""
    task, recipe = order.task, order.recipe.get()
    temporary = temporary_name(order.out / task.file, order.owner)
    lost = 0

    def batches() -> Iterator[Batch]:
        nonlocal lost
        for batch in _batches(order, recipe):
            lost += int((batch.boxes[:, :, 2] == 0).sum())
            yield batch

    facts = write_shard(temporary, task.count, recipe.spec, batches(), compression=order.compression)
    return MadeShard(task, temporary, facts, lost)


def _put_shard(order: ShardOrder, store: "RemoteStore") -> MadeShard:
    """Make a shard in a scratch folder of this machine, and put it where it belongs."""
    sweep_dead_scratch()
    with scratch_folder() as name:
        Path(name, order.task.split).mkdir()
        made = _make_shard(replace(order, out=Path(name)))
        assert made.temporary
        mark = store.put(order.task.file, made.temporary.read_bytes())
    return replace(made, temporary=None, mark=mark)


def _batches(order: ShardOrder, recipe: Recipe) -> Iterator[Batch]:
    """Compose the images of a shard chunk by chunk, all in the same memory."""
    task = order.task
    plan_of = planner(recipe, order.seed, order.address_name)
    buffer = recipe.empty_batch(min(CHUNK, task.count))
    for done in range(0, task.count, CHUNK):
        batch = buffer[: min(CHUNK, task.count - done)]
        fill(recipe, plan_of, task.first + done, batch)
        yield batch
