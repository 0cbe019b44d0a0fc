"""Print that forms have around numbers: a line to write on, and boxes to write in."""

import math
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.augment.ink.pen import Pen
from digitgen.augment.ink.strokes import Strokes, joined, polylines
from digitgen.augment.ink.writing import writing_of
from digitgen.augment.step import Look, Parameter, Scene, family, ink_step

_BEYOND: Final = 4  # px that a line goes on beyond the image
_PIECE: Final = 24  # px, at most, of a line that bends
_DASH: Final = 0.6  # of the period that a dash takes

_THICKNESS: Final = Parameter("of the lines", "px", (0.7, 1.6), (0.1, 8))
_GREY: Final = Parameter("of the lines", "grey level", (70, 220), (0, 255))


@ink_step(
    "form",
    thickness=_THICKNESS,
    grey=_GREY,
    height=Parameter("from the foot of the digits up to the line", "heights of the string", (-0.2, 0.05), (-2, 2)),
    slope=Parameter("px upwards for each px to the right", "px/px", (-0.02, 0.02), (-0.3, 0.3)),
    bow=Parameter("how far the line is bent upwards in its middle", "heights of the string", (-0.05, 0.05), (-1, 1)),
    dashed=Parameter("share of lines that are dashed", "", (0.1, 0.1), (0, 1), fixed=True),
    dotted=Parameter("share of lines that are dotted, of those not dashed", "", (0.1, 0.1), (0, 1), fixed=True),
    period=Parameter("from a dash or dot to the next", "px", (4, 9), (2, 64)),
)
def base_line(
    _look: Look,
    scene: Scene,
    _pen: Pen,
    *,
    thickness: Floats,
    grey: Floats,
    height: Floats,
    slope: Floats,
    bow: Floats,
    dashed: Floats,
    dotted: Floats,
    period: Floats,
) -> Strokes:
    """A line below the digits or through their feet, from side to side: printed or drawn, dashed or dotted."""
    writing = writing_of(scene)
    middle = (writing.first[:, 0] + writing.last[:, 2]) / 2
    level = writing.mean(writing.ink[:, :, 3]) - height * writing.height
    bows = bow * writing.height
    uniform = scene.noise.uniform(3)
    with_dashes = uniform[:, 0] < dashed
    with_dots = ~with_dashes & (uniform[:, 1] < dotted)
    half = (scene.width - 1) / 2

    def line_at(rows: Integers, x: Floats) -> Floats:
        """The rows of lines in the columns `x`, (m, k)."""
        share = (x - half) / half
        return level[rows, None] - slope[rows, None] * (x - middle[rows, None]) - bows[rows, None] * (1 - share * share)

    rows = np.flatnonzero(~(with_dashes | with_dots))
    length = scene.width + 2 * _BEYOND
    pieces = math.ceil(length / _PIECE)
    x = np.broadcast_to(np.arange(pieces + 1) * (length / pieces) - _BEYOND, (len(rows), pieces + 1))
    found = [polylines(rows, x, line_at(rows, x), thickness[rows], grey[rows])]
    rows = np.flatnonzero(with_dashes | with_dots)
    if rows.size:
        number = math.ceil(length / period[rows].min()) + 1
        begin = (np.arange(number) - uniform[rows, 2:]) * period[rows, None] - _BEYOND
        dash = np.where(with_dots, 0, np.maximum(_DASH * period - thickness, 0))[rows, None]
        x = np.stack([begin, begin + dash], axis=2).reshape(-1, 2)
        every = np.repeat(rows, number)
        found.append(polylines(every, x, line_at(every, x), thickness[every], grey[every]))
    return joined(found)


@ink_step(
    "form",
    thickness=_THICKNESS,
    grey=_GREY,
    beside=Parameter("from the string to the box's sides", "heights of the string", (0.15, 0.6), (0, 20)),
    above=Parameter("from the string to the box's upper and lower side", "heights of the string", (0.08, 0.3), (0, 20)),
    sides=Parameter("share of the box's four sides that are there", "", (0.5, 1), (0, 1)),
    combs=Parameter("share of boxes with a line between each two digits", "", (0.3, 0.3), (0, 1), fixed=True),
    teeth=Parameter("height of these lines", "share of the box's height", (0.25, 1), (0, 1)),
)
def field_frame(
    _look: Look,
    scene: Scene,
    _pen: Pen,
    *,
    thickness: Floats,
    grey: Floats,
    beside: Floats,
    above: Floats,
    sides: Floats,
    combs: Floats,
    teeth: Floats,
) -> Strokes:
    """A printed box around the string, or some of its sides, or a comb with a place for each digit."""
    writing = writing_of(scene)
    margin = np.stack([beside, above], axis=1) * writing.height[:, None]
    (left, top), (right, foot) = (writing.extent[:, :2] - margin).T, (writing.extent[:, 2:] + margin).T
    shown = scene.noise.uniform(4, purpose=0) < sides[:, None]
    found = []
    for side, ends in enumerate(
        ((left, top, right, top), (left, foot, right, foot), (left, top, left, foot), (right, top, right, foot))
    ):
        rows = np.flatnonzero(shown[:, side])
        x, y = (np.stack([ends[axis][rows], ends[2 + axis][rows]], axis=1) for axis in (0, 1))
        found.append(polylines(rows, x, y, thickness[rows], grey[rows]))
    comb = scene.noise.uniform(1, purpose=1) < combs[:, None]
    rows, number = np.nonzero(writing.there[:, 1:] & comb)
    between = (writing.ink[rows, number, 2] + writing.ink[rows, number + 1, 0]) / 2
    x = np.stack([between, between], axis=1)
    y = np.stack([foot - teeth * (foot - top), foot], axis=1)[rows]
    found.append(polylines(rows, x, y, thickness[rows], grey[rows]))
    return joined(found)


FAMILY: Final = family(base_line, field_frame)
