"""Random access through PyTorch's DataLoader, against a raw memory map and the library `datasets`."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.build import standard_config
from benchmarks.measure import Contender, Costs, Gate, paired_rounds, print_ratios, print_table, ratio, seconds
from digitgen.arrays import Images, Integers
from digitgen.build.build import build_dataset
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.entries import ShardEntry
from digitgen.extras import installed
from digitgen.format import IMAGES_PER_HDF5_CHUNK, shard_file
from digitgen.training import ShuffledBatches

_COUNT: Final = 65_536
_BATCH: Final = 256
_BATCHES: Final = 32  # of a pass
_WORKERS: Final = 2
_MAPPED: Final = "raw memory map, images alone"
_PLAIN: Final = "uncompressed"
_LIBRARY: Final = "datasets, as arrays of numpy"
_ALONE: Final = "compressed, ShuffledBatches, no loader"


def run(rounds: int, folder: Path | None) -> list[Gate]:
    """Print the tables; return the gates."""
    with installed("torch"):
        import torch
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="digitgen-benchmark-", dir=folder) as scratch:
        for compression in ("none", "deflate"):
            build_dataset(standard_config(_COUNT, compression), Path(scratch) / compression, jobs=1, fsync=False)
        _print_mixing(DigitDataset(Path(scratch) / "none", "train"))
        plain, deflated = (DigitDataset(Path(scratch) / name, "train") for name in ("none", "deflate"))
        return [*_against_map(5 * rounds, plain, Path(scratch)), *_loading(rounds, plain, deflated, Path(scratch))]


def _against_map(rounds: int, plain: DigitDataset, folder: Path) -> list[Gate]:
    """The same batches of images from a file without a structure; they are short, and so many."""
    from digitgen.training.tensors import collate

    some = _Random(len(plain))
    mapped = _Mapped(folder / "images.raw", plain)
    contenders = {_MAPPED: _loader(mapped, some, _collate_mapped), _PLAIN: _loader(plain, some, collate)}
    costs = paired_rounds(contenders, rounds)
    _print(f"loader: images and labels, {_WORKERS} workers", costs, _MAPPED)
    over = ratio(costs, _PLAIN, _MAPPED).middle
    return [Gate(f"{_PLAIN}, time over the memory map", over, 1.5, at_least=False)]


def _loading(rounds: int, plain: DigitDataset, deflated: DigitDataset, folder: Path) -> list[Gate]:
    """Batches at random, epochs of shuffled batches, and the library."""
    from digitgen.training.tensors import collate

    some = _Random(len(plain))
    contenders = {
        _PLAIN: _loader(plain, some, collate),
        "uncompressed, ShuffledBatches": _loader(plain, ShuffledBatches(plain, _BATCH, workers=_WORKERS), collate),
        "compressed": _loader(deflated, some, collate),
        "compressed, ShuffledBatches": _loader(deflated, ShuffledBatches(deflated, _BATCH, workers=_WORKERS), collate),
        _ALONE: _alone(deflated),
    }
    if find_spec("datasets"):
        contenders |= _of_library(folder, some)
    costs = paired_rounds(contenders, rounds)
    _print("orders, compression, and the library datasets", costs, _PLAIN, *({_LIBRARY} & {*costs}))
    gates = [Gate(f"{_ALONE}, images a second of its processor", 1 / median(costs[_ALONE]), 100_000)]
    if _LIBRARY in costs:
        gates.append(Gate(f"{_PLAIN}, times datasets", ratio(costs, _LIBRARY, _PLAIN).middle, 1.5))
    return gates


def _print(title: str, costs: Costs, *references: str) -> None:
    what = f"batches of {_BATCH} at random of {_COUNT:,} images, 28x168, in the page cache"
    print_ratios(f"{title}: {what}", costs, references, "images/s", lambda cost: f"{1 / cost:,.0f}")


class _Random:
    """Batches of different indices, any as likely; those of a number are the same for all contenders."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.number = 0

    def __iter__(self) -> Iterator[list[int]]:
        rows = np.random.default_rng(self.number).permutation(self._count)[: _BATCHES * _BATCH]
        return iter(rows.reshape(_BATCHES, _BATCH).tolist())

    def __len__(self) -> int:
        return _BATCHES


class _Mapped:
    """The images of a dataset in one file without a structure."""

    def __init__(self, path: Path, dataset: DigitDataset) -> None:
        self._path, self._shape = path, dataset[:1].images.shape[1:]
        self._count = len(dataset)
        with path.open("wb") as file:
            for start in range(0, len(dataset), 4096):
                file.write(dataset[start : start + 4096].images.data)
        self._images: Images | None = None

    def __len__(self) -> int:
        return self._count

    def __getitems__(self, rows: Sequence[int]) -> Images:
        if self._images is None:  # each worker maps it for itself
            self._images = np.memmap(self._path, np.uint8, "r", shape=(self._count, *self._shape))
        return self._images[rows]


