"""Where the digits stand: the law of the gaps, whether they fit, and the margins.

Gaps between neighbours are independent and uniform over the integers of `spacing_range`, both ends
included. Whether an image can be made depends on the arguments alone: each digit is counted with
its full cell (or, for ``unit="ink"``, with the widest ink in the bank). When only some gap vectors
fit the width, ``fit="conditional"`` draws uniformly among exactly those.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from digitgen.errors import ArgumentError
from digitgen.glyphs import CELL

Fit = Literal["conditional", "strict"]
Align = Literal["center", "left", "right", "random"]
Unit = Literal["cell", "ink"]

MAX_WIDTH: Final = 32_767
"""Widest image in px: what 16-bit coordinates and image libraries can address."""

_MAX_TABLE_BYTES: Final = 1 << 27  # for counting gap vectors


@dataclass(frozen=True)
class Layout:
    """How digits are placed on an image.

    Attributes
    ----------
    image_width : int
        Width of every image, px.
    spacing_range : (int, int)
        Smallest and largest gap between neighbours, px, both possible. Negative gaps overlap.
    fit : {"conditional", "strict"}
        What happens where the largest gaps do not fit: draw among the gap vectors that do, or refuse.
    unit : {"cell", "ink"}
        What gaps lie between: the 28 px cells, or the inked columns.
    align : {"center", "left", "right", "random"}
        Where the leftover width goes; of an odd leftover, center puts the odd pixel on the right.

    Raises
    ------
    ArgumentError
        If a value is not of its type or range.
    """

    image_width: int
    spacing_range: tuple[int, int]
    fit: Fit = "conditional"
    unit: Unit = "cell"
    align: Align = "center"

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_width", check_integer("image_width", self.image_width))
        if not 1 <= self.image_width <= MAX_WIDTH:
            raise ArgumentError(f"image_width must be from 1 to {MAX_WIDTH} px; got {self.image_width}")
        low, high = check_range("spacing_range", self.spacing_range)
        if low > high:
            raise ArgumentError(f"minimum spacing {low} is larger than maximum spacing {high}")
        if high > MAX_WIDTH:
            raise ArgumentError(f"maximum spacing must be at most {MAX_WIDTH} px; got {high}")
        object.__setattr__(self, "spacing_range", (low, high))
        for name, kind in (("fit", Fit), ("unit", Unit), ("align", Align)):
            choose(name, getattr(self, name), get_args(kind))

    def width_for(self, length: int, gap: int, ink_width: int) -> int:
        """Width in px that `length` digits need when every gap is `gap`."""
        return length * (CELL if self.unit == "cell" else ink_width) + (length - 1) * gap

    def gap_law(self, length: int, ink_width: int) -> "GapLaw":
        """The law of the gaps of a sequence, or an error if no such image can be made.

        Parameters
        ----------
        length : int
            Number of digits, at least 1.
        ink_width : int
            Width of the widest ink in the bank, px; matters for ``unit="ink"`` alone.

        Raises
        ------
        ArgumentError
            If even the smallest gaps do not fit, or `fit` is strict and the largest do not; the
            message gives the smallest width that works.
        """
        low, high = self.spacing_range
        # A cell never starts at or before its neighbour's start. Ink widths vary, so a narrow digit may;
        # half of the widest ink is the deepest overlap at which every sequence stays inside the width
        # that is asked for here.
        lowest = -(CELL - 1) if self.unit == "cell" else -(ink_width // 2)
        if low < lowest:
            raise ArgumentError(f"gaps of {low} px are too negative; with unit={self.unit!r} the least is {lowest}")
        needed = self.width_for(length, low if self.fit == "conditional" else high, ink_width)
        if needed > self.image_width:
            what = "largest" if self.fit == "strict" else "smallest"
            raise ArgumentError(
                f"{length} {'digit needs' if length == 1 else 'digits need'} at least {needed} px "
                f"(each {self.width_for(1, 0, ink_width)}, {what} gap {high if self.fit == 'strict' else low}); "
                f"image_width is {self.image_width}"
            )
        count = length - 1
        slack = min(self.image_width - self.width_for(length, low, ink_width), count * (high - low))
        law = GapLaw(count, low, high, slack)
        if law.conditioned and _table_bytes(high - low + 1, count, slack) > _MAX_TABLE_BYTES:
            raise ArgumentError(
                f"the ways to fit {count} gaps of {low} to {high} px into {slack} px are too many to count exactly; "
                f"make the image at least {self.width_for(length, high, ink_width)} px wide, or the range smaller"
            )
        return law


def choose(name: str, value: object, allowed: Sequence[str]) -> None:
    """Refuse a value that is not among the allowed words."""
    if not isinstance(value, str) or value not in allowed:
        raise ArgumentError(f"{name} must be one of {', '.join(allowed)}; got {value!r}")


def check_integer(name: str, value: object) -> int:
    """Refuse what is no integer, a truth value included."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"{name} must be an integer; got {value!r} ({type(value).__name__})")
    return int(value)


