"""Named generators: the same address gives the same numbers, another address others."""

import os
import subprocess
import sys
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from digitgen.format import CHUNK
from digitgen.rng import STREAMS, Address, Noise, as_generator, chunk_address, name_words
from tests.errors import message_of


def first_words(seed: int, split: str, chunk: int, stream: str) -> tuple[int, ...]:
    address = chunk_address(seed, split, chunk).at(STREAMS[stream])
    return tuple(address.generator.integers(2**63, size=2).tolist())


def test_an_address_always_gives_the_same_numbers() -> None:
    assert first_words(7, "train", 3, "layout") == first_words(7, "train", 3, "layout")


def test_addresses_that_differ_in_any_part_give_other_numbers() -> None:
    addresses = list(product((0, 1, 2**40), ("train", "test", ""), (0, 1, 1024), STREAMS))
    assert len({first_words(*address) for address in addresses}) == len(addresses)


def test_a_generator_is_seeded_by_split_chunk_and_stream_alone() -> None:
    for key, stream in enumerate(("content", "glyphs", "layout")):
        sequence = np.random.SeedSequence(5, spawn_key=(*name_words("train"), 9, key))
        expected = np.random.Generator(np.random.PCG64DXSM(sequence)).random(4)
        drawn = chunk_address(5, "train", 9).at(STREAMS[stream]).generator.random(4)
        np.testing.assert_array_equal(drawn, expected)


def test_an_address_has_the_bits_of_numpys_spawned_sequence() -> None:
    for seed in (0, 1, 2**32 - 1, 2**32, 2**63 - 1, 2**128 - 1, 2**128 + 5):
        for key in ((), (0,), (2**32 - 1, 7, 0, 1), tuple(range(12))):
            expected = np.random.PCG64DXSM(np.random.SeedSequence(seed, spawn_key=key)).random_raw(3)
            assert Address(seed, key).bits.random_raw(3).tolist() == expected.tolist(), (seed, key)


def test_addresses_and_chunks_are_those_of_the_published_format() -> None:
    # A change of any of these changes every image that was ever made: it is a change of the format.
    assert CHUNK == 1024
    assert name_words("train") == (3293867793, 3674539037)
    assert [first_words(2026, "train", 1, stream) for stream in ("content", "glyphs", "layout")] == [
        (2550243230338118288, 2748721016998170733),
        (5715808889468765596, 3939716430515162318),
        (7834452792311548895, 6487851240115097089),
    ]


@pytest.mark.parametrize("count", [5, 500])  # the rows between are drawn too, or jumped over
def test_noise_is_the_same_for_a_row_whatever_rows_are_asked_for(count: int) -> None:
    address = Address(3, (1, 2))
    whole = Noise(address, np.arange(20))
    for rows in ([0], [19], [3, 4, 5], [0, 7, 8, 19]):
        some = Noise(address, np.array(rows))
        for purpose in (0, 1):
            np.testing.assert_array_equal(some.words(count, purpose), whole.words(count, purpose)[rows])
        np.testing.assert_array_equal(some.bytes(3, 7), whole.bytes(3, 7)[rows])
        np.testing.assert_array_equal(whole[np.array(rows)].uniform(4), some.uniform(4))


def test_noise_never_repeats_between_rows_and_purposes() -> None:
    noise = Noise(Address(3), np.arange(50))
    words = np.concatenate([noise.words(4, purpose) for purpose in range(3)])
    assert len(np.unique(words)) == words.size


def test_noise_of_no_rows_is_empty() -> None:
    assert Noise(Address(3), np.arange(0)).words(5).shape == (0, 5)


def test_noise_is_uniform() -> None:
    noise = Noise(Address(4), np.arange(64))
    assert chisquare(np.bincount(noise.bytes(1000).ravel(), minlength=256)).pvalue > 1e-4
    values = noise.uniform(1000, purpose=1)
    assert 0 <= values.min() < values.max() < 1
    assert chisquare(np.histogram(values, 100, (0, 1))[0]).pvalue > 1e-4


def test_a_generator_is_used_as_it_is() -> None:
    generator = np.random.default_rng(1)
    assert as_generator(generator) is generator


def test_a_seed_gives_the_same_generator_every_time() -> None:
    seeds: tuple[Any, ...] = (0, 5, 2**70, np.int64(5))
    for seed in seeds:
        expected = np.random.Generator(np.random.PCG64DXSM(int(seed))).random(3)
        assert as_generator(seed).random(3).tolist() == expected.tolist(), seed


def test_without_a_seed_every_generator_differs() -> None:
    assert as_generator(None).random() != as_generator(None).random()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_without_a_seed_a_forked_process_has_other_numbers() -> None:
    code = (
        "import os; from digitgen.rng import as_generator; as_generator(None).random(); child = os.fork();"
        "child and os.waitpid(child, 0); print(as_generator(None).random())"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert len(set(told)) == 2


def test_an_rng_that_is_no_seed_and_no_generator_is_refused() -> None:
    wrong: list[Any] = [-1, np.int8(-1), 1.5, True, np.True_, "1", [1], np.random.RandomState(0), np.random]
    for rng in wrong:
        told = message_of(as_generator, rng)
        assert told.startswith("rng must be None, an integer of at least 0 or a numpy Generator"), (rng, told)
        assert repr(rng)[:20] in told
