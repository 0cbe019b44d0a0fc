"""A slow and obvious reference, in plain loops: what the fast path must equal exactly."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import comb, prod
from typing import Any, Final

import numpy as np
from hypothesis import settings
from numpy.typing import NDArray
from scipy.stats import chisquare

from digitgen.compose.batch import Sample
from digitgen.compose.layout import Layout

Glyph = NDArray[np.uint8]
Floats = NDArray[np.float64]
Box = tuple[int, int, int, int]

many_examples: Final = settings(derandomize=True, deadline=None, max_examples=80)
"""For property tests: the same examples every time."""


def compose(
    glyphs: Sequence[Glyph],
    cells: Sequence[int],
    width: int,
    overlap: str,
    *,
    tops: Sequence[int] | None = None,
    height: int = 28,
) -> Glyph:
    """Draw each glyph pixel by pixel with its cell's left edge where `cells` says, and its top where `tops` does."""
    image = [[0] * width for _ in range(height)]
    for glyph, left, top in zip(glyphs, cells, tops or [0] * len(cells), strict=True):
        for row, line in enumerate(glyph.tolist(), top):
            for column, value in enumerate(line):
                if value == 0:
                    continue  # only ink has to lie inside the image
                if not (0 <= left + column < width and 0 <= row < height):
                    raise IndexError(f"ink in column {left + column} of {width}, row {row} of {height}")
                before = image[row][left + column]
                image[row][left + column] = max(before, value) if overlap == "max" else min(before + value, 255)
    return np.array(image, np.uint8)


