"""Writers of digits: the forms in which files name them, and where the files come from."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitgen.cli.program import main
from digitgen.errors import ArgumentError, SourceError
from digitgen.glyphs import sources
from digitgen.glyphs.cache import cache_dir
from digitgen.glyphs.digits import load_idx_pair
from digitgen.glyphs.fetch import load_digits
from digitgen.glyphs.idx import encode_idx, idx_sha256
from digitgen.glyphs.mnist import QMNIST
from digitgen.glyphs.source import Source, SourceFile, Writers, mirror
from digitgen.glyphs.writers import as_writers
from tests.conftest import coded_glyphs
from tests.errors import message_of
from tests.glyphs.conftest import Answer, begin
from tests.hands import skip_without_writers

IMAGES, LABELS = coded_glyphs()
NUMBERS = np.arange(30) % 7 + 300


def table(count: int = 30) -> np.ndarray:
    """Labels as QMNIST has them: class, series, writer, and five columns of other things."""
    rows = np.full((count, 8), 99, ">i4")
    rows[:30, 0], rows[:30, 2] = LABELS, NUMBERS
    return rows


STORED = {"images": IMAGES, "labels": LABELS, "who": table(40)}
FILES = {name: SourceFile(name, idx_sha256(array)) for name, array in STORED.items()}


def source(*addresses: str) -> Source:
    """A source of digits whose writers are published elsewhere."""
    ways = tuple(map(mirror, addresses))
    writers = Writers("who-wrote-it", "The list of writers", {"all": FILES["who"]}, "CC0 1.0", "A. Nobody, 2026", ways)
    parts = {"all": (FILES["images"], FILES["labels"]), "more": (FILES["images"], FILES["labels"])}
    return Source("small", "Small", parts, "CC0 1.0", "cc0-1.0", "A. Nobody, 2026", ways, writers=writers)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of that source; the cache is empty, and there is no other way."""
    monkeypatch.delenv("DIGITGEN_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setitem(sources.OWN, "small", source())
    folder = tmp_path / "files"
    folder.mkdir()
    for name, array in STORED.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(encode_idx(array)))
    return folder


# Forms


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(NUMBERS, id="numbers"),
        pytest.param(NUMBERS.astype(np.int16)[:, None], id="a column"),
        pytest.param(table(), id="QMNIST's columns"),
        pytest.param(table(60), id="QMNIST's columns, of more digits"),
    ],
)
def test_writers_are_read_from_numbers_and_from_the_columns_of_qmnist(array: np.ndarray) -> None:
    found = as_writers(array, LABELS, "w")
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, NUMBERS)


def other_class() -> np.ndarray:
    rows = table()
    rows[7, 0] = 3
    return rows


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (
            NUMBERS.astype(np.float32),
            "w: expected the number of each digit's writer, or the 8 columns of QMNIST's labels",
        ),
        (np.zeros((30, 7), int), "got 30x7 of int64"),
        (NUMBERS[:29], "w: has the writers of 29 digits, expected 30"),
        (np.append(NUMBERS, 1), "w: has the writers of 31 digits, expected 30"),
        (table()[:29], "w: has the writers of 29 digits, expected 30"),
        (other_class(), "w: is about other digits: row 7 is a 3 there and a 7 here"),
        (NUMBERS - 301, "w: writer -1 in row 0; writers have numbers from 0 to 32767"),
        (NUMBERS + 40_000, "w: writer 40300 in row 0; writers have numbers from 0 to 32767"),
    ],
)
def test_anything_else_is_no_list_of_writers(array: np.ndarray, problem: str) -> None:
    assert problem in message_of(as_writers, array, LABELS, "w")


def test_a_pair_of_files_may_have_a_third_with_the_writers(folder: Path) -> None:
    paths = folder / "images.gz", folder / "labels.gz"
    assert load_idx_pair(*paths).writers is None
    found = load_idx_pair(*paths, writers_path=folder / "who.gz").writers
    assert found is not None
    np.testing.assert_array_equal(found.numbers, NUMBERS)
    assert (found.file, found.source) == (SourceFile("who.gz", FILES["who"].sha256), None)
    with pytest.raises(SourceError, match=r"images\.gz: expected the number of each digit's writer"):
        load_idx_pair(*paths, writers_path=folder / "images.gz")


