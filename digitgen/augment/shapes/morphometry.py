"""Measures of glyphs: outline, skeleton, stroke thickness, slant and width, as Morpho-MNIST defines them.

These functions measure the images that they get, a batch at a time; `measures` keeps the results for a bank's glyphs.

References
----------
Castro, Tan, Kainz, Konukoglu and Glocker 2019, Morpho-MNIST: quantitative assessment and diagnostics for representation
learning, Journal of Machine Learning Research 20, doi:10.48550/arXiv.1809.10780
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images, Pixels, Singles
from digitgen.augment.numerics.products import multiply
from digitgen.augment.shapes.bitmap import SCALE, SIDE, Bits, pack, unpack
from digitgen.augment.shapes.skeleton import Skeletons
from digitgen.format import CELL

_WEIGHT_GRID: Final = 2.0**-12  # of the upscaling; with rows on 1/4, float32 sums are exact
_ROW_GRID: Final = 0.25
_BOUND: Final = 0.02  # share of the ink that lies outside the width, on both sides together
_POLE: Final = math.sqrt(3) - 2  # of the filter that makes a cubic B-spline interpolate


@dataclass(frozen=True)
class Shape:
    """The strokes of n glyphs at 4 times their resolution.

    Attributes
    ----------
    ink : ndarray
        (n, 112, 2) uint64: the inked pixels, as a bitmap.
    skeleton : Skeletons
        The middle lines of the strokes.
    """

    ink: Bits
    skeleton: Skeletons

    @cached_property
    def pixels(self) -> Pixels:
        """(n, 112, 112) uint8: 1 for ink, 0 for background."""
        return unpack(self.ink)

    @property
    def thickness(self) -> Floats:
        """(n,) float64: mean thickness of the strokes, px of the glyph; 0 without ink."""
        return self.skeleton.thickness


def shape_of(images: Images) -> Shape:
    """Outline glyphs (n, 28, 28) and measure them, as they are."""
    ink = outline(images)
    return Shape(ink, Skeletons.of(ink))


def outline(images: Images) -> Bits:
    """Scale glyphs up, and take for ink what reaches half of their maximum.

    They are scaled by a cubic spline through their pixels, smoothed by a Gaussian of 1/3 px of the glyph.

    Parameters
    ----------
    images : ndarray
        (n, 28, 28) uint8.

    Returns
    -------
    ndarray
        (n, 112, 2) uint64: a bitmap.

    References
    ----------
    Unser, Aldroubi and Eden 1993, B-spline signal processing: part I, theory, IEEE Transactions on Signal Processing
    41, doi:10.1109/78.193220
    """
    weights = _upscaling()
    rows = np.empty((len(images), CELL, SIDE), np.float32)
    multiply(images.astype(np.float32), weights.T, out=rows)
    np.rint(rows / np.float32(_ROW_GRID), out=rows)
    large = np.empty((len(images), SIDE, SIDE), np.float32)
    multiply(weights, rows, out=large)
    # Splines overshoot: ink is never darker than the glyph's own darkest pixel.
    most = np.minimum(large.max(axis=(1, 2)), images.max(axis=(1, 2)) / (np.float32(_ROW_GRID)))
    half = np.maximum(most * np.float32(0.5), 1)
    return pack(large >= half[:, None, None])


def render(ink: Pixels) -> Images:
    """Scale ink (n, 112, 112), 0 or 1, down to (n, 28, 28) uint8, 0 to 255: a pixel is the mean of its 4x4."""
    large = (ink * np.uint8(255)).reshape(-1, SIDE)
    small = cv2.resize(large, (CELL, len(large) // SCALE), interpolation=cv2.INTER_AREA)
    return small.reshape(-1, CELL, CELL).astype(np.uint8, copy=False)


@dataclass(frozen=True)
class Moments:
    """Moments of the ink of n square images; all 0 where there is none.

    Attributes
    ----------
    x, y : ndarray
        (n,) float64: the centroid, px from the image's centre.
    xx, xy, yy : ndarray
        (n,) float64: variances and covariance, px squared.
    """

    x: Floats
    y: Floats
    xx: Floats
    xy: Floats
    yy: Floats

    @classmethod
    def of(cls, images: Images) -> "Moments":
        """Add up ink in whole numbers, and divide last."""
        size = images.shape[1]
        place = np.arange(1 - size, size, 2)  # twice the distance from the centre
        ink = images.astype(np.int64)
        columns, lines = ink.sum(axis=1), ink.sum(axis=2)
        mass = np.maximum(lines.sum(axis=1), 1)
        x, y = columns @ place, lines @ place
        xx = mass * (columns @ (place * place)) - x * x
        xy = mass * ((ink @ place) @ place) - x * y
        yy = mass * (lines @ (place * place)) - y * y
        square = 4 * mass * mass
        return cls(x / mass / 2, y / mass / 2, xx / square, xy / square, yy / square)

    @property
    def lean(self) -> Floats:
        """(n,) float64: px to the right for each px down, by regression; the tangent of minus the slant."""
        return np.where(self.yy > 0, self.xy / np.where(self.yy > 0, self.yy, 1), 0.0)


def widths(images: Images, moments: Moments) -> Floats:
    """Measure widths of glyphs, slant apart: between the slanted lines beyond which 1% of the ink lies on each side.

    Parameters
    ----------
    images : ndarray
        (n, 28, 28) uint8.
    moments : Moments
        Moments of these images.

    Returns
    -------
    ndarray
        (n,) float64, px; 0 for an image without ink.
    """
    place = np.arange(CELL) - (CELL - 1) / 2
    across = place - moments.x[:, None, None]
    down = (place - moments.y[:, None])[:, :, None]
    upright = across - moments.lean[:, None, None] * down
    # Ink is counted in bins of 1/4 px; a pixel's fades linearly as far as its neighbours' middles.
    reach = 2 * CELL
    first = np.clip(np.rint(SCALE * (upright - 1) + 0.5), -SCALE * reach, SCALE * reach - 2 * SCALE).astype(np.int64)
    bins = 2 * SCALE * reach
    index = first + SCALE * reach + bins * np.arange(len(images))[:, None, None]
    counts = np.bincount(index.ravel(), images.ravel(), len(images) * bins).reshape(-1, bins)
    below = np.cumsum(np.cumsum(counts.astype(np.float64), axis=1), axis=1)
    below = np.cumsum(below, axis=1)
    for _ in range(2):
        below[:, SCALE:] -= below[:, :-SCALE].copy()  # up to the right edge of each bin; of whole numbers
    total = below[:, -1]
    edges = [_crossing(below, total * share) for share in (_BOUND / 2, 1 - _BOUND / 2)]
    return np.where(total > 0, (edges[1] - edges[0]) / SCALE, 0.0)


def _crossing(below: Floats, level: Floats) -> Floats:
    """The point, between bins, at which each row of a growing function (n, bins) passes its level."""
    after = np.argmax(below >= level[:, None], axis=1)
    rows = np.arange(len(below))
    low = below[rows, np.maximum(after - 1, 0)]
    high = below[rows, after]
    edge: Floats = after + (level - low) / np.maximum(high - low, 1)
    return edge


@lru_cache(maxsize=1)
def _upscaling() -> Singles:
    """(112, 28): the weights of pixels in those of the larger image, multiples of a power of two."""
    offset = [[(large + 0.5) / SCALE - 0.5 - small for small in range(CELL)] for large in range(SIDE)]
    known = {each: _smooth_spline(each) for row in offset for each in row}
    weights = np.array([[known[each] for each in row] for row in offset])
    return (np.rint(weights / _WEIGHT_GRID) * _WEIGHT_GRID).astype(np.float32)


def _smooth_spline(offset: float) -> float:
    """An interpolating cubic spline at some px from its pixel, smoothed by a Gaussian of 4/3 px of the larger image."""
    taps = {tap: math.exp(-((tap / (SCALE / 3)) ** 2) / 2) for tap in range(-5, 6)}
    total = sum(weight * _spline(offset + tap / SCALE) for tap, weight in taps.items())
    return total / sum(taps.values())


def _spline(offset: float) -> float:
    """The cubic spline through 1 at 0 and through 0 at all other whole numbers."""
    return sum(math.sqrt(3) * _POLE ** abs(knot) * _b_spline(abs(offset - knot)) for knot in range(-12, 13))


def _b_spline(distance: float) -> float:
    """The cubic B-spline."""
    if distance < 1:
        return 2 / 3 - distance**2 + distance**3 / 2
    return max(0.0, 2 - distance) ** 3 / 6
