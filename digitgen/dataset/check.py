"""Is a dataset folder whole? Hashes of files and arrays against the manifest."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, Final

import numpy as np
from blake3 import blake3

from digitgen.dataset.entries import ShardEntry, SplitEntry
from digitgen.dataset.manifest import MAX_MANIFEST_BYTES, Manifest
from digitgen.dataset.shard_reader import ShardReader
from digitgen.dataset.shard_writer import ContentHash
from digitgen.dataset.stores import Found, Store, WrongBytesError
from digitgen.errors import DamageError
from digitgen.files import is_left_by_system
from digitgen.format import CHUNK, LABEL_PAD, WRITERS

_PIECE: Final = 1 << 20  # bytes that are hashed at a time


def hash_file(store: Store, entry: ShardEntry) -> str:
    """Hash a shard.

    Parameters
    ----------
    store : Store
        The place of the dataset.
    entry : ShardEntry
        The manifest's entry of the shard.

    Returns
    -------
    str
        The BLAKE3 hash, in hexadecimal.

    Raises
    ------
    OSError
        If it cannot be read, or is no plain file.
    """
    with store.open(entry.file, entry.bytes, entry.blake3) as file:
        return _hash(file)


def _hash(file: BinaryIO) -> str:
    """Hash an open file from its beginning."""
    found = blake3()
    while data := file.read(_PIECE):
        found.update(data)
    return found.hexdigest()


def check_shard(store: Store, entry: ShardEntry, split: SplitEntry, seen: set[int] | None = None) -> str | None:
    """Compare a shard with its entry in the manifest.

    Parameters
    ----------
    store : Store
        The place of the dataset.
    entry, split : ShardEntry, SplitEntry
        The manifest's entries of the shard and of its split.
    seen : set of int, optional
        The writers of the shard's digits are added to it, if they are stored.

    Returns
    -------
    str or None
        The damage; None if there is none.
    """
    try:
        with store.open(entry.file, entry.bytes, entry.blake3) as file:
            size = os.fstat(file.fileno()).st_size
            if size != entry.bytes:
                return f"it has {size} bytes, expected {entry.bytes}"
            if (found := _hash(file)) != entry.blake3:
                return f"its BLAKE3 hash is {found}, expected {entry.blake3}"
            shard = ShardReader(store, entry, split.spec, split.source, file)
        content, pool = ContentHash(entry.count), split.pool.mask(split.source.rows)
        for start in range(0, entry.count, CHUNK):
            rows = np.arange(start, min(start + CHUNK, entry.count))
            for name, array in shard.arrays([each.name for each in split.spec], rows).items():
                content.update(name, array)
                if name == "glyph_ids" and (foreign := array[(array >= 0) & ~pool[array]]).size:
                    return f"it has glyphs that are not in the pool of {entry.split}: row {foreign[0]} is one"
                if name == WRITERS:
                    writers = {*np.unique(array).tolist()} - {LABEL_PAD}
                    if others := writers.difference(split.pool.writer_numbers):
                        return f"it has writers who are not in the pool of {entry.split}: {min(others)} is one"
                    if seen is not None:
                        seen |= writers
    except FileNotFoundError:
        return "it is missing"
    except WrongBytesError as error:
        return str(error.strerror)
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
    except DamageError as error:
        return str(error).removeprefix(f"{store.at(entry.file)}: ")
    if content.hexdigest() != entry.content:
        return f"the hash of its arrays is {content.hexdigest()}, expected {entry.content}"
    return None


def check_listed(store: Store, entry: ShardEntry, there: Mapping[str, Found]) -> str | None:
    """Compare a shard with its entry in the manifest by what its place lists of it: its name and size.

    Parameters
    ----------
    store : Store
        The place of the dataset.
    entry : ShardEntry
        The manifest's entry of the shard.
    there : mapping of str to Found
        The files of its split.

    Returns
    -------
    str or None
        The damage; None if none shows.
    """
    found = there.get(entry.file)
    if found is None or found.size != entry.bytes:  # a listing may be older than the file
        found = store.look(entry.file)
    if found is None:
        return "it is missing, or no plain file"
    return None if found.size == entry.bytes else f"it has {found.size} bytes, expected {entry.bytes}"


def check_files(store: Store, manifest: Manifest) -> dict[str, str]:
    """Compare the files beside the shards with the manifest.

    Parameters
    ----------
    store : Store
        The place of the dataset.
    manifest : Manifest
        Its manifest.

    Returns
    -------
    dict of str to str
        For each damaged file, the damage.
    """
    damaged = {}
    for name, expected in manifest.files.items():
        try:
            data = store.read_right(name, MAX_MANIFEST_BYTES, partial(_has_hash, expected))
            if not _has_hash(expected, data):
                damaged[name] = "its BLAKE3 hash is not the manifest's"
        except FileNotFoundError:
            damaged[name] = "it is missing"
        except OSError as error:
            damaged[name] = f"it cannot be read: {error.strerror}"
    return damaged


def _has_hash(expected: str, data: bytes) -> bool:
    """Whether bytes have this BLAKE3 hash."""
    return bool(blake3(data).hexdigest() == expected)


def foreign_files(store: Store, manifest: Manifest) -> tuple[dict[str, str], list[str]]:
    """Find files among the shards that are no shards, and files that a build that died has left.

    Parameters
    ----------
    store : Store
        The place of the dataset.
    manifest : Manifest
        Its manifest.

    Returns
    -------
    foreign : dict of str to str
        For each such file, what is wrong with it.
    harmless : list of str
        Files and folders among the shards that systems and git leave.
    """
    known = {shard.file for split in manifest.splits.values() for shard in split.shards}
    foreign, harmless = {}, set()
    for path in sorted(map(PurePosixPath, store.strays(manifest.splits, known))):
        left = [place for place in (*reversed(path.parents[:-1]), path) if is_left_by_system(place.name)]
        if left:
            harmless.add(left[0].as_posix())
        else:
            foreign[path.as_posix()] = "it is not in the manifest"
    return foreign, sorted(harmless)
