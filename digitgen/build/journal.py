"""The journal of a build: the shards that are finished, so that a later build can go on from there.

The journal is a file of JSON lines in the dataset folder: first the identity of the build, then one line for each
finished shard. Each line carries a checksum; a line that was cut off by a crash is as good as none.
In a finished dataset the lines stand in order, and serve if the manifest is damaged.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pydantic import TypeAdapter, ValidationError

from digitgen.build.identity import Identity, identity_in
from digitgen.dataset.manifest import (
    JOURNAL_NAME,
    MAX_MANIFEST_BYTES,
    Manifest,
    ShardEntry,
    fingerprint,
    read_manifest,
)
from digitgen.errors import DamageError
from digitgen.files import read_plain, write_atomically

_IDENTITY: Final = TypeAdapter(Identity)


@dataclass(frozen=True)
class Progress:
    """The progress of an earlier build in a folder.

    Attributes
    ----------
    identity : Identity
        The identity of that build.
    entries : dict of str to ShardEntry
        By file, the shards that it finished, as they were when it did.
    manifest : Manifest or None
        The manifest, if it stands there and is whole.
    """

    identity: Identity
    entries: dict[str, ShardEntry]
    manifest: Manifest | None = None


class Journal:
    """A journal that is open for writing.

    Parameters
    ----------
    folder : Path
        The dataset folder.
    identity : Identity
        The identity of the build.
    kept : list of ShardEntry
        Shards that are finished already.
    """

    def __init__(self, folder: Path, identity: Identity, kept: list[ShardEntry]) -> None:
        write_atomically(folder / JOURNAL_NAME, journal_bytes(identity, kept))
        self._file = (folder / JOURNAL_NAME).open("ab", buffering=0)

    def add(self, entry: ShardEntry) -> None:
        """Note a shard that is under its final name."""
        self._file.write(_line(entry.model_dump()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def journal_bytes(identity: Identity, entries: list[ShardEntry]) -> bytes:
    """Write a whole journal.

    Parameters
    ----------
    identity : Identity
        The identity of the build.
    entries : list of ShardEntry
        Shards that are finished.

    Returns
    -------
    bytes
        All of the file.
    """
    return _line(asdict(identity)) + b"".join(_line(entry.model_dump()) for entry in entries)


def _line(content: dict[str, Any]) -> bytes:
    """Write a line of the journal, with its checksum."""
    return json.dumps({"checksum": fingerprint(content), **content}).encode() + b"\n"


def progress_in(folder: Path) -> Progress | None:
    """Find the progress of an earlier build in its manifest, or where that is damaged in its journal.

    Many programs write a `manifest.json` or a `journal.jsonl`. Ours are whole, and say what was built.

    Returns
    -------
    Progress or None
        None if nothing says what was built, so that the folder is not a build's to change.

    Raises
    ------
    DatasetError
        If the folder holds a dataset of another format.
    """
    try:
        manifest = read_manifest(folder)
    except DamageError:
        return _from_journal(folder)
    entries = {shard.file: shard for split in manifest.splits.values() for shard in split.shards}
    return Progress(identity_in(manifest), entries, manifest)


def _from_journal(folder: Path) -> Progress | None:
    """Find the progress of an earlier build in its journal."""
    try:
        lines = read_plain(folder, JOURNAL_NAME, MAX_MANIFEST_BYTES).splitlines()
        begun = _content(lines[0]) if lines else None
        if begun is None or set(begun) != {each.name for each in fields(Identity)}:
            return None
        identity = _IDENTITY.validate_python(begun)
        entries = [ShardEntry.model_validate(content) for content in map(_content, lines[1:]) if content is not None]
    except (OSError, ValidationError):
        return None
    return Progress(identity, {entry.file: entry for entry in entries})


def _content(line: bytes) -> dict[str, Any] | None:
    """Parse a line of the journal, unless it is damaged."""
    try:
        content = json.loads(line)
        checksum = content.pop("checksum")
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return None
    return content if checksum == fingerprint(content) else None
