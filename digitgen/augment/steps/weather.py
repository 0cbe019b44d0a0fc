"""Steps that put weather between the eye and the paper: fog, and spatter of mud.

Both are random fields. What is added up is whole numbers, or single-precision numbers in one fixed order, so that every
processor gets the same bits.
"""

import math
from statistics import NormalDist
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Images, Singles
from digitgen.augment.numerics.exact import to_uint8
from digitgen.augment.numerics.gaussian import ROUNDED, smoothed
from digitgen.augment.step import MNIST_C, Parameter, Scene, family, pixel_step
from digitgen.rng import Noise

_MAP: Final = 256  # px; height of the published fractal, which repeats beyond its edges. Images show its upper left
_COARSE: Final = 8  # px; the whole fractal is made down to this step, and only what the image shows is made finer
_WIBBLE: Final = 100.0


@pixel_step(
    source=MNIST_C,
    amount=Parameter(
        "brightness of the fog, 1 for that of ink",
        "ratio",
        (0.5, 1.5),
        (0, 10),
        levels=(1.5, 2, 2.5, 2.5, 3),
        legible=(0, 5),
    ),
    decay=Parameter(
        "how fast the amplitude falls from coarse to fine; lower is rougher",
        "ratio",
        (1.5, 2),
        (1.2, 4),
        levels=(2, 2, 1.7, 1.5, 1.4),
    ),
)
def fog(images: Images, scene: Scene, *, amount: Floats, decay: Floats) -> None:
    """Fog: a plasma fractal is added, and the contrast falls.

    The image becomes (x + c f) max / (max + c), for a fractal f from 0 to 1 and the image's greatest value max.
    """
    fractal, low, high = _plasma(scene.noise, (scene.height, scene.width), decay)
    brightest = images.max(axis=(1, 2)) / 255.0
    fading = brightest / np.maximum(brightest + amount, 1 / 255)
    fractal -= low[:, None, None]
    fractal *= (255 * amount / (high - low)).astype(np.float32)[:, None, None]
    fractal += images
    fractal *= fading.astype(np.float32)[:, None, None]
    to_uint8(fractal, images)


