"""Build a dataset folder that is whole whenever it looks finished.

Workers each make whole shards under temporary names, and send back only facts about them. This
process has them synced to the disk while the workers make the next, gives them their final names, and
notes them in the journal. The manifest comes last. If a build ends early, `resume` goes on from
the journal, and the result has the same bytes as if nothing had happened.
"""

import contextlib
import errno
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

from tqdm import tqdm

from digitgen.build.finish import write_log, write_rest
from digitgen.build.folder import check_folder, check_room, clear, keep
from digitgen.build.identity import Identity, identity_of
from digitgen.build.journal import Journal
from digitgen.build.preflight import describe_laws, forecast_split, shard_tasks
from digitgen.build.shards import MadeShard, ShardOrder, ShardTask, make_shard
from digitgen.build.shared import Shared, shared
from digitgen.build.splits import Split, load_splits
from digitgen.build.workers import Run, cpu_count, workers
from digitgen.checks import AnyPath, check_flag, check_integer, check_path, check_say
from digitgen.compose.recipe import Recipe
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.manifest import MANIFEST_NAME, Manifest, ShardEntry
from digitgen.dataset.shard_writer import arrays_size
from digitgen.errors import ArgumentError, BuildError
from digitgen.files import commit, locked, sweep
from digitgen.messages import Say, shown

