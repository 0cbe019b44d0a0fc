"""Strings of which none comes twice in a split."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.checks import check_flag
from digitgen.compose.content.law import Key
from digitgen.compose.content.modifiers.schedule import Schedule
from digitgen.compose.content.modifiers.whole import WholeSplitModifier
from digitgen.compose.content.sequences import interleave, pad
from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.machine import Machine
from digitgen.compose.content.sets.sets import Sets
from digitgen.compose.content.sets.union import Union
from digitgen.compose.content.sets.without import Without
from digitgen.errors import ArgumentError
from digitgen.permutation import LARGEST, Permutations
from digitgen.rng import Address, Noise

_CELL_BITS: Final = 48
_FEW: Final = 1 << 22  # strings that are looked up in another set


@dataclass(frozen=True)
class Unique(WholeSplitModifier):
    """Strings of which none comes twice in a split, each as likely as the law has it.

    The law is a mixture of sets of strings. Each image has one of the sets by the schedule of their weights, and the
    string of that set to which a random permutation takes the number of the image in the set. Images past the last
    string, as a stream without end has, begin with the strings again, in another order.

    Attributes
    ----------
    law : ContentLaw
        The law without the condition.
    unique : bool, default True
        Whether no string comes twice.

    Raises
    ------
    ArgumentError
        If the law is no mixture of sets that have no string in common, each of equally likely strings.

    Examples
    --------
    >>> from digitgen.compose.content.laws.digits import Digits
    >>> import numpy as np
    >>> _, digits = Unique(Digits((1, 1))).sample(np.random.default_rng(1), 10)
    >>> sorted(digits.tolist())
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """

    unique: Annotated[
        bool,
        Key("Whether no string comes twice in a split. More images than there are strings are an error."),
    ] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not check_flag("unique", self.unique):
            raise ArgumentError("must be true, or left out", "unique")
        for one, other in combinations(self._sets.parts, 2):
            if _may_share(one, other):
                raise ArgumentError(
                    "strings cannot be unique where two alternatives may have one in common; "
                    "write alternatives that exclude each other",
                    "unique",
                )

    @property
    def distinct(self) -> bool:
        """Whether no string comes twice, as is so."""
        return True

    @cached_property
    def _sets(self) -> Sets:
        """The sets of the law, without weights within."""
        sets = self.law.sets
        if self.law.exact:
            raise ArgumentError("strings cannot be unique and balanced at once; leave one out", "unique")
        if self.law.distinct:
            raise ArgumentError("the strings of the law are unique already", "unique")
        if sets is None:
            likelier = "some strings are likelier, and would have to come twice"
            raise ArgumentError(f"digits that are {self.law.words} cannot make unique strings: {likelier}", "unique")
        if not all(part.equal for part in sets.parts):
            raise ArgumentError(
                "strings with weights cannot be unique: one that is twice as likely would have to come twice", "unique"
            )
        return sets

    @cached_property
    def _schedule(self) -> Schedule:
        """The order of the sets."""
        return Schedule(self._sets.weights)

    def check_count(self, count: int) -> None:
        """Refuse more images than there are strings.

        Parameters
        ----------
        count : int
            Number of images in the split.

        Raises
        ------
        ArgumentError
            If a string would have to come twice.
        """
        super().check_count(count)
        parts, counts, block = self._sets.parts, self._schedule.counts, self._schedule.block
        # In a block that is not whole, all images may have the same set.
        bounds = [part.size // each * block + part.size % each for part, each in zip(parts, counts, strict=True)]
        most = min(bounds)
        if count <= most:
            return
        if len(parts) == 1:
            raise ArgumentError(f"there are {most:,} strings, and none may come twice; got {count:,} images")
        scarce = bounds.index(most)
        part, each = parts[scarce], counts[scarce]
        rounder = f"; weights in rounder proportions than {each:,} in {block:,} allow more" if most < block else ""
        raise ArgumentError(
            f"no string may come twice, so there can be {most:,} images at most: the {part.size:,} strings of "
            f"{part.length_text} are for {each:,} in {block:,} images; got {count:,}{rounder}"
        )

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample strings without replacement.

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

        Raises
        ------
        ArgumentError
            If there are fewer strings.
        """
        self.check_count(count)
        return super().sample(rng, count)

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
            As `sample` returns them.
        """
        which, places = self._schedule(address.at(0), images)
        sizes = [part.size if part.size <= LARGEST else 1 << _CELL_BITS for part in self._sets.parts]
        ranks = Permutations(address.at(1), sizes)(which, places)
        strings = []
        for kind, part in enumerate(self._sets.parts):
            rows = np.flatnonzero(which == kind)
            own: NDArray[Any] = ranks[rows]
            if part.size > LARGEST:
                own = _within_cells(own, part.size, Noise(address.at(2), images[rows]))
            strings.append(part.unrank(own))
        return interleave(which, strings)


def _within_cells(cells: Integers, size: int, noise: Noise) -> NDArray[Any]:
    """Sample one rank from each cell, if all ranks below `size` are parted into 2**48 cells: they are huge.

    A permutation of the ranks themselves would take longer; no one can tell that no cell comes twice.
    """
    width = -(-(size.bit_length() - _CELL_BITS) // 64) + 1  # words for a fraction of a cell, biased by less than 2**-63
    data = noise.words(width).tobytes()
    ranks = np.empty(len(cells), object)
    for k, cell in enumerate(cells.tolist()):
        start, end = size * cell >> _CELL_BITS, size * (cell + 1) >> _CELL_BITS
        fraction = int.from_bytes(data[8 * width * k : 8 * width * (k + 1)], "little")
        ranks[k] = start + ((end - start) * fraction >> (64 * width))
    return ranks


def _may_share(one: Component, other: Component) -> bool:
    """Whether two sets have a string in common; also if nobody can tell."""
    if not set(one.lengths) & set(other.lengths):
        return False
    for part, rest in ((one, other), (other, one)):
        if isinstance(part, Union):
            return any(_may_share(each, rest) for each in part.parts)
        if isinstance(part, Without) and not _may_share(part.strings, rest):
            return False
    if isinstance(one, Automaton) and isinstance(other, Automaton):
        return one & _machine_of(other) is not None
    few, many = sorted((one, other), key=lambda part: part.size)
    if few.size > _FEW:
        return True
    lengths, digits = few.unrank(np.arange(few.size))
    table = np.empty((few.size, int(lengths.max())), np.int16)
    pad(digits, lengths, table, -1)
    return bool(many.admits(table).any())


def _machine_of(automaton: Automaton) -> Machine:
    """The machine that accepts the strings of an automaton."""
    ends = np.cumsum([len(layer.moves) for layer in automaton.layers])
    moves = [
        np.where(layer.moves < 0, -1, layer.moves + end) for layer, end in zip(automaton.layers, ends, strict=True)
    ]
    return Machine(np.concatenate(moves), np.concatenate([layer.accepting for layer in automaton.layers]))
