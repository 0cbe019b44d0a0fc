"""Name what happened to digits that went wrong: read as another, not read, read twice, swapped."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitgen.arrays import Bools, Integers
from digitgen.look.kit.wording import written
from digitgen.look.mistakes.alignment import Digits
from digitgen.look.mistakes.edit_graph import EXTRA, NOT_READ, OUTCOMES, SWAPPED, TWICE

_MOST_OF: Final = 0.5  # of some errors that must be of one kind for them to be named after it
_NEARLY: Final = 0.95  # of what the best kind explains, which is enough for a more special one


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of error.

    Attributes
    ----------
    words : str
        Its name: "4 read as 9".
    ways : ndarray
        (K, K + 4) bool: whether a class with this outcome is of this kind.
    """

    words: str
    ways: Bools


def confusions(digits: Digits, chosen: Bools | None = None) -> Integers:
    """Count how often each class may have been read as each other.

    Parameters
    ----------
    digits : Digits
        All T digits.
    chosen : ndarray, optional
        (T,) bool: those that count; all by default.

    Returns
    -------
    ndarray
        (K, K) int64: true classes by what was read; none as itself.
    """
    classes = len(digits.alphabet)
    return _possible(digits, np.ones(len(digits.digit), bool) if chosen is None else chosen)[:, :classes]


def name_kind(
    members: tuple[int, ...], digits: Digits, chosen: Bools, explained: Callable[[Bools], float] | None = None
) -> Kind:
    """Find the kind of most errors among some digits.

    A kind must explain half of the edits or more. Of several, it is the most special one of those that explain as much
    as any other, or nearly.

    Parameters
    ----------
    members : tuple of int
        The classes of these digits.
    digits : Digits
        All T digits.
    chosen : ndarray
        (T,) bool: the digits that are meant.
    explained : callable, optional
        Counts the edits that some ways, (K, K + 4) bool, explain at most; by default, those that they have now.

    Returns
    -------
    Kind
        The kind; any error at all if no other explains half.
    """
    names = [written(each) for each in digits.alphabet]
    whose = "digits" if len(members) > 2 else " and ".join(names[each] for each in members)
    beside = "" if len(members) > 2 else f" beside {whose}"
    possible = _possible(digits, chosen)
    kinds = [
        Kind(f"{whose} swapped with a neighbour", _ways(possible, [SWAPPED])),
        Kind(f"{whose} read twice", _ways(possible, [TWICE])),
        _confusion(names, possible),
        _taken_for(whose, names, possible),
        Kind(f"{whose} not read at all", _ways(possible, [NOT_READ])),
        Kind(f"a digit too many{beside}", _ways(possible, [TWICE, EXTRA])),
    ]
    misread = Kind(f"{whose} misread", np.ones(possible.shape, bool))
    explains = [(explained or _now(digits, chosen))(kind.ways) for kind in (*kinds, misread)]
    least = max(_MOST_OF * explains.pop(), _NEARLY * max(explains), 1e-9)
    return next((kind for kind, each in zip(kinds, explains, strict=True) if each >= least), misread)


def _now(digits: Digits, chosen: Bools) -> Callable[[Bools], float]:
    """Count the errors of some digits as they are shared now."""
    return lambda ways: float(digits.gone(ways)[chosen].sum())


def _possible(digits: Digits, chosen: Bools) -> Integers:
    """(K, K + 4): digits that some alignment lets come out so."""
    classes = len(digits.alphabet)
    rows = np.flatnonzero(chosen[digits.at])
    places = digits.digit[digits.at[rows]] * np.int64(classes + OUTCOMES) + digits.outcome[rows] % (classes + OUTCOMES)
    return np.bincount(places, minlength=classes * (classes + OUTCOMES)).reshape(classes, -1)


def _ways(possible: Integers, outcomes: list[int]) -> Bools:
    """Mark some outcomes of all classes."""
    ways = np.zeros(possible.shape, bool)
    ways[:, outcomes] = True
    return ways


def _taken_for(whose: str, names: list[str], possible: Integers) -> Kind:
    """Name the class for which all of them are taken most."""
    read = int(np.argmax(possible[:, : len(possible)].sum(axis=0)))
    return Kind(f"{whose} read as {names[read]}", _ways(possible, [read]))


def _confusion(names: list[str], possible: Integers) -> Kind:
    """Name the most common confusion, of two classes with each other if it goes both ways."""
    table = possible[:, : len(possible)]
    first, second = divmod(int(np.argmax(table)), len(table))
    there, back = table[first, second], table[second, first]
    ways = np.zeros(possible.shape, bool)
    ways[first, second] = True
    if 3 * back < there:
        return Kind(f"{names[first]} read as {names[second]}", ways)
    ways[second, first] = True
    low, high = sorted((first, second))
    return Kind(f"{names[low]} and {names[high]} mixed up", ways)
