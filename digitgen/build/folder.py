"""The folder of a dataset to be: what is in it already, whether there is room, and what can stay."""

import contextlib
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tqdm import tqdm

from digitgen.build.identity import Identity
from digitgen.build.journal import Progress, journal_bytes, progress_in
from digitgen.build.shards import ShardTask
from digitgen.dataset.check import check_files, hash_file
from digitgen.dataset.manifest import (
    CARD_NAME,
    CONFIG_NAME,
    JOURNAL_NAME,
    LOG_NAME,
    MANIFEST_NAME,
)
from digitgen.errors import BuildError, ConfigError, DatasetError
from digitgen.files import TEMPORARY_SUFFIX, is_left_by_system, sweep, write_atomically
from digitgen.format import SPLIT_NAME, shard_index

_SPARE_BYTES: Final = 1 << 20  # for the files beside the shards


def check_folder(out: Path, *, allowed: bool) -> Progress | None:
    """Refuse a place that holds something a build has no business with.

    Parameters
    ----------
    out : Path
        The dataset folder to be.
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
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out}: is a file; name a new or empty folder")
    if not out.is_dir() or all(
        path.name.endswith(TEMPORARY_SUFFIX) or is_left_by_system(path.name) for path in out.iterdir()
    ):
        return None
    before = progress_in(out)
    if before is None:
        raise DatasetError(f"{out}: is not empty, and holds no dataset; name a new or empty folder")
    if not allowed:
        what = "a dataset" if (out / MANIFEST_NAME).exists() else "an unfinished build"
        raise DatasetError(f"{out}: holds {what}; go on with --resume, start again with --overwrite, or name another")
    return before


def check_room(out: Path, needed: int) -> None:
    """Refuse to start a build that the disk cannot hold.

    Parameters
    ----------
    out : Path
        The dataset folder to be.
    needed : int
        Bytes of all shards.

    Raises
    ------
    BuildError
        If too few bytes are free.
    """
    parent = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(parent).free
    if free < needed + _SPARE_BYTES:
        raise BuildError(f"{out}: {needed:,} bytes are needed, the disk has {free:,} free")


def clear(out: Path, before: Progress | None, identity: Identity, tasks: list[ShardTask]) -> None:
    """Delete what an earlier build made, and nothing else, for a new build to begin.

    Parameters
    ----------
    out : Path
        The dataset folder.
    before : Progress or None
        The progress of the earlier build.
    identity : Identity
        The identity of the new build.
    tasks : list of ShardTask
        The shards that are to stand there.
    """
    mine, theirs = Counter(task.split for task in tasks), _shards_of(before)
    (out / MANIFEST_NAME).unlink(missing_ok=True)
    # Should this be interrupted, the journal says whose folder it is, and what was to be built. So what only the old
    # one names goes before it is replaced.
    _delete_shards(out, theirs, mine)
    write_atomically(out / JOURNAL_NAME, journal_bytes(identity, []))
    sweep(out)
    _delete_shards(out, mine, {})
    for name in (CARD_NAME, CONFIG_NAME, LOG_NAME):
        (out / name).unlink(missing_ok=True)


def _delete_shards(out: Path, counts: Mapping[str, int], kept: Mapping[str, int]) -> None:
    """Delete the first `counts` shards of each split, but for the first `kept` of them, and folders that are empty."""
    for split, count in counts.items():
        folder = out / split
        if folder.is_symlink() or not folder.is_dir():
            continue
        for path in folder.iterdir():
            index = shard_index(path.name)
            if index is not None and kept.get(split, 0) <= index < count:
                path.unlink()
        with contextlib.suppress(OSError):  # it holds other files
            folder.rmdir()


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


def keep(
    out: Path, before: Progress | None, identity: Identity, tasks: list[ShardTask], *, progress: bool = False
) -> Progress:
    """Find the shards of an earlier build that can stay.

    Parameters
    ----------
    out : Path
        The dataset folder; temporary files in it are deleted, once it is known to be the same build.
    before : Progress or None
        The progress of the earlier build.
    identity : Identity
        The identity of the build that is to be finished.
    tasks : list of ShardTask
        The shards that it consists of.
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
    if difference := before.identity.difference(identity):
        raise ConfigError(
            f"{out}: was begun otherwise ({'; '.join(difference)}); resume it as it was begun, "
            "or start again with --overwrite"
        )
    sweep(out)
    kept = {}
    known = [task for task in tasks if task.file in before.entries]
    for task in tqdm(known, desc="checking", unit=" files", disable=not progress):
        entry = before.entries[task.file]
        stated = (entry.split, entry.first, entry.count)
        with contextlib.suppress(OSError):  # it is missing, or no plain file
            if stated == (task.split, task.first, task.count) and hash_file(out, task.file) == entry.blake3:
                kept[task.file] = entry
    manifest = before.manifest
    complete = manifest and len(kept) == len(tasks) and not check_files(out, manifest)
    return Progress(identity, kept, manifest if complete else None)
