"""The strings of an automaton but for some that are listed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.table import Table


@dataclass(frozen=True, eq=False)
class Without(Component):
    """The strings of an automaton, in its order, without those of a table.

    Attributes
    ----------
    strings : Automaton
        The strings.
    missing : Table
        Strings of the automaton that are left out; not all of them.
    """

    strings: Automaton
    missing: Table

    @cached_property
    def size(self) -> int:
        """The number of strings that are left."""
        return self.strings.size - self.missing.size

    def unrank(self, ranks: NDArray[Any]) -> tuple[Integers, Pixels]:
        """Find strings by their places in the order, as `Component.unrank` does."""
        return self.strings.unrank(ranks + np.searchsorted(self._left_before, ranks, side="right"))

    @cached_property
    def _left_before(self) -> NDArray[Any]:
        """(M,): the number of strings that are left before each that is missing, ascending."""
        missing = np.concatenate([self.strings.ranks(rows) for rows in self.missing.blocks.values()])
        return np.sort(missing) - np.arange(len(missing))

    @property
    def lengths(self) -> Mapping[int, float]:
        """The share of the strings that are so long, for each length that there is, ascending."""
        return {length: count / self.size for length, count in self._tally[0].items()}

    @property
    def marginals(self) -> Floats:
        """(longest, K): the share of each class at each position, among the strings that reach so far."""
        counts = self._tally[1]
        shares: Floats = (counts / counts.sum(axis=1, keepdims=True)).astype(float)
        return shares

    @cached_property
    def _tally(self) -> tuple[dict[int, int], NDArray[Any]]:
        """The number of strings of each length, and those that have a class at a position; as an automaton's."""
        lengths, classes = dict(self.strings.tally[0]), self.strings.tally[1].copy()
        for length, rows in self.missing.blocks.items():
            lengths[length] -= len(rows)
            for position in range(length):
                classes[position] -= np.bincount(rows[:, position], minlength=classes.shape[1])
        lengths = {length: count for length, count in lengths.items() if count}
        return lengths, classes[: max(lengths)]

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which rows of (N, L) labels, padded with -1, are strings of the set: (N,) bool."""
        admitted: Bools = self.strings.admits(labels) & ~self.missing.admits(labels)
        return admitted
