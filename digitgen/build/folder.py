"""The place of a dataset to be: what is in it already, and what can stay."""

import contextlib
import re
from collections import Counter
from collections.abc import Mapping

from digitgen.build.identity import Identity
from digitgen.build.journal import Progress, journal_bytes, progress_in
from digitgen.build.places import Place
from digitgen.build.shards import ShardTask
from digitgen.dataset.check import check_files
from digitgen.dataset.manifest import (
    CARD_NAME,
    CONFIG_NAME,
    CROISSANT_NAME,
    JOURNAL_NAME,
    LOG_NAME,
    MANIFEST_NAME,
)
from digitgen.errors import ConfigError, DatasetError
from digitgen.format import SPLIT_NAME, is_journal_part, shard_index


def check_folder(out: Place, *, allowed: bool) -> Progress | None:
    """Refuse a place that holds something a build has no business with.

    Parameters
    ----------
    out : Place
        The place of the dataset to be.
    allowed : bool
        Whether a dataset, finished or not, may stand there.

    Returns
    -------
    Progress or None
        The progress of an earlier build there, if any.

    Raises
    ------
    DatasetError
        If a file, or a folder with other things in it, stands there.
    """
    if out.is_free():
        return None
    before = progress_in(out.store)
    if before is None:
        raise DatasetError(f"{out}: is not empty, and holds no dataset; name a new or empty folder")
    if not allowed:
        what = "a dataset" if MANIFEST_NAME in out.store.list("") else "an unfinished build"
        raise DatasetError(f"{out}: holds {what}; go on with --resume, start again with --overwrite, or name another")
    return before


def clear(out: Place, before: Progress | None, identity: Identity, tasks: list[ShardTask]) -> None:
    """Delete what an earlier build made, and nothing else, for a new build to begin.

    Parameters
    ----------
    out : Place
        The place of the dataset.
    before : Progress or None
        The progress of the earlier build.
    identity : Identity
        The identity of the new build.
    tasks : list of ShardTask
        The shards that are to stand there.
    """
    mine, theirs = Counter(task.split for task in tasks), _shards_of(before)
    out.delete([MANIFEST_NAME])
    # Should this be interrupted, the journal says whose folder it is, and what was to be built. So what only the old
    # one names goes before it is replaced.
    _delete_shards(out, theirs, mine)
    out.write(JOURNAL_NAME, journal_bytes(identity, []))
    out.tidy()
    out.delete([name for name in out.store.list("") if is_journal_part(name)])
    _delete_shards(out, mine, {})
    out.delete([CARD_NAME, CONFIG_NAME, LOG_NAME, CROISSANT_NAME])


def _delete_shards(out: Place, counts: Mapping[str, int], kept: Mapping[str, int]) -> None:
    """Delete the first `counts` shards of each split, but for the first `kept` of them, and folders that are empty."""
    for split, count in counts.items():
        indices = {name: shard_index(name.rpartition("/")[2]) for name in out.store.list(split)}
        first = kept.get(split, 0)
        out.delete([name for name, index in indices.items() if index is not None and first <= index < count])
        out.drop(split)


def _shards_of(before: Progress | None) -> dict[str, int]:
    """Count the shards of an earlier build in each split: those that it noted, and those that its recipe asks for.

    It may have been killed between the renaming of a shard and the note of it.
    """
    if before is None:
        return {}
    shards = Counter(entry.split for entry in before.entries.values())
    config = before.identity.config
    with contextlib.suppress(LookupError, TypeError, ValueError, ZeroDivisionError):  # of another version
        size = int(config["output"]["shard_size"])
        for split, asked in config["splits"].items():
            if re.fullmatch(SPLIT_NAME, split):
                shards[split] = max(shards[split], -(-int(asked["count"]) // size))
    return shards


def check_same(out: Place, before: Progress, identity: Identity) -> None:
    """Refuse to go on with another build.

    Parameters
    ----------
    out : Place
        The place of the dataset.
    before : Progress
        The progress of the earlier build.
    identity : Identity
        The identity of the build that is to go on with it.

    Raises
    ------
    ConfigError
        If they differ; the message has the difference.
    """
    if difference := before.identity.difference(identity):
        raise ConfigError(
            f"{out}: was begun otherwise ({'; '.join(difference)}); resume it as it was begun, "
            "or start again with --overwrite"
        )


def keep(
    out: Place, before: Progress | None, identity: Identity, tasks: list[ShardTask], *, progress: bool = False
) -> Progress:
    """Find the shards of an earlier build that can stay.

    Parameters
    ----------
    out : Place
        The place of the dataset; temporary files in it are deleted, once it is known to be the same build.
    before : Progress or None
        The progress of the earlier build.
    identity : Identity
        The identity of the build that is to be finished.
    tasks : list of ShardTask
        The shards to look for.
    progress : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    Progress
        The entries of the shards whose bytes have the hash they had when they were made; with the manifest
        if these are all, and nothing else is damaged.

    Raises
    ------
    ConfigError
        If the earlier build was another; the message has the difference.
    """
    if before is None:
        return Progress(identity, {})
    check_same(out, before, identity)
    out.tidy()
    stated = {task.file: (task.split, task.first, task.count) for task in tasks}
    known = [
        entry for name, entry in before.entries.items() if stated.get(name) == (entry.split, entry.first, entry.count)
    ]
    whole = out.whole(known, before.marks, progress=progress)
    kept = {entry.file: entry for entry in known if entry.file in whole}
    manifest = before.manifest
    complete = manifest and len(kept) == len(tasks) and not check_files(out.store, manifest)
    if complete:
        out.finish(fsync=False)  # which a build that was killed at the very end has left to do
    return Progress(identity, kept, manifest if complete else None, before.marks)
