"""Conditions that a digit's errors may depend on: position, neighbours, gaps, augmentation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS
from digitgen.arrays import Arrays, Bools, Integers, Singles
from digitgen.augment.sampled import Sampled, firsts, step_names
from digitgen.compose.batch import BatchSpec, parameter_arrays
from digitgen.format import WRITERS
from digitgen.look.kit.wording import FEW_CLASSES, written
from digitgen.look.mistakes.factor import DIGIT, NONE, Factor, numbers
from digitgen.look.mistakes.spacing import Unit, spacing

ARRAYS: Final = ("labels", "lengths", "boxes", "gaps", "glyph_ids")
"""The arrays that `factors` needs, besides the parameters of augmentation."""


def factors(
    arrays: Arrays,
    spec: BatchSpec,
    writers: Integers | None = None,
    alphabet: str = DIGITS,
    unit: Unit = "cell",
) -> list[Factor]:
    """Find all conditions of the digits of a split, one item a digit and T in all, sequence after sequence.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The arrays of `ARRAYS` and of the parameters of augmentation, of all N images, `WRITERS` if they are stored, and
        `TOUCHING` if there are masks.
    spec : sequence of ArraySpec
        Descriptions of these parameters.
    writers : ndarray, optional
        (G,): the writer of each row of the glyphs' source; those that are stored by default.
    alphabet : str, default "0123456789"
        The character of each class.
    unit : {"cell", "ink", "stroke"}, default "cell"
        The things between which gaps were sampled.

    Returns
    -------
    list of Factor
        Those that have two levels or more.
    """
    labels, lengths = arrays["labels"], arrays["lengths"].astype(np.int64)
    there = np.arange(labels.shape[1]) < lengths[:, None]
    every = [
        *spacing(arrays, there, unit),
        *_place(lengths, there),
        *_neighbours(labels, there, alphabet),
        *_hands(arrays, there, writers),
    ]
    parameters = parameter_arrays(spec)
    names, first = step_names(parameters), set(firsts(parameters))
    touched: Factor | None = None
    for sampled, array in parameters.items():
        values = arrays[array]
        of_digits = np.repeat(values, lengths) if values.ndim == 1 else values[there]
        if sampled in first:
            touched = _touched(names[sampled], of_digits)
            every += [touched] if touched else []
        every += _sampled(names[sampled], sampled, of_digits, touched)
    return [each for each in every if len(each.levels) > 1]


def _place(lengths: Integers, there: Bools) -> Iterator[Factor]:
    """Position and length."""
    position = np.broadcast_to(np.arange(there.shape[1]), there.shape)
    yield numbers("Position from the left", "the position from the left", position[there] + 1)
    yield numbers("Position from the right", "the position from the right", (lengths[:, None] - position)[there])
    yield numbers("Digits in the sequence", "the number of digits", np.repeat(lengths, lengths))


def _neighbours(labels: NDArray[Any], there: Bools, alphabet: str) -> Iterator[Factor]:
    """The digit itself and those beside it; pairs unless there are too many."""
    digits = tuple(map(written, alphabet))
    own = labels[there].astype(np.int16)
    yield Factor(DIGIT, digits, tuple(f"for {digit}" for digit in digits), own)
    if labels.shape[1] < 2:
        return
    edge = np.full((len(labels), 1), NONE, np.int16)
    known = np.where(there, labels, NONE).astype(np.int16)
    left = np.hstack([edge, known[:, :-1]])[there]
    right = np.hstack([known[:, 1:], edge])[there]
    yield Factor("Left neighbour", digits, tuple(f"behind a {digit}" for digit in digits), left)
    yield Factor("Right neighbour", digits, tuple(f"before a {digit}" for digit in digits), right)
    twin = ((left == own) | (right == own)).astype(np.int16)
    phrases = ("when its neighbours are other digits", "when its neighbour is the same digit")
    yield Factor("Neighbour is the same digit", ("no", "yes"), phrases, twin)
    if len(alphabet) > FEW_CLASSES:
        return
    pairs = tuple(written(first + second) for first in alphabet for second in alphabet)
    codes = np.where(left >= 0, left * len(alphabet) + own, NONE).astype(np.int16)
    yield Factor("Pair with the left neighbour", pairs, tuple(f"in {pair}" for pair in pairs), codes)


def _hands(arrays: Arrays, there: Bools, writers: Integers | None) -> list[Factor]:
    """The digit's writer, if that is known: from the rows of its source, or as stored."""
    if writers is None and WRITERS not in arrays:
        return []
    of_digits = arrays[WRITERS][there] if writers is None else writers[arrays["glyph_ids"][there]]
    known, codes = np.unique(of_digits, return_inverse=True)
    names = tuple(map(str, known))
    return [Factor("Writer", names, tuple(f"in the hand of writer {name}" for name in names), codes.astype(np.int16))]


def _touched(step: str, values: Singles) -> Factor | None:
    """Whether a step touched the digit; None if it touched all."""
    touched = ~np.isnan(values)
    if touched.all():
        return None
    phrases = (f"without {step}", f"under {step}")
    return Factor(f"{step}: touched", ("no", "yes"), phrases, touched.astype(np.int16), family=step, sampled=True)


def _sampled(step: str, sampled: Sampled, values: Singles, touched: Factor | None) -> Iterator[Factor]:
    """The strength with which a step touched the digit, and its direction."""
    what = f"{step}.{sampled.parameter}"
    every = [numbers(what, what, values, sampled.unit)]
    if not np.isnan(values).all() and np.nanmin(values) < 0 < np.nanmax(values):
        every.append(numbers(f"size of {what}", f"the size of {what}", np.abs(values), sampled.unit))
    for each in every:
        yield replace(each, family=step, sampled=True, touched=touched)
