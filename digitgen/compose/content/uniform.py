"""Uniform digits in strings of uniform length."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.checks import check_range
from digitgen.compose.content.law import ContentLaw, Key
from digitgen.errors import ArgumentError
from digitgen.format import MAX_LENGTH


@dataclass(frozen=True)
class UniformDigits(ContentLaw):
    """Uniform digits, independent of each other; each length is as likely as the others.

    Attributes
    ----------
    length : (int, int)
        Fewest and most digits, both possible.
    alphabet : str, default "0123456789"
        The character of each class.

    Raises
    ------
    ArgumentError
        If `length` is not a range of integers from 1 to 255.

    Examples
    --------
    >>> law = UniformDigits((2, 3))
    >>> law.lengths, law.longest
    ({2: 0.5, 3: 0.5}, 3)
    """

    length: Annotated[
        tuple[int, int],
        Key(
            "Fewest and most digits, each length as likely as the others; or one number for a fixed length.",
            bounds=(1, MAX_LENGTH),
        ),
    ]

    words = "uniform"
    independent = True

    def __post_init__(self) -> None:
        shortest, longest = check_range("length", self.length)
        if shortest > longest:
            raise ArgumentError(f"the shortest, {shortest}, is larger than the longest, {longest}", "length")
        if shortest < 1 or longest > MAX_LENGTH:
            raise ArgumentError(f"an image has from 1 to {MAX_LENGTH} digits; got {shortest} to {longest}", "length")
        object.__setattr__(self, "length", (shortest, longest))  # numpy's integers may overflow

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample strings: first all lengths, then all digits.

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
        lengths = rng.integers(*self.length, size=count, endpoint=True)
        return lengths, rng.integers(0, len(self.alphabet), size=int(lengths.sum()), dtype=np.uint8)

    @property
    def lengths(self) -> dict[int, float]:
        """Each length from the shortest to the longest, one as likely as another."""
        shortest, longest = self.length
        return dict.fromkeys(range(shortest, longest + 1), 1 / (longest + 1 - shortest))

    @property
    def marginals(self) -> Floats:
        """(longest, K): one K-th each."""
        classes = len(self.alphabet)
        return np.full((self.longest, classes), 1 / classes)

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which strings are as long as they may be, and of the alphabet."""
        shortest, longest = self.length
        lengths = (labels >= 0).sum(axis=1)
        admitted: Bools = (lengths >= shortest) & (lengths <= longest) & (labels < len(self.alphabet)).all(axis=1)
        return admitted
