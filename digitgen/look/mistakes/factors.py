"""Conditions that a digit's errors may depend on: position, neighbours, gaps, augmentation."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS
from digitgen.arrays import Arrays, Bools, Floats, Integers, Singles
from digitgen.augment.sampled import Sampled, firsts, step_names, with_unit
from digitgen.compose.batch import BatchSpec, parameter_arrays
from digitgen.format import CELL, WRITERS
from digitgen.look.kit.wording import FEW_CLASSES, written

ARRAYS: Final = ("labels", "lengths", "boxes", "gaps", "glyph_ids")
"""The arrays that `factors` needs, besides the parameters of augmentation."""
_BINS: Final = 6
_FEW: Final = 16  # distinct values that are shown as they are
_SPOKEN: Final = ("px", "rad")  # units that a sentence gives with a number
_NONE: Final = -1

Codes = NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Factor:
    """One thing that may matter, and the level of it that each digit has.

    Attributes
    ----------
    what : str
        Name of the thing.
    levels : tuple of str
        Its K levels, as they are written beside a plot.
    phrases : tuple of str
        The words of a sentence for each level: "when digits overlap".
    codes : ndarray
        (T,) int16: the level of each digit, or -1 where the factor does not apply.
    at_most, at_least : tuple of str
        For levels in ascending order, the words for this level or one below it, and for this one or one above it;
        empty for others.
    unit : str
        Unit of the levels; empty if they have none.
    sampled : bool
        Whether augmentation sampled it.
    """

    what: str
    levels: tuple[str, ...]
    phrases: tuple[str, ...]
    codes: Codes
    at_most: tuple[str, ...] = ()
    at_least: tuple[str, ...] = ()
    unit: str = ""
    sampled: bool = False

    @property
    def name(self) -> str:
        """Name of the thing, with its unit if it has one."""
        return with_unit(self.what, self.unit)


def factors(arrays: Arrays, spec: BatchSpec, writers: Integers | None = None, alphabet: str = DIGITS) -> list[Factor]:
    """Find all conditions of the digits of a split, one item a digit and T in all, sequence after sequence.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The arrays of `ARRAYS` and of the parameters of augmentation, of all N images, and `WRITERS` if they are stored.
    spec : sequence of ArraySpec
        Descriptions of these parameters.
    writers : ndarray, optional
        (G,): the writer of each row of the glyphs' source; those that are stored by default.
    alphabet : str, default "0123456789"
        The character of each class.

    Returns
    -------
    list of Factor
        Those that have two levels or more.
    """
    labels, lengths = arrays["labels"], arrays["lengths"].astype(np.int64)
    there = np.arange(labels.shape[1]) < lengths[:, None]
    every = [
        *_spacing(arrays, there),
        *_place(lengths, there),
        *_neighbours(labels, there, alphabet),
        *_hands(arrays, there, writers),
    ]
    parameters = parameter_arrays(spec)
    names, first = step_names(parameters), set(firsts(parameters))
    for sampled, array in parameters.items():
        values = arrays[array]
        of_digits = np.repeat(values, lengths) if values.ndim == 1 else values[there]
        if sampled in first:
            every += _touched(names[sampled], of_digits)
        every += _sampled(names[sampled], sampled, of_digits)
    return [each for each in every if len(each.levels) > 1]


def _spacing(arrays: Arrays, there: Bools) -> Iterator[Factor]:
    """Overlap and gaps."""
    if there.shape[1] < 2:
        return
    boxes, pairs = arrays["boxes"], there[:, 1:]
    cells = bool((boxes[there][:, 2:] == CELL).all())
    # A digit whose ink is lost has a box of no width, which is nobody's neighbour.
    seen = pairs & (boxes[:, 1:, 2] > 0) & (boxes[:, :-1, 2] > 0)
    far = np.float32(1e6)
    apart = np.where(seen, boxes[:, 1:, 0] - boxes[:, :-1, 0] - boxes[:, :-1, 2], far)
    left, right = _sides(apart, far)
    overlap = (np.minimum(left, right)[there] < 0).astype(np.int16)
    what = "cells" if cells else "digits"
    if overlap.any():
        phrases = (f"when {what} stand apart", f"when {what} overlap")
        yield Factor(f"Overlap with a neighbour's {'cell' if cells else 'box'}", ("apart", "overlap"), phrases, overlap)
    gaps = np.where(pairs, arrays["gaps"].astype(np.float32), far)
    left, right = _sides(gaps, far)
    for what, noun, values in (
        ("Smaller of the gaps beside it", "the smaller gap beside it", np.minimum(left, right)),
        ("Gap to the left neighbour", "the gap on its left", left),
        ("Gap to the right neighbour", "the gap on its right", right),
    ):
        yield _numbers(what, noun, values[there], "px", missing=far)
    if (apart[seen] != gaps[seen]).any():
        left, right = _sides(apart, far)
        nearest = np.minimum(left, right)[there]
        yield _numbers("Distance to the nearer box", "the distance to the nearer box", nearest, "px", missing=far)


def _sides(between: Singles, far: np.float32) -> tuple[Singles, Singles]:
    """Give each digit its left and its right distance: (N, L) each, from the (N, L - 1) between digits."""
    edge = np.full((len(between), 1), far)
    return np.hstack([edge, between]), np.hstack([between, edge])


def _place(lengths: Integers, there: Bools) -> Iterator[Factor]:
    """Position and length."""
    position = np.broadcast_to(np.arange(there.shape[1]), there.shape)
    yield _numbers("Position from the left", "the position from the left", position[there] + 1)
    yield _numbers("Position from the right", "the position from the right", (lengths[:, None] - position)[there])
    yield _numbers("Digits in the sequence", "the number of digits", np.repeat(lengths, lengths))


def _neighbours(labels: NDArray[Any], there: Bools, alphabet: str) -> Iterator[Factor]:
    """The digit itself and those beside it; pairs unless there are too many."""
    digits = tuple(map(written, alphabet))
    own = labels[there].astype(np.int16)
    yield Factor("Digit", digits, tuple(f"for {digit}" for digit in digits), own)
    if labels.shape[1] < 2:
        return
    edge = np.full((len(labels), 1), _NONE, np.int16)
    known = np.where(there, labels, _NONE).astype(np.int16)
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
    codes = np.where(left >= 0, left * len(alphabet) + own, _NONE).astype(np.int16)
    yield Factor("Pair with the left neighbour", pairs, tuple(f"in {pair}" for pair in pairs), codes)


def _hands(arrays: Arrays, there: Bools, writers: Integers | None) -> list[Factor]:
    """The digit's writer, if that is known: from the rows of its source, or as stored."""
    if writers is None and WRITERS not in arrays:
        return []
    of_digits = arrays[WRITERS][there] if writers is None else writers[arrays["glyph_ids"][there]]
    known, codes = np.unique(of_digits, return_inverse=True)
    names = tuple(map(str, known))
    return [Factor("Writer", names, tuple(f"in the hand of writer {name}" for name in names), codes.astype(np.int16))]


