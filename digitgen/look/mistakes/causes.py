"""Tell causes from what only moves along with them: of groups that share a cause, one is listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitgen.arrays import Bools, Floats, Integers
from digitgen.look.mistakes.groups import stratified_excess

_OWN: Final = 0.5  # of the errors too many that a cause of its own has among digits that are alike otherwise
_FEW: Final = 12  # groups of which all combinations can be counted


@dataclass(frozen=True, eq=False)
class Candidate:
    """A group of digits that errs more than others.

    Attributes
    ----------
    name : str
        Its name: "Overlap: overlap".
    inside : ndarray
        (T,) bool: the digits in it.
    excess : float
        Errors that it would not have if it erred as often as the others.
    """

    name: str
    inside: Bools
    excess: float


def causes(
    candidates: Sequence[Candidate], sequence: Integers, values: Floats, z: float
) -> list[tuple[int, list[str]]]:
    """Choose from groups one for each cause.

    From the first on, each is compared with other digits that are in the same of the groups listed so far, and put to
    the one most like it unless it still errs more beyond doubt, and has half of its errors too many or more even so;
    then those listed are compared again, each with digits that are in the same of all the others.

    Parameters
    ----------
    candidates : sequence of Candidate
        The groups, the worst first.
    sequence : ndarray
        (T,): the sequence of each digit.
    values : ndarray
        (T,): how far each digit went wrong.
    z : float
        Quantile of the normal law, beyond which there is no doubt.

    Returns
    -------
    list of (int, list of str)
        Places of the groups that are listed, and the names of those that move along with each.

    References
    ----------
    Mantel and Haenszel 1959, Statistical aspects of the analysis of data from retrospective studies of disease, Journal
    of the National Cancer Institute 22, doi:10.1093/jnci/22.4.719
    """
    listed: list[Candidate] = []
    for each in candidates:
        if _stands_out(each, listed, sequence, values, z):
            listed.append(each)
    for each in listed[::-1]:
        rest = [other for other in listed if other is not each]
        if not _stands_out(each, rest, sequence, values, z):
            listed = rest
    along: dict[int, list[str]] = {place: [] for place, each in enumerate(candidates) if each in listed}
    for place, each in enumerate(candidates):
        if place not in along:
            along[max(along, key=lambda k: _likeness(candidates[k].inside, each.inside))].append(each.name)
    return list(along.items())


def _stands_out(one: Candidate, others: Sequence[Candidate], sequence: Integers, values: Floats, z: float) -> bool:
    """Tell whether a group errs more than digits outside it that are in the same of some other groups."""
    if not others:
        return True
    stratum = np.zeros(len(one.inside), np.int64)
    for number, each in enumerate(others):
        stratum += each.inside.astype(np.int64) << number
    if len(others) > _FEW:
        _, stratum = np.unique(stratum, return_inverse=True)
    excess, error = stratified_excess(sequence, stratum, one.inside, values)
    return excess > max(z * error, _OWN * one.excess)


def _likeness(one: Bools, other: Bools) -> float:
    """Compute the correlation of two groups of digits."""
    p, q, both = one.mean(), other.mean(), (one & other).mean()
    return float((both - p * q) / np.sqrt(p * (1 - p) * q * (1 - q)))
