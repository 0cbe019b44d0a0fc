"""Build a dataset folder: joblib workers each make and write whole shards, the manifest comes last."""

import importlib.metadata
import json
import os
import platform
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import h5py
import joblib
from blake3 import blake3
from tqdm import tqdm

import digitgen
from digitgen.batch import Batch
from digitgen.card import dataset_card
from digitgen.config import BuildConfig
from digitgen.errors import ArgumentError, BuildError, DatasetError
from digitgen.files import sync_folder, write_atomically
from digitgen.manifest import (
    FORMAT,
    Manifest,
    ShardEntry,
    SplitEntry,
    fingerprint,
    write_manifest,
)
from digitgen.plan import Recipe, fill, planner
from digitgen.preflight import ShardTask, Split, describe_laws, load_splits, plan_split, shard_tasks
from digitgen.rng import CHUNK
from digitgen.shard import Compression, write_shard
from digitgen.sources import Say

_SHAPING_LIBRARIES: Final = ("numpy", "h5py", "isal")  # whose versions can change a shard's bytes
_SPARE_BYTES: Final = 1 << 20  # for the files beside the shards


def build_dataset(
    config: BuildConfig,
    out: Path | str,
    *,
    jobs: int | None = None,
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
        The dataset folder; must not exist or be empty.
    jobs : int, optional
        Worker processes; as many as there are processors by default. The result is the same for any.
    data_dir : Path, optional
        A folder to look in first for the files of MNIST.
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
        If the configuration cannot work with the glyphs that it names.
    SourceError
        If the glyphs cannot be had.
    DatasetError
        If something stands in the way at `out`.
    BuildError
        If the disk has no room, or writing fails.
    """
    out = Path(out)
    jobs = _check_jobs(jobs)
    _check_folder(out)
    splits = load_splits(config, data_dir, say)
    plans = [plan_split(config, name, split.recipe) for name, split in splits.items()]
    for line in describe_laws(plans):
        say(line)
    if config.output.compression == "none":
        _check_room(out, sum(plan.bytes for plan in plans))
    started, clock = datetime.now(UTC), time.perf_counter()
    try:
        for name in splits:
            (out / name).mkdir(parents=True, exist_ok=True)
        entries = _make_shards(config, splits, out, jobs, fsync, progress)
        seconds = time.perf_counter() - clock
        _write_log(out, started, seconds, sum(entry.count for entry in entries), jobs)
        return _finish(config, splits, entries, out, fsync)
    except OSError as error:
        where = error.filename or out
        raise BuildError(f"{where}: {error.strerror or error}; the finished shards are kept in {out}") from error


def _check_jobs(jobs: int | None) -> int:
    if jobs is None:
        return int(joblib.cpu_count())
    if jobs < 1:
        raise ArgumentError(f"jobs must be at least 1; got {jobs}")
    return jobs


def _check_folder(out: Path) -> None:
    """Refuse a place where something stands already."""
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out}: is a file; name a new or empty folder")
    if out.is_dir() and any(out.iterdir()):
        raise DatasetError(f"{out}: is not empty; name a new or empty folder, or delete it first")


def _check_room(out: Path, needed: int) -> None:
    """Refuse to start what the disk cannot hold."""
    parent = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(parent).free
    if free < needed + _SPARE_BYTES:
        raise BuildError(f"{out}: the dataset needs {needed:,} bytes, the disk has {free:,} free")


def _make_shards(
    config: BuildConfig, splits: dict[str, Split], out: Path, jobs: int, fsync: bool, progress: bool
) -> list[ShardEntry]:
    """Make all shards, in parallel, and return their entries in order."""
    tasks = [task for name in splits for task in shard_tasks(config, name)]
    # Large arrays among the arguments (the glyph banks) are written to shared memory once by joblib,
    # and mapped by every worker.
    parallel = joblib.Parallel(n_jobs=min(jobs, len(tasks)), return_as="generator_unordered", batch_size=1)
    make = joblib.delayed(_make_shard)
    entries = []
    total = sum(task.count for task in tasks)
    with tqdm(total=total, unit=" images", unit_scale=True, disable=not progress) as bar:
        for entry in parallel(
            make(splits[task.split].recipe, config.seed, task, out, config.output.compression, fsync) for task in tasks
        ):
            entries.append(entry)
            bar.update(entry.count)
    order = {task.file: place for place, task in enumerate(tasks)}
    return sorted(entries, key=lambda entry: order[entry.file])


def _make_shard(
    recipe: Recipe, seed: int, task: ShardTask, out: Path, compression: Compression, fsync: bool
) -> ShardEntry:
    """Make one shard; runs in a worker."""
    facts = write_shard(
        out / task.file,
        task.count,
        recipe.length_range[1],
        recipe.layout.image_width,
        _shard_batches(recipe, seed, task),
        compression=compression,
        fsync=fsync,
    )
    return ShardEntry(file=task.file, split=task.split, first=task.first, count=task.count, **asdict(facts))


def _shard_batches(recipe: Recipe, seed: int, task: ShardTask) -> Iterator[Batch]:
    """The images of a shard, chunk by chunk, all in the same memory."""
    plan_of = planner(recipe, seed, task.split)
    buffer = recipe.empty_batch(min(CHUNK, task.count))
    for done in range(0, task.count, CHUNK):
        batch = buffer[: min(CHUNK, task.count - done)]
        fill(recipe, plan_of, task.first + done, batch)
        yield batch


def _finish(
    config: BuildConfig, splits: dict[str, Split], entries: list[ShardEntry], out: Path, fsync: bool
) -> Manifest:
    """Write what describes the shards; the manifest last."""
    resolved = config.model_dump(mode="json")
    config_yaml = config.to_yaml()
    manifest = Manifest(
        format=FORMAT,
        tool={"digitgen": digitgen.__version__, **_library_versions()},
        config=resolved,
        fingerprint=fingerprint(resolved),
        seed=config.seed,
        splits={
            name: SplitEntry(
                count=config.splits[name].count,
                max_length=split.recipe.length_range[1],
                image_width=config.image_width,
                source=split.source,
                shards=[entry for entry in entries if entry.split == name],
            )
            for name, split in splits.items()
        },
        files={},
        images=sum(entry.count for entry in entries),
        bytes=sum(entry.bytes for entry in entries),
    )
    files = {"config.yaml": config_yaml, "README.md": dataset_card(config.name, manifest, config_yaml)}
    for name, text in files.items():
        write_atomically(out / name, text.encode(), fsync=fsync)
    manifest = manifest.model_copy(
        update={"files": {name: blake3(text.encode()).hexdigest() for name, text in files.items()}}
    )
    write_manifest(out, manifest, fsync=fsync)
    if fsync:
        sync_folder(out.absolute().parent)
    return manifest


def _library_versions() -> dict[str, str]:
    """Versions of what shapes the bytes of a shard; a library that is absent is left out."""
    versions = {"hdf5": h5py.version.hdf5_version}
    for name in _SHAPING_LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _write_log(out: Path, started: datetime, seconds: float, images: int, jobs: int) -> None:
    """Write what changes from run to run, and so has no place in the manifest."""
    log: dict[str, Any] = {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "images_per_second": round(images / seconds),
        "jobs": jobs,
        "processors": os.cpu_count(),
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }
    write_atomically(out / "build-log.json", (json.dumps(log, indent=1) + "\n").encode(), fsync=False)
