"""Build a dataset folder, so that whatever happens, what stands in it is whole.

Workers each make whole shards under temporary names and send back only what is true of them. This
process has them synced to the disk while the workers make the next, gives them their final names, and
notes them in the journal. The manifest comes last. Whenever that ends early, `resume` goes on from
the journal, and the result has the same bytes as if nothing had happened.
"""

import contextlib
import errno
import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import joblib
from tqdm import tqdm

from digitgen.build.finish import write_log, write_rest
from digitgen.build.folder import check_folder, check_room, clear, keep
from digitgen.build.identity import Identity, identity_of
from digitgen.build.journal import Journal
from digitgen.build.preflight import ShardTask, describe_laws, forecast_split, shard_tasks
from digitgen.build.splits import Split, load_splits
from digitgen.build.workers import Shared, run, shared
from digitgen.checks import check_integer
from digitgen.compose.batch import Batch
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.manifest import MANIFEST_NAME, Manifest, ShardEntry
from digitgen.dataset.shard_writer import arrays_size, write_shard
from digitgen.errors import ArgumentError, BuildError
from digitgen.files import commit, locked, sweep, temporary_name
from digitgen.format import CHUNK, Compression
from digitgen.messages import Say

_UNSYNCED: Final = 2  # finished shards, for each job, that may wait for the disk
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def build_dataset(
    config: BuildConfig,
    out: Path | str,
    *,
    jobs: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
    data_dir: Path | None = None,
    fsync: bool = True,
    progress: bool = False,
    say: Say = lambda _: None,
) -> Manifest:
    """Build a dataset.

    Parameters
    ----------
    config : BuildConfig
        From `load_config`.
    out : Path or str
        The dataset folder; must not exist or be empty, but for `resume` and `overwrite`.
    jobs : int, optional
        Worker processes; as many as there are processors by default. The result is the same for any.
    resume : bool, default False
        Go on with a build that was interrupted, or repair a dataset: shards whose hash is right are
        kept, the others are made.
    overwrite : bool, default False
        Delete the dataset that is there, finished or not, and start again.
    data_dir : Path, optional
        A folder to look in first for the files of published sources.
    fsync : bool, default True
        Have every file on the disk before it gets its name. Only benchmarks have a reason not to.
    progress : bool, default False
        Show a progress bar on stderr.
    say : callable, optional
        Told in a line each what the user should know.

    Returns
    -------
    Manifest
        As written to the folder.

    Raises
    ------
    ConfigError
        If the configuration cannot work with the glyphs that it names, or is not that of the build
        to be resumed.
    SourceError
        If the glyphs cannot be had.
    DatasetError
        If something stands in the way at `out`.
    LockedError
        If another process is building there.
    BuildError
        If the disk has no room, writing fails, or a worker dies again and again.
    """
    out = Path(out)
    jobs = _check_jobs(jobs)
    if resume and overwrite:
        raise ArgumentError("resume and overwrite exclude each other: go on, or start again?")
    with locked(out) if out.is_dir() else contextlib.nullcontext():
        check_folder(out, allowed=resume or overwrite)
    splits = load_splits(config, data_dir, say)
    try:
        plans = [forecast_split(config, name, split.recipe) for name, split in splits.items()]
    except OSError as error:
        size = max(
            arrays_size(min(config.output.shard_size, config.splits[name].count), split.recipe.spec)
            for name, split in splits.items()
        )
        raise BuildError(f"{out}: {error.strerror}; files of {size:,} bytes are still needed") from error
    for line in (*describe_laws(plans), *config.cautions()):
        say(line)
    work = _Work(config, splits, out, fsync, sum(plan.bytes for plan in plans) / sum(plan.count for plan in plans))
    try:
        if not out.exists():
            work.check_room(work.tasks)
        out.mkdir(parents=True, exist_ok=True)
        with locked(out):
            before = check_folder(out, allowed=resume or overwrite)
            if overwrite:
                clear(out, before, work.identity, work.tasks)
                before = None
            kept = keep(out, before, work.identity, work.tasks, progress=progress)
            if resume:
                say(f"{out}: {len(kept.entries)} of {len(work.tasks)} shards are there and whole")
            if kept.manifest:
                return kept.manifest
            return _build(work, kept.entries, jobs, progress)
    except OSError as error:
        raise BuildError(work.explain(error)) from error


@dataclass(frozen=True)
class _Work:
    """What a build is to make, and where.

    Attributes
    ----------
    config, splits, out, fsync
        As in `build_dataset`.
    bytes_per_image : float
        Without compression.
    """

    config: BuildConfig
    splits: dict[str, Split]
    out: Path
    fsync: bool
    bytes_per_image: float

    @cached_property
    def tasks(self) -> list[ShardTask]:
        """All shards, in order."""
        return [task for name in self.splits for task in shard_tasks(self.config, name)]

    @property
    def identity(self) -> Identity:
        """What decides every byte."""
        return identity_of(self.config, {name: split.source for name, split in self.splits.items()})

    def shards(self, tasks: list[ShardTask], recipes: dict[str, Shared[Recipe]]) -> "list[_Shard]":
        """What workers need to make some shards."""
        config = self.config
        out = self.out.absolute()  # a worker that runs since earlier may have another current directory
        return [
            _Shard(
                recipes[task.split], config.seed, config.address_name(task.split), config.output.compression, out, task
            )
            for task in tasks
        ]

    def needed(self, tasks: list[ShardTask]) -> int:
        """Bytes of some shards without compression."""
        return round(sum(task.count for task in tasks) * self.bytes_per_image)

    def check_room(self, tasks: list[ShardTask]) -> None:
        """Refuse to start what the disk cannot hold; how small images compress is known only afterwards."""
        if self.config.output.compression == "none":
            check_room(self.out, self.needed(tasks))

    def explain(self, error: OSError) -> str:
        """Say in one line what went wrong with the files."""
        line = f"{error.filename or self.out}: {error.strerror or error}"
        if error.errno not in _FULL:
            return line
        missing = [task for task in self.tasks if not (self.out / task.file).exists()]
        most = "" if self.config.output.compression == "none" else "less than "
        return f"{line}; {most}{self.needed(missing):,} bytes are still needed, and finished shards are kept"


