"""Have shards made by an executor, and give them their names as they come."""

import contextlib
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import Final, NoReturn

from tqdm import tqdm

from digitgen.build.executor import Executor, run
from digitgen.build.fitness import fitness
from digitgen.build.journal import Journal
from digitgen.build.shards import MadeShard, ShardOrder, ShardTask
from digitgen.build.work import Work
from digitgen.dataset.manifest import ShardEntry
from digitgen.files import commit, sweep

_UNSYNCED: Final = 2  # finished shards, for each worker, that may wait for the disk


def make_shards(
    work: Work,
    missing: list[ShardTask],
    journal: Journal,
    executor: Executor[ShardOrder, MadeShard],
    progress: bool,
) -> tuple[dict[str, ShardEntry], float]:
    """Make shards, and note them in a journal; the folder is locked.

    Parameters
    ----------
    work : Work
        The work that they are part of.
    missing : list of ShardTask
        The shards.
    journal : Journal
        Where they are noted.
    executor : Executor
        Its workers make them; it is closed afterwards.
    progress : bool
        Whether to show a progress bar on stderr.

    Returns
    -------
    entries : dict of str to ShardEntry
        Their entries, by file.
    seconds : float
        How long it took.
    """
    with contextlib.ExitStack() as stack:
        for name in work.splits:
            (work.out / name).mkdir(exist_ok=True)
        # However this ends, it is in reverse: first the workers, then the thread that commits, whose remains are swept.
        stack.callback(sweep, work.out, owner=work.owner)
        disk = ThreadPoolExecutor(1)
        stack.callback(disk.shutdown, cancel_futures=True)
        out = work.out.absolute()
        executor.start(stack.enter_context(fitness(work.identity, work.config.output.compression, out, work.owner)))
        recipes = {name: split.recipe for name, split in work.splits.items()}
        handles = stack.enter_context(executor.share(recipes, out, work.owner))
        made = stack.enter_context(contextlib.closing(run(executor, work.orders(missing, handles))))
        bar = tqdm(total=sum(task.count for task in missing), unit=" images", unit_scale=True, disable=not progress)
        stack.enter_context(bar)
        clock = time.perf_counter()
        entries = _commit(work, made, journal, disk, executor, bar)
        return entries, time.perf_counter() - clock


def _commit(
    work: Work,
    made: Iterator[MadeShard],
    journal: Journal,
    disk: ThreadPoolExecutor,
    executor: Executor[ShardOrder, MadeShard],
    bar: "tqdm[NoReturn]",
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
        while waiting and (waiting[0].done() or len(waiting) > _UNSYNCED * executor.workers):
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
