"""Strokes of a pen: straight pieces with round ends, of which curves are made."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from digitgen.arrays import Floats, Integers


@dataclass(frozen=True, eq=False)
class Strokes:
    """Straight pieces of strokes on n images, m in all.

    Pixels have their centres at whole numbers.

    Attributes
    ----------
    image : ndarray
        (m,) int64: the image of each, from 0.
    x, y : ndarray
        (m, 2) float64: where it begins and ends, px.
    width : ndarray
        (m, 2) float64: its width where it begins and ends, px.
    grey : ndarray
        (m,) float64: its grey level, 0 background to 255 ink.
    digit : ndarray
        (m,) int64: number of the digit that it belongs to, from 1; 0 if it belongs to none.
    """

    image: Integers
    x: Floats
    y: Floats
    width: Floats
    grey: Floats
    digit: Integers

    def __len__(self) -> int:
        return len(self.image)

    def __getitem__(self, index: Integers | slice) -> "Strokes":
        """Take some of the pieces."""
        return Strokes(*(getattr(self, each.name)[index] for each in fields(self)))


def polylines(
    image: Integers, x: Floats, y: Floats, width: Floats, grey: Floats, digit: Integers | None = None
) -> Strokes:
    """Make strokes through points.

    Parameters
    ----------
    image : ndarray
        (m,) int64: the image of each stroke.
    x, y : ndarray
        (m, P) float64: the points that it goes through, two or more, px. A dot goes through one point twice.
    width : ndarray
        (m,) float64, or (m, P) for each point: width of the stroke, px.
    grey : ndarray
        (m,) float64: its grey level.
    digit : ndarray, optional
        (m,) int64: number of the digit that it belongs to, from 1; none by default.

    Returns
    -------
    Strokes
        m (P - 1) pieces, those of a stroke one after the other.
    """
    pieces = x.shape[1] - 1
    width = np.broadcast_to(width if width.ndim == 2 else width[:, None], x.shape)
    x, y, width = (np.stack([each[:, :-1], each[:, 1:]], axis=2).reshape(-1, 2) for each in (x, y, width))
    owner = np.zeros(len(image), np.int64) if digit is None else digit
    return Strokes(np.repeat(image, pieces), x, y, width, np.repeat(grey, pieces), np.repeat(owner, pieces))


def joined(every: Sequence[Strokes]) -> Strokes:
    """Join strokes that are to be drawn together."""
    if not every:
        return polylines(np.zeros(0, np.int64), *(np.zeros((0, 2)),) * 2, *(np.zeros(0),) * 2)
    return Strokes(*(np.concatenate([getattr(each, name.name) for each in every]) for name in fields(Strokes)))
