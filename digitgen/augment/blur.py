"""Steps that blur images: Gaussian, motion, glass, defocus, and zoom.

Kernels have whole numbers (times a power of two) for weights, small enough that sums stay below 2**24, where float32
is still exact: so matrix products and filters give the same bits in whatever order a processor adds up.
"""

import math
from functools import lru_cache
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from digitgen.augment.exact import cosine, sine, to_uint8
from digitgen.augment.step import MNIST_C, NO_CELL, Images, Parameter, PixelStep, Scene, Step, Values
from digitgen.glyphs import CELL

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.int64]

_TRUNCATE: Final = 4.0  # standard deviations at which a Gaussian is cut off, as scikit-image does
_REACHES: Final = (4, 8, 16, 32)  # px; images whose kernels are about as wide are smoothed together
_PIXELS_AT_ONCE: Final = 40_000
_TILE: Final = 32  # columns that one matrix product yields
_FIRST_BITS: Final = 16  # of weights on pixels, which have 8
_KEPT_BITS: Final = 3  # of a sum behind the point
_SECOND_BITS: Final = _FIRST_BITS - _KEPT_BITS  # of weights on such sums


def _half_gaussians(sigma: Floats, taps: int) -> Floats:
    """Gaussians of n standard deviations (px) at 0, 1, ... px from their peaks of 1: (n, taps) float64.

    Only multiplications follow the exponential of Python, so that the same bits come out everywhere:
    g(k + 1) = g(k) q^(2k + 1) with q = exp(-1 / (2 sigma^2)).
    """
    ratio = np.array([math.exp(-0.5 / max(each, 0.02) ** 2) for each in sigma.tolist()])
    values = np.ones((taps, len(sigma)))
    growth, square = ratio.copy(), ratio * ratio
    for tap in range(1, taps):
        np.multiply(values[tap - 1], growth, out=values[tap])
        growth *= square
    return values.T


def _whole_weights(values: Floats, bits: int, centre: int) -> Singles:
    """Scale rows of weights to whole numbers that add up to 2**bits; what rounding leaves goes to the centre."""
    total = np.zeros(len(values))
    for column in values.T:  # one addition at a time: numpy's own sums depend on the processor
        total += column
    weights = np.rint(values * (2.0**bits / total)[:, None])
    weights[:, centre] += 2.0**bits - weights.sum(axis=1)
    return weights.astype(np.float32)


def _convolve_columns(padded: Singles, kernels: Singles) -> Singles:
    """Convolve each row with its image's symmetric kernel: (n, h, W + 2 reach) to (n, h, W)."""
    reach = kernels.shape[1] // 2
    width = padded.shape[2] - 2 * reach
    bands = _bands(kernels, min(_TILE, width))
    out = np.empty((*padded.shape[:2], width), np.float32)
    for first in range(0, width, _TILE):
        size = min(_TILE, width - first)
        part = padded[:, :, first : first + size + 2 * reach]
        np.matmul(part, bands[:, : size + 2 * reach, :size], out=out[:, :, first : first + size])
    return out


def _convolve_rows(images: Singles, kernels: Singles) -> Singles:
    """Convolve each column with its image's symmetric kernel, as if the outermost rows went on: (n, h, W)."""
    reach = kernels.shape[1] // 2
    bands = _bands(kernels, images.shape[1])
    within = bands[:, reach:-reach].copy()
    within[:, 0] += bands[:, :reach].sum(axis=1)
    within[:, -1] += bands[:, -reach:].sum(axis=1)
    out: Singles = np.matmul(within.swapaxes(1, 2), images)
    return out


def _bands(kernels: Singles, size: int) -> Singles:
    """(n, size + 2 reach, size): the kernel in every column, one row lower than in the one before."""
    count, taps = kernels.shape
    spread = np.zeros((count, taps + 2 * (size - 1)), np.float32)
    spread[:, size - 1 : size - 1 + taps] = kernels
    return np.ascontiguousarray(sliding_window_view(spread, size, axis=1)[:, ::-1])


