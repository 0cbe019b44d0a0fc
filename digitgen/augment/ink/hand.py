"""Shapes as a hand draws them: strokes that bend a little, and curves without corners."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from digitgen.arrays import Floats

_POINTS: Final = 5


def bent(x: Floats, y: Floats, bow: Floats) -> tuple[Floats, Floats]:
    """Bend straight strokes.

    Parameters
    ----------
    x, y : ndarray
        (m, 2) float64: where each begins and ends, px.
    bow : ndarray
        (m,) float64: how far its middle lies to the left of the straight way, as seen along it, px.

    Returns
    -------
    x, y : ndarray
        (m, 5) float64: points on parabolas.
    """
    along = np.arange(_POINTS) / (_POINTS - 1)
    across, down = x[:, 1] - x[:, 0], y[:, 1] - y[:, 0]
    length = np.sqrt(across * across + down * down)
    scale = bow / np.maximum(length, 1e-6)
    aside = 4 * along * (1 - along)
    new_x = x[:, :1] + along * across[:, None] + aside * (scale * down)[:, None]
    new_y = y[:, :1] + along * down[:, None] - aside * (scale * across)[:, None]
    return new_x, new_y


def smooth_curve(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Round a polyline off: each corner is cut, as Chaikin does.

    Parameters
    ----------
    points : sequence of (float, float)
        The polyline; its ends stay.

    Returns
    -------
    list of (float, float)
        More points.
    """
    cut = [points[0]]
    for (x, y), (next_x, next_y) in pairwise(points):
        cut += [((3 * x + next_x) / 4, (3 * y + next_y) / 4), ((x + 3 * next_x) / 4, (y + 3 * next_y) / 4)]
    return [*cut, points[-1]]
