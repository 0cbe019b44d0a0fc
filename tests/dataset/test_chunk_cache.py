"""What was inflated last is kept, up to so many bytes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from digitgen.arrays import Pixels
from digitgen.dataset.chunk_cache import ChunkCache


class Maker:
    """Makes arrays of one value, and notes which."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def __call__(self, cache: ChunkCache, value: int, size: int = 10) -> Pixels:
        def make() -> Pixels:
            self.made.append(value)
            return np.full(size, value, np.uint8)

        return cache.get(value, make)


def test_an_array_is_made_once_and_kept() -> None:
    cache, maker = ChunkCache(100), Maker()
    assert maker(cache, 3).tolist() == maker(cache, 3).tolist() == [3] * 10
    assert maker.made == [3]


def test_the_array_that_was_not_used_for_longest_goes_first() -> None:
    cache, maker = ChunkCache(30), Maker()
    for value in (0, 1, 2, 0, 3, 0, 1):
        maker(cache, value)
    assert maker.made == [0, 1, 2, 3, 1]


def test_arrays_have_no_more_bytes_than_the_limit() -> None:
    cache, maker = ChunkCache(100), Maker()
    for value, size in enumerate((40, 70, 10, 10, 99, 1, 100)):
        maker(cache, value, size)
        assert size <= cache.nbytes <= 100


def test_an_array_that_is_larger_than_the_limit_is_kept_alone() -> None:
    cache, maker = ChunkCache(100), Maker()
    for value, size in ((0, 10), (1, 500), (1, 500)):
        maker(cache, value, size)
    assert maker.made == [0, 1]
    assert cache.nbytes == 500


def test_a_cleared_cache_holds_nothing() -> None:
    cache, maker = ChunkCache(100), Maker()
    maker(cache, 1)
    cache.clear()
    assert cache.nbytes == 0
    maker(cache, 1)
    assert maker.made == [1, 1]


def test_an_array_that_cannot_be_made_is_not_kept() -> None:
    cache = ChunkCache(100)

    def fail() -> Pixels:
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        cache.get(1, fail)
    assert cache.get(1, lambda: np.zeros(1, np.uint8)).tolist() == [0]


def test_threads_get_the_right_arrays_and_stay_within_the_limit() -> None:
    cache = ChunkCache(50)

    def work(seed: int) -> bool:
        values = np.random.default_rng(seed).integers(20, size=300).tolist()
        return all(Maker()(cache, value)[0] == value for value in values)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(16)))
    assert cache.nbytes == 50
