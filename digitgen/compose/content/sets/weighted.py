"""Strings of one length whose digits have weights, as far as an automaton accepts them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.compose.content.sets.automaton import Automaton, check_cells
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.machine import Machine
from digitgen.compose.content.sets.table import Table
from digitgen.compose.content.sets.without import Without


@dataclass(frozen=True, eq=False)
class _Edges:
    """The edges out of a layer: (E,) their starts, state + the probability of those before; classes; and targets.

    Also (S,) the last edge of each state.
    """

    starts: Floats
    classes: Integers
    targets: Integers
    lasts: Integers


@dataclass(frozen=True, eq=False)
class Weighted(Component):
    """The strings of an automaton, as likely as independent digits with weights make them.

    Attributes
    ----------
    strings : Automaton
        The strings, all of one length L; at least one is possible.
    shares : ndarray
        (L, K): the probability of each class at each position, where nothing is left out.
    """

    strings: Automaton
    shares: Floats

    @classmethod
    def of(cls, strings: Component, shares: Floats) -> Component | None:
        """Give weights to strings of one length.

        Parameters
        ----------
        strings : Automaton, Without or Table
            The strings, without weights.
        shares : ndarray
            (L, K): the probability of each class at each position.

        Returns
        -------
        Weighted or Table or None
            Those that are possible, weighted; None if there are none.

        Raises
        ------
        ArgumentError
            If too many strings are missing.
        """
        if isinstance(strings, Table):
            (rows,) = strings.blocks.values()
            weights = _probabilities(rows, shares)
            possible = weights > 0
            return replace(strings, weights=weights).restricted(possible) if possible.any() else None
        automaton: Component | None = strings
        if isinstance(strings, Without):
            automaton = strings.strings & _tree(strings.missing).complement
        assert automaton is None or isinstance(automaton, Automaton)
        automaton = automaton and automaton & _possible(shares)
        return cls(automaton, shares) if automaton else None

    @property
    def size(self) -> int:
        """The number of strings."""
        return self.strings.size

    @property
    def equal(self) -> bool:
        """Whether all strings are equally likely, which is not so."""
        return False

    @cached_property
    def weights(self) -> Floats:  # type: ignore[override]
        """(size,): the probability of each string, where nothing is left out; for sets of few strings."""
        return _probabilities(self.unrank(np.arange(self.size))[1].reshape(self.size, -1), self.shares)

    def unrank(self, ranks: NDArray[Any]) -> tuple[Integers, Pixels]:
        """Find strings by their places in the order, as `Component.unrank` does."""
        return self.strings.unrank(ranks)

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Integers, Pixels]:
        """Sample strings, class by class, from the probabilities of what can follow.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        count : int
            Number of strings, N.

        Returns
        -------
        lengths, digits : ndarray
            As `unrank` returns them.
        """
        strings = np.empty((count, len(self._edges)), np.uint8)
        states = np.zeros(count, np.int64)
        for position, edges in enumerate(self._edges):
            edge = edges.starts.searchsorted(states + rng.random(count), "right") - 1
            edge = np.minimum(edge, edges.lasts.take(states))  # a sum may be rounded up to the next state
            strings[:, position] = edges.classes.take(edge)
            states = edges.targets.take(edge)
        return np.full(count, len(self._edges)), strings.ravel()

    @cached_property
    def _onward(self) -> list[Floats]:
        """(S, K) for each layer but the last: the probability of each class in each state, among strings of the set."""
        reach = np.ones(len(self.strings.layers[-1].accepting))
        found = []
        for layer, shares in zip(self.strings.layers[-2::-1], self.shares[::-1], strict=True):
            onward = shares * np.append(reach, 0.0)[layer.moves]  # the last stands for a move of -1
            reach = onward.sum(axis=1)
            found.append(onward / reach[:, None])
            reach = reach / reach.max()
        return found[::-1]

    @cached_property
    def _edges(self) -> list[_Edges]:
        """The edges out of each layer but the last."""
        edges = []
        for layer, onward in zip(self.strings.layers[:-1], self._onward, strict=True):
            state, column = np.nonzero(onward)
            before = onward.cumsum(axis=1) - onward
            lasts = np.cumsum((onward > 0).sum(axis=1)) - 1
            edges.append(_Edges(state + before[state, column], column, layer.moves[state, column], lasts))
        return edges

    @property
    def lengths(self) -> Mapping[int, float]:
        """All strings have one length."""
        return {len(self.shares): 1.0}

    @cached_property
    def marginals(self) -> Floats:
        """(L, K): the probability of each class at each position."""
        reached: Floats = np.ones(1)
        marginals = np.empty(self.shares.shape)
        for position, (layer, onward) in enumerate(zip(self.strings.layers[:-1], self._onward, strict=True)):
            taken = reached[:, None] * onward
            marginals[position] = taken.sum(axis=0)
            there = layer.moves >= 0
            size = len(self.strings.layers[position + 1].accepting)
            reached = np.bincount(layer.moves[there], taken[there], size).astype(float)
        return marginals

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which rows of (N, L) labels, padded with -1, are strings of the set: (N,) bool."""
        return self.strings.admits(labels)


def _probabilities(rows: Pixels, shares: Floats) -> Floats:
    """(N,): the probability of each row of (N, L) classes."""
    probabilities: Floats = shares[np.arange(len(shares)), rows].prod(axis=1)
    return probabilities


def _possible(shares: Floats) -> Machine:
    """The machine of the strings of digits that have a share at each position."""
    length, classes = shares.shape
    after = np.where(shares > 0, np.arange(1, length + 1)[:, None], -1)
    return Machine(np.vstack([after, np.full(classes, -1)]), np.arange(length + 1) == length)


def _tree(table: Table) -> Machine:
    """The machine of the strings of a table, all of one length."""
    ((length, rows),) = table.blocks.items()
    other = np.logical_or.accumulate(
        rows[1:] != rows[:-1], axis=1
    )  # whether the first k classes are not the last row's
    place = np.vstack([np.zeros((1, length), np.int64), other.cumsum(axis=0)])  # of the first k among all of them
    ends = np.cumsum([1, *(place[-1] + 1)])
    check_cells(int(ends[-1]) * table.classes)
    moves = np.full((ends[-1], table.classes), -1)
    states = np.zeros(len(rows), np.int64)
    for position in range(length):
        after = ends[position] + place[:, position]
        moves[states, rows[:, position]] = after
        states = after
    return Machine(moves, np.arange(ends[-1]) >= ends[-2])
