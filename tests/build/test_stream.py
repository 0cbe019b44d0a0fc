"""A stream of a configuration: the images of its build, from any image on, whole or shared out."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen import ArgumentError, ConfigError, DigitDataset, build_dataset, load_config, stream
from tests.batches import assert_equal, joined
from tests.errors import message_of, naming

CONFIGS = Path(__file__).parents[2] / "configs"
SMALL: dict[str, Any] = {
    "name": "small",
    "image_width": 168,
    "splits": {"train": {"count": 100, "source": "mnist/test"}},
    "sequence": {"length": [1, 5]},
    "spacing": {"range": [0, 7]},
}


@pytest.mark.usefixtures("mnist")
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("quickstart", {"train": 1100, "test": 60}),
        ("augmented", {"train": 90, "test": 40}),
        ("card-numbers", {"train": 90, "validation": 40, "test": 40}),
        ("compositional", {"train": 90, "validation": 40, "known": 40}),
        ("severity-ladder", {"clean": 40, "severity-5": 40}),
    ],
)
def test_a_stream_of_a_shipped_configuration_has_all_arrays_of_its_build(
    name: str, counts: dict[str, int], tmp_path: Path
) -> None:
    path = CONFIGS / f"{name}.yaml"
    rest = load_config(path).splits.keys() - counts
    fewer = [f"splits.{split}.count={count}" for split, count in (counts | dict.fromkeys(rest, 1)).items()]
    config = load_config(path, fewer)
    build_dataset(config, tmp_path / "out", jobs=1, fsync=False)
    for split, count in counts.items():
        with naming(split):
            built = DigitDataset(tmp_path / "out", split)
            assert_equal(next(stream(config, split, batch_size=count)).arrays(), built[:].arrays())
            assert_equal(next(stream(path, split, first=9, batch_size=20)).arrays(), built[9:29].arrays())


@pytest.mark.usefixtures("mnist")
def test_a_configuration_may_be_a_dict_and_a_split_has_its_own_glyphs() -> None:
    from_test = next(stream(SMALL, batch_size=1000))
    assert from_test.glyph_ids.max() < 10_000
    other = SMALL | {"splits": {"train": {"count": 100, "source": "mnist/train"}}}
    assert next(stream(other, batch_size=1000)).glyph_ids.max() >= 10_000


@pytest.mark.usefixtures("mnist")
def test_images_of_single_digits_are_streamed_like_any_others() -> None:
    config = {
        "name": "single", "image_width": 28, "sequence": {"length": 1}, "spacing": {"range": [0, 0]},
        "splits": {"train": {"count": 9, "source": "mnist/test"}},
    }  # fmt: skip
    whole = next(stream(config, batch_size=12))
    first, second = islice(stream(config, batch_size=6), 2)
    assert whole.gaps.shape == (12, 0)
    assert np.array_equal(np.concatenate([first.images, second.images]), whole.images)
    assert np.array_equal(np.concatenate([first.labels, second.labels]), whole.labels)


def test_shards_of_a_stream_have_every_image_once_and_can_be_continued() -> None:
    def shard(k: int, first: int = 0) -> Mapping[str, NDArray[Any]]:
        return joined(islice(stream(SMALL, batch_size=64, first=first, shard=(k, 2)), 24))

    whole = next(stream(SMALL, batch_size=3072)).arrays()
    for k, own in enumerate(np.split(np.arange(3072), 3)[:2]):
        last = shard(k, 1024 - 64)
        assert_equal({name: array[:64] for name, array in last.items()}, {n: a[own[-64:]] for n, a in whole.items()})
        first = shard(k)
        assert_equal({name: array[:1024] for name, array in first.items()}, {n: a[own] for n, a in whole.items()})
        assert first["sample_ids"][1024] == 2048 + 1024 * k


@pytest.mark.usefixtures("mnist")
def test_digits_placed_by_their_ink_after_steps_are_those_of_the_build_in_any_batch_and_by_any_worker(
    tmp_path: Path,
) -> None:
    style = [
        {"step": "size", "height": [14, 24], "share": "image", "spread": {"height": 3}},
        {"step": "slant", "share": "image", "spread": 0.16},
        {"step": "gaussian_noise", "p": 0.3},
    ]
    config = SMALL | {
        "splits": {"train": {"count": 2100, "source": "mnist/test"}},
        "spacing": {"range": [-2, 6], "unit": "stroke"},
        "align": "random",
        "augment": {"glyphs": style},
    }
    build_dataset(load_config(config), tmp_path / "out", jobs=2, fsync=False)
    built = DigitDataset(tmp_path / "out", "train")
    assert_equal(next(stream(config, first=1000, batch_size=50)).arrays(), built[1000:1050].arrays())
    assert_equal(joined(islice(stream(config, first=1000, batch_size=7), 7)), built[1000:1049].arrays())
    assert_equal(next(stream(config, shard=(1, 2), batch_size=40)).arrays(), built[1024:1064].arrays())


@pytest.mark.usefixtures("mnist")
def test_a_stream_is_refused_at_the_call_not_at_the_first_batch() -> None:
    overlapping = {name: {"count": 10, "source": "mnist/test"} for name in ("train", "test")}
    with pytest.raises(ConfigError, match="train and test can use the same glyphs"):
        stream(SMALL | {"splits": overlapping})
    with pytest.raises(ConfigError, match="image_width"):
        stream(SMALL | {"image_width": 100})
    with pytest.raises(ArgumentError):
        stream(SMALL, batch_size=0)
    assert message_of(stream, SMALL, "trian") == "split must be one of train; got 'trian'; did you mean train?"
    assert message_of(stream, 5).startswith("config must name a file or folder; got 5")
    assert message_of(stream, SMALL, shard=(2, 2)) == "k of shard must be at least 0 and less than 2; got 2"
    assert message_of(stream, SMALL, shard=(1, 2), first=2**39).startswith("first must be at least 0 and less than")
    assert message_of(stream, SMALL, shard=3) == "shard must be (k, n), two integers; got 3"
