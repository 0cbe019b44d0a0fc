"""The Croissant description of a dataset: every file with its hash, every array as a field."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from digitgen import build_dataset, load_config
from digitgen.cli import main
from digitgen.dataset.describe import describe_dataset
from digitgen.dataset.manifest import CROISSANT_NAME, read_manifest
from digitgen.errors import ArgumentError, DamageError
from tests.letters import letter_config
from tests.strangers import change_manifest

FEW = ["splits.train.count=1030", "splits.test.count=20", "output.shard_size=1024"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of two splits, one of them in two shards, of which one stores what augmentation sampled."""
    folder = tmp_path_factory.mktemp("croissant") / "set"
    changes = [*FEW, "labels.masks=true", "splits.train.augment={sequence: [{step: elastic}]}"]
    build_dataset(load_config("configs/quickstart.yaml", changes), folder, jobs=1, fsync=False)
    return folder


def by_id(description: dict[str, Any], what: str) -> dict[str, Any]:
    """The parts of a description by their ids."""
    return {each["@id"]: each for each in description[what]}


def test_every_file_but_the_log_is_described_with_its_size_and_sha256(folder: Path) -> None:
    files = {name: each for name, each in by_id(describe_dataset(folder), "distribution").items() if "sha256" in each}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert set(files) == set(there) - {"build-log.json"}
    for name, each in files.items():
        data = there[name].read_bytes()
        assert (each["contentUrl"], each["contentSize"]) == (name, f"{len(data)} B")
        assert each["sha256"] == sha256(data).hexdigest()


def test_each_split_is_a_set_of_files_and_a_set_of_records_with_a_field_for_each_array(folder: Path) -> None:
    description = describe_dataset(folder)
    files, records = by_id(description, "distribution"), by_id(description, "recordSet")
    for split, entry in read_manifest(folder).splits.items():
        assert files[f"{split}/shards"]["includes"] == f"{split}/*.h5"
        fields = by_id(records[split], "field")
        assert set(fields) == {f"{split}/split"} | {f"{split}/{array.name}" for array in entry.arrays}
        assert fields[f"{split}/split"]["value"] == split
        assert records[split]["annotation"][0]["value"] == entry.count
    fields = by_id(records["train"], "field")
    assert fields["train/images"]["dataType"] == ["sc:Integer", "cr:UInt8", "sc:ImageObject"]
    assert fields["train/images"]["arrayShape"] == "28,168"
    assert fields["train/labels"]["dataType"] == ["sc:Integer", "cr:Int8", "cr:Label"]
    assert fields["train/boxes"]["source"]["format"] == "XYWH"
    assert fields["train/augment/sequence_0_elastic_rms"]["dataType"] == ["sc:Float", "cr:Float32"]
    assert "isArray" not in fields["train/lengths"]


def test_splits_and_classes_are_enumerated(folder: Path, tmp_path: Path) -> None:
    records = by_id(describe_dataset(folder), "recordSet")
    assert [row["enumerations/splits/url"] for row in records["enumerations/splits"]["data"]] == [
        "cr:TestSplit",
        "cr:TrainingSplit",
    ]
    build_dataset(letter_config(tmp_path, "xyz"), tmp_path / "letters", jobs=1, fsync=False)
    classes = by_id(describe_dataset(tmp_path / "letters"), "recordSet")["enumerations/classes"]["data"]
    assert [tuple(row.values()) for row in classes] == [(0, "x"), (1, "y"), (2, "z")]


def test_a_licence_is_an_address_where_it_has_one(folder: Path, tmp_path: Path) -> None:
    assert describe_dataset(folder)["license"] == ["https://creativecommons.org/licenses/by-sa/3.0/"]
    build_dataset(letter_config(tmp_path, "xyz"), tmp_path / "letters", jobs=1, fsync=False)
    assert describe_dataset(tmp_path / "letters")["license"] == ["not known"]


@pytest.mark.parametrize("licence", ["cc-by", "cc-by-4.0/../x", "mit"])
def test_a_licence_without_a_known_address_is_named(licence: str, folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "set")
    for split in ("train", "test"):
        change_manifest(copy, set_licence(split, licence))
    assert describe_dataset(copy)["license"] == ["the licence's own name"]


def set_licence(split: str, licence: str) -> Callable[[Any], None]:
    """Give the source of a split another licence."""
    named = {"licence_id": licence, "licence": "the licence's own name"}
    return lambda manifest: manifest["splits"][split]["source"].update(named)


def test_who_published_it_where_and_when_is_said_if_it_is_known(folder: Path) -> None:
    known = describe_dataset(folder, url="https://example.org", creator="A. Nobody", published=date(2026, 1, 31))
    assert (known["url"], known["creator"]["name"]) == ("https://example.org", "A. Nobody")
    assert known["datePublished"] == "2026-01-31"
    assert not {"url", "creator", "datePublished"} & set(describe_dataset(folder))
    with pytest.raises(ArgumentError, match="published must be a date"):
        describe_dataset(folder, published="2026")  # type: ignore[arg-type]


def test_a_damaged_file_is_not_described(tmp_path: Path) -> None:
    build_dataset(letter_config(tmp_path, "xyz"), tmp_path / "set", jobs=1, fsync=False)
    shard, card = tmp_path / "set/train/shard-00000.h5", tmp_path / "set/README.md"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(DamageError, match=r"shard-00000\.h5: damaged: its BLAKE3 hash"):
        describe_dataset(tmp_path / "set")
    shard.write_bytes(whole[:-1])
    with pytest.raises(DamageError, match=r"shard-00000\.h5: damaged: it does not have"):
        describe_dataset(tmp_path / "set")
    shard.write_bytes(whole)
    card.unlink()
    with pytest.raises(DamageError, match=r"README\.md: cannot be read"):
        describe_dataset(tmp_path / "set")


def test_the_command_writes_the_description_into_the_folder_and_says_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_dataset(letter_config(tmp_path, "xyz"), tmp_path / "set", jobs=1, fsync=False)
    command = ["croissant", str(tmp_path / "set"), "--creator", "A. Nobody"]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'set' / CROISSANT_NAME}\n"
    assert "Croissant 1.1 wants --url of a dataset that is published" in err
    assert json.loads((tmp_path / "set" / CROISSANT_NAME).read_text())["creator"]["name"] == "A. Nobody"
    assert main(command) == 1
    assert "croissant.json exists" in capsys.readouterr().err
    assert main([*command, "--force", "--url", "https://example.org", "--published", "2026-01-31"]) == 0
    assert json.loads((tmp_path / "set" / CROISSANT_NAME).read_text())["datePublished"] == "2026-01-31"
    assert main(["verify", str(tmp_path / "set")]) == 0


def test_the_description_of_a_dataset_goes_when_another_takes_its_place(tmp_path: Path) -> None:
    build_dataset(letter_config(tmp_path, "xyz"), tmp_path / "set", jobs=1, fsync=False)
    assert main(["croissant", str(tmp_path / "set"), "-q"]) == 0
    build_dataset(letter_config(tmp_path, "xyz", seed=4), tmp_path / "set", jobs=1, fsync=False, overwrite=True)
    assert not (tmp_path / "set" / CROISSANT_NAME).exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["s3://bucket/prefix"], "is no folder of this machine; name the file to write with -o"),
        (["data", "--published", "yesterday"], "must be a day, such as 2026-01-31"),
        (["data", "--url", ""], "must not be empty"),
    ],
)
def test_what_the_command_cannot_do_is_said_in_a_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = main(["croissant", *arguments])
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    assert said in capsys.readouterr().err
