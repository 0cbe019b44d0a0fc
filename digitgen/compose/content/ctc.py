"""Count the steps that a CTC model needs to write the strings of a law.

A model writes one character a step, and needs a step for a blank between two that are equal. So a string of n
characters takes n steps, and one more for each that repeats the one before.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.table import Table
from digitgen.compose.content.sets.union import Union
from digitgen.compose.content.sets.weighted import Weighted
from digitgen.compose.content.sets.without import Without


def ctc_steps(law: ContentLaw) -> tuple[int, bool]:
    """Count the steps that the longest way to write a string of a law takes.

    Parameters
    ----------
    law : ContentLaw
        The law.

    Returns
    -------
    steps : int
        No string takes more.
    exact : bool
        Whether a string that can be sampled is known to take as many.

    References
    ----------
    Graves et al. 2006, Connectionist temporal classification, ICML, doi:10.1145/1143844.1143891

    Examples
    --------
    >>> from digitgen.compose.content.laws.digits import Digits
    >>> from digitgen.compose.content.laws.number_range import NumberRange
    >>> ctc_steps(Digits((1, 5))), ctc_steps(NumberRange((0, 110)))
    ((9, True), (4, True))
    """
    parts = law.support
    if parts is not None:
        return _of_components(parts)
    # Of other laws it is known which class can stand where, which is all if digits are independent.
    kinds = [Automaton.of_lengths(length, length, len(law.alphabet)) for length in law.lengths]
    possible = (Weighted.of(each, law.marginals[: len(each.layers) - 1]) for each in kinds)
    steps, exact = _of_components([each for each in possible if each])
    return steps, exact and law.independent


def _of_components(parts: Sequence[Component]) -> tuple[int, bool]:
    """The steps for sets of strings, and whether one of their strings is known to take so many."""
    counted = [_of_component(part) for part in parts]
    most = max(steps for steps, _ in counted)
    return most, any(exact for steps, exact in counted if steps == most)


def _of_component(part: Component) -> tuple[int, bool]:
    """The steps for a set of strings, and whether one of them is known to take so many."""
    if isinstance(part, Union):
        return _of_components(part.parts)
    if isinstance(part, Table):
        blocks = part.blocks.items()
        return max(length + int((rows[:, 1:] == rows[:, :-1]).sum(axis=1).max()) for length, rows in blocks), True
    if isinstance(part, Without):  # all that take most may be missing
        return _of_automaton(part.strings), False
    assert isinstance(part, Automaton | Weighted)
    return _of_automaton(part.strings if isinstance(part, Weighted) else part), True


def _of_automaton(automaton: Automaton) -> int:
    """The steps for the strings of an automaton, by dynamic programming over states and last classes."""
    most, classes = 0, automaton.layers[0].moves.shape[1]
    never = -len(automaton.layers)
    best = np.full((1, classes), never)  # steps of the longest way to each state, by the class before it
    whole = np.zeros(1, np.int64)  # by any class
    for layer, after in pairwise(automaton.layers):
        longer = np.maximum(whole[:, None], best + 1) + 1
        state, column = np.nonzero(layer.moves >= 0)
        best = np.full((len(after.accepting), classes), never)
        np.maximum.at(best, (layer.moves[state, column], column), longer[state, column])
        whole = best.max(axis=1)
        most = max(most, int(whole[after.accepting].max(initial=0)))
    return most
