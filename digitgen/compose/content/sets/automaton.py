"""Sets of strings that a finite automaton accepts: counted by dynamic programming, and found by their ranks.

An automaton is unrolled by position: layer k has the states that strings can be in behind k characters. With that,
the strings from each state on are counted from the last layer to the first. The rank of a string among all is taken
apart character by character: each edge of a layer owns as many neighbouring ranks as strings go along it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.layers import Edges, Layer, edges_of, walk, widths_of
from digitgen.compose.content.sets.machine import Machine
from digitgen.errors import ArgumentError

MAX_CELLS: Final = 1 << 22
"""Most moves of all layers, states by classes."""


@dataclass(frozen=True, eq=False)
class Automaton(Component):
    """The strings that a finite automaton accepts, in the order of the alphabet, a beginning of a string before it.

    Attributes
    ----------
    layers : sequence of Layer
        The states behind 0 characters (one: the first), 1, 2 and so on to the longest string; states of the last
        have no moves. From every state some string can be completed.

    Examples
    --------
    >>> both = Automaton.of_lengths(1, 2, classes=10)
    >>> both.size
    110
    >>> lengths, digits = both.unrank(np.array([0, 1, 109]))
    >>> lengths.tolist(), digits.tolist()
    ([1, 2, 2], [0, 0, 0, 9, 9])
    """

    layers: Sequence[Layer]

    @classmethod
    def of_lengths(cls, shortest: int, longest: int, classes: int) -> Self:
        """Make the automaton of all strings of some lengths.

        Parameters
        ----------
        shortest, longest : int
            Least and greatest length; the greatest at least 1.
        classes : int
            The number of classes, K.

        Returns
        -------
        Automaton
            It has one state a layer.
        """
        moves = np.zeros((1, classes), np.int64)
        layers = [Layer(moves, np.array([k >= shortest])) for k in range(longest)]
        return cls([*layers, Layer(moves - 1, np.array([True]))])

    def __and__(self, machine: Machine) -> "Automaton | None":
        """The strings of this automaton that a machine accepts; None if there are none.

        Raises
        ------
        ArgumentError
            If they cannot be counted in reasonable time and memory.
        """
        size = len(machine.moves)
        pairs = np.zeros(1, np.int64)  # state of the layer * size + state of the machine
        layers: list[Layer] = []
        cells = 0
        for layer in self.layers:
            cells += pairs.size * machine.classes
            check_cells(cells)
            mine, other = layer.moves[pairs // size], machine.moves[pairs % size]
            targets = np.where((mine < 0) | (other < 0), -1, mine * size + other)
            accepting = layer.accepting[pairs // size] & machine.accepting[pairs % size]
            pairs, inverse = np.unique(targets, return_inverse=True)
            dead = int(len(pairs) > 0 and pairs[0] < 0)
            pairs = pairs[dead:]
            layers.append(Layer(inverse.reshape(targets.shape) - dead, accepting))
            if not len(pairs):
                break
        return trimmed(layers)

    @property
    def size(self) -> int:
        """The number of strings; it may exceed 64 bits."""
        return int(self._counts[0][0])

    def unrank(self, ranks: NDArray[Any]) -> tuple[Integers, Pixels]:
        """Find strings by their places in the order, as `Component.unrank` does."""
        return walk(self._edges, ranks)

    @property
    def lengths(self) -> Mapping[int, float]:
        """The share of the strings that are so long, for each length that there is, ascending."""
        return {length: count / self.size for length, count in self.tally[0].items()}

    @property
    def marginals(self) -> Floats:
        """(longest, K): the share of each class at each position, among the strings that reach so far."""
        counts = self.tally[1]
        shares: Floats = (counts / counts.sum(axis=1, keepdims=True)).astype(float)
        return shares

    @cached_property
    def tally(self) -> tuple[dict[int, int], NDArray[Any]]:
        """Count strings exactly.

        Returns
        -------
        lengths : dict of int to int
            The number of strings of each length that there is, ascending.
        classes : ndarray
            (longest, K): those that have a class at a position; int64, or Python's integers beyond 62 bits.
        """
        kind = np.dtype(np.int64 if self.size < 2**62 else object)
        beginnings = np.ones(1, kind)  # that lead to each state
        ends, classes = {}, []
        for k, (layer, after) in enumerate(zip(self.layers, [*self._counts[1:], np.zeros(1, np.int64)], strict=True)):
            widths = widths_of(layer, after).astype(kind)
            if end := int(beginnings @ widths[:, 0]):
                ends[k] = end
            classes.append(beginnings @ widths[:, 1:])
            state, column = np.nonzero(layer.moves >= 0)
            onward = np.zeros(len(after), kind)
            np.add.at(onward, layer.moves[state, column], beginnings[state])
            beginnings = onward
        return ends, np.array(classes[:-1])

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which rows of (N, L) labels, padded with -1, are strings of the set: (N,) bool."""
        admitted = np.zeros(len(labels), bool)
        for _, rows, _, _, ended in self._reading(labels):
            admitted[rows[ended]] = True
        return admitted

    def ranks(self, labels: NDArray[np.integer]) -> NDArray[Any]:
        """Find the places of strings in the order: what `unrank` undoes.

        Parameters
        ----------
        labels : ndarray
            (N, L) integers: the classes of each string, then -1 up to the end of the row.

        Returns
        -------
        ndarray
            (N,) int64, or Python's integers where the size exceeds 63 bits; -1 for rows that are no such strings.
        """
        kind = self._counts[0].dtype
        sums, ranks = np.zeros(len(labels), kind), np.full(len(labels), -1, kind)
        for k, rows, states, classes, ended in self._reading(labels):
            ranks[rows[ended]] = sums[rows[ended]]
            if not ended.all():
                before = np.cumsum(widths_of(self.layers[k], self._counts[k + 1]), axis=1)
                sums[rows[~ended]] += before[states[~ended], classes[~ended]]
        return ranks

    def _reading(self, labels: NDArray[np.integer]) -> Iterator[tuple[int, Integers, Integers, Integers, Bools]]:
        """Read strings: at each position the rows that are left, their states and classes, and which end accepted."""
        inside = labels >= 0
        padded = (inside[:, 1:] <= inside[:, :-1]).all(axis=1)
        rows = np.flatnonzero(padded & (labels < self.layers[0].moves.shape[1]).all(axis=1))
        states = np.zeros(len(rows), np.int64)
        for k, layer in enumerate(self.layers):
            classes = labels[rows, k].astype(np.int64) if k < labels.shape[1] else np.full(len(rows), -1)
            after = layer.moves[states, classes]
            left = np.where(classes < 0, layer.accepting[states], after >= 0)
            rows, states, classes, after = rows[left], states[left], classes[left], after[left]
            ended = classes < 0
            yield k, rows, states, classes, ended
            rows, states = rows[~ended], after[~ended]

    @cached_property
    def _counts(self) -> list[NDArray[Any]]:
        """(S,) for each layer: the strings from each state on; Python's integers where 64 bits may not hold them."""
        counts: list[NDArray[Any]] = [np.ones(len(self.layers[-1].accepting), np.int64)]
        for layer in reversed(self.layers[:-1]):
            counts.append(widths_of(layer, counts[-1]).sum(axis=1))
        return counts[::-1]

    @cached_property
    def _edges(self) -> list[Edges]:
        """The edges out of each layer but the last."""
        return [edges_of(layer, after) for layer, after in zip(self.layers[:-1], self._counts[1:], strict=True)]


