"""Kinds of images in exact proportion, block by block."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Final

import numpy as np

from digitgen.arrays import Integers
from digitgen.compose.content.weights import meant
from digitgen.permutation import Permutations
from digitgen.rng import Address

_LONGEST: Final = 2**31  # images in a block; proportions that need more are rounded to it


class Schedule:
    """An order of kinds of images, such as lengths, without end.

    Every block has the kinds in exactly the proportion of their weights, in a random order.

    Parameters
    ----------
    weights : sequence of float
        The weight of each kind, above 0; a number near a fraction of small integers is `meant` to be it.

    Attributes
    ----------
    counts : tuple of int
        The number of images of each kind in a block.
    block : int
        The number of images in a block.

    Examples
    --------
    >>> Schedule([0.2, 0.5, 0.3]).counts
    (2, 5, 3)
    """

    def __init__(self, weights: Sequence[float]) -> None:
        fractions = [meant(weight) for weight in weights]
        if sum(self._in_lowest_terms(fractions)) > _LONGEST:
            total = sum(fractions)
            fractions = [Fraction(round(each / total * _LONGEST) or each > 0) for each in fractions]
        self.counts = self._in_lowest_terms(fractions)
        self.block = sum(self.counts)

    @staticmethod
    def _in_lowest_terms(fractions: list[Fraction]) -> tuple[int, ...]:
        """The smallest integers in the same proportion."""
        common = lcm(*(each.denominator for each in fractions))
        numbers = [each.numerator * (common // each.denominator) for each in fractions]
        return tuple(number // gcd(*numbers) for number in numbers)

    @cached_property
    def _ends(self) -> Integers:
        """(C,): places of a block, in the order of the kinds, before which each kind ends."""
        return np.cumsum(self.counts)

    def __call__(self, address: Address, images: Integers) -> tuple[Integers, Integers]:
        """Find the kinds of some images.

        Parameters
        ----------
        address : Address
            The place of the random numbers of the split.
        images : ndarray
            (N,) int64: their indices in the split.

        Returns
        -------
        which : ndarray
            (N,) int64: the kind of each.
        places : ndarray
            (N,) int64: a number for each among all images of its kind in the split. The images of b blocks have
            the numbers 0 to b times the count of the kind, less 1.
        """
        if self.block == 1:
            return np.full(len(images), self.counts.index(1)), images
        order = Permutations(address, [self.block])(np.zeros(len(images), np.int64), images)
        which = np.searchsorted(self._ends, order, side="right")
        counts = np.array(self.counts)[which]
        return which, images // self.block * counts + order - (self._ends[which] - counts)
