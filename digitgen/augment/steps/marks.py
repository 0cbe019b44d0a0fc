"""Marks that people write before and behind numbers: dashes, signs of currencies and others, by the string's pen."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Floats, Integers
from digitgen.augment.ink.hand import bent, smooth_curve
from digitgen.augment.ink.pen import Pen
from digitgen.augment.ink.strokes import Strokes, joined, polylines
from digitgen.augment.ink.writing import Writing, writing_of
from digitgen.augment.step import Look, Parameter, Scene, family, ink_step

_STROKES: Final = 4  # of a mark, at most
_BOW: Final = 0.12  # of a straight stroke's length: how far it bends at most
_ENDS: Final = 0.06  # of the string's height: how far its ends lie from where they should, at most


class _Stroke(NamedTuple):
    """A stroke of a mark: points to the right and up, from 0 to 1 each, if not beyond."""

    points: tuple[tuple[float, float], ...]
    stands: bool = True
    """Whether it stands on the digits' foot and is as high as the mark; or else is drawn about the mark's middle."""


_Shape = tuple[_Stroke, ...]


def _level(first: float, last: float, up: float = 0.0) -> _Stroke:
    """A stroke from left to right."""
    return _Stroke(((first, up), (last, up)), stands=False)


_POINT: Final = _Stroke(((0.0, 0.06), (0.05, 0.08)))
_SLASH: Final = _Stroke(((0.0, -0.05), (0.45, 1.05)))
_OTHER_SLASH: Final = _Stroke(((0.4, -0.05), (0.85, 1.05)))
_S: Final = _Stroke(
    tuple(
        smooth_curve(
            [
                *((0.9, 0.78), (0.7, 0.95), (0.3, 0.95), (0.08, 0.75), (0.2, 0.55)),
                *((0.75, 0.45), (0.95, 0.25), (0.7, 0.03), (0.3, 0.03), (0.05, 0.22)),
            ]
        )
    )
)

_BEHIND: Final[Mapping[str, Sequence[_Shape]]] = {
    "dash": ((_level(0, 1),), (_level(0, 0.8), _level(1.1, 1.9))),
    "equals": ((_level(0, 1, 0.11), _level(0, 1, -0.11)),),
    "point_dash": ((_POINT, _level(0.35, 1.3)),),
    "slash": ((_SLASH,), (_SLASH, _OTHER_SLASH)),
    "stroke": ((_level(0, 1),),),
}
"""Marks behind numbers, each in one or several ways."""

_BEFORE: Final[Mapping[str, Sequence[_Shape]]] = {
    "currency": (
        (_S, _Stroke(((0.5, 1.1), (0.5, -0.1)))),
        (_S, _Stroke(((0.4, 1.1), (0.4, -0.1))), _Stroke(((0.62, 1.1), (0.62, -0.1)))),
    ),
    "hash": (
        (
            _Stroke(((0.4, 0.95), (0.2, 0.05))),
            _Stroke(((0.8, 0.95), (0.6, 0.05))),
            _Stroke(((0.05, 0.67), (1.0, 0.67))),
            _Stroke(((0.0, 0.33), (0.95, 0.33))),
        ),
    ),
    "asterisk": (
        (_Stroke(((0.5, 0.85), (0.5, 0.25))), _Stroke(((0.22, 0.7), (0.78, 0.4))), _Stroke(((0.22, 0.4), (0.78, 0.7)))),
    ),
    "plus": ((_Stroke(((0.1, 0.45), (0.9, 0.45))), _Stroke(((0.5, 0.8), (0.5, 0.1)))),),
    "dash": ((_Stroke(((0.05, 0.45), (0.85, 0.45))),),),
}
"""Marks before numbers."""


class _Mark(NamedTuple):
    """Places of marks that are to be drawn on n images: (n,) float64 each, px."""

    x: Floats
    foot: Floats
    middle: Floats
    wide: Floats
    high: Floats


def _weight(of: str, weight: float = 1) -> Parameter:
    """A weight among those of a step's kinds of marks."""
    return Parameter(f"weight of {of}, beside the other weights", "", (weight, weight), (0, 1), fixed=True)


@ink_step(
    "string",
    dash=_weight("one dash, or two in a row"),
    equals=_weight("two dashes, one below the other"),
    point_dash=_weight("a point and a dash"),
    slash=_weight("one slash or two", 0.3),
    stroke=_weight("a long stroke", 0.3),
    gap=Parameter("from the string to the mark", "heights of the string", (0.1, 0.6), (0, 10)),
    length=Parameter("of dashes", "heights of the string", (0.35, 0.9), (0.1, 5)),
    reach=Parameter("length of the long stroke", "heights of the string", (1.5, 5), (0.5, 100)),
    height=Parameter("of dashes above the foot of the last digit", "heights of the string", (0.25, 0.6), (-0.5, 1.5)),
)
def trailing_marks(
    _look: Look,
    scene: Scene,
    pen: Pen,
    *,
    dash: Floats,
    equals: Floats,
    point_dash: Floats,
    slash: Floats,
    stroke: Floats,
    gap: Floats,
    length: Floats,
    reach: Floats,
    height: Floats,
) -> Strokes:
    """Dashes, slashes, a point and a dash, or a long stroke behind the string, by its pen.

    The image cuts off what lies beyond it. Strings whose weights are all 0 have no mark.
    """
    writing = writing_of(scene)
    kind = _chosen(scene, np.stack([dash, equals, point_dash, slash, stroke], axis=1))
    foot, high = writing.last[:, 3] - pen.width / 2, writing.height
    wide = np.where(kind == list(_BEHIND).index("stroke"), reach, length) * high
    wide = np.where(kind == list(_BEHIND).index("slash"), high, wide)
    x = writing.extent[:, 2] + gap * high + pen.width / 2
    return _drawn(_BEHIND, kind, scene, pen, _Mark(x, foot, foot - height * high, wide, high), writing)