# Published files


def test_writers_are_read_only_where_they_are_asked_for(folder: Path) -> None:
    said: list[str] = []
    assert load_digits("small/all", folder, say=said.append).writers is None
    (folder / "who.gz").unlink()
    load_digits("small/all", folder, say=said.append)
    assert not said


def test_writers_are_taken_from_the_users_folder(folder: Path) -> None:
    found = load_digits("small/all", folder, writers=True).writers
    assert found is not None
    np.testing.assert_array_equal(found.numbers, NUMBERS)
    assert found.source is sources.OWN["small"].writers


def test_writers_are_fetched_into_a_folder_of_their_own_in_the_cache(
    folder: Path, serve: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(handler: object) -> None:
        data = (folder / handler.path.rpartition("/")[2]).read_bytes()  # type: ignore[attr-defined]
        begin(handler, len(data))  # type: ignore[arg-type]
        handler.wfile.write(data)  # type: ignore[attr-defined]

    here = source(serve(answer))
    monkeypatch.setitem(sources.OWN, "small", here)
    assert main(["fetch", "small"]) == 0
    digits = cache_dir(here)
    assert capsys.readouterr().out == f"{digits}\n"
    assert not digits.with_name("who-wrote-it").exists()
    assert main(["fetch", "small", "--writers"]) == 0
    assert capsys.readouterr().out == f"{digits}\n{digits.with_name('who-wrote-it')}\n"
    monkeypatch.setitem(sources.OWN, "small", source())  # from now on, there is no other way
    assert load_digits("small/all", writers=True).writers is not None


def test_writers_that_cannot_be_had_are_an_error_that_says_what_to_do(folder: Path) -> None:
    (folder / "who.gz").unlink()
    said: list[str] = []
    with pytest.raises(SourceError) as caught:
        load_digits("small/all", folder, writers=True, say=said.append)
    assert str(caught.value) == (
        f"{folder}: has no who (plain or .gz, there or in who-wrote-it/raw); The list of writers could not be had: "
        "there is no way to fetch it. Put who into a folder and name it with --data-dir or DIGITGEN_DATA_DIR"
    )
    assert said == [
        f"{folder}: has no who (plain or .gz, there or in who-wrote-it/raw); looking in the cache and beyond"
    ]


def test_other_bytes_than_the_published_ones_are_not_read(folder: Path) -> None:
    (folder / "who").write_bytes(encode_idx(table()))
    (folder / "who.gz").unlink()
    with pytest.raises(SourceError, match=r"who is not The list of writers's who: the sha256 of its uncompressed"):
        load_digits("small/all", folder, writers=True)


def test_a_source_without_writers_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ArgumentError, match="small/more does not say who wrote its digits"):
        load_digits("small/more", folder, writers=True)
    monkeypatch.setitem(sources.OWN, "small", replace(source(), writers=None))
    with pytest.raises(ArgumentError, match="small/all does not say who wrote its digits"):
        load_digits("small/all", folder, writers=True)
    assert main(["fetch", "small", "--writers"]) == 2
    assert "small does not say who wrote its digits, so there is nothing for --writers" in capsys.readouterr().err


# QMNIST


@pytest.mark.parametrize(
    ("part", "count", "complete"), [("mnist/train", 539, 536), ("mnist/test", 297, 124)], ids=["train", "test"]
)
def test_qmnist_names_the_writers_of_mnist(part: str, count: int, complete: int) -> None:
    skip_without_writers()
    digits = load_digits(part, writers=True)
    assert digits.writers is not None
    assert digits.writers.source is QMNIST
    wrote = np.zeros((2600, 10), bool)
    wrote[digits.writers.numbers, digits.labels] = True
    assert int(wrote.any(axis=1).sum()) == count
    assert int(wrote.all(axis=1).sum()) == complete
