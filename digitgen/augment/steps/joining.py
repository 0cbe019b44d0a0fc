"""Strokes that join neighbouring digits, as a hand leaves them that does not lift the pen."""

from typing import Final

import numpy as np

from digitgen.arrays import Bools, Floats, Integers
from digitgen.augment.ink.hand import bent
from digitgen.augment.ink.pen import Pen
from digitgen.augment.ink.strokes import Strokes, polylines
from digitgen.augment.ink.writing import writing_of
from digitgen.augment.step import Look, Parameter, Scene, family, ink_step

_DEPTH: Final = 14  # px of a digit, from its edge on, in which a stroke may end
_AWAY: Final = 0.5  # px of depth that a px up or down from the wanted row is worth
_DRIFT: Final = 0.5  # of the string's height: how far a stroke climbs or falls, at most
_NEVER: Final = 1e6  # px


@ink_step(
    "digits",
    pairs=Parameter("share of neighbours that are joined, of those near enough", "", (0.1, 0.7), (0, 1)),
    reach=Parameter(
        "greatest distance between digits that are joined", "heights of the string", (0.6, 0.6), (0, 5), fixed=True
    ),
    width=Parameter("of the stroke", "widths of the pen", (0.6, 1.0), (0.1, 3)),
    bow=Parameter("how far its middle is bent upwards", "heights of the string", (-0.12, 0.12), (-1, 1)),
)
def connecting_strokes(
    look: Look, scene: Scene, pen: Pen, *, pairs: Floats, reach: Floats, width: Floats, bow: Floats
) -> Strokes:
    """Strokes from digits to their right neighbours, by the string's pen; each belongs to the left one.

    Neighbours that overlap in some column are left as they are.
    """
    writing = writing_of(scene)
    uniform = scene.noise.uniform(max(scene.cells.shape[1] - 1, 1), 4)
    before, behind = writing.ink[:, :-1], writing.ink[:, 1:]
    apart = behind[..., 0] - before[..., 2]
    near = writing.there[:, 1:] & (apart >= 0) & (apart <= (reach * writing.height)[:, None])
    rows, left = np.nonzero(near & (uniform[:, : near.shape[1], 0] < pairs[:, None]))
    wanted, drift, sag = uniform[rows, left, 1:].T
    before, behind = before[rows, left], behind[rows, left]
    top, foot = np.maximum(before[:, 1], behind[:, 1]), np.minimum(before[:, 3], behind[:, 3])
    start = _end(look, rows, before, pen.grey[rows], top + wanted * (foot - top), right=True)
    target = start[1] + _DRIFT * (drift - 0.5) * writing.height[rows]
    end = _end(look, rows, behind, pen.grey[rows], target, right=False)
    inset = pen.width[rows] / 2
    x = np.stack([start[0] - inset, end[0] + inset], axis=1)
    y = np.stack([start[1], end[1]], axis=1)
    bows = (bow[rows] + 0.1 * (sag - 0.5)) * np.minimum(writing.height[rows], x[:, 1] - x[:, 0])
    x, y = bent(x, y, bows)
    return polylines(rows, x, y, (width * pen.width)[rows], pen.grey[rows], left + 1)


def _end(
    look: Look, rows: Integers, box: Floats, grey: Floats, wanted: Floats, *, right: bool
) -> tuple[Floats, Floats]:
    """Choose where a stroke meets digits on their right or left side: x and y of pixels on their contours, (m,) each.

    It is as near to the edge of the digit, and to the wanted row, as ink allows.
    """
    depth = np.arange(_DEPTH)
    columns = (box[:, 2] - 0.5)[:, None] - depth if right else (box[:, 0] + 0.5)[:, None] + depth
    lines = (box[:, 1] + 0.5)[:, None] + np.arange((box[:, 3] - box[:, 1]).max(initial=1))
    ink: Bools = look(rows, lines.astype(np.int64), columns.astype(np.int64)) > grey[:, None, None] / 2
    inside = (columns > box[:, :1]) & (columns < box[:, 2:3])
    ink &= inside[:, None, :]
    ink &= (lines < box[:, 3:])[:, :, None]
    first = ink.argmax(axis=2)
    cost = np.where(ink.any(axis=2), first + _AWAY * np.abs(lines - wanted[:, None]), _NEVER)
    line = cost.argmin(axis=1)
    each = np.arange(len(rows))
    return columns[each, first[each, line]], lines[each, line]


FAMILY: Final = family(connecting_strokes)
