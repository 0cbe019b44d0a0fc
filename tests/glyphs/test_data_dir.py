"""A folder of the user's: published files are found under their usual names, and absent ones are named."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digitgen.errors import SourceError
from digitgen.glyphs import sources
from digitgen.glyphs.cache import cache_dir
from digitgen.glyphs.fetch import fetch_source, load_digits
from digitgen.glyphs.idx import encode_idx, idx_sha256
from digitgen.glyphs.places import VARIABLE
from digitgen.glyphs.source import Source, SourceFile
from tests.conftest import coded_glyphs
from tests.errors import message_of, naming

IMAGES, LABELS = coded_glyphs()
TEST = {"t10k-images-idx3-ubyte": IMAGES, "t10k-labels-idx1-ubyte": LABELS}
TRAIN = {"train-images-idx3-ubyte": IMAGES[::-1], "train-labels-idx1-ubyte": LABELS[::-1]}


@pytest.fixture(autouse=True)
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A small source called as MNIST is, with files called as MNIST's; the cache is empty, and there is no network."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = {name: SourceFile(name, idx_sha256(array)) for name, array in {**TEST, **TRAIN}.items()}
    parts = {"test": tuple(files[name] for name in TEST), "train": tuple(files[name] for name in TRAIN)}
    small = Source("mnist", "MNIST", parts, "CC0 1.0", "cc0-1.0", "A. Nobody, 2026", ())  # type: ignore[arg-type]
    monkeypatch.setitem(sources.OWN, "mnist", small)
    return small


def fill(folder: Path, place: Callable[[str], str], arrays: dict[str, np.ndarray] | None = None) -> None:
    """Write files as `place` calls them; what ends in .gz in any case is gzipped."""
    for name, array in (arrays or {**TEST, **TRAIN}).items():
        path = folder / place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        data = encode_idx(np.ascontiguousarray(array))
        path.write_bytes(gzip.compress(data, 1) if path.suffix.lower() == ".gz" else data)


LAYOUTS: dict[str, Callable[[str], str]] = {
    "as published": lambda name: name,
    "gzipped": lambda name: f"{name}.gz",
    "a dot before idx": lambda name: name.replace("-idx", ".idx"),
    "a dot before idx, gzipped": lambda name: f"{name.replace('-idx', '.idx')}.gz",
    "underscores": lambda name: name.replace("-", "_"),
    "upper case": lambda name: name.upper(),
    "upper case, gzipped": lambda name: f"{name.upper()}.GZ",
    "without what says the format": lambda name: name.rpartition("-idx")[0],
    "only idx behind a dot": lambda name: f"{name.rpartition('-idx')[0]}.idx",
    "test for t10k": lambda name: name.replace("t10k", "test"),
    "torchvision": lambda name: f"MNIST/raw/{name}",
    "torchvision's folder": lambda name: f"raw/{name}",
    "torchvision, gzipped": lambda name: f"MNIST/raw/{name}.gz",
    "torchvision, below data": lambda name: f"data/MNIST/raw/{name}",
    "a folder of the source's": lambda name: f"mnist/{name}",
    "a folder of its data": lambda name: f"MNIST_data/{name}.gz",
    "a folder for each file": lambda name: f"archive/{name}/{name}",
    "a folder for each part": lambda name: f"{name.partition('-')[0]}/{name}",
}


def test_a_data_folder_is_found_in_any_usual_layout(tmp_path: Path, source: Source) -> None:
    for case, place in LAYOUTS.items():
        with naming(case):
            folder = tmp_path / case
            fill(folder, place)
            np.testing.assert_array_equal(load_digits("mnist/test", folder).images, IMAGES)
            np.testing.assert_array_equal(load_digits("mnist/train", folder).labels, LABELS[::-1])
            parents = {(folder / place(name)).parent for name in source.sha256}
            assert fetch_source(source, folder) == (parents.pop() if len(parents) == 1 else folder)


def test_another_source_with_files_of_the_same_names_is_passed_over(tmp_path: Path) -> None:
    other = {name: array[::-1] for name, array in TEST.items()}
    for case, theirs in {"beside": "FashionMNIST/raw", "above": ".", "in the way": "data"}.items():
        with naming(case):
            folder = tmp_path / case
            fill(folder, lambda name, theirs=theirs: f"{theirs}/{name}", other)  # type: ignore[misc]
            fill(folder, lambda name: f"MNIST/raw/{name}.gz")
            np.testing.assert_array_equal(load_digits("mnist/test", folder).images, IMAGES)
    message = message_of(load_digits, "mnist/test", tmp_path / "above" / "FashionMNIST")
    assert message.endswith("FashionMNIST: the data folder does not exist")


def test_a_whole_file_is_taken_where_one_of_the_same_name_is_damaged(tmp_path: Path) -> None:
    fill(tmp_path, lambda name: f"{name}.gz")
    fill(tmp_path / "mnist", lambda name: f"._{name}")  # what a Mac leaves on other file systems
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"half")
    np.testing.assert_array_equal(load_digits("mnist/test", tmp_path).labels, LABELS)


def test_no_file_is_taken_that_is_not_the_published_one(tmp_path: Path) -> None:
    fill(tmp_path, lambda name: f"MNIST/raw/{name.upper()}", {name: array[::-1] for name, array in TEST.items()})
    message = message_of(load_digits, "mnist/test", tmp_path)
    assert message.startswith(f"{tmp_path}/MNIST/raw/T10K-IMAGES-IDX3-UBYTE is not MNIST's t10k-images-idx3-ubyte: ")


def test_a_pipe_called_as_a_published_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t10k-images-idx3-ubyte")
    message = message_of(load_digits, "mnist/test", tmp_path)
    assert message == f"{tmp_path}/t10k-images-idx3-ubyte: cannot be read: it is not a regular file"


def test_a_folder_that_lacks_a_file_is_named_with_it_and_the_cache_is_read(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own"
    fill(folder, lambda name: f"mnist/{name}", {"t10k-images-idx3-ubyte": IMAGES})
    lack = f"{folder}: has no t10k-labels-idx1-ubyte (plain or .gz, there or in mnist/raw)"
    with pytest.raises(SourceError) as caught:
        load_digits("mnist/test", folder)
    assert str(caught.value) == (
        f"{lack}; MNIST could not be had: there is no way to fetch it. "
        f"Put {', '.join(source.sha256)} into a folder and name it with --data-dir or DIGITGEN_DATA_DIR"
    )
    fill(cache_dir(source), lambda name: name)
    monkeypatch.setenv(VARIABLE, str(folder))
    said: list[str] = []
    np.testing.assert_array_equal(load_digits("mnist/test", say=said.append).labels, LABELS)
    assert said == [f"{lack}; looking in the cache and beyond"]
    assert fetch_source(source, say=said.append) == cache_dir(source)
    assert said[1].startswith(f"{folder}: has no t10k-labels-idx1-ubyte, no train-images-idx3-ubyte, no train-labels")


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mnist.zip").touch()
    message = message_of(load_digits, "mnist/test", tmp_path / "mnist.zip")
    assert message == f"{tmp_path}/mnist.zip: the data folder is not a folder"
