"""PyTorch's own DataLoader reads a dataset, in this process and in workers that are forked or spawned."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import ArgumentError, Batch, DigitDataset

pytestmark = pytest.mark.training

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


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
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


def test_tensors_that_were_sent_are_a_plain_dict_of_the_same(dataset: DigitDataset) -> None:
    from digitgen.training.tensors import collate

    batch = dataset[:1000]
    for sent in (pickle.loads(pickle.dumps(collate(batch))), copy.copy(collate(batch))):
        assert type(sent) is dict
        assert_equal(sent, batch)


def test_what_is_no_batch_is_not_collated() -> None:
    from digitgen.training.tensors import collate

    wrong: list[Any] = [5, None, "text"]
    for batch in wrong:
        with pytest.raises(ArgumentError, match="collate takes a Batch"):
            collate(batch)
