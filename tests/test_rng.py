"""Named generators: the same address gives the same numbers, another address others."""

from itertools import product
from typing import Any, get_args

import numpy as np
import pytest

from digitgen.errors import ArgumentError
from digitgen.rng import CHUNK, Stream, as_generator, chunk_generator, split_key

STREAMS: tuple[Stream, ...] = get_args(Stream)


def first_words(seed: int, split: str, chunk: int, stream: Stream) -> tuple[int, ...]:
    return tuple(chunk_generator(seed, split, chunk, stream).integers(2**63, size=2).tolist())


def test_an_address_always_gives_the_same_numbers() -> None:
    assert first_words(7, "train", 3, "layout") == first_words(7, "train", 3, "layout")


def test_every_part_of_the_address_matters() -> None:
    addresses = list(product((0, 1, 2**40), ("train", "test", ""), (0, 1, 1024), STREAMS))
    assert len({first_words(*address) for address in addresses}) == len(addresses)


def test_a_generator_is_seeded_by_split_chunk_and_stream_alone() -> None:
    for key, stream in enumerate(("content", "glyphs", "layout")):
        sequence = np.random.SeedSequence(5, spawn_key=(*split_key("train"), 9, key))
        expected = np.random.Generator(np.random.PCG64DXSM(sequence)).random(4)
        np.testing.assert_array_equal(chunk_generator(5, "train", 9, stream).random(4), expected)  # type: ignore[arg-type]


def test_the_format_is_frozen() -> None:
    # A change of any of these changes every image that was ever made: it is a change of the format.
    assert CHUNK == 1024
    assert split_key("train") == (3293867793, 3674539037)
    assert [first_words(2026, "train", 1, stream) for stream in STREAMS] == [
        (2550243230338118288, 2748721016998170733),
        (5715808889468765596, 3939716430515162318),
        (7834452792311548895, 6487851240115097089),
    ]


def test_a_generator_is_drawn_from_as_it_is() -> None:
    generator = np.random.default_rng(1)
    assert as_generator(generator) is generator


@pytest.mark.parametrize("seed", [0, 5, 2**70, np.int64(5)])
def test_a_seed_gives_the_same_generator_every_time(seed: int) -> None:
    expected = np.random.Generator(np.random.PCG64DXSM(int(seed))).random(3)
    np.testing.assert_array_equal(as_generator(seed).random(3), expected)


def test_no_seed_gives_fresh_entropy() -> None:
    assert as_generator(None).random() != as_generator(None).random()


@pytest.mark.parametrize("rng", [-1, np.int8(-1), 1.5, True, np.True_, "1", [1], np.random.RandomState(0), np.random])
def test_anything_else_is_refused_by_name(rng: Any) -> None:
    with pytest.raises(ArgumentError, match="rng must be None, an integer of at least 0 or a numpy Generator") as error:
        as_generator(rng)
    assert repr(rng) in str(error.value)