def _smooth(images: Images, sigma: Floats) -> None:
    """Smooth each image with its own Gaussian; beyond its borders, its outermost pixels go on."""
    reaches = np.floor(_TRUNCATE * sigma + 0.5).astype(np.int64)
    least = 0
    for reach in _REACHES:
        rows = np.flatnonzero((reaches > least) & (reaches <= reach))
        least = reach
        if not rows.size:
            continue
        half = _half_gaussians(sigma[rows], reach + 1)
        half *= np.arange(reach + 1) <= reaches[rows, None]
        whole = np.concatenate([half[:, :0:-1], half], axis=1)
        # The first sums are kept to 1/8 of a grey level, so that the second ones stay exact as well.
        first = _whole_weights(whole, _FIRST_BITS, reach) * np.float32(2.0 ** (_KEPT_BITS - _FIRST_BITS))
        second = _whole_weights(whole, _SECOND_BITS, reach) * np.float32(2.0 ** (-_KEPT_BITS - _SECOND_BITS))
        for part in _parts(len(rows), images.shape[2]):
            images[rows[part]] = _convolved(images[rows[part]], first[part], second[part])


def _parts(count: int, width: int) -> list[slice]:
    """Images in parts whose arrays stay in the processor's cache."""
    step = max(1, _PIXELS_AT_ONCE // (CELL * width))
    return [slice(first, first + step) for first in range(0, count, step)]


def _convolved(images: Images, first: Singles, second: Singles) -> Images:
    """The images, convolved with a kernel along the rows and with another along the columns."""
    count, height, width = images.shape
    reach = first.shape[1] // 2
    wide = cv2.copyMakeBorder(images.reshape(-1, width), 0, 0, reach, reach, cv2.BORDER_REPLICATE)
    along = _convolve_columns(wide.reshape(count, height, -1).astype(np.float32), first)
    np.rint(along, out=along)
    return to_uint8(_convolve_rows(along, second))


def _gaussian_blur(images: Images, values: Values, _scene: Scene) -> None:
    _smooth(images, values["sigma"])


gaussian_blur = PixelStep(
    description="Smooth with a Gaussian.",
    source=MNIST_C,
    parameters={
        "sigma": Parameter("standard deviation of the Gaussian", "px", (0.3, 1.0), (0, 8), levels=(1, 2, 3, 4, 6))
    },
    apply=_gaussian_blur,
)

_DIRECT: Final = 130  # px in the box around a kernel, from which on OpenCV filters by Fourier transform, inexactly


def _motion_blur(images: Images, values: Values, _scene: Scene) -> None:
    """Sum of pixels on a ray, the k-th weighted by exp(-k^2 / (2 sigma^2)), k = 0 .. 2 ceil(radius).

    The ray starts at each pixel and goes in the direction of `angle`, so that ink smears against it; its points are
    rounded to whole px. Beyond an image's borders, its outermost pixels go on.
    """
    width = images.shape[2]
    taps = 2 * np.ceil(values["radius"]).astype(np.int64) + 1
    steps = np.arange(taps.max())
    weights = _half_gaussians(values["sigma"], len(steps))
    weights[steps >= taps[:, None]] = 0
    whole = _whole_weights(weights, _FIRST_BITS, 0)
    dx = np.ceil(cosine(values["angle"])[:, None] * steps - 0.5).astype(np.int64)
    dy = np.ceil(sine(values["angle"])[:, None] * steps - 0.5).astype(np.int64)
    for image, size, xs, ys, ray in zip(images, taps.tolist(), dx.tolist(), dy.tolist(), whole, strict=True):
        left, top = -min(xs[size - 1], 0), -min(ys[size - 1], 0)
        right, bottom = max(xs[size - 1], 0), max(ys[size - 1], 0)
        padded = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REPLICATE).astype(np.float32)
        total = np.zeros((CELL, width), np.float32)
        for first, last in _pieces(xs[:size], ys[:size]):
            x0, y0 = min(xs[first], xs[last - 1]), min(ys[first], ys[last - 1])
            box = (1 + abs(ys[last - 1] - ys[first]), 1 + abs(xs[last - 1] - xs[first]))
            kernel = np.zeros(box, np.float32)
            for tap in range(first, last):  # two points of the ray may share a pixel
                kernel[ys[tap] - y0, xs[tap] - x0] += ray[tap]
            part = padded[top + y0 : top + y0 + CELL + box[0] - 1, left + x0 : left + x0 + width + box[1] - 1]
            total += cv2.filter2D(part, cv2.CV_32F, kernel, anchor=(0, 0))[:CELL, :width]
        total *= np.float32(2.0**-_FIRST_BITS)
        image[...] = to_uint8(total)


