"""Hands: images in which one writer wrote all digits.

The writer of an image is uniform among those who have a glyph of each class that any image may need. So the writer
says nothing about the string, and no string fails because its writer lacks a digit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.checks import plain
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from digitgen.messages import did_you_mean, shown

Hand = Literal["mixed", "one"] | float
"""The writers of an image: anybody for each digit, one for all digits, or the latter in this share of the images."""

_SHARES: Final = {"mixed": 0.0, "one": 1.0}
_MIXED: Final = -1  # in place of a writer
UNKNOWN_WRITERS: Final = "the bank of glyphs does not know who wrote them; GlyphBank.from_arrays takes writers"


def hand_share(hand: object) -> float:
    """Find the share of images that are in one hand.

    Parameters
    ----------
    hand : {"mixed", "one"} or float
        The words, or the share itself, from 0 to 1.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ArgumentError
        If it is anything else.
    """
    value = plain(hand)
    if isinstance(value, str) and value in _SHARES:
        return _SHARES[value]
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    close = did_you_mean(value, _SHARES, listed=False) if isinstance(value, str) else ""
    raise ArgumentError(f"must be mixed, one, or the share of images in one hand from 0 to 1; got {shown(hand)}{close}")


@dataclass(frozen=True, eq=False)
class Hands:
    """The law of the writers of images.

    Attributes
    ----------
    share : float
        Share of the images that are in one hand, more than 0, up to 1.
    writers : ndarray
        (W,) int16, ascending: the writers who may write an image, each as likely as another.
    order : ndarray
        (G,) int64: rows of the bank, sorted by class and then by writer.
    starts, counts : ndarray
        (W, K) int64: where in `order` the glyphs of a writer and class begin, and how many there are.
    """

    share: float
    writers: NDArray[np.int16]
    order: Integers = field(repr=False)
    starts: Integers = field(repr=False)
    counts: Integers = field(repr=False)

    @classmethod
    def of(cls, bank: GlyphBank, classes: Iterable[int], share: float) -> "Hands | None":
        """Make the law for a bank.

        Parameters
        ----------
        bank : GlyphBank
            The glyphs.
        classes : iterable of int
            The classes that images may need.
        share : float
            Share of the images that are in one hand, 0 to 1.

        Returns
        -------
        Hands or None
            None if the share is 0.

        Raises
        ------
        ArgumentError
            If the bank does not know its writers, or no writer has a glyph of each class.
        """
        if not share:
            return None
        if bank.writers is None:
            raise ArgumentError(UNKNOWN_WRITERS, "hand")
        wanted = sorted(set(classes))
        numbers, table = writer_table(bank)
        of_each = (table[:, wanted] > 0).sum(axis=1)
        complete = of_each == len(wanted)
        if not complete.any():
            raise ArgumentError(
                f"no writer has glyphs of all {len(wanted)} classes that images may need; of {len(numbers):,} writers, "
                f"none has more than {of_each.max()}; take more writers, fewer classes, or hand: mixed",
                "hand",
            )
        classes_of = np.repeat(np.arange(len(bank.counts)), bank.counts)
        order = np.lexsort((bank.writers, classes_of))
        ends = np.cumsum(table.T.reshape(-1)).reshape(table.T.shape).T  # by class, and then by writer
        return cls(share, numbers[complete], order, (ends - table)[complete], table[complete])

    def sample(
        self,
        hand_rng: np.random.Generator,
        glyph_rng: np.random.Generator,
        bank: GlyphBank,
        lengths: Integers,
        digits: Pixels,
    ) -> Integers:
        """Sample a glyph for each digit: first the writers of images, then a glyph uniform among those that may be.

        Images that are not in one hand have the glyphs that all would have without this law.

        Parameters
        ----------
        hand_rng, glyph_rng : numpy.random.Generator
            Give two uniform doubles for each image, and one for each digit; the bias against exact uniformity is below
            2**-40.
        bank : GlyphBank
            The bank that the law was made for.
        lengths, digits : ndarray
            (N,) int64 and (T,) uint8: the digits of each image, one image after the other.

        Returns
        -------
        ndarray
            (T,) int64: rows of the bank.
        """
        luck = hand_rng.random((len(lengths), 2))
        writers = np.where(luck[:, 0] < self.share, (luck[:, 1] * len(self.writers)).astype(np.int64), _MIXED)
        of_digit = np.repeat(writers, lengths)
        in_one, cell = of_digit != _MIXED, of_digit * self.counts.shape[1] + digits
        counts = np.where(in_one, self.counts.take(cell, mode="clip"), bank.counts.take(digits))
        starts = np.where(in_one, self.starts.take(cell, mode="clip"), bank.starts.take(digits))
        places = starts + (glyph_rng.random(len(digits)) * counts).astype(np.int64)
        return np.where(in_one, self.order.take(places), places)


def writer_table(bank: GlyphBank) -> tuple[NDArray[np.int16], Integers]:
    """Count the glyphs of each writer and class.

    Parameters
    ----------
    bank : GlyphBank
        A bank that knows its writers.

    Returns
    -------
    numbers : ndarray
        (W,) int16, ascending: the writers.
    table : ndarray
        (W, K) int64: how many glyphs of each class they have.
    """
    writers: NDArray[np.int16] = np.asarray(bank.writers)
    numbers, writer_of = np.unique(writers, return_inverse=True)
    size = len(bank.counts)
    cells = writer_of * size + np.repeat(np.arange(size), bank.counts)
    return numbers, np.bincount(cells, minlength=len(numbers) * size).reshape(-1, size)
