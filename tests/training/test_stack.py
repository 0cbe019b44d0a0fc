"""Samples that were read one by one are put together to a batch."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import ArgumentError, DigitDataset
from digitgen.training import stack
from tests.errors import naming
from tests.training.datasets import make_dataset


def test_a_stack_of_samples_is_the_batch_of_them(dataset: DigitDataset) -> None:
    rows = [2499, 3, 1024, *range(100)]
    found, expected = stack([dataset[row] for row in rows]), dataset[rows]
    assert len(expected.parameters) == 2
    assert found.alphabet == expected.alphabet
    assert list(found.arrays()) == list(expected.arrays())
    for name, array in expected.arrays().items():
        assert np.array_equal(found.arrays()[name], array, equal_nan=array.dtype.kind == "f"), name
        assert found.arrays()[name].dtype == array.dtype


def test_a_stack_is_padded_to_its_longest_sample(dataset: DigitDataset) -> None:
    lengths = dataset.arrays(["lengths"])["lengths"]
    single = np.flatnonzero(lengths == 1)[:5]
    batch = stack(list(dataset[single]))
    assert batch.labels.shape == (5, 1)
    assert batch.gaps.shape == (5, 0)
    assert np.array_equal(batch.labels, dataset[single].labels[:, :1])


def test_writers_are_stacked_where_a_dataset_has_them(dataset: DigitDataset) -> None:
    samples = [replace(sample, writers=np.arange(len(sample.digits), dtype=np.int16)) for sample in dataset[:20]]
    writers = stack(samples).writers
    assert writers is not None
    assert np.array_equal(writers >= 0, dataset[:20].labels >= 0)
    assert np.array_equal(writers[:, 0], np.zeros(20))


def test_what_are_no_samples_of_one_dataset_is_refused(dataset: DigitDataset, tmp_path: Path) -> None:
    other = DigitDataset(make_dataset(tmp_path, "none", "image_width=120", "splits.train.count=5"), "train")
    wrong: list[Any] = [[dataset[0], other[0]], [dataset[0], replace(dataset[0], mask=None)]]
    for samples in wrong:
        with pytest.raises(ArgumentError, match="samples must be of one dataset"):
            stack(samples)
    wrong = [[], [1, 2], [dataset[0], "x"], [dataset[0].image]]
    for samples in wrong:
        with naming(samples), pytest.raises(ArgumentError, match="samples must be at least one Sample"):
            stack(samples)
