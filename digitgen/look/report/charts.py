"""The plots of a report: counts in a split, beside the claims of its recipe."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from digitgen.look.kit.page import Html, picture
from digitgen.look.kit.plot import BLUE, ORANGE, svg
from digitgen.look.kit.wording import FEW_CLASSES, percent
from digitgen.look.report.chi_square import ChiSquareTest
from digitgen.look.report.figures import ink_figures, intensity_figures, p_text, touched_share
from digitgen.look.report.parameters import SampledParameter
from digitgen.look.report.statistics import SplitStatistics
from digitgen.look.report.tally import LEVELS

_BARS: Final = 60  # of more gaps than these, neighbours are rendered as one
_PERCENT: Final = FuncFormatter(lambda share, _: f"{100 * share:.4g} %")
_TOP: Final = 0.25  # room above bars for the legend


def length_chart(split: SplitStatistics) -> Html:
    """Plot the lengths of the sequences."""
    counts, expected = split.tally["lengths"], split.expected_lengths
    there = np.flatnonzero(counts if expected is None else counts + expected)
    low, high = int(there.min()), int(there.max())
    shares = counts[low : high + 1] / counts.sum()
    claimed = None if expected is None else expected[low : high + 1] / counts.sum()
    return _chart(
        "Length",
        lambda axes: _bars(axes, np.arange(low, high + 1), shares, claimed, "digits"),
        f"Images by their number of digits, {low} to {high}. {_said(split, 'lengths')}",
    )


def gap_chart(split: SplitStatistics) -> Html:
    """Plot the gaps against their law."""
    counts, expected = split.gap_counts, split.expected_gaps
    together = -(-len(counts) // _BARS)
    sums = np.add.reduceat(counts, np.arange(0, len(counts), together)) / max(counts.sum(), 1)
    claimed = None
    if expected is not None:
        claimed = np.add.reduceat(expected, np.arange(0, len(counts), together)) / max(expected.sum(), 1)
    places = split.smallest_gap + np.arange(0, len(counts), together)
    return _chart(
        "Gaps between digits",
        lambda axes: _bars(axes, places, sums, claimed, "gap, px", width=0.8 * together),
        f"{counts.sum():,} gaps. {_said(split, 'gaps')}",
    )


def digit_chart(split: SplitStatistics) -> Html:
    """Plot the number of times that each digit occurs."""
    counts = split.tally["digits"].sum(axis=0)
    expected = split.expected_digits
    claimed = None if expected is None else expected.sum(axis=0) / counts.sum()
    alphabet, few = split.alphabet, len(counts) <= FEW_CLASSES

    def render(axes: Axes) -> None:
        label = "digit" if few else "place in the alphabet"
        _bars(axes, np.arange(len(counts)), counts / counts.sum(), claimed, label)
        if few:
            axes.set_xticks(range(len(counts)), [*alphabet])

    return _chart("Digits", render, f"{counts.sum():,} digits. {_said(split, 'digits', 'at every position')}")


def glyph_chart(split: SplitStatistics) -> Html:
    """Plot the number of times that glyphs are used."""
    uses = split.tally["glyphs"]
    most, pool = int(uses.max()), split.entry.pool.count
    together = -(-(most + 1) // _BARS)
    counts = np.bincount(uses // together)
    counts[0] -= len(uses) - pool
    return _chart(
        "Uses of a glyph",
        lambda axes: _bars(
            axes, np.arange(len(counts)) * together, counts / counts.sum(), None, "uses", 0.8 * together
        ),
        f"{split.glyphs_used:,} of {pool:,} glyphs occur, {split.expected_glyphs_used:,.0f} expected; "
        f"row {uses.argmax():,} of the source most often, {most:,} times. {_said(split, 'glyphs')}",
    )


def intensity_chart(split: SplitStatistics) -> Html:
    """Plot the brightness of pixels."""
    counts = split.tally["intensity"]
    said = intensity_figures(counts)

    def render(axes: Axes) -> None:
        shares = counts.reshape(64, 4).sum(axis=1) / counts.sum()
        axes.bar(np.arange(64) * 4 + 2, shares, 4, color=BLUE)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(_PERCENT)
        axes.minorticks_off()  # which took three times as long as all the rest
        axes.set_xlabel("intensity, 0 black to 255 white")
        axes.set_ylabel("share of pixels")

    return _chart(
        "Intensity of pixels",
        render,
        f"{percent(said['black'])} are black, {percent(said['white'])} white; mean {said['mean']:.3f} of white.",
    )


def ink_chart(split: SplitStatistics) -> Html:
    """Plot the ink of images."""
    counts = split.tally["ink"]
    said = ink_figures(counts)
    there = np.flatnonzero(counts)
    low, high = int(there.min()), int(there.max()) + 1
    together = max(1, -(-(high - low) // 40))
    sums = np.add.reduceat(counts[low:high], np.arange(0, high - low, together)) / counts.sum()
    left = (low + np.arange(0, high - low, together)) / LEVELS / 255

    def render(axes: Axes) -> None:
        axes.bar(left, sums, together / LEVELS / 255, align="edge", color=BLUE)
        axes.set_xlabel("mean intensity of an image, 1 is white")
        axes.yaxis.set_major_formatter(_PERCENT)

    return _chart(
        "Ink of images",
        render,
        f"Half of the images have less than {said['median']:.3f}; 98 % {said['1%']:.3f} to {said['99%']:.3f}.",
    )


def column_chart(split: SplitStatistics) -> Html:
    """Plot the ink of each column."""
    pixels = split.tally["pixels"]
    places = pixels.sum(axis=0) / split.entry.count / len(pixels) / 255

    def render(axes: Axes) -> None:
        axes.fill_between(np.arange(len(places)), places, step="mid", color=BLUE, linewidth=0)
        axes.set_xlim(0, len(places) - 1)
        axes.set_ylim(0)
        axes.set_xlabel("column, px from the left")

    return _chart("Where ink lies", render, "Mean intensity of each column over all images, 1 is white.")


def parameter_chart(split: SplitStatistics, parameter: SampledParameter) -> Html:
    """Plot the samples of one parameter.

    Parameters
    ----------
    split : SplitStatistics
        The counts of a split.
    parameter : SampledParameter
        One of its parameters.

    Returns
    -------
    Html
        The plot.
    """
    counts = split.tally[parameter.array]
    shares = counts[:-1] / max(counts[:-1].sum(), 1)
    law = parameter.law
    expected = np.array(law.shares) if len(law.shares) > 1 else None
    tests = [test for test in split.tests if test.claim == parameter.claim]

    def render(axes: Axes) -> None:
        if law.values:
            _bars(axes, np.arange(len(shares)), shares, expected, "")
            axes.set_xticks(range(len(shares)), [f"{value:.3g}" for value in law.values])
        else:
            edges = np.array(law.edges)
            middles, width = (edges[:-1] + edges[1:]) / 2, float(edges[1] - edges[0])
            _bars(axes, middles, shares, expected, "", width=0.9 * width)

    touched = f"Touched {percent(touched_share(counts))} of the {parameter.items}"
    asked = f", asked for {percent(parameter.setting.p)}. "
    what = parameter.sampled.meaning
    return _chart(
        parameter.title,
        render,
        f"{what[0].upper()}{what[1:]}. {touched}{asked}"
        + "".join(f"{law.claim[0].upper()}{law.claim[1:]}: {p_text(test)}." for test in tests),
    )


def _bars(
    axes: Axes,
    places: NDArray[Any],
    shares: NDArray[Any],
    expected: NDArray[Any] | None,
    label: str,
    width: float = 0.8,
) -> None:
    """Render shares as bars, and the expected ones as lines across."""
    axes.bar(places, shares, width, color=BLUE, label="counted")
    if expected is not None:
        axes.hlines(expected, places - width / 2, places + width / 2, color=ORANGE, linewidth=2, label="claimed")
        top = max(float(np.max(shares)), float(np.max(expected)))
        axes.set_ylim(0, top * (1 + _TOP) or 1)
        axes.legend(loc="upper right", ncols=2)
    axes.set_xlabel(label)
    axes.yaxis.set_major_formatter(_PERCENT)
    if places.dtype.kind in "iu":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))


def _chart(title: str, render: Callable[[Axes], None], caption: str) -> Html:
    """Make a plot with its title, and a text in its place for those who cannot see it."""

    def titled(axes: Axes) -> None:
        render(axes)
        axes.set_title(title)

    return picture(svg(titled), alt=f"{title}. {caption}", caption=caption)


def _said(split: SplitStatistics, *claims: str) -> str:
    """Say how the tests of the claims that begin so came out."""
    tests: Sequence[ChiSquareTest] = [test for test in split.tests if test.claim.startswith(claims)]
    return " ".join(f"Claim: {test.claim}; {p_text(test)}." for test in tests)
