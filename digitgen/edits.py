"""Edit distances of many pairs of sequences at a time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def edit_tables(truth: NDArray[Any], guess: NDArray[Any]) -> NDArray[np.int16]:
    """Compute the edit distances of all beginnings of sequences to all beginnings of others.

    Parameters
    ----------
    truth : ndarray
        (n, B) integers: B sequences of n items, one a column.
    guess : ndarray
        (m, B) integers: as many sequences of m items.

    Returns
    -------
    ndarray
        (n + 1, m + 1, B) int16: at (i, j), the fewest insertions, deletions and substitutions between the first i
        items of the one and the first j of the other. The last are the distances of the whole sequences.

    References
    ----------
    Wagner and Fischer 1974, The string-to-string correction problem, Journal of the ACM 21, doi:10.1145/321796.321811
    """
    (n, count), m = truth.shape, len(guess)
    tables = np.empty((n + 1, m + 1, count), np.int16)
    tables[0] = np.arange(m + 1, dtype=np.int16)[:, None]
    for i in range(1, n + 1):
        row, above = tables[i], tables[i - 1]
        row[0] = i
        np.add(above[:-1], guess != truth[i - 1], out=row[1:])
        np.minimum(row[1:], above[1:] + np.int16(1), out=row[1:])
        for j in range(1, m + 1):
            np.minimum(row[j], row[j - 1] + np.int16(1), out=row[j])
    return tables
