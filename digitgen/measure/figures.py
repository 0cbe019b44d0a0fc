"""The figures of a collection: each with its standard error, by bootstrap over strings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.measure.correlation import Variation, variation
from digitgen.measure.surround import PLACES, SIDES
from digitgen.measure.tables import Tables

PERCENTILES: Final = (5, 25, 50, 75, 95)
VARIED: Final = {"ink_grey": "grey", "stroke_width": "stroke", "slant": "slant", "relative_height": "height"}
"""Measures of digits whose likeness within a string is measured, with their columns."""
PERIODIC: Final = 0.1
"""A paper is patterned if its strongest pattern has at least this share of its variance."""
_SEED: Final = 17
_RESAMPLES: Final = 200

Values = dict[str, float]
"""Figures by key."""


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes
    ----------
    value : float or None
        Its value; None if it cannot be measured.
    error : float or None
        Its standard error.
    """

    value: float | None
    error: float | None


def figures(tables: Tables, *, resamples: int = _RESAMPLES) -> dict[str, Figure]:
    """Compute all figures of tables.

    Standard errors are the standard deviations of the same figures in bootstrap resamples of whole strings, as the
    digits of a string are alike (Efron 1979, doi:10.1214/aos/1176344552).

    Parameters
    ----------
    tables : Tables
        What was measured of n strings.
    resamples : int, default 200
        Number of bootstrap resamples.

    Returns
    -------
    dict of str to Figure
        By key, such as ``gap.p50``.
    """
    generator = np.random.Generator(np.random.PCG64DXSM(_SEED))
    count = len(tables.strings)
    found = values(tables)
    again = [values(tables.take(generator.integers(0, count, count))) for _ in range(resamples if count > 1 else 0)]
    result = {}
    for key, value in found.items():
        some = [each[key] for each in again if np.isfinite(each[key])]
        error = float(np.std(some, ddof=1)) if len(some) > 1 and np.isfinite(value) else None
        result[key] = Figure(float(value) if np.isfinite(value) else None, error)
    return result


def values(tables: Tables) -> Values:
    """Compute all figures of tables, without their errors; NaN where there is nothing to measure."""
    return {**_writing(tables), **_content(tables), **_tones(tables), **_around(tables)}


def _writing(tables: Tables) -> Values:
    """Say how digits stand and look."""
    residual, height = tables.digit("residual"), tables.digit("height")
    residual = residual[np.isfinite(residual)]
    fitted = int(np.isfinite(tables.string("slope")).sum())
    free = len(residual) - 2 * fitted
    found = {
        "touching": _mean(tables.pair("touching")),
        **_percentiles("gap", tables.pair("gap"), PERCENTILES),
        **_percentiles("height", height, (5, 50, 95)),
        "height.sd": _of(np.std, height),
        "baseline.sd": _of(np.std, residual),
        "baseline.jitter": float(np.sqrt((residual**2).sum() / free)) if free > 0 else np.nan,
        "slope.mean": _mean(tables.string("slope")),
        "slope.sd": _of(np.std, tables.string("slope")),
    }
    for name, column in VARIED.items():
        varied = variation(tables.digit(column), tables.digit_of, tables.classes)
        found |= {f"{name}.{each}": value for each, value in zip(Variation._fields, varied, strict=True)}
    return found


def _content(tables: Tables) -> Values:
    """Count what strings say."""
    texts = [text for text in tables.texts if text]
    zeros = np.array([text.endswith("00") for text in texts], np.float64)
    found = {"content.length": _mean(np.array([len(text) for text in texts], np.float64))}
    found["content.00"] = _mean(zeros)
    first = np.array([ord(text[0]) for text in texts], np.int64)
    for digit in range(10):
        found[f"content.first.{digit}"] = _mean((first == ord(str(digit))).astype(np.float64))
    return found


def _tones(tables: Tables) -> Values:
    """Greys, paper and photograph."""
    ink, paper = tables.string("ink"), tables.string("paper")
    peak, period = tables.string("peak"), tables.string("period")
    patterned = (peak >= PERIODIC).astype(np.float64)
    found = {"tones.dark": _mean(tables.string("dark"))}
    for name, column in (("ink", ink), ("paper", paper), ("contrast", np.abs(paper - ink) / 255)):
        found[f"tones.{name}.mean"], found[f"tones.{name}.sd"] = _mean(column), _of(np.std, column)
    for name in ("texture", "noise", "blur"):
        found |= _percentiles(f"paper.{name}", tables.string(name), (5, 50, 95))
    found["paper.patterned"] = _mean(np.where(np.isfinite(peak), patterned, np.nan))
    found["paper.period"] = _of(np.median, period[patterned > 0])
    found["paper.line"] = _mean(tables.string("line"))
    return found


def _around(tables: Tables) -> Values:
    """Margins, marks and sizes."""
    found: Values = {}
    for side in SIDES:
        found |= _percentiles(f"margin.{side}", tables.string(f"margin_{side}"), PERCENTILES)
        found[f"cut.{side}"] = _mean(tables.string(f"cut_{side}"))
    for place in PLACES:
        found[f"marks.{place}"] = _mean((tables.string(f"marks_{place}") > 0).astype(np.float64))
    for name in ("crop_height", "crop_width", "digit_height"):
        found[f"size.{name}"] = _of(np.median, tables.string(name))
    return found


def _percentiles(name: str, column: Floats, which: tuple[int, ...]) -> Values:
    """Percentiles of a column, by linear interpolation."""
    column = column[np.isfinite(column)]
    found = np.percentile(column, which) if len(column) else np.full(len(which), np.nan)
    return {f"{name}.p{each:02d}": float(value) for each, value in zip(which, found, strict=True)}


def _mean(column: Floats) -> float:
    """Mean of a column."""
    return _of(np.mean, column)


def _of(function: Callable[[Floats], np.floating], column: Floats) -> float:
    """A statistic of what is known of a column."""
    column = column[np.isfinite(column)]
    return float(function(column)) if len(column) else np.nan


def counts_of_lengths(tables: Tables) -> dict[int, int]:
    """Count the strings of each length."""
    lengths = np.bincount([len(text) for text in tables.texts if text] or [0])
    return {length: int(count) for length, count in enumerate(lengths) if count and length}


def counts_of_characters(tables: Tables, alphabet: str) -> tuple[dict[str, int], dict[str, int]]:
    """Count the characters of an alphabet in all strings, and at their beginning.

    Parameters
    ----------
    tables : Tables
        The strings; those whose text is not known do not count.
    alphabet : str
        The characters.

    Returns
    -------
    everywhere, first : dict of str to int
        How often each character occurs in all strings, and as the first of one.
    """
    whole = "".join(text for text in tables.texts if text)
    firsts = "".join(text[0] for text in tables.texts if text)
    return {each: whole.count(each) for each in alphabet}, {each: firsts.count(each) for each in alphabet}


def known(classes: Integers) -> bool:
    """Tell whether classes are known, so that class means can be subtracted."""
    return bool(len(classes)) and bool((classes >= 0).all())
