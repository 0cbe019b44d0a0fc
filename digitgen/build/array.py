"""Build a dataset in parts, as array jobs of a cluster's scheduler do, and finish it.

Each part makes its share of the shards, by itself and in any order, into one folder that all can reach. It has a lock
and a journal of its own. Parts have the build's journal in common: the first part writes the identity of the build into
it, and parts of another identity are refused. `finish_dataset` looks whether all shards are there, and writes what
follows them.
"""

import contextlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from digitgen.build.executor import Executor
from digitgen.build.finish import write_rest
from digitgen.build.folder import check_folder, check_same, keep
from digitgen.build.identity import identity_of
from digitgen.build.journal import Progress, journal_bytes, progress_in
from digitgen.build.making import Append, make_shards
from digitgen.build.parts import Part, check_part, parts_among, parts_of
from digitgen.build.places import Place, place_of
from digitgen.build.preflight import shard_tasks
from digitgen.build.recorded import check_config
from digitgen.build.shards import MadeShard, ShardOrder, ShardTask, make_shard
from digitgen.build.splits import Split, load_splits
from digitgen.build.work import Work, check_build_config, prepare
from digitgen.build.workers import check_jobs, this_machine
from digitgen.checks import AnyPath, check_flag, check_path, check_say
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.entries import ShardEntry
from digitgen.dataset.manifest import JOURNAL_NAME, Manifest
from digitgen.errors import BuildError, DamageError, DatasetError, SourceError
from digitgen.messages import Say

_NAMED: Final = 8  # parts that a message names


@dataclass(frozen=True)
class BuiltPart:
    """A part that is finished: its shards are under their final names.

    Attributes
    ----------
    part, of : int
        Which part, from 1, and how many there are.
    shards, images, bytes : int
        What it consists of.
    """

    part: int
    of: int
    shards: int
    images: int
    bytes: int


def build_part(
    config: BuildConfig,
    out: AnyPath,
    part: int,
    of: int,
    *,
    jobs: int | None = None,
    data_dir: AnyPath | None = None,
    fsync: bool = True,
    progress: bool = False,
    say: Say = lambda _: None,
) -> BuiltPart:
    """Build a part of a dataset, or go on with it; `finish_dataset` makes a dataset of all parts.

    Parts do not wait for each other, may run at the same time on several machines, and may be run again. The shards are
    those of `build_dataset`.

    Parameters
    ----------
    config : BuildConfig
        The configuration, from `load_config`; the same for all parts.
    out : str or path-like
        The dataset folder, or its address in a store, the same for all parts; need not exist.
    part, of : int
        Which part, from 1, and how many there are. More parts than shards do no harm.
    jobs : int, optional
        Number of worker processes; as many as there are processors by default.
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
    BuiltPart
        What the part consists of.

    Raises
    ------
    ArgumentError
        If there is no such part, or another argument is wrong.
    ConfigError
        If the configuration cannot work with the glyphs that it names, or is not that of the other parts.
    SourceError
        If the glyphs cannot be had.
    DatasetError
        If something stands in the way at `out`.
    LockedError
        If another process builds this part, or the whole dataset.
    BuildError
        If the disk has no room, writing fails, or a worker dies again and again.
    """
    check_build_config(config)
    mine, place, say = check_part(part, of), place_of(out), check_say(say)
    place = place.for_part(mine)
    folder = None if data_dir is None else check_path("data_dir", data_dir)
    fsync, progress = check_flag("fsync", fsync), check_flag("progress", progress)
    tasks = mine.share([task for name in config.splits for task in shard_tasks(config, name)])
    try:
        with place.looking():
            check_folder(place, allowed=True)
    except OSError as error:
        raise BuildError(f"{error.filename or place}: {error.strerror or error}") from error
    with contextlib.closing(this_machine(make_shard, min(check_jobs(jobs), max(1, len(tasks))))) as executor:
        work = prepare(config, tasks, place, folder, fsync=fsync, say=say, owner=mine.owner)
        try:
            with place.holding(say):
                before = _begin(work)
                if before.manifest:
                    say(f"{place}: is a finished dataset already")
                    return _built(mine, [before.entries[task.file] for task in tasks])
                with place.appending(journal_bytes(work.identity, [])) as append:
                    return _built(mine, _make(work, append, executor, progress))
        except OSError as error:
            raise BuildError(work.explain(error)) from error


def _begin(work: Work) -> Progress:
    """Write the identity of the build into a place without one; whoever comes first settles it."""
    before = check_folder(work.out, allowed=True)
    if before is None:
        work.out.begin(journal_bytes(work.identity, []), [], fresh=True)
        before = progress_in(work.out.store)
        if before is None:
            raise DatasetError(f"{work.out.store.at(JOURNAL_NAME)}: is not the journal of a build; name another folder")
    check_same(work.out, before, work.identity)
    return before


