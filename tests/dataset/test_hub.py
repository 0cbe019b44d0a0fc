"""What hubs are told: configurations of splits with equal arrays, and names that hubs accept."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from digitgen.compose.batch import batch_spec
from digitgen.config.load import load_config
from digitgen.dataset.card import dataset_card
from digitgen.dataset.entries import ArrayEntry, SourceEntry, SplitEntry
from digitgen.dataset.hub import hub_configurations
from digitgen.dataset.manifest import Manifest
from digitgen.errors import ConfigError
from tests.dataset.test_card import MNIST_TRAIN, POOL

SOURCE = SourceEntry(**MNIST_TRAIN)


def splits(**longest: int) -> dict[str, SplitEntry]:
    """Splits with strings of up to so many digits; ``__`` in a name stands for ``-``."""
    return {
        name.replace("__", "-"): SplitEntry.model_construct(
            count=1,
            arrays=[ArrayEntry.of(spec) for spec in batch_spec(most, 168)],
            source=SOURCE,
            pool=POOL,
            shards=[],
        )
        for name, most in longest.items()
    }


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        pytest.param({"train": 5, "test": 5}, {"default": ["train", "test"]}, id="equal"),
        pytest.param({"train": 5, "test": 9}, {"train": ["train"], "test": ["test"]}, id="longer strings"),
        pytest.param(
            {"clean": 5, "level__1": 6, "level__2": 6},
            {"clean": ["clean"], "level": ["level-1", "level-2"]},
            id="named by what they begin with",
        ),
        pytest.param({"a": 5, "b": 6, "c": 6}, {"a": ["a"], "b": ["b", "c"]}, id="nothing in common"),
        pytest.param(
            {"x": 5, "x_1": 6, "x_2": 6}, {"x": ["x"], "x_1": ["x_1", "x_2"]}, id="what they begin with is taken"
        ),
    ],
)
def test_splits_with_equal_arrays_share_a_configuration(there: dict[str, int], expected: dict[str, list[str]]) -> None:
    assert hub_configurations(splits(**there)) == expected


def card_of(there: dict[str, SplitEntry]) -> str:
    """The card of a dataset with these splits."""
    manifest = Manifest.model_construct(tool={"digitgen": "1"}, config={}, splits=there, images=1, lost_digits=0)
    return dataset_card("set", manifest, "name: set\n")


def test_the_front_matter_maps_folders_to_names_that_hubs_accept() -> None:
    front: Any = YAML(typ="safe").load(card_of(splits(clean=5, level__1=6, no=6)).split("---\n")[1])
    assert front["configs"] == [
        {"config_name": "clean", "default": True, "data_files": [{"split": "clean", "path": "clean/*.h5"}]},
        {
            "config_name": "level_1",
            "data_files": [{"split": "level_1", "path": "level-1/*.h5"}, {"split": "no", "path": "no/*.h5"}],
        },
    ]


def test_the_card_shows_the_call_that_loads_each_configuration() -> None:
    assert '\nload_dataset("PATH/TO/THIS/FOLDER")\n' in card_of(splits(train=5, test=5))
    several = card_of(splits(clean=5, level__1=6))
    assert '\nload_dataset("PATH/TO/THIS/FOLDER", "clean")  # clean\n' in several
    assert '\nload_dataset("PATH/TO/THIS/FOLDER", "level_1")  # level_1\n' in several


def test_splits_that_hubs_would_take_for_one_are_refused() -> None:
    twins = "splits={a-b: {count: 1, source: mnist/test}, a_b: {count: 1, source: mnist/test}}"
    with pytest.raises(ConfigError, match="two names differ in '-' and '_' only, which dataset hubs do not tell apart"):
        load_config("configs/quickstart.yaml", [twins])
