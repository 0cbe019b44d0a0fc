"""The charts of what was measured: one collection in blue, the one beside it in orange."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from digitgen.arrays import Floats
from digitgen.look.kit.plot import BLUE, GREY, ORANGE, svg
from digitgen.measure.figures import counts_of_characters, counts_of_lengths
from digitgen.measure.measure import Measured

_COLOURS = (BLUE, ORANGE)
_BINS = 30


def histogram(columns: Sequence[Floats], label: str, low: float, high: float) -> bytes:
    """Plot the distributions of a measure as outlines, each as shares of its own.

    Parameters
    ----------
    columns : sequence of ndarray
        The measure in each collection; NaN is passed over.
    label : str
        What is measured.
    low, high : float
        Ends of the axis; what lies beyond is counted in the last bins.

    Returns
    -------
    bytes
        An SVG.
    """
    edges = np.linspace(low, high, _BINS + 1)

    def render(axes: Axes) -> None:
        for column, colour in zip(columns, _COLOURS, strict=False):
            known = np.clip(column[np.isfinite(column)], low, high)
            counts, _ = np.histogram(known, edges)
            axes.stairs(counts / max(len(known), 1), edges, color=colour, linewidth=1.6)
            axes.stairs(counts / max(len(known), 1), edges, color=colour, fill=True, alpha=0.15)
        axes.set_xlabel(label)
        axes.set_ylabel("share")

    return svg(render)


def bars(shares: Sequence[dict[str, float]], label: str, law: dict[str, float] | None = None) -> bytes:
    """Plot shares of kinds side by side.

    Parameters
    ----------
    shares : sequence of dict
        The share of each kind in each collection.
    label : str
        What the kinds are.
    law : dict, optional
        Shares to compare with, as grey dots.

    Returns
    -------
    bytes
        An SVG.
    """
    kinds = sorted({kind for each in shares for kind in each}, key=lambda kind: (len(kind), kind))
    width = 0.8 / len(shares)

    def render(axes: Axes) -> None:
        for k, (each, colour) in enumerate(zip(shares, _COLOURS, strict=False)):
            places = np.arange(len(kinds)) + (k - (len(shares) - 1) / 2) * width
            axes.bar(places, [each.get(kind, 0) for kind in kinds], width, color=colour)
        if law:
            axes.plot(range(len(kinds)), [law.get(kind, np.nan) for kind in kinds], "o", color=GREY, markersize=5)
        axes.set_xticks(range(len(kinds)), kinds)
        axes.set_xlabel(label)
        axes.set_ylabel("share")

    return svg(render)


def means_of_strings(measured: Measured, name: str) -> Floats:
    """Compute the mean of a measure over the digits of each string.

    Parameters
    ----------
    measured : Measured
        A collection of n strings.
    name : str
        The measure, a column of `DIGIT`.

    Returns
    -------
    ndarray
        (n,) float64; NaN where it is known of no digit.
    """
    column, strings = measured.tables.digit(name), measured.tables.digit_of
    known = np.isfinite(column)
    count = measured.strings
    sizes = np.bincount(strings[known], minlength=count)
    sums = np.bincount(strings[known], column[known], minlength=count)
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), np.nan)


def lengths(measured: Measured) -> dict[str, float]:
    """Compute the shares of the lengths."""
    return _shares({str(length): count for length, count in counts_of_lengths(measured.tables).items()})


def characters(measured: Measured, *, first: bool) -> dict[str, float]:
    """Compute the shares of the characters.

    Parameters
    ----------
    measured : Measured
        A collection.
    first : bool
        Whether of the first characters of strings alone.

    Returns
    -------
    dict of str to float
        Share of each character of the alphabet, 0 to 1.
    """
    return _shares(counts_of_characters(measured.tables, measured.collection.alphabet)[first])


def _shares(counts: dict[str, int]) -> dict[str, float]:
    """Turn counts into shares."""
    total = max(sum(counts.values()), 1)
    return {kind: count / total for kind, count in counts.items()}
