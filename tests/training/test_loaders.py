"""PyTorch's own DataLoader reads a dataset, in this process and in workers that are forked or spawned."""

import copy
import pickle
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import ArgumentError, Batch, DigitDataset
from digitgen.training import ShuffledBatches

pytestmark = [
    pytest.mark.training,
    pytest.mark.filterwarnings("ignore:.set_vital. is deprecated"),  # of torchdata
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded"),
]

WORKERS = [
    pytest.param({}, id="no worker"),
    pytest.param({"num_workers": 2, "multiprocessing_context": "fork"}, id="two forked workers"),
    pytest.param({"num_workers": 2, "multiprocessing_context": "spawn"}, id="two spawned workers"),
]


def assert_equal(tensors: Any, expected: Batch) -> None:
    """Tensors are those of a batch, in its order and of its types."""
    assert list(tensors) == list(expected.arrays())
    for name, array in expected.arrays().items():
        found = tensors[name].numpy()
        assert np.array_equal(found, array, equal_nan=array.dtype.kind == "f"), name
        assert found.dtype == array.dtype


@pytest.mark.parametrize("workers", WORKERS)
def test_a_shuffling_loader_gives_each_image_once_with_its_labels(folder: Path, workers: dict[str, Any]) -> None:
    from torch.utils.data import DataLoader

    from digitgen.training.tensors import collate

    dataset = DigitDataset(folder, "train")
    everything = dataset[:]  # so that files are open, and chunks inflated, when workers are forked
    loader = DataLoader(dataset, batch_size=256, shuffle=True, collate_fn=collate, **workers)
    seen = []
    for tensors in loader:
        rows = tensors["sample_ids"].numpy()
        assert_equal(tensors, everything[rows])
        seen += rows.tolist()
    assert sorted(seen) == list(range(len(dataset)))
    assert seen != sorted(seen)


def test_a_loader_gives_shuffled_batches_in_their_order(dataset: DigitDataset) -> None:
    from torch.utils.data import DataLoader

    from digitgen.training.tensors import collate

    batches = ShuffledBatches(dataset, 100, seed=3, workers=2)
    epochs = [list(batches) for _ in range(2)]
    batches.set_epoch(0)
    loader = DataLoader(
        dataset, batch_sampler=batches, num_workers=2, collate_fn=collate, multiprocessing_context="fork"
    )
    assert len(loader) == len(batches) == 25
    for epoch in epochs:
        for tensors, rows in zip(loader, epoch, strict=True):
            assert tensors["sample_ids"].tolist() == rows


def ids(loader: Any, most: int | None = None) -> list[list[int]]:
    """The images of the next batches of a loader."""
    return [tensors["sample_ids"].tolist() for tensors in islice(loader, most)]


@pytest.mark.parametrize("workers", WORKERS[:2])
@pytest.mark.parametrize("given", [0, 6, 10])
def test_a_stateful_loader_goes_on_where_it_stopped(dataset: DigitDataset, workers: dict[str, Any], given: int) -> None:
    from torchdata.stateful_dataloader import StatefulDataLoader

    from digitgen.training.tensors import collate

    def loader() -> Any:
        batches = ShuffledBatches(dataset, 256, seed=3, workers=workers.get("num_workers", 1))
        return StatefulDataLoader(dataset, batch_sampler=batches, collate_fn=collate, **workers)

    whole = loader()
    epochs = [ids(whole) for _ in range(3)]
    assert len({str(epoch) for epoch in epochs}) == 3
    stopped = loader()
    assert ids(stopped) == epochs[0]
    running = iter(stopped)
    assert ids(running, given) == epochs[1][:given]
    state = pickle.loads(pickle.dumps(stopped.state_dict()))
    resumed = loader()
    resumed.load_state_dict(state)
    assert ids(resumed) == epochs[1][given:]
    assert ids(resumed) == epochs[2]
    assert ids(running) == epochs[1][given:]


@pytest.mark.parametrize("workers", WORKERS[:2])
def test_a_stateful_loader_that_was_at_its_end_begins_the_next_epoch(
    dataset: DigitDataset, workers: dict[str, Any]
) -> None:
    from torchdata.stateful_dataloader import StatefulDataLoader

    from digitgen.training.tensors import collate

    def loader() -> Any:
        return StatefulDataLoader(dataset, batch_sampler=ShuffledBatches(dataset, 500), collate_fn=collate, **workers)

    whole, ended = loader(), loader()
    epochs = [ids(whole) for _ in range(3)]
    assert [ids(ended), ids(ended)] == epochs[:2]
    resumed = loader()
    resumed.load_state_dict(ended.state_dict())
    assert ids(resumed) == epochs[2]


def test_a_subset_reads_batches_at_once_too(dataset: DigitDataset) -> None:
    from torch.utils.data import DataLoader, Subset

    from digitgen.training.tensors import collate

    found = [
        tensors["sample_ids"].tolist() for tensors in DataLoader(Subset(dataset, [5, 3, 9]), 2, collate_fn=collate)
    ]
    assert found == [[5, 3], [9]]


def test_tensors_share_the_memory_of_arrays(dataset: DigitDataset) -> None:
    from digitgen.training.tensors import collate

    batch = dataset[:10]
    tensors = collate(batch)
    assert_equal(tensors, batch)
    for name, array in batch.arrays().items():
        assert tensors[name].data_ptr() == array.ctypes.data or not array.size


def test_samples_and_arrays_are_collated_as_batches_are(dataset: DigitDataset) -> None:
    from digitgen.training.tensors import collate

    batch = dataset[:100]
    assert_equal(collate(batch.arrays()), batch)
    assert_equal(collate(list(batch)), batch)


def test_tensors_that_were_sent_are_a_plain_dict_of_the_same(
    dataset: DigitDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from digitgen.training.tensors import collate

    batch = dataset[:1000]
    assert type(collate(batch)) is dict  # which torch.load reads
    monkeypatch.setattr("digitgen.training.tensors.get_worker_info", lambda: "of a worker")
    assert type(collate(batch)) is not dict
    for sent in (pickle.loads(pickle.dumps(collate(batch))), copy.copy(collate(batch))):
        assert type(sent) is dict
        assert_equal(sent, batch)


def test_what_is_no_batch_is_not_collated() -> None:
    from digitgen.training.tensors import collate

    wrong: list[Any] = [5, None, "text"]
    no_arrays: Any = {"labels": "text"}
    for batch in wrong:
        with pytest.raises(ArgumentError, match="collate takes a Batch"):
            collate(batch)
    with pytest.raises(ArgumentError, match=r"collate takes arrays of numpy; got 'text' \(str\) as 'labels'"):
        collate(no_arrays)


def test_batches_that_a_loader_would_batch_again_are_refused_with_what_to_do(dataset: DigitDataset) -> None:
    from digitgen.training.tensors import collate

    wrong: list[Any] = [[dataset[:2], dataset[:2]], [dataset[:2].arrays()]]
    for batches in wrong:
        with pytest.raises(ArgumentError, match="give the DataLoader batch_size=None"):
            collate(batches)