def _pieces(xs: list[int], ys: list[int]) -> list[tuple[int, int]]:
    """Cut a ray into pieces, first and last + 1, whose boxes are small enough to be filtered directly."""
    pieces, first = [], 0
    for tap in range(len(xs)):
        if (1 + abs(xs[tap] - xs[first])) * (1 + abs(ys[tap] - ys[first])) >= _DIRECT:
            pieces.append((first, tap))
            first = tap
    return [*pieces, (first, len(xs))]


motion_blur = PixelStep(
    description="Smear along a straight line, fading out to one side.",
    source=MNIST_C,
    parameters={
        "radius": Parameter("half the length of the smear", "px", (2, 5), (1, 20), levels=(10, 15, 15, 15, 20)),
        "sigma": Parameter("standard deviation of the fading", "px", (1, 3), (0.1, 20), levels=(3, 5, 8, 12, 15)),
        "angle": Parameter(
            "clockwise angle between the smear and the rows", "rad", (-math.pi / 4, math.pi / 4), (-math.pi, math.pi)
        ),
    },
    apply=_motion_blur,
)


def _glass_blur(images: Images, values: Values, scene: Scene) -> None:
    """Smooth, swap pixels with neighbours, and smooth again."""
    _smooth(images, values["sigma"])
    settings = np.stack([values["reach"], values["rounds"]], axis=1).astype(np.int64)
    for reach, rounds in np.unique(settings, axis=0).tolist():
        rows = np.flatnonzero((settings == (reach, rounds)).all(axis=1))
        part = images[rows]
        _swap(part, reach, rounds, scene[rows])
        images[rows] = part
    _smooth(images, values["sigma"])


def _swap(images: Images, reach: int, rounds: int, scene: Scene) -> None:
    """Swap pixels with neighbours, in the published order.

    A round visits the pixels row by row from the lower right, leaving out `reach` of them along each border, and with
    probability 1/2 swaps a pixel with another whose offsets along both axes are uniform in -reach .. reach - 1. Swaps
    too far apart to touch the same pixel are done at once; that changes nothing.
    """
    count, height, width = images.shape
    pixels, rounds_of, waves = _schedule(width, reach, rounds)
    offsets = np.arange(-reach, reach)
    shifts = (offsets[:, None] * width + offsets).ravel() * count
    table = np.concatenate([np.zeros_like(shifts), shifts])
    # 16 bits for each swap: the lower half of numbers is none, the upper half is shared out among the neighbours.
    noise = [scene.noise.bytes(height, width, 2, purpose=each) for each in range(rounds)]
    drawn = np.stack([each.view("<u2").reshape(count, -1).T for each in noise])[rounds_of, pixels]
    others = table[(drawn.astype(np.uint32) * np.uint32(len(table))) >> np.uint32(16)]
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
def _schedule(width: int, reach: int, rounds: int) -> tuple[Integers, Integers, list[tuple[int, int]]]:
    """The order of the swaps: pixel and round of each, and which of them are done at once, first and last + 1.

    Two swaps can only meet if they are less than 2 reach apart along both axes. So a row may follow the one below it
    2 reach columns behind, and a round the one before it 4 reach^2 columns behind.
    """
    y, x = (each.ravel() for each in np.mgrid[reach + 1 : CELL - reach + 1, reach + 1 : width - reach + 1])
    start = (width - x) + 2 * reach * (CELL - y)
    starts = np.concatenate([start + 4 * reach * reach * each for each in range(rounds)])
    order = np.argsort(starts, kind="stable")
    pixels = np.tile(y * width + x, rounds)[order]
    rounds_of = np.repeat(np.arange(rounds), len(start))[order]
    cuts = [0, *(np.flatnonzero(np.diff(starts[order])) + 1).tolist(), len(order)]
    return pixels, rounds_of, list(pairwise(cuts))