_UNSYNCED: Final = 2  # finished shards, for each job, that may wait for the disk
_Run = Run[ShardOrder, MadeShard]
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def build_dataset(
    config: BuildConfig,
    out: AnyPath,
    *,
    jobs: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
    data_dir: AnyPath | None = None,
    fsync: bool = True,
    progress: bool = False,
    say: Say = lambda _: None,
) -> Manifest:
    """Build a dataset.

    Parameters
    ----------
    config : BuildConfig
        The configuration, from `load_config`.
    out : str or path-like
        The dataset folder; must not exist or be empty, but for `resume` and `overwrite`.
    jobs : int, optional
        Number of worker processes; as many as there are processors by default. The result is the same for any.
    resume : bool, default False
        Go on with a build that was interrupted, or repair a dataset: shards whose hash is right are
        kept, the others are made.
    overwrite : bool, default False
        Delete the dataset that is there, finished or not, and start again.
    data_dir : str or path-like, optional
        A folder to look in first for the files of published sources.
    fsync : bool, default True
        Have every file on the disk before it gets its name. Only benchmarks have a reason not to.
    progress : bool, default False
        Show a progress bar on stderr.
    say : callable, optional
        Takes a line of text for each thing that the user should know.

    Returns
    -------
    Manifest
        As written to the folder.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type, `jobs` is no number of workers, or both `resume` and `overwrite` are set.
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
    if not isinstance(config, BuildConfig):
        raise ArgumentError(f"config must be what digitgen.load_config() returns; got {shown(config)}")
    out, say = check_path("out", out), check_say(say)
    folder = None if data_dir is None else check_path("data_dir", data_dir)
    resume, overwrite = check_flag("resume", resume), check_flag("overwrite", overwrite)
    fsync, progress = check_flag("fsync", fsync), check_flag("progress", progress)
    tasks = [task for name in config.splits for task in shard_tasks(config, name)]
    jobs = min(_check_jobs(jobs), len(tasks))
    if resume and overwrite:
        raise ArgumentError("resume and overwrite exclude each other: go on, or start again?")
    with locked(out) if out.is_dir() else contextlib.nullcontext():
        check_folder(out, allowed=resume or overwrite)
    with workers(make_shard, jobs) as run:  # which start while the glyphs are loaded
        work = _prepare(config, tasks, out, folder, fsync=fsync, say=say)
        try:
            if not out.exists():
                work.check_room(tasks)
            out.mkdir(parents=True, exist_ok=True)
            with locked(out, say):
                before = check_folder(out, allowed=resume or overwrite)
                if overwrite:
                    clear(out, before, work.identity, tasks)
                    before = None
                kept = keep(out, before, work.identity, tasks, progress=progress)
                if resume:
                    say(f"{out}: {len(kept.entries)} of {len(tasks)} shards are there and whole")
                return kept.manifest or _build(work, kept.entries, run, jobs, progress)
        except OSError as error:
            raise BuildError(work.explain(error)) from error


def _check_jobs(jobs: int | None) -> int:
    """Check a number of workers; as many as there are processors by default."""
    if jobs is None:
        return cpu_count()
    if (checked := check_integer("jobs", jobs)) < 1:
        raise ArgumentError(f"jobs must be at least 1; got {jobs}")
    return checked


@dataclass(frozen=True)
class _Work:
    """The work of a build: what to make, and where.

    Attributes
    ----------
    config, out, fsync
        As in `build_dataset`.
    splits : dict of str to Split
        Their glyphs and recipes.
    tasks : list of ShardTask
        All shards, in order.
    bytes_per_image : float
        Without compression.
    """

    config: BuildConfig
    splits: dict[str, Split]
    tasks: list[ShardTask]
    out: Path
    fsync: bool
    bytes_per_image: float

    @property
    def identity(self) -> Identity:
        """Everything that decides a byte."""
        return identity_of(self.config, {name: split.source for name, split in self.splits.items()})

    def orders(self, tasks: list[ShardTask], recipes: dict[str, Shared[Recipe]]) -> Iterator[ShardOrder]:
        """Make the orders of some shards, for workers."""
        config, out = self.config, self.out.absolute()
        for task in tasks:
            name = config.address_name(task.split)
            yield ShardOrder(task, recipes[task.split], config.seed, name, config.output.compression, out)

    def needed(self, tasks: list[ShardTask]) -> int:
        """Compute the bytes of some shards without compression."""
        return round(sum(task.count for task in tasks) * self.bytes_per_image)

    def check_room(self, tasks: list[ShardTask]) -> None:
        """Refuse a build that the disk cannot hold; how small images compress is known only afterwards."""
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


def _prepare(
    config: BuildConfig, tasks: list[ShardTask], out: Path, data_dir: Path | None, *, fsync: bool, say: Say
) -> _Work:
    """Load everything that a build needs, and tell the user what to know of it."""
    splits = load_splits(config, data_dir, say)
    try:
        plans = [forecast_split(config, name, split.recipe) for name, split in splits.items()]
    except OSError as error:
        size = max(
            arrays_size(min(config.output.shard_size, config.splits[name].count), split.recipe.spec)
            for name, split in splits.items()
        )
        needed = f"; files of {size:,} bytes are still needed" if error.errno in _FULL else ""
        # A limit to the size of files holds in the dataset as it does where the layout was tried.
        where = out if error.errno == errno.EFBIG else error.filename or out
        raise BuildError(f"{where}: {error.strerror or error}{needed}") from error
    for line in (*describe_laws(plans), *config.cautions()):
        say(line)
    bytes_per_image = sum(plan.bytes for plan in plans) / sum(plan.count for plan in plans)
    return _Work(config, splits, tasks, out, fsync, bytes_per_image)


def _build(work: _Work, kept: dict[str, ShardEntry], run: _Run, jobs: int, progress: bool) -> Manifest:
    """Make the missing shards, then the files that describe them; the folder is locked."""
    missing = [task for task in work.tasks if task.file not in kept]
    work.check_room(missing)
    # From here the folder is no finished dataset, until its manifest is written again.
    (work.out / MANIFEST_NAME).unlink(missing_ok=True)
    with Journal(work.out, work.identity, list(kept.values())) as journal, contextlib.ExitStack() as stack:
        for name in work.splits:
            (work.out / name).mkdir(exist_ok=True)
        # However this ends, it is in reverse: first the workers, then the thread that commits, whose remains are swept.
        stack.callback(sweep, work.out)
        disk = ThreadPoolExecutor(1)
        stack.callback(disk.shutdown, cancel_futures=True)
        recipes = {name: split.recipe for name, split in work.splits.items()}
        handles = stack.enter_context(shared(recipes, work.out.absolute(), jobs))
        made = stack.enter_context(contextlib.closing(run(work.orders(missing, handles))))
        bar = tqdm(total=sum(task.count for task in missing), unit=" images", unit_scale=True, disable=not progress)
        stack.enter_context(bar)
        started, clock = datetime.now(UTC), time.perf_counter()
        entries = _commit(work, made, journal, disk, jobs, bar)
        seconds = time.perf_counter() - clock
    write_log(work.out, started, seconds, sum(task.count for task in missing), jobs)
    entries |= kept
    ordered = [entries[task.file] for task in work.tasks]
    return write_rest(work.out, work.config, work.identity, work.splits, ordered, fsync=work.fsync)


def _commit(
    work: _Work, made: Iterator[MadeShard], journal: Journal, disk: ThreadPoolExecutor, jobs: int, bar: "tqdm[NoReturn]"
) -> dict[str, ShardEntry]:
    """Give shards their final names as they come; returns their entries."""
    waiting: deque[Future[ShardEntry]] = deque()
    entries = {}

    def commit_shard(shard: MadeShard) -> ShardEntry:
        commit(shard.temporary, work.out / shard.task.file, fsync=work.fsync)
        entry = _entry(shard)
        journal.add(entry)
        return entry

    def settle() -> None:
        entry = waiting.popleft().result()
        entries[entry.file] = entry
        bar.update(entry.count)

    for shard in made:
        # Waiting for the disk takes no processor: the workers go on meanwhile.
        waiting.append(disk.submit(commit_shard, shard))
        while waiting and (waiting[0].done() or len(waiting) > _UNSYNCED * jobs):
            settle()
    while waiting:
        settle()
    return entries


def _entry(shard: MadeShard) -> ShardEntry:
    """Make the manifest's entry of a shard."""
    task = shard.task
    return ShardEntry(
        file=task.file,
        split=task.split,
        first=task.first,
        count=task.count,
        **asdict(shard.facts),
        lost_digits=shard.lost_digits,
    )
