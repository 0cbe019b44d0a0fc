"""Points, commas and apostrophes that stand before groups of three digits."""

from typing import Final

import numpy as np

from digitgen.arrays import Bools, Floats, Integers
from digitgen.augment.ink.pen import Pen
from digitgen.augment.ink.strokes import Strokes, joined, polylines
from digitgen.augment.ink.writing import writing_of
from digitgen.augment.step import Look, Parameter, Scene, family, ink_step

_GROUP: Final = 3  # digits
_SEARCHED: Final = 8  # px on either side of the middle between two digits
_ROOM: Final = 0.5  # of a mark's size, at least, that must be free between two digits
_POINT: Final = np.array([(-0.15, 0.0), (0.15, 0.05)])
"""A point, in units of its size: the pen moves a little, to the right and up."""
_COMMA: Final = np.array([(0.15, -0.3), (0.15, 0.25), (-0.1, 0.95), (-0.65, 1.7)])
"""A comma, in units of its size: to the right and down."""
_TAPER: Final = np.array([1.0, 1.0, 0.7, 0.35])  # a comma's width, in units of its size


@ink_step(
    "string",
    marks=Parameter("greatest number in a string, counted from its end", "marks", (1, 3), (1, 85), integer=True),
    commas=Parameter("share of strings whose marks have tails; others have points", "", (0.5, 0.5), (0, 1), fixed=True),
    raised=Parameter(
        "share of strings whose marks stand as high as the digits, as apostrophes do",
        "",
        (0.1, 0.1),
        (0, 1),
        fixed=True,
    ),
    height=Parameter(
        "from the foot of the digits up to a mark, or from their top down to one that is raised",
        "heights of the string",
        (-0.05, 0.1),
        (-0.5, 0.5),
    ),
    size=Parameter("of a point, or of a comma's head", "widths of the pen", (0.9, 1.5), (0.2, 5)),
)
def separators(
    look: Look,
    scene: Scene,
    pen: Pen,
    *,
    marks: Floats,
    commas: Floats,
    raised: Floats,
    height: Floats,
    size: Floats,
) -> Strokes:
    """Points, commas or apostrophes between thousands, by the string's pen.

    A mark stands in the middle of the room between two digits, and is left out where less than half of it has room.
    """
    writing = writing_of(scene)
    lengths = writing.there.sum(axis=1)
    tail, high = (scene.noise.uniform(2, purpose=0) < np.stack([commas, raised], axis=1)).T
    unsteady = scene.noise.uniform(max(scene.cells.shape[1] // _GROUP, 1), 3, purpose=1) - 0.5
    sizes = size * pen.width
    found = []
    for turn in range(int(marks.max(initial=0))):
        rows = np.flatnonzero((turn < marks) & (lengths > _GROUP * (turn + 1)))
        if not rows.size:
            break
        own = sizes[rows] * (1 + 0.3 * unsteady[rows, turn, 0])
        right = lengths[rows] - _GROUP * (turn + 1)
        before, behind = writing.ink[rows, right - 1], writing.ink[rows, right]
        foot, top = (before[:, 3] + behind[:, 3]) / 2, (before[:, 1] + behind[:, 1]) / 2
        lift = height[rows] * writing.height[rows] + own / 2
        y = np.where(high[rows], top + lift, foot - lift) + own * 0.4 * unsteady[rows, turn, 1]
        x, room = _free(look, rows, (before[:, 2] + behind[:, 0]) / 2, y, own, pen.grey[rows])
        drawn = room >= _ROOM * own
        with_tail = (tail | high)[rows]
        for some, shape, widths in (
            (drawn & with_tail, _COMMA, _TAPER),
            (drawn & ~with_tail, _POINT, np.ones(2)),
        ):
            lean = 1 + unsteady[rows[some], turn, 2]
            across = x[some, None] + own[some, None] * shape[:, 0] * lean[:, None]
            down = y[some, None] + own[some, None] * shape[:, 1]
            found.append(polylines(rows[some], across, down, own[some, None] * widths, pen.grey[rows[some]]))
    return joined(found)


def _free(look: Look, rows: Integers, middle: Floats, y: Floats, size: Floats, grey: Floats) -> tuple[Floats, Floats]:
    """Find the room for a mark at a height, near to `middle`: its middle and its width, px, (m,) each."""
    columns = np.floor(middle + 0.5).astype(np.int64)[:, None] + np.arange(-_SEARCHED, _SEARCHED + 1)
    lines = np.floor(y + 0.5).astype(np.int64)[:, None] + np.arange(-1, 2)
    shown = look(rows, lines, columns).max(axis=1)
    inked: Bools = shown > grey[:, None] / 3
    place = np.arange(columns.shape[1])
    last = np.maximum.accumulate(np.where(inked, place, -1), axis=1)
    following = np.minimum.accumulate(np.where(inked, place, len(place))[:, ::-1], axis=1)[:, ::-1]
    room = np.where(inked, 0, following - last - 1)
    away = np.abs(columns - middle[:, None])
    best = np.argmax(np.minimum(room, size[:, None] + 1) * 100 - away, axis=1)
    each = np.arange(len(rows))
    begin, end = columns[each, 0] + last[each, best] + 0.5, columns[each, 0] + following[each, best] - 0.5
    half = np.minimum(size, end - begin) / 2
    return np.clip(middle, begin + half, end - half), room[each, best].astype(np.float64)


FAMILY: Final = family(separators)