glass_blur = PixelStep(
    description="As seen through frosted glass: neighbouring pixels are swapped between two smoothings.",
    source=MNIST_C,
    parameters={
        "sigma": Parameter(
            "standard deviation of the Gaussian", "px", (0.5, 0.7), (0, 8), levels=(0.7, 0.9, 1.0, 1.1, 1.5)
        ),
        "reach": Parameter("farthest swap along each axis", "px", (1, 1), (1, 6), levels=(1, 2, 2, 3, 4), integer=True),
        "rounds": Parameter("swaps tried for each pixel", "rounds", (1, 2), (1, 4), (2, 1, 3, 2, 2), integer=True),
    },
    apply=_glass_blur,
)


def _defocus_blur(images: Images, values: Values, _scene: Scene) -> None:
    """Mean over the disk of pixels within `radius`, itself smoothed by a Gaussian of 3x3 px.

    Images are mirrored at their borders. The weights add up to 1; the published ones for 8 and 10 px, whose disks are
    smoothed in arrays too small for them, to 1.013 and 1.011.
    """
    squares = np.floor(values["radius"] * values["radius"] + 1e-9).astype(np.int64)
    edge = _half_gaussians(values["alias"], 2)[:, 1]
    outer = (edge / (1 + 2 * edge)).astype(np.float32)[:, None, None]
    for square in np.unique(squares).tolist():
        alike = np.flatnonzero(squares == square)
        for part in _parts(len(alike), images.shape[2]):
            rows = alike[part]
            means = _disk_means(images[rows], square)
            weight = outer[rows]
            rest = 1 - 2 * weight
            down = weight * (means[:, :-2] + means[:, 2:]) + rest * means[:, 1:-1]
            images[rows] = to_uint8(weight * (down[:, :, :-2] + down[:, :, 2:]) + rest * down[:, :, 1:-1])


def _disk_means(images: Images, square: int) -> Singles:
    """Means over disks of a squared radius, also around the pixels just outside: (n, 30, W + 2)."""
    reach = math.isqrt(square)
    chords: dict[int, list[int]] = {}  # rows of the disk by half the length of its chord there
    for dy in range(-reach, reach + 1):
        chords.setdefault(math.isqrt(square - dy * dy), []).append(dy)
    pad = reach + 1
    height, width = CELL + 2, images.shape[2] + 2 * pad
    padded = images[:, _mirrored(CELL, pad)].astype(np.int16)[:, :, _mirrored(images.shape[2], pad)]
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


defocus_blur = PixelStep(
    description="Out of focus: the mean over a disk.",
    source=MNIST_C,
    parameters={
        "radius": Parameter("radius of the disk", "px", (1, 2), (0, 12), levels=(3, 4, 6, 8, 10)),
        "alias": Parameter(
            "standard deviation of the Gaussian that smooths the disk",
            "px",
            (0.3, 0.5),
            (0, 1),
            levels=(0.1, 0.5, 0.5, 0.5, 0.5),
        ),
    },
    apply=_defocus_blur,
)

_FRACTIONS: Final = 32  # of a px, to which OpenCV interpolates


