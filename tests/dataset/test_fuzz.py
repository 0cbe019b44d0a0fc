"""Datasets with random changes, each with hashes that agree with it: read right, or refused in one line.

``DIGITGEN_FUZZ_COUNT=2000 python -m pytest tests/dataset/test_fuzz.py`` tries two thousand; ``DIGITGEN_FUZZ_SEED``
begins elsewhere. A mutant is named by its seed, and `mutant` makes it again.
"""

import contextlib
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from digitgen import DigitDataset, DigitgenError, verify_dataset
from digitgen.dataset.manifest import read_manifest
from digitgen.look.preview.preview import Choice, preview
from digitgen.look.preview.view import views_of_dataset
from digitgen.look.report.counting import dataset_statistics
from digitgen.look.report.report import report
from tests.errors import naming
from tests.strangers import SHARD, change_manifest, change_shard, copy_of, make_dataset, sign_shard

COUNT = int(os.environ.get("DIGITGEN_FUZZ_COUNT", "24"))
SEED = int(os.environ.get("DIGITGEN_FUZZ_SEED", "0"))
VALUES: list[Any] = [
    None, True, -1, 0, 1, 255, 2**31, 2**62, 2**200, 1.5, float("nan"), "", "..", "/", "\x1b[2J", "\ud800", "|O", "<f8",
    [], {}, [[]], {"a": 1}, "x" * 5000,
]  # fmt: skip


@pytest.fixture(scope="module", params=["none", "deflate"])
def dataset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("fuzz"), request.param)


def places(content: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
    """Each key and each place in a list of a JSON document."""
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield (*way, key)
        yield from places(value, *way, key)


def lie(rng: random.Random, content: Any) -> None:
    """Change, remove, add or repeat something in a manifest."""
    way = rng.choice(list(places(content)))
    node = content
    for key in way[:-1]:
        node = node[key]
    match rng.randrange(4):
        case 0:
            del node[way[-1]]
        case 1 if isinstance(node, dict):
            node[rng.choice(["more", "..", "train/..", ""])] = node[way[-1]]
        case 2 if isinstance(node[way[-1]], int):
            node[way[-1]] += rng.choice([-1, 1, 2**16, -(2**40)])
        case _:
            node[way[-1]] = rng.choice(VALUES)


def damage(rng: random.Random, path: Path) -> None:
    """Change some bytes of a file, most of them where HDF5 has its structure."""
    data = bytearray(path.read_bytes())
    match rng.randrange(4):
        case 0:
            data = data[: rng.randrange(len(data))]
        case 1:
            data += bytes(rng.randrange(1, 5000))
        case _:
            for _ in range(rng.choice([1, 1, 4, 64])):
                end = min(4096, len(data)) if rng.random() < 0.8 else len(data)
                data[rng.randrange(end)] = rng.randrange(256)
    path.write_bytes(data)


def disguise(rng: random.Random, file: h5py.File) -> None:
    """Put other labels, or another kind of dataset, into a shard."""
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    name = rng.choice(names)
    array = file[name][...]
    match rng.randrange(6):
        case 0:
            flat = array.reshape(-1)
            flat[rng.randrange(flat.size)] = np.frombuffer(rng.randbytes(16), array.dtype)[0]
            file[name][...] = array
            return
        case 1:
            made: Any = h5py.SoftLink("/images")
        case 2:
            made = h5py.ExternalLink("other.h5", "/images")
        case 3:
            with np.errstate(invalid="ignore"):  # of what is no number
                made = array.astype(rng.choice(["f8", "i8", ">i4", "S5"]))
        case 4:
            made = array[: rng.randrange(len(array))]
        case _:
            made = [str(each)[:9] for each in array.reshape(len(array), -1)[:, 0]]
    del file[name]
    file[name] = made


def mutant(folder: Path, home: Path, seed: int) -> Path:
    """A changed copy of a dataset; the same for the same seed."""
    rng = random.Random(seed)
    copy = copy_of(folder, home)
    match rng.randrange(4):
        case 0:
            change_manifest(copy, lambda content: lie(rng, content))
        case 1:
            damage(rng, copy / SHARD)
            sign_shard(copy)
        case 2:
            change_shard(copy, lambda file: disguise(rng, file))
        case _:
            damage(rng, copy / rng.choice(["manifest.json", "journal.jsonl", "config.yaml", "README.md", SHARD]))
    return copy


def read_in_every_way(folder: Path) -> None:
    """Open, verify, report and preview a dataset."""
    with refused_in_a_line():
        verify_dataset(folder)
    with refused_in_a_line():
        manifest = read_manifest(folder)
        for name, split in manifest.splits.items():
            found = DigitDataset(folder, name)[:].arrays()
            for shard in split.shards:
                with h5py.File(folder / shard.file) as file:
                    for each in found:
                        rows = found[each][shard.first : shard.first + shard.count]
                        with contextlib.suppress(OSError):  # h5py also reads the value of rows that were never written
                            assert np.array_equal(rows, file[each][...], equal_nan=rows.dtype.kind == "f"), each
    with refused_in_a_line():
        report(dataset_statistics(folder, read_manifest(folder), jobs=1, data_dir=folder.parent.parent))
    with refused_in_a_line():
        manifest = read_manifest(folder)
        preview(views_of_dataset(folder, manifest, list(manifest.splits), data_dir=folder.parent.parent), Choice())


@contextlib.contextmanager
def refused_in_a_line() -> Iterator[None]:
    """Take an error of ours, if it is one printable line."""
    try:
        yield
    except DigitgenError as error:
        assert str(error).isprintable(), repr(str(error))


@pytest.mark.usefixtures("no_plots")
def test_a_changed_dataset_is_read_right_or_refused_in_one_line(dataset: Path, tmp_path: Path) -> None:
    for seed in range(SEED, SEED + COUNT):
        with naming(f"seed {seed}"):
            read_in_every_way(mutant(dataset, tmp_path / str(seed), seed))


def test_a_seed_makes_the_same_mutant_again_and_another_seed_another(dataset: Path, tmp_path: Path) -> None:
    first, again, other = (mutant(dataset, tmp_path / str(n), seed) for n, seed in enumerate([1, 1, 2]))

    def contents(folder: Path) -> str:
        return json.dumps({path.name: path.read_bytes().hex() for path in sorted(folder.rglob("*")) if path.is_file()})

    assert contents(first) == contents(again) != contents(other)