def _touched(step: str, values: Singles) -> Iterator[Factor]:
    """Whether a step touched the digit."""
    touched = ~np.isnan(values)
    if not touched.all():
        phrases = (f"without {step}", f"under {step}")
        yield Factor(f"{step}: touched", ("no", "yes"), phrases, touched.astype(np.int16), sampled=True)


def _sampled(step: str, sampled: Sampled, values: Singles) -> Iterator[Factor]:
    """The strength with which a step touched the digit, and its direction."""
    what = f"{step}.{sampled.parameter}"
    yield replace(_numbers(what, what, values, sampled.unit), sampled=True)
    if not np.isnan(values).all() and np.nanmin(values) < 0 < np.nanmax(values):
        size = _numbers(f"size of {what}", f"the size of {what}", np.abs(values), sampled.unit)
        yield replace(size, sampled=True)


def _numbers(
    what: str, noun: str, values: NDArray[Any], unit: str = "", *, missing: np.float32 | None = None
) -> Factor:
    """Make a factor of numbers: each value a level where they are few, else ranges of equal width; NaN is none."""
    applies = ~np.isnan(values) if missing is None else values != missing
    inside = values[applies].astype(np.float64)
    codes = np.full(len(values), _NONE, np.int16)
    distinct = np.unique(inside)
    if len(distinct) <= _FEW:
        codes[applies] = np.searchsorted(distinct, inside)
        ends = [(value, value) for value in distinct]
    else:
        edges = _edges(distinct)
        codes[applies] = np.searchsorted(edges[1:-1], inside, side="right")
        last = len(edges) - 2
        step = 1 if _whole(distinct) else 0
        ends = [(edges[k], edges[k + 1] - step * (k < last)) for k in range(last + 1)]
    lows, highs = ([f"{end:.4g}" for end in column] for column in zip(*ends, strict=True)) if ends else ([], [])
    levels = tuple(low if low == high else f"{low} to {high}" for low, high in zip(lows, highs, strict=True))
    said = f" {unit}" if unit in _SPOKEN else ""
    return Factor(
        what,
        levels,
        tuple(f"where {noun} is {level}{said}" for level in levels),
        codes,
        tuple(f"where {noun} is at most {high}{said}" for high in highs),
        tuple(f"where {noun} is at least {low}{said}" for low in lows),
        unit,
    )


def _edges(distinct: Floats) -> Floats:
    """Ends of ranges that cover the values, round enough to be read, one of them zero if values lie on both sides."""
    low, high = float(distinct[0]), float(distinct[-1])
    edges = np.linspace(low, high, _BINS + 1)
    grain = 1.0 if _whole(distinct) else 10.0 ** (math.floor(math.log10((high - low) / _BINS)) - 1)
    edges = np.unique(np.rint(edges / grain)) * grain
    if low < 0 < high:
        edges[1 + int(np.argmin(np.abs(edges[1:-1])))] = 0
    return edges


def _whole(values: Floats) -> bool:
    """Whether all are whole numbers."""
    return bool((values == np.rint(values)).all())
