"""Mixtures of sets of strings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.mixture import Mixture
from digitgen.compose.content.sets.component import Component
from tests.reference import assert_follows


class Listed(Component):
    """A few strings."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts

    @property
    def size(self) -> int:
        return len(self._texts)

    def unrank(self, ranks: NDArray[Any]) -> tuple[Integers, Pixels]:
        chosen = [self._texts[rank] for rank in ranks.tolist()]
        return np.array([len(text) for text in chosen], np.int64), np.array([int(c) for c in "".join(chosen)], np.uint8)

    @property
    def lengths(self) -> Mapping[int, float]:
        lengths = sorted(len(text) for text in self._texts)
        return {length: lengths.count(length) / self.size for length in lengths}

    @property
    def marginals(self) -> Floats:
        columns = [[text[k] for text in self._texts if len(text) > k] for k in range(max(map(len, self._texts)))]
        return np.array([[column.count(str(digit)) / len(column) for digit in range(10)] for column in columns])

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        return np.array([text in self._texts for text in as_texts(labels)])


@dataclass(frozen=True)
class Two(Mixture):
    """Short strings, three times as likely as long ones."""

    words = "as listed"
    weights = (3.0, 1.0)

    @cached_property
    def components(self) -> tuple[Component, ...]:
        return Listed("7", "42"), Listed("1000", "1234", "42")


def as_texts(labels: NDArray[np.integer]) -> list[str]:
    return ["".join(str(digit) for digit in row if digit >= 0) for row in labels.tolist()]


def split(lengths: Integers, digits: Pixels) -> list[str]:
    text = "".join(map(str, digits.tolist()))
    ends = np.cumsum(lengths).tolist()
    return [text[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]


LAW = {"7": Fraction(3, 8), "42": Fraction(11, 24), "1000": Fraction(1, 12), "1234": Fraction(1, 12)}


def table(texts: Sequence[str]) -> Integers:
    longest = max(map(len, texts))
    return np.array([[int(c) for c in text] + [-1] * (longest - len(text)) for text in texts])


def test_a_string_is_as_likely_as_the_sets_make_it() -> None:
    assert_follows(split(*Two().sample(np.random.default_rng(1), 20_000)), LAW)


def test_lengths_and_marginals_are_those_of_the_strings() -> None:
    law = Two()
    assert list(law.lengths) == [1, 2, 4]
    np.testing.assert_allclose(list(law.lengths.values()), [3 / 8, 11 / 24, 1 / 6])
    expected = np.zeros((4, 10))
    for text, probability in LAW.items():
        for position, digit in enumerate(text):
            expected[position, int(digit)] += float(probability)
    np.testing.assert_allclose(law.marginals, expected / expected.sum(axis=1, keepdims=True))


def test_it_admits_the_strings_of_each_set_and_no_others() -> None:
    assert Two().admits(table(["7", "42", "1234", "123", "43"])).tolist() == [True, True, True, False, False]
