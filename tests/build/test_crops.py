"""Crops in configurations: what they ask for, and datasets of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import DigitDataset, build_dataset, load_config, stream, verify_dataset
from digitgen.build.splits import load_splits
from digitgen.config.build_config import BuildConfig
from tests.batches import assert_equal
from tests.errors import message_of

CROP: dict[str, Any] = {"sequence": [{"step": "crop", "left": [-0.25, 0.6]}, {"step": "inverse"}]}
NARROW: dict[str, Any] = {
    "name": "narrow",
    "image_width": 70,
    "splits": {"train": {"count": 80, "source": "mnist/test"}},
    "sequence": {"length": [1, 5]},
    "spacing": {"range": [0, 30], "unit": "ink"},
    "augment": CROP,
    "labels": {"masks": True, "clean": True},
}


@pytest.mark.usefixtures("mnist")
def test_a_dataset_of_crops_is_whole_and_what_streams_give(tmp_path: Path) -> None:
    config = load_config(NARROW)
    build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    assert verify_dataset(tmp_path / "out", regenerate=40, rng=1).ok
    dataset = DigitDataset(tmp_path / "out", "train")
    built = dataset[:]
    assert built.images.shape == (80, 28, 70)
    assert_equal(next(stream(config, "train", batch_size=80)).arrays(), built.arrays())
    inside = np.arange(5) < built.lengths[:, None]
    assert built.gaps[inside[:, 1:]].max() == 30
    assert (built.boxes[inside][:, 2] > 0).mean() > 0.8


def test_strings_need_not_fit_where_a_crop_makes_the_images_of_all_splits() -> None:
    cells = NARROW | {"spacing": {"range": [0, 30]}}
    assert message_of(load_config, cells) == "no error"
    plain = {"count": 9, "source": "mnist/train", "augment": {"sequence": [{"step": "rotate"}]}}
    both = cells | {"splits": {**NARROW["splits"], "validation": plain}}
    assert "5 digits need at least 140 px (each 28, smallest gap 0); image_width is 70" in message_of(load_config, both)
    other = cells | {"splits": {"train": plain, "test": plain | {"source": "mnist/test", "augment": CROP}}}
    assert "5 digits need at least 140 px" in message_of(load_config, other)


@pytest.mark.usefixtures("mnist")
def test_gaps_of_crops_are_not_conditioned_on_the_width() -> None:
    config = BuildConfig.model_validate(NARROW)
    recipe = load_splits(config, None, print)["train"].recipe
    assert recipe.sheet == config.sheet("train")
    assert recipe.layout == config.layout
    assert not any(recipe.sheet.gap_law(length, 28).conditioned for length in range(1, 6))


def test_a_split_has_the_gaps_of_another_only_if_both_have_a_crop_or_all_gaps_fit() -> None:
    follows = {"count": 9, "source": "mnist/test", "same_as": "train", "augment": {"sequence": [{"step": "rotate"}]}}
    both = NARROW | {"image_width": 200, "splits": {**NARROW["splits"], "plain": follows}}
    assert message_of(load_config, both).endswith(
        "splits.plain.same_as: train has a crop, with which all gaps fit; for the same gaps in both, "
        "image_width must be at least 260; got 200"
    )
    assert message_of(load_config, both | {"image_width": 260}) == "no error"
    cropped = follows | {"augment": {"sequence": [{"step": "crop"}]}}
    assert message_of(load_config, both | {"splits": {**NARROW["splits"], "other": cropped}}) == "no error"


def test_a_second_crop_is_refused_where_it_stands() -> None:
    twice = NARROW | {"augment": {"sequence": [{"step": "crop"}, {"step": "fog"}, {"step": "crop"}]}}
    assert "augment.sequence.2: there is another crop before this" in message_of(load_config, twice)


def test_steps_before_a_crop_have_the_room_of_the_sheet() -> None:
    shifted = {"step": "translate", "x": 0, "y": [13, 14]}
    tilted = {"step": "rotate", "angle": 0.2}

    def cautions(*steps: dict[str, Any]) -> list[str]:
        config = load_config(NARROW | {"image_width": 200, "augment": {"sequence": list(steps)}})
        return list(map(str, config.cautions()))

    assert len(cautions(tilted)) == 1
    assert cautions(shifted, {"step": "crop"}) == []
    assert len(cautions({"step": "crop"}, tilted)) == 1
    assert "rotate can push a digit out" in cautions(tilted, {"step": "crop"})[0]  # the ends of the longest strings