def _build(work: _Work, kept: dict[str, ShardEntry], jobs: int, progress: bool) -> Manifest:
    """Make the shards that are missing, then what describes them; the folder is locked."""
    missing = [task for task in work.tasks if task.file not in kept]
    work.check_room(missing)
    entries = dict(kept)
    # From here the folder is no finished dataset, until its manifest is written again.
    (work.out / MANIFEST_NAME).unlink(missing_ok=True)
    with Journal(work.out, work.identity, list(kept.values())) as journal:
        for name in work.splits:
            (work.out / name).mkdir(exist_ok=True)
        started, clock = datetime.now(UTC), time.perf_counter()
        # Closed by us, because a traceback would keep it, and with it the workers, alive.
        with contextlib.closing(_make_shards(work, missing, jobs, journal, progress)) as finished:
            entries.update({entry.file: entry for entry in finished})
        seconds = time.perf_counter() - clock
    write_log(work.out, started, seconds, sum(task.count for task in missing), jobs)
    ordered = [entries[task.file] for task in work.tasks]
    return write_rest(work.out, work.config, work.identity, work.splits, ordered, fsync=work.fsync)


def _make_shards(
    work: _Work, tasks: list[ShardTask], jobs: int, journal: Journal, progress: bool
) -> Generator[ShardEntry, None, None]:
    """Make shards, and yield the entry of each once it stands under its final name."""
    waiting: deque[Future[ShardEntry]] = deque()
    with tqdm(total=sum(task.count for task in tasks), unit=" images", unit_scale=True, disable=not progress) as bar:

        def finish(entry: ShardEntry, temporary: Path) -> ShardEntry:
            commit(temporary, work.out / entry.file, fsync=work.fsync)
            journal.add(entry)
            return entry

        def settled() -> ShardEntry:
            entry = waiting.popleft().result()
            bar.update(entry.count)
            return entry

        disk = ThreadPoolExecutor(1)
        try:
            recipes = {name: split.recipe for name, split in work.splits.items()}
            jobs = min(jobs, len(tasks))
            with (
                shared(recipes, work.out.absolute(), jobs) as handles,
                contextlib.closing(run(_make_shard, work.shards(tasks, handles), jobs)) as made,
            ):
                for entry, temporary in made:
                    # Waiting for the disk takes no processor: the workers go on meanwhile.
                    waiting.append(disk.submit(finish, entry, temporary))
                    while waiting and (waiting[0].done() or len(waiting) > _UNSYNCED * jobs):
                        yield settled()
            while waiting:
                yield settled()
        finally:
            disk.shutdown(cancel_futures=True)
            sweep(work.out)


@dataclass(frozen=True)
class _Shard:
    """All that a worker needs to make a shard."""

    recipe: Shared[Recipe]
    seed: int
    address_name: str
    compression: Compression
    out: Path
    task: ShardTask

    def __str__(self) -> str:
        return str(self.out / self.task.file)


def _make_shard(shard: _Shard) -> tuple[ShardEntry, Path]:
    """Make a shard under a temporary name; runs in a worker."""
    recipe, task = shard.recipe.get(), shard.task
    path = temporary_name(shard.out / task.file)
    lost = 0

    def batches() -> Iterator[Batch]:
        nonlocal lost
        for batch in _batches(shard):
            lost += int((batch.boxes[:, :, 2] == 0).sum())
            yield batch

    facts = write_shard(path, task.count, recipe.spec, batches(), compression=shard.compression)
    entry = ShardEntry(
        file=task.file, split=task.split, first=task.first, count=task.count, **asdict(facts), lost_digits=lost
    )
    return entry, path


def _batches(shard: _Shard) -> Iterator[Batch]:
    """Compose the images of a shard chunk by chunk, all in the same memory."""
    recipe, task = shard.recipe.get(), shard.task
    plan_of = planner(recipe, shard.seed, shard.address_name)
    buffer = recipe.empty_batch(min(CHUNK, task.count))
    for done in range(0, task.count, CHUNK):
        batch = buffer[: min(CHUNK, task.count - done)]
        fill(recipe, plan_of, task.first + done, batch)
        yield batch


def _check_jobs(jobs: int | None) -> int:
    if jobs is None:
        return int(joblib.cpu_count())
    if check_integer("jobs", jobs) < 1:
        raise ArgumentError(f"jobs must be at least 1; got {jobs}")
    return jobs
