"""Check digits of strings of classes: appended to strings, counted in sets of them, and their law."""

from dataclasses import dataclass

import numpy as np

from digitgen.arrays import Floats, Integers, Pixels
from digitgen.compose.content.modifiers.check_schemes import SCHEMES
from digitgen.compose.content.sets.automaton import Automaton, check_cells, trimmed
from digitgen.compose.content.sets.layers import Layer
from digitgen.compose.content.sets.table import Table
from digitgen.errors import ArgumentError
from digitgen.messages import shown


@dataclass(frozen=True, eq=False)
class CheckDigits:
    """A scheme of check digits over the classes of an alphabet.

    Attributes
    ----------
    moves : ndarray
        (P, S, K) int64: as those of `Scheme`, by class; -1 for classes that no string may have.
    start : int
        The state behind nothing.
    checks : ndarray
        (S, w) uint8: the classes of the check characters behind each state.
    """

    moves: Integers
    start: int
    checks: Pixels

    @classmethod
    def of(cls, name: str, alphabet: str, classes: list[int]) -> "CheckDigits":
        """Make a scheme for strings of some classes.

        Parameters
        ----------
        name : str
            Its name in `SCHEMES`.
        alphabet : str
            The character of each class.
        classes : list of int
            The classes that strings may have.

        Returns
        -------
        CheckDigits
            The scheme.

        Raises
        ------
        ArgumentError
            If the scheme does not know a character that strings may have, or the alphabet lacks a check character.
        """
        scheme = SCHEMES[name]()
        for character in (alphabet[k] for k in classes):
            if character not in scheme.characters:
                known = f"{scheme.characters[0]} to {scheme.characters[-1]}"
                raise ArgumentError(f"{name} checks strings of {known}; these may have {shown(character)}")
        for character in scheme.check_characters:
            if character not in alphabet:
                raise ArgumentError(f"{name} may end strings in {shown(character)}, which the alphabet lacks")
        value = np.array([scheme.characters.find(character) for character in alphabet])
        moves = np.where(value < 0, -1, scheme.moves[:, :, value])
        places = np.array([alphabet.index(character) for character in scheme.check_characters], np.uint8)
        return cls(moves, scheme.start, places[scheme.checks])

    @property
    def count(self) -> int:
        """The number of check digits of each string, w."""
        return int(self.checks.shape[1])

    def append(self, lengths: Integers, flat: Pixels) -> tuple[Integers, Pixels]:
        """Put check digits behind strings.

        Parameters
        ----------
        lengths : ndarray
            (N,) int64, at least 1.
        flat : ndarray
            (T,) uint8: the classes of all strings, one after the other.

        Returns
        -------
        lengths, flat : ndarray
            (N,) and (T + N w,): the same for the longer strings.
        """
        phases, states, classes = self.moves.shape
        longest = int(lengths.max(initial=0))
        there = np.arange(longest) >= longest - lengths[:, None]  # to the right, so that a column is in one phase
        table = np.full((len(lengths), longest), classes)
        table[there] = flat
        stay = np.broadcast_to(np.arange(states)[:, None], (phases, states, 1))
        moves = np.concatenate([self.moves, stay], axis=2).reshape(phases, -1)
        state = np.full(len(lengths), self.start)
        for column in range(longest):
            state = moves[(longest - column) % phases].take(state * (classes + 1) + table[:, column])
        ends = np.cumsum(lengths)
        return lengths + self.count, np.insert(flat, np.repeat(ends, self.count), self.checks[state].ravel())

    def extend(self, automaton: Automaton, length: int) -> Automaton:
        """Put check digits behind all strings of one length that an automaton accepts.

        Parameters
        ----------
        automaton : Automaton
            The automaton, which has strings of that length.
        length : int
            Their length.

        Returns
        -------
        Automaton
            That of the longer strings; there are as many.

        Raises
        ------
        ArgumentError
            If it would need too many moves.
        """
        phases, states, classes = self.moves.shape
        pairs = np.array([self.start])  # state of the automaton * states + state of the scheme
        layers = []
        cells = 0
        for k, layer in enumerate(automaton.layers[:length]):
            cells += pairs.size * classes
            check_cells(cells)
            mine, other = layer.moves[pairs // states], self.moves[(length - k) % phases, pairs % states]
            targets = np.where(mine < 0, -1, mine * states + other)
            pairs, inverse = np.unique(targets, return_inverse=True)
            dead = int(pairs[0] < 0)
            pairs = pairs[dead:]
            layers.append(Layer(inverse.reshape(targets.shape) - dead, np.zeros(len(targets), bool)))
        ends = automaton.layers[length].accepting[pairs // states]
        tails, state = np.unique(self.checks[pairs % states], axis=0, return_inverse=True)
        state = np.where(ends, state.ravel(), -1)
        for _ in range(self.count):  # a state for each tail that is left
            follow, after = np.unique(tails[:, 1:], axis=0, return_inverse=True)
            moves = np.full((len(state), classes), -1)
            rows = np.flatnonzero(state >= 0)
            moves[rows, tails[state[rows], 0]] = after.ravel()[state[rows]]
            layers.append(Layer(moves, np.zeros(len(moves), bool)))
            tails, state = follow, np.arange(len(follow))
        layers.append(Layer(np.full((1, classes), -1), np.ones(1, bool)))
        extended = trimmed(layers)
        assert extended is not None
        return extended

    def extend_table(self, table: Table) -> Table:
        """Put check digits behind all strings of a table, which keep their weights."""
        lengths = np.repeat(list(table.counts), list(table.counts.values()))
        return Table.of(*self.append(lengths, table.flat), table.classes, table.weights)

    def shares(self, marginals: Floats) -> Floats:
        """Compute how likely each check digit is behind independent digits.

        Parameters
        ----------
        marginals : ndarray
            (n, K): the probability of each class at each position of strings of n digits.

        Returns
        -------
        ndarray
            (w, K): the probability of each class at each position behind them.
        """
        phases, states, classes = self.moves.shape
        reached: Floats = np.eye(states)[self.start]
        for k, shares in enumerate(marginals):
            moves, onward = self.moves[(len(marginals) - k) % phases], reached[:, None] * shares
            there = moves >= 0
            reached = np.bincount(moves[there], onward[there], states).astype(float)
        return np.array([np.bincount(column, reached, classes) for column in self.checks.T])
