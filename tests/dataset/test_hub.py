"""What hubs are told: configurations of splits with equal columns, and names that hubs accept."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from digitgen.augment.sampled import Sampled
from digitgen.compose.batch import batch_spec, parameter_spec, writers_spec
from digitgen.config.load import load_config
from digitgen.dataset.card import dataset_card
from digitgen.dataset.entries import ArrayEntry, SourceEntry, SplitEntry
from digitgen.dataset.hub import HubConfiguration, hub_configurations
from digitgen.dataset.manifest import Manifest
from digitgen.errors import ConfigError
from tests.dataset.test_card import MNIST_TRAIN, POOL

SOURCE = SourceEntry(**MNIST_TRAIN)
RMS = Sampled("sequence", 0, "elastic", "rms", "size of the displacements", "px")
ANGLE = Sampled("glyphs", 0, "rotate", "angle", "angle", "radians")


def split(most: int, *sampled: Sampled, writers: bool = False) -> SplitEntry:
    """A split with strings of up to so many digits, and these parameters of augmentation."""
    spec = [
        *batch_spec(most, 168),
        *([writers_spec(most)] * writers),
        *(parameter_spec(each, most) for each in sampled),
    ]
    return SplitEntry.model_construct(
        count=1, arrays=[ArrayEntry.of(each) for each in spec], source=SOURCE, pool=POOL, shards=[]
    )


def named(configurations: list[HubConfiguration]) -> dict[str, tuple[str, ...]]:
    """The splits of each configuration."""
    return {each.name: each.splits for each in configurations}


def features_of(configuration: HubConfiguration) -> dict[str, Any]:
    """The features of a configuration by name."""
    return {each["name"]: {key: each[key] for key in each if key != "name"} for each in configuration.features or ()}


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        pytest.param({"train": split(5), "test": split(5)}, {"default": ("train", "test")}, id="equal"),
        pytest.param({"train": split(5), "test": split(9)}, {"default": ("train", "test")}, id="longer strings"),
        pytest.param(
            {"train": split(5, RMS), "test": split(5, ANGLE)}, {"default": ("train", "test")}, id="other augmentation"
        ),
        pytest.param(
            {"clean": split(5), "level-1": split(5, RMS), "level-2": split(5, ANGLE)},
            {"default": ("clean", "level-1", "level-2"), "with_augment": ("level-1", "level-2")},
            id="one without augmentation",
        ),
        pytest.param(
            {"a": split(5), "b": split(5, writers=True), "c": split(5, RMS), "d": split(5, RMS, writers=True)},
            {
                "default": ("a", "b", "c", "d"),
                "with_writers": ("b",),
                "with_augment": ("c",),
                "with_writers_augment": ("d",),
            },
            id="some with writers",
        ),
    ],
)
def test_one_configuration_has_all_splits_and_others_have_the_columns_that_some_lack(
    there: dict[str, SplitEntry], expected: dict[str, tuple[str, ...]]
) -> None:
    assert named(hub_configurations(there)) == expected


def test_the_columns_of_equal_splits_are_left_for_the_library_to_see() -> None:
    assert [each.features for each in hub_configurations({"train": split(5, RMS), "test": split(5, RMS)})] == [None]


def test_columns_of_splits_that_differ_have_the_lengths_that_all_have() -> None:
    (default,) = hub_configurations({"train": split(5, ANGLE), "test": split(9, ANGLE, RMS)})
    features = features_of(default)
    assert features["images"] == {"dtype": {"array2_d": {"shape": [28, 168], "dtype": "uint8"}}}
    assert features["labels"] == {"list": "int8"}
    assert features["boxes"] == {"dtype": {"array2_d": {"shape": [None, 4], "dtype": "float32"}}}
    assert features["lengths"] == {"dtype": "uint8"}
    assert features["augment"]["struct"] == [
        {"name": "glyphs_0_rotate_angle", "list": "float32"},
        {"name": "sequence_0_elastic_rms", "dtype": "float32"},
    ]


def test_columns_that_some_splits_lack_are_in_a_configuration_of_the_others_alone() -> None:
    default, augmented = hub_configurations({"train": split(5, ANGLE), "test": split(5)})
    assert "augment" not in features_of(default)
    assert features_of(default)["labels"] == {"list": "int8", "length": 5}
    assert augmented == HubConfiguration("with_augment", ("train",), ("augment",))


def card_of(there: dict[str, SplitEntry]) -> str:
    """The card of a dataset with these splits."""
    manifest = Manifest.model_construct(tool={"digitgen": "1"}, config={}, splits=there, images=1, lost_digits=0)
    return dataset_card("set", manifest, "name: set\n")


def front_matter(card: str) -> Any:
    """What hubs read of a card."""
    return YAML(typ="safe").load(card.split("---\n")[1])


def test_the_front_matter_maps_folders_to_names_that_hubs_accept() -> None:
    there = {"clean": split(5), "level-1": split(5), "no": split(5)}
    assert front_matter(card_of(there))["configs"] == [
        {
            "config_name": "default",
            "data_files": [
                {"split": "clean", "path": "clean/*.h5"},
                {"split": "level_1", "path": "level-1/*.h5"},
                {"split": "no", "path": "no/*.h5"},
            ],
        }
    ]


def test_the_front_matter_has_the_features_of_splits_that_differ() -> None:
    there = {"train": split(5, ANGLE), "test": split(6, RMS)}
    (configuration,) = front_matter(card_of(there))["configs"]
    assert configuration["features"] == hub_configurations(there)[0].features


def test_the_card_shows_the_call_that_loads_each_configuration() -> None:
    assert '\nload_dataset("PATH/TO/THIS/FOLDER")  # train, test\n' in card_of({"train": split(5), "test": split(6)})
    several = card_of({"clean": split(5), "level-1": split(5, RMS)})
    assert '\nload_dataset("PATH/TO/THIS/FOLDER")  # clean, level_1\n' in several
    assert '\nload_dataset("PATH/TO/THIS/FOLDER", "with_augment")  # level_1; also augment\n' in several


def test_splits_that_hubs_would_take_for_one_are_refused() -> None:
    twins = "splits={a-b: {count: 1, source: mnist/test}, a_b: {count: 1, source: mnist/test}}"
    with pytest.raises(ConfigError, match="two names differ in '-' and '_' only, which dataset hubs do not tell apart"):
        load_config("configs/quickstart.yaml", [twins])


def test_a_split_with_the_name_that_hubs_have_for_all_splits_is_refused() -> None:
    with pytest.raises(ConfigError, match="no split may be named all"):
        load_config("configs/quickstart.yaml", ["splits={all: {count: 1, source: mnist/test}}"])
