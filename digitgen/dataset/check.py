"""Is a dataset folder whole? Hashes of files and arrays against the manifest."""

from pathlib import Path
from typing import Final

import h5py
from blake3 import blake3

from digitgen.compose.batch import BatchSpec
from digitgen.dataset.manifest import Manifest
from digitgen.dataset.shard_reader import _H5PY_ERRORS
from digitgen.dataset.shard_writer import ContentHash, ShardFacts
from digitgen.files import TEMPORARY_SUFFIX
from digitgen.format import CHUNK, is_shard

_PIECE: Final = 1 << 20  # bytes that are hashed at a time


def hash_file(path: Path) -> str | None:
    """The BLAKE3 hash of a file in hexadecimal, or None if it cannot be read."""
    found = blake3()
    try:
        with path.open("rb") as file:
            while data := file.read(_PIECE):
                found.update(data)
    except OSError:
        return None
    return found.hexdigest()


def check_shard(path: Path, facts: ShardFacts, count: int, spec: BatchSpec) -> str | None:
    """Compare a shard with what the manifest says of it.

    Parameters
    ----------
    path : Path
        The shard.
    facts : ShardFacts
        Its size and hashes as they should be.
    count : int
        Images that it should hold.
    spec : BatchSpec
        Its arrays as they should be.

    Returns
    -------
    str or None
        What is wrong with it, or None if nothing is.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if size != facts.bytes:
        return f"it has {size} bytes, expected {facts.bytes}"
    if (found := hash_file(path)) != facts.blake3:
        return f"its BLAKE3 hash is {found}, expected {facts.blake3}"
    try:
        with h5py.File(path, "r") as file:
            content = ContentHash(count)
            for each in spec:
                dataset, shape = file.get(each.name), (count, *each.shape)
                if not isinstance(dataset, h5py.Dataset) or dataset.dtype.str != each.dtype or dataset.shape != shape:
                    return f"its dataset {each.name!r} is {dataset!r}, expected {shape} of {each.dtype}"
                for start in range(0, count, CHUNK):
                    content.update(each.name, dataset[start : start + CHUNK])
    except _H5PY_ERRORS as error:
        return f"HDF5 cannot read it: {error}"
    if content.hexdigest() != facts.content:
        return f"the hash of its arrays is {content.hexdigest()}, expected {facts.content}"
    return None


def check_files(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Compare the files beside the shards with the manifest; says of each damaged one what is wrong."""
    damaged = {}
    for name, expected in manifest.files.items():
        try:
            if blake3((folder / name).read_bytes()).hexdigest() != expected:
                damaged[name] = "its BLAKE3 hash is not the manifest's"
        except OSError as error:
            damaged[name] = f"it cannot be read: {error.strerror}"
    return damaged


def foreign_files(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Find what lies among the shards and is none, and what a build that died has left."""
    known = {shard.file for split in manifest.splits.values() for shard in split.shards}
    among_shards = [path for name in manifest.splits for path in (folder / name).rglob("*") if path.is_file()]
    strays = [path for path in folder.glob("*/*") if is_shard(path.name)]
    left_over = folder.glob(f".*{TEMPORARY_SUFFIX}")
    names = {path.relative_to(folder).as_posix() for path in (*among_shards, *strays, *left_over)}
    return dict.fromkeys(sorted(names - known), "it is not in the manifest")
