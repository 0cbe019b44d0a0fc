"""Export a dataset, one part after the other, so that it survives whatever ends it."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from digitgen.address import is_address
from digitgen.arrays import Arrays
from digitgen.checks import AnyPath, check_flag, check_path, check_say, check_words, choose
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import CARD_NAME, Manifest, fingerprint, read_manifest
from digitgen.dataset.stores import LocalStore, Store, store_of
from digitgen.errors import ArgumentError, DatasetError, ExportError, LockedError
from digitgen.export import FORMATS
from digitgen.export.card import export_card
from digitgen.export.columns import array_names
from digitgen.export.exporter import Exporter, Part, Plan
from digitgen.export.formats import exporter_of
from digitgen.export.progress import (
    JOURNAL,
    SCRATCH,
    Progress,
    is_free,
    part_line,
    put,
    read_progress,
    sizes,
    still_there,
    write_journal,
)
from digitgen.files import TEMPORARY_SUFFIX, locked, unlinked
from digitgen.messages import Say, has_no
from digitgen.progress import progress_bar
from digitgen.version import VERSION

if TYPE_CHECKING:
    from tqdm import tqdm

_BLOCK: Final = 1024  # images that are read at a time
_DIFFERENT: Final = {
    "format": "another format",
    "dataset": "another dataset",
    "splits": "other splits",
    "images": "other columns",
    "digitgen": "another version of digitgen",
}
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Exported:
    """A finished export.

    Attributes
    ----------
    out : Path
        Its folder.
    to : str
        Its format.
    images : int
        Number of images that it is of.
    files : int
        Number of its files.
    bytes : int
        Their size.
    """

    out: Path
    to: str
    images: int
    files: int
    bytes: int


def export_dataset(
    path: AnyPath,
    to: str,
    out: AnyPath,
    *,
    splits: Sequence[str] | None = None,
    images: bool = True,
    fsync: bool = True,
    progress: bool = False,
    say: Say = lambda _: None,
) -> Exported:
    """Export a dataset into a format of others.

    Given once more after an interruption, it goes on: a part that is there is kept.

    Parameters
    ----------
    path : str or path-like
        The dataset folder, or its address in a store.
    to : str
        The format: ``"parquet"``, ``"webdataset"``, ``"mds"``, ``"lmdb"``, ``"coco"`` or ``"png"``.
    out : str or path-like
        A new or empty folder of this machine, or the one of the same export.
    splits : sequence of str, optional
        The splits to export; all by default.
    images : bool, default True
        Export images; without them, ``"parquet"`` is a table of labels.
    fsync : bool, default True
        Have every file on the disk before it gets its name. Only tests and benchmarks have a reason not to.
    progress : bool, default False
        Show a progress bar on stderr.
    say : callable, optional
        Takes a line of text for each thing that the user should know.

    Returns
    -------
    Exported
        What was written.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type, there is no such format, or it has no sense without images.
    DatasetError
        If there is no such dataset or split, or something else stands at `out`.
    DamageError
        If a shard is absent or damaged. What was put until then is whole.
    LockedError
        If another process is exporting there.
    ExportError
        If writing fails: the disk is full, for example.
    DigitgenError
        If a library that the format needs is not installed.
    """
    store, say = store_of(path), check_say(say)
    to = choose("to", to, FORMATS)
    images, fsync, progress = (
        check_flag(name, value) for name, value in {"images": images, "fsync": fsync, "progress": progress}.items()
    )
    kind = exporter_of(to)
    if not images and not kind.allows_no_images:
        raise ArgumentError(f"images are what {to} is for; without them, export to parquet")
    folder = _folder(out, store)
    manifest = read_manifest(store)
    plan = Plan(manifest, _splits(store, manifest, splits), images, folder, folder / SCRATCH / "pieces", fsync)
    identity = _identity(to, plan)
    try:
        _check_place(folder, identity)
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, say), _scratch(folder):
            return _export(store, kind(plan), identity, progress, say)
    except LockedError:
        raise LockedError(f"{folder}: another export is writing here; wait, or name another folder") from None
    except OSError as error:
        _explain(error, folder)


def _folder(out: AnyPath, store: Store) -> Path:
    """Check the folder of an export."""
    if is_address(out):
        raise ArgumentError("out must be a folder of this machine; exports are not written into stores")
    folder = check_path("out", out)
    if isinstance(store, LocalStore) and store.folder.resolve() in folder.resolve().parents:
        raise DatasetError(f"{folder}: is inside the dataset, which holds nothing else; name another folder")
    return folder


def _splits(store: Store, manifest: Manifest, splits: Sequence[str] | None) -> tuple[str, ...]:
    """Check the splits to export, and put them into the dataset's order."""
    if splits is None:
        return tuple(manifest.splits)
    wanted = check_words("splits", splits)
    if not wanted:
        raise ArgumentError("splits must name at least one split, or be None for all of them")
    for name in wanted:
        if name not in manifest.splits:
            raise DatasetError(f"{store}: {has_no('split', name, manifest.splits)}")
    return tuple(name for name in manifest.splits if name in wanted)


