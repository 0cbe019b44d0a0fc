"""Batches in random order have every image once, can be shared out, go on where they stopped, and are fast to read."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import digitgen.dataset.shard_reader
from digitgen import ArgumentError, DigitDataset
from digitgen.arrays import Integers
from digitgen.dataset.deflate import inflate
from digitgen.format import IMAGES_PER_HDF5_CHUNK
from digitgen.rng import Address
from digitgen.training import ShuffledBatches
from digitgen.training.order import RunOrder
from tests.errors import naming
from tests.training.datasets import COUNT, make_dataset

SMALL = 8 * IMAGES_PER_HDF5_CHUNK * 6000  # bytes of cache, half of which hold about four runs of images and masks
OPTIONS = [
    {},
    {"workers": 3},
    {"workers": 100},
    {"drop_last": True},
    {"batch_size": 1},
    {"batch_size": 999, "workers": 2},
    {"batch_size": 5000},
]


@pytest.fixture
def small(folder: Path) -> DigitDataset:
    """A dataset with a cache so small that it is shuffled in many windows."""
    return DigitDataset(folder, "train", cache_bytes=SMALL)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_an_epoch_has_every_image_once(small: DigitDataset, options: dict[str, Any]) -> None:
    batches = ShuffledBatches(small, **options)
    size = options.get("batch_size", 256)
    epoch = list(batches)
    assert len(epoch) == len(batches) == (COUNT // size if options.get("drop_last") else -(-COUNT // size))
    assert all(len(batch) == size for batch in epoch[:-1])
    seen = [row for batch in epoch for row in batch]
    assert len(set(seen)) == len(seen) == (len(batches) * size if options.get("drop_last") else COUNT)
    assert set(seen) <= set(range(COUNT))


@pytest.mark.parametrize("options", [{}, {"workers": 2}, {"drop_last": True}, {"batch_size": 999}], ids=str)
@pytest.mark.parametrize("ranks", [2, 3, 7])
def test_ranks_have_all_images_between_them_and_as_many_batches(
    small: DigitDataset, ranks: int, options: dict[str, Any]
) -> None:
    parts = [ShuffledBatches(small, shard=(rank, ranks), **options) for rank in range(ranks)]
    epochs = [list(part) for part in parts]
    assert len({len(part) for part in parts} | set(map(len, epochs))) == 1
    assert all(map(all, epochs))  # no batch is empty
    seen = [row for epoch in epochs for batch in epoch for row in batch]
    assert len(set(seen)) == len(seen)
    size = options.get("batch_size", 256)
    assert len(seen) == (COUNT // ranks // size * size * ranks if options.get("drop_last") else COUNT)


def test_a_rank_with_an_image_less_has_a_small_last_batch(small: DigitDataset) -> None:
    sizes = [
        [len(batch) for batch in ShuffledBatches(small, 416, shard=(rank, 3))] for rank in range(3)
    ]  # 833, 833, 834
    assert sizes == [[416, 416, 1], [416, 416, 1], [416, 416, 2]]
    sizes = [[len(batch) for batch in ShuffledBatches(small, 833, shard=(rank, 3))] for rank in range(3)]
    assert sizes == [[832, 1], [832, 1], [833, 1]]


def test_batches_that_cannot_be_shared_out_are_refused(small: DigitDataset) -> None:
    wrong: list[Any] = [
        {"batch_size": 1, "shard": (0, 3)},  # 833 batches of one rank, 834 of another
        {"shard": (0, 2501)},
        {"batch_size": 2501, "drop_last": True},
        {"batch_size": 1251, "drop_last": True, "shard": (0, 2)},
    ]
    for options in wrong:
        with (
            naming(options),
            pytest.raises(ArgumentError, match=r"2,500 images are too few for (as many|a full) batch"),
        ):
            ShuffledBatches(small, **options)


def test_the_order_is_that_of_seed_and_epoch(small: DigitDataset, tmp_path: Path) -> None:
    first = list(ShuffledBatches(small, seed=1))
    assert list(ShuffledBatches(small, seed=1)) == first
    assert list(ShuffledBatches(small, seed=2)) != first
    batches = ShuffledBatches(small, seed=1)
    epochs = [list(batches) for _ in range(3)]
    assert epochs[0] == first
    assert epochs[1] != first
    batches.set_epoch(1)
    assert list(batches) == epochs[1]
    assert list(batches) == epochs[2]
    plain = DigitDataset(make_dataset(tmp_path, "none"), "train", cache_bytes=SMALL)
    assert list(ShuffledBatches(plain, seed=1)) == first


def test_an_epoch_that_was_broken_off_begins_again(small: DigitDataset) -> None:
    batches = ShuffledBatches(small)
    first = next(iter(batches))
    assert next(iter(batches)) == first


def test_passes_at_the_same_time_do_not_disturb_each_other(small: DigitDataset) -> None:
    batches = ShuffledBatches(small)
    epoch = list(ShuffledBatches(small))
    one, other = iter(batches), iter(batches)
    assert [next(one), next(one), next(other), next(one)] == [epoch[0], epoch[1], epoch[0], epoch[2]]


def test_a_chosen_epoch_is_that_of_the_next_pass_not_of_one_that_has_begun(small: DigitDataset) -> None:
    batches = ShuffledBatches(small)
    epochs = [list(batches) for _ in range(2)]
    batches.set_epoch(0)
    begun = iter(batches)
    batches.set_epoch(1)
    assert next(begun) == epochs[0][0]


def test_an_epoch_may_be_chosen_before_each_pass(small: DigitDataset) -> None:
    batches, chosen = ShuffledBatches(small), ShuffledBatches(small)
    epochs = []
    for epoch in range(3):
        chosen.set_epoch(epoch)
        epochs.append(list(chosen))
    assert epochs == [list(batches) for _ in range(3)]
    chosen.set_epoch(2)
    assert list(chosen) == epochs[2]


@pytest.mark.parametrize("options", [{}, {"workers": 3}, {"shard": (1, 2)}, {"drop_last": True}], ids=str)
def test_a_pass_goes_on_where_its_state_was_saved(small: DigitDataset, options: dict[str, Any]) -> None:
    batches = ShuffledBatches(small, **options)
    epochs = [list(batches) for _ in range(3)]
    for epoch in (0, 1):
        for given in range(len(batches) + 1):
            saved = ShuffledBatches(small, **options)
            saved.set_epoch(epoch)
            running = iter(saved)
            for _ in range(given):
                next(running)
            state = saved.state_dict()
            resumed = ShuffledBatches(small, **options)
            resumed.load_state_dict(state)
            assert resumed.state_dict() == state
            assert list(resumed) == epochs[epoch][given:]
            assert list(resumed) == epochs[epoch + 1]
            assert list(running) == epochs[epoch][given:]  # nothing was taken from it


def test_a_state_is_the_same_for_all_ranks(small: DigitDataset) -> None:
    parts = [ShuffledBatches(small, shard=(rank, 2)) for rank in range(2)]
    epochs = [list(part) for part in parts]
    running = ShuffledBatches(small, shard=(0, 2))
    next(iter(running))
    for part, epoch in zip(parts, epochs, strict=True):
        part.load_state_dict(running.state_dict())
        assert list(part) == epoch[1:]


def test_a_chosen_epoch_wins_over_a_state_of_another(small: DigitDataset) -> None:
    batches = ShuffledBatches(small)
    epochs = [list(batches) for _ in range(2)]
    state = {**ShuffledBatches(small).state_dict(), "batch": 3}
    for epoch, left in ((0, epochs[0][3:]), (1, epochs[1])):
        batches.load_state_dict(state)
        batches.set_epoch(epoch)
        assert list(batches) == left


def test_a_state_of_other_batches_is_refused(small: DigitDataset, folder: Path, tmp_path: Path) -> None:
    batches = ShuffledBatches(small)
    whole = DigitDataset(make_dataset(tmp_path, "none", "output.shard_size=4096"), "train", cache_bytes=SMALL)
    others = [
        (ShuffledBatches(small, 100), "batch_size is 100, and here 256"),
        (ShuffledBatches(small, seed=5), "seed is 5, and here 0"),
        (ShuffledBatches(small, shard=(0, 2)), "ranks is 2, and here 1"),
        (ShuffledBatches(small, workers=2), "workers is 2, and here 1"),
        (ShuffledBatches(small, drop_last=True), "drop_last is True, and here False"),
        (ShuffledBatches(DigitDataset(folder, "train")), "window is"),
        (ShuffledBatches(whole), "dataset is"),
    ]
    for other, what in others:
        with pytest.raises(ArgumentError, match=f"of other batches: its {what}"):
            batches.load_state_dict(other.state_dict())
    state = batches.state_dict()
    wrong: list[Any] = [None, {}, {**state, "more": 1}, [1]]
    for each in wrong:
        with naming(each), pytest.raises(ArgumentError, match="must be from state_dict of ShuffledBatches"):
            batches.load_state_dict(each)
    for name, value in (("batch", -1), ("batch", 11), ("batch", "1"), ("epoch", -1), ("epoch", 2**32)):
        with pytest.raises(ArgumentError, match=f"^{name}"):
            batches.load_state_dict({**state, name: value})
    assert batches.state_dict() == state


def test_arguments_that_mean_nothing_are_refused(small: DigitDataset) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"dataset": [1, 2]}, "dataset must be a DigitDataset"),
        ({"batch_size": 0}, "batch_size must be 1 or more; got 0"),
        ({"batch_size": "4"}, "batch_size must be an integer"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"workers": 0}, "workers must be 1 or more; got 0"),
        ({"drop_last": "no"}, "drop_last must be True or False"),
        ({"shard": (2, 2)}, "k of shard must be"),
        ({"shard": 3}, r"shard must be \(k, n\)"),
    ]
    for options, message in wrong:
        with naming(options), pytest.raises(ArgumentError, match=message):
            ShuffledBatches(**{"dataset": small, **options})
    with pytest.raises(ArgumentError, match="epoch must be at least 0"):
        ShuffledBatches(small).set_epoch(-1)


def test_batches_say_what_they_are(small: DigitDataset) -> None:
    assert repr(ShuffledBatches(small, 100, seed=4, shard=(1, 2))) == (
        f"ShuffledBatches({small!r}, 100, seed=4, shard=(1, 2), workers=1, drop_last=False)"
    )


def test_a_dataset_that_fits_half_of_the_cache_is_shuffled_as_a_whole(dataset: DigitDataset) -> None:
    """Where an image of a run goes says nothing about where the others go: pairs of neighbours lie apart as any do."""
    batches = ShuffledBatches(dataset, COUNT)
    distances = []
    for _ in range(40):
        place = np.argsort(next(iter(batches)))
        distances.append(np.abs(place[1:] - place[:-1]).mean() / COUNT)
        batches.set_epoch(len(distances))
    assert abs(np.mean(distances) - 1 / 3) < 0.004  # as of two uniform numbers; five standard errors


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_each_chunk_is_inflated_once_by_the_worker_that_needs_it(
    folder: Path, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def noting(data: bytes | memoryview, size: int) -> bytes:
        sizes.append(size)
        return inflate(data, size)

    monkeypatch.setattr(digitgen.dataset.shard_reader, "inflate", noting)
    cache = 12 << 20  # half of which holds less than half of the images
    datasets = [DigitDataset(folder, "train", cache_bytes=cache) for _ in range(workers)]
    batches = ShuffledBatches(datasets[0], 100, workers=workers)
    assert batches._window < COUNT / 2
    for number, rows in enumerate(batches):
        assert datasets[number % workers][rows].sample_ids.tolist() == rows
    chunks = sizes.count(IMAGES_PER_HDF5_CHUNK * 28 * 100) / 2  # of images, and of masks
    assert 40 <= chunks <= 40 + 3 * workers  # those at the edges of windows twice


def order_of(counts: list[int], together: int, seed: int = 0) -> tuple[RunOrder, int]:
    sizes = np.array(counts)
    return RunOrder(Address(seed), sizes.cumsum() - sizes, sizes, together, 2), int(sizes.sum())


@pytest.mark.parametrize("counts", [[1], [64], [65], [1024, 1024, 1000], [1024] * 7 + [5]], ids=str)
@pytest.mark.parametrize("together", [1, 2, 16])
def test_any_parts_of_an_order_make_the_whole(counts: list[int], together: int) -> None:
    order, images = order_of(counts, together)
    whole = order.images(0, images)
    assert sorted(whole.tolist()) == list(range(images))
    cuts = np.unique(np.r_[0, np.random.default_rng(0).integers(images + 1, size=9), images]).tolist()
    assert np.array_equal(np.concatenate([order.images(low, high) for low, high in pairwise(cuts)]), whole)


def test_runs_stay_whole_and_few_shards_are_mixed() -> None:
    order, images = order_of([1024] * 40, together=4)
    whole = order.images(0, images)
    assert (np.diff(whole.reshape(-1, 64)) == 1).all()
    shards: Integers = whole.reshape(10, -1) // 1024
    assert all(len(np.unique(row)) == 4 for row in shards)
    assert (
        np.diff(shards[:, ::64]) != 0
    ).mean() > 0.6  # of four: three in four runs are of another shard than the last


def test_every_order_of_runs_and_shards_is_as_likely() -> None:
    counts = np.zeros((6, 6))
    for seed in range(600):
        order, images = order_of([64] * 6, together=3, seed=seed)
        counts[np.arange(6), order.images(0, images)[::64] // 64] += 1
    assert ((counts - 100) ** 2 / 100).sum() < 58  # chi-square of 25 degrees of freedom, p = 0.0002
