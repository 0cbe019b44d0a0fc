"""Deterministic finite automata: they read strings class by class, and accept or refuse them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Integers


@dataclass(frozen=True, eq=False)
class Machine:
    """A deterministic finite automaton over K classes; it may accept infinitely many strings.

    Attributes
    ----------
    moves : ndarray
        (S, K) int64: the state after each class, or -1 where no string that goes on so is accepted; the first is where
        it begins.
    accepting : ndarray
        (S,) bool: whether a string that ends in the state is accepted.

    Examples
    --------
    Strings of two classes with an even number of ones:

    >>> even = Machine(np.array([[0, 1], [1, 0]]), np.array([True, False]))
    >>> even.admits(np.array([[1, 1, 0], [1, 0, -1]])).tolist()
    [True, False]
    """

    moves: Integers
    accepting: Bools

    def __post_init__(self) -> None:
        here = np.arange(len(self.moves))[:, None]
        traps = ~self.accepting & ((self.moves < 0) | (self.moves == here)).all(axis=1)
        object.__setattr__(self, "moves", np.where(np.append(traps, True)[self.moves], -1, self.moves))

    @property
    def classes(self) -> int:
        """The number of classes, K."""
        return int(self.moves.shape[1])

    @property
    def complement(self) -> "Machine":
        """The automaton that accepts what this one refuses, of the same classes."""
        sink = len(self.moves)
        moves = np.vstack([self.moves, np.full(self.classes, -1)])
        return Machine(np.where(moves < 0, sink, moves), ~np.append(self.accepting, False))

    def admits(self, labels: NDArray[np.integer]) -> Bools:
        """Tell which strings are accepted.

        Parameters
        ----------
        labels : ndarray
            (N, L) integers: the classes of each string, then -1 up to the end of the row.

        Returns
        -------
        ndarray
            (N,) bool.
        """
        moves = np.vstack([self.moves, np.full(self.classes, -1)])  # of state -1, too
        states = np.zeros(len(labels), np.int64)
        for column in labels.T.astype(np.int64):
            after = np.where(column < self.classes, moves[states, column % self.classes], -1)
            states = np.where(column < 0, states, after)
        return np.append(self.accepting, False)[states]
