"""Steps for what paper is and has been through: its grain, stains and folds. Layers of darkness, as in `paper`."""

from typing import Final

import numpy as np

from digitgen.arrays import Floats, Images
from digitgen.augment.numerics.exact import cosine, sine
from digitgen.augment.numerics.mottle import SIZES, mottle
from digitgen.augment.numerics.shading import SHARES, clipped, darken, sine_of_turns
from digitgen.augment.step import MANY, Parameter, Scene, family, pixel_step

_MOST: Final = 8  # stains, or folds

_SPAN: Final = 2.0  # of the square of the distance from a stain's middle, in radii, that its table holds
_UNEVEN: Final = 0.15  # how far that square varies, by the column and by the row
_LOBE: Final = 1.7  # radii from a lobe of a stain to the next

_UPRIGHT: Final = 0.7  # share of folds that run down; the others run across
_SKEW: Final = 0.15  # rad by which they may do so aslant
_REACH: Final = 6.0  # widths of a fold, as far as one side of it lies in its shade
_SHADE: Final = 0.5  # darkness of the shade beside that of the fold


@pixel_step(
    stages=("sequence",),
    part=MANY,
    contrast=Parameter("darkness of the darkest spots", "share of white", (0.05, 0.25), (0, 1), legible=(0, 0.6)),
    size=Parameter("of a spot", "px", (1.5, 6), (SIZES[0], SIZES[-1])),
)
def grain_paper(images: Images, scene: Scene, *, contrast: Floats, size: Floats) -> None:
    """Paper whose tone varies from spot to spot, as that of recycled paper does."""
    darken(images, mottle(scene.noise, size, *images.shape[1:]), contrast[:, None] * SHARES)


@pixel_step(
    stages=("sequence",),
    number=Parameter("of stains", "stains", (1, 2), (1, _MOST), integer=True, legible=(1, 3)),
    radius=Parameter("of a stain", "px", (5, 20), (2, 256)),
    depth=Parameter("darkness of a stain's rim", "share of white", (0.05, 0.25), (0, 1), legible=(0, 0.3)),
    inside=Parameter("darkness of its inside, beside that of the rim", "ratio", (0.3, 1), (0, 1)),
)
def stains(images: Images, scene: Scene, *, number: Floats, radius: Floats, depth: Floats, inside: Floats) -> None:
    """Stains of drops that dried anywhere on the paper, darkest at the rim."""
    square = SHARES * _SPAN  # of the distance, in radii
    rim = np.clip((square - 0.65) / 0.25, 0, 1)
    share = (inside[:, None] + (1 - inside[:, None]) * rim) * np.clip((1.1 - square) / 0.2, 0, 1)
    uniform = scene.noise.uniform(_MOST, 6)
    for each in range(int(number.max(initial=0))):
        own = np.flatnonzero(number > each)
        part, random = images[own], uniform[own, each]
        terms = []
        for length, axis in ((part.shape[2], 0), (part.shape[1], 1)):
            middle, stretch, lobe = random[:, axis::2].T[:, :, None]
            distance = (np.arange(length) - middle * (length - 1)) / radius[own][:, None]
            terms.append(distance * distance * (0.7 + 0.6 * stretch) + _UNEVEN * sine_of_turns(distance / _LOBE + lobe))
        columns, rows = terms
        darken(part, clipped(columns / _SPAN, rows / _SPAN), depth[own][:, None] * share[own])
        images[own] = part


@pixel_step(
    stages=("sequence",),
    number=Parameter("of folds", "folds", (1, 2), (1, _MOST), integer=True),
    width=Parameter("from the middle of a fold to where it ends", "px", (0.8, 2), (0.5, 16), legible=(0.5, 8)),
    depth=Parameter("darkness of a fold", "share of white", (0.15, 0.5), (0, 1), legible=(0, 0.7)),
)
def folds(images: Images, scene: Scene, *, number: Floats, width: Floats, depth: Floats) -> None:
    """Folds down or across the paper: a dark line, and a shade that fades out on one side of it."""
    distance = (2 * SHARES - 1) * _REACH  # in widths
    line = np.clip(1 - np.abs(distance), 0, 1)
    fading = 1 - distance / _REACH
    dark = depth[:, None] * np.maximum(line, np.where(distance > 0, _SHADE * fading * fading, 0))
    uniform = scene.noise.uniform(_MOST, 5)
    for each in range(int(number.max(initial=0))):
        own = np.flatnonzero(number > each)
        part = images[own]
        x, y, down, aslant, side = uniform[own, each].T[:, :, None]
        skew = (2 * aslant - 1) * _SKEW
        scale = np.where(side < 0.5, 1, -1) / (2 * _REACH * width[own][:, None])
        upright = down < _UPRIGHT
        right, below = (
            np.where(upright, cosine(skew), sine(skew)) * scale,
            np.where(upright, sine(skew), cosine(skew)) * scale,
        )
        columns = (np.arange(part.shape[2]) - x * (part.shape[2] - 1)) * right
        rows = (np.arange(part.shape[1]) - y * (part.shape[1] - 1)) * below
        darken(part, clipped(columns + 0.5, rows), dark[own])
        images[own] = part


FAMILY: Final = family(grain_paper, stains, folds)
