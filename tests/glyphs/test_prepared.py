"""Banks of published digits in the cache: the same as those made of the files, and never any others."""

from pathlib import Path

import numpy as np
import pytest
from blake3 import blake3

from digitgen.errors import SourceError
from digitgen.glyphs import cache, fetch, places
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.digits import Digits
from digitgen.glyphs.mnist import MNIST
from digitgen.glyphs.prepared import PREPARED, Prepared, bytes_of, load_bank
from tests.conftest import coded_glyphs

NAME = "mnist/train"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bank: GlyphBank) -> Path:
    """An empty cache, for which the small bank is what is published; it is loaded once and then can no longer be."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(places.VARIABLE, raising=False)
    files = MNIST.parts["train"]
    loads = iter([Digits(NAME, *coded_glyphs(), np.arange(30), files)])

    def load_once(*_: object, **__: object) -> Digits:
        for digits in loads:
            return digits
        raise SourceError("they are loaded again")

    monkeypatch.setattr(fetch, "load_digits", load_once)
    size = bank.windows.size
    monkeypatch.setitem(PREPARED, NAME, Prepared(30, size, blake3(bytes_of(bank)).hexdigest()))
    folder = cache.cache_dir(MNIST)
    folder.mkdir(parents=True)
    return folder


def assert_same(found: GlyphBank, expected: GlyphBank) -> None:
    assert bytes_of(found) == bytes_of(expected)
    assert found.windows.size == expected.windows.size
    assert (found.source_rows, found.alphabet, found.writers) == (expected.source_rows, expected.alphabet, None)
    np.testing.assert_array_equal(found.images, expected.images)


@pytest.mark.parametrize("name", list(PREPARED))
def test_the_hashes_are_those_of_the_published_digits(name: str) -> None:
    digits = fetch.load_digits(name)
    bank = GlyphBank.from_arrays(digits.images, digits.labels)
    wanted = Prepared(len(bank), bank.windows.size, blake3(bytes_of(bank)).hexdigest())
    assert PREPARED[name] == wanted, "a change of banks that changes this asks for new hashes in PREPARED"


def test_a_bank_is_kept_and_read_again(folder: Path, bank: GlyphBank) -> None:
    assert_same(load_bank(NAME), bank)
    assert len(list(folder.iterdir())) == 1
    again = load_bank(NAME)
    assert_same(again, bank)
    assert all(array.flags.writeable for array in (again.rows, again.windows.pixels))


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "folder"])
def test_a_damaged_bank_is_made_again(damage: str, folder: Path, bank: GlyphBank) -> None:
    path = folder / f"train-{PREPARED[NAME].blake3[:8]}.bank"
    data = bytearray(bytes_of(bank))
    data[1000] ^= 1
    if damage == "folder":
        path.mkdir()
    else:
        path.write_bytes({"cut": bytes(data[:-1]), "changed": bytes(data), "empty": b""}[damage])
    assert_same(load_bank(NAME), bank)
    if damage != "folder":
        assert_same(load_bank(NAME), bank)


def test_a_bank_of_other_bytes_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch, bank: GlyphBank) -> None:
    monkeypatch.setitem(PREPARED, NAME, Prepared(30, bank.windows.size, "0" * 64))
    assert_same(load_bank(NAME), bank)
    assert not list(folder.iterdir())


def test_a_cache_that_cannot_be_written_is_no_error(folder: Path, bank: GlyphBank) -> None:
    folder.rmdir()
    folder.write_text("no folder")
    assert_same(load_bank(NAME), bank)


def test_the_folder_of_a_user_is_read_even_where_a_bank_is_kept(folder: Path, tmp_path: Path) -> None:
    load_bank(NAME)
    assert list(folder.iterdir())
    with pytest.raises(SourceError, match="they are loaded again"):
        load_bank(NAME, tmp_path)


def test_a_bank_of_another_source_is_made_of_its_files(folder: Path, bank: GlyphBank) -> None:
    assert_same(load_bank("other/part"), bank)
    assert not list(folder.iterdir())
