"""The `datasets` library loads every shipped configuration as built, with nothing lost. Needs the extra `export`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from digitgen import DigitDataset, build_dataset, load_config
from tests.hands import skip_without_writers

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
    """Every split of a folder is in some configuration, with every array and every value."""
    front = YAML(typ="safe").load((folder / "README.md").read_text().split("---\n")[1])
    manifest = json.loads((folder / "manifest.json").read_text())
    assert load(str(folder)).keys() == {each["split"] for each in front["configs"][0]["data_files"]}
    seen = []
    for configuration in front["configs"]:
        loaded = load(str(folder), configuration["config_name"])
        for each in configuration["data_files"]:
            split = each["path"].partition("/")[0]
            seen.append(split)
            names = [array["name"] for array in manifest["splits"][split]["arrays"]]
            mine = DigitDataset(folder, split).arrays(names)
            theirs = loaded[each["split"]]
            assert len(theirs) == len(mine["images"])
            found = theirs.flatten().with_format("numpy")[:]
            for name, array in mine.items():
                if array.size:  # the library has no columns without values, such as the gaps of single digits
                    np.testing.assert_array_equal(np.asarray(found[name.replace("/", ".")]).reshape(array.shape), array)
    assert sorted(seen) == sorted(manifest["splits"])


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
