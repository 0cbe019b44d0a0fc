"""The progress of an export: the parts that stand in its folder, by a journal, so that a later run goes on from there.

The journal is a hidden file of JSON lines. The first says what is exported into what; one line follows for each part
that is there, with the files and folders that it put; a last one says that all is finished.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from digitgen.build.journal import content_of, line_of
from digitgen.dataset.manifest import MAX_MANIFEST_BYTES
from digitgen.files import TEMPORARY_SUFFIX, is_left_by_system, read_plain, sync, unlinked, write_atomically
from digitgen.system import sync_folder

JOURNAL: Final = ".digitgen-export.jsonl"
SCRATCH: Final = ".digitgen-export"
"""The hidden folder in which an export works; it is gone in the end."""
_FEW: Final = 64  # files that are synced, moved and noted one by one, which takes milliseconds each

Entries = dict[str, list[int]]
"""For each file, or folder of many, its number of files and of bytes."""
_NAME: Final = r"^\.?[\w-][\w.-]*(/[\w-][\w.-]*)*$"  # of what exports put, which is below their folder
_SIZE: Final = Field(min_length=2, max_length=2)
_ENTRIES: Final = TypeAdapter(dict[Annotated[str, Field(pattern=_NAME)], Annotated[list[int], _SIZE]])


@dataclass
class Progress:
    """The progress of an export.

    Attributes
    ----------
    identity : dict
        What is exported into what.
    parts : dict of str to dict
        By name of the shard, what each part put.
    finished : dict or None
        What finishing put, once it has.
    """

    identity: dict[str, Any]
    parts: dict[str, Entries] = field(default_factory=dict)
    finished: Entries | None = None

    @property
    def entries(self) -> Entries:
        """All that was put, and stays."""
        found = {name: size for entries in self.parts.values() for name, size in entries.items()}
        return {name: size for name, size in (found | (self.finished or {})).items() if not name.startswith(SCRATCH)}

    def lines(self) -> bytes:
        """Write the journal of it."""
        lines = [line_of(self.identity), *(part_line(name, entries) for name, entries in self.parts.items())]
        if self.finished is not None:
            lines.append(line_of({"finished": True, "entries": self.finished}))
        return b"".join(lines)


def part_line(name: str, entries: Entries) -> bytes:
    """Write the line of a part that is there.

    Parameters
    ----------
    name : str
        Name of its shard.
    entries : dict
        What it put.

    Returns
    -------
    bytes
        The line, with its end.
    """
    return line_of({"part": name, "entries": entries})


def is_free(out: Path) -> bool:
    """Whether a folder is absent, or holds nothing but what systems and killed exports leave."""
    if not out.is_dir():
        return not out.exists()
    if (out / JOURNAL).exists():
        return False
    return all(
        path.name == SCRATCH or path.name.endswith(TEMPORARY_SUFFIX) or is_left_by_system(path.name)
        for path in out.iterdir()
    )


def read_progress(out: Path) -> Progress | None:
    """Find how far an export in a folder is; None if none has begun there. A line that none writes says nothing."""
    try:
        lines = read_plain(out, JOURNAL, MAX_MANIFEST_BYTES).splitlines()
    except OSError:
        return None
    identity = content_of(lines[0]) if lines else None
    if identity is None:
        return None
    progress = Progress(identity)
    for content in map(content_of, lines[1:]):
        try:
            entries = _ENTRIES.validate_python((content or {}).get("entries"))
        except ValidationError:
            continue
        match content:
            case {"part": str(name)}:
                progress.parts[name] = entries
            case {"finished": True} if entries:
                progress.finished = entries
    return progress


def still_there(out: Path, progress: Progress) -> Progress:
    """Leave only what is still there of an export.

    Parameters
    ----------
    out : Path
        Its folder.
    progress : Progress
        How far it was.

    Returns
    -------
    Progress
        The parts whose files are there and have their sizes. If a finished export lacks a file, none is left: what
        finishing needs of the parts is gone.
    """
    there = {name: entries for name, entries in progress.parts.items() if _all_there(out, entries)}
    if progress.finished is None:
        return Progress(progress.identity, there)
    whole = _all_there(out, progress.entries)
    return progress if whole else Progress(progress.identity)


def sizes(out: Path, names: Iterable[str]) -> Entries:
    """Count files and bytes.

    Parameters
    ----------
    out : Path
        The folder of an export.
    names : iterable of str
        Names of files and folders in it.

    Returns
    -------
    dict
        By name, the number of its files and of their bytes.
    """
    return {name: _size(out / name) for name in names}


def _all_there(out: Path, entries: Mapping[str, list[int]]) -> bool:
    """Whether files and folders are there, in size."""
    return all(_size(out / name) == size for name, size in entries.items())


def _size(path: Path) -> list[int]:
    """Count files and bytes of a file or folder; none of either if it is absent."""
    files = _files(path) if path.is_dir() else [path] if path.is_file() else []
    return [len(files), sum(file.stat().st_size for file in files)]


def _files(folder: Path) -> list[Path]:
    """List the files below a folder."""
    return [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]


def write_journal(out: Path, progress: Progress, *, fsync: bool) -> None:
    """Write the whole journal of an export.

    Parameters
    ----------
    out : Path
        Its folder.
    progress : Progress
        How far it is.
    fsync : bool
        Have it on the disk before it gets its name.
    """
    write_atomically(out / JOURNAL, progress.lines(), fsync=fsync)


def put(folder: Path, out: Path, *, fsync: bool) -> Entries:
    """Move all that stands in a folder to the same place in the folder of an export, once it is on the disk.

    Parameters
    ----------
    folder : Path
        The folder, which is empty afterwards; on the same disk.
    out : Path
        The folder of the export. Files in it make way for those of the same name.
    fsync : bool
        Have what is moved on the disk first.

    Returns
    -------
    dict
        What was moved: files, and folders of many files.

    Raises
    ------
    OSError
        If that fails, or a link would lead out of the folder.
    """
    if fsync:
        _sync_all(_files(folder))
    return _move(folder, out, "", fsync=fsync)


def _sync_all(files: list[Path]) -> None:
    """Have files on the disk."""
    if len(files) > _FEW and hasattr(os, "sync"):
        os.sync()  # a hundred times as fast as syncing thousands of small files one by one
        return
    for file in files:
        sync(file)


def _move(folder: Path, out: Path, within: str, *, fsync: bool) -> Entries:
    """Move what stands in a folder; a folder of many files moves as a whole, in place of one that may be there."""
    moved: Entries = {}
    target = unlinked(out, within)
    target.mkdir(exist_ok=True)
    for path in sorted(folder.iterdir()):
        name = f"{within}/{path.name}" if within else path.name
        if path.is_dir() and sum(1 for _ in path.iterdir()) <= _FEW:
            moved |= _move(path, out, name, fsync=fsync)
            path.rmdir()
            continue
        moved[name] = _size(path)
        if path.is_dir():
            shutil.rmtree(out / name, ignore_errors=True)  # a run that was killed has put it, and not noted it
        path.replace(out / name)
    if fsync:
        sync_folder(target)
    return moved