def _zoom_blur(images: Images, values: Values, scene: Scene) -> None:
    """Mean of the image and of itself zoomed by `count` factors, evenly from 1 to `zoom`.

    The cell of each digit is zoomed about its own centre, and what lies between two cells with the nearer one: a
    long strip zoomed about its middle would smear the outer digits by many times what the single ones were. Centres
    are exact; the published code crops whole px, which moves some of its zooms by half a px to the lower right.
    """
    centres = _nearest_centres(scene)
    counts = values["count"].astype(np.int64)
    for part in _parts(len(images), images.shape[2]):
        images[part] = _mean_of_zooms(images[part], values["zoom"][part], counts[part], centres[part])


def _mean_of_zooms(images: Images, zoom: Floats, counts: Integers, centres: Floats) -> Images:
    """The images, each blurred by its own zooms about the centres (n, W) of its columns."""
    width = images.shape[2]
    across, down = np.arange(width), np.arange(CELL) - (CELL - 1) / 2
    total = 2 * images.astype(np.uint16)  # the image itself, and the factor of 1
    for step in range(1, counts.max()):
        rows = np.flatnonzero(counts > step)
        factor = (1 + (zoom[rows] - 1) * step / (counts[rows] - 1))[:, None]
        x = np.clip(centres[rows] + (across - centres[rows]) / factor, 0, width - 1)
        y = (CELL - 1) / 2 + down / factor
        if rows.size == len(images):
            total += _fetch(images, x, y)
        else:
            total[rows] += _fetch(images[rows], x, y)
    return to_uint8(total.astype(np.float32) / (counts + 1).astype(np.float32)[:, None, None])


def _nearest_centres(scene: Scene) -> Floats:
    """(n, W) float64: the centre of the cell nearest to each column; the image's own where there is no cell."""
    centres = np.where(scene.cells == NO_CELL, np.inf, scene.cells + (CELL - 1) / 2)
    best = np.full((len(scene.noise), scene.width), np.inf)
    across = np.arange(scene.width)
    for each in centres.T[:, :, None]:
        best = np.where(np.abs(across - each) < np.abs(across - best), each, best)
    return np.where(np.isinf(best), (scene.width - 1) / 2, best)


def _fetch(images: Images, x: Floats, y: Floats) -> Images:
    """Interpolate at columns x (n, W) and rows y (n, 28), all inside of the images."""
    count, height, width = images.shape
    columns, lines = (np.rint(each * _FRACTIONS).astype(np.int64) for each in (x, y))
    lines += (height * _FRACTIONS * np.arange(count))[:, None]
    # OpenCV takes x and y as pairs of 16 bits, and both fractions in a number: here side by side in one addition.
    whole = (columns // _FRACTIONS).astype(np.uint32)[:, None] + (lines // _FRACTIONS << 16).astype(np.uint32)[
        ..., None
    ]
    fraction = (columns % _FRACTIONS).astype(np.uint16)[:, None]
    fraction = fraction + (lines % _FRACTIONS * _FRACTIONS).astype(np.uint16)[..., None]
    pairs = whole.view(np.int16).reshape(-1, width, 2)
    out = cv2.remap(images.reshape(-1, width), pairs, fraction.reshape(-1, width), cv2.INTER_LINEAR)
    return out.reshape(images.shape)  # type: ignore[return-value]


zoom_blur = PixelStep(
    description="As if zoomed in while the picture was taken, each digit about the centre of its cell.",
    source=MNIST_C,
    parameters={
        "zoom": Parameter("greatest factor", "ratio", (1.05, 1.2), (1, 2), levels=(1.11, 1.15, 1.2, 1.24, 1.3)),
        "count": Parameter(
            "factors from 1 to the greatest", "images", (8, 8), (2, 32), levels=(12, 16, 11, 13, 11), integer=True
        ),
    },
    apply=_zoom_blur,
)

FAMILY: Final[dict[str, Step]] = {
    "gaussian_blur": gaussian_blur,
    "motion_blur": motion_blur,
    "glass_blur": glass_blur,
    "defocus_blur": defocus_blur,
    "zoom_blur": zoom_blur,
}
