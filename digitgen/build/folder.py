"""The place where a dataset is to stand: what is there already, whether there is room, what can stay."""

import contextlib
import shutil
from pathlib import Path
from typing import Final

from tqdm import tqdm

from digitgen.build.identity import Identity
from digitgen.build.journal import Progress, is_dataset, journal_bytes, read_progress
from digitgen.build.preflight import ShardTask
from digitgen.dataset.check import check_files, hash_file
from digitgen.dataset.manifest import (
    CARD_NAME,
    CONFIG_NAME,
    JOURNAL_NAME,
    LOG_NAME,
    MANIFEST_NAME,
)
from digitgen.errors import BuildError, ConfigError, DatasetError
from digitgen.files import TEMPORARY_SUFFIX, sweep, write_atomically
from digitgen.format import is_shard

_SPARE_BYTES: Final = 1 << 20  # for the files beside the shards


def check_folder(out: Path, *, allowed: bool) -> None:
    """Refuse a place where something stands that a build has no business with.

    Parameters
    ----------
    out : Path
        The dataset folder to be.
    allowed : bool
        Whether a dataset, finished or not, may stand there.

    Raises
    ------
    DatasetError
        If a file, or a folder with other things in it, stands there.
    """
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out}: is a file; name a new or empty folder")
    if not out.is_dir() or all(path.name.endswith(TEMPORARY_SUFFIX) for path in out.iterdir()):
        return
    if not is_dataset(out):
        raise DatasetError(f"{out}: is not empty, and holds no dataset; name a new or empty folder")
    if not allowed:
        what = "a dataset" if (out / MANIFEST_NAME).exists() else "an unfinished build"
        raise DatasetError(f"{out}: holds {what}; go on with --resume, start again with --overwrite, or name another")


def check_room(out: Path, needed: int) -> None:
    """Refuse to start what the disk cannot hold.

    Raises
    ------
    BuildError
        If less than `needed` bytes are free.
    """
    parent = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(parent).free
    if free < needed + _SPARE_BYTES:
        raise BuildError(f"{out}: {needed:,} bytes are needed, the disk has {free:,} free")


def clear(out: Path, identity: Identity, tasks: list[ShardTask]) -> None:
    """Delete what an earlier build made, and nothing else, for a new build to begin.

    Parameters
    ----------
    out : Path
        The dataset folder.
    identity : Identity
        Of the new build.
    tasks : list of ShardTask
        The shards that are to stand there; what an earlier build called its own is found out.
    """
    before = read_progress(out)
    splits = {task.split for task in tasks} | {entry.split for entry in (before.entries.values() if before else ())}
    (out / MANIFEST_NAME).unlink(missing_ok=True)
    # Should this be interrupted, the journal says whose folder it is, and what was to be built.
    write_atomically(out / JOURNAL_NAME, journal_bytes(identity, []))
    sweep(out)
    for split in splits:
        folder = out / split
        if folder.parent == out and folder.is_dir() and not folder.is_symlink():
            for path in folder.iterdir():
                if is_shard(path.name):
                    path.unlink()
            with contextlib.suppress(OSError):  # it holds files of somebody else
                folder.rmdir()
    for name in (CARD_NAME, CONFIG_NAME, LOG_NAME):
        (out / name).unlink(missing_ok=True)


def keep(out: Path, identity: Identity, tasks: list[ShardTask], *, progress: bool = False) -> Progress:
    """Find what an earlier build left that can stay.

    Parameters
    ----------
    out : Path
        The dataset folder; temporary files in it are deleted, once it is known to be the same build.
    identity : Identity
        Of the build that is to be finished.
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
    DatasetError
        If there are shards, and nothing left that says what they are.
    """
    before = read_progress(out)
    if before is None:
        if any((out / task.file).exists() for task in tasks):
            raise DatasetError(f"{out}: what was built here can no longer be told; start again with --overwrite")
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
        if stated == (task.split, task.first, task.count) and hash_file(out / task.file) == entry.blake3:
            kept[task.file] = entry
    manifest = before.manifest
    complete = manifest and len(kept) == len(tasks) and not check_files(out, manifest)
    return Progress(identity, kept, manifest if complete else None)
