"""The page of what was measured: the table, with a dataset of ours beside it, and the distributions."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from digitgen.look.kit import page
from digitgen.look.kit.page import Html
from digitgen.look.measure import charts
from digitgen.measure.measure import Measured
from digitgen.measure.wording import TABLE, apart, summary, written

_BENFORD: Final = {str(digit): math.log10(1 + 1 / digit) for digit in range(1, 10)}
_FAR: Final = 3.0  # standard errors
_DISTRIBUTIONS: Final = (
    ("gap", "gap / median height", -0.6, 1.0),
    ("height", "height / median of the string", 0.4, 1.8),
    ("residual", "distance below the baseline / height", -0.3, 0.3),
    ("slope", "slope of the baseline", -0.3, 0.3),
)
_MEANS: Final = (
    ("slant", "slant of a string, px/px", -0.8, 0.8),
    ("stroke", "stroke width of a string / height", 0.0, 0.3),
)
_TONES: Final = (
    ("ink", "grey of ink", 0.0, 255.0),
    ("paper", "grey of paper", 0.0, 255.0),
    ("texture", "texture of the paper / contrast", 0.0, 0.5),
    ("margin_left", "left margin / height", -0.2, 2.0),
    ("margin_right", "right margin / height", -0.2, 2.0),
    ("margin_top", "top margin / height", -0.2, 1.5),
    ("margin_bottom", "bottom margin / height", -0.2, 1.5),
)


def measured_page(measured: Measured, beside: Measured | None = None) -> bytes:
    """Make the page, one HTML file with everything in it.

    Parameters
    ----------
    measured : Measured
        The real strings.
    beside : Measured, optional
        What is set beside them, such as a dataset of ours.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    both = [measured, *([beside] if beside else [])]
    names = [each.collection.name for each in both]
    return page.page(
        f"Measured: {' beside '.join(names)}",
        *([_headline(measured, beside)] if beside else []),
        *(page.paragraph(f"{each.collection.name}: {' '.join(summary(each))}") for each in both),
        *([page.paragraph(f"In the charts, {names[0]} is blue and {names[1]} orange.", quiet=True)] if beside else []),
        *(page.section(title, _table(title, both), _charts(title, both)) for title in TABLE),
        _method(),
    )


def _headline(measured: Measured, beside: Measured) -> Html:
    """Say which figures are furthest apart."""
    lines = [line for lines in TABLE.values() for line in lines]
    found = [(apart(line, measured.figures, beside.figures) or 0.0, line.title) for line in lines]
    far = sorted((each for each in found if each[0] > _FAR), reverse=True)
    if not far:
        return page.headline("No figure differs by more than three standard errors.", good=True)
    return page.headline(
        f"{len(far)} of {len(lines)} lines differ by more than three standard errors; furthest apart: "
        f"{'; '.join(title.partition(',')[0].partition(':')[0] for _, title in far[:3])}."
    )


def _table(title: str, both: Sequence[Measured]) -> Html:
    """Make the table of a section."""
    header = ["", *(each.collection.name for each in both)] + ["apart, standard errors"] * (len(both) > 1)
    rows: list[list[page.Cell]] = []
    for line in TABLE[title]:
        row: list[page.Cell] = [line.title + " *" * (line.boxes and any(each.by_pieces for each in both))]
        row += [written(line, each.figures) for each in both]
        if len(both) > 1:
            distance = apart(line, both[0].figures, both[1].figures)
            row.append(None if distance is None else round(distance, 1))
        rows.append(row)
    return page.table(header, rows)


def _charts(title: str, both: Sequence[Measured]) -> Html:
    """Plot the distributions of a section."""
    shown: list[tuple[str, bytes]] = []
    if title == "Writing":
        for name, label, low, high in _DISTRIBUTIONS:
            columns = [_column(each, name) for each in both]
            shown.append((label, charts.histogram(columns, label, low, high)))
        for name, label, low, high in _MEANS:
            columns = [charts.means_of_strings(each, name) for each in both]
            shown.append((label, charts.histogram(columns, label, low, high)))
    elif title == "Content":
        if any(any(each.tables.texts) for each in both):
            shown.append(("length", charts.bars([charts.lengths(each) for each in both], "length")))
            firsts = [charts.characters(each, first=True) for each in both]
            shown.append(("first digit; grey: Benford's law", charts.bars(firsts, "first digit", _BENFORD)))
            whole = [charts.characters(each, first=False) for each in both]
            shown.append(("digits", charts.bars(whole, "digit")))
    else:
        around = title == "Around the digits"
        for name, label, low, high in _TONES[3:] if around else _TONES[:3]:
            columns = [each.tables.string(name) for each in both]
            shown.append((label, charts.histogram(columns, label, low, high)))
    return page.grid(page.picture(data, alt=f"Distribution: {label}.", caption=label) for label, data in shown)


def _column(measured: Measured, name: str) -> np.ndarray:
    """A measure of pairs, digits or strings."""
    tables = measured.tables
    return tables.pair("gap") if name == "gap" else tables.string(name) if name == "slope" else tables.digit(name)


def _method() -> Html:
    """Explain how the figures came about."""
    return page.section(
        "How this was measured",
        page.paragraph(
            "Ink is what lies on one side of Otsu's threshold of the crop, enlarged until digits are 40 px high. "
            "Heights, gaps and baselines are of the digits' boxes; a string's unit is the median height of its boxes. "
            "Neighbours touch if most of the ink in both boxes is one 8-connected piece. Stroke width is twice the "
            "area of the ink in a box by its perimeter; slant is the regression of x on y over that ink. "
            "Standard errors (se) are those of 200 bootstrap resamples of whole strings."
        ),
        page.paragraph(
            "Correlations within a string are intra-class correlations from a one-way analysis of variance with random "
            "effects, after subtracting the mean of each class. At 1, all digits of a string are alike; at 0, they "
            "differ as any digits do; below 0, more than that."
        ),
        page.paragraph(
            "Texture and noise are of the paper at least 2 px from ink. A paper has a periodic pattern if one peak of "
            "its power spectrum has a tenth of its variance. Marks are pieces of ink outside all boxes."
        ),
    )
