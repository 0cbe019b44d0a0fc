"""The law of a single gap: a range, or quantiles, and the share of neighbours that touch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

from digitgen.checks import check_range, plain
from digitgen.compose.gaps import GapLaw, UniformGaps
from digitgen.compose.weighted_gaps import WeightedGaps
from digitgen.errors import ArgumentError
from digitgen.format import CELL, MAX_WIDTH
from digitgen.messages import shown

MOST_QUANTILES: Final = 100

LEAST_GAP: Final = 1 - CELL
"""The deepest overlap that any unit allows, px."""

Quantiles = Mapping[Any, float] | tuple[tuple[float, float], ...]
"""Probabilities from 0 to 1, and the px below which a gap is so likely."""


@dataclass(frozen=True)
class Spacing:
    """The law of the gap between neighbours, in whole px; gaps are independent but for having to fit.

    Attributes
    ----------
    range : (int, int), optional
        Smallest and largest gap, px: uniform, both ends included.
    quantiles : mapping of float to float, optional
        In place of `range`: px by probability, from 0 to 1. The law is that of the quantile function that is linear
        between them, rounded to whole px, halves up.
    touching : float, optional
        Probability of a gap of 0 px or less: gaps of up to 0 px, and those above, keep their shares among each other.

    Raises
    ------
    ArgumentError
        If a value is wrong, or not just one of `range` and `quantiles` is given. Its key is the name of the value.

    Examples
    --------
    >>> spacing = Spacing(quantiles={0: -2, 0.5: 1, 1: 4})
    >>> spacing.low, spacing.high, [round(float(each), 3) for each in spacing.weights]
    (-2, 4, [0.083, 0.167, 0.167, 0.167, 0.167, 0.167, 0.083])
    >>> spacing = Spacing((-3, 4), touching=0.2)
    >>> [round(float(each), 3) for each in spacing.weights]
    [0.05, 0.05, 0.05, 0.05, 0.2, 0.2, 0.2, 0.2]
    """

    range: tuple[int, int] | None = None
    quantiles: Quantiles | None = None
    touching: float | None = None

    def __post_init__(self) -> None:
        if (self.range is None) == (self.quantiles is None):
            if self.range is None:
                raise ArgumentError("is missing; give a range of gaps, or their quantiles", "range")
            raise ArgumentError("excludes range; leave one of the two out", "quantiles")
        if self.range is not None:
            object.__setattr__(self, "range", _checked_range(self.range))
        else:
            object.__setattr__(self, "quantiles", _checked_quantiles(self.quantiles))
        if self.touching is not None:
            object.__setattr__(self, "touching", _checked_share(self.touching))
            _ = self._law  # refuses a share that no gap can have

    @property
    def uniform(self) -> bool:
        """Whether all gaps of the range are equally likely."""
        return self.quantiles is None and self.touching is None

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """The quantiles: probability and px of each, in ascending order; none of a range."""
        return self.quantiles if isinstance(self.quantiles, tuple) else ()

    @property
    def low(self) -> int:
        """The smallest gap that is possible, px."""
        return self.range[0] if self.uniform and self.range else self._law[0]

    @property
    def high(self) -> int:
        """The largest gap that is possible, px."""
        return self.range[1] if self.uniform and self.range else self._law[0] + len(self._law[1]) - 1

    @property
    def weights(self) -> tuple[Fraction, ...]:
        """The probability of each gap from `low` to `high`."""
        return self._law[1]

    @property
    def kind(self) -> str:
        """The law in few words that follow "gaps"."""
        return "are uniform" if self.uniform else "follow their law"

    @property
    def words(self) -> str:
        """The law in words that follow "gaps"."""
        if self.uniform:
            return f"{self.kind} from {self.low} to {self.high} px"
        share = "" if self.touching is None else f", {100 * self.touching:.6g} % of them up to 0 px"
        if self.range:
            return f"are from {self.low} to {self.high} px{share}"
        return f"have the quantiles asked for, from {self.low} to {self.high} px{share}"

    def law(self, count: int, slack: int) -> GapLaw:
        """Make the law of a vector of gaps.

        Parameters
        ----------
        count : int
            Number of gaps.
        slack : int
            Px that are left over when every gap is `low`; 0 or more.

        Returns
        -------
        GapLaw
            The law of those that fit.
        """
        if self.uniform:
            return UniformGaps(count, self.low, self.high, slack)
        return WeightedGaps(count, self.low, self.high, slack, tuple(map(float, self.weights)))

    @cached_property
    def _law(self) -> tuple[int, tuple[Fraction, ...]]:
        """The smallest gap, and the probability of each from there on."""
        if self.range:
            first, last = self.range
            law = [Fraction(1, last - first + 1)] * (last - first + 1)
        else:
            first, law = _rounded([(_exactly(p), _exactly(px)) for p, px in self.points])
        if self.touching is not None:
            law = _reweighted(law, max(1 - first, 0), _exactly(self.touching))
        there = [place for place, share in enumerate(law) if share]
        return first + there[0], tuple(law[there[0] : there[-1] + 1])


def as_spacing(value: Any) -> Spacing:
    """Turn a pair of integers into the uniform law of that range, and leave a law as it is.

    Parameters
    ----------
    value : (int, int) or Spacing
        What a caller gave as ``spacing_range``.

    Returns
    -------
    Spacing
        The law.

    Raises
    ------
    ArgumentError
        If it is neither.
    """
    return value if isinstance(value, Spacing) else Spacing(check_range("spacing_range", value))


def _exactly(number: float) -> Fraction:
    """The number that is written so: of 0.3, three tenths."""
    return Fraction(repr(number))


def _checked_range(value: Any) -> tuple[int, int]:
    """Check a smallest and a largest gap."""
    low, high = check_range("spacing_range", value)
    if low > high:
        raise ArgumentError(f"minimum spacing {low} is larger than maximum spacing {high}")
    if low < -MAX_WIDTH:
        raise ArgumentError(f"minimum spacing must be at least -{MAX_WIDTH} px; got {shown(low)}")
    if high > MAX_WIDTH:
        raise ArgumentError(f"maximum spacing must be at most {MAX_WIDTH} px; got {high}")
    return low, high


def _number(value: object, low: float, high: float) -> float | None:
    """A number within bounds, or a text that is one; None for anything else."""
    number = plain(value)
    if isinstance(number, str):
        try:
            number = float(number)
        except ValueError:
            return None
    if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
        return None
    return int(number) if number == int(number) else float(number)


def _checked_share(value: object) -> float:
    """Check the share of neighbours that touch."""
    share = None if isinstance(value, str) else _number(value, 0, 1)
    if share is None:
        raise ArgumentError(f"must be a share, a number from 0 to 1; got {shown(value)}", "touching")
    return share


def _checked_quantiles(value: Any) -> tuple[tuple[float, float], ...]:
    """Check quantiles: pairs of probability and px, in ascending order, with those of 0 and 1."""
    example = "a map from probabilities to px, such as {0: -5, 0.5: 2, 1: 12}"
    pairs = list(value.items()) if isinstance(value, Mapping) else value
    two = isinstance(pairs, list | tuple) and all(isinstance(each, list | tuple) and len(each) == 2 for each in pairs)
    if not two:
        raise ArgumentError(f"must be {example}; got {shown(value)}", "quantiles")
    if len(pairs) > MOST_QUANTILES:
        raise ArgumentError(f"must be at most {MOST_QUANTILES}; got {len(pairs)}", "quantiles")
    found: dict[float, float] = {}
    for key, px in pairs:
        where = "quantiles", str(plain(key))
        probability, gap = _number(key, 0, 1), None if isinstance(px, str) else _number(px, LEAST_GAP, MAX_WIDTH)
        if probability is None:
            raise ArgumentError(f"must be {example}; {shown(plain(key))} is no probability", *where)
        if gap is None:
            raise ArgumentError(
                f"must be a gap, a number of px from {LEAST_GAP} to {MAX_WIDTH}; got {shown(px)}", *where
            )
        if probability in found:
            raise ArgumentError("comes twice", *where)
        found[probability] = gap
    for end in (0, 1):
        if end not in found:
            raise ArgumentError(f"must have the {'largest' if end else 'smallest'} gap, at {end}", "quantiles")
    ordered = tuple(sorted(found.items()))
    for (one, below), (other, above) in pairwise(ordered):
        if below > above:
            raise ArgumentError(f"must not decrease; got {below} px at {one} and {above} px at {other}", "quantiles")
    return ordered


def _rounded(points: Sequence[tuple[Fraction, Fraction]]) -> tuple[int, list[Fraction]]:
    """Round the law that quantiles have to whole px: the smallest, and the probability of each from there on."""
    half = Fraction(1, 2)
    first, last = (math.floor(px + half) for px in (points[0][1], points[-1][1]))
    law, below, segment = [], Fraction(0), 0
    for gap in (*range(first, last), None):
        up_to = Fraction(1)
        if gap is not None:  # the probability of less than half a px more than that
            edge = gap + half
            while points[segment + 1][1] < edge:
                segment += 1
            (low, start), (high, end) = points[segment : segment + 2]
            up_to = low + (edge - start) / (end - start) * (high - low)
        law.append(up_to - below)
        below = up_to
    return first, law


def _reweighted(law: list[Fraction], touching: int, share: Fraction) -> list[Fraction]:
    """Give the first `touching` gaps of a law a share together, and the others the rest."""
    parts = law[:touching], law[touching:]
    weights = []
    for part, wanted, side in zip(parts, (share, 1 - share), ("of 0 px or less", "above 0 px"), strict=True):
        total = sum(part, Fraction(0))
        if wanted and not total:
            raise ArgumentError(f"needs gaps {side}, of which the law has none; got {float(share):g}", "touching")
        weights += [each * wanted / total if total else each for each in part]
    return weights
