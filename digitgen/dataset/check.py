"""Is a dataset folder whole? Hashes of files and arrays against the manifest."""

import os
from pathlib import Path
from typing import Final

import numpy as np
from blake3 import blake3

from digitgen.dataset.manifest import MAX_MANIFEST_BYTES, Manifest, ShardEntry, SplitEntry
from digitgen.dataset.shard_reader import ShardReader
from digitgen.dataset.shard_writer import ContentHash
from digitgen.errors import DamageError
from digitgen.files import TEMPORARY_SUFFIX, is_left_by_system, open_plain, read_plain
from digitgen.format import CHUNK, shard_index

_PIECE: Final = 1 << 20  # bytes that are hashed at a time


def hash_file(folder: Path, name: str) -> str:
    """Hash a file of a dataset folder.

    Parameters
    ----------
    folder : Path
        The dataset folder.
    name : str
        Path of the file in it.

    Returns
    -------
    str
        The BLAKE3 hash, in hexadecimal.

    Raises
    ------
    OSError
        If it cannot be read, or is no plain file.
    """
    found = blake3()
    with open_plain(folder, name) as file:
        while data := file.read(_PIECE):
            found.update(data)
    return found.hexdigest()


def check_shard(folder: Path, entry: ShardEntry, split: SplitEntry) -> str | None:
    """Compare a shard with its entry in the manifest.

    Parameters
    ----------
    folder : Path
        The dataset folder.
    entry, split : ShardEntry, SplitEntry
        The manifest's entries of the shard and of its split.

    Returns
    -------
    str or None
        The damage; None if there is none.
    """
    try:
        with open_plain(folder, entry.file) as file:
            size = os.fstat(file.fileno()).st_size
        if size != entry.bytes:
            return f"it has {size} bytes, expected {entry.bytes}"
        if (found := hash_file(folder, entry.file)) != entry.blake3:
            return f"its BLAKE3 hash is {found}, expected {entry.blake3}"
        shard = ShardReader(folder, entry, split.spec, split.source)
        content, pool = ContentHash(entry.count), split.pool.mask(split.source.rows)
        for start in range(0, entry.count, CHUNK):
            rows = np.arange(start, min(start + CHUNK, entry.count))
            for name, array in shard.arrays([each.name for each in split.spec], rows).items():
                content.update(name, array)
                if name == "glyph_ids" and (foreign := array[(array >= 0) & ~pool[array]]).size:
                    return f"it has glyphs that are not in the pool of {entry.split}: row {foreign[0]} is one"
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
    except DamageError as error:
        return str(error).removeprefix(f"{folder / entry.file}: ")
    if content.hexdigest() != entry.content:
        return f"the hash of its arrays is {content.hexdigest()}, expected {entry.content}"
    return None


def check_files(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Compare the files beside the shards with the manifest.

    Parameters
    ----------
    folder : Path
        The dataset folder.
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
            data = read_plain(folder, name, MAX_MANIFEST_BYTES)
            if blake3(data).hexdigest() != expected:
                damaged[name] = "its BLAKE3 hash is not the manifest's"
        except FileNotFoundError:
            damaged[name] = "it is missing"
        except OSError as error:
            damaged[name] = f"it cannot be read: {error.strerror}"
    return damaged


def foreign_files(folder: Path, manifest: Manifest) -> tuple[dict[str, str], list[str]]:
    """Find files among the shards that are no shards, and files that a build that died has left.

    Parameters
    ----------
    folder : Path
        The dataset folder.
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
    among_shards = [path for name in manifest.splits for path in (folder / name).rglob("*") if path.is_file()]
    strays = [path for path in folder.glob("*/*") if shard_index(path.name) is not None]
    left_over = folder.glob(f".*{TEMPORARY_SUFFIX}")
    foreign, harmless = {}, set()
    for path in sorted({path.relative_to(folder) for path in (*among_shards, *strays, *left_over)}):
        left = [place for place in (*reversed(path.parents[:-1]), path) if is_left_by_system(place.name)]
        if left:
            harmless.add(left[0].as_posix())
        elif path.as_posix() not in known:
            foreign[path.as_posix()] = "it is not in the manifest"
    return foreign, sorted(harmless)
