"""The figures as a table for people: which rows there are, what they mean, and how they are written."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from digitgen.measure.figures import PERCENTILES, Figure
from digitgen.measure.measure import Measured
from digitgen.measure.surround import PLACES, SIDES

_SPREAD: Final = ("mean", "sd", "within", "correlation")


@dataclass(frozen=True)
class Line:
    """A line of the table.

    Attributes
    ----------
    title : str
        What is measured.
    keys : tuple of str
        Keys of its figures.
    share : bool
        Whether they are shares, to be written in percent.
    boxes : bool
        Whether it is measured by boxes; by pieces of ink, it is of those alone that stand apart.
    """

    title: str
    keys: tuple[str, ...]
    share: bool = False
    boxes: bool = False


def _percentiles(name: str, which: tuple[int, ...] = PERCENTILES) -> tuple[str, ...]:
    """Keys of some percentiles."""
    return tuple(f"{name}.p{each:02d}" for each in which)


def _varied(title: str, name: str) -> list[Line]:
    """Lines on a measure whose likeness within a string is measured."""
    keys = tuple(f"{name}.{each}" for each in _SPREAD)
    return [
        Line(f"{title}: mean, sd, sd within a string", keys[:3], boxes=True),
        Line(f"{title}: correlation within a string", keys[3:], boxes=True),
    ]


TABLE: Final[dict[str, list[Line]]] = {
    "Writing": [
        Line("neighbours in one connected piece", ("touching",), share=True, boxes=True),
        Line("gap / median height, percentiles 5-25-50-75-95", _percentiles("gap"), boxes=True),
        Line("height / median of the string, 5-50-95", _percentiles("height", (5, 50, 95)), boxes=True),
        Line("height / median of the string, sd", ("height.sd",), boxes=True),
        Line("distance from the baseline / height, sd", ("baseline.sd",), boxes=True),
        Line("slope of the baseline: mean, sd", ("slope.mean", "slope.sd"), boxes=True),
        *_varied("ink grey", "ink_grey"),
        *_varied("stroke width / height", "stroke_width"),
        *_varied("slant", "slant"),
        Line("relative height: correlation within a string", ("relative_height.correlation",), boxes=True),
    ],
    "Content": [
        Line("length, mean", ("content.length",)),
        Line("first digit 1", ("content.first.1",), share=True),
        Line("00 at the end", ("content.00",), share=True),
    ],
    "Paper and pen": [
        Line("ink darker than paper", ("tones.dark",), share=True),
        Line("grey of ink: mean, sd over strings", ("tones.ink.mean", "tones.ink.sd")),
        Line("grey of paper: mean, sd over strings", ("tones.paper.mean", "tones.paper.sd")),
        Line("contrast: mean, sd over strings", ("tones.contrast.mean", "tones.contrast.sd")),
        Line("texture of the paper / contrast, 5-50-95", _percentiles("paper.texture", (5, 50, 95))),
        Line("noise / contrast, 5-50-95", _percentiles("paper.noise", (5, 50, 95))),
        Line("paper with a periodic pattern", ("paper.patterned",), share=True),
        Line("its period, px", ("paper.period",)),
        Line("a long line of ink", ("paper.line",), share=True),
        Line("blur of edges, px, 5-50-95", _percentiles("paper.blur", (5, 50, 95))),
    ],
    "Around the digits": [
        *(
            Line(f"margin / height, {each}, 5-25-50-75-95", _percentiles(f"margin.{each}"), boxes=True)
            for each in SIDES
        ),
        Line("digits at the edge: left, right, top, bottom", tuple(f"cut.{each}" for each in SIDES), share=True),
        Line("marks before, behind, between, above, below", tuple(f"marks.{each}" for each in PLACES), share=True),
        Line("size: height, width, digits' height, px", ("size.crop_height", "size.crop_width", "size.digit_height")),
    ],
}
"""The lines of the table, by section."""


def written(line: Line, figures: dict[str, Figure]) -> str:
    """Write the figures of a line, the standard error behind it if it is only one.

    Parameters
    ----------
    line : Line
        The line.
    figures : dict of str to Figure
        The figures by their keys, those of the line among them.

    Returns
    -------
    str
        The numbers, with commas between; "-" where one is not known.
    """
    found = [figures[key] for key in line.keys]
    texts = [_number(each.value, share=line.share) for each in found]
    text = ", ".join(texts) + " %" * (line.share and any(each.value is not None for each in found))
    if len(found) == 1 and found[0].error is not None:
        text += f" (se {_number(found[0].error, share=line.share)})"
    return text


def apart(line: Line, first: dict[str, Figure], second: dict[str, Figure]) -> float | None:
    """Tell how far the figures of a line are apart.

    Parameters
    ----------
    line : Line
        The line.
    first, second : dict of str to Figure
        The figures of two collections by their keys.

    Returns
    -------
    float or None
        The largest difference, in standard errors of it; None if no figure has an error on both sides.
    """
    most = None
    for key in line.keys:
        a, b = first[key], second[key]
        if a.value is not None and b.value is not None and a.error is not None and b.error is not None:
            error = math.hypot(a.error, b.error)
            if error:
                most = max(most or 0.0, abs(a.value - b.value) / error)
    return most


def _number(value: float | None, *, share: bool) -> str:
    """Write a number."""
    if value is None:
        return "-"
    if share:
        return f"{100 * value:.1f}"
    return f"{value:.0f}" if abs(value) >= 20 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def summary(measured: Measured) -> list[str]:
    """Say what was measured, and what was left out, in sentences."""
    found, tables = measured.collection, measured.tables
    how = "connected pieces of ink that look like one digit" if measured.by_pieces else "digits in boxes"
    lines = [f"{measured.strings:,} strings, {len(tables.digits):,} {how}."]
    if measured.by_pieces:
        lines.append(
            "There are no boxes, so digits are known only where they stand apart: what is measured on them (*) is of "
            "those. Touching neighbours are told by the number of pieces where texts are known."
        )
    for reason, names in found.problems.items():
        some = ", ".join(names[:3]) + ", ..." * (len(names) > 3)
        lines.append(f"{len(names):,} {reason}: {some}.")
    return [*lines, *found.notes]


def listing(measured: Measured, beside: Measured | None = None) -> Iterator[str]:
    """Yield the table as lines of text.

    Parameters
    ----------
    measured : Measured
        A collection.
    beside : Measured, optional
        Another, set beside it.

    Yields
    ------
    str
        A line, without its end.
    """
    for each in (measured, *([beside] if beside else [])):
        for line in summary(each):
            yield f"{each.collection.name}: {line}"
    yield from table(measured, beside)


def table(measured: Measured, beside: Measured | None = None) -> Iterator[str]:
    """Yield the lines of the table alone.

    Parameters
    ----------
    measured : Measured
        A collection.
    beside : Measured, optional
        Another, set beside it.

    Yields
    ------
    str
        A line, without its end.
    """
    width = max(len(line.title) for lines in TABLE.values() for line in lines) + 2
    for section, lines in TABLE.items():
        yield f"{section}"
        for line in lines:
            title = line.title + " *" * (line.boxes and measured.by_pieces)
            text = written(line, measured.figures)
            more = f"  | {written(line, beside.figures)}" if beside else ""
            yield f"  {title:{width}}  {text:44}{more}".rstrip()
