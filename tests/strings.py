"""Strings of classes as texts, and texts as labels."""

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.arrays import Integers, Pixels


def as_texts(strings: tuple[Integers, Pixels], alphabet: str = DIGITS) -> list[str]:
    """The texts of strings, given as their lengths and all of their classes."""
    lengths, flat = strings
    whole, ends = "".join(alphabet[k] for k in flat.tolist()), np.cumsum(lengths).tolist()
    return [whole[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]


def table(texts: list[str], alphabet: str = DIGITS) -> Integers:
    """(N, longest): the classes of texts, padded with -1."""
    longest = max(map(len, texts))
    return np.array([[*map(alphabet.index, text), *[-1] * (longest - len(text))] for text in texts])
