"""Steps that blur images: Gaussian, motion, defocus and zoom; and the family, to which glass belongs.

Kernels have whole numbers for weights, small enough that sums stay below 2**24, where float32 is still exact: so
filters give the same bits in whatever order a processor adds up.
"""

import math
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images, Integers, Singles
from digitgen.augment.numerics.exact import cosine, sine, to_uint8
from digitgen.augment.numerics.gaussian import MAX_SIGMA, SIGMA, WEIGHT_BITS, half_gaussians, smooth, whole_weights
from digitgen.augment.numerics.stacking import alike, parts, rows_of
from digitgen.augment.step import MANY, MNIST_C, NO_CELL, Parameter, Scene, family, pixel_step
from digitgen.augment.steps.glass import glass_blur
from digitgen.format import CELL

_PART: Final = 100_000  # px that are worked on together


@pixel_step(
    source=MNIST_C,
    part=MANY,
    sigma=Parameter(SIGMA, "px", (0.3, 1.0), (0, MAX_SIGMA), levels=(1, 2, 3, 4, 6), legible=(0, 3)),
)
def gaussian_blur(images: Images, _scene: Scene, *, sigma: Floats) -> None:
    """Smooth with a Gaussian."""
    smooth(images, sigma)


_DIRECT: Final = 130  # px in the box around a kernel, from which on OpenCV filters by Fourier transform, inexactly


@pixel_step(
    source=MNIST_C,
    radius=Parameter("half the length of the smear", "px", (2, 5), (1, 20), levels=(10, 15, 15, 15, 20)),
    sigma=Parameter(
        "standard deviation of the fading", "px", (1, 3), (0.1, 20), levels=(3, 5, 8, 12, 15), legible=(0, 12)
    ),
    angle=Parameter(
        "clockwise angle between the smear and the rows", "rad", (-math.pi / 4, math.pi / 4), (-3.141, 3.141)
    ),
)
def motion_blur(images: Images, _scene: Scene, *, radius: Floats, sigma: Floats, angle: Floats) -> None:
    """Smear along a straight line, fading out to one side.

    It adds up the pixels on a ray, the k-th weighted by exp(-k^2 / (2 sigma^2)), k = 0 .. 2 ceil(radius).
    The ray starts at each pixel and goes in the direction of `angle`, so that ink smears against it; its points are
    rounded to whole px. Beyond an image's borders, its outermost pixels go on.
    """
    height, width = images.shape[1:]
    taps = 2 * np.ceil(radius).astype(np.int64) + 1
    steps = np.arange(taps.max())
    weights = half_gaussians(sigma, len(steps))
    weights[steps >= taps[:, None]] = 0
    whole = whole_weights(weights, WEIGHT_BITS, 0)
    dx = np.ceil(cosine(angle)[:, None] * steps - 0.5).astype(np.int64)
    dy = np.ceil(sine(angle)[:, None] * steps - 0.5).astype(np.int64)
    for image, size, xs, ys, ray in zip(images, taps.tolist(), dx.tolist(), dy.tolist(), whole, strict=True):
        left, top = -min(xs[size - 1], 0), -min(ys[size - 1], 0)
        right, bottom = max(xs[size - 1], 0), max(ys[size - 1], 0)
        padded = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REPLICATE).astype(np.float32)
        total = np.zeros((height, width), np.float32)
        for first, last in _pieces(xs[:size], ys[:size]):
            x0, y0 = min(xs[first], xs[last - 1]), min(ys[first], ys[last - 1])
            box = (1 + abs(ys[last - 1] - ys[first]), 1 + abs(xs[last - 1] - xs[first]))
            kernel = np.zeros(box, np.float32)
            for tap in range(first, last):  # two points of the ray may share a pixel
                kernel[ys[tap] - y0, xs[tap] - x0] += ray[tap]
            part = padded[top + y0 : top + y0 + height + box[0] - 1, left + x0 : left + x0 + width + box[1] - 1]
            total += cv2.filter2D(part, cv2.CV_32F, kernel, anchor=(0, 0))[:height, :width]
        total *= np.float32(2.0**-WEIGHT_BITS)
        image[...] = to_uint8(total)


