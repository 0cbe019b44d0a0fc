"""A stream of a configuration: the images of its build, from any image on, whole or shared out."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen import ArgumentError, Batch, ConfigError, DigitDataset, build_dataset, load_config, stream
from tests.errors import message_of, naming

CONFIGS = Path(__file__).parents[2] / "configs"
SMALL: dict[str, Any] = {
    "name": "small",
    "image_width": 168,
    "splits": {"train": {"count": 100, "source": "mnist/test"}},
    "sequence": {"length": [1, 5]},
    "spacing": {"range": [0, 7]},
}


def assert_equal(found: Mapping[str, NDArray[Any]], expected: Mapping[str, NDArray[Any]]) -> None:
    assert found.keys() == expected.keys()
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name, strict=True)


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
def test_shards_of_a_stream_taken_in_turn_are_the_stream() -> None:
    for turns in (1, 2, 3):
        with naming(turns):
            whole = islice(stream(SMALL, batch_size=300, first=500), 2 * turns)
            shards = [stream(SMALL, batch_size=300, first=500, shard=(k, turns)) for k in range(turns)]
            in_turn: list[Batch] = [next(shard) for _ in range(2) for shard in shards]
            for found, expected in zip(in_turn, whole, strict=True):
                assert_equal(found.arrays(), expected.arrays())
            ids = np.concatenate([batch.sample_ids for batch in in_turn])
            assert ids.tolist() == list(range(500, 500 + 600 * turns))


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
    assert message_of(stream, SMALL, shard=3) == "shard must be (k, n), two integers; got 3"
