"""Align a model's readings with the truth, by edit distance, and say what became of each true digit."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.arrays import Bools, Floats, Integers
from digitgen.look.mistakes.edit_graph import OUTCOMES, Claims, EditGraph, Labels
from digitgen.look.mistakes.predictions import Predictions

_CELLS: Final = 1 << 19  # of all the tables that are filled together
_LEAST: Final = 16  # sequences whose tables are filled together, however large these are
_SOME: Final = 4000  # sequences that tell how much a kind of error explains
_MANY: Final = 20_000  # sequences that are worth tables that fit them closely
_WHOLE: Final = 1 - 1e-6  # shares above are those of faults that all alignments have


@dataclass(frozen=True, eq=False)
class Digits:
    """Every true digit of a split and what became of it, one item a digit and T in all, sequence after sequence.

    Attributes
    ----------
    sequence : ndarray
        (T,) int64: the image it stands in.
    digit : ndarray
        (T,), as labels: its class.
    at : ndarray
        (E,) int64: the digit that each fault befell, ascending; of those that were read right there is nothing to say.
    outcome : ndarray
        (E,) int64: what became of it: the class as which it was read, or an outcome of `edit_graph`, below 0.
    share : ndarray
        (E,): share of the alignments with the fewest edits that have this fault; the blame for a digit too many is
        shared between its neighbours.
    alphabet : str
        The character of each class.
    """

    sequence: Integers
    digit: Labels
    at: Integers
    outcome: Integers
    share: Floats
    alphabet: str = DIGITS

    @cached_property
    def wrong(self) -> Floats:
        """(T,): how far each digit went wrong, from 0 to 1: the sum of the shares of its faults."""
        return self.gone(np.ones((len(self.alphabet), len(self.alphabet) + OUTCOMES), bool))

    def gone(self, ways: Bools) -> Floats:
        """Tell how far each digit went wrong in one of some ways.

        Parameters
        ----------
        ways : ndarray
            (K, K + 4) bool: whether a class with this outcome counts.

        Returns
        -------
        ndarray
            (T,): from 0 to 1.
        """
        counts = ways[self.digit[self.at], self.outcome]
        total = np.bincount(self.at[counts], self.share[counts], minlength=len(self.digit))
        return np.minimum(total, 1.0)


@dataclass(frozen=True, eq=False)
class Alignment:
    """Readings of N sequences.

    Attributes
    ----------
    digits : Digits
        Every true digit, and what became of it.
    distances : ndarray
        (N,) int64: substitutions, deletions and insertions of each sequence, as few as possible.
    labels, lengths, predictions
        What was aligned.
    """

    digits: Digits
    distances: Integers
    labels: Labels
    lengths: Integers
    predictions: Predictions

    def explained(self, claims: Claims) -> float:
        """Count the edits that patterns explain at most, in the alignments with the fewest edits.

        Of many sequences, some thousands evenly spread are looked at.

        Parameters
        ----------
        claims : Claims
            What the patterns explain; its `pattern` is (T,).

        Returns
        -------
        float
            The number of such edits.
        """
        wrong = self.digits.at[claims.pattern[self.digits.at] >= 0]
        rows = np.unique(self.digits.sequence[wrong])
        some = rows[:: max(len(rows) // _SOME, 1)]
        graphs = _graphs(self.labels, self.lengths, self.predictions, some, claims)
        return sum(int(graph.explained.sum()) for _, graph in graphs) * len(rows) / max(len(some), 1)

    def settle(self, claims: Claims) -> Digits:
        """Settle ties: of the alignments with the fewest edits, keep those of which patterns explain the most edits.

        Parameters
        ----------
        claims : Claims
            What the patterns explain; its `pattern` is (T,).

        Returns
        -------
        Digits
            The digits, with other shares.
        """
        digits = self.digits
        shared = np.zeros(len(self.lengths), bool)
        shared[digits.sequence[digits.at[digits.share < _WHOLE]]] = True
        (rows,) = np.nonzero(shared)
        sure = ~shared[digits.sequence[digits.at]]
        at, outcome, share, _ = _faults(self.labels, self.lengths, self.predictions, rows, claims)
        return _ordered(
            digits,
            np.concatenate([digits.at[sure], at]),
            np.concatenate([digits.outcome[sure], outcome]),
            np.concatenate([digits.share[sure], share]),
        )


def align(labels: Labels, lengths: Integers, predictions: Predictions) -> Alignment:
    """Align predictions with the truth.

    An alignment has as few substitutions, deletions and insertions as possible; two neighbours that were read in each
    other's place count as two edits, however that is written. Where several alignments have as few, each counts the
    same.

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

    References
    ----------
    Wagner and Fischer 1974, The string-to-string correction problem, Journal of the ACM 21, doi:10.1145/321796.321811
    """
    lengths = lengths.astype(np.int64)
    rows = np.flatnonzero(_differ(labels, lengths, predictions))
    at, outcome, share, edits = _faults(labels, lengths, predictions, rows)
    distances = np.zeros(len(lengths), np.int64)
    distances[rows] = edits
    there = np.arange(labels.shape[1]) < lengths[:, None]
    none = np.empty(0, np.int64)
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    digits = Digits(sequence, labels[there], none, none, np.empty(0), predictions.alphabet)
    return Alignment(_ordered(digits, at, outcome, share), distances, labels, lengths, predictions)


def _differ(labels: Labels, lengths: Integers, predictions: Predictions) -> Bools:
    """(N,): whether a prediction is another string than the truth."""
    differ: Bools = lengths != predictions.lengths
    same = np.flatnonzero(~differ)
    starts = (np.cumsum(predictions.lengths) - predictions.lengths)[same]
    for place in range(labels.shape[1]):
        longer = lengths[same] > place
        rows = same[longer]
        differ[rows] |= labels[rows, place] != predictions.digits[starts[longer] + place]
    return differ


def _ordered(digits: Digits, at: Integers, outcome: Integers, share: Floats) -> Digits:
    """Put faults into order, one for each digit and outcome."""
    classes = len(digits.alphabet)
    keys, inverse = np.unique(at * (classes + OUTCOMES) + outcome % (classes + OUTCOMES), return_inverse=True)
    at, outcome = keys // (classes + OUTCOMES), keys % (classes + OUTCOMES)
    outcome = np.where(outcome < classes, outcome, outcome - classes - OUTCOMES)
    return replace(digits, at=at, outcome=outcome, share=np.bincount(inverse, share, len(keys)).astype(float))


def _faults(
    labels: Labels, lengths: Integers, predictions: Predictions, rows: Integers, claims: Claims | None = None
) -> tuple[Integers, Integers, Floats, Integers]:
    """Share out the faults of some sequences: the digit, outcome and share of each, and the edits of each sequence."""
    edits = np.zeros(len(lengths), np.int64)
    starts = np.cumsum(lengths) - lengths
    found: list[tuple[Integers, Integers, Floats]] = [(rows[:0], rows[:0], np.empty(0))]
    for part, graph in _graphs(labels, lengths, predictions, rows, claims):
        edits[part] = graph.distances
        faults = graph.faults()
        found.append((starts[part[faults.row]] + faults.position, faults.outcome, faults.share))
    at, outcome, share = (np.concatenate(each) for each in zip(*found, strict=True))
    return at, outcome, share, edits[rows]


def _graphs(
    labels: Labels, lengths: Integers, predictions: Predictions, rows: Integers, claims: Claims | None
) -> Iterator[tuple[Integers, EditGraph]]:
    """Make the edit graphs of some sequences, a part of them at a time."""
    firsts, starts = (np.cumsum(each) - each for each in (lengths, predictions.lengths))
    for part, n, m in _parts(rows, lengths, predictions.lengths):
        read = predictions.lengths[part]
        place = np.arange(m)[:, None]
        guess = np.zeros((m, len(part)), labels.dtype)
        inside = place < read
        guess[inside] = predictions.digits[(starts[part] + place)[inside]]
        some = None
        if claims:
            place = np.arange(n)[:, None]
            pattern = np.full((n, len(part)), -1, claims.pattern.dtype)
            inside = place < lengths[part]
            pattern[inside] = claims.pattern[(firsts[part] + place)[inside]]
            some = Claims(pattern, claims.explains)
        yield part, EditGraph(labels[part, :n].T, guess, lengths[part], read, some)


def _parts(rows: Integers, lengths: Integers, read: Integers) -> Iterator[tuple[Integers, int, int]]:
    """Part sequences into groups whose tables are of one size or a little smaller, and no more than fit at a time.

    Yields
    ------
    rows : ndarray
        (B,) int64: the sequences.
    n, m : int
        Most true digits of a sequence among them, and most that were read.
    """
    parts = 8 if len(rows) > _MANY else 1
    sizes = _rounded(lengths[rows], parts) << 32 | _rounded(read[rows], parts)
    order = np.argsort(sizes, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(sizes[order])) + 1) if len(order) else []:
        every = rows[group]
        n, m = int(lengths[every].max()), int(read[every].max())
        size = max(_CELLS // ((n + 1) * (m + 1)), _LEAST)
        for begin in range(0, len(every), size):
            yield every[begin : begin + size], n, m


def _rounded(sizes: Integers, parts: int) -> Integers:
    """Round sizes up to the next power of two, or the next of so many equal parts of the way there."""
    below = 1 << np.maximum(np.frexp(sizes - 1)[1].astype(np.int64) - 1, 0)
    step = np.maximum(below // parts, 1)
    rounded: Integers = -(-sizes // step) * step
    return rounded
