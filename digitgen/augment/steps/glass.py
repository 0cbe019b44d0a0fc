"""Blur as by frosted glass: neighbouring pixels change places, many at a time but in the published order."""

from functools import lru_cache
from itertools import pairwise

import numpy as np

from digitgen.arrays import Floats, Images, Integers
from digitgen.augment.numerics.gaussian import MAX_SIGMA, SIGMA, smooth
from digitgen.augment.step import MNIST_C, Parameter, Scene, pixel_step


@pixel_step(
    source=MNIST_C,
    sigma=Parameter(SIGMA, "px", (0.5, 0.7), (0, MAX_SIGMA), levels=(0.7, 0.9, 1.0, 1.1, 1.5)),
    reach=Parameter(
        "farthest swap along each axis", "px", (1, 1), (1, 6), levels=(1, 2, 2, 3, 4), integer=True, legible=(1, 2)
    ),
    rounds=Parameter("swaps tried for each pixel", "rounds", (1, 2), (1, 4), levels=(2, 1, 3, 2, 2), integer=True),
)
def glass_blur(images: Images, scene: Scene, *, sigma: Floats, reach: Floats, rounds: Floats) -> None:
    """As seen through frosted glass: neighbouring pixels are swapped between two smoothings."""
    smooth(images, sigma)
    pairs = np.stack([reach, rounds], axis=1).astype(np.int64)
    for pair in np.unique(pairs, axis=0):
        rows = np.flatnonzero((pairs == pair).all(axis=1))
        part = images[rows]
        _swap(part, int(pair[0]), int(pair[1]), scene[rows])
        images[rows] = part
    smooth(images, sigma)


def _swap(images: Images, reach: int, rounds: int, scene: Scene) -> None:
    """Swap pixels with neighbours, in the published order.

    A round visits the pixels row by row from the lower right, leaving out `reach` of them along each border, and with
    probability 1/2 swaps a pixel with another whose offsets along both axes are uniform in -reach .. reach - 1. Swaps
    too far apart to touch the same pixel are done at once; that changes nothing.
    """
    count, height, width = images.shape
    pixels, rounds_of, waves = _schedule(height, width, reach, rounds)
    offsets = np.arange(-reach, reach)
    shifts = (offsets[:, None] * width + offsets).ravel() * count
    table = np.concatenate([np.zeros_like(shifts), shifts])
    # 16 bits for each swap: the lower half of numbers is none, the upper half is shared out among the neighbours.
    noise = [scene.noise.bytes(height, width, 2, purpose=each) for each in range(rounds)]
    sampled = np.stack([each.view("<u2").reshape(count, -1).T for each in noise])[rounds_of, pixels]
    others = table[(sampled.astype(np.uint32) * np.uint32(len(table))) >> np.uint32(16)]
    others += pixels[:, None] * count + np.arange(count)
    by_pixel = np.ascontiguousarray(images.reshape(count, -1).T)
    flat = by_pixel.reshape(-1)
    for first, last in waves:
        own, other = pixels[first:last], others[first:last]
        here, there = by_pixel[own], flat[other]
        flat[other] = here
        by_pixel[own] = there
    images[...] = by_pixel.T.reshape(images.shape)


@lru_cache(maxsize=32)
def _schedule(height: int, width: int, reach: int, rounds: int) -> tuple[Integers, Integers, list[tuple[int, int]]]:
    """The order of the swaps: pixel and round of each, and which of them are done at once, first and last + 1.

    Two swaps can only meet if they are less than 2 reach apart along both axes. So a row may follow the one below it
    2 reach columns behind, and a round the one before it 4 reach^2 columns behind.
    """
    y, x = (each.ravel() for each in np.mgrid[reach + 1 : height - reach + 1, reach + 1 : width - reach + 1])
    start = (width - x) + 2 * reach * (height - y)
    starts = np.concatenate([start + 4 * reach * reach * each for each in range(rounds)])
    order = np.argsort(starts, kind="stable")
    pixels = np.tile(y * width + x, rounds)[order]
    rounds_of = np.repeat(np.arange(rounds), len(start))[order]
    cuts = [0, *(np.flatnonzero(np.diff(starts[order])) + 1).tolist(), len(order)]
    return pixels, rounds_of, list(pairwise(cuts))