def _pieces(xs: list[int], ys: list[int]) -> list[tuple[int, int]]:
    """Cut a ray into pieces, first and last + 1, whose boxes are small enough to be filtered directly."""
    pieces, first = [], 0
    for tap in range(len(xs)):
        if (1 + abs(xs[tap] - xs[first])) * (1 + abs(ys[tap] - ys[first])) >= _DIRECT:
            pieces.append((first, tap))
            first = tap
    return [*pieces, (first, len(xs))]


@pixel_step(
    source=MNIST_C,
    radius=Parameter("radius of the disk", "px", (1, 2), (0, 12), levels=(3, 4, 6, 8, 10)),
    alias=Parameter(
        "standard deviation of the Gaussian that smooths the disk",
        "px",
        (0.3, 0.5),
        (0, 1),
        levels=(0.1, 0.5, 0.5, 0.5, 0.5),
    ),
)
def defocus_blur(images: Images, _scene: Scene, *, radius: Floats, alias: Floats) -> None:
    """Out of focus: the mean over a disk.

    The disk, of pixels within `radius`, is itself smoothed by a Gaussian of 3x3 px.
    Images are mirrored at their borders. The weights add up to 1; the published ones for 8 and 10 px, whose disks are
    smoothed in arrays too small for them, to 1.013 and 1.011.
    """
    squares = np.floor(radius * radius + 1e-9).astype(np.int64)
    edge = half_gaussians(alias, 2)[:, 1]
    outer = (edge / (1 + 2 * edge)).astype(np.float32)[:, None, None]
    for square, same in alike(squares):
        for part in parts(len(same), images.shape[1:], _PART):
            rows = same[part]
            means = _disk_means(images[rows], square)
            weight = outer[rows]
            rest = 1 - 2 * weight
            down = weight * (means[:, :-2] + means[:, 2:]) + rest * means[:, 1:-1]
            images[rows] = to_uint8(weight * (down[:, :, :-2] + down[:, :, 2:]) + rest * down[:, :, 1:-1])


def _disk_means(images: Images, square: int) -> Singles:
    """Means over disks of a squared radius, also around the pixels just outside: (n, H + 2, W + 2)."""
    reach = math.isqrt(square)
    chords: dict[int, list[int]] = {}  # rows of the disk by half the length of its chord there
    for dy in range(-reach, reach + 1):
        chords.setdefault(math.isqrt(square - dy * dy), []).append(dy)
    pad = reach + 1
    height, width = images.shape[1] + 2, images.shape[2] + 2 * pad
    padded = images[:, _mirrored(images.shape[1], pad)].astype(np.int16)[:, :, _mirrored(images.shape[2], pad)]
    # Where chords begin, and where they have ended; the running sum along x then adds up each chord.
    ends = np.zeros((len(images), height, width + 2 * reach + 1), np.int16)
    for half, dys in chords.items():
        lines = padded[:, reach + dys[0] : reach + dys[0] + height]
        for dy in dys[1:]:
            lines = lines + padded[:, reach + dy : reach + dy + height]
        ends[:, :, reach - half : reach - half + width] += lines
        ends[:, :, reach + half + 1 : reach + half + 1 + width] -= lines
    sums = np.cumsum(ends, axis=2, dtype=np.int32)[:, :, 2 * reach : 2 * reach + images.shape[2] + 2]
    area = sum((2 * half + 1) * len(dys) for half, dys in chords.items())
    means: Singles = sums.astype(np.float32) / np.float32(area)
    return means


def _mirrored(length: int, pad: int) -> Integers:
    """Indices of a line that is mirrored at the centres of its outermost pixels."""
    indices: Integers = np.abs(length - 1 - np.abs(length - 1 - np.arange(-pad, length + pad)))
    return indices