def check_cells(cells: int) -> None:
    """Refuse an automaton that has so many moves.

    Raises
    ------
    ArgumentError
        If they are more than `MAX_CELLS`.
    """
    if cells > MAX_CELLS:
        problem = "there are too many kinds of strings to count"
        raise ArgumentError(f"{problem}: they take {cells:,} moves of an automaton, and {MAX_CELLS:,} can be")


def within_bounds(parts: Iterable[Component]) -> Iterator[Component]:
    """Pass on sets of strings of one law, and refuse those whose automata have too many moves together.

    Parameters
    ----------
    parts : iterable of Component
        The sets, to be made one after the other.

    Yields
    ------
    Component
        Each set.

    Raises
    ------
    ArgumentError
        If they have more than `MAX_CELLS`.
    """
    cells = 0
    for part in parts:
        cells += sum(layer.moves.size for layer in part.layers) if isinstance(part, Automaton) else 0
        check_cells(cells)
        yield part


def trimmed(layers: Sequence[Layer]) -> Automaton | None:
    """The automaton of layers without the states from which no string can be completed; None if nothing is left."""
    kept: list[Layer] = []
    alive = np.zeros(0, bool)  # of the next layer
    for layer in reversed(layers):
        there = np.append(alive, False)[layer.moves]  # the last stands for a move of -1
        number = np.append(np.cumsum(alive) - 1, -1)
        moves = np.where(there, number[layer.moves], -1)
        alive = layer.accepting | there.any(axis=1)
        if kept or alive.any():
            kept.append(Layer(moves[alive], layer.accepting[alive]))
    return Automaton(kept[::-1]) if alive.any() else None