@ink_step(
    "string",
    currency=_weight("an S with a stroke or two through it"),
    hash=_weight("two strokes across two"),
    asterisk=_weight("three strokes that cross"),
    plus=_weight("two strokes that cross", 0.3),
    dash=_weight("a dash", 0.3),
    gap=Parameter("from the mark to the string", "heights of the string", (0.1, 0.5), (0, 10)),
    size=Parameter("height of the mark", "heights of the string", (0.7, 1.15), (0.2, 3)),
    width=Parameter("of the mark", "ratio of its height", (0.5, 0.75), (0.1, 3)),
)
def leading_marks(
    _look: Look,
    scene: Scene,
    pen: Pen,
    *,
    currency: Floats,
    hash: Floats,  # noqa: A002
    asterisk: Floats,
    plus: Floats,
    dash: Floats,
    gap: Floats,
    size: Floats,
    width: Floats,
) -> Strokes:
    """A sign of a currency, a hash, an asterisk, a plus or a dash before the string, by its pen.

    The image cuts off what lies beyond it. Strings whose weights are all 0 have no mark.
    """
    writing = writing_of(scene)
    kind = _chosen(scene, np.stack([currency, hash, asterisk, plus, dash], axis=1))
    high = size * writing.height
    wide = width * high
    foot = writing.first[:, 3] - pen.width / 2 - (writing.height - high) / 2 * (size < 1)
    x = writing.extent[:, 0] - gap * writing.height - pen.width / 2 - wide
    return _drawn(_BEFORE, kind, scene, pen, _Mark(x, foot, foot - 0.45 * high, wide, high), writing)


def _chosen(scene: Scene, weights: Floats) -> Integers:
    """(n,): the kind of each image's mark, with a probability in proportion to its weight; -1 where all are 0."""
    total = np.zeros(len(weights))
    limits = []
    for column in weights.T:  # one addition at a time
        total = total + column
        limits.append(total)
    uniform = scene.noise.uniform(1, purpose=0)[:, 0] * total
    kind = (uniform >= np.stack(limits)).sum(axis=0)
    return np.where(total > 0, kind, -1)


def _drawn(
    shapes: Mapping[str, Sequence[_Shape]], kind: Integers, scene: Scene, pen: Pen, mark: _Mark, writing: Writing
) -> Strokes:
    """Draw each image's kind of mark, as a hand does."""
    ways = scene.noise.uniform(1, purpose=1)[:, 0]
    unsteady = scene.noise.uniform(_STROKES, 5, purpose=2) - 0.5
    found = []
    for number, every in enumerate(shapes.values()):
        way = np.where(kind == number, (ways * len(every)).astype(np.int64), -1)
        for turn, shape in enumerate(every):
            rows = np.flatnonzero(way == turn)
            if rows.size:
                found += [
                    _stroke(stroke, rows, unsteady[rows, place], pen, mark, writing.height[rows])
                    for place, stroke in enumerate(shape)
                ]
    return joined(found)


def _stroke(stroke: _Stroke, rows: Integers, unsteady: Floats, pen: Pen, mark: _Mark, height: Floats) -> Strokes:
    """Draw one stroke of a mark on some images; `unsteady` is (m, 5), from -0.5 to 0.5."""
    points: NDArray[np.float64] = np.array(stroke.points)
    high, zero = mark.high[rows], (mark.foot if stroke.stands else mark.middle)[rows]
    x = mark.x[rows, None] + mark.wide[rows, None] * points[:, 0]
    y = zero[:, None] - high[:, None] * points[:, 1]
    ends = 2 * _ENDS * height[:, None] * unsteady[:, :4]
    share = np.linspace(0, 1, len(points))
    x = x + ends[:, :1] * (1 - share) + ends[:, 1:2] * share
    y = y + ends[:, 2:3] * (1 - share) + ends[:, 3:4] * share
    if len(points) == 2:
        length = np.sqrt((x[:, 1] - x[:, 0]) ** 2 + (y[:, 1] - y[:, 0]) ** 2)
        x, y = bent(x, y, 2 * _BOW * unsteady[:, 4] * np.minimum(length, height))
    return polylines(rows, x, y, pen.width[rows], pen.grey[rows])


FAMILY: Final = family(trailing_marks, leading_marks)
