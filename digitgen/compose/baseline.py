"""The line that digits stand on: how it slopes and bends, how far digits leave it, and where it lies in an image."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.augment.numerics.normal import standard_normal
from digitgen.checks import plain
from digitgen.errors import ArgumentError
from digitgen.messages import shown

if TYPE_CHECKING:
    from digitgen.compose.layout import VerticalAlign

MOST_JITTER: Final = 1.0
MOST_SLOPE: Final = 1.0
MOST_CURVE: Final = 0.5

_CUT: Final = 4.0  # standard deviations beyond which jitter does not go: so there is room that is enough


@dataclass(frozen=True)
class Baseline:
    """The law of the line that the ink of digits stands on.

    Each string has a line of its own, and each digit leaves it by its own jitter. The line is taken where a digit's ink
    has its middle.

    Attributes
    ----------
    jitter : float, default 0
        Standard deviation of the distance of a digit's bottom from the line, in heights of its ink, 0 to 1; normal, cut
        off at four of them.
    slope : (float, float) or float, default (0, 0)
        Least and greatest slope of the line, px up for each px to the right, -1 to 1; uniform. One number stands for
        both.
    curve : (float, float) or float, default (0, 0)
        Least and greatest curve of the line, -0.5 to 0.5; uniform: so many lengths of the string is its middle above
        its ends. The line is a parabola. One number stands for both.

    Raises
    ------
    ArgumentError
        If a value is wrong. Its key is the name of the value.

    Examples
    --------
    Strings that rise by 10 px on 100 px:

    >>> Baseline(slope=0.1).slope
    (0.1, 0.1)
    """

    jitter: float = 0.0
    slope: tuple[float, float] | float = (0.0, 0.0)
    curve: tuple[float, float] | float = (0.0, 0.0)

    def __post_init__(self) -> None:
        jitter = _number(self.jitter, 0, MOST_JITTER)
        if jitter is None:
            raise ArgumentError(f"must be a number from 0 to {MOST_JITTER:g}; got {shown(self.jitter)}", "jitter")
        object.__setattr__(self, "jitter", jitter)
        object.__setattr__(self, "slope", _ends("slope", self.slope, MOST_SLOPE))
        object.__setattr__(self, "curve", _ends("curve", self.curve, MOST_CURVE))

    @property
    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Least and greatest slope, and least and greatest curve."""
        slope, curve = (each if isinstance(each, tuple) else (each, each) for each in (self.slope, self.curve))
        return slope, curve

    def height_for(self, width: int, ink_height: int) -> int:
        """Add up the height that the ink of a string can take.

        Parameters
        ----------
        width : int
            Width of the ink of the string, px.
        ink_height : int
            Height of the highest ink of a digit, px.

        Returns
        -------
        int
            The height, px: with as much, no digit is ever kept from its place.
        """
        most = [max(abs(end) for end in ends) for ends in self.ends]
        moved = sum(most) * max(width, 0) + 2 * _CUT * self.jitter * ink_height
        return ink_height + (math.ceil(moved) + 1 if moved else 0)  # one for rounding


def sample_tops_on_line(
    rng: np.random.Generator,
    baseline: Baseline,
    lengths: Integers,
    ink: Integers,
    x: Integers,
    image_height: int,
    vertical_align: "VerticalAlign",
) -> Integers:
    """Choose where cells stand so that the ink in them stands on a line.

    The ink of each string as a whole is put where `vertical_align` says. Where it is higher than the image, its middle
    is put into the middle of the image, and digits that stick out are pushed back just so far that they do not.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator to sample from.
    baseline : Baseline
        The law of the line.
    lengths : ndarray
        (N,) int64: digits of each string; T is their sum.
    ink : ndarray
        (T, 4) int64: left, top, right and bottom of each digit's ink in its cell, px.
    x : ndarray
        (T,) int64: left edge of each cell as the string stands level, px; where the string begins does not matter.
    image_height : int
        Height of the images, px.
    vertical_align : {"center", "top", "bottom", "random"}
        Place of the ink of a string in the leftover height; if that is odd, center puts the odd pixel below.

    Returns
    -------
    ndarray
        (T,) int64: top edge of each cell, px. All ink lies inside the image.
    """
    starts = np.cumsum(lengths) - lengths
    slope, curve = (_uniform(rng, ends, len(lengths)) for ends in baseline.ends)
    heights = ink[:, 3] - ink[:, 1]
    down = np.clip(standard_normal(rng, len(x)), -_CUT, _CUT) * (baseline.jitter * heights)
    down -= _rise(starts, lengths, 2 * x + ink[:, 0] + ink[:, 2], (x + ink[:, 0], x + ink[:, 2]), slope, curve)
    bottom = np.rint(down).astype(np.int64)
    top = bottom - heights
    first, last = np.minimum.reduceat(top, starts), np.maximum.reduceat(bottom, starts)
    leftover = image_height - (last - first)
    match vertical_align:
        case "top":
            above = np.zeros_like(leftover)
        case "bottom":
            above = leftover
        case "random":
            above = rng.integers(0, np.maximum(leftover, 0), endpoint=True)
        case _:
            above = leftover // 2
    above = np.where(leftover < 0, leftover // 2, above)
    top += np.repeat(above - first, lengths)
    np.clip(top, 0, image_height - heights, out=top)
    top -= ink[:, 1]
    return top


def _rise(
    starts: Integers,
    lengths: Integers,
    middle: Integers,
    sides: tuple[Integers, Integers],
    slope: Floats,
    curve: Floats,
) -> Floats:
    """The rise of lines at some digits, px; `middle` is twice their middle, and `sides` are those of their ink."""
    left, right = np.minimum.reduceat(sides[0], starts), np.maximum.reduceat(sides[1], starts)
    across = np.repeat(right - left, lengths).astype(np.float64)
    beside = (middle - np.repeat(left + right, lengths)) / 2  # of the middle of the string
    place = beside / np.maximum(across, 1)
    rise: Floats = np.repeat(slope, lengths) * beside + np.repeat(curve, lengths) * across * (1 - 4 * place * place)
    return rise


def _uniform(rng: np.random.Generator, ends: tuple[float, float], count: int) -> Floats:
    """Numbers from one to another."""
    low, high = ends
    return low + (high - low) * rng.random(count)


def _number(value: object, low: float, high: float) -> float | None:
    """A number within bounds; None for anything else."""
    number = plain(value)
    if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
        return None
    return float(number)


def _ends(name: str, value: Any, most: float) -> tuple[float, float]:
    """Check a range of numbers, for which one may stand."""
    given = plain(value)
    pair = list(given) if isinstance(given, list | tuple) else [given, given]
    ends = [_number(each, -most, most) for each in pair]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        wanted = f"a number from -{most:g} to {most:g} or two of them, such as [-0.05, 0.05]"
        raise ArgumentError(f"must be {wanted}; got {shown(value)}", name)
    if ends[0] > ends[1]:
        raise ArgumentError(f"the least, {ends[0]:g}, is larger than the most, {ends[1]:g}", name)
    return ends[0], ends[1]
