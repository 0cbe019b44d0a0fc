"""From (seed, split, chunk) to named random generators.

Every random number of a build comes from a generator that is addressed, never from one that is
passed along: so image *i* of a split depends on the configuration, the seed, the split's name and
*i* alone, whatever the number of jobs, the shard size or the number of images.
"""

import hashlib
from typing import Final, Literal

import numpy as np

from digitgen.errors import ArgumentError

CHUNK: Final = 1024
"""Images that are drawn together. A constant of the format: to change it changes every image."""

Stream = Literal["content", "glyphs", "layout"]
_STREAM_KEYS: Final[dict[Stream, int]] = {"content": 0, "glyphs": 1, "layout": 2}

RngLike = int | np.random.Generator | None


def split_key(split: str) -> tuple[int, int]:
    """Two 32-bit words that stand for a split's name in the seed sequence."""
    digest = hashlib.sha256(split.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")


def chunk_generator(seed: int, split: str, chunk: int, stream: Stream) -> np.random.Generator:
    """The generator of one purpose (`stream`) in one chunk of one split.

    Parameters
    ----------
    seed : int
        Of the whole build, 0 or more.
    split : str
        Name of the split.
    chunk : int
        Index of the chunk in the split; image i lies in chunk i // `CHUNK`.
    stream : {"content", "glyphs", "layout"}
        What the numbers are for, so that to draw more for one purpose shifts nothing in another.
    """
    key = (*split_key(split), chunk, _STREAM_KEYS[stream])
    return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(seed, spawn_key=key)))


def as_generator(rng: RngLike) -> np.random.Generator:
    """Turn a seed, a generator or None (fresh entropy) into a generator.

    Raises
    ------
    ArgumentError
        If `rng` is none of these, or a negative seed.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is not None and (isinstance(rng, bool) or not isinstance(rng, int | np.integer) or rng < 0):
        raise ArgumentError(f"rng must be None, an integer of at least 0 or a numpy Generator; got {rng!r}")
    return np.random.Generator(np.random.PCG64DXSM(rng))
