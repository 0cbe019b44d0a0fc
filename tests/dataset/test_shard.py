"""Shards: what h5py reads back, the same bytes every time, and nothing half-written."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from digitgen.compose.batch import Batch, batch_spec
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.layout import Layout
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill
from digitgen.dataset import shard_writer as shard
from digitgen.dataset.check import check_shard
from digitgen.dataset.entries import ArrayEntry, PoolEntry, ShardEntry, SourceEntry, SplitEntry
from digitgen.dataset.shard_writer import ShardFacts, _images_per_chunk, write_shard
from digitgen.dataset.stores import LocalStore
from digitgen.format import CHUNK, MAX_HDF5_CHUNK_BYTES, Compression
from digitgen.glyphs.bank import GlyphBank
from tests.errors import naming

COUNT = CHUNK + 100
COMPRESSIONS: list[Compression] = ["none", "deflate"]


@pytest.fixture(scope="module")
def batch(bank: GlyphBank) -> Batch:
    """A chunk and a piece of the next."""
    recipe = Recipe(bank, Layout(150, (0, 6)), Digits((1, 4)))
    out = recipe.empty_batch(COUNT)
    fill(recipe, planner(recipe, 1, "train"), 0, out)
    return out


def write(path: Path, batch: Batch, compression: Compression = "none") -> ShardFacts:
    pieces = [batch[start : start + CHUNK] for start in range(0, len(batch), CHUNK)]
    spec = batch_spec(batch.labels.shape[1], batch.images.shape[2])
    return write_shard(path, len(batch), spec, pieces, compression=compression)


def check(path: Path, facts: ShardFacts, batch: Batch) -> str | None:
    return check_shard(LocalStore(path.parent), entry_of(facts, batch), split_of(batch))


def entry_of(facts: ShardFacts, batch: Batch, file: str = "a.h5") -> ShardEntry:
    """The manifest's entry of a shard; its name is that of the file, which no manifest would allow."""
    about = {"file": file, "split": "train", "first": 0, "count": len(batch), "lost_digits": 0}
    return ShardEntry.model_construct(None, **about, **asdict(facts))


def split_of(batch: Batch, width: int | None = None) -> SplitEntry:
    spec = batch_spec(batch.labels.shape[1], width or batch.images.shape[2])
    arrays = [ArrayEntry(**each._asdict() | {"shape": list(each.shape)}) for each in spec]
    source = SourceEntry.model_construct(glyphs=[1000] * 10)
    pool = PoolEntry(glyphs=[1000] * 10, rows=[[0, 10_000]])
    return SplitEntry.model_construct(count=len(batch), arrays=arrays, source=source, pool=pool, shards=[])


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_h5py_reads_back_every_array(tmp_path: Path, batch: Batch, compression: Compression) -> None:
    facts = write(tmp_path / "a.h5", batch, compression)
    assert (tmp_path / "a.h5").stat().st_size == facts.bytes
    with h5py.File(tmp_path / "a.h5") as file:
        assert set(file) == set(batch.arrays())
        for name, array in batch.arrays().items():
            assert file[name].dtype == array.dtype
            assert np.array_equal(file[name][...], array)
            assert file[name].attrs["description"]
        assert file["images"].attrs["CLASS"] == b"IMAGE"
    assert check(tmp_path / "a.h5", facts, batch) is None


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_shard_may_have_any_number_of_images(tmp_path: Path, batch: Batch, compression: Compression) -> None:
    for count in (1, 63, 64, 65, CHUNK):
        with naming(count):
            facts = write(tmp_path / f"{count}.h5", batch[:count], compression)
            assert (
                check_shard(
                    LocalStore(tmp_path), entry_of(facts, batch[:count], f"{count}.h5"), split_of(batch[:count])
                )
                is None
            )


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_shard_of_single_digits_has_an_empty_table_of_gaps(
    tmp_path: Path, bank: GlyphBank, compression: Compression
) -> None:
    recipe = Recipe(bank, Layout(28, (0, 0)), Digits((1, 1)))
    batch = recipe.empty_batch(70)
    fill(recipe, planner(recipe, 1, "train"), 0, batch)
    facts = write(tmp_path / "a.h5", batch, compression)
    assert check(tmp_path / "a.h5", facts, batch) is None
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["gaps"].shape == (70, 0)


