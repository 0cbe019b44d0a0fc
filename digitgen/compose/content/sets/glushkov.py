"""The automata of regular expressions, whose states are sets of atoms (Glushkov 1961).

They are built here and not by greenery, which takes half a minute for some short expressions, and no bound.
"""

from collections.abc import Iterable
from typing import Any, Final

import greenery
import numpy as np
from greenery.rxelems import Conc, Mult

from digitgen.compose.content.sets.machine import Machine
from digitgen.compose.content.sets.regular import MAX_ATOMS, STANDS_FOR, Expression
from digitgen.errors import ArgumentError

_MAX_WORK: Final = 1_000_000
"""Most atoms of all states of an automaton: half a second's work."""

_MIN_WORK: Final = 10_000
"""The same for each of very many automata of one law."""


def machine_of(expressions: list[Expression], classes: int, longest: int, share: int = 1) -> Machine:
    """Build the automaton of the strings that any of some expressions matches, but for the empty string.

    Parameters
    ----------
    expressions : list of Expression
        Alternatives of one expression.
    classes : int
        The number of classes, K.
    longest : int
        The automaton need not be right for longer strings.
    share : int, default 1
        Number of automata that are built for one law, and share the work that may be done for it.

    Returns
    -------
    Machine
        A state is the set of atoms that can match the character before it.

    Raises
    ------
    ArgumentError
        If it would have too many states.
    """
    followers = _Followers(longest)
    firsts, lasts = 0, 0
    for expression in expressions:
        _, first, last = followers.add(expression.tree)
        firsts, lasts = firsts | first, lasts | last
    matching = [0] * classes  # the atoms that match each class
    for place, atom in enumerate(followers.atoms):
        for k in expressions[0].atoms[atom]:
            matching[k] |= 1 << place
    kinds = {mask: k for k, mask in enumerate(dict.fromkeys(matching))}
    states = {-1: 0}  # -1 is the state before the first character, and no set of atoms
    rows: list[list[int]] = []
    work = 0
    depths = [0]  # characters of the shortest string that leads to each state
    for number, state in enumerate(queue := [-1]):
        if depths[number] == longest:
            rows.append([-1] * len(kinds))
            continue
        after, atoms = (firsts, []) if state < 0 else (0, _bits(state))
        for atom in atoms:
            after |= followers.after[atom]
        work += len(atoms) + len(kinds)
        if work > max(_MAX_WORK // share, _MIN_WORK):
            raise ArgumentError("is too complicated: its automaton would have too many states; simplify it")
        rows.append([])
        for mask in kinds:
            target = after & mask
            if target and target not in states:
                states[target] = len(states)
                queue.append(target)
                depths.append(depths[number] + 1)
            rows[-1].append(states[target] if target else -1)
    moves = np.array(rows)[:, [kinds[mask] for mask in matching]]
    return Machine(moves, np.array([state > 0 and bool(state & lasts) for state in queue]))


class _Followers:
    """The atoms of an expression, each repetition by itself, and which can follow which.

    Sets of atoms are integers, with a bit for each.

    Attributes
    ----------
    atoms : list of int
        The number of each atom.
    after : list of int
        The set of atoms that can follow each.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self.atoms: list[int] = []
        self.after: list[int] = []

    def add(self, tree: Any) -> tuple[bool, int, int]:
        """Add an expression; return whether it matches the empty string, and its first and last atoms."""
        if isinstance(tree, greenery.Pattern):
            parts = [self.add(each) for each in tree.concs]
            return any(part[0] for part in parts), _union(part[1] for part in parts), _union(part[2] for part in parts)
        if isinstance(tree, Conc):
            whole = (True, 0, 0)
            for each in reversed(tree.mults):
                whole = self._then(self.add(each), whole)
            return whole
        if isinstance(tree, Mult):
            return self._repeated(tree)
        if len(self.atoms) == MAX_ATOMS:
            raise ArgumentError(f"is too complicated: with all repetitions it has more than {MAX_ATOMS:,} atoms")
        self.atoms.append(tree.ord_ranges[0][0] - STANDS_FOR)
        self.after.append(0)
        here = 1 << (len(self.atoms) - 1)
        return False, here, here

    def _repeated(self, tree: Any) -> tuple[bool, int, int]:
        """Add as many repetitions as strings that are not too long can have."""
        most = self._longest + 1  # one more than needed: what is too long stays so
        fewest, more = min(tree.multiplier.mandatory.v, most), tree.multiplier.optional.v
        whole = (True, 0, 0)
        if more is None:
            _, first, last = self.add(tree.multiplicand)
            self._link(last, first)
            whole = (True, first, last)
        for _ in range(min(more or 0, most)):
            part = self._then(self.add(tree.multiplicand), whole)
            whole = (True, *part[1:])
        for _ in range(fewest):
            whole = self._then(self.add(tree.multiplicand), whole)
        return whole

    def _then(self, one: tuple[bool, int, int], other: tuple[bool, int, int]) -> tuple[bool, int, int]:
        """One expression followed by another."""
        self._link(one[2], other[1])
        first = one[1] | (other[1] if one[0] else 0)
        last = other[2] | (one[2] if other[0] else 0)
        return one[0] and other[0], first, last

    def _link(self, atoms: int, followers: int) -> None:
        """Let some atoms be followed by others."""
        for atom in _bits(atoms):
            self.after[atom] |= followers


def _union(sets: Iterable[int]) -> int:
    """The union of sets of atoms."""
    union = 0
    for each in sets:
        union |= each
    return union


def _bits(atoms: int) -> list[int]:
    """The atoms in a set."""
    found = []
    while atoms:
        low = atoms & -atoms
        found.append(low.bit_length() - 1)
        atoms ^= low
    return found
