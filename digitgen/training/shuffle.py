"""Shuffle a dataset so that it is read about as fast as in order."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np

from digitgen.arrays import Integers
from digitgen.build.stream import check_shard
from digitgen.checks import check_flag, check_integer, plain_tree
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.errors import ArgumentError
from digitgen.format import IMAGES_PER_HDF5_CHUNK
from digitgen.messages import shown, with_type
from digitgen.rng import Address, name_words
from digitgen.training.order import RunOrder, shuffle

_TOGETHER: Final = 16
"""Most shards whose images are mixed, so that a few files are open, and a few are fetched from a store, at a time."""
_EPOCHS: Final = 2**32  # that an address can tell apart


class ShuffledBatches:
    """The images of a dataset in random order, as batches of indices: the `batch_sampler` of a DataLoader.

    An epoch has every image once. Compressed images are inflated 64 at a time, so the order is random in two steps.
    First, runs of 64 images are shuffled, those of up to 16 shards together; which shards, is random as well. Then the
    images of as many runs as half of the dataset's `cache_bytes` hold are shuffled. So each run is inflated once. A
    dataset that fits this half is shuffled as a whole, each order as likely as any other: with the usual 256 MB, one of
    up to 27,000 images of 168 px.

    The order depends on the arguments, the epoch and the sizes of shards and images alone, so it is the same for
    compressed and uncompressed shards. Each pass over the batches is a new epoch.

    Parameters
    ----------
    dataset : DigitDataset
        The images to shuffle; nothing is read from it.
    batch_size : int, default 256
        Number of images in each batch.
    seed : int, default 0
        The order is another for each, 0 or more.
    shard : (int, int), default (0, 1)
        k and n: the part of rank k, counted from 0, of n. No image is in two parts, and each has as many batches.
    workers : int, default 1
        Number of workers that take the batches in turn: the `num_workers` of the DataLoader. Runs are shared out to
        them, so that only one inflates each run. For any other number the order is as random, but reading slower.
    drop_last : bool, default False
        Leave out images, other ones in each epoch, so that all batches are full. Otherwise the last ones may be
        smaller.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type or range, or there are too few images for each rank to have a batch.

    Examples
    --------
    >>> train = DigitDataset("data/quickstart", "train")
    >>> batches = ShuffledBatches(train, 256, seed=1)
    >>> len(batches), train[next(iter(batches))].images.shape
    (79, (256, 28, 168))
    """

    def __init__(
        self,
        dataset: DigitDataset,
        batch_size: int = 256,
        *,
        seed: int = 0,
        shard: tuple[int, int] = (0, 1),
        workers: int = 1,
        drop_last: bool = False,
    ) -> None:
        if not isinstance(dataset, DigitDataset):
            raise ArgumentError(f"dataset must be a DigitDataset; got {with_type(dataset)}")
        self._dataset = dataset
        self._batch_size = check_integer("batch_size", batch_size, least=1)
        self._seed = check_integer("seed", seed, least=0)
        self._rank, self._ranks = check_shard(shard)
        self._workers = check_integer("workers", workers, least=1)
        self._drop_last = check_flag("drop_last", drop_last)
        entry = dataset.manifest.splits[dataset.split]
        self._firsts = np.array([each.first for each in entry.shards])
        self._counts = np.array([each.count for each in entry.shards])
        nbytes = {each: int(np.prod(each.shape)) * np.dtype(each.dtype).itemsize for each in entry.spec}
        self._window = max(dataset.cache_bytes // 2 // sum(nbytes.values()), IMAGES_PER_HDF5_CHUNK)
        # Labels are compressed 1,024 at a time or more, so all those of shards that are mixed are to fit the cache too.
        labels = sum(size for each, size in nbytes.items() if not each.is_image) * int(self._counts.max())
        self._together = min(max(dataset.cache_bytes // 4 // labels, 1), _TOGETHER)
        self._starts, self._sizes = self._places()
        self._epoch = self._batch = 0
        self._resume: int | None = None

    def __len__(self) -> int:
        """Number of batches of an epoch, the same for each rank."""
        return len(self._sizes)

    def __repr__(self) -> str:
        return (
            f"ShuffledBatches({self._dataset!r}, {self._batch_size}, seed={self._seed}, "
            f"shard={(self._rank, self._ranks)}, workers={self._workers}, drop_last={self._drop_last})"
        )

    def __iter__(self) -> Iterator[list[int]]:
        """Begin an epoch: the next one, if one has been given whole; if not, the same from its beginning."""
        if self._resume == len(self):
            self._resume, self._batch = None, len(self)
            return iter(())
        if self._resume is None:
            self._epoch += self._batch == len(self)
        self._batch = self._resume or 0
        return self._rest_of_epoch(self._epoch, self._batch)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next pass, where it is not to be the one after the last.

        Parameters
        ----------
        epoch : int
            Its number, from 0.

        Raises
        ------
        ArgumentError
            If it is no such number.
        """
        number = _check_epoch(epoch)
        if number != self._epoch or self._resume is None:
            self._epoch, self._batch, self._resume = number, 0, None

    def state_dict(self) -> dict[str, Any]:
        """Say where the pass stands, for `load_state_dict`; the state is the same for all ranks.

        A DataLoader with workers takes batches before it gives them. So take the state from torchdata's
        `StatefulDataLoader` there, which knows how many it has given.

        Returns
        -------
        dict
            Strings, integers and truth values.
        """
        return {**self._of(), "epoch": self._epoch, "batch": self._batch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Have the next pass go on behind the batches that were given when a state was saved.

        Parameters
        ----------
        state : dict
            From `state_dict` of an object with the same arguments, on the same dataset.

        Raises
        ------
        ArgumentError
            If it is anything else.
        """
        of = self._of()
        if not isinstance(state, Mapping) or state.keys() != {*of, "epoch", "batch"}:
            raise ArgumentError(f"the state must be from state_dict of ShuffledBatches; got {shown(state)}")
        for name, value in of.items():
            if plain_tree(state[name]) != value:
                raise ArgumentError(
                    f"the state is of other batches: its {name} is {shown(state[name])}, and here {shown(value)}"
                )
        batch = check_integer("batch of the state", state["batch"], least=0, below=len(self) + 1)
        self._epoch, self._batch, self._resume = _check_epoch(state["epoch"]), batch, batch

    def _of(self) -> dict[str, Any]:
        """Say what a state must agree in."""
        return {
            "dataset": self._dataset.manifest.fingerprint,
            "split": self._dataset.split,
            "batch_size": self._batch_size,
            "seed": self._seed,
            "ranks": self._ranks,
            "workers": self._workers,
            "drop_last": self._drop_last,
            "window": self._window,
        }

    def _places(self) -> tuple[Integers, Integers]:
        """Find the part of the order that each batch of this rank has: where it starts, and its size.

        Batches of one worker lie side by side.
        """
        images, size = len(self._dataset), self._batch_size
        begin, end = (images * rank // self._ranks for rank in (self._rank, self._rank + 1))
        least, most = images // self._ranks, -(-images // self._ranks)
        count = least // size if self._drop_last else -(-most // size)
        if not 0 < count <= least:
            what = f"a full batch of {size:,}" if self._drop_last else f"as many batches of {size:,}"
            raise ArgumentError(f"{images:,} images are too few for {what} in each of {self._ranks} parts")
        sizes = np.full(count, size)
        if not self._drop_last:
            sizes[-1] = end - begin - (count - 1) * size
            if not sizes[-1]:  # another rank has an image more, and so a batch more
                sizes[-2:] = size - 1, 1
        lanes = (np.arange(count) % self._workers).argsort(kind="stable")
        starts = np.empty_like(sizes)
        starts[lanes] = begin + sizes[lanes].cumsum() - sizes[lanes]
        return starts, sizes

    def _rest_of_epoch(self, epoch: int, start: int) -> Iterator[list[int]]:
        """Give the batches of an epoch from one on."""
        self._resume = None
        address = Address(self._seed, (*name_words(f"shuffle {self._dataset.split}"), epoch))
        order = RunOrder(address.at(0), self._firsts, self._counts, self._together, self._workers + 1)

        @lru_cache(maxsize=self._workers + 1)
        def window(low: int, high: int) -> Integers:
            images = order.images(low, high)
            return images[shuffle(address.at(1, low), len(images))]

        for number in range(start, len(self)):
            first, stop = self._starts[number], self._starts[number] + self._sizes[number]
            parts = [window(low, high)[max(first - low, 0) : stop - low] for low, high in self._windows(number)]
            self._batch = number + 1
            yield np.concatenate(parts).tolist()

    def _windows(self, number: int) -> Iterator[tuple[int, int]]:
        """Find the windows that a batch has images of: equal parts of all that the batches of one worker have."""
        own = slice(number % self._workers, None, self._workers)
        begin, end = int(self._starts[own][0]), int(self._starts[own][-1] + self._sizes[own][-1])
        count = -(-(end - begin) // self._window)

        def edge(each: int) -> int:
            return begin + (end - begin) * each // count

        first, stop = int(self._starts[number]), int(self._starts[number] + self._sizes[number])
        each = (first - begin) * count // (end - begin)  # or the one behind it
        each += edge(each + 1) <= first
        while edge(each) < stop:
            yield edge(each), edge(each + 1)
            each += 1


def _check_epoch(value: object) -> int:
    """Refuse what is no number of an epoch."""
    return check_integer("epoch", value, least=0, below=_EPOCHS)
