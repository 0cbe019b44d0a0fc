"""Tell predictions that stand beside the wrong images, such as the next ones, from those of a model that errs.

Strings are compared by their hashes. The shift is the peak of a cross-correlation: each string becomes a sign at
random, the same wherever it stands, so that where predictions and labels agree the products add up, and elsewhere they
do not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import bdtrc

from digitgen.arrays import Bools, Integers
from digitgen.look.mistakes.alignment import Alignment, align
from digitgen.look.mistakes.edit_graph import Labels

BEYOND_CHANCE: Final = 0.001
"""The p-value, of all shifts together, below which predictions count as misaligned."""
LEAST: Final = 10
"""Predictions that must fit elsewhere, and half as many different strings: fewer are no order."""
_SIGNS: Final = 4  # signs of each string, so that noise does not hide a shift of few rows
_PEAKS: Final = 8  # shifts that are looked at closely
_PART: Final = 0.3  # of the wrong predictions that must fit elsewhere
_SHUFFLED: Final = 0.3  # of the strings that occur once, if not read in their place, that must be read in others
_FAR: Final = 0.8  # of the distance of strings paired at random, that those of a shuffled file have at least
_SAMPLE: Final = 1000  # strings that are paired at random

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Misalignment:
    """The place where wrong predictions fit.

    Attributes
    ----------
    shift : int or None
        Rows by which the labels that fit are behind the predictions; below 0 if they are before them; None if the order
        is another one, or the split is.
    split : str or None
        The split whose labels fit, if it is another one.
    fits : int
        Number of wrong predictions that are the label of an image there.
    wrong : int
        Number of wrong predictions.
    """

    shift: int | None
    split: str | None
    fits: int
    wrong: int


def find_misalignment(alignment: Alignment, others: Iterable[tuple[str, Labels, Integers]] = ()) -> Misalignment | None:
    """Look for a place where predictions fit the labels that they do not fit where they stand.

    Predictions are shifted if, so many rows further on, they fit better than in their place, or if half of those that
    are wrong in their place fit there. They are of another split if they fit that better. They are shuffled if many
    strings that occur once in the split were read once, but elsewhere, and predictions have no more in common with the
    labels in their place than with others. All of this must be beyond chance, which is far where strings are few or
    repeated.

    Parameters
    ----------
    alignment : Alignment
        The alignment of the predictions with the labels.
    others : iterable of (str, ndarray, ndarray)
        Name, labels and lengths of other splits of as many images; they are asked for only if most predictions are
        wrong.

    Returns
    -------
    Misalignment or None
        None if predictions stand where they belong, or it is too little to tell.
    """
    wrong = alignment.distances > 0
    if wrong.sum() < LEAST:
        return None
    there = np.arange(alignment.labels.shape[1]) < alignment.lengths[:, None]
    predictions = alignment.predictions
    truth = _hashes(alignment.labels[there], alignment.lengths)
    read = _hashes(predictions.digits, predictions.lengths)
    shifted = _shifted(truth, read, wrong)
    if (shifted and shifted.fits * 2 >= shifted.wrong) or wrong.mean() < 0.5:
        return shifted
    for name, labels, lengths in others:
        inside = np.arange(labels.shape[1]) < lengths[:, None]
        theirs = read == _hashes(labels[inside], lengths.astype(np.int64))
        if _fits_better(theirs, wrong, read, _chance(truth, read)):
            return Misalignment(None, name, int((theirs & wrong).sum()), int(wrong.sum()))
    shuffled = _shuffled(alignment, truth, read, wrong)
    return max((each for each in (shifted, shuffled) if each), key=lambda each: each.fits, default=None)


def _hashes(digits: NDArray[Any], lengths: Integers) -> Hashes:
    """Hash strings that stand one after the other: (N,)."""
    starts = np.cumsum(lengths) - lengths
    found = np.full(len(lengths), 1, np.uint64)
    order = np.argsort(-lengths, kind="stable")
    for place in range(int(lengths.max(initial=0))):
        longer = order[: np.searchsorted(-lengths[order], -place)]
        character = digits[starts[longer] + place].astype(np.uint64)
        found[longer] = (found[longer] ^ character) * np.uint64(0x9E3779B97F4A7C15)
        found[longer] ^= found[longer] >> np.uint64(29)
    return found


def _shifted(truth: Hashes, read: Hashes, wrong: Bools) -> Misalignment | None:
    """Find the shift at which predictions fit."""
    chance = _chance(truth, read)
    best, peak = None, 0
    for shift in _peaks(truth, np.where(wrong, read, 0), wrong):
        fits = np.zeros(len(truth), bool)
        here = slice(max(-shift, 0), len(truth) - max(shift, 0))
        further = slice(max(shift, 0), len(truth) + min(shift, 0))
        fits[here] = read[here] == truth[further]
        some = int((fits & wrong).sum())
        if some > peak and (_fits_better(fits, wrong, read, chance) or _explains(fits, wrong, read, chance)):
            best, peak = Misalignment(shift, None, some, int(wrong.sum())), some
    return best


def _peaks(truth: Hashes, read: Hashes, wrong: Bools) -> list[int]:
    """Find the shifts where predictions that are wrong in their place may fit, the likeliest first."""
    count = len(truth)
    size = next_fast_len(2 * count, real=True)
    total = np.zeros(size)
    for bit in range(_SIGNS):
        signs, theirs = (((each >> np.uint64(20 + 7 * bit)) & np.uint64(1)) * 2.0 - 1 for each in (truth, read))
        total += irfft(rfft(signs - signs.mean(), size) * rfft(theirs * wrong, size).conj(), size)
    total[0] = -np.inf  # where they stand, they do not fit
    best = np.argpartition(-total, min(_PEAKS, size - 1))[:_PEAKS]
    best = best[np.argsort(-total[best], kind="stable")]
    shifts = np.where(best < count, best, best - size)
    return [int(each) for each in shifts if 0 < abs(each) < count]


def _chance(truth: Hashes, read: Hashes) -> NDArray[np.float64]:
    """(N,): the chance that each prediction fits a label taken at random."""
    known, counts = np.unique(truth, return_counts=True)
    place = np.minimum(np.searchsorted(known, read), len(known) - 1)
    return np.where(known[place] == read, counts[place], 0) / len(truth)


def _fits_better(fits: Bools, wrong: Bools, read: Hashes, chance: NDArray[np.float64]) -> bool:
    """Tell whether more predictions fit elsewhere than in their place, beyond chance."""
    only, lost = int((fits & wrong).sum()), int((~fits & ~wrong).sum())
    better = only >= _PART * wrong.sum() and only > lost and bdtrc(only - 1, only + lost, 0.5) < BEYOND_CHANCE
    return bool(better) and _beyond_chance(fits, np.ones(len(fits), bool), read, chance)


def _explains(fits: Bools, wrong: Bools, read: Hashes, chance: NDArray[np.float64]) -> bool:
    """Tell whether half of the wrong predictions fit elsewhere, beyond chance."""
    return int((fits & wrong).sum()) * 2 >= wrong.sum() and _beyond_chance(fits, wrong, read, chance)


def _beyond_chance(fits: Bools, among: Bools, read: Hashes, chance: NDArray[np.float64]) -> bool:
    """Tell whether predictions fit more often than labels at random would at the best of all shifts."""
    some, trials = int((fits & among).sum()), int(among.sum())
    if some < LEAST or 2 * len(np.unique(read[fits & among])) < LEAST:
        return False
    return bool(bdtrc(some - 1, trials, float(chance[among].mean())) * 2 * len(fits) < BEYOND_CHANCE)


def _shuffled(alignment: Alignment, truth: Hashes, read: Hashes, wrong: Bools) -> Misalignment | None:
    """Find out whether the predictions fit in another order."""
    predictions, classes = alignment.predictions, len(alignment.digits.alphabet)
    once = _once(truth)
    wanted = truth[once & wrong]
    elsewhere = _shared(wanted, read[wrong])
    # Other strings of the same lengths: as many of them fit by chance.
    altered = _hashes((predictions.digits.astype(np.int64) + 1) % classes, predictions.lengths)
    if elsewhere < max(LEAST, _SHUFFLED * len(wanted), 3 * _shared(wanted, altered[wrong])):
        return None
    rows = np.flatnonzero(wrong)[:: max(int(wrong.sum()) // _SAMPLE, 1)]
    moved = np.roll(rows, len(rows) // 2)
    taken = predictions.take(rows)
    apart = align(alignment.labels[moved], alignment.lengths[moved], taken).distances.mean()
    far = alignment.distances[rows].mean() >= _FAR * apart
    return Misalignment(None, None, elsewhere, len(wanted)) if far else None


def _once(hashes: Hashes) -> Bools:
    """(N,): whether each string occurs once."""
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    once: Bools = counts[inverse] == 1
    return once


def _shared(wanted: Hashes, read: Hashes) -> int:
    """Count strings that are among others just once."""
    return int(np.isin(wanted, read[_once(read)]).sum())
