"""Steps for how a picture is taken: uneven light, shadows, a sensor's noise, and a stretched contrast.

As for paper, images are negatives: a black pixel is what most light comes from.
"""

from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images, Integers
from digitgen.augment.numerics.exact import cosine, sine
from digitgen.augment.numerics.shading import HALF_TURN, SHARES, clipped, darken, look_up
from digitgen.augment.step import Parameter, Scene, family, pixel_step
from digitgen.augment.steps.grain import add, gaussian

_OUTSIDE: Final = 0.5  # of the image's width and height, how far beyond its edges the brightest point may lie
_MOST_DEPTH: Final = 0.95


@pixel_step(
    stages=("sequence",),
    depth=Parameter(
        "share of the light that is missing in the darkest corner",
        "ratio",
        (0.1, 0.5),
        (0, _MOST_DEPTH),
        legible=(0, 0.65),
    ),
)
def uneven_light(images: Images, scene: Scene, *, depth: Floats) -> None:
    """Light that falls off around the brightest point, which lies in the image or beside it."""
    point = scene.noise.uniform(2) * (1 + 2 * _OUTSIDE) - _OUTSIDE
    squares = []
    for length, place in zip(images.shape[:0:-1], point.T, strict=True):
        distance = np.arange(length) - (place * (length - 1))[:, None]
        squares.append(distance * distance)
    columns, rows = squares
    farthest = (columns.max(axis=1) + rows.max(axis=1))[:, None]
    light = 1 / (1 + SHARES * (depth / (1 - depth))[:, None])
    darken(images, clipped(columns / farthest, rows / farthest), 1 - light)


@pixel_step(
    stages=("sequence",),
    depth=Parameter("share of the light that is missing in the shadow", "ratio", (0.1, 0.3), (0, 1), legible=(0, 0.35)),
    softness=Parameter("from the light to the full shadow", "px", (5, 24), (5, 512)),
    angle=Parameter(
        "counter-clockwise, of the way into the shadow", "rad", (-HALF_TURN, HALF_TURN), (-HALF_TURN, HALF_TURN)
    ),
)
def shadow(images: Images, scene: Scene, *, depth: Floats, softness: Floats, angle: Floats) -> None:
    """A shadow with a soft edge, which goes through a random point of the image."""
    x, y = scene.noise.uniform(2).T[:, :, None]
    right, down = cosine(angle) / softness, -sine(angle) / softness
    columns = (np.arange(images.shape[2]) - x * (images.shape[2] - 1)) * right[:, None]
    rows = (np.arange(images.shape[1]) - y * (images.shape[1] - 1)) * down[:, None]
    soft = SHARES * SHARES * (3 - 2 * SHARES)
    darken(images, clipped(columns + 0.5, rows), depth[:, None] * soft)


@pixel_step(
    read=Parameter("standard deviation without light", "share of white", (0.005, 0.02), (0, 1), legible=(0, 0.35)),
    shot=Parameter(
        "standard deviation that the light of blank paper adds",
        "share of white",
        (0.01, 0.06),
        (0, 1),
        legible=(0, 0.5),
    ),
)
def sensor_noise(images: Images, scene: Scene, *, read: Floats, shot: Floats) -> None:
    """Add the noise of a camera's sensor, whose variance grows with the light that paper reflects.

    The variance is read^2 + shot^2 l, for a light l from 0 on ink (white here) to 1 on blank paper (black).
    """
    per_grey = shot * shot * -255
    blank = (read * read + shot * shot) * 255**2
    std = images.astype(np.float32)
    std *= per_grey.astype(np.float32)[:, None, None]
    std += blank.astype(np.float32)[:, None, None]
    np.sqrt(np.maximum(std, 0, out=std), out=std)
    std *= gaussian(np.ones(len(images)), scene)
    add(images, std)


@pixel_step(
    low=Parameter("percentile of the grey levels that becomes black", "%", (5, 5), (0, 50)),
    high=Parameter("percentile of the grey levels that becomes white", "%", (99.5, 99.5), (50, 100)),
)
def stretch(images: Images, scene: Scene, *, low: Floats, high: Floats) -> None:
    """Stretch the contrast between two percentiles of an image's grey levels.

    After a `crop` the pixels of the frame alone count. An image of which both percentiles are one grey stays as it is.
    """
    counts = _counts(images, scene.frame).cumsum(axis=1)
    black, white = _percentiles(counts, low), _percentiles(counts, high)
    stretched = (255 * SHARES - black[:, None]) * (255 / np.where(white > black, white - black, 1))[:, None]
    tables = np.where((white > black)[:, None], np.clip(np.rint(stretched), 0, 255), 255 * SHARES)
    look_up(images, tables.astype(np.uint8))


def _counts(images: Images, frame: Integers | None) -> Integers:
    """(n, 256): how many pixels of each image, or of its frame, have each grey level."""
    counts = np.empty((len(images), 256), np.int64)
    for row, image in enumerate(images):
        if frame is not None:
            left, top, right, bottom = frame[row].tolist()
            image = image[top:bottom, left:right]
        counts[row] = cv2.calcHist([image], [0], None, [256], [0, 256]).ravel()  # of OpenCV 4, (256, 1)
    return counts


def _percentiles(counts: Integers, percent: Floats) -> Floats:
    """(n,): grey levels at percentiles, in proportion between two pixels, from cumulative counts (n, 256)."""
    place = percent / 100 * (counts[:, -1] - 1)
    before = np.floor(place)
    one = (counts <= before[:, None]).sum(axis=1)
    next_one = (counts <= np.ceil(place)[:, None]).sum(axis=1)
    between: Floats = one + (next_one - one) * (place - before)
    return between


FAMILY: Final = family(uneven_light, shadow, sensor_noise, stretch)