def check_range(name: str, value: object) -> tuple[int, int]:
    """Refuse what is not two integers."""
    if not isinstance(value, list | tuple | np.ndarray) or np.shape(value) != (2,):
        raise ArgumentError(f"{name} must be (minimum, maximum), two integers; got {value!r}")
    low, high = value
    return check_integer(f"the minimum of {name}", low), check_integer(f"the maximum of {name}", high)


@dataclass(frozen=True)
class GapLaw:
    """The uniform law over the vectors of `count` gaps from `low` to `high` that fit.

    With each gap written as ``low + step``, the vectors that fit are those whose steps add up to at
    most `slack`. They are counted by dynamic programming, and a vector is drawn by drawing its rank
    among them and taking the rank apart gap by gap: no rejection, and exactly uniform.

    Attributes
    ----------
    count : int
        Gaps in a vector; digits less one.
    low, high : int
        Smallest and largest gap, px.
    slack : int
        Px that are left over when every gap is `low`; 0 or more.
    """

    count: int
    low: int
    high: int
    slack: int

    @property
    def conditioned(self) -> bool:
        """Whether some gap vectors do not fit."""
        return self.slack < self.count * (self.high - self.low)

    @property
    def acceptance(self) -> float:
        """The share of all gap vectors that fit; 1 if the law is not conditioned."""
        return float(Fraction(self._ways, self._choices**self.count)) if self.conditioned else 1.0

    @property
    def _choices(self) -> int:
        """How many gaps there are to choose from."""
        return self.high - self.low + 1

    @property
    def _ways(self) -> int:
        """How many vectors fit."""
        table = _counts(self._choices).up_to(self.count, self.slack)[self.count]
        return int(table[self.slack]) - (int(table[self.slack - 1]) if self.slack else 0)

    def sample(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        """Draw gap vectors.

        Parameters
        ----------
        rng : numpy.random.Generator
            To draw from.
        size : int
            Number of vectors, N.

        Returns
        -------
        ndarray
            (N, count) int64, px.
        """
        if not self.conditioned:
            return rng.integers(self.low, self.high, size=(size, self.count), endpoint=True)
        tables = _counts(self._choices).up_to(self.count, self.slack)
        rank = _uniform_below(rng, self._ways, size)
        budget = np.full(size, self.slack)
        gaps = np.empty((size, self.count), np.int64)
        for k in range(self.count):
            # With m gaps to come, a step s is followed by ways(m, budget - s) vectors. Ranks are
            # dealt to s = 0 first; those up to s together have table[budget] - table[budget - s - 1].
            table = tables[self.count - 1 - k]
            there = table[budget] - rank
            left = np.searchsorted(table, there)
            rank = table[left] - there
            gaps[:, k] = self.low + budget - left
            budget = left
        return gaps


def _table_bytes(choices: int, count: int, slack: int) -> float:
    """About how much memory the counts for `count` gaps take."""
    bits = count * math.log2(choices) + math.log2(slack + 1)
    item = 8 if bits < 63 else 40 + bits / 8  # an int64, or a Python integer and a pointer to it
    return item * (count + 1) * (slack + 1)


class _Counts:
    """How many vectors of steps there are, each step one of `choices`; grows as it is asked for more.

    Table k has at place b the sum over all b' <= b of the vectors of k steps that add up to at most b'.
    """

    def __init__(self, choices: int) -> None:
        self._choices = choices
        self._tables: list[NDArray[Any]] = []

    def up_to(self, count: int, slack: int) -> list[NDArray[Any]]:
        """Tables 0 to `count` at least, each with places 0 to `slack` at least."""
        tables = self._tables
        if not tables or len(tables[0]) <= slack or len(tables) <= count:
            most = max(count, len(tables) - 1), max(slack, len(tables[0]) - 1 if tables else 0)
            if _table_bytes(self._choices, *most) <= _MAX_TABLE_BYTES:
                count, slack = most
            else:  # together they would take too much: forget what was asked for before
                tables = []
        if not tables or len(tables[0]) <= slack:
            tables = [np.arange(1, slack + 2)]
        while len(tables) <= count:
            ways = tables[-1].copy()
            ways[self._choices :] -= tables[-1][: -self._choices]
            bits = len(tables) * math.log2(self._choices) + math.log2(len(ways))
            # Python's integers, where the sums may exceed 64 bits.
            tables = [*tables, np.cumsum(ways if bits < 62 else ways.astype(object))]
        self._tables = tables
        return tables


@lru_cache(maxsize=8)
def _counts(choices: int) -> _Counts:
    """The counts for one number of choices, which all lengths share and every chunk needs again."""
    return _Counts(choices)


def _uniform_below(rng: np.random.Generator, total: int, size: int) -> NDArray[Any]:
    """Uniform integers from 0 up to `total`; beyond 64 bits they are Python's, biased by less than 2**-64."""
    if total < 2**63:
        return rng.integers(total, size=size)
    width = (total.bit_length() + 64 + 7) // 8
    data = rng.bytes(width * size)
    draws = (int.from_bytes(data[k : k + width], "little") for k in range(0, len(data), width))
    return np.array([(draw * total) >> (8 * width) for draw in draws], object)


def draw_gaps(
    rng: np.random.Generator, layout: Layout, lengths: NDArray[np.int64], ink_width: int
) -> NDArray[np.int64]:
    """Draw the gaps of sequences of any lengths.

    Parameters
    ----------
    rng : numpy.random.Generator
        To draw from.
    layout : Layout
        The law.
    lengths : ndarray
        (N,) int64: digits of each sequence, at least 1.
    ink_width : int
        Width of the widest ink in the bank, px.

    Returns
    -------
    ndarray
        (T - N,) int64: the gaps in px, one sequence after the other.

    Raises
    ------
    ArgumentError
        If a length does not fit.
    """
    gaps = np.empty(int(lengths.sum()) - len(lengths), np.int64)
    ends = np.cumsum(lengths - 1)
    for length in np.unique(lengths):
        law = layout.gap_law(int(length), ink_width)
        rows = np.flatnonzero(lengths == length)
        places = (ends[rows] - (length - 1))[:, None] + np.arange(length - 1)
        gaps[places] = law.sample(rng, len(rows))
    return gaps


def place(
    rng: np.random.Generator,
    layout: Layout,
    lengths: NDArray[np.int64],
    gaps: NDArray[np.int64],
    widths: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Turn gaps into positions.

    Parameters
    ----------
    rng : numpy.random.Generator
        Drawn from only for ``align="random"``.
    layout : Layout
        Width and alignment.
    lengths : ndarray
        (N,) int64: digits of each sequence.
    gaps : ndarray
        (T - N,) int64, px.
    widths : ndarray
        (T,) int64: width of each digit in the layout's unit, px.

    Returns
    -------
    ndarray
        (T,) int64: left edge of each digit in the layout's unit, px; its right edge is inside the image.
    """
    ends = np.cumsum(lengths)
    starts = ends - lengths
    advance = np.zeros(len(widths), np.int64)
    followers = np.ones(len(widths), bool)
    followers[starts] = False
    advance[followers] = widths[np.flatnonzero(followers) - 1] + gaps
    x: NDArray[np.int64] = np.cumsum(advance)
    x -= np.repeat(x[starts], lengths)
    # Under deep overlap a narrow digit may reach further left, or a wide one further right, than
    # the first and the last, so the extent is that of all digits.
    left = np.minimum.reduceat(x, starts)
    margin = layout.image_width - (np.maximum.reduceat(x + widths, starts) - left)
    match layout.align:
        case "left":
            shift = -left
        case "right":
            shift = margin - left
        case "center":
            shift = margin // 2 - left
        case "random":
            shift = rng.integers(0, margin, endpoint=True) - left
    x += np.repeat(shift, lengths)
    return x