def _plasma(noise: Noise, shape: tuple[int, int], decay: Floats) -> tuple[Singles, Singles, Singles]:
    """A plasma fractal for each image, (n, H, W), and the smallest and largest value of its whole map.

    The map is as high as the published one and a multiple of that wide. Only every eighth row and column of what
    lies outside the image is made: at the published decays this changes the map's range by 0.2% at most.

    References
    ----------
    Fournier, Fussell and Carpenter 1982, Computer rendering of stochastic models, Communications of the ACM 25,
    doi:10.1145/358523.358553
    """
    height, width = shape
    wibble = np.full(len(noise), _WIBBLE)
    grid = np.zeros((len(noise), 1, -(-width // _MAP)), np.float32)
    coarse_levels, fine_levels = (_MAP // _COARSE).bit_length() - 1, _COARSE.bit_length() - 1
    for level in range(coarse_levels):
        grid = _refine_map(grid, _wibbles(noise, *grid.shape[1:], wibble, level))
        wibble = wibble / decay
    low, high = grid.min(axis=(1, 2)), grid.max(axis=(1, 2))

    # A refinement gives 2 k - 3 of k rows, and begins one of its own rows further in; likewise for columns.
    sizes = [(height + 1, width + 1)]
    for _ in range(fine_levels):
        sizes.insert(0, (sizes[0][0] // 2 + 2, sizes[0][1] // 2 + 2))
    grid = _wrapped(grid, sizes[0][0] - 1, sizes[0][1] - 1)
    for level, (tall, broad) in enumerate(sizes[:-1], coarse_levels):
        random = _wibbles(noise, tall - 1, broad - 1, wibble, level)
        grid = _refine(grid[:, :tall, :broad], random)
        wibble = wibble / decay
    shown = grid[:, 1 : height + 1, 1 : width + 1]
    return shown, np.minimum(low, shown.min(axis=(1, 2))), np.maximum(high, shown.max(axis=(1, 2)))


def _wrapped(grid: Singles, bottom: int, right: int) -> Singles:
    """Rows from -1 up to `bottom`, and columns from -1 up to `right`, of a map that repeats beyond its edges."""
    rows, columns = np.arange(-1, bottom) % grid.shape[-2], np.arange(-1, right) % grid.shape[-1]
    return grid[..., rows[:, None], columns]


def _refine_map(grid: Singles, random: Singles) -> Singles:
    """One level of diamond-square for a whole map: (n, r, c) and (n, 3, r, c) make (n, 2 r, 2 c)."""
    height, breadth = grid.shape[1:]
    return _refine(_wrapped(grid, height + 1, breadth + 1), _wrapped(random, height, breadth))[:, 1:, 1:]


def _wibbles(noise: Noise, height: int, breadth: int, wibble: Floats, purpose: int) -> Singles:
    """(n, 3, height, breadth): uniform from -wibble^2 to wibble^2, in 65,536 steps."""
    size = 3 * height * breadth
    words = noise.words(-(-size // 4), purpose).view(np.uint16)[:, :size]
    random = words.reshape(-1, 3, height, breadth).astype(np.float32)
    random -= np.float32(32767.5)
    random *= (wibble * wibble / 32768).astype(np.float32)[:, None, None, None]
    return random


def _refine(grid: Singles, random: Singles) -> Singles:
    """One level of diamond-square: halve the step of a grid of points.

    Parameters
    ----------
    grid : ndarray
        (n, r, c).
    random : ndarray
        (n, 3, r - 1, c - 1): numbers to add to the means, for the centres of squares, and for the points to
        the left or the right of one and above or below one.

    Returns
    -------
    ndarray
        (n, 2 r - 3, 2 c - 3): all points but the outermost, whose neighbours are not known. The first row and the
        first column go through centres.
    """
    count, height, breadth = grid.shape
    pairs = grid[:, :, :-1] + grid[:, :, 1:]
    centres = (pairs[:, :-1] + pairs[:, 1:]) * np.float32(0.25) + random[:, 0]
    fine = np.empty((count, 2 * height - 3, 2 * breadth - 3), np.float32)
    fine[:, ::2, ::2] = centres
    fine[:, 1::2, 1::2] = grid[:, 1:-1, 1:-1]
    mean = (pairs[:, 1:-1] + (centres[:, :-1] + centres[:, 1:])) * np.float32(0.25)
    np.add(mean, random[:, 1, :-1], out=fine[:, 1::2, ::2])
    stacked = grid[:, :-1, 1:-1] + grid[:, 1:, 1:-1]
    mean = (stacked + (centres[:, :, :-1] + centres[:, :, 1:])) * np.float32(0.25)
    np.add(mean, random[:, 2, :, :-1], out=fine[:, ::2, 1::2])
    return fine


_MUD: Final = 63  # grey level
_OPAQUE: Final = 0.8  # thinner mud is not there
_QUANTILES: Final = [NormalDist().inv_cdf((byte + 0.5) / 256) for byte in range(256)]
_NORMAL_BITS: Final = 11  # of the whole numbers that stand for normal ones
_NORMAL: Final = np.rint(np.array(_QUANTILES) * ((2**_NORMAL_BITS - 1) / _QUANTILES[-1])).astype(np.float32)
_NORMAL_STD: Final = math.sqrt(sum(int(value) ** 2 for value in _NORMAL) / 256)


@pixel_step(
    source=MNIST_C,
    mean=Parameter("mean of the normal field", "ratio", (0.65, 0.65), (0, 1), levels=(0.65, 0.65, 0.65, 0.65, 0.67)),
    std=Parameter(
        "standard deviation of the normal field", "ratio", (0.3, 0.3), (0, 1), levels=(0.3, 0.3, 0.3, 0.3, 0.4)
    ),
    sigma=Parameter(
        f"standard deviation of the Gaussian that smooths the field, the size of spots; {ROUNDED}",
        "px",
        (2, 2),
        (0.25, 8),
        levels=(4, 3, 2, 1, 1),
        fixed=True,
    ),
    threshold=Parameter(
        "smoothed value above which there is mud; lower is more",
        "ratio",
        (0.67, 0.7),
        (0, 1),
        levels=(0.69, 0.68, 0.68, 0.65, 0.65),
        legible=(0.65, 1),
    ),
    edge_sigma=Parameter(
        f"standard deviation of the Gaussian that smooths the spots' edges; {ROUNDED}",
        "px",
        (0.5, 0.5),
        (0.25, 4),
        levels=(0.6, 0.6, 0.5, 1.5, 1.5),
        fixed=True,
    ),
)
def spatter(
    images: Images, scene: Scene, *, mean: Floats, std: Floats, sigma: Floats, threshold: Floats, edge_sigma: Floats
) -> None:
    """Spots of mud over the image.

    The image becomes x (1 - m) + 63/255 m, with mud m where a blurred normal field passes the threshold.

    The published constants end with a flag for mud or water, which the published code never reads.
    """
    noise = scene.noise.bytes(scene.height, scene.width)
    sigmas = np.stack([sigma, edge_sigma], axis=1)
    for pair in np.unique(sigmas, axis=0):
        rows = np.flatnonzero((sigmas == pair).all(axis=1))
        field = smoothed(_NORMAL.take(noise[rows]), pair[0], _NORMAL_BITS)
        field *= std[rows].astype(np.float32)[:, None, None]
        above = ((threshold - mean)[rows] * _NORMAL_STD).astype(np.float32)
        mud = smoothed((field > above[:, None, None]).astype(np.float32), pair[1], 1)
        mud[mud < _OPAQUE] = 0
        part = images[rows]
        images[rows] = to_uint8(part + mud * (_MUD - part.astype(np.float32)))


FAMILY: Final = family(fog, spatter)