def test_a_contiguous_shard_has_the_bytes_that_h5py_writes_itself(tmp_path: Path, batch: Batch) -> None:
    write(tmp_path / "ours.h5", batch)
    with h5py.File(tmp_path / "theirs.h5", "w") as file:
        for each in batch_spec(4, 150):
            name = each.name
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            plist.set_obj_track_times(False)
            space = h5py.h5s.create_simple((COUNT, *each.shape))
            kind = h5py.h5t.py_create(np.dtype(each.dtype), logical=True)
            h5py.h5d.create(file.id, name.encode(), kind, space, plist)
            file[name].attrs.update(shard._attributes(each))
            file[name][...] = batch.arrays()[name]
    assert (tmp_path / "ours.h5").read_bytes() == (tmp_path / "theirs.h5").read_bytes()


def test_an_uncompressed_shard_keeps_its_hash(tmp_path: Path) -> None:
    # A change of this hash is a change of the format on disk: raise manifest.FORMAT with it.
    batch = Batch.empty(100, batch_spec(3, 90))
    for value, array in enumerate(batch.arrays().values()):
        array[...] = value
    facts = write(tmp_path / "a.h5", batch)
    digest = hashlib.sha256((tmp_path / "a.h5").read_bytes()).hexdigest()
    assert facts.bytes == 263744
    assert facts.content == "63370ac00895463b20860de5396cd123"
    assert digest == "59e90846d4dcaf6141f53cba6849e4c40f6db17c07a71e32909d0fa72353af1a"


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_the_same_images_give_the_same_bytes(tmp_path: Path, batch: Batch, compression: Compression) -> None:
    assert write(tmp_path / "a.h5", batch, compression) == write(tmp_path / "b.h5", batch, compression)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_the_content_hash_does_not_depend_on_the_compression(tmp_path: Path, batch: Batch) -> None:
    plain, small = (write(tmp_path / name, batch, name) for name in COMPRESSIONS)
    assert plain.content == small.content
    assert plain.bytes > 4 * small.bytes
    changed = Batch.of({**batch.arrays(), "labels": batch.labels[::-1].copy()})
    assert write(tmp_path / "c.h5", changed).content != plain.content


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_failed_write_leaves_no_file(tmp_path: Path, batch: Batch, compression: Compression) -> None:
    def failing() -> Iterator[Batch]:
        yield batch[:CHUNK]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path / "a.h5", COUNT, batch_spec(4, 150), failing(), compression=compression)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_grow_raises_an_error_and_no_crash(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from pathlib import Path
from digitgen.compose.batch import Batch, batch_spec
from digitgen.dataset.shard_writer import write_shard
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
spec = batch_spec(3, 90)
batch = Batch.empty(1024, spec)
for array in batch.arrays().values():
    array[...] = 0
try:
    write_shard(Path(sys.argv[1]) / "a.h5", 1024, spec, [batch])
except OSError as error:
    print("OSError", error.errno)
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("OSError"), done.stderr
    assert list(tmp_path.iterdir()) == []


def damage(path: Path, how: str) -> None:
    """Damage a file in one of the ways that files get damaged."""
    data = bytearray(path.read_bytes())
    match how:
        case "a flipped bit":
            data[len(data) // 2] ^= 1
        case "a cut end":
            del data[-1:]
        case "a longer end":
            data += b"\0"
        case "no file":
            path.unlink()
            return
    path.write_bytes(data)


def test_damage_to_a_shard_is_found(tmp_path: Path, batch: Batch) -> None:
    cases: list[tuple[str, str]] = [
        ("a flipped bit", "BLAKE3 hash"),
        ("a cut end", r"has \d+ bytes, expected \d+"),
        ("a longer end", r"has \d+ bytes, expected \d+"),
        ("no file", "missing"),
    ]
    for how, finding in cases:
        with naming((how, finding)):
            (tmp_path / "a.h5").unlink(missing_ok=True)
            facts = write(tmp_path / "a.h5", batch)
            damage(tmp_path / "a.h5", how)
            assert re.search(finding, check(tmp_path / "a.h5", facts, batch) or "")


def test_a_whole_file_with_other_arrays_is_refused(tmp_path: Path, batch: Batch) -> None:
    facts = write(tmp_path / "a.h5", batch)
    assert "images" in (check_shard(LocalStore(tmp_path), entry_of(facts, batch), split_of(batch, 151)) or "")
    assert "hash of its arrays" in (check(tmp_path / "a.h5", replace(facts, content="0"), batch) or "")


def test_room_on_the_disk_is_reserved_before_anything_is_written(
    tmp_path: Path, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "a.h5", batch)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("height", "width", "together"), [(28, 32_767, 64), (256, 4_096, 64), (256, 4_097, 32), (256, 32_767, 8)]
)
def test_images_are_compressed_64_at_a_time_and_large_ones_fewer(height: int, width: int, together: int) -> None:
    images, *_ = batch_spec(3, width, image_height=height)
    assert _images_per_chunk(images) == together
    assert together * height * width <= MAX_HDF5_CHUNK_BYTES