def _identity(to: str, plan: Plan) -> dict[str, Any]:
    """Say what is exported into what; two exports that agree in it have the same files."""
    return {
        "format": to,
        "dataset": fingerprint(plan.manifest.model_dump(mode="json")),
        "splits": list(plan.splits),
        "images": plan.images,
        "digitgen": VERSION,
    }


def _check_place(out: Path, identity: dict[str, Any]) -> Progress:
    """Refuse a place that holds something else; find how far the same export is there."""
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out}: is a file; name a new or empty folder")
    before = read_progress(out)
    if before is None:
        if not is_free(out):
            raise DatasetError(f"{out}: is not empty, and holds no export; name a new or empty folder")
        return Progress(identity)
    other = [words for name, words in _DIFFERENT.items() if before.identity.get(name) != identity[name]]
    if other:
        raise DatasetError(
            f"{out}: holds an export with {' and '.join(other)}; name another folder, or delete it first"
        )
    return before


@contextlib.contextmanager
def _scratch(out: Path) -> Iterator[None]:
    """Have a folder to work in; what is under way in it goes when this ends, however it does."""
    work = unlinked(out, f"{SCRATCH}/work")
    shutil.rmtree(work, ignore_errors=True)
    for left in out.glob(f".*{TEMPORARY_SUFFIX}"):  # of a journal, by a run that was killed
        left.unlink()
    try:
        yield
    finally:
        shutil.rmtree(work, ignore_errors=True)
        with contextlib.suppress(OSError):  # pieces are in it, for the next run
            (out / SCRATCH).rmdir()


def _export(store: Store, exporter: Exporter, identity: dict[str, Any], bar: bool, say: Say) -> Exported:
    """Write the parts that are not there, and finish."""
    plan = exporter.plan
    before = _check_place(plan.out, identity)
    there = still_there(plan.out, before)
    parts = plan.parts
    if there.finished is None:
        if before.parts:
            say(f"{plan.out}: {len(there.parts)} of {len(parts)} parts are there")
        write_journal(plan.out, there, fsync=plan.fsync)
        with (plan.out / JOURNAL).open("ab", buffering=0) as journal:
            _write_parts(store, exporter, [part for part in parts if part.file not in there.parts], there, journal, bar)
        there.parts = {part.file: there.parts[part.file] for part in parts}
        there.finished = _finish(exporter)
        write_journal(plan.out, there, fsync=plan.fsync)
    shutil.rmtree(plan.out / SCRATCH, ignore_errors=True)
    images = sum(part.count for part in parts)
    files, size = (sum(column) for column in zip(*there.entries.values(), strict=True))
    return Exported(plan.out, str(identity["format"]), images, files, size)


def _write_parts(
    store: Store, exporter: Exporter, missing: list[Part], there: Progress, journal: Any, progress: bool
) -> None:
    """Write parts, put each when it is whole, and note it."""
    plan = exporter.plan
    with progress_bar(shown=progress, total=sum(part.count for part in missing), unit="images") as bar:
        for part in missing:
            work = _fresh(plan)
            exporter.write(part, _blocks(store, plan, part, bar), work)
            there.parts[part.file] = put(work, plan.out, fsync=plan.fsync)
            journal.write(part_line(part.file, there.parts[part.file]))


def _finish(exporter: Exporter) -> dict[str, list[int]]:
    """Write what comes last, the card among it."""
    work = _fresh(exporter.plan)
    exporter.finish(work)
    (work / CARD_NAME).write_text(export_card(exporter), encoding="utf-8")
    out = exporter.plan.out
    return sizes(out, exporter.in_place) | put(work, out, fsync=exporter.plan.fsync)


def _fresh(plan: Plan) -> Path:
    """Make an empty folder to work in."""
    work = plan.out / SCRATCH / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    return work


def _blocks(store: Store, plan: Plan, part: Part, bar: "tqdm[Any]") -> Iterator[Arrays]:
    """Read the arrays of a part that an export has columns of, block by block; its hash is compared first."""
    dataset = DigitDataset(store, part.split, check_hashes=True, manifest=plan.manifest)
    names = array_names(plan.columns(part.split), plan.manifest.splits[part.split].spec)
    with contextlib.closing(dataset):
        for first in range(part.first, part.first + part.count, _BLOCK):
            last = min(first + _BLOCK, part.first + part.count)
            yield dataset.arrays(names, slice(first, last))
            bar.update(last - first)


def _explain(error: OSError, out: Path) -> NoReturn:
    """Say in one line what went wrong with the files, and how to go on."""
    where = out if f"{SCRATCH}{os.sep}" in str(error.filename) else error.filename or out
    line = f"{where}: {error.strerror or error}"
    if error.errno in _FULL:
        line += "; make room and export once more: parts that are there are kept"
    raise ExportError(line) from error
