"""The parameters of a recipe's writing, and the statistics of strings from which each is found."""

import math
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.measure.correlation import variation
from digitgen.measure.tables import Tables

HEIGHT: Final = 18
"""Height of digits in a recipe that is calibrated, px: in cells of 28 px, some can be half as high again."""
PROBABILITIES: Final = (0.005, 0.05, 0.25, 0.5, 0.75, 0.95, 0.995)
"""Probabilities of the quantiles of gaps; the first and the last stand for 0 and 1."""
VARIED: Final = ("mean", "between", "within")
_SEED: Final = 17
_RESAMPLES: Final = 100

Parameters = dict[str, float]
"""Parameters by name; NaN where they cannot be found.

height.spread
    Standard deviation of the heights of one string's digits, px.
slant.mean, slant.between, slant.within
    Mean slant, rad; standard deviation of strings, and of the digits of a string.
stroke.mean, stroke.between, stroke.within
    Thickness of strokes in the same way, px.
gap.0.05 and so on
    Quantiles of gaps, px.
baseline.jitter
    Standard deviation of the distance from the baseline / height.
baseline.slope
    Standard deviation of the slope of the baseline, px/px.
touching
    Share of neighbours in one connected piece.
"""


def statistics(tables: Tables) -> Parameters:
    """Compute the statistics that correspond to the parameters, in px of digits that are 18 px high.

    Slants and strokes are those of digits whose ink no neighbour touches, with class means subtracted. Quantiles of
    gaps are those of gaps spread over the px to which they were rounded. The slope's variance is that of fitted lines
    less what the digits' distances from the line add: jitter^2 / sum((x - mean x)^2).

    Parameters
    ----------
    tables : Tables
        What was measured of n strings.

    Returns
    -------
    dict of str to float
        By the names of `Parameters`.
    """
    whole = tables.digit("whole") > 0
    heights = variation(tables.digit("height"), tables.digit_of, np.zeros_like(tables.classes))
    found = {"height.spread": HEIGHT * heights.within}
    slants = np.arctan(tables.digit("slant"))
    for name, column in (("slant", slants), ("stroke", HEIGHT * tables.digit("stroke"))):
        varied = variation(column, tables.digit_of, tables.classes, whole)
        values = (varied.mean, varied.between, varied.within)
        found |= {f"{name}.{key}": value for key, value in zip(VARIED, values, strict=True)}
    found |= _gaps(tables) | _baseline(tables)
    touching = tables.pair("touching")
    touching = touching[np.isfinite(touching)]
    found["touching"] = float(touching.mean()) if len(touching) else math.nan
    return {name: float(value) for name, value in found.items()}


def standard_errors(tables: Tables) -> Parameters:
    """Estimate the standard errors of these statistics by bootstrap over strings."""
    generator = np.random.Generator(np.random.PCG64DXSM(_SEED))
    count = len(tables.strings)
    again = [statistics(tables.take(generator.integers(0, count, count))) for _ in range(_RESAMPLES)]
    return {name: float(np.std([each[name] for each in again], ddof=1)) for name in again[0]}


def _gaps(tables: Tables) -> Parameters:
    """Quantiles of gaps, each gap spread evenly over its px."""
    gaps = tables.pair("gap")
    unit = HEIGHT / tables.string("digit_height")[tables.pair_of]
    known = np.isfinite(gaps)
    spread = np.random.Generator(np.random.PCG64DXSM(_SEED)).random(len(gaps)) - 0.5
    px = (HEIGHT * gaps + unit * spread)[known]
    found = np.quantile(px, PROBABILITIES) if len(px) else np.full(len(PROBABILITIES), math.nan)
    return {f"gap.{probability}": value for probability, value in zip(PROBABILITIES, found.tolist(), strict=True)}


def _baseline(tables: Tables) -> Parameters:
    """Jitter and slope, each less what the other, or the fit, adds."""
    residuals = tables.digit("residual")
    residuals = residuals[np.isfinite(residuals)]
    slopes, spreads = tables.string("slope"), tables.string("spread")
    fitted = np.isfinite(slopes)
    free = len(residuals) - 2 * int(fitted.sum())
    if free < 1:
        return {"baseline.jitter": math.nan, "baseline.slope": math.nan}
    variance = float((residuals**2).sum()) / free
    added = variance * float((1 / spreads[fitted]).mean())
    slope = math.sqrt(max(0.0, float(np.var(slopes[fitted])) - added))
    return {"baseline.jitter": math.sqrt(variance), "baseline.slope": slope}


def counted_lengths(texts: list[str | None], longest: int = 255) -> dict[int, int]:
    """Count the strings of each length.

    Parameters
    ----------
    texts : list of str or None
        The strings; None if one is not known.
    longest : int, default 255
        Longer ones are not counted.

    Returns
    -------
    dict of int to int
        Counts of the lengths that occur.
    """
    counts: Integers = np.bincount([len(text) for text in texts if text] or [0], minlength=1)
    return {length: int(count) for length, count in enumerate(counts) if count and 0 < length <= longest}


def monotone(values: list[float]) -> Floats:
    """Raise values so that none is below the one before."""
    return np.maximum.accumulate(np.array(values, np.float64))
