"""The place where a dataset is to stand: what is there already, whether there is room, what can stay."""

import contextlib
import shutil
from pathlib import Path
from typing import Final

from tqdm import tqdm

from digitgen.errors import BuildError, ConfigError, DatasetError
from digitgen.files import sweep
from digitgen.identity import Identity
from digitgen.journal import JOURNAL_NAME, Progress, is_dataset, read_progress
from digitgen.manifest import CARD_NAME, CONFIG_NAME, LOG_NAME, MANIFEST_NAME, check_files, read_manifest
from digitgen.preflight import ShardTask
from digitgen.shard_reader import hash_file

_SPARE_BYTES: Final = 1 << 20  # for the files beside the shards


def check_place(out: Path, *, allowed: bool) -> None:
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
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not is_dataset(out):
        raise DatasetError(f"{out}: is not empty, and holds no dataset; name a new or empty folder")
    if not allowed:
        what = "an unfinished build" if (out / JOURNAL_NAME).exists() else "a dataset"
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


def clear(out: Path) -> None:
    """Delete what a build makes, and nothing else; the manifest first."""
    (out / MANIFEST_NAME).unlink(missing_ok=True)
    sweep(out)
    for pattern in ("*/shard-*.h5", CARD_NAME, CONFIG_NAME, LOG_NAME, JOURNAL_NAME):
        for path in out.glob(pattern):
            path.unlink()
    for folder in out.iterdir():
        if folder.is_dir():
            with contextlib.suppress(OSError):  # it holds files of somebody else
                folder.rmdir()


def keep(out: Path, identity: Identity, tasks: list[ShardTask], *, progress: bool = False) -> Progress:
    """Find what an earlier build left that can stay.

    Parameters
    ----------
    out : Path
        The dataset folder; temporary files in it are deleted.
    identity : Identity
        Of the build that is to be finished.
    tasks : list of ShardTask
        The shards that it consists of.
    progress : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    Progress
        The entries of the shards whose bytes have the hash they had when they were made; complete if
        these are all, and nothing else is damaged.

    Raises
    ------
    ConfigError
        If the earlier build was another; the message has the difference.
    """
    sweep(out)
    before = read_progress(out)
    if before is None:
        return Progress(identity, {}, complete=False)
    if difference := before.identity.difference(identity):
        raise ConfigError(
            f"{out}: was begun otherwise ({'; '.join(difference)}); resume it as it was begun, "
            "or start again with --overwrite"
        )
    kept = {}
    known = [task for task in tasks if task.file in before.entries]
    for task in tqdm(known, desc="checking", unit=" files", disable=not progress):
        entry = before.entries[task.file]
        stated = (entry.split, entry.first, entry.count)
        if stated == (task.split, task.first, task.count) and hash_file(out / task.file) == entry.blake3:
            kept[task.file] = entry
    complete = before.complete and len(kept) == len(tasks) and not check_files(out, read_manifest(out))
    return Progress(identity, kept, complete)
