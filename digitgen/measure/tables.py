"""Tables of what was measured, one row a digit, a pair or a string; and samples of their strings."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.measure.digits import DIGIT, PAIR, Digits
from digitgen.measure.paper import PAPER, Paper
from digitgen.measure.surround import PLACES, SIDES, Surround

STRING = (
    *("dark", "ink", "paper", *PAPER),
    *(f"margin_{each}" for each in SIDES),
    *(f"frame_{each}" for each in SIDES),
    *(f"cut_{each}" for each in SIDES),
    *(f"marks_{each}" for each in PLACES),
    *("slope", "spread", "crop_height", "crop_width", "digit_height"),
)
"""Columns of what is measured of a string.

The `slope` is that of the line through the bottoms of its digits' boxes, px up for each px to the right; the `spread`
is the sum of squares of their distances from the middle along the line, in heights. Both are NaN below 3 digits.
"""


@dataclass(frozen=True, eq=False)
class Tables:
    """Measures of n strings.

    Attributes
    ----------
    digits : ndarray
        (d, 8) float64: the columns `DIGIT`, and `residual`: how far the bottom of the box lies below the line through
        all of its string, in heights; NaN below 3 digits.
    classes : ndarray
        (d,) int64: code point of the character, -1 if it is not known.
    pairs : ndarray
        (p, 2) float64: the columns `PAIR`.
    strings : ndarray
        (n, k) float64: the columns `STRING`.
    digit_of, pair_of : ndarray
        (d,) and (p,) int64: the string that each belongs to, in order.
    texts : list of str or None
        What each string says.
    """

    digits: Floats
    classes: Integers
    pairs: Floats
    strings: Floats
    digit_of: Integers
    pair_of: Integers
    texts: list[str | None]

    def digit(self, name: str) -> Floats:
        """(d,): a column of digits."""
        return self.digits[:, (*DIGIT, "residual").index(name)]

    def pair(self, name: str) -> Floats:
        """(p,): a column of pairs."""
        return self.pairs[:, PAIR.index(name)]

    def string(self, name: str) -> Floats:
        """(n,): a column of strings."""
        return self.strings[:, STRING.index(name)]

    @cached_property
    def _starts(self) -> tuple[Integers, Integers]:
        """First row of each string among digits and among pairs, and the end."""
        ends = np.arange(len(self.strings) + 1)
        return np.searchsorted(self.digit_of, ends), np.searchsorted(self.pair_of, ends)

    def take(self, rows: Integers) -> "Tables":
        """Take some strings, as often as they are named; each is a string of its own."""
        (digits, digit_of), (pairs, pair_of) = (_expand(starts, rows) for starts in self._starts)
        texts = [self.texts[row] for row in rows.tolist()]
        return Tables(
            self.digits[digits], self.classes[digits], self.pairs[pairs], self.strings[rows], digit_of, pair_of, texts
        )


def _expand(starts: Integers, rows: Integers) -> tuple[Integers, Integers]:
    """Rows of some groups that lie one after the other, and the number of the group that each is of."""
    counts = starts[rows + 1] - starts[rows]
    groups = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return starts[rows][groups] + within, groups


@dataclass(frozen=True, eq=False)
class Row:
    """Measures of one string.

    Attributes
    ----------
    digits, paper, surround
        Its parts.
    dark : bool
        Whether its ink is darker than its paper.
    size : (float, float, float)
        Height and width of the crop, and median height of the digits, px.
    text : str or None
        What it says.
    classes : list of int
        Code point of each digit, -1 if it is not known.
    """

    digits: Digits
    paper: Paper
    surround: Surround
    dark: bool
    size: tuple[float, float, float]
    text: str | None
    classes: list[int]


def tables(rows: list[Row]) -> Tables:
    """Put rows into tables."""
    digits, strings, pairs = [], [], [np.empty((0, len(PAIR)))]
    for row in rows:
        slope, spread, residuals = _line(row.digits.digits)
        digits.append(np.column_stack([row.digits.digits, residuals]))
        pairs.append(row.digits.pairs)
        around = row.surround
        paper = row.paper
        strings.append(
            np.concatenate(
                [
                    [row.dark, paper.ink, paper.paper],
                    *(paper.values, around.margins, around.frame, around.cut, around.marks),
                    [slope, spread, *row.size],
                ]
            )
        )
    counts = [len(each) for each in digits]
    numbers = np.arange(len(rows))
    return Tables(
        np.concatenate(digits),
        np.array([each for row in rows for each in row.classes], np.int64),
        np.concatenate(pairs),
        np.array(strings, np.float64),
        np.repeat(numbers, counts),
        np.repeat(numbers, [len(row.digits.pairs) for row in rows]),
        [row.text for row in rows],
    )


def _line(digits: Floats) -> tuple[float, float, Floats]:
    """Fit a line through the bottoms of digits: its slope upwards, sum of squares along it, and residuals."""
    bottom, middle = digits[:, DIGIT.index("bottom")], digits[:, DIGIT.index("middle")]
    along = middle - middle.mean()
    spread = float((along * along).sum())
    if len(digits) < 3 or not spread:
        return np.nan, np.nan, np.full(len(digits), np.nan)
    slope = float((along * bottom).sum()) / spread
    residuals: Floats = bottom - bottom.mean() - slope * along
    return -slope, spread, residuals
