"""Random permutations that are evaluated where they are asked for: nothing of what comes before is kept.

Small ones are sorted random bits. Large ones are keyed networks over the places.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers
from digitgen.rng import Address, Noise

LARGEST: Final = 2**63 - 1
"""Most places of a permutation: the halves of a network are at most 2**32 then, and 64 bits hold all that they do."""

_ROUNDS: Final = 8
_LEAST_OF_A_NETWORK: Final = 256  # below, eight rounds leave some orders visibly likelier than others
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, so that different numbers stay different


def shuffles(address: Address, rows: Integers, size: int) -> Integers:
    """Find random orders of a few places.

    Parameters
    ----------
    address : Address
        The place of the random numbers.
    rows : ndarray
        (n,) int64, ascending: the numbers of the orders.
    size : int
        Number of places.

    Returns
    -------
    ndarray
        (n, size) int64: each row a uniform permutation of 0 to ``size - 1``, which depends on its number alone.
    """
    return Noise(address, rows).words(size).argsort(axis=1)


def _some_shuffles(address: Address, numbers: Integers, size: int) -> tuple[Integers, Integers]:
    """The orders that have some numbers, in any sequence, and the row of the order of each."""
    least, most = int(numbers.min(initial=2**62)), int(numbers.max(initial=0))
    if most - least <= len(numbers):
        return shuffles(address, np.arange(least, most + 1), size), numbers - least
    asked, row = np.unique(numbers, return_inverse=True)
    return shuffles(address, asked, size), row


class Permutations:
    """Random permutations of 0 to ``size - 1``, for some sizes; of each size as many as are asked for.

    Large ones are a Feistel network: a place is split into two halves, and a hash of one half is added to the other,
    eight times in turn. Both halves are below the square root of the size, rounded up. So few places, about one in that
    root, leave the range; they go through the network again.

    Parameters
    ----------
    address : Address
        The place of their random numbers.
    sizes : sequence of int
        For each kind of permutation, the number of places: from 1 to `LARGEST`.

    References
    ----------
    Luby, Rackoff 1988, How to construct pseudorandom permutations from pseudorandom functions, SIAM Journal on
    Computing 17, doi:10.1137/0217022

    Black, Rogaway 2002, Ciphers with arbitrary finite domains, CT-RSA, doi:10.1007/3-540-45760-7_9
    """

    def __init__(self, address: Address, sizes: Sequence[int]) -> None:
        self._address = address
        self._sizes = np.array(sizes, np.int64)
        heights = np.ceil(np.sqrt(self._sizes)).astype(np.int64)  # near the root is near enough
        self._heights = heights.astype(np.uint64)
        self._widths = (-(-self._sizes // heights)).astype(np.uint64)
        self._small = np.flatnonzero(self._sizes < _LEAST_OF_A_NETWORK).tolist()
        keys = address.bits.random_raw(_ROUNDS + 1) if len(self._small) < len(sizes) else np.empty(1, np.uint64)
        self._key, self._keys = keys[0], keys[1:]

    def __call__(self, which: Integers, places: Integers) -> Integers:
        """Permute places.

        Parameters
        ----------
        which : ndarray
            (N,) int64: the kind of permutation, by the index of its size.
        places : ndarray
            (N,) int64, 0 or more. Those from `size` on are of a second permutation, from twice the size on of a third.

        Returns
        -------
        ndarray
            (N,) int64, below the size: where each place goes.
        """
        sizes = self._sizes[which]
        numbers, places = np.divmod(places, sizes)
        out = np.empty(len(places), np.int64)
        for kind in self._small:
            rows = np.flatnonzero(which == kind)
            orders, row = _some_shuffles(self._address.at(kind), numbers[rows], int(self._sizes[kind]))
            out[rows] = orders[row, places[rows]]
        rows = np.flatnonzero(sizes >= _LEAST_OF_A_NETWORK)
        if len(rows):
            kinds = which[rows]
            tweaks = (numbers[rows] * len(self._sizes) + kinds).astype(np.uint64) * _STEP + self._key
            out[rows] = self._walk(places[rows].astype(np.uint64), mixed(tweaks), kinds)
        return out

    def _walk(self, values: NDArray[np.uint64], tweaks: NDArray[np.uint64], kinds: Integers) -> NDArray[np.uint64]:
        """Permute places by their networks, in another way for each tweak, until none is outside."""
        found = self._network(values, tweaks, self._heights[kinds], self._widths[kinds])
        outside = np.flatnonzero(found >= self._sizes.astype(np.uint64)[kinds])
        if len(outside):
            found[outside] = self._walk(found[outside], tweaks[outside], kinds[outside])
        return found

    def _network(
        self,
        values: NDArray[np.uint64],
        tweaks: NDArray[np.uint64],
        heights: NDArray[np.uint64],
        widths: NDArray[np.uint64],
    ) -> NDArray[np.uint64]:
        """Permute the cells of rectangles, in another way for each tweak."""
        above, below = np.divmod(values, widths)
        for first, second in zip(self._keys[::2], self._keys[1::2], strict=True):
            above += mixed(below + (tweaks ^ first)) % heights
            above = np.minimum(above, above - heights)  # a difference below 0 wraps, to a huge number
            below += mixed(above + (tweaks ^ second)) % widths
            below = np.minimum(below, below - widths)
        return above * widths + below


def mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash words, in place, so that every bit depends on all: the finish of SplitMix64.

    References
    ----------
    Steele, Lea, Flood 2014, Fast splittable pseudorandom number generators, OOPSLA, doi:10.1145/2660193.2660195
    """
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words
