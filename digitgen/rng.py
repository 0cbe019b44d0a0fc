"""Random generators with addresses: from (seed, split, chunk) to a generator for each purpose.

Every random number of a build comes from a generator that is found by its address; none is passed along. So image
*i* of a split depends on the configuration, the seed, the split's name and *i* alone. It does not depend on the
number of jobs, the shard size or the number of images.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Floats, Integers, Pixels
from digitgen.checks import plain
from digitgen.errors import ArgumentError
from digitgen.messages import shown

STREAMS: Final = {"content": 0, "glyphs": 1, "layout": 2, "augment glyphs": 3, "augment sequence": 4, "hands": 5}
"""Purposes of random numbers, apart so that sampling more for one shifts nothing in another."""

_WORDS_OF_A_JUMP: Final = 1000  # that are sampled in the time that it takes to go on elsewhere

RngLike = int | np.random.Generator | None

Rows = slice | Integers
"""Some images of many, in ascending order."""


def as_slice(rows: Integers) -> Rows:
    """Turn ascending rows, of which there is one at least, into a slice if they are neighbours: it copies nothing."""
    first, last = int(rows[0]), int(rows[-1]) + 1
    return slice(first, last) if last - first == len(rows) else rows


@lru_cache(maxsize=256)
def name_words(name: str) -> tuple[int, int]:
    """Turn a name, such as a split's, into two 32-bit words of an address."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")


