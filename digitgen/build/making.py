"""Have shards made by an executor, and give them their names as they come."""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import NoReturn

from tqdm import tqdm

from digitgen.build.executor import Executor, run
from digitgen.build.fitness import fitness
from digitgen.build.journal import journal_line
from digitgen.build.places import Place
from digitgen.build.shards import MadeShard, ShardOrder, ShardTask
from digitgen.build.work import UNSYNCED, Work
from digitgen.dataset.entries import ShardEntry
from digitgen.progress import progress_bar

Append = Callable[[bytes], object]


def make_shards(
    work: Work,
    missing: list[ShardTask],
    append: Append,
    executor: Executor[ShardOrder, MadeShard],
    progress: bool,
) -> tuple[dict[str, ShardEntry], float]:
    """Make shards, and note them in a journal; no other build is at work here.

    Parameters
    ----------
    work : Work
        The work that they are part of.
    missing : list of ShardTask
        The shards.
    append : callable
        Adds a line to the journal.
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
        # However this ends, it is in reverse: first the workers, then the threads that commit, whose remains are swept.
        folder = stack.enter_context(work.out.scratch(work.splits, work.owner))
        disk = ThreadPoolExecutor(work.out.lanes)
        stack.push(partial(_end, disk, work.out))
        # Workers that may be elsewhere put shards into a store by themselves; for a folder, they need to see it.
        store = work.out.store_for_workers if executor.is_elsewhere else None
        compression = work.config.output.compression
        executor.start(stack.enter_context(fitness(work.identity, compression, store or folder, work.owner)))
        recipes = {name: split.recipe for name, split in work.splits.items()}
        handles = stack.enter_context(executor.share(recipes, None if store else folder, work.owner))
        made = stack.enter_context(contextlib.closing(run(executor, work.orders(missing, handles, folder, store))))
        bar = progress_bar(shown=progress, total=sum(task.count for task in missing), unit="images")
        stack.enter_context(bar)
        clock = time.perf_counter()
        entries = _commit(work, made, append, disk, executor, bar)
        return entries, time.perf_counter() - clock


def _end(disk: ThreadPoolExecutor, out: Place, kind: type[BaseException] | None, *_: object) -> None:
    """End the threads that commit, and if something went wrong what they wait for."""
    disk.shutdown(wait=False, cancel_futures=True)
    if kind is not None:
        out.end_commits()
    disk.shutdown()


def _commit(
    work: Work,
    made: Iterator[MadeShard],
    append: Append,
    disk: ThreadPoolExecutor,
    executor: Executor[ShardOrder, MadeShard],
    bar: "tqdm[NoReturn]",
) -> dict[str, ShardEntry]:
    """Give shards their final names as they come; returns their entries."""
    waiting: deque[Future[ShardEntry]] = deque()
    entries = {}

    def commit_shard(shard: MadeShard) -> ShardEntry:
        entry = _entry(shard)
        if shard.temporary:
            mark = work.out.commit(shard.temporary, entry, fsync=work.fsync)
        else:
            mark = shard.mark
            work.out.note(entry, mark)
        append(journal_line(entry, mark))
        return entry

    def settle() -> None:
        entry = waiting.popleft().result()
        entries[entry.file] = entry
        bar.update(entry.count)

    for shard in made:
        # Waiting for the disk takes no processor: the workers go on meanwhile.
        waiting.append(disk.submit(commit_shard, shard))
        while waiting and (waiting[0].done() or len(waiting) > UNSYNCED * executor.workers):
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