def _collate_mapped(images: Images) -> dict[str, Any]:
    import torch

    return {"images": torch.from_numpy(np.asarray(images))}


class _Library:
    """A dataset of the library `datasets` that is asked for batches at once, which is its fastest way."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitems__(self, rows: Sequence[int]) -> dict[str, NDArray[Any]]:
        arrays: dict[str, NDArray[Any]] = self._dataset[rows]
        return arrays


def _collate_library(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    from digitgen.training.tensors import collate

    return collate({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def _of_library(folder: Path, some: _Random) -> dict[str, Contender]:
    """The library reads the dataset folder as it lies, into its own cache, which is of Arrow and mapped."""
    os.environ |= {"HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home")}
    datasets = import_module("datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(folder / "none"), split="train", cache_dir=str(folder / "arrow"))
    return {
        _LIBRARY: _loader(_Library(loaded.with_format("numpy")), some, _collate_library),
        "datasets, as tensors": _loader(loaded.with_format("torch"), some, None),
    }


def _loader(dataset: Any, batches: _Random | ShuffledBatches, collate: Callable[[Any], Any] | None) -> Contender:
    """A loader whose workers stay, so that to start them is not measured."""
    from torch.utils.data import DataLoader

    loader = DataLoader(
        dataset, batch_sampler=batches, num_workers=_WORKERS, collate_fn=collate, persistent_workers=True
    )

    def contender(number: int) -> float:
        if isinstance(batches, _Random):
            batches.number = number
        images = 0

        def read() -> None:
            nonlocal images
            for tensors in loader:
                images += len(tensors["images"])

        return seconds(read) / images

    return contender


def _alone(dataset: DigitDataset) -> Contender:
    """Epochs of a dataset in this process, in time of its processor."""
    batches = ShuffledBatches(dataset, _BATCH)

    def read() -> None:
        for rows in batches:
            dataset[rows]

    return lambda _: seconds(read, time.process_time) / len(dataset)


def _print_mixing(dataset: DigitDataset) -> None:
    """How far batches are from being chosen at random, of a dataset far larger than what is shuffled together."""
    many = _grown(dataset, 16)
    images, pairs = len(many), _BATCH * (_BATCH - 1) / 2
    batches = ShuffledBatches(many, _BATCH)
    epochs = [np.array(list(batches)) for _ in range(2)]
    places = np.argsort(epochs[1].ravel())
    run = IMAGES_PER_HDF5_CHUNK
    rows = [
        ["", "measured", "at random"],
        ["pairs of a batch from one run of 64", _number(_same(epochs[1] // run)), _number(pairs * (run - 1) / images)],
        [
            "pairs of a batch that were one in the last epoch",
            _number(_same(places[epochs[0]] // _BATCH)),
            _number(pairs * (_BATCH - 1) / images),
        ],
        ["distance of neighbours in the files, of the epoch", _number(_distance(places, 1) / images), _number(1 / 3)],
        ["shards that a batch has images of", _number(_shards(epochs[1])), _number(_expected(images // 8192))],
    ]
    print_table(f"mixing: {images:,} images in {len(many.manifest.splits['train'].shards)} shards", rows)


def _number(value: float) -> str:
    return f"{value:.3g}"


def _same(groups: Integers) -> float:
    """Number of pairs in a row that are of one group, on average."""
    ordered = np.sort(groups, axis=1)
    found = sum((ordered[:, step:] == ordered[:, :-step]).sum() for step in range(1, groups.shape[1]))
    return float(found / len(groups))


def _distance(places: Integers, step: int) -> float:
    """How far apart images come that are some step apart in the files, on average."""
    return float(np.abs(places[step:] - places[:-step]).mean())


def _shards(rows: Integers) -> float:
    """How many shards of 8,192 a batch has images of, on average."""
    return float(np.mean([len(np.unique(row // 8192)) for row in rows]))


def _expected(shards: int) -> float:
    """How many shards a batch at random would have images of, on average."""
    return shards * (1 - (1 - 1 / shards) ** _BATCH)


def _grown(dataset: DigitDataset, times: int) -> DigitDataset:
    """The same dataset with so many times as many shards, which nobody is to read."""
    split = dataset.manifest.splits["train"]
    shards: list[ShardEntry] = []
    for number in range(times):
        shards += [
            each.model_copy(
                update={"first": each.first + number * split.count, "file": shard_file("train", len(shards) + place)}
            )
            for place, each in enumerate(split.shards)
        ]
    grown = split.model_copy(update={"count": split.count * times, "shards": shards})
    return DigitDataset("nowhere", "train", manifest=dataset.manifest.model_copy(update={"splits": {"train": grown}}))
