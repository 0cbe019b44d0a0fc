"""Builds on a Dask cluster of this machine against processes of it, and what handing out shards costs by itself."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.build import AUGMENTED, standard_config
from benchmarks.compose import COUNT
from benchmarks.measure import Contender, Gate, paired_rounds, print_ratios, print_table, ratio
from digitgen.build.build import build_dataset
from digitgen.build.executor import Executor
from digitgen.build.journal import journal_bytes
from digitgen.build.making import make_shards
from digitgen.build.places import place_of
from digitgen.build.preflight import shard_tasks
from digitgen.build.shards import MadeShard, ShardOrder
from digitgen.build.work import prepare
from digitgen.build.workers import this_machine
from digitgen.config.build_config import BuildConfig
from digitgen.config.load import load_config
from digitgen.config.steps import AugmentConfig
from digitgen.dataset.shard_writer import ShardFacts
from digitgen.files import temporary_name
from digitgen.glyphs.fetch import load_digits
from digitgen.glyphs.prepared import DEFAULT_TRAIN

_PLAIN_IMAGES: Final = 128 * COUNT
_AUGMENTED_IMAGES: Final = 8 * COUNT
_SHARDS: Final = (1_000, 10_000)


def run(rounds: int, folder: Path | None) -> list[Gate]:
    """Print the tables; return the gates."""
    load_digits(DEFAULT_TRAIN)  # or the first build would fetch it
    with (
        tempfile.TemporaryDirectory(prefix="digitgen-benchmark-", dir=folder) as scratch,
        _cluster(Path(scratch)) as address,
    ):
        out = Path(scratch) / "out"
        return [*_speed(rounds, out, address), *_coordination(out, address)]


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    """Start a scheduler and two workers, by Dask's own command line."""
    import distributed

    place = folder / "scheduler.json"
    at = (f"--scheduler-file={place}", "--host=127.0.0.1", "--no-dashboard")
    with contextlib.ExitStack() as stack:
        for words in (("scheduler", "--port=0"), ("worker", "--nthreads=1", "--nworkers=2")):
            command = [sys.executable, "-m", "dask", words[0], *at, *words[1:]]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        with distributed.Client(scheduler_file=str(place), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            address = str(client.scheduler.address)
        yield address


def _speed(rounds: int, out: Path, address: str) -> Iterator[Gate]:
    """Compare whole builds."""
    steps = load_config(AUGMENTED).model_dump(include={"augment"})["augment"]
    augmented = standard_config(_AUGMENTED_IMAGES).model_copy(update={"augment": AugmentConfig.model_validate(steps)})
    for name, config in (("plain", standard_config(_PLAIN_IMAGES)), ("augmented", augmented)):
        costs = paired_rounds(
            {"two jobs": _building(out, config, jobs=2), "Dask": _building(out, config, dask=address)}, rounds
        )
        count = config.splits["train"].count
        title = f"{name}: {count:,} images in shards of {COUNT:,}, two workers, without fsync"
        print_ratios(title, costs, ["two jobs"], "images/s", lambda cost: f"{1 / cost:,.0f}")
        yield Gate(f"{name}, Dask, times the rate of two jobs", ratio(costs, "two jobs", "Dask").middle, 0.9)


def _building(out: Path, config: BuildConfig, **options: Any) -> Contender:
    """Build and delete; the time is that of build-log.json."""

    def contender(_: int) -> float:
        build_dataset(config, out, fsync=False, **options)
        taken = float(json.loads((out / "build-log.json").read_text())["seconds"])
        shutil.rmtree(out)
        return taken / config.splits["train"].count

    return contender


def make_nothing(order: ShardOrder) -> MadeShard:
    """Make an empty file in place of a shard."""
    temporary = temporary_name(order.out / order.task.file)
    temporary.touch()
    return MadeShard(order.task, temporary, ShardFacts(1, "0" * 64, "0" * 32), 0)


def _coordination(out: Path, address: str) -> Iterator[Gate]:
    """Measure what this process does for a shard, by builds whose shards are empty files."""
    from digitgen.build.on_dask import DaskWorkers

    executors: dict[str, Callable[[], Executor[ShardOrder, MadeShard]]] = {
        "two jobs": lambda: this_machine(make_nothing, 2),
        "Dask": lambda: DaskWorkers(make_nothing, address, lambda _: None),
    }
    shard = _seconds_of_a_shard(out)
    rows = []
    for name, executor in executors.items():
        (_, small), (cpu, large) = (_hand_out(out, executor(), shards) for shards in _SHARDS)
        growth = (large - small) / (_SHARDS[1] - _SHARDS[0])
        rows.append([name, f"{1e6 * cpu:,.0f}", f"{cpu / shard:.2%}", f"{growth:,.0f}"])
        yield Gate(f"{name}, CPU time to hand out a shard over that to make it", cpu / shard, 0.01, at_least=False)
        yield Gate(f"{name}, memory, bytes a shard", growth, 1_500, at_least=False)
    title = f"coordination: {_SHARDS[1]:,} shards; to make one of {COUNT:,} augmented images takes {shard:.3f} s"
    print_table(title, [["", "CPU us/shard", "of making it", "bytes/shard"], *rows])


def _seconds_of_a_shard(out: Path) -> float:
    """Measure how long a core makes an augmented shard."""
    steps = load_config(AUGMENTED).model_dump(include={"augment"})["augment"]
    config = standard_config(2 * COUNT).model_copy(update={"augment": AugmentConfig.model_validate(steps)})
    return COUNT * _building(out, config, jobs=1)(0)


def _hand_out(out: Path, executor: Executor[ShardOrder, MadeShard], shards: int) -> tuple[float, int]:
    """Hand out shards to be made; returns CPU time of this process for one, and its memory afterwards, bytes."""
    config = standard_config(shards * COUNT)
    tasks = list(shard_tasks(config, "train"))
    place = place_of(out)
    work = prepare(config, tasks, place, None, fsync=False, say=lambda _: None)
    header = journal_bytes(work.identity, [])
    with contextlib.closing(executor), place.holding(lambda _: None):
        place.begin(header, [], fresh=True)
        with place.appending(header) as append:
            begun = time.process_time()
            entries, _ = make_shards(work, tasks, append, executor, progress=False)
            cpu = time.process_time() - begun
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    assert len(entries) == shards
    shutil.rmtree(out)
    return cpu / shards, memory
