"""Digits, or pairs of neighbouring digits, that come equally often."""

from dataclasses import dataclass
from functools import cached_property
from math import gcd, lcm
from typing import Annotated, Final, Literal, get_args

import numpy as np

from digitgen.arrays import Integers, Pixels
from digitgen.checks import choose
from digitgen.compose.content.law import Key
from digitgen.compose.content.modifiers.schedule import Schedule
from digitgen.compose.content.modifiers.whole import WholeSplitModifier
from digitgen.compose.content.sequences import interleave
from digitgen.errors import ArgumentError
from digitgen.format import MAX_IMAGES
from digitgen.rng import Address, Noise

Balance = Literal["digits", "pairs"]

_LOW: Final = np.uint64(8)  # bits of a word that give way to a class


@dataclass(frozen=True)
class Balanced(WholeSplitModifier):
    """Uniform digits that come equally often, exactly, at each position of the strings of each length.

    The strings of each length come in blocks. Within a block, each digit comes equally often at each position, in an
    order of its own. So the digits of a string are independent of each other and uniform, as without the condition.

    Attributes
    ----------
    law : ContentLaw
        The law without the condition.
    balance : {"digits", "pairs"}
        What comes equally often at each position: digits, or pairs of neighbouring digits, which is more.

    Raises
    ------
    ArgumentError
        If the digits of the law are not uniform and independent of each other.
    """

    balance: Annotated[
        Balance,
        Key(
            "What comes exactly equally often at each position of the strings of each length: digits, or pairs of "
            "neighbouring digits. A count that does not allow it is an error, which names the nearest that do."
        ),
    ] = "digits"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "balance", choose("balance", self.balance, get_args(Balance)))
        if not self.law.independent or not np.allclose(self.law.marginals, 1 / len(self.alphabet)):
            raise ArgumentError(
                "only uniform digits that say nothing about each other can be balanced, "
                f"as a length alone has them; these are {self.law.words}",
                "balance",
            )

    @property
    def independent(self) -> bool:
        """Whether digits are independent, as those of one string are."""
        return True

    @property
    def exact(self) -> int:
        """The digits in a row that come equally often."""
        return 2 if self.balance == "pairs" else 1

    @cached_property
    def _schedule(self) -> Schedule:
        """The order of the lengths."""
        return Schedule(list(self.law.lengths.values()))

    def _block(self, length: int) -> int:
        """Strings of one length in which all comes equally often."""
        return len(self.alphabet) ** (2 if self.balance == "pairs" and length > 1 else 1)

    @cached_property
    def _images(self) -> int:
        """Images in which all comes equally often: some blocks of lengths, with whole blocks of digits of each."""
        counts = zip(self.law.lengths, self._schedule.counts, strict=True)
        return self._schedule.block * lcm(*(self._block(n) // gcd(self._block(n), each) for n, each in counts))

    def check_count(self, count: int) -> None:
        """Refuse counts that cannot be exact.

        Parameters
        ----------
        count : int
            Number of images in the split.

        Raises
        ------
        ArgumentError
            If the count is no multiple of the images in which all comes equally often; it names the nearest that are.
        """
        super().check_count(count)
        if more := count % self._images:
            near = [each for each in (count - more, count - more + self._images) if 0 < each <= MAX_IMAGES]
            nearest = " or ".join(f"{each:,}" for each in near) or f"{self._images:,}, more than a split can have"
            raise ArgumentError(
                f"must be a multiple of {self._images:,} images, so that {self.balance} come equally often; "
                f"got {count:,}; the nearest is {nearest}"
            )

    def strings(self, address: Address, images: Integers) -> tuple[Integers, Pixels]:
        """Find the strings of some images of a split.

        Parameters
        ----------
        address : Address
            The place of the random numbers of the split.
        images : ndarray
            (N,) int64, ascending: indices of the images in the split. If they are no whole blocks, the balance is as
            near as it can be.

        Returns
        -------
        lengths, digits : ndarray
            As `sample` returns them.
        """
        which, places = self._schedule(address.at(0), images)
        strings = []
        for kind, length in enumerate(self.law.lengths):
            block, within = np.divmod(places[which == kind], self._block(length))
            blocks, row = np.unique(block, return_inverse=True)
            digits = self._digits(Noise(address.at(1, kind), blocks), length)[row, :, within]
            strings.append((np.full(len(digits), length), digits.ravel()))
        return interleave(which, strings)

    def _digits(self, noise: Noise, length: int) -> Pixels:
        """(n, length, block): the digits of all strings of n blocks of one length."""
        block, classes = self._block(length), len(self.alphabet)
        words = noise.words(length * block).reshape(len(noise), length, block)
        digits = np.empty(words.shape, np.uint8)
        turns = (np.arange(block) % classes).astype(np.uint8)
        if block == classes:
            np.put_along_axis(digits, words.argsort(axis=2), np.broadcast_to(turns, words.shape), axis=2)
            return digits
        turns = np.broadcast_to(turns, (len(noise), block))
        for position in range(length):
            keys = words[:, position]
            if position:  # in order of the digit before, so that all follow it equally often
                keys = (keys >> _LOW) | (digits[:, position - 1].astype(np.uint64) << (np.uint64(64) - _LOW))
            np.put_along_axis(digits[:, position], keys.argsort(axis=1), turns, axis=1)
        return digits