@lru_cache(maxsize=256)
def _seed_words(seed: int) -> tuple[int, ...]:
    """Split a seed into 32-bit words, lowest first; at least four, as numpy does where a spawn key follows."""
    count = max(-(-seed.bit_length() // 32), 4)
    return tuple(np.frombuffer(seed.to_bytes(4 * count, "little"), "<u4").tolist())


@dataclass(frozen=True)
class Address:
    """The place of random numbers: a seed, and the way from it to a purpose.

    Attributes
    ----------
    seed : int
        Seed of the whole build, 0 or more.
    key : tuple of int
        The way, each step from 0 to 2**32 - 1.
    """

    seed: int
    key: tuple[int, ...] = ()

    def at(self, *parts: int) -> "Address":
        """Go on to a place below this one."""
        return Address(self.seed, self.key + parts)

    @property
    def bits(self) -> np.random.PCG64DXSM:
        """The random bits of this place, from their beginning: those of `SeedSequence(seed, spawn_key=key)`."""
        words = np.array(_seed_words(self.seed) + self.key, np.uint32)  # numpy takes twice as long to do this itself
        return np.random.PCG64DXSM(np.random.SeedSequence(words))

    @property
    def generator(self) -> np.random.Generator:
        """A generator over the random bits of this place."""
        return np.random.Generator(self.bits)


def chunk_address(seed: int, split: str, chunk: int) -> Address:
    """Find the address of the random numbers of one chunk.

    Parameters
    ----------
    seed : int
        Seed of the whole build, 0 or more.
    split : str
        Name of the split.
    chunk : int
        Index of the chunk in the split; image i lies in chunk i // `CHUNK`.

    Returns
    -------
    Address
        The place above all streams of the chunk.
    """
    return Address(seed, (*name_words(split), chunk))


def split_address(seed: int, split: str) -> Address:
    """Find the address of the random numbers that all chunks of a split have in common.

    Parameters
    ----------
    seed : int
        Seed of the whole build, 0 or more.
    split : str
        Name of the split.

    Returns
    -------
    Address
        The place above all streams of the whole split; it is that of no chunk.
    """
    return Address(seed, (*name_words(split), 2**32 - 1))


class _Source:
    """The random bits of a place, to be read from any position."""

    def __init__(self, address: Address) -> None:
        self._bits = address.bits
        self._position = 0

    def words(self, first: int, count: int) -> NDArray[np.uint64]:
        """Read (count,) 64-bit words from position `first` on."""
        if first != self._position:
            self._bits.advance(first - self._position)
        self._position = first + count
        return self._bits.random_raw(count)


class Noise:
    """Random bits for some rows (images, or glyphs) of a chunk.

    The bits of a row depend on the row alone, not on which others are asked for with it.

    Parameters
    ----------
    address : Address
        Address of the whole chunk.
    rows : ndarray
        (n,) int64, ascending: the rows of the chunk.
    """

    def __init__(self, address: Address, rows: Integers) -> None:
        self._address = address
        self._rows = rows
        self._sources: dict[int, _Source] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Rows) -> "Noise":
        """The noise of some of the rows."""
        some = Noise(self._address, self._rows[index])
        some._sources = self._sources  # to make one takes longer than to sample from it
        return some

    def words(self, count: int, purpose: int = 0) -> NDArray[np.uint64]:
        """Read 64-bit words.

        Parameters
        ----------
        count : int
            Words for each row; always the same for one purpose.
        purpose : int, default 0
            Number of the purpose; each has bits of its own.

        Returns
        -------
        ndarray
            (n, count) uint64, uniform.
        """
        rows = self._rows
        if not len(rows):
            return np.empty((0, count), np.uint64)
        if purpose not in self._sources:
            self._sources[purpose] = _Source(self._address.at(purpose))
        source = self._sources[purpose]
        least, span = int(rows[0]), int(rows[-1] - rows[0]) + 1
        if span == len(rows):
            return source.words(least * count, span * count).reshape(-1, count)
        starts = np.flatnonzero(rows[1:] - rows[:-1] != 1) + 1  # of runs of neighbours, but for the first
        if (span - len(rows)) * count < _WORDS_OF_A_JUMP * (len(starts) + 1):
            return source.words(least * count, span * count).reshape(-1, count)[rows - least]
        out = np.empty((len(rows), count), np.uint64)
        for first, last in pairwise([0, *starts.tolist(), len(rows)]):
            run = source.words(int(rows[first]) * count, (last - first) * count)
            out[first:last] = run.reshape(-1, count)
        return out

    def bytes(self, *shape: int, purpose: int = 0) -> Pixels:
        """Read bytes.

        Parameters
        ----------
        *shape : int
            Shape for each row.
        purpose : int, default 0
            Number of the purpose; each has bits of its own.

        Returns
        -------
        ndarray
            ``(n, *shape)`` uint8, uniform.
        """
        size = int(np.prod(shape))
        words = self.words(-(-size // 8), purpose)
        return words.view(np.uint8)[:, :size].reshape(len(self._rows), *shape)

    def uniform(self, *shape: int, purpose: int = 0) -> Floats:
        """Read fractions.

        Parameters
        ----------
        *shape : int
            Shape for each row.
        purpose : int, default 0
            Number of the purpose; each has bits of its own.

        Returns
        -------
        ndarray
            ``(n, *shape)`` float64, uniform from 0 up to but not including 1.
        """
        words = self.words(int(np.prod(shape)), purpose)
        fractions = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return fractions.reshape(len(self._rows), *shape)


def uniform_below(rng: np.random.Generator, total: int, size: int) -> NDArray[Any]:
    """Sample integers from 0 up to but not including `total`.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator to sample from.
    total : int
        At least 1; it may exceed 64 bits.
    size : int
        How many, N.

    Returns
    -------
    ndarray
        (N,) int64; from 2**63 on Python's integers, biased by less than 2**-64.
    """
    if total < 2**63:
        return rng.integers(0, total, size, np.int64)
    width = (total.bit_length() + 64 + 7) // 8
    data = rng.bytes(width * size)
    samples = (int.from_bytes(data[k : k + width], "little") for k in range(0, len(data), width))
    return np.array([(sample * total) >> (8 * width) for sample in samples], object)


def as_generator(rng: RngLike) -> np.random.Generator:
    """Turn a seed, a generator or None (fresh entropy) into a generator.

    Raises
    ------
    ArgumentError
        If `rng` is none of these, or is a negative seed.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        return _fresh()
    seed = plain(rng)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ArgumentError(f"rng must be None, an integer of at least 0 or a numpy Generator; got {shown(rng)}")
    return np.random.Generator(np.random.PCG64DXSM(seed))


@cache
def _fresh() -> np.random.Generator:
    """A generator of fresh entropy: one for the whole process, since to make one takes longer than an image."""
    return np.random.Generator(np.random.PCG64DXSM())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fresh.cache_clear)  # or parent and child would have the same numbers
