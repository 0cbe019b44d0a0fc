"""The journal of a build: the shards that are finished, so that a later build can go on from there.

The journal is a file of JSON lines in the dataset folder: first the identity of the build, then one line for each
finished shard. Each line carries a checksum; a line that was cut off by a crash is as good as none.
In a finished dataset the lines stand in order, and serve if the manifest is damaged.

Where nothing can be appended to a file, lines go into parts, files of their own that begin with the same identity.
A journal may have a second line that says whose it is, with a random number.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from digitgen.build.identity import Identity, identity_in
from digitgen.dataset.entries import ShardEntry
from digitgen.dataset.manifest import JOURNAL_NAME, MAX_MANIFEST_BYTES, Manifest, fingerprint, read_manifest
from digitgen.dataset.stores import Store
from digitgen.errors import DamageError
from digitgen.format import is_journal_part

_IDENTITY: Final = TypeAdapter(Identity)
_OWNER: Final = "owner"
_MARK: Final = "mark"


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
    marks : dict of str to str
        By file, the mark under which a store listed a shard when it was put there.
    """

    identity: Identity
    entries: dict[str, ShardEntry]
    manifest: Manifest | None = None
    marks: dict[str, str] = field(default_factory=dict)


def journal_bytes(
    identity: Identity, entries: list[ShardEntry], marks: Mapping[str, str] | None = None, *, owned: bool = False
) -> bytes:
    """Write a whole journal.

    Parameters
    ----------
    identity : Identity
        The identity of the build.
    entries : list of ShardEntry
        Shards that are finished.
    marks : mapping of str to str, optional
        The store's mark of each, as far as it is known.
    owned : bool, default False
        Add a line that no other build would write, so that whoever reads it can tell its own journal.

    Returns
    -------
    bytes
        All of the file.
    """
    marks = marks or {}
    owner = [line_of({_OWNER: uuid.uuid4().hex})] if owned else []
    lines = (journal_line(entry, marks.get(entry.file)) for entry in entries)
    return b"".join((line_of(asdict(identity)), *owner, *lines))


def journal_line(entry: ShardEntry, mark: str | None = None) -> bytes:
    """Write the line of a shard that is under its final name.

    Parameters
    ----------
    entry : ShardEntry
        Its entry.
    mark : str, optional
        The store's mark of it.

    Returns
    -------
    bytes
        The line, with its end.
    """
    return line_of(entry.model_dump() | ({_MARK: mark} if mark else {}))


def line_of(content: dict[str, Any]) -> bytes:
    """Write a line of a journal: JSON with a checksum, and the end of the line."""
    return json.dumps({"checksum": fingerprint(content), **content}).encode() + b"\n"


def progress_in(store: Store) -> Progress | None:
    """Find the progress of an earlier build in its manifest, or where that is damaged in its journal.

    Many programs write a `manifest.json` or a `journal.jsonl`. Ours are whole, and say what was built.

    Returns
    -------
    Progress or None
        None if nothing says what was built, so that the place is not a build's to change.

    Raises
    ------
    DatasetError
        If the place holds a dataset of another format.
    """
    try:
        manifest = read_manifest(store)
    except DamageError:
        return _from_journal(store)
    entries = {shard.file: shard for split in manifest.splits.values() for shard in split.shards}
    return Progress(identity_in(manifest), entries, manifest)


def _from_journal(store: Store) -> Progress | None:
    """Find the progress of an earlier build in its journal, and in those parts that are of the same build."""
    found: Progress | None = None
    try:
        parts = sorted(name for name in store.list("") if is_journal_part(name))
        for name in (JOURNAL_NAME, *parts):
            lines = store.read(name, MAX_MANIFEST_BYTES).splitlines()
            begun = content_of(lines[0]) if lines else None
            if begun is None or set(begun) != {each.name for each in fields(Identity)}:
                if found is None:
                    return None
                continue
            identity = _IDENTITY.validate_python(begun)
            found = found or Progress(identity, {})
            if identity == found.identity:
                _note(lines[1:], found)
    except (OSError, ValidationError):
        return None
    return found


def _note(lines: list[bytes], progress: Progress) -> None:
    """Note the shards that lines of a journal tell of."""
    for content in map(content_of, lines):
        if content is None or _OWNER in content:
            continue
        mark = content.pop(_MARK, None)
        entry = ShardEntry.model_validate(content)
        progress.entries[entry.file] = entry
        if isinstance(mark, str):
            progress.marks[entry.file] = mark


def content_of(line: bytes) -> dict[str, Any] | None:
    """Parse a line of a journal; None if it is damaged or cut off."""
    try:
        content = json.loads(line)
        checksum = content.pop("checksum")
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return None
    return content if checksum == fingerprint(content) else None
