"""What a build has finished so far, so that a later one can go on from there.

The journal is a file of JSON lines in the dataset folder: first what is being built, then one line a
finished shard. Each line carries a checksum; a line that was cut off by a crash is as good as none.
It is removed once the manifest says everything.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pydantic import ValidationError

from digitgen.errors import DamageError
from digitgen.files import write_atomically
from digitgen.identity import Identity
from digitgen.manifest import MANIFEST_NAME, ShardEntry, fingerprint, read_manifest

JOURNAL_NAME: Final = ".build-journal.jsonl"


@dataclass(frozen=True)
class Progress:
    """What an earlier build left in a folder.

    Attributes
    ----------
    identity : Identity
        What it was building.
    entries : dict of str to ShardEntry
        By file, the shards that it finished, as they were when it did.
    complete : bool
        Whether a whole manifest stands over them.
    """

    identity: Identity
    entries: dict[str, ShardEntry]
    complete: bool


class Journal:
    """A journal that is open for writing.

    Parameters
    ----------
    folder : Path
        The dataset folder.
    identity : Identity
        What is being built.
    kept : list of ShardEntry
        Shards that are finished already.
    """

    def __init__(self, folder: Path, identity: Identity, kept: list[ShardEntry]) -> None:
        head = _line(asdict(identity))
        write_atomically(folder / JOURNAL_NAME, head + b"".join(_line(entry.model_dump()) for entry in kept))
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


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps({"checksum": fingerprint(content), **content}).encode() + b"\n"


def read_progress(folder: Path) -> Progress | None:
    """Find out what an earlier build left in a folder.

    A whole manifest counts most, then the journal, then what can still be read of a damaged manifest:
    its entries are only claims, but a shard whose bytes have the hash that is claimed is that shard.

    Returns
    -------
    Progress or None
        None if the folder is not known to be a dataset.

    Raises
    ------
    DatasetError
        If the folder holds a dataset of another format.
    """
    try:
        return _from_manifest(read_manifest(folder).model_dump(mode="json"), complete=True)
    except DamageError:
        return _from_journal(folder) or _from_manifest(_salvage(folder / MANIFEST_NAME), complete=False)


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a dataset of digitgen, finished or not, damaged or not.

    Many programs write a `manifest.json`. Ours is known by its words, which survive most damage.
    """
    try:
        head = (folder / MANIFEST_NAME).read_bytes()
    except OSError:
        head = b""
    return (folder / JOURNAL_NAME).exists() or sum(word in head for word in _OUR_WORDS) >= len(_OUR_WORDS) - 1


_OUR_WORDS: Final = (b'"checksum"', b'"digitgen"', b'"fingerprint"', b'"max_length"')


def _from_journal(folder: Path) -> Progress | None:
    try:
        lines = (folder / JOURNAL_NAME).read_bytes().splitlines()
    except OSError:
        return None
    contents = [content for content in map(_content, lines) if content is not None]
    if not contents or "config" not in contents[0]:
        return None
    entries = [ShardEntry.model_validate(content) for content in contents[1:]]
    identity = Identity(**contents[0])
    return Progress(identity, {entry.file: entry for entry in entries}, complete=False)


def _content(line: bytes) -> dict[str, Any] | None:
    """Parse a line of the journal, unless it is damaged."""
    try:
        content = json.loads(line)
        checksum = content.pop("checksum")
    except (ValueError, AttributeError, KeyError):
        return None
    return content if checksum == fingerprint(content) else None


def _salvage(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _from_manifest(manifest: Any, complete: bool) -> Progress | None:
    """Read progress off a manifest that may be damaged anywhere."""
    try:
        splits = manifest["splits"]
        sources = {name: split["source"]["files"] for name, split in splits.items()}
        identity = Identity(manifest["config"], sources, manifest["tool"])
        entries = [ShardEntry.model_validate(shard) for split in splits.values() for shard in split["shards"]]
    except (LookupError, TypeError, AttributeError, ValidationError):
        return None
    return Progress(identity, {entry.file: entry for entry in entries}, complete)
