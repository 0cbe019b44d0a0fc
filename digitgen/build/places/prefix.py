"""Build in a store that has an address: shards are made in a scratch folder, put whole, and created only once."""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from digitgen.build.parts import Part
from digitgen.build.places.folder import check_disk
from digitgen.build.places.place import Place
from digitgen.dataset.entries import ShardEntry
from digitgen.dataset.manifest import JOURNAL_NAME, MANIFEST_NAME
from digitgen.dataset.stores.remote import RemoteStore, remote_store
from digitgen.dataset.stores.store import Found
from digitgen.errors import BuildError, LockedError
from digitgen.format import is_journal_part, journal_part, shard_index
from digitgen.messages import Say
from digitgen.progress import progress_bar
from digitgen.scratch import scratch_folder, sweep_dead_scratch

_LANES: Final = 4
_PART_LINES: Final = 256  # of a journal
_PART_SECONDS: Final = 2.0  # between two writings of the part that grows
_MOST_JOURNAL: Final = 1 << 28


class Prefix(Place):
    """A folder in a store.

    Parameters
    ----------
    address : str
        Its address.
    """

    lanes = _LANES
    is_shared = True
    store: RemoteStore
    _key = ""

    def __init__(self, address: str) -> None:
        self.store = remote_store(address).fresh()
        self._marks: dict[str, str | None] = {}

    def for_part(self, part: Part) -> "PartOfPrefix":
        """Make the same place for a part of a build."""
        return PartOfPrefix(str(self.store), part)

    def is_made(self) -> bool:
        """Whether it is there: it need not be made."""
        return True

    def is_free(self) -> bool:
        """Whether no file is there."""
        return self.store.is_empty()

    def looking(self) -> AbstractContextManager[None]:
        """Pass: there are no locks."""
        return contextlib.nullcontext()

    def holding(self, say: Say) -> AbstractContextManager[None]:  # noqa: ARG002
        """Pass: a build that begins creates the journal, and none can do so twice."""
        return contextlib.nullcontext()

    def check_room(self, needed: int, in_flight: int) -> None:
        """Refuse a scratch disk without room for the shards that wait."""
        with scratch_folder() as folder:
            check_disk(f"{folder} (for {self})", Path(folder), min(needed, in_flight))

    @contextmanager
    def scratch(self, splits: Iterable[str], owner: str) -> Iterator[Path]:  # noqa: ARG002
        """Lend a temporary folder."""
        sweep_dead_scratch()
        with scratch_folder() as name:
            for split in splits:
                Path(name, split).mkdir()
            yield Path(name)

    def whole(self, entries: list[ShardEntry], marks: Mapping[str, str], *, progress: bool) -> set[str]:
        """Compare what the store lists; where its marks say nothing, read back."""
        there = self._shards({entry.split for entry in entries})
        found, unsure = set(), []
        for entry in entries:
            listed = there.get(entry.file)
            if listed is None or listed.size != entry.bytes:
                continue
            if listed.mark is not None and listed.mark == marks.get(entry.file):
                found.add(entry.file)
            else:
                unsure.append(entry)

        def is_whole(entry: ShardEntry) -> bool:
            return self.store.has(entry.file, entry.bytes, entry.blake3)

        answers = progress_bar(
            zip(unsure, self.store.in_lanes(is_whole, unsure), strict=True),
            shown=progress and bool(unsure), total=len(unsure), unit="files", what="checking",
        )  # fmt: skip
        found |= {entry.file for entry, whole in answers if whole}
        self._marks.update((name, there[name].mark) for name in found)
        return found

    def begin(self, journal: bytes, missing: list[str], *, fresh: bool) -> None:
        """Create the journal, which nobody else can then do; delete shards that are to be made again."""
        self.store.delete([MANIFEST_NAME])
        try:
            self.store.put(JOURNAL_NAME, journal, replace=not fresh)
        except FileExistsError:
            raise LockedError(
                f"{self}: another build has just begun here; wait for it, or name another folder"
            ) from None
        if not fresh:
            self._make_way(missing)

    def _make_way(self, missing: list[str]) -> None:
        """Delete shards that are to be made again, for none is replaced."""
        there = self._shards({name.partition("/")[0] for name in missing})
        self.store.delete([name for name in missing if name in there])

    @contextmanager
    def appending(self, journal: bytes) -> Iterator[Callable[[bytes], object]]:
        """Write lines into parts of the journal, for nothing can be appended to a file in a store."""
        parts = _Parts(self.store, journal.partition(b"\n")[0] + b"\n", self._key)
        try:
            yield parts.add
        except BaseException:
            self.store.give_up()
            with contextlib.suppress(OSError):
                parts.write()
            raise
        parts.write()

    def commit(self, temporary: Path, entry: ShardEntry, *, fsync: bool) -> str | None:  # noqa: ARG002
        """Put the file, and delete it here."""
        self._marks[entry.file] = mark = self.store.put(entry.file, temporary.read_bytes())
        temporary.unlink()
        return mark

    @property
    def store_for_workers(self) -> RemoteStore:
        """The store itself."""
        return self.store

    def note(self, entry: ShardEntry, mark: str | None) -> None:
        """Note the mark, to find the shard by it in the end."""
        self._marks[entry.file] = mark

    def end_commits(self) -> None:
        """Give up the requests that run."""
        self.store.give_up()

    def check_made(self, entries: list[ShardEntry], journal: bytes) -> None:
        """Compare the journal and all shards with what was put; what is not listed yet is asked for."""
        begun = self.store.read(JOURNAL_NAME, _MOST_JOURNAL)
        if begun.partition(b"\n")[0] != journal.partition(b"\n")[0]:
            raise BuildError(f"{self}: another build has begun here meanwhile; name another folder for one of them")
        there = self._shards({entry.split for entry in entries})
        for entry in entries:
            expected = Found(entry.bytes, self._marks.get(entry.file))
            listed = there.pop(entry.file, None)
            if listed != expected and self.store.look(entry.file) != expected:
                raise BuildError(f"{self.store.at(entry.file)}: is not there as it was put; go on with --resume")
        if strays := [name for name in there if shard_index(name.rpartition("/")[2]) is not None]:
            raise BuildError(f"{self.store.at(strays[0])}: is of another build; delete it, then go on with --resume")

    def write(self, name: str, data: bytes, *, fsync: bool = True) -> None:  # noqa: ARG002
        """Put a file, in place of one that may be there."""
        self.store.put(name, data, replace=True)

    def finish(self, *, fsync: bool) -> None:  # noqa: ARG002
        """Delete the parts of the journal, which is whole by now."""
        self.store.delete([name for name in self.store.list("") if is_journal_part(name)])

    def delete(self, names: Iterable[str]) -> None:
        """Delete files."""
        self.store.delete(names)

    def tidy(self) -> None:
        """Pass: no file is there that is not whole."""

    def drop(self, split: str) -> None:
        """Pass: a store has no folders but those of its files."""

    def _shards(self, splits: Iterable[str]) -> dict[str, Found]:
        """List the files of splits."""
        return {name: found for split in splits for name, found in self.store.list(split).items()}


