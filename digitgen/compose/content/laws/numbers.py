"""Whole numbers of a range, uniform or log-uniform, written in groups of digits and with a decimal point."""

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cached_property
from typing import Final, Literal

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.augment.numerics.exact import exponential
from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.layers import Layer
from digitgen.compose.content.sets.union import Union

Spread = Literal["uniform", "log"]

FIXED: Final = 1000
"""Less this, the class of a character stands for one that is the same in all numbers."""
LARGEST: Final = 10**12 - 1
"""The largest number; so floats tell all from each other, with room for what comes in between."""

_GROUP: Final = 3  # digits
_OFTEN: Final = 10_000  # times that a digit comes and goes in a range; if more often, it is uniform but for 1e-5


@dataclass(frozen=True)
class Block:
    """The numbers of a range that have some number of digits, and the places of these digits in strings.

    Attributes
    ----------
    low, high : int
        The smallest and the largest.
    places : tuple of int
        For each character, the power of ten of the digit; or the class of the character, less `FIXED`.
    """

    low: int
    high: int
    places: tuple[int, ...]


@dataclass(frozen=True)
class Numbers:
    """Numbers of a range, as strings.

    Attributes
    ----------
    low, high : int
        The smallest and the largest number, from 0 to `LARGEST`; with ``log``, from 1.
    spread : {"uniform", "log"}
        Whether each number is as likely as any other, or as likely as ``log(1 + 1/n)``.
    alphabet : str
        The character of each class; it has all digits, `grouping` and `point`.
    decimals : int
        Digits behind the point.
    zeros : int
        Zeros to write behind each number.
    grouping, point : str
        Characters between groups of three digits, and before the decimals; or nothing.
    """

    low: int
    high: int
    spread: Spread
    alphabet: str
    decimals: int
    zeros: int
    grouping: str
    point: str

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The numbers by their number of digits; short numbers have leading zeros up to one before the point."""
        least = max(1, self.decimals + 1 - self.zeros)
        blocks = []
        for count in range(least, max(least, len(str(self.high))) + 1):
            low, high = max(self.low, 0 if count == least else 10 ** (count - 1)), min(self.high, 10**count - 1)
            if low <= high:
                blocks.append(Block(low, high, self._places(count)))
        return tuple(blocks)

    def _places(self, count: int) -> tuple[int, ...]:
        """The places of the characters of a number of so many digits."""
        whole = count + self.zeros - self.decimals
        places = []
        for index in range(count + self.zeros):
            if self.grouping and 0 < index < whole and (whole - index) % _GROUP == 0:
                places.append(self.alphabet.index(self.grouping) - FIXED)
            if self.point and index == whole and self.decimals:
                places.append(self.alphabet.index(self.point) - FIXED)
            places.append(count - 1 - index if index < count else int(self._classes[0]) - FIXED)
        return tuple(places)

    @cached_property
    def _classes(self) -> Pixels:
        """(10,): the class of each digit."""
        return np.array([self.alphabet.index(digit) for digit in DIGITS], np.uint8)

    @cached_property
    def _logarithm(self) -> float:
        """The logarithm of how many times the range is as large as its beginning; alike on all processors."""
        return float(Context(prec=25).ln(Decimal(self.high + 1) / Decimal(self.low)))

    def sample(self, rng: np.random.Generator, count: int) -> Integers:
        """Sample numbers, independent of each other.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        count : int
            How many, N.

        Returns
        -------
        ndarray
            (N,) int64.
        """
        if self.spread == "uniform":
            return rng.integers(self.low, self.high, count, endpoint=True)
        numbers = np.floor(self.low * exponential(rng.random(count) * self._logarithm)).astype(np.int64)
        return np.clip(numbers, self.low, self.high)

    def write(self, numbers: Integers) -> tuple[Integers, Pixels]:
        """Write numbers as strings.

        Parameters
        ----------
        numbers : ndarray
            (N,) int64.

        Returns
        -------
        lengths : ndarray
            (N,) int64.
        digits : ndarray
            (T,) uint8: the classes of all strings, one after the other.
        """
        labels = np.full((len(numbers), max(len(block.places) for block in self.blocks)), -1, np.int16)
        for block in self.blocks:
            rows = np.flatnonzero((numbers >= block.low) & (numbers <= block.high))
            for column, place in enumerate(block.places):
                labels[rows, column] = self._classes[numbers[rows] // 10**place % 10] if place >= 0 else place + FIXED
        there = labels >= 0
        return there.sum(axis=1), labels[there].astype(np.uint8)

    def share(self, low: int, high: int) -> float:
        """Compute the probability of some numbers.

        Parameters
        ----------
        low, high : int
            The first and the last of them, both in the range.

        Returns
        -------
        float
            From 0 to 1.
        """
        if self.spread == "uniform":
            return (high - low + 1) / (self.high - self.low + 1)
        return float(np.log((high + 1) / low)) / self._logarithm

    @property
    def component(self) -> Component:
        """The set of all numbers, ascending."""
        parts = [self._automaton(block) for block in self.blocks]
        return Union(parts) if len(parts) > 1 else parts[0]

    def _automaton(self, block: Block) -> Automaton:
        """The automaton of the numbers of a block.

        A state says whether the digits so far are more than the first ones of the smallest number, and less than those
        of the largest.
        """
        states, layers = [(False, False)], []
        for place in block.places:
            after: dict[tuple[bool, bool], int] = {}
            moves = np.full((len(states), len(self.alphabet)), -1)
            for row, (more, less) in enumerate(states):
                if place < 0:
                    moves[row, place + FIXED] = after.setdefault((more, less), len(after))
                    continue
                low, high = block.low // 10**place % 10, block.high // 10**place % 10
                for digit in range(0 if more else low, 10 if less else high + 1):
                    state = (more or digit > low, less or digit < high)
                    moves[row, self._classes[digit]] = after.setdefault(state, len(after))
            layers.append(Layer(moves, np.zeros(len(states), bool)))
            states = list(after)
        layers.append(Layer(np.full((len(states), len(self.alphabet)), -1), np.ones(len(states), bool)))
        return Automaton(layers)

    @property
    def lengths(self) -> dict[int, float]:
        """The probability of each length, ascending."""
        return {len(block.places): self.share(block.low, block.high) for block in self.blocks}

    @property
    def expected(self) -> Floats:
        """(longest, K): the probability that a string has a class at a position; less than 1 in all at some ends."""
        expected = np.zeros((max(self.lengths), len(self.alphabet)))
        for block in self.blocks:
            whole = self.share(block.low, block.high)
            for column, place in enumerate(block.places):
                if place < 0:
                    expected[column, place + FIXED] += whole
                else:
                    expected[column, self._classes] += whole * self._digits(block, place)
        return expected

    def _digits(self, block: Block, place: int) -> Floats:
        """(10,): the probability of each digit at a place, among the numbers of a block."""
        unit = 10**place
        first, last = block.low // unit, block.high // unit
        if last - first > 10 * _OFTEN:
            return np.full(10, 0.1)
        runs = np.arange(first, last + 1)
        firsts, lasts = np.maximum(runs * unit, block.low), np.minimum(runs * unit + unit - 1, block.high)
        weights = lasts - firsts + 1.0 if self.spread == "uniform" else np.log1p((lasts - firsts + 1) / firsts)
        sums = np.bincount(runs % 10, weights, 10)
        digits: Floats = sums / sums.sum()
        return digits

    def admits(self, labels: Integers) -> Bools:
        """Tell which rows of (N, L) labels, padded with -1, are numbers of the range: (N,) bool."""
        lengths = (labels >= 0).sum(axis=1)
        digit_of = np.full(len(self.alphabet) + 1, -1)
        digit_of[self._classes] = np.arange(10)
        admitted = np.zeros(len(labels), bool)
        for block in self.blocks:
            rows = np.flatnonzero(lengths == len(block.places))
            numbers, right = np.zeros(len(rows), np.int64), np.ones(len(rows), bool)
            for column, place in enumerate(block.places):
                label = labels[rows, column].astype(np.int64)
                if place < 0:
                    right &= label == place + FIXED
                    continue
                digits = digit_of[np.clip(label, -1, len(self.alphabet))]
                right &= digits >= 0
                numbers += digits * 10**place
            admitted[rows] = right & (numbers >= block.low) & (numbers <= block.high)
        return admitted
