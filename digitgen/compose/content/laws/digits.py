"""Digits by themselves: how long strings are, and how likely each digit is at each position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS
from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.checks import check_range, plain, unknown_word
from digitgen.compose.content.law import ContentLaw, Key
from digitgen.compose.content.laws.benford import benford_digits, benford_marginals, benford_probabilities
from digitgen.compose.content.sets.every import EveryString
from digitgen.compose.content.sets.sets import Sets
from digitgen.compose.content.sets.table import Table
from digitgen.compose.content.weights import check_weights, shares
from digitgen.errors import ArgumentError
from digitgen.format import MAX_LENGTH
from digitgen.messages import shown

BENFORD: Final = "benford"
Weights = Mapping[Any, float]

_LENGTHS: Final = frozenset(map(str, range(1, MAX_LENGTH + 1)))
_WEIGHTS: Final = {"type": "object", "additionalProperties": {"title": "weight", "type": "number", "minimum": 0}}
_OF_LENGTHS: Final = _WEIGHTS | {"propertyNames": {"title": "length", "pattern": "^[1-9][0-9]*$"}}
_OF_CHARACTERS: Final = _WEIGHTS | {"propertyNames": {"title": "character", "minLength": 1, "maxLength": 1}}


@dataclass(frozen=True)
class Digits(ContentLaw):
    """Digits that depend on nothing but their position, or follow Benford's law, in strings of sampled lengths.

    Attributes
    ----------
    length : (int, int) or mapping of int to float
        Fewest and most digits, each length as likely as the others; or the weight of each length.
    digits : mapping of str to float, sequence of them, or "benford", optional
        The weight of each character; characters that are left out never come. A sequence has the weights at the first
        position, the second, and so on; the last ones hold for all positions from there on. By default, all characters
        are equally likely.

    Raises
    ------
    ArgumentError
        If `length` is not a range of integers from 1 to 255, nor has weights of such; if `digits` is none of the above,
        or has weights of what is no character of the alphabet; if the alphabet lacks a digit that Benford's law needs.

    Examples
    --------
    >>> law = Digits((2, 3))
    >>> law.lengths, law.longest, law.size
    ({2: 0.5, 3: 0.5}, 3, 1100)
    >>> Digits({1: 3, 4: 1}, [{"1": 1, "2": 1}, {"0": 1}]).lengths
    {1: 0.75, 4: 0.25}
    """

    length: Annotated[
        tuple[int, int] | Weights,
        Key(
            "Fewest and most digits, each length as likely as the others; one number for a fixed length; or the "
            "weight of each length, such as {4: 0.2, 5: 0.8}.",
            bounds=(1, MAX_LENGTH),
            schema=_OF_LENGTHS,
        ),
    ]
    digits: Annotated[
        Weights | Sequence[Weights] | str | None,
        Key(
            "The weight of each character, or a list of such weights: for the first position, the second, and so on, "
            "the last for all further ones. Or benford: small first digits are likelier, as in numbers that occur. By "
            "default, all characters are equally likely.",
            schema={
                "anyOf": [
                    _OF_CHARACTERS,
                    {"type": "array", "items": _OF_CHARACTERS, "minItems": 1},
                    {"const": BENFORD},
                ]
            },
        ),
    ] = None

    def __post_init__(self) -> None:
        length = _weights_of_lengths(self.length) if isinstance(self.length, Mapping) else _range(self.length)
        object.__setattr__(self, "length", length)  # numpy's integers may overflow
        object.__setattr__(self, "digits", self._checked_digits())

    def _checked_digits(self) -> tuple[dict[str, float], ...] | str | None:
        """Check the weights of digits, and give them for each position."""
        given = plain(self.digits)
        if given is None:
            return None
        if isinstance(given, str):
            if problem := unknown_word(given, [BENFORD]):
                raise ArgumentError(problem, "digits")
            if missing := [digit for digit in DIGITS if digit not in self.alphabet]:
                raise ArgumentError(f"Benford's law needs all ten digits; the alphabet lacks {missing[0]}", "digits")
            return BENFORD
        if isinstance(given, Mapping):
            return (self._weights_of_characters(given, "digits"),)
        if not isinstance(given, list | tuple) or not given or not all(isinstance(each, Mapping) for each in given):
            what = 'the weight of each character, such as {"0": 3, "1": 1}, a list of such weights, or benford'
            raise ArgumentError(f"must be {what}; got {shown(given)}", "digits")
        if len(given) > MAX_LENGTH:
            raise ArgumentError(f"an image has at most {MAX_LENGTH} digits; got weights for {len(given)}", "digits")
        return tuple(self._weights_of_characters(each, "digits", index) for index, each in enumerate(given))

    def _weights_of_characters(self, given: Weights, *key: str | int) -> dict[str, float]:
        """Check weights of characters."""
        for character in map(str, given):
            if len(character) != 1 or character not in self.alphabet:
                raise ArgumentError(f"is no character of the alphabet {shown(self.alphabet)}", *key, character)
        return check_weights(given, *key)

    @property
    def words(self) -> str:
        """The law of the digits in words, behind "digits are"."""
        return "uniform" if self.digits is None else "as Benford's law has them" if self._benford else "as weighted"

    @property
    def length_words(self) -> str:
        """The law of the lengths in words, behind "lengths are"."""
        return "as weighted" if isinstance(self.length, Mapping) else "uniform"

    @property
    def independent(self) -> bool:
        """Whether digits are independent, as all are but Benford's."""
        return not self._benford

    @property
    def _benford(self) -> bool:
        """Whether digits follow Benford's law."""
        return self.digits == BENFORD

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
        if isinstance(self.length, Mapping):
            lengths = np.array(list(self.lengths))[_sampled(rng.random(count), np.array(list(self.lengths.values())))]
        else:
            lengths = rng.integers(*self.length, size=count, endpoint=True)
        total, longest = int(lengths.sum()), int(lengths.max(initial=1))
        if self.digits is None:
            return lengths, rng.integers(0, len(self.alphabet), size=total, dtype=np.uint8)
        if self._benford:
            places = np.array([self.alphabet.index(digit) for digit in DIGITS], np.uint8)
            digits = places[benford_digits(rng, count, longest)]
            return lengths, digits[np.arange(longest) < lengths[:, None]]
        uniform = rng.random(total)
        if len(self.digits) == 1:
            return lengths, _sampled(uniform, self.marginals[0]).astype(np.uint8)
        position = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        position = np.minimum(position, len(self.digits) - 1)
        flat = np.empty(total, np.uint8)
        for each in range(min(longest, len(self.digits))):
            there = position == each
            flat[there] = _sampled(uniform[there], self.marginals[each])
        return lengths, flat

    @cached_property
    def sets(self) -> Sets | None:
        """All strings of each length, if all are equally likely."""
        if self.digits is not None:
            return None
        parts = tuple(EveryString.of_lengths(length, length, len(self.alphabet)) for length in self.lengths)
        return Sets(parts, tuple(self.lengths.values()))

    @cached_property
    def lengths(self) -> dict[int, float]:
        """Each length that has a weight; of a range, one as likely as another."""
        if isinstance(self.length, Mapping):
            return shares(self.length)
        shortest, longest = self.length
        return dict.fromkeys(range(shortest, longest + 1), 1 / (longest + 1 - shortest))

    @cached_property
    def marginals(self) -> Floats:
        """(longest, K): one K-th each, or as the digits are weighted."""
        classes = len(self.alphabet)
        if self.digits is None:
            return np.full((self.longest, classes), 1 / classes)
        marginals = np.zeros((self.longest, classes))
        if isinstance(self.digits, str):
            marginals[:, [self.alphabet.index(digit) for digit in DIGITS]] = benford_marginals(self.longest)
            return marginals
        weights = list(self.digits)
        for position in range(self.longest):
            for character, share in shares(weights[min(position, len(weights) - 1)]).items():
                marginals[position, self.alphabet.index(character)] = share
        return marginals

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which strings are as long as they may be, and have a digit that may be there at each position."""
        longest = min(self.longest, labels.shape[1])
        lengths = (labels >= 0).sum(axis=1)
        admitted: Bools = np.isin(lengths, list(self.lengths)) & (labels < len(self.alphabet)).all(axis=1)
        possible = self.marginals > 0
        for position in range(longest):
            label = labels[:, position]
            admitted &= (label < 0) | possible[position, np.clip(label, 0, len(self.alphabet) - 1)]
        return admitted

    @cached_property
    def size(self) -> int:
        """The number of strings."""
        choices = (self.marginals > 0).sum(axis=1).tolist()
        total, up_to = 0, 1
        for length in range(1, self.longest + 1):
            up_to *= choices[length - 1]
            total += up_to * (length in self.lengths)
        return total

    def listed(self, most: int) -> Table | None:
        """List all strings with their probabilities, if they are at most so many."""
        if self.size > most:
            return None
        lengths, flat, weights = [], [], []
        possible = [np.flatnonzero(each) for each in self.marginals]
        for length, share in self.lengths.items():
            rows = np.stack(np.meshgrid(*possible[:length], indexing="ij"), axis=-1).reshape(-1, length)
            lengths.append(np.full(len(rows), length))
            flat.append(rows.astype(np.uint8).ravel())
            weights.append(share * self._probabilities(rows))
        return Table.of(np.concatenate(lengths), np.concatenate(flat), len(self.alphabet), np.concatenate(weights))

    def _probabilities(self, rows: Integers) -> Floats:
        """(N,): the probability of each row of (N, L) classes among strings of that length."""
        if self._benford:
            digit_of = np.zeros(len(self.alphabet), np.int64)
            digit_of[[self.alphabet.index(digit) for digit in DIGITS]] = np.arange(10)
            return benford_probabilities(digit_of[rows])
        probabilities: Floats = self.marginals[np.arange(rows.shape[1]), rows].prod(axis=1)
        return probabilities


def _sampled(uniform: Floats, shares: Floats) -> Integers:
    """Turn uniform numbers from 0 to 1 into indices of shares, as likely as these say."""
    sums = np.cumsum(shares)
    return np.searchsorted(sums[:-1] / sums[-1], uniform, side="right")


def _range(length: object) -> tuple[int, int]:
    """Check a range of lengths."""
    shortest, longest = check_range("length", length)
    if shortest > longest:
        raise ArgumentError(f"the shortest, {shortest}, is larger than the longest, {longest}", "length")
    if shortest < 1 or longest > MAX_LENGTH:
        raise ArgumentError(f"an image has from 1 to {MAX_LENGTH} digits; got {shortest} to {longest}", "length")
    return shortest, longest


def _weights_of_lengths(given: Weights) -> dict[int, float]:
    """Check weights of lengths; ascending."""
    for name in map(str, given):
        if name not in _LENGTHS:
            raise ArgumentError(f"must be a length, an integer from 1 to {MAX_LENGTH}", "length", name)
    return dict(sorted((int(name), weight) for name, weight in check_weights(given, "length").items()))
