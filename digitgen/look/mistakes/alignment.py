"""Align a model's readings with the truth, by edit distance, many sequences at a time."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS
from digitgen.arrays import Bools, Integers
from digitgen.edits import edit_tables
from digitgen.look.mistakes.predictions import Predictions

DELETED: Final = -1
"""Stands in `Alignment.read` for a digit that was not read at all."""
NO_DIGIT: Final = -2
"""Pads `Alignment.read` behind the end of a sequence."""
_CELLS: Final = 1 << 22  # of all the tables that are filled together


Labels = NDArray[np.signedinteger[Any]]
"""Classes as datasets store them: int8, or int16 for more than 128 classes."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """Readings of N sequences, with as few substitutions, deletions and insertions as possible.

    Attributes
    ----------
    read : ndarray
        (N, L), as labels: the reading of each true digit: its class, `DELETED`, or `NO_DIGIT` as padding.
    distances : ndarray
        (N,) int64: substitutions, deletions and insertions of each sequence.
    added_to : ndarray
        (A,) int64: the sequence of each digit too many; ascending.
    added_before : ndarray
        (A,) int64: the position of the true digit that follows it, 0 to n; ascending within a sequence.
    added : ndarray
        (A,), as labels: the class of the digit itself.
    alphabet : str
        The character of each class.
    """

    read: Labels
    distances: Integers
    added_to: Integers
    added_before: Integers
    added: Labels
    alphabet: str


@dataclass(frozen=True, eq=False)
class Digits:
    """Every true digit of a split and its reading, one item a digit and T in all, sequence after sequence.

    Attributes
    ----------
    sequence : ndarray
        (T,) int64: the image it stands in.
    digit, read : ndarray
        (T,), as labels: the class that is true, and the one that was read, or `DELETED`.
    added : ndarray
        (T,) bool: whether a digit too many was read to its left, or behind it if it is the last.
    alphabet : str
        The character of each class.
    """

    sequence: Integers
    digit: Labels
    read: Labels
    added: Bools
    alphabet: str = DIGITS

    @property
    def wrong(self) -> Bools:
        """(T,): whether a digit was read as another or not at all, or one too many was read beside it."""
        wrong: Bools = (self.read != self.digit) | self.added
        return wrong

    def __getitem__(self, rows: Integers | Bools) -> "Digits":
        """Take some of them."""
        return Digits(self.sequence[rows], self.digit[rows], self.read[rows], self.added[rows], self.alphabet)


def align(labels: Labels, lengths: Integers, predictions: Predictions) -> Alignment:
    """Align predictions with the truth.

    Of all alignments with the smallest number of edits, one is chosen by going back from the end and
    taking, wherever there is a choice, a pair of digits (equal or not) before a deletion, and a
    deletion before an insertion. So the same input gives the same alignment, and of two equal
    neighbours read as one, the left one counts as lost.

    Parameters
    ----------
    labels : ndarray
        (N, L) int8 or int16: the true classes, padded.
    lengths : ndarray
        (N,): number of true digits.
    predictions : Predictions
        Predictions for these N sequences.

    Returns
    -------
    Alignment
        The alignment of all N sequences.
    """
    lengths = lengths.astype(np.int64)
    read = np.where(np.arange(labels.shape[1]) < lengths[:, None], labels, NO_DIGIT).astype(labels.dtype)
    distances = np.zeros(len(labels), np.int64)
    starts = np.cumsum(predictions.lengths) - predictions.lengths
    added: list[Integers] = []
    # Sequences of one shape fill tables of one size, a whole group at a time.
    shapes = lengths * (int(predictions.lengths.max(initial=0)) + 1) + predictions.lengths
    order = np.argsort(shapes, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(shapes[order])) + 1) if len(order) else []:
        n, m = int(lengths[group[0]]), int(predictions.lengths[group[0]])
        size = max(_CELLS // ((n + 1) * (m + 1)), 1)
        for begin in range(0, len(group), size):
            rows = group[begin : begin + size]
            truth = labels[rows, :n].T
            guess = predictions.digits[starts[rows] + np.arange(m)[:, None]].astype(labels.dtype)
            if n == m:  # most are right, and then there is nothing to find out
                wrong = np.flatnonzero((truth != guess).any(0))
                rows, truth, guess = rows[wrong], truth[:, wrong], guess[:, wrong]
            if rows.size:
                tables = edit_tables(truth, guess)
                distances[rows] = tables[n, m]
                read[rows, :n], extra = _trace(tables, truth, guess)
                extra[0] = rows[extra[0]]
                added.append(extra)
    every = np.concatenate(added, axis=1) if added else np.empty((4, 0), np.int64)
    every = every[:, np.lexsort((every[1], every[0]))]
    return Alignment(read, distances, every[0], every[2], every[3].astype(labels.dtype), predictions.alphabet)


def flatten(labels: Labels, lengths: Integers, alignment: Alignment) -> Digits:
    """Go from sequences to digits.

    Parameters
    ----------
    labels, lengths : ndarray
        (N, L) and (N,): the truth that was aligned.
    alignment : Alignment
        The alignment.

    Returns
    -------
    Digits
        All T digits.
    """
    there = np.arange(labels.shape[1]) < lengths[:, None]
    starts = np.cumsum(lengths) - lengths
    added = np.zeros(int(lengths.sum()), bool)
    beside = np.minimum(alignment.added_before, lengths[alignment.added_to] - 1)
    added[starts[alignment.added_to] + beside] = True
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    return Digits(sequence, labels[there], alignment.read[there], added, alignment.alphabet)


def _trace(tables: NDArray[np.int16], truth: Labels, guess: Labels) -> tuple[Labels, Integers]:
    """Go back through the tables.

    Returns
    -------
    read : ndarray
        (B, n), as in `Alignment`.
    added : ndarray
        (4, A) int64: for each digit too many its sequence, its place in the prediction, the position of
        the true digit that follows it, and the digit.
    """
    (n, count), m = truth.shape, len(guess)
    read = np.empty((count, n), truth.dtype)
    added = []
    active = np.arange(count)
    i, j = np.full(count, n), np.full(count, m)
    while active.size:
        here = tables[i, j, active]
        pair = (i > 0) & (j > 0)
        differs = np.ones(active.size, bool)
        differs[pair] = truth[i[pair] - 1, active[pair]] != guess[j[pair] - 1, active[pair]]
        pair &= tables[i - 1, j - 1, active] + differs == here
        drop = ~pair & (i > 0) & (tables[i - 1, j, active] + 1 == here)
        extra = ~(pair | drop)
        read[active[pair], i[pair] - 1] = guess[j[pair] - 1, active[pair]]
        read[active[drop], i[drop] - 1] = DELETED
        which, place = active[extra], j[extra] - 1
        added.append(np.stack([which, place, i[extra], guess[place, which]]))
        i, j = i - (pair | drop), j - (pair | extra)
        left = (i > 0) | (j > 0)
        active, i, j = active[left], i[left], j[left]
    return read, np.concatenate(added, axis=1)
