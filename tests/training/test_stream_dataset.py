"""DataLoader's workers and the ranks of a process group get every image of a split once, in an order that is known."""

import pickle
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import load_config, stream
from tests.conftest import write_coded_glyphs
from tests.errors import message_of
from tests.training import ranks

pytestmark = [
    pytest.mark.training,
    pytest.mark.filterwarnings("ignore:This DataLoader will create .* worker processes"),
    pytest.mark.filterwarnings("ignore:'set_vital' is deprecated"),  # which torchdata calls
]

COUNT = 5000
"""Images of the split: four chunks of 1,024 and a part of one."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("glyphs")
    write_coded_glyphs(folder)
    return {
        "name": "small",
        "image_width": 100,
        "splits": {
            "train": {"count": COUNT, "source": {each: str(folder / f"{each}.idx") for each in ("images", "labels")}}
        },
        "sequence": {"length": [1, 3]},
        "spacing": {"range": [0, 4]},
        "augment": {"sequence": [{"step": "rotate", "angle": [-0.2, 0.2], "p": 0.5}]},
    }


def dataset(config: Any, **how: Any) -> Any:
    from digitgen.training.torch import StreamDataset

    return StreamDataset(config, **{"batch_size": 100} | how)


def loader(config: dict[str, Any], workers: int = 0, *, persistent_workers: bool = False, **how: Any) -> Any:
    from torch.utils.data import DataLoader

    return DataLoader(dataset(config, **how), None, num_workers=workers, persistent_workers=persistent_workers)


def stateful(config: dict[str, Any], workers: int, **how: Any) -> Any:
    from torchdata.stateful_dataloader import StatefulDataLoader

    return StatefulDataLoader(dataset(config, **how), batch_size=None, num_workers=workers)


def ids(batches: Iterator[Any]) -> list[int]:
    return [int(number) for batch in batches for number in batch["sample_ids"]]


def assert_same(found: list[Any], expected: list[Any]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.keys() == other.keys()
        for name, values in one.items():
            np.testing.assert_array_equal(np.asarray(values), np.asarray(other[name]), err_msg=name)


def test_a_pass_has_the_images_of_the_split_as_its_stream_has_them(config: dict[str, Any]) -> None:
    batches = list(loader(config, batch_size=300))
    assert [len(batch["images"]) for batch in batches] == [300] * 16 + [200]
    assert len(loader(config, batch_size=300)) == 17
    whole = next(stream(config, batch_size=COUNT)).arrays()
    assert_same([{name: np.concatenate([each[name] for each in batches]) for name in whole}], [whole])


def test_tensors_are_of_the_types_of_the_arrays(config: dict[str, Any]) -> None:
    import torch

    batch = next(iter(loader(config)))
    assert batch["images"].shape == (100, 28, 100)
    assert {name: batch[name].dtype for name in ("images", "labels", "sample_ids")} == {
        "images": torch.uint8,
        "labels": torch.int8,
        "sample_ids": torch.int64,
    }


def test_each_pass_begins_anew(config: dict[str, Any]) -> None:
    batches = loader(config)
    assert_same(list(islice(batches, 5)), list(islice(batches, 5)))
    batches = loader(config, 2, persistent_workers=True)
    assert_same(list(batches), list(batches))


@pytest.mark.parametrize(("workers", "batch_size"), [(2, 100), (3, 700)])
def test_workers_give_the_batches_of_none_in_the_same_order(
    config: dict[str, Any], workers: int, batch_size: int
) -> None:
    assert_same(list(loader(config, workers, batch_size=batch_size)), list(loader(config, batch_size=batch_size)))


def test_an_endless_dataset_goes_on_past_the_split(config: dict[str, Any]) -> None:
    assert ids(islice(loader(config, 2, endless=True, batch_size=512), 12)) == list(range(12 * 512))
    with pytest.raises(TypeError, match="an endless StreamDataset has no length"):
        len(loader(config, endless=True))


def test_first_leaves_images_out(config: dict[str, Any]) -> None:
    assert ids(loader(config, 2, first=4400)) == list(range(4400, COUNT))
    assert ids(loader(config, first=COUNT + 5)) == []


def test_ranks_have_every_nth_chunk_and_together_all_images(config: dict[str, Any]) -> None:
    shares = [ids(loader(config, rank=rank, world=2)) for rank in range(2)]
    chunks = np.split(np.arange(COUNT), np.arange(1024, COUNT, 1024))
    assert shares == [np.concatenate(chunks[rank::2]).tolist() for rank in range(2)]
    assert [len(dataset(config, rank=rank, world=2)) for rank in range(2)] == [30, 21]


def test_ranks_that_drop_the_last_have_as_many_full_batches(config: dict[str, Any]) -> None:
    for rank in range(3):
        batches = list(loader(config, 2, rank=rank, world=3, drop_last=True))
        assert [len(batch["images"]) for batch in batches] == [100] * 10
        assert len(loader(config, rank=rank, world=3, drop_last=True)) == 10


def test_a_split_too_small_for_a_full_batch_on_each_rank_is_refused_not_trained_on_in_vain(
    config: dict[str, Any],
) -> None:
    cases: list[dict[str, Any]] = [{"rank": 0, "world": 6}, {"batch_size": COUNT + 1}]
    for how in cases:
        small = dataset(config, drop_last=True, **how)
        assert message_of(len, small).startswith("5,000 images are too few for a full batch of ")
        assert message_of(next, iter(small)) == message_of(len, small)
    assert list(dataset(config, drop_last=True, first=4950)) == []  # all that is left of a pass


def test_the_ranks_of_a_process_group_are_found_with_forked_and_spawned_workers(
    config: dict[str, Any], tmp_path: Path
) -> None:
    from torch import multiprocessing

    made = dataset(config)  # before there is a process group
    multiprocessing.spawn(ranks.note_ids, (made, str(tmp_path)), nprocs=2)
    for workers in ("none", "fork", "spawn"):
        for rank in range(2):
            found = np.load(tmp_path / f"{workers}-{rank}.npy").tolist()
            assert found == ids(loader(config, rank=rank, world=2))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("endless", [False, True])
def test_an_interrupted_pass_is_resumed_where_it_stopped(config: dict[str, Any], workers: int, endless: bool) -> None:
    how: dict[str, Any] = {"batch_size": 400, "endless": endless, "rank": 0, "world": 2}
    whole = list(islice(loader(config, **how), 8))
    interrupted = stateful(config, workers, **how)
    before = list(islice(interrupted, 3))
    state = pickle.loads(pickle.dumps(interrupted.state_dict()))
    resumed = stateful(config, workers, **how)
    resumed.load_state_dict(state)
    after = list(islice(resumed, 5))
    assert_same(before + after, whole)
    if not endless:
        assert_same(list(resumed), whole)  # the next pass begins at the beginning


def test_a_state_is_the_same_for_all_ranks(config: dict[str, Any]) -> None:
    one, other = (dataset(config, rank=rank, world=2) for rank in range(2))
    passes = iter(one)
    for _ in range(4):
        next(passes)
    other.load_state_dict(one.state_dict())
    assert other.state_dict() == one.state_dict()
    assert_same(list(other), list(loader(config, rank=1, world=2))[4:])


def test_a_dataset_is_resumed_without_a_loader_for_one_pass(config: dict[str, Any]) -> None:
    whole = list(dataset(config))
    begun = dataset(config)
    list(islice(begun, 20))
    resumed = dataset(config)
    resumed.load_state_dict(begun.state_dict())
    assert_same(list(resumed), whole[20:])
    assert_same(list(resumed), whole)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_state_that_was_loaded_here_is_not_taken_for_that_of_each_worker(
    config: dict[str, Any], workers: int
) -> None:
    begun = dataset(config)
    list(islice(begun, 20))
    batches = loader(config, workers)
    batches.dataset.load_state_dict(begun.state_dict())
    if workers == 1:  # who gives what this process would give
        assert ids(islice(batches, 1)) == list(range(2000, 2100))
    else:
        assert "the state that was loaded is not of this worker" in message_of(lambda: next(iter(batches)))


def test_a_state_of_another_stream_is_refused(config: dict[str, Any]) -> None:
    begun = dataset(config)
    next(iter(begun))
    state = begun.state_dict()
    refused = {
        "batch_size is 100, and here 50": dataset(config, batch_size=50),
        "first is 0, and here 7": dataset(config, first=7),
        "ranks is 1, and here 2": dataset(config, rank=0, world=2),
        "config is": dataset(config | {"seed": 1}),
    }
    for expected, other in refused.items():
        assert f"the state is of another stream: its {expected}" in message_of(other.load_state_dict, state)
    for wrong in (5, {}, {"batches": 3}):
        assert message_of(begun.load_state_dict, wrong).startswith("the state must be from state_dict of a StreamD")
    assert (
        message_of(begun.load_state_dict, state | {"batches": -1}) == "batches of the state must be 0 or more; got -1"
    )


def test_a_state_that_only_workers_know_is_not_made_up(config: dict[str, Any]) -> None:
    batches = loader(config, 1)
    next(iter(batches))
    assert message_of(batches.dataset.state_dict).startswith("no pass has begun in this process, so there is no state;")


def test_wrong_arguments_are_refused_at_the_call(config: dict[str, Any]) -> None:
    assert message_of(dataset, config, rank=0) == "rank and world must be given together, or neither; world is missing"
    assert message_of(dataset, config, rank=2, world=2).startswith("rank must be from 0 to world - 1; got rank 2")
    assert message_of(dataset, config, rank=0, world=0).startswith("world must be at least 1 and less than")
    assert message_of(dataset, config, batch_size=0).startswith("batch_size must be at least 1")
    assert message_of(dataset, config, split="trian").startswith("split must be one of train; got 'trian'")
    assert message_of(dataset, config, endless="no").startswith("endless must be True or False")
    assert dataset(load_config(config)).alphabet == "0123456789"
