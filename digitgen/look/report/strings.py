"""Count the strings of a shard."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.sets.table import Table
from digitgen.permutation import mixed

HASHES: Final = "string hashes"
"""The name of the hashes of all strings."""
FEW_STRINGS: Final = 10_000
"""Most strings of a law that are counted one by one."""


@dataclass(frozen=True, eq=False)
class Strings:
    """The law of the strings, and all of them where they are few.

    Attributes
    ----------
    law : ContentLaw
        The law.
    listed : Table or None
        Its strings with their probabilities, if they are at most `FEW_STRINGS`.
    """

    law: ContentLaw
    listed: Table | None

    @classmethod
    def of(cls, law: ContentLaw) -> "Strings":
        """List the strings of a law, if they are few."""
        return cls(law, law.listed(FEW_STRINGS))


def tally_strings(labels: NDArray[Any], strings: Strings) -> dict[str, Integers]:
    """Count strings that the law cannot give, and where it can give few, the others one by one.

    Parameters
    ----------
    labels : ndarray
        (N, L) integers: the classes of each string, then -1 up to the end of the row.
    strings : Strings
        The law.

    Returns
    -------
    dict of str to ndarray
        ``foreign strings`` (1,) that the law cannot give; and if it can give few, ``strings`` (S,): how often each
        comes. If it balances pairs of digits, ``neighbours`` (L - 1, K, K) by position. If it lets no string
        come twice, `HASHES` (N,) of all.
    """
    tally: dict[str, Integers] = {}
    if strings.law.distinct:
        tally[HASHES] = _hashes(labels)
    if strings.law.exact > 1:
        first, second, classes = labels[:, :-1], labels[:, 1:], len(strings.law.alphabet)
        size = first.shape[1], classes, classes
        places = np.ravel_multi_index((np.arange(size[0]), np.maximum(first, 0), np.maximum(second, 0)), size)
        tally["neighbours"] = np.bincount(places[second >= 0], minlength=int(np.prod(size))).reshape(size)
    if strings.listed is None:
        return tally | {"foreign strings": np.array([np.count_nonzero(~strings.law.admits(labels))])}
    ranks = strings.listed.ranks(labels)
    counts = np.bincount(ranks[ranks >= 0], minlength=strings.listed.size)
    return tally | {"foreign strings": np.array([np.count_nonzero(ranks < 0)]), "strings": counts}


def _hashes(labels: NDArray[Any]) -> Integers:
    """(N,): a hash of each string; of a hundred million strings, two have the same one in 3,700 times."""
    hashes = np.zeros(len(labels), np.uint64)
    for column in labels.T:
        hashes = mixed(hashes + (column.astype(np.int64) + 2).astype(np.uint64))
    return hashes.view(np.int64)
