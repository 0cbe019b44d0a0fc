"""Datasets of other characters than digits: labels are places in the alphabet, and text is characters."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import (
    Batch,
    DamageError,
    DigitDataset,
    GlyphBank,
    build_dataset,
    generate_batch,
    generate_numbers_sequence,
    load_config,
    verify_dataset,
)
from digitgen.compose.content import Digits
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.manifest import fingerprint, read_manifest
from digitgen.glyphs import sources
from digitgen.glyphs.idx import encode_idx, idx_sha256
from digitgen.glyphs.source import Source, SourceFile
from tests.batches import batches_of
from tests.errors import message_of
from tests.letters import HEX, LONG, letter_bank, letter_config, letters


@pytest.mark.parametrize(("alphabet", "dtype"), [(HEX, "int8"), (LONG, "int16")], ids=["16", "200"])
@pytest.mark.parametrize("compression", ["none", "deflate"])
def test_a_dataset_of_other_characters_is_built_read_and_verified(
    tmp_path: Path, alphabet: str, dtype: str, compression: str
) -> None:
    config = letter_config(tmp_path, alphabet, 1100, output={"compression": compression})
    manifest = build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    found = verify_dataset(tmp_path / "out", regenerate=50, rng=1)
    assert (found.damaged, found.regenerated) == ({}, 50)
    assert manifest.alphabet == alphabet
    data = DigitDataset(tmp_path / "out", "train", check_hashes=True)
    batch = data[:]
    assert (data.alphabet, batch.alphabet, batch.labels.dtype.name) == (alphabet, alphabet, dtype)
    there = batch.labels >= 0
    np.testing.assert_array_equal(batch.labels[there], batch.glyph_ids[there] // 3)  # three rows a class
    assert set(np.unique(batch.labels[there])) == set(range(len(alphabet)))
    texts = ["".join(alphabet[k] for k in row if k >= 0) for row in batch.labels.tolist()]
    assert batch.texts == [sample.text for sample in data] == texts
    assert data[7].text == data[[9, 7, 3]][1].text == batch[5:9].texts[2] == texts[7]
    assert data[7].digits.dtype == batch.labels.dtype
    card = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert f"of this alphabet, counted from 0: `{alphabet}`" in card
    assert "handwritten character sequences" in card
    assert load_config(tmp_path / "out/config.yaml").alphabet == alphabet


def test_the_card_shows_an_alphabet_with_a_mark_of_code(tmp_path: Path) -> None:
    built(letter_config(tmp_path, "A`|<", 20), tmp_path / "out")
    assert "from 0: `` A`|< ``\n" in (tmp_path / "out/README.md").read_text()


def test_labels_of_digits_and_of_up_to_128_classes_take_one_byte(tmp_path: Path) -> None:
    dtypes = {}
    for classes in (1, 10, 128, 129):
        config = letter_config(tmp_path, LONG[:classes], 20)
        manifest = build_dataset(config, tmp_path / f"out{classes}", jobs=1, fsync=False)
        dtypes[classes] = next(each.dtype for each in manifest.splits["train"].arrays if each.name == "labels")
    assert dtypes == {1: "|i1", 10: "|i1", 128: "|i1", 129: "<i2"}


@pytest.mark.parametrize(("characters", "kept"), [(" ABCA", 12), ("xxCBA", 9)], ids=["merged", "turned"])
def test_a_source_says_with_characters_what_its_labels_stand_for(tmp_path: Path, characters: str, kept: int) -> None:
    config = letter_config(tmp_path, "ABC", classes=5, characters=characters)
    entry = build_dataset(config, tmp_path / "out", jobs=1, fsync=False).splits["train"].source
    assert (sum(entry.glyphs), entry.left_out, entry.rows) == (kept, 15 - kept, 15)
    batch = DigitDataset(tmp_path / "out", "train")[:]
    rows = [sample.glyph_ids // 3 for sample in batch]  # three rows a label
    assert batch.texts == ["".join(characters[label] for label in labels) for labels in rows]
    assert {label for labels in rows for label in labels} == {k for k in range(5) if characters[k] in "ABC"}
    assert verify_dataset(tmp_path / "out", regenerate=20, rng=1).ok


def test_a_published_source_gives_the_glyphs_of_the_alphabet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = letters(6)
    files = {"t-images": images, "t-labels": labels}
    for name, array in files.items():
        (tmp_path / name).write_bytes(encode_idx(array))
    pair = SourceFile("t-images", idx_sha256(images)), SourceFile("t-labels", idx_sha256(labels))
    terms = {"licence": "CC0 1.0", "licence_id": "cc0-1.0", "citation": "A. Nobody, Letters, 2026", "ways": ()}
    six = Source(name="six", title="Six", parts={"all": pair}, characters="XYZxyz", **terms)  # type: ignore[arg-type]
    monkeypatch.setitem(sources.OWN, "six", six)
    splits = {"train": {"count": 200, "source": "six/all"}}
    config = letter_config(tmp_path, "zY", splits=splits)
    build_dataset(config, tmp_path / "out", jobs=1, fsync=False, data_dir=tmp_path)
    for sample in DigitDataset(tmp_path / "out", "train"):
        assert sample.text == "".join("XYZxyz"[row // 3] for row in sample.glyph_ids)
        assert set(sample.text) <= {"z", "Y"}
    assert verify_dataset(tmp_path / "out", regenerate=20, rng=1, data_dir=tmp_path).ok


# What is refused


def built(config: BuildConfig, out: Path) -> object:
    return build_dataset(config, out, jobs=1, fsync=False)


def test_glyphs_that_strings_need_and_labels_without_a_character_are_refused(tmp_path: Path) -> None:
    other = 'say what they stand for in "alphabet", or in "characters" of this source'
    for options, message in (
        ({"alphabet": HEX, "classes": 10}, "splits.train: images.idx+labels.idx has no glyph of the character 'A', "
         "which strings may have; take another source, or other strings"),
        ({"alphabet": "0123456789", "classes": 9}, "splits.train: images.idx+labels.idx has no glyph of the digit 9, "
         "which strings may have; take another source, or other strings"),
        ({"alphabet": "AB", "classes": 3}, f"{tmp_path}/labels.idx: label 2 in row 6; labels are 0 to 1; {other}"),
        ({"alphabet": "AB", "classes": 3, "characters": "A"},
         f"{tmp_path}/labels.idx: label 1 in row 3; labels are 0 to 0; {other}"),
        ({"alphabet": "AB", "classes": 3, "characters": "XYZ"},
         "images.idx+labels.idx has no glyph of any character of the alphabet 'AB'"),
    ):  # fmt: skip
        config = letter_config(tmp_path, **options)  # type: ignore[arg-type]
        assert message_of(built, config, tmp_path / "out") == message
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda content: content["config"].update(alphabet=HEX[:-1]), id="another alphabet"),
        pytest.param(lambda content: content["config"].update(alphabet="A" * 16), id="no alphabet"),
        pytest.param(lambda content: content["splits"]["train"]["arrays"][1].update(dtype="<i2"), id="another type"),
        pytest.param(lambda content: content["splits"]["train"]["source"]["glyphs"].append(1), id="another class"),
    ],
)
def test_a_manifest_whose_alphabet_is_not_that_of_its_shards_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    built(letter_config(tmp_path, HEX, 20), tmp_path / "out")
    path = tmp_path / "out/manifest.json"
    content = json.loads(path.read_bytes())
    del content["checksum"]
    change(content)
    path.write_text(json.dumps(content | {"checksum": fingerprint(content)}))
    with pytest.raises(DamageError, match="no build would have written this"):
        read_manifest(tmp_path / "out")


def test_labels_beyond_the_alphabet_are_damage(tmp_path: Path) -> None:
    built(letter_config(tmp_path, HEX, 20), tmp_path / "out")
    labels = DigitDataset(tmp_path / "out", "train")[:].labels
    shard = tmp_path / "out/train/shard-00000.h5"
    data = shard.read_bytes()
    assert data.count(labels.tobytes()) == 1
    changed = np.where(labels == 15, 16, labels).astype(np.int8)
    shard.write_bytes(data.replace(labels.tobytes(), changed.tobytes()))
    with pytest.raises(DamageError, match="there are labels that are not from 0 to 15"):
        DigitDataset(tmp_path / "out", "train")[0]


# Without a dataset


def test_batches_and_streams_have_the_classes_and_the_text_of_their_bank() -> None:
    bank = letter_bank(HEX)
    batch = generate_batch([[10, 11, 15], [0]], (0, 5), 100, glyphs=bank, rng=1)
    assert (batch.texts, batch.labels.tolist()) == (["ABF", "0"], [[10, 11, 15], [0, -1, -1]])
    assert batch[0].text == "ABF"
    image = generate_numbers_sequence([15], (0, 5), 28, glyphs=bank, rng=1)
    assert any(np.array_equal(image * 255, cell) for cell in bank.cells(np.arange(45, 48)))
    found = next(batches_of((0, 5), 150, content=Digits((2, 3), alphabet=HEX), glyphs=bank, batch_size=500))
    assert set("".join(found.texts)) == set(HEX)
    assert batch_of_long(200).labels.dtype == np.int16


def batch_of_long(classes: int) -> Batch:
    return generate_batch([[classes - 1]], (0, 5), 28, glyphs=letter_bank(LONG[:classes]), rng=1)


def test_classes_that_a_bank_has_not_are_refused() -> None:
    bank = letter_bank(HEX)
    digits = "digits must be integers from 0 to 15; got 16 (int) at position 0"
    assert message_of(generate_batch, [[16]], (0, 5), 100, glyphs=bank) == digits
    two = "the strings are of the alphabet '0123456789', and the glyphs of '0123456789ABCDEF'; give the law and the "
    assert message_of(batches_of, (0, 5), 200, glyphs=bank) == two + "bank the same alphabet"
    images, labels = letters(3)
    lacking = GlyphBank.from_arrays(images, labels, alphabet="ABCD")
    needed = "the glyph bank has no glyph of the character 'D', which is asked for"
    assert message_of(generate_batch, [[0, 3]], (0, 5), 100, glyphs=lacking) == needed


def test_a_bank_of_some_rows_keeps_their_numbers_and_the_size_of_their_ink() -> None:
    images, labels = letters(4)
    labels[:3] = 99  # which is looked at no more than the glyphs
    bank = GlyphBank.from_arrays(images, labels, rows=np.array([8, 3, 4]))
    assert (bank.rows.tolist(), bank.counts.tolist(), bank.source_rows) == ([3, 4, 8], [0, 2, 1, *[0] * 7], 12)
    np.testing.assert_array_equal(bank.images, images[[3, 4, 8]])
    assert bank.windows.size == (4, 11)  # class 2 has two strokes beside each other
