"""The library `mlcroissant` validates the description of a dataset. Needs the extra `export`."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digitgen import build_dataset, load_config
from digitgen.config.build_config import BuildConfig
from digitgen.dataset.describe import describe_dataset
from digitgen.dataset.manifest import CROISSANT_NAME
from tests.letters import LONG, letter_config

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]
CONFIGS = Path(__file__).parents[2] / "configs"


def described(config: BuildConfig, folder: Path) -> Any:
    """The description of a small dataset, as the library loads it."""
    library = pytest.importorskip("mlcroissant")
    build_dataset(config, folder, jobs=1, fsync=False)
    facts = describe_dataset(folder, url="https://example.org", creator="A. Nobody", published=date(2026, 1, 31))
    (folder / CROISSANT_NAME).write_text(json.dumps(facts))
    return library.Dataset(folder / CROISSANT_NAME)


def assert_valid(dataset: Any) -> None:
    """The library has nothing against any part of a description."""
    for node in [dataset.metadata, *dataset.metadata.nodes()]:
        assert not node.ctx.issues.errors
        assert not node.ctx.issues.warnings
    assert str(dataset.metadata.ctx.conforms_to) == "CroissantVersion.V_1_1"


@pytest.mark.parametrize("name", ["augmented", "mnist-c-sequences", "dates"])
def test_the_description_of_a_shipped_configuration_is_valid(name: str, tmp_path: Path) -> None:
    path = CONFIGS / f"{name}.yaml"
    small = [f"splits.{split}.count=10" for split in load_config(path).splits]
    changes = ["labels.masks=true", "labels.clean=true"]
    assert_valid(described(load_config(path, [*small, *changes]), tmp_path / "set"))


def test_the_library_finds_files_fields_splits_and_classes(tmp_path: Path) -> None:
    small = ["splits.train.count=10", "splits.test.count=10"]
    found = described(load_config(CONFIGS / "quickstart.yaml", small), tmp_path / "set")
    files = {each.uuid: each for each in found.metadata.file_objects}
    assert len(files["train/shard-00000.h5"].sha256) == 64
    assert [each.uuid for each in found.metadata.file_sets] == ["test/shards", "train/shards"]
    (train,) = (each for each in found.metadata.record_sets if each.uuid == "train")
    fields = {field.name["en"] if isinstance(field.name, dict) else field.name: field for field in train.fields}
    assert fields["images"].array_shape_tuple == (28, 168)
    assert (fields["labels"].data_type, fields["boxes"].data_type) == (int, float)
    assert [row["enumerations/splits/name"] for row in found.records("enumerations/splits")] == ["test", "train"]


def test_classes_of_any_alphabet_are_read_as_characters(tmp_path: Path) -> None:
    found = described(letter_config(tmp_path, LONG), tmp_path / "set")
    rows = list(found.records("enumerations/classes"))
    assert "".join(row["enumerations/classes/name"] for row in rows) == LONG
    assert [row["enumerations/classes/label"] for row in rows] == list(range(len(LONG)))


def test_the_library_cannot_read_records_of_hdf5(tmp_path: Path) -> None:
    found = described(letter_config(tmp_path, "xyz"), tmp_path / "set")
    with pytest.raises(Exception, match="Read"):  # when this fails, the docs can say that it can
        next(iter(found.records("train")))