class PartOfPrefix(Prefix):
    """A folder in a store, for a part of a build.

    Parameters
    ----------
    address : str
        Its address.
    part : Part
        The part.
    """

    def __init__(self, address: str, part: Part) -> None:
        super().__init__(address)
        self._key = part.owner

    def begin(self, journal: bytes, missing: list[str], *, fresh: bool) -> None:
        """Create the journal of the build if no other part has; delete shards that are to be made again."""
        if fresh:
            with contextlib.suppress(FileExistsError):
                self.store.put(JOURNAL_NAME, journal)
        self._make_way(missing)


class _Parts:
    """Parts of a journal; the one that grows is written again every few seconds."""

    def __init__(self, store: RemoteStore, header: bytes, key: str) -> None:
        self._store, self._header, self._key = store, header, key
        self._lock = threading.Lock()
        self._written = time.monotonic()
        self._begin()

    def _begin(self) -> None:
        """Begin a new part."""
        self._name = journal_part(self._key + uuid.uuid4().hex)
        self._lines: list[bytes] = []
        self._unwritten = 0

    def add(self, line: bytes) -> None:
        """Add a line."""
        with self._lock:
            self._lines.append(line)
            self._unwritten += 1
            if len(self._lines) >= _PART_LINES or time.monotonic() - self._written > _PART_SECONDS:
                self._write()

    def write(self) -> None:
        """Write what is not written yet."""
        with self._lock:
            self._write()

    def _write(self) -> None:
        """Do so, with the lock held."""
        if self._unwritten:
            self._store.put(self._name, self._header + b"".join(self._lines), replace=True)
            self._written, self._unwritten = time.monotonic(), 0
            if len(self._lines) >= _PART_LINES:
                self._begin()
