"""One thing that a digit's errors may depend on, and its levels."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Floats
from digitgen.augment.sampled import with_unit

DIGIT: Final = "Digit"
"""Name of the factor that is the digit itself, with which every other is looked at."""
NONE: Final = -1
"""The level of a digit to which a factor does not apply."""
_BINS: Final = 6
_FEW: Final = 16  # distinct values that are shown as they are
_SPOKEN: Final = ("px", "rad")  # units that a sentence gives with a number

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
    family : str
        Factors of one family are measures of one thing: a step of augmentation, or the spacing; empty for a thing by
        itself.
    sampled : bool
        Whether augmentation sampled it.
    touched : Factor or None
        Whether a step touched the digit, if this is a parameter of a step that does not touch all.
    """

    what: str
    levels: tuple[str, ...]
    phrases: tuple[str, ...]
    codes: Codes
    at_most: tuple[str, ...] = ()
    at_least: tuple[str, ...] = ()
    unit: str = ""
    family: str = ""
    sampled: bool = False
    touched: "Factor | None" = None

    @property
    def name(self) -> str:
        """Name of the thing, with its unit if it has one."""
        return with_unit(self.what, self.unit)


def numbers(what: str, noun: str, values: NDArray[Any], unit: str = "", *, missing: np.float32 | None = None) -> Factor:
    """Make a factor of numbers: each value a level where they are few, else ranges of equal width.

    Parameters
    ----------
    what, noun : str
        Name of the thing, and the words for it in a sentence.
    values : ndarray
        (T,): the number of each digit.
    unit : str
        Unit of the numbers, if they have one.
    missing : float32, optional
        The number of digits to which the factor does not apply; NaN by default.

    Returns
    -------
    Factor
        Its levels ascend.
    """
    applies = ~np.isnan(values) if missing is None else values != missing
    inside = values[applies].astype(np.float64)
    codes = np.full(len(values), NONE, np.int16)
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
