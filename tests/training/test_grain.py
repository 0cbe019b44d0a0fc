"""The library grain reads a dataset as a source with random access, in threads and in worker processes."""

from typing import Any

import numpy as np
import pytest

from digitgen import Batch, DigitDataset, Sample
from digitgen.training import stack

pytestmark = pytest.mark.training


def loader(dataset: DigitDataset, workers: int) -> Any:
    """A loader of batches of what a model trains on, without padding to take care of."""
    import grain

    class Labelled(grain.transforms.Map):  # type: ignore[misc]
        def map(self, sample: Sample) -> dict[str, Any]:
            return {"image": sample.image, "digits": len(sample.digits), "index": sample.index}

    sampler = grain.samplers.IndexSampler(len(dataset), shuffle=True, seed=1, num_epochs=1)
    operations = [Labelled(), grain.transforms.Batch(500)]
    return grain.DataLoader(data_source=dataset, sampler=sampler, operations=operations, worker_count=workers)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_gives_every_image_once_and_goes_on_from_its_state(dataset: DigitDataset, workers: int) -> None:
    everything = dataset[:]
    running = iter(loader(dataset, workers))
    first = next(running)
    state = running.get_state()
    rest = list(running)
    resumed = iter(loader(dataset, workers))
    resumed.set_state(state)
    seen = np.concatenate([batch["index"] for batch in (first, *rest)])
    assert sorted(seen.tolist()) == list(range(len(dataset)))
    assert seen.tolist() != sorted(seen.tolist())
    for batch, again in zip(rest, resumed, strict=True):
        assert np.array_equal(batch["image"], everything.images[batch["index"]])
        assert np.array_equal(batch["digits"], everything.lengths[batch["index"]])
        assert np.array_equal(again["index"], batch["index"])


def test_a_dataset_is_a_source_with_random_access(dataset: DigitDataset) -> None:
    import grain

    assert isinstance(dataset, grain.sources.RandomAccessDataSource)


def test_samples_are_batched_by_stack(dataset: DigitDataset) -> None:
    import grain

    batches = list(grain.MapDataset.source(dataset).shuffle(seed=1).batch(500, batch_fn=stack))
    assert all(isinstance(batch, Batch) for batch in batches)
    assert sorted(np.concatenate([batch.sample_ids for batch in batches]).tolist()) == list(range(len(dataset)))


def test_batches_of_indices_are_read_at_once(dataset: DigitDataset) -> None:
    import grain

    batches = grain.MapDataset.range(len(dataset)).shuffle(seed=1).batch(500).map(dataset.__getitem__)
    seen = [batch.sample_ids.tolist() for batch in batches.to_iter_dataset()]
    assert sorted(row for rows in seen for row in rows) == list(range(len(dataset)))
