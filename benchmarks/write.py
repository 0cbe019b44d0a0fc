"""Writing and reading shards, against h5py writing and reading the same arrays itself."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final
from unittest import mock

import h5py
import numpy as np
from blake3 import blake3
from xxhash import xxh3_128

from benchmarks.build import standard_config
from benchmarks.compose import COUNT, standard_recipe
from benchmarks.measure import Contender, Gate, paired_rounds, print_ratios, print_table, ratio, seconds
from digitgen.build.build import build_dataset
from digitgen.compose.batch import Batch, batch_spec
from digitgen.compose.plan import planner
from digitgen.compose.render import fill
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.shard_writer import write_shard
from digitgen.format import CHUNK, IMAGES_PER_HDF5_CHUNK, Compression

_FASTER: Final = 4
_SINGLES: Final = 256
_BATCH: Final = 256


def run(rounds: int, folder: Path | None) -> list[Gate]:
    """Print the tables; return the gates."""
    with tempfile.TemporaryDirectory(prefix="digitgen-benchmark-", dir=folder) as scratch:
        gates = _writing(rounds, Path(scratch))
        _hashing(rounds)
        _reading(rounds, Path(scratch))
    return gates


def _writing(rounds: int, folder: Path) -> list[Gate]:
    recipe = standard_recipe()
    batch = recipe.empty_batch(COUNT)
    fill(recipe, planner(recipe, 0, "train"), 0, batch)
    path = folder / "shard.h5"
    stored = {}

    def writing(name: str, write: Callable[[], object]) -> Contender:
        def contender(_: int) -> float:
            path.unlink(missing_ok=True)
            cost = seconds(write) / batch.images.nbytes
            stored[name] = path.stat().st_size
            return cost

        return contender

    deflate = partial(_write_shard, path, batch, "deflate")
    works = {
        "h5py contiguous": partial(_write_h5py, path, batch),
        "digitgen contiguous": partial(_write_shard, path, batch, "none"),
        "h5py gzip level 1": partial(_write_h5py_gzip, path, batch),
        "digitgen deflate": deflate,
        "digitgen deflate, zlib": partial(_with_zlib, deflate),
    }
    costs = paired_rounds({name: writing(name, work) for name, work in works.items()}, rounds)
    title = (
        f"write: one shard of {COUNT:,} images and their labels, without fsync; digitgen hashes twice, h5py does not"
    )
    references = ["h5py contiguous", "h5py gzip level 1"]
    print_ratios(title, costs, references, "MB/s of images", lambda cost: f"{1e-6 / cost:,.0f}")
    arrays = sum(array.nbytes for array in batch.arrays().values())
    rows = [[name, f"{size:,}", f"{arrays / size:.2f}"] for name, size in stored.items()]
    print_table("size", [["", "bytes", "compression"], *rows])
    gates = []
    for name, times in (("digitgen deflate", _FASTER), ("digitgen deflate, zlib", 1.25)):
        faster = ratio(costs, "h5py gzip level 1", name).middle
        gates.append(Gate(f"{name}, times h5py's gzip level 1", faster, times))
        smaller = stored["h5py gzip level 1"] / stored[name]
        gates.append(Gate(f"{name}, compression over h5py's gzip level 1", smaller, 1))
    return gates


def _write_shard(path: Path, batch: Batch, compression: Compression) -> None:
    batches = [batch[start : start + CHUNK] for start in range(0, len(batch), CHUNK)]
    spec = batch_spec(batch.labels.shape[1], batch.images.shape[2])
    write_shard(path, len(batch), spec, batches, compression=compression)


def _hashing(rounds: int) -> None:
    """The hashes that a shard could have."""
    data = np.random.default_rng(0).bytes(1 << 25)
    works: dict[str, Callable[[], object]] = {
        "sha256": lambda: sha256(data).digest(),
        "BLAKE3": lambda: blake3(data).digest(),
        "xxh3": lambda: xxh3_128(data).digest(),
    }
    contenders = {name: partial(_cost_of, work, len(data)) for name, work in works.items()}
    costs = paired_rounds(contenders, rounds)
    print_ratios("hash: 32 MiB", costs, ["sha256"], "MB/s", lambda cost: f"{1e-6 / cost:,.0f}")


def _cost_of(work: Callable[[], object], size: int, _: int) -> float:
    return seconds(work) / size


def _with_zlib(work: Callable[[], None]) -> None:
    """As where isa-l has no wheel."""
    with mock.patch("digitgen.dataset.deflate.encoder", return_value="zlib"):
        work()


def _write_h5py(path: Path, batch: Batch) -> None:
    with h5py.File(path, "w") as file:
        for name, array in batch.arrays().items():
            file.create_dataset(name, data=array)


def _write_h5py_gzip(path: Path, batch: Batch) -> None:
    with h5py.File(path, "w") as file:
        for name, array in batch.arrays().items():
            chunks = (IMAGES_PER_HDF5_CHUNK if name == "images" else CHUNK, *array.shape[1:])
            file.create_dataset(name, data=array, chunks=chunks, compression="gzip", compression_opts=1)


def _reading(rounds: int, folder: Path) -> None:
    for compression in ("none", "deflate"):
        build_dataset(standard_config(4 * COUNT, compression), folder / compression, jobs=1, fsync=False)
    plain, deflated = (DigitDataset(folder / name, "train") for name in ("none", "deflate"))
    shards = [h5py.File(path, "r") for path in sorted(folder.glob("none/train/*.h5"))]

    def h5py_sample(index: int) -> object:
        shard = shards[index // COUNT]
        return [dataset[index % COUNT] for dataset in shard.values()]

    def h5py_batch(indices: Sequence[int]) -> object:
        return [h5py_sample(index) for index in indices]

    def singles(read: Callable[[int], object]) -> Contender:
        def contender(number: int) -> float:
            indices = np.random.default_rng(number).integers(len(plain), size=_SINGLES).tolist()
            return seconds(lambda: [read(index) for index in indices]) / _SINGLES

        return contender

    def batches(read: Callable[[list[int]], object]) -> Contender:
        def contender(number: int) -> float:
            indices = np.random.default_rng(number).integers(len(plain), size=_BATCH).tolist()
            return seconds(lambda: read(indices)) / _BATCH

        return contender

    contenders = {
        "h5py, one at a time": singles(h5py_sample),
        "contiguous, one at a time": singles(plain.__getitem__),
        "contiguous, batches of 256": batches(plain.__getitem__),
        "deflate, one at a time": singles(deflated.__getitem__),
        "deflate, batches of 256": batches(deflated.__getitem__),
    }
    costs = paired_rounds(contenders, rounds)
    title = f"read: samples at random, all arrays, from {len(shards)} shards in the page cache"
    print_ratios(title, costs, ["h5py, one at a time"], "ms/sample", lambda cost: f"{cost * 1e3:.4f}")
    for shard in shards:
        shard.close()
