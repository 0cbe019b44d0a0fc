"""Order the images of a dataset at random, but so that those that are compressed together stay near each other."""

from functools import lru_cache

import numpy as np

from digitgen.arrays import Integers
from digitgen.format import IMAGES_PER_HDF5_CHUNK
from digitgen.permutation import shuffles
from digitgen.rng import Address


class RunOrder:
    """All images of a split, as runs of 64 that are shuffled, those of some shards together.

    Parameters
    ----------
    address : Address
        The place of its random numbers.
    firsts, counts : ndarray
        (S,) int64: first image and number of images of each shard.
    together : int
        Most shards whose runs are mixed; which ones is random.
    kept : int
        Sets of such shards whose order is kept for the next call.
    """

    def __init__(self, address: Address, firsts: Integers, counts: Integers, together: int, kept: int) -> None:
        self._address, self._firsts, self._counts = address, firsts, counts
        shards = shuffle(address.at(0), len(counts))
        self._sets = np.array_split(shards, -(-len(shards) // together))
        self._ends = np.cumsum([counts[each].sum() for each in self._sets])
        self._runs = lru_cache(maxsize=kept)(self._runs_of_set)

    def images(self, low: int, high: int) -> Integers:
        """List a part of the order.

        Parameters
        ----------
        low, high : int
            From which place to which, 0 <= low < high <= N.

        Returns
        -------
        ndarray
            (high - low,) int64: indices of images.
        """
        sets = range(int(np.searchsorted(self._ends, low, "right")), int(np.searchsorted(self._ends, high)) + 1)
        return np.concatenate([self._part_of_set(number, low, high) for number in sets])

    def _part_of_set(self, number: int, low: int, high: int) -> Integers:
        """List the images of one set that lie in a part of the order."""
        firsts, sizes, ends = self._runs(number)
        before = int(self._ends[number - 1]) if number else 0
        low, high = max(low - before, 0), min(high - before, int(ends[-1]))
        own = slice(int(np.searchsorted(ends, low, "right")), int(np.searchsorted(ends, high)) + 1)
        firsts, sizes, ends = firsts[own], sizes[own], ends[own]
        begin = int(ends[0] - sizes[0])
        images = np.repeat(firsts - (ends - sizes), sizes) + np.arange(begin, int(ends[-1]))
        part: Integers = images[low - begin : high - begin]
        return part

    def _runs_of_set(self, number: int) -> tuple[Integers, Integers, Integers]:
        """Shuffle the runs of a set of shards: the first image of each, its size, and the place behind its last."""
        firsts, sizes = [], []
        for shard in self._sets[number].tolist():
            starts = np.arange(0, self._counts[shard], IMAGES_PER_HDF5_CHUNK)
            firsts.append(self._firsts[shard] + starts)
            sizes.append(np.minimum(IMAGES_PER_HDF5_CHUNK, self._counts[shard] - starts))
        order = shuffle(self._address.at(1, number), sum(map(len, firsts)))
        shuffled, lengths = np.concatenate(firsts)[order], np.concatenate(sizes)[order]
        return shuffled, lengths, lengths.cumsum()


def shuffle(address: Address, size: int) -> Integers:
    """Find a random order.

    Parameters
    ----------
    address : Address
        The place of its random numbers.
    size : int
        Number of places.

    Returns
    -------
    ndarray
        (size,) int64: a uniform permutation.
    """
    order: Integers = shuffles(address, np.zeros(1, np.int64), size)[0]
    return order
