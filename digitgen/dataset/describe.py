"""Describe a dataset folder for others: read and hash its files, and write the Croissant description of them."""

import os
from collections.abc import Iterator
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any, Final

from blake3 import blake3

from digitgen.checks import AnyPath, check_flag, check_word
from digitgen.dataset.croissant import DescribedFile, croissant
from digitgen.dataset.entries import ShardEntry
from digitgen.dataset.manifest import MANIFEST_NAME, MAX_MANIFEST_BYTES, read_manifest
from digitgen.dataset.stores import Store, store_of
from digitgen.errors import ArgumentError, DamageError
from digitgen.messages import shown
from digitgen.progress import progress_bar

_PIECE: Final = 1 << 18  # bytes that are hashed at a time, while they are in the core's own cache


def describe_dataset(
    path: AnyPath,
    *,
    url: str | None = None,
    creator: str | None = None,
    published: date | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Describe a dataset in the format Croissant 1.1, which dataset searches and loaders of others read.

    Every file is read once: the description has its SHA-256 hash, and what is not the file of the manifest is refused.

    Parameters
    ----------
    path : str or path-like
        The dataset folder, or its address in a store.
    url : str, optional
        The web page of the dataset. Croissant asks for it where a dataset is published, as for the next two.
    creator : str, optional
        Name of the person or organization that publishes it.
    published : date, optional
        The day of its publication.
    progress : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    dict
        JSON-LD, to be kept as `croissant.json` in the dataset folder: the files are named relative to it.

    Raises
    ------
    ArgumentError
        If an argument is of another type.
    DatasetError
        If there is no such folder.
    DamageError
        If the manifest or a file is absent or damaged.

    Examples
    --------
    >>> description = describe_dataset("data/quickstart", url="https://example.org/digits", creator="A. Nobody")
    >>> [each["@id"] for each in description["recordSet"]]
    ['enumerations/splits', 'enumerations/classes', 'test', 'train']
    """
    store = store_of(path).fresh()
    page = None if url is None else check_word("url", url)
    maker = None if creator is None else check_word("creator", creator)
    if not isinstance(published, date | None):
        raise ArgumentError(f"published must be a date, such as datetime.date(2026, 1, 31); got {shown(published)}")
    progress = check_flag("progress", progress)
    manifest = read_manifest(store)
    shards = [shard for split in manifest.splits.values() for shard in split.shards]
    files = [_small_file(store, MANIFEST_NAME, None)]
    files += [_small_file(store, name, expected) for name, expected in manifest.files.items()]
    with progress_bar(shown=progress, total=sum(each.bytes for each in shards), unit="B") as bar:
        for file in store.in_lanes(partial(_shard, store), shards):
            files.append(file)
            bar.update(file.bytes)
    return croissant(manifest, files, url=page, creator=maker, published=published)


def _small_file(store: Store, name: str, expected: str | None) -> DescribedFile:
    """Describe a file that is no shard; the manifest has been compared with its own checksum."""
    try:
        data = store.read(name, MAX_MANIFEST_BYTES)
    except OSError as error:
        raise DamageError(f"{store.at(name)}: cannot be read: {error.strerror or error}") from error
    if expected and blake3(data).hexdigest() != expected:
        raise DamageError(f"{store.at(name)}: damaged: its BLAKE3 hash is not the manifest's")
    return DescribedFile(name, len(data), sha256(data).hexdigest())


def _shard(store: Store, entry: ShardEntry) -> DescribedFile:
    """Describe a shard, whose bytes are compared with the manifest on the way."""
    ours, theirs, size = blake3(), sha256(), 0
    try:
        for piece in _pieces(store, entry):
            ours.update(piece)
            theirs.update(piece)
            size += len(piece)
    except OSError as error:
        raise DamageError(f"{store.at(entry.file)}: cannot be read: {error.strerror or error}") from error
    if ours.hexdigest() != entry.blake3:
        raise DamageError(f"{store.at(entry.file)}: damaged: its BLAKE3 hash is not the manifest's")
    return DescribedFile(entry.file, size, theirs.hexdigest())


def _pieces(store: Store, entry: ShardEntry) -> Iterator[bytes]:
    """Read a shard piece by piece; of one that is longer than it should be no more than that."""
    with store.open(entry.file, entry.bytes, entry.blake3) as file:
        if os.fstat(file.fileno()).st_size != entry.bytes:
            raise DamageError(f"{store.at(entry.file)}: damaged: it does not have {entry.bytes:,} bytes")
        while piece := file.read(_PIECE):
            yield piece
