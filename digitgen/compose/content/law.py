"""A law of content: it samples strings of digits, and says which it may sample and how often."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from digitgen.arrays import Floats, Integers, Pixels


@dataclass(frozen=True)
class Key:
    """The facts about a field of a law that a configuration needs beside its type: ``Annotated[bool, Key("...")]``.

    Attributes
    ----------
    description : str
        One or two sentences.
    bounds : (float, float), optional
        Least and greatest value of a number, or of both ends of a range.
    """

    description: str
    bounds: tuple[float, float] | None = None


class ContentLaw(ABC):
    """A law by which strings of digits are sampled, independently of each other.

    A law is a frozen dataclass in a module of this package, with a line in ``LAWS``. Its fields are the keys of a
    section of the configuration, each annotated with a `Key`; those of type `Path` are relative to the folder of
    the configuration. A law checks its fields when it is made: `ArgumentError` has the wrong one as its key.

    Attributes
    ----------
    words : str
        How lengths and digits are distributed, behind "digits are", such as "uniform".
    independent : bool
        Whether a digit says nothing about the others of its string, nor about the string's length.
    """

    words: str
    independent: ClassVar[bool] = False

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
            (T,) uint8: all digits, one string after the other; T is the sum of the lengths.
        """

    @property
    @abstractmethod
    def lengths(self) -> Mapping[int, float]:
        """The probability of each length that strings can have; from the shortest, at least 1, to the longest."""

    @property
    @abstractmethod
    def marginals(self) -> Floats:
        """(longest, 10): the probability of each digit at each position, among the strings that reach so far."""

    @property
    def longest(self) -> int:
        """The length of the longest strings."""
        return max(self.lengths)

    @property
    def classes(self) -> list[int]:
        """The digits that can occur, ascending."""
        return np.flatnonzero(self.marginals.any(axis=0)).tolist()
