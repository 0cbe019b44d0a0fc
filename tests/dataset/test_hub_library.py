"""The `datasets` library loads every shipped configuration as built, with nothing lost. Needs the extra `export`."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from digitgen import DigitDataset, build_dataset, load_config
from tests.hands import SOURCE, skip_without_writers, write_source
from tests.letters import LONG, letter_config

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]
CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """`load_dataset` without a network and with a cache of its own."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")

    def load(*arguments: str) -> Any:
        return datasets.load_dataset(*arguments, cache_dir=str(tmp_path / "cache")).with_format("numpy")

    return load


def assert_loads_whole(folder: Path, load: Any) -> None:
    """The first configuration has every split; and every value of every array of every split is in some."""
    front = YAML(typ="safe").load((folder / "README.md").read_text().split("---\n")[1])
    splits = json.loads((folder / "manifest.json").read_text())["splits"]
    assert {*load(str(folder))} == {name.replace("-", "_") for name in splits}
    stored = {(split, array["name"]) for split, entry in splits.items() for array in entry["arrays"]}
    seen = set()
    for configuration in front["configs"]:
        loaded = load(str(folder), configuration["config_name"])
        for each in configuration["data_files"]:
            split = each["path"].partition("/")[0]
            theirs = loaded[each["split"]].flatten().with_format("numpy")[:]
            for column, found in theirs.items():
                array = column.replace(".", "/")
                if (split, array) not in stored:
                    assert all(value is None or np.isnan(value).all() for value in found), (
                        "a step that it does not have"
                    )
                    continue
                seen.add((split, array))
                mine = DigitDataset(folder, split).arrays([array])[array]
                if mine.size:  # what has no values, such as the gaps of single digits, has no shape there
                    np.testing.assert_array_equal(np.asarray(list(found)).reshape(mine.shape), mine)
                assert len(found) == len(mine)
    assert seen == stored


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.yaml")))
def test_every_shipped_configuration_loads_as_built(name: str, tmp_path: Path, load: Any) -> None:
    path = CONFIGS / f"{name}.yaml"
    config = load_config(path)
    if any(map(config.needs_writers, config.splits)):
        skip_without_writers()
    small = [f"splits.{split}.count=40" for split in config.splits]
    build_dataset(load_config(path, small), tmp_path / "set", jobs=1, fsync=False)
    assert_loads_whole(tmp_path / "set", load)


@pytest.mark.parametrize("length", ["1", "7", "[1, 5]"])
def test_masks_clean_images_and_strings_of_any_length_load(length: str, tmp_path: Path, load: Any) -> None:
    changes = ["labels.masks=true", "labels.clean=true", f"sequence.length={length}", "image_width=260"]
    small = ["splits.train.count=1100", "splits.test.count=30", "output.shard_size=1024"]
    config = load_config(CONFIGS / "augmented.yaml", [*small, *changes])
    build_dataset(config, tmp_path / "set", jobs=1, fsync=False)
    assert_loads_whole(tmp_path / "set", load)


def of_splits(splits: dict[str, str]) -> list[str]:
    """Changes of a configuration to small splits, each with a source and keys of its own."""
    sections = ", ".join(f"{name}: {{count: 20, source: {own}}}" for name, own in splits.items())
    return [f"splits={{{sections}}}", "allow_shared_glyphs=true", "labels.masks=true", "labels.clean=true"]


@pytest.mark.parametrize(
    "splits",
    [
        pytest.param({"train": "mnist/test", "test": "mnist/test, sequence: {length: [1, 9]}"}, id="longer strings"),
        pytest.param(
            {"train": "mnist/test, sequence: {length: 1}", "test": "mnist/test, sequence: {length: 2}"},
            id="single digits and pairs",
        ),
        pytest.param(
            {
                "train": "mnist/test, augment: {glyphs: [{step: rotate}], sequence: [{step: fog}]}",
                "hard": "mnist/test, sequence: {length: 7}, augment: {glyphs: [{step: rotate}, {step: slant}]}",
                "other": "mnist/test, augment: {sequence: [{step: elastic}, {step: gamma}]}",
                "test": "mnist/test, augment: {}",
            },
            id="other steps",
        ),
    ],
)
def test_splits_that_differ_load_in_one_call(splits: dict[str, str], tmp_path: Path, load: Any) -> None:
    config = load_config(CONFIGS / "quickstart.yaml", [*of_splits(splits), "image_width=300"])
    build_dataset(config, tmp_path / "set", jobs=1, fsync=False)
    assert_loads_whole(tmp_path / "set", load)


def test_labels_of_a_large_alphabet_load(tmp_path: Path, load: Any) -> None:
    build_dataset(letter_config(tmp_path, LONG), tmp_path / "set", jobs=1, fsync=False)
    assert_loads_whole(tmp_path / "set", load)
    assert load(str(tmp_path / "set"))["train"].features["labels"].feature.dtype == "int16"


def test_writers_that_one_split_stores_load(tmp_path: Path, load: Any) -> None:
    write_source(tmp_path)
    shutil.copy(CONFIGS / "quickstart.yaml", tmp_path)
    nameless = "{images: images.idx, labels: labels.idx}"
    splits = of_splits({"train": f"{SOURCE}, writers: {{numbers: [5, 8]}}", "test": nameless})
    build_dataset(load_config(tmp_path / "quickstart.yaml", splits), tmp_path / "set", jobs=1, fsync=False)
    assert DigitDataset(tmp_path / "set", "test")[0].writers is None
    assert_loads_whole(tmp_path / "set", load)