def _make(work: Work, append: Append, executor: Executor[ShardOrder, MadeShard], progress: bool) -> list[ShardEntry]:
    """Make the shards of a part that are missing; it is held."""
    # Looked for only now: somebody else may have held it, and gone on, until a moment ago.
    kept = keep(work.out, progress_in(work.out.store), work.identity, work.tasks, progress=progress).entries
    missing = [task for task in work.tasks if task.file not in kept]
    if not missing:
        return list(kept.values())
    work.check_room(missing, executor.workers)
    work.out.begin(b"", [task.file for task in missing], fresh=False)
    return [*kept.values(), *make_shards(work, missing, append, executor, progress)[0].values()]


def _built(mine: Part, entries: list[ShardEntry]) -> BuiltPart:
    """Say what a part consists of."""
    images, size = sum(entry.count for entry in entries), sum(entry.bytes for entry in entries)
    return BuiltPart(mine.number, mine.of, len(entries), images, size)


def finish_dataset(
    out: AnyPath,
    *,
    data_dir: AnyPath | None = None,
    fsync: bool = True,
    progress: bool = False,
    say: Say = lambda _: None,
) -> Manifest:
    """Finish a dataset that was built in parts: check every shard, and write what follows them, the manifest last.

    Parameters
    ----------
    out : str or path-like
        The dataset folder, or its address in a store.
    data_dir : str or path-like, optional
        A folder to look in first for the files of published sources, and the one that paths of the builder's own files
        start from (the current directory by default).
    fsync : bool, default True
        Have every file on the disk before it gets its name.
    progress : bool, default False
        Show a progress bar on stderr.
    say : callable, optional
        Takes a line of text for each thing that the user should know.

    Returns
    -------
    Manifest
        As written to the folder; the same as that of `build_dataset`.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type.
    DatasetError
        If there is no such folder, or no build was begun there.
    DamageError
        If shards are missing or damaged; the message says which parts make them.
    ConfigError
        If the digits or the versions that are here are not those of the parts.
    SourceError
        If the glyphs cannot be had.
    LockedError
        If a part, or the whole dataset, is being built.
    BuildError
        If writing fails.
    """
    place, say = place_of(out), check_say(say)
    folder = None if data_dir is None else check_path("data_dir", data_dir)
    fsync, progress = check_flag("fsync", fsync), check_flag("progress", progress)
    place.store.check_there()
    try:
        with place.holding(say):
            before = progress_in(place.store)
            if before is None:
                raise DatasetError(f"{place}: no build was begun here; each part is built by: {_command(place, 'K/N')}")
            config = check_config(place, before.identity, folder)
            splits = _load_splits(config, folder, say)
            identity = identity_of(config, {name: split.source for name, split in splits.items()})
            tasks = [task for name in config.splits for task in shard_tasks(config, name)]
            kept = keep(place, before, identity, tasks, progress=progress)
            if kept.manifest:
                return kept.manifest
            if missing := [task for task in tasks if task.file not in kept.entries]:
                raise DamageError(_missing(place, tasks, missing))
            ordered = [kept.entries[task.file] for task in tasks]
            place.check_made(ordered, journal_bytes(identity, []))
            return write_rest(place, config, identity, splits, ordered, fsync=fsync)
    except OSError as error:
        raise BuildError(f"{error.filename or place}: {error.strerror or error}") from error


def _load_splits(config: BuildConfig, data_dir: Path | None, say: Say) -> dict[str, Split]:
    """Load the glyphs, and say where digits of the builder's own are looked for if they are not there."""
    try:
        return load_splits(config, data_dir, say)
    except SourceError as error:
        if all(isinstance(split.source, str) for split in config.splits.values()):
            raise
        where = data_dir or "the current folder"
        raise SourceError(f"{error}; paths of your own files start from {where}, or from --data-dir") from error


def _missing(out: Place, tasks: list[ShardTask], missing: list[ShardTask]) -> str:
    """Say which shards are missing, which parts they belong to, and how to make them."""
    what = f"{out}: {len(missing):,} of {len(tasks):,} shards are missing or damaged"
    divisions = Counter(part.of for part in parts_among(out.store.list("")))
    if not divisions:
        return f"{what}, such as {missing[0].file}; make them with: digitgen build CONFIG --out {out} --resume"
    of = max(divisions, key=lambda count: (divisions[count], count))
    absent = set(missing)
    counts = {part: [task for task in part.share(tasks) if task in absent] for part in parts_of(of)}
    lacking = {part: found for part, found in counts.items() if found}
    named = [f"part {part} ({len(found):,}, such as {found[0].file})" for part, found in list(lacking.items())[:_NAMED]]
    more = f" and {len(lacking) - _NAMED} more parts" if len(lacking) > _NAMED else ""
    again = _command(out, str(next(iter(lacking))))
    return f"{what}: {', '.join(named)}{more}; make them with {again}, and so on, then finish again"


def _command(out: Place, part: str) -> str:
    """Spell the command that builds a part."""
    return f"digitgen build CONFIG --out {out} --part {part}"
