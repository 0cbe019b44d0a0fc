"""Warps: for every pixel of the output, the point of the input that it shows.

Warps combine: matrices multiply, displacements add up, and only then is the image resampled, once.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.augment.warping.displacement import DisplacementField

MAX_WARPED_WIDTH: Final = 2048
"""Widest image that can be warped, px: for wider ones, resampling would need more bits than its sums have."""


@dataclass
class Warp:
    """The points of the input that the pixels of n warped images show.

    Attributes
    ----------
    matrix : ndarray
        (n, 3, 3) float64: homogeneous coordinates of the output, in px from the image's centre, to those
        of the input.
    profile : ndarray or None
        (n, 2, W) float64: displacement in x and y, px, of whole columns of the output.
    fields : list of DisplacementField
        Further displacements.
    """

    matrix: Floats
    profile: Floats | None = None
    fields: list[DisplacementField] = field(default_factory=list)

    def add(self, rows: Integers, other: "Warp") -> None:
        """Let another warp of some of the images follow.

        Its displacements are px of its own output, so the matrix that comes before it turns and stretches them.
        Earlier displacements stay where they are in the image, though the new warp moves it. That is an approximation;
        it lets displacements add up.

        Parameters
        ----------
        rows : ndarray
            (m,) int64: the images.
        other : Warp
            The warp of these m images.
        """
        before = self.matrix[rows]
        frame = before[:, :2, :2]
        self.matrix[rows] = _product(before, other.matrix)
        if other.profile is not None:
            if self.profile is None:
                self.profile = np.zeros((len(self.matrix), *other.profile.shape[1:]))
            self.profile[rows] += _product(frame, other.profile)
        for each in other.fields:
            own = frame[each.rows] if each.frame is None else _product(frame[each.rows], each.frame)
            plain = bool((own == np.eye(2)).all())
            self.fields.append(
                DisplacementField(rows[each.rows], each.sigma, each.rms, each.noise, None if plain else own)
            )


def unmoved(count: int) -> Warp:
    """A warp of `count` images that moves nothing."""
    return Warp(np.tile(np.eye(3), (count, 1, 1)))


def linear(a: Floats, b: Floats, c: Floats, d: Floats, x: Floats | float = 0.0, y: Floats | float = 0.0) -> Warp:
    """Make the warp of n images by a linear map and a shift, from the image's centre.

    The output (u, v) shows the input (a u + b v + x, c u + d v + y).

    Parameters
    ----------
    a, b, c, d : ndarray
        (n,) float64: the linear map, px/px.
    x, y : ndarray or float, default 0
        (n,) float64: the shift, px.

    Returns
    -------
    Warp
        Without displacements.
    """
    warp = unmoved(len(a))
    for row, column, values in ((0, 0, a), (0, 1, b), (1, 0, c), (1, 1, d), (0, 2, x), (1, 2, y)):
        warp.matrix[:, row, column] = values
    return warp


def _product(first: Floats, second: Floats) -> Floats:
    """(n, i, k) times (n, k, j), not by BLAS, whose kernels round each in its own way."""
    first, second = (np.ascontiguousarray(each.transpose(1, 2, 0)) for each in (first, second))  # numpy likes long rows
    total: Floats = first[:, 0, None] * second[0]
    for k in range(1, len(second)):
        total += first[:, k, None] * second[k]
    return total.transpose(2, 0, 1)
