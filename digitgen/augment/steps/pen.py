"""Steps for what a pen does: how dark it writes, how evenly, where it runs dry, and how its ink spreads into paper.

They act on all that is white, so they belong before the steps that put paper behind the ink. `pen_grey` and `fading`
only change the tone: labels say where the pen went, however faint it is. Dry places and bleeding change where there is
ink, and labels follow.
"""

from functools import cache
from statistics import NormalDist
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images
from digitgen.augment.numerics.gaussian import MAX_SIGMA, ROUNDED, smooth
from digitgen.augment.numerics.mottle import DEVIATION, MEAN, SIZES, mottle
from digitgen.augment.numerics.shading import SHARES, look_up, shares, weaken
from digitgen.augment.step import MANY, Parameter, Scene, family, pixel_step, stroke_step
from digitgen.augment.steps.lines import extent

_PRESSURE: Final = Parameter("length of a stretch with much or little pressure", "px", (4, 12), (SIZES[0], SIZES[-1]))
_EDGE: Final = 0.4  # standard deviations of the field over which ink ends at a dry place
_SHARES: Final = 1024  # that a share is rounded to, for its quantile
_FAINTEST: Final = 16  # grey level below which paper has not taken ink up


@pixel_step(
    part=MANY,
    grey=Parameter("of full ink", "share of white", (0.55, 1), (0, 1), legible=(0.1, 1)),
    variation=Parameter("share of it that is lost where the pen presses least", "ratio", (0, 0.4), (0, 1)),
    size=_PRESSURE,
)
def pen_grey(images: Images, scene: Scene, *, grey: Floats, variation: Floats, size: Floats) -> None:
    """Ink of a grey that varies along the strokes, as with the pressure of a pen or a pencil."""
    left = grey[:, None] * (1 - variation[:, None] * SHARES)
    weaken(images, look_up(mottle(scene.noise, size, *images.shape[1:]), shares(left)))


@pixel_step(
    stages=("sequence",),
    amount=Parameter("share of the ink that is gone at the end", "ratio", (0.3, 0.8), (0, 1)),
    start=Parameter("where it begins to fade, on the way over all digits", "share", (0, 0.7), (0, 1)),
)
def fading(images: Images, scene: Scene, *, amount: Floats, start: Floats) -> None:
    """Ink that fades towards one end of the line, the right one or, as often, the left one."""
    first, last = extent(scene)
    way = (np.arange(images.shape[2]) - first) / (last - 1 - first)
    way = np.where(scene.noise.uniform(1) < 0.5, way, 1 - way)
    rest = np.maximum(1 - start, 2.0**-8)[:, None]
    faded = np.clip((way - start[:, None]) / rest, 0, 1)
    share = np.empty_like(images)
    share[...] = shares(1 - amount[:, None] * faded)[:, None]
    weaken(images, share)


@cache
def _quantiles() -> Floats:
    """The standard normal quantiles of k / 1024, rounded, so that they are the same on every processor."""
    inner = [round(NormalDist().inv_cdf(k / _SHARES) * 2**16) / 2**16 for k in range(1, _SHARES)]
    return np.array([-9.0, *inner, 9.0])


@stroke_step(
    part=MANY,
    amount=Parameter("share of the ink that is missing", "ratio", (0.02, 0.12), (0, 1), legible=(0, 0.14)),
    size=Parameter("of a place without ink", "px", (1.5, 3), (SIZES[0], 16)),
)
def dry_pen(images: Images, scene: Scene, *, amount: Floats, size: Floats) -> None:
    """Ink that is missing in places, where a pen runs dry or skips."""
    border = _quantiles().take(np.rint(amount * _SHARES).astype(np.int64))
    above = (255 * SHARES - MEAN) / DEVIATION - border[:, None]
    weaken(images, look_up(mottle(scene.noise, size, *images.shape[1:]), shares(above / _EDGE + 0.5)))


@stroke_step(
    part=MANY,
    amount=Parameter("share of the ink that paper takes up beside a stroke", "ratio", (0.3, 0.8), (0, 1)),
    reach=Parameter(
        f"standard deviation of the Gaussian by which it spreads, {ROUNDED}", "px", (0.7, 1.4), (0.3, MAX_SIGMA)
    ),
)
def bleeding(images: Images, scene: Scene, *, amount: Floats, reach: Floats) -> None:
    """Ink that spreads into the paper, further along some fibres than along others."""
    halo = images.copy()
    smooth(halo, reach)
    cv2.add(halo, halo, dst=halo)  # because at its edge a stroke has half of its ink
    fibres = scene.noise.bytes(*images.shape[1:])
    weaken(halo, look_up(fibres, shares(amount[:, None] * (1 + SHARES) / 2)))
    flat = halo.reshape(-1, halo.shape[2])
    cv2.threshold(flat, _FAINTEST - 1, 0, cv2.THRESH_TOZERO, dst=flat)
    np.maximum(images, halo, out=images)


FAMILY: Final = family(pen_grey, fading, dry_pen, bleeding)
