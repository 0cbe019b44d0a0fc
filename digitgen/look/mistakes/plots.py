"""Plots of a model's mistakes."""

import textwrap
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from digitgen.alphabet import DIGITS
from digitgen.arrays import Floats, Integers
from digitgen.look.kit.plot import BLUE, GREY, INK, ORANGE, svg
from digitgen.look.kit.wording import FEW_CLASSES
from digitgen.look.mistakes.effects import LEAST_DIGITS
from digitgen.look.mistakes.factor import Factor
from digitgen.look.mistakes.groups import Groups
from digitgen.look.mistakes.survey import Row

SERIES: Final = (BLUE, ORANGE)
"""Colours of the first and the second model."""
_CELL: Final = 22  # px of each class beyond ten
_LONG: Final = 34  # letters that fit under a plot without being turned


def worst_classes(counts: Floats, added: Floats) -> Integers:
    """Choose the classes that a confusion matrix shows: all, or of many those that go wrong most.

    Parameters
    ----------
    counts, added : ndarray
        As in `confusions`.

    Returns
    -------
    ndarray
        (n,) int64: their places in the alphabet, ascending.
    """
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    errors = wrong.sum(axis=1) + wrong[:, :-1].sum(axis=0) + added
    return np.sort(np.argsort(-errors, kind="stable")[:FEW_CLASSES])


def confusions(counts: Floats, added: Floats, alphabet: str = DIGITS) -> bytes:
    """Plot the confusion matrix: true digits down, readings across, digits too many in the last row.

    Parameters
    ----------
    counts : ndarray
        (K, K + 1): true digits by readings; the last column counts those not read at all.
    added : ndarray
        (K,): digits too many.
    alphabet : str, default "0123456789"
        The character of each class.

    Returns
    -------
    bytes
        An SVG.
    """
    classes = worst_classes(counts, added)
    size, names = len(classes), [alphabet[k] for k in classes]
    shown = [*classes, -1]  # the last one counts what is lost, or too many
    table = np.vstack([counts, [*added, 0]])[np.ix_(shown, shown)]
    wrong = table.astype(float)
    wrong[np.arange(size), np.arange(size)] = 0
    strength = np.sqrt(wrong / max(wrong.max(), 1))

    def render(axes: Axes) -> None:
        _cells(axes, strength, [[_short(round(count)) if round(count) else "" for count in row] for row in table])
        for digit in range(size):
            _cell(axes, digit, digit, to_rgba(GREY, 0.18))
        axes.set(xlabel="read as", ylabel="true digit")
        axes.set_xticks(range(size + 1), [*names, "lost"])
        axes.set_yticks(range(size + 1), [*names, "none"])

    more = max(0, size - len(DIGITS)) * _CELL
    return svg(render, width=460 + more, height=430 + more)


def rates(factor: Factor, groups: Sequence[Groups], overall: Sequence[float]) -> bytes:
    """Plot the share of digits that go wrong at each level of a factor, with 95 % intervals; a colour a model.

    Parameters
    ----------
    factor : Factor
        The factor.
    groups : sequence of Groups
        The rates at its levels, for each model.
    overall : sequence of float
        Share of all digits that go wrong, for each model.

    Returns
    -------
    bytes
        An SVG.
    """

    def render(axes: Axes) -> None:
        places = np.arange(len(factor.levels))
        top = 0.0
        for number, (each, mean) in enumerate(zip(groups, overall, strict=True)):
            low, high = each.interval()
            shown = each.digits > 0
            rate = np.nan_to_num(each.rate)
            shift = (number - (len(groups) - 1) / 2) * 0.22
            bars = np.maximum([rate - low, high - rate], 0)[:, shown] * 100
            colour = SERIES[number]
            sure = each.digits >= LEAST_DIGITS  # the intervals of few digits would flatten the others
            top = max(top, rate.max(), mean, high[sure].max(initial=0))
            axes.errorbar(places[shown] + shift, rate[shown] * 100, bars, fmt="o", color=colour, ms=5, elinewidth=2)
            axes.axhline(mean * 100, color=colour if len(groups) > 1 else GREY, lw=1, ls="--", alpha=0.8)
        axes.set_ylim(0, max(top * 105, 1e-3))
        axes.set_ylabel("digits wrong, %")
        axes.set_xlim(-0.6, len(places) - 0.4)
        turned = sum(map(len, factor.levels)) > _LONG
        axes.set_xticks(places, factor.levels, rotation=35 if turned else 0, ha="right" if turned else "center")
        axes.set_title("\n".join(textwrap.wrap(factor.name, 44)), color=INK)

    return svg(render)


def splits(rows: Sequence[Row], base: str | None) -> bytes:
    """Plot the share of sequences wrong of each split, with 95 % intervals, the worst at the top.

    Parameters
    ----------
    rows : sequence of Row
        The splits.
    base : str or None
        The split with which others are compared, in another colour.

    Returns
    -------
    bytes
        An SVG.
    """

    def render(axes: Axes) -> None:
        for place, row in enumerate(rows):
            rate = row.sequence_error_rate
            bars = np.maximum([[rate.value - rate.low], [rate.high - rate.value]], 0) * 100
            colour = ORANGE if row.split == base else BLUE
            axes.errorbar(rate.value * 100, place, xerr=bars, fmt="o", color=colour, ms=5, elinewidth=2)
        axes.set_yticks(range(len(rows)), [row.split for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, max(105 * max(row.sequence_error_rate.high for row in rows), 1e-3))
        axes.set_xlabel("sequences wrong, %")
        axes.grid(visible=True, axis="x")

    return svg(render, width=640, height=70 + 24 * len(rows))


def pairs(groups: Groups, alphabet: str = DIGITS) -> bytes:
    """Plot the share of wrong digits by the digit and its left neighbour.

    Parameters
    ----------
    groups : Groups
        The rates at the levels of the factor of pairs.
    alphabet : str, default "0123456789"
        The character of each class.

    Returns
    -------
    bytes
        An SVG.
    """
    size = len(alphabet)
    rate = np.nan_to_num(groups.rate).reshape(size, size) * 100
    texts = [
        [f"{value:.0f}" if count else "" for value, count in zip(*row, strict=True)]
        for row in zip(rate, groups.digits.reshape(size, size), strict=True)
    ]

    def render(axes: Axes) -> None:
        _cells(axes, rate / max(rate.max(), 1e-9), texts)
        axes.set(xlabel="digit", ylabel="its left neighbour")
        axes.set_xticks(range(size), [*alphabet])
        axes.set_yticks(range(size), [*alphabet])

    more = max(0, size - len(DIGITS)) * _CELL
    return svg(render, width=420 + more, height=400 + more)


def _cells(axes: Axes, strength: Floats, texts: Sequence[Sequence[str]]) -> None:
    """Render a table with a text in each cell, and behind it a colour of some strength from 0 to 1."""
    for (row, column), value in np.ndenumerate(strength):
        if texts[row][column]:
            _cell(axes, row, column, to_rgba(ORANGE, 0.85 * value))
            axes.text(column, row, texts[row][column], ha="center", va="center", size=8).set_in_layout(False)
    rows, columns = strength.shape
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _cell(axes: Axes, row: int, column: int, colour: tuple[float, float, float, float]) -> None:
    """Render the ground of one cell."""
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, linewidth=0))


def _short(count: int) -> str:
    """Write a count in at most four letters or so."""
    if count < 10_000:
        return str(count)
    return f"{count / 1000:.0f}k" if count < 1_000_000 else f"{count / 1e6:.1f}M"
