"""A law of content: it samples strings of classes, and says which it may sample and how often."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS
from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.sets import Sets
from digitgen.compose.content.sets.table import Table
from digitgen.format import CHUNK
from digitgen.rng import Address


@dataclass(frozen=True)
class Key:
    """The facts about a field of a law that a configuration needs beside its type: ``Annotated[bool, Key("...")]``.

    Attributes
    ----------
    description : str
        One or two sentences.
    bounds : (float, float), optional
        Least and greatest value of a number, or of both ends of a range.
    schema : dict, optional
        The JSON Schema of a value that the law checks by itself, and not by its type; beside `bounds`, of a section
        that may stand in place of a number or a range.
    """

    description: str
    bounds: tuple[float, float] | None = None
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ContentLaw(ABC):
    """A law by which strings are sampled.

    A law is a frozen dataclass in a module of `laws`, with a line in ``LAWS``. Its fields that are annotated
    with a `Key` are the keys of a section of the configuration; those of type `Path` are relative to the folder of
    the configuration. A law checks its fields when it is made: `ArgumentError` has the wrong one as its key.

    Strings are of classes, numbered from 0. A class is one character of the alphabet, and K is the number of them.

    Attributes
    ----------
    alphabet : str
        The character of each class.
    """

    _: KW_ONLY
    alphabet: str = DIGITS

    @property
    @abstractmethod
    def words(self) -> str:
        """The law of the digits in words, behind "digits are": such as "uniform"."""

    @property
    def length_words(self) -> str:
        """The law of the lengths in words, behind "lengths are"; the same ones, unless a law says otherwise."""
        return self.words

    @property
    def independent(self) -> bool:
        """Whether a digit says nothing about the others of its string, nor about the string's length."""
        return False

    @property
    def exact(self) -> int:
        """The digits in a row that come exactly as often as expected, at each position of any split: 0, 1 or 2."""
        return 0

    @property
    def distinct(self) -> bool:
        """Whether no string comes twice in a split."""
        return False

    @abstractmethod
    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample strings.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        count : int
            Number of strings, N.

        Returns
        -------
        lengths : ndarray
            (N,) int64.
        digits : ndarray
            (T,) uint8: the classes of all strings, one after the other; T is the sum of the lengths.
        """

    def sample_chunk(self, chunk: int, own: Address, whole: Address) -> tuple[Integers, Pixels]:  # noqa: ARG002
        """Sample the strings of one chunk of a split.

        Strings of most laws are independent of each other, and those of a chunk come from its own random numbers
        alone. A law that holds of a whole split, such as that no string comes twice, overrides this: it finds the
        strings of any chunk from the random numbers of the split, without those of other chunks.

        Parameters
        ----------
        chunk : int
            Index of the chunk: its images are ``chunk * CHUNK`` up to but not including ``(chunk + 1) * CHUNK``.
        own, whole : Address
            The random numbers for the strings of the chunk, and of the split.

        Returns
        -------
        lengths, digits : ndarray
            As `sample` returns them, of `CHUNK` strings.
        """
        return self.sample(own.generator, CHUNK)

    def check_count(self, count: int) -> None:  # noqa: B027  (most laws hold of any number)
        """Refuse a split for which the law cannot hold.

        Parameters
        ----------
        count : int
            Number of images in the split.

        Raises
        ------
        ArgumentError
            If no split of so many images obeys the law.
        """

    @property
    @abstractmethod
    def lengths(self) -> Mapping[int, float]:
        """The probability of each length that strings can have; from the shortest, at least 1, to the longest."""

    @property
    @abstractmethod
    def marginals(self) -> Floats:
        """(longest, K): the probability of each class at each position, among the strings that reach so far."""

    @abstractmethod
    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which strings can be sampled.

        Parameters
        ----------
        labels : ndarray
            (N, L) integers: the classes of each string, then -1 up to the end of the row.

        Returns
        -------
        ndarray
            (N,) bool: whether the law gives the string a probability above 0.
        """

    @property
    def size(self) -> int | None:
        """The number of strings that can be sampled; None if it is not known."""
        return None

    def listed(self, most: int) -> Table | None:  # noqa: ARG002  (most laws cannot)
        """List all strings, where there are few and each is sampled independently of the others.

        Parameters
        ----------
        most : int
            The most strings to list.

        Returns
        -------
        Table or None
            The strings that can be sampled, weighted by their probabilities; None if there may be more of them, or
            those of a split depend on each other.
        """
        return None

    @property
    def sets(self) -> Sets | None:
        """The sets of strings that the law is a mixture of; None if it is no such."""
        return None

    @property
    def support(self) -> Sequence[Component] | None:
        """The sets that have all strings that can be sampled, and no others; None if the law has no such."""
        return self.sets.parts if self.sets else None

    @property
    def files(self) -> Mapping[str, str]:
        """The SHA-256 hash, in hexadecimal, of each file that the law itself is read from, by its key."""
        return {}

    @property
    def longest(self) -> int:
        """The length of the longest strings."""
        return max(self.lengths)

    @property
    def classes(self) -> list[int]:
        """The classes that can occur, ascending."""
        return np.flatnonzero(self.marginals.any(axis=0)).tolist()