def bilinear(image: Glyph, x: Floats, y: Floats) -> Floats:
    """What points of an image show: the mean of the four pixels around each, by nearness; 0 beyond the image."""
    height, width = image.shape
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    shown = np.zeros(x.shape)
    for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        pixel = image[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
        shown += np.where(inside, (1 - np.abs(x - column)) * (1 - np.abs(y - row)) * pixel, 0)
    return shown


def from_centre(width: int, height: int = 28) -> tuple[Floats, Floats]:
    """x and y of the pixels of an image, (height, width) each, from its centre."""
    y, x = np.mgrid[:height, :width].astype(float)
    return x - (width - 1) / 2, y - (height - 1) / 2


def ink_box(glyph: Glyph) -> Box:
    """Left, top, width and height of the pixels that are not 0."""
    inked = [(row, column) for row, line in enumerate(glyph.tolist()) for column, value in enumerate(line) if value]
    top, left = min(row for row, _ in inked), min(column for _, column in inked)
    bottom, right = max(row for row, _ in inked), max(column for _, column in inked)
    return left, top, right - left + 1, bottom - top + 1


def fitting_gaps(count: int, low: int, high: int, slack: int) -> list[tuple[int, ...]]:
    """Every vector of gaps that together exceed the smallest gaps by at most `slack`."""
    return [gaps for gaps in product(range(low, high + 1), repeat=count) if sum(gaps) <= count * low + slack]


def count_fitting(count: int, choices: int, slack: int) -> int:
    """How many vectors of `count` steps from 0 to `choices` - 1 add up to at most `slack`, where they are too many.

    Inclusion and exclusion over the steps that are too large: nothing in common with the tables of `GapLaw`.
    """
    rest = ((k, slack - k * choices) for k in range(count + 1))
    return sum((-1) ** k * comb(count, k) * comb(left + count, count) for k, left in rest if left >= 0)


def positions(widths: Sequence[int], gaps: Sequence[int], image_width: int, align: str, margin: int = 0) -> list[int]:
    """Left edges of the digits of one image; `margin` is the left margin that luck chose for ``align="random"``."""
    x = [0]
    for width, gap in zip(widths, gaps, strict=False):
        x.append(x[-1] + width + gap)
    left, right = min(x), max(each + width for each, width in zip(x, widths, strict=True))
    leftover = image_width - (right - left)
    margins = {"left": 0, "right": leftover, "center": leftover // 2, "random": margin}
    assert 0 <= margins[align] <= leftover
    return [each - left + margins[align] for each in x]


def choose_glyphs(
    strings: Sequence[Sequence[int]],
    labels: Sequence[int],
    writers: Sequence[int],
    classes: Iterable[int],
    share: float,
    hand_luck: Iterator[float],
    glyph_luck: Iterator[float],
) -> list[list[int]]:
    """The rows of the glyphs of each string, of which a share is in one hand; `luck` gives numbers from 0 to 1."""
    everybody = sorted(set(writers))
    wrote = set(zip(writers, labels, strict=True))
    complete = [each for each in everybody if all((each, digit) in wrote for digit in classes)]
    chosen = []
    for string in strings:
        alone, who = next(hand_luck) < share, complete[int(next(hand_luck) * len(complete))]
        rows = []
        for digit in string:
            pool = [
                row
                for row, (label, writer) in enumerate(zip(labels, writers, strict=True))
                if label == digit and (writer == who or not alone)
            ]
            rows.append(pool[int(next(glyph_luck) * len(pool))])
        chosen.append(rows)
    return chosen


def share(
    of_images: Sequence[float],
    lengths: Sequence[int],
    deviations: Sequence[float],
    bounds: tuple[float, float],
    *,
    integer: bool,
) -> list[float]:
    """The values of digits: what their images share, each with a deviation of its own, rounded and clipped."""
    values = []
    own = iter(deviations)
    for shared, length in zip(of_images, lengths, strict=True):
        for _ in range(length):
            value = shared + next(own)
            values.append(min(max(round(value) if integer else value, bounds[0]), bounds[1]))
    return values


def redraw(sample: Sample, source: NDArray[np.uint8], layout: Layout, overlap: str) -> tuple[Glyph, list[Box]]:
    """The image and the boxes that a sample's glyphs and gaps call for."""
    glyphs = [source[row] for row in sample.glyph_ids]
    inks = [ink_box(glyph) for glyph in glyphs]
    widths = [28 if layout.unit == "cell" else width for _, _, width, _ in inks]
    margin = min(int(x) for x in sample.boxes[:, 0])
    x = positions(widths, [int(gap) for gap in sample.gaps], layout.image_width, layout.align, margin)
    below = layout.image_height - 28
    luck = int(sample.boxes[0, 1]) - (0 if layout.unit == "cell" else inks[0][1])
    y = {"top": 0, "center": below // 2, "bottom": below, "random": luck}[layout.vertical_align]
    assert 0 <= y <= below
    size: dict[str, Any] = {"tops": [y] * len(glyphs), "height": layout.image_height}
    if layout.unit == "cell":
        return compose(glyphs, x, layout.image_width, overlap, **size), [(left, y, 28, 28) for left in x]
    cells = [left - ink[0] for left, ink in zip(x, inks, strict=True)]
    boxes = [(left, y + top, width, height) for left, (_, top, width, height) in zip(x, inks, strict=True)]
    return compose(glyphs, cells, layout.image_width, overlap, **size), boxes


def uniform(outcomes: Iterable[Hashable]) -> dict[Hashable, Fraction]:
    """The law in which every outcome is as likely as any other."""
    kinds = list(outcomes)
    return dict.fromkeys(kinds, Fraction(1, len(kinds)))


def assert_follows(draws: Iterable[Any], law: Mapping[Any, Fraction]) -> None:
    """Draws never are what the law excludes, and pass a chi-square test of the rest."""
    seen = Counter(draws)
    assert not seen.keys() - law.keys()
    assert sum(law.values()) == 1
    expected = [float(share * seen.total()) for share in law.values()]
    assert min(expected) >= 5, "too few draws for a chi-square test"
    assert len(law) == 1 or chisquare([seen[outcome] for outcome in law], expected).pvalue > 1e-4


def rounded_quantiles(quantiles: Mapping[float, float], steps: int = 200_000) -> dict[int, float]:
    """The law of gaps that quantiles make: the px at each of many probabilities, rounded, and counted."""
    probability = (np.arange(steps) + 0.5) / steps
    ends = sorted(quantiles)
    px = np.interp(probability, ends, [quantiles[end] for end in ends])
    return {gap: uses / steps for gap, uses in Counter(np.floor(px + 0.5).astype(int).tolist()).items()}


def weighed_gaps(weights: Sequence[Fraction], count: int, low: int, slack: int) -> dict[tuple[int, ...], Fraction]:
    """The probability of every vector of gaps that fits, among those."""
    vectors = fitting_gaps(count, low, low + len(weights) - 1, slack)
    chances = {gaps: prod((weights[gap - low] for gap in gaps), start=Fraction(1)) for gaps in vectors}
    total = sum(chances.values())
    return {gaps: chance / total for gaps, chance in chances.items()}


def stroke_gap(one: Glyph, other: Glyph, cells: tuple[int, int], tops: tuple[int, int] = (0, 0)) -> int:
    """The px between two glyphs in the row in which they come nearest; if they share no row, between their columns."""
    least = None
    for row in range(-28, 60):
        ends = [
            [left + column for column in range(28) if 0 <= row - top < 28 and glyph[row - top, column]]
            for glyph, left, top in zip((one, other), cells, tops, strict=True)
        ]
        if ends[0] and ends[1]:
            gap = ends[1][0] - ends[0][-1] - 1
            least = gap if least is None else min(least, gap)
    if least is not None:
        return least
    (left, _, width, _), (start, *_) = ink_box(one), ink_box(other)
    return cells[1] + start - (cells[0] + left + width)