_FRACTIONS: Final = 32  # of a px, to which OpenCV interpolates


@pixel_step(
    source=MNIST_C,
    widest=2048,
    zoom=Parameter("greatest factor", "ratio", (1.05, 1.2), (1, 2), levels=(1.11, 1.15, 1.2, 1.24, 1.3)),
    count=Parameter(
        "factors from 1 to the greatest", "images", (8, 8), (2, 32), levels=(12, 16, 11, 13, 11), integer=True
    ),
)
def zoom_blur(images: Images, scene: Scene, *, zoom: Floats, count: Floats) -> None:
    """As if zoomed in while the picture was taken, each digit about the centre of its cell.

    It is the mean of the image and of itself zoomed by `count` factors, evenly from 1 to `zoom`.
    The cell of each digit is zoomed about its own centre, and what lies between two cells with the nearer one: a
    long strip zoomed about its middle would smear the outer digits by many times what the single ones were. Centres
    are exact; the published code crops whole px, which moves some of its zooms by half a px to the lower right.
    """
    centres = _nearest_centres(scene)
    counts = count.astype(np.int64)
    for part in parts(len(images), images.shape[1:], _PART):
        images[part] = _mean_of_zooms(images[part], zoom[part], counts[part], centres[part])


def _mean_of_zooms(images: Images, zoom: Floats, counts: Integers, centres: Floats) -> Images:
    """The images, each blurred by its own zooms about the centres (n, W) of its columns."""
    count, height, width = images.shape
    step = np.arange(1, counts.max())[:, None]
    factor = (1 + (zoom - 1) * step / (counts - 1))[:, :, None]  # (steps, n, 1)
    x = np.clip(centres + (np.arange(width) - centres) / factor, 0, width - 1)
    middle = (height - 1) / 2
    y = np.clip(middle + (np.arange(height) - middle) / factor, 0, height - 1) + height * np.arange(count)[:, None]
    columns, right = _split(x)
    lines, lower = _split(y)
    # OpenCV takes x and y as pairs of 16 bits, and both fractions in a number: here side by side in one addition.
    whole = columns.astype(np.uint32)[:, :, None], (lines << 16).astype(np.uint32)[..., None]
    fraction = right.astype(np.uint16)[:, :, None], (lower * _FRACTIONS).astype(np.uint16)[..., None]
    total = 2 * images.astype(np.float32)  # the image itself, and the factor of 1
    together = rows_of((height, width)) * count
    for each in range(len(step)):
        pairs = (whole[0][each] + whole[1][each]).view(np.int16).reshape(together, -1, 2)
        between = (fraction[0][each] + fraction[1][each]).reshape(together, -1)
        zoomed = cv2.remap(images.reshape(-1, width), pairs, between, cv2.INTER_LINEAR).reshape(count, -1)
        rows = np.flatnonzero(counts > step[each])
        if rows.size == count:
            cv2.accumulate(zoomed, total.reshape(count, -1))
        else:
            total[rows] += zoomed[rows].reshape(-1, height, width)
    return to_uint8(total / (counts + 1).astype(np.float32)[:, None, None])


def _split(position: Floats) -> tuple[Integers, Integers]:
    """Whole px, and the rest in fractions of OpenCV's."""
    return np.divmod(np.rint(position * _FRACTIONS).astype(np.int64), _FRACTIONS)


def _nearest_centres(scene: Scene) -> Floats:
    """(n, W) float64: the centre of the cell nearest to each column; the image's own where there is no cell."""
    centres = np.where(scene.cells == NO_CELL, np.inf, scene.cells + (CELL - 1) / 2)
    best = np.full((len(scene.noise), scene.width), np.inf)
    across = np.arange(scene.width)
    for each in centres.T[:, :, None]:
        best = np.where(np.abs(across - each) < np.abs(across - best), each, best)
    return np.where(np.isinf(best), (scene.width - 1) / 2, best)


FAMILY: Final = family(gaussian_blur, motion_blur, glass_blur, defocus_blur, zoom_blur)
