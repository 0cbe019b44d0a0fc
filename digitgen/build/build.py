"""Build a dataset folder that is whole whenever it looks finished.

Workers each make whole shards under temporary names, and send back only facts about them. This
process has them synced to the disk, or put into a store, while the workers make the next, gives them their final names,
and notes them in the journal. The manifest comes last. If a build ends early, `resume` goes on from
the journal, and the result has the same bytes as if nothing had happened.
"""

import contextlib
import re
from datetime import UTC, datetime

from digitgen.build.executor import Executor
from digitgen.build.finish import write_log, write_rest
from digitgen.build.folder import check_folder, clear, keep
from digitgen.build.journal import Progress, journal_bytes
from digitgen.build.making import make_shards
from digitgen.build.places import place_of
from digitgen.build.preflight import shard_tasks
from digitgen.build.shards import MadeShard, ShardOrder, make_shard
from digitgen.build.work import Work, check_build_config, prepare
from digitgen.build.workers import check_jobs, this_machine
from digitgen.checks import AnyPath, check_flag, check_path, check_say, check_word
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.manifest import Manifest
from digitgen.errors import ArgumentError, BuildError
from digitgen.extras import installed
from digitgen.messages import Say, shown


def build_dataset(
    config: BuildConfig,
    out: AnyPath,
    *,
    jobs: int | None = None,
    dask: str | None = None,
    ray: str | None = None,
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
        The dataset folder, or its address in a store, such as ``s3://bucket/prefix``; must not exist or be empty, but
        for `resume` and `overwrite`.
    jobs : int, optional
        Number of worker processes; as many as there are processors by default. The result is the same for any.
    dask : str, optional
        Address of the scheduler of a Dask cluster, such as ``tcp://host:8786``, whose workers make the shards in place
        of processes of this machine. They need `out` under the same absolute path, if it is a folder, and the same
        versions.
    ray : str, optional
        Address of a Ray cluster, such as ``host:6379``, for the same.
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
        As written there.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type, `jobs` is no number of workers, or both `resume` and `overwrite` are set,
        or more than one of `jobs`, `dask` and `ray`.
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
        If the disk has no room, writing fails, or a worker dies again and again; if a cluster does not answer, is
        lost, or has workers that are not fit.
    DigitgenError
        If `dask` or `ray` is set, and is not installed.
    """
    check_build_config(config)
    place, say = place_of(out), check_say(say)
    folder = None if data_dir is None else check_path("data_dir", data_dir)
    resume, overwrite = check_flag("resume", resume), check_flag("overwrite", overwrite)
    fsync, progress = check_flag("fsync", fsync), check_flag("progress", progress)
    dask = _check_address("dask", dask, "tcp://host:8786")
    ray = _check_address("ray", ray, "host:6379")
    tasks = [task for name in config.splits for task in shard_tasks(config, name)]
    if resume and overwrite:
        raise ArgumentError("resume and overwrite exclude each other: go on, or start again?")
    try:
        with place.looking():
            check_folder(place, allowed=resume or overwrite)
    except OSError as error:
        raise BuildError(f"{error.filename or place}: {error.strerror or error}") from error
    with contextlib.closing(_executor(jobs, dask, ray, len(tasks), say)) as executor:
        # It starts while the glyphs are loaded.
        work = prepare(config, tasks, place, folder, fsync=fsync, say=say)
        try:
            if not place.is_made():
                work.check_room(tasks, executor.workers)
            with place.holding(say):
                before = check_folder(place, allowed=resume or overwrite)
                fresh = before is None
                if overwrite:
                    clear(place, before, work.identity, tasks)
                    before = None
                kept = keep(place, before, work.identity, tasks, progress=progress)
                if resume:
                    say(f"{place}: {len(kept.entries)} of {len(tasks)} shards are there and whole")
                return kept.manifest or _build(work, kept, executor, progress, fresh=fresh)
        except OSError as error:
            raise BuildError(work.explain(error)) from error


def _executor(
    jobs: int | None, dask: str | None, ray: str | None, shards: int, say: Say
) -> Executor[ShardOrder, MadeShard]:
    """Choose who makes the shards."""
    if sum(each is not None for each in (jobs, dask, ray)) > 1:
        raise ArgumentError("jobs, dask and ray exclude each other: a cluster has the workers that it has")
    if dask is not None:
        with installed("dask", "dask", "distributed"):
            from digitgen.build.on_dask import DaskWorkers
        return DaskWorkers(make_shard, dask, say)
    if ray is not None:
        with installed("ray"):
            from digitgen.build.on_ray import RayWorkers
        return RayWorkers(make_shard, ray)
    return this_machine(make_shard, min(check_jobs(jobs), shards))


def _check_address(name: str, value: str | None, example: str) -> str | None:
    """Check the address of a cluster, as far as one can without its library."""
    if value is None:
        return None
    if not re.fullmatch("[!-~]*:[!-~]+", address := check_word(name, value)):
        raise ArgumentError(f"{name} must be an address such as {example}; got {shown(value)}")
    return address


def _build(
    work: Work, before: Progress, executor: Executor[ShardOrder, MadeShard], progress: bool, *, fresh: bool
) -> Manifest:
    """Make the missing shards, then the files that describe them; no other build is at work here."""
    missing = [task for task in work.tasks if task.file not in before.entries]
    work.check_room(missing, executor.workers)
    # From here there is no finished dataset, until its manifest is written again.
    kept = list(before.entries.values())
    header = journal_bytes(work.identity, kept, before.marks, owned=work.out.is_shared)
    work.out.begin(header, [task.file for task in missing], fresh=fresh)
    started = datetime.now(UTC)
    with work.out.appending(header) as append:
        entries, seconds = make_shards(work, missing, append, executor, progress)
    write_log(work.out, started, seconds, sum(task.count for task in missing), executor.workers)
    entries |= before.entries
    ordered = [entries[task.file] for task in work.tasks]
    work.out.check_made(ordered, header)
    return write_rest(work.out, work.config, work.identity, work.splits, ordered, fsync=work.fsync)
