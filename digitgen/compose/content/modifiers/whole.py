"""Modifiers that hold of a whole split: any of its images is sampled from the random numbers of the split."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from digitgen.arrays import Integers, Pixels
from digitgen.compose.content.modifiers.modifier import Modifier
from digitgen.compose.content.sets.component import Component
from digitgen.format import CHUNK
from digitgen.rng import Address


class WholeSplitModifier(Modifier):
    """A condition on all strings of a split together."""

    @property
    def support(self) -> Sequence[Component] | None:
        """The sets of the other law, whose strings can all come."""
        return self.law.support

    @abstractmethod
    def strings(self, address: Address, images: Integers) -> tuple[Integers, Pixels]:
        """Find the strings of some images of a split.

        Parameters
        ----------
        address : Address
            The place of the random numbers of the split.
        images : ndarray
            (N,) int64, ascending: indices of the images in the split.

        Returns
        -------
        lengths, digits : ndarray
            As `sample` returns them; those of an image depend on its index and the address alone.
        """

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample the first strings of a split of its own.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        count : int
            Number of strings, N.

        Returns
        -------
        lengths, digits : ndarray
            As `ContentLaw.sample` returns them.
        """
        return self.strings(Address(int(rng.integers(2**63))), np.arange(count))

    def sample_chunk(self, chunk: int, own: Address, whole: Address) -> tuple[Integers, Pixels]:  # noqa: ARG002
        """Sample the strings of one chunk of a split, without those of others.

        Parameters
        ----------
        chunk : int
            Index of the chunk.
        own, whole : Address
            The random numbers for the strings of the chunk, which are not needed, and of the split.

        Returns
        -------
        lengths, digits : ndarray
            As `sample` returns them, of `CHUNK` strings.
        """
        return self.strings(whole, np.arange(chunk * CHUNK, (chunk + 1) * CHUNK))
