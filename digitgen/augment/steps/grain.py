"""Steps that add noise to each pixel on its own: Gaussian, shot, impulse and speckle noise."""

import math
from functools import cache
from statistics import NormalDist
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Floats, Images, Integers, Pixels, Singles
from digitgen.augment.numerics.exact import to_uint8
from digitgen.augment.step import MNIST_C, Parameter, Scene, family, pixel_step

_WORDS: Final = 2**16
"""Values of the random words that pixels are sampled from."""

_STEPS: Final = 32
"""Poisson distributions that are tabulated for each unit of the root of the mean."""

_COLUMNS: Final = 256
"""Counts that each of them has room for."""

_HEIGHT: Final = 4096
"""Content of each column of its alias table: chances are in units of 1 / (`_COLUMNS` * `_HEIGHT`), some 1e-6."""

_MOST_PHOTONS: Final = 250
"""Mean count of a white pixel at most: up to here, counts with a chance of one unit lie within `_COLUMNS`."""


def _words(scene: Scene) -> NDArray[np.uint16]:
    """A random 16-bit word for each pixel: (n, H, W)."""
    size = scene.height * scene.width
    words = scene.noise.words(-(-size // 4)).view(np.uint16)[:, :size]
    return words.reshape(-1, scene.height, scene.width)


@cache
def _quantiles() -> Singles:
    """The standard normal quantile in the middle of each 65,536th: standard deviation 1 to 4 digits, up to 4.3."""
    # Rounded, so that nothing is left of how a processor computes a logarithm.
    upper = [round(NormalDist().inv_cdf((i + 0.5) / _WORDS) * 2**16) / 2**16 for i in range(_WORDS // 2, _WORDS)]
    return np.array([*(-quantile for quantile in reversed(upper)), *upper], np.float32)


def gaussian(std: Floats, scene: Scene) -> Singles:
    """Sample Gaussian noise.

    Parameters
    ----------
    std : ndarray
        (n,) float64: the standard deviation for each image.
    scene : Scene
        The surroundings of n images.

    Returns
    -------
    ndarray
        (n, H, W) float32.
    """
    words = _words(scene)
    noise = np.asarray(cv2.LUT(words.reshape(-1, scene.width), _quantiles()), np.float32).reshape(words.shape)
    noise *= std.astype(np.float32)[:, None, None]
    return noise


def add(images: Images, noise: Singles) -> None:
    """Add noise to images.

    Parameters
    ----------
    images : ndarray
        (n, H, W) uint8, C-contiguous: overwritten.
    noise : ndarray
        (n, H, W) float32: grey levels; overwritten, too.
    """
    cv2.accumulate(images.reshape(len(images), -1), noise.reshape(len(images), -1))
    to_uint8(noise, images)


@pixel_step(
    source=MNIST_C,
    std=Parameter(
        "standard deviation of the noise",
        "share of white",
        (0.02, 0.1),
        (0, 1),
        levels=(0.08, 0.12, 0.18, 0.26, 0.38),
        legible=(0, 0.4),
    ),
)
def gaussian_noise(images: Images, scene: Scene, *, std: Floats) -> None:
    """Add Gaussian noise to every pixel."""
    add(images, gaussian(255 * std, scene))


@pixel_step(
    source=MNIST_C,
    std=Parameter(
        "standard deviation of the noise",
        "share of the pixel",
        (0.05, 0.25),
        (0, 1),
        levels=(0.15, 0.2, 0.35, 0.45, 0.6),
    ),
)
def speckle_noise(images: Images, scene: Scene, *, std: Floats) -> None:
    """Add to every pixel its own value times Gaussian noise."""
    noise = gaussian(std, scene)
    noise *= images
    add(images, noise)


@pixel_step(
    source=MNIST_C,
    share=Parameter(
        "chance of each pixel to be hit",
        "share",
        (0.005, 0.03),
        (0, 0.9),
        levels=(0.03, 0.06, 0.09, 0.17, 0.27),
        legible=(0, 0.2),
    ),
)
def impulse_noise(images: Images, scene: Scene, *, share: Floats) -> None:
    """Turn pixels white (salt) or black (pepper), as many of each."""
    words = _words(scene)
    half = np.rint(share * (_WORDS / 2)).astype(np.uint16)[:, None, None]
    salt, pepper = (words < half).view(np.uint8), (~words < half).view(np.uint8)
    np.bitwise_or(images, 255 * salt, out=images)
    np.bitwise_and(images, ~(255 * pepper), out=images)


def _poisson(mean: float) -> tuple[int, list[int]]:
    """The first count with a chance of a unit, and the chances of it and the next 255, in whole units."""
    units = _COLUMNS * _HEIGHT
    cumulative = [0]
    total, term = 0.0, math.exp(-mean)
    while cumulative[-1] < units:
        total += term
        term *= mean / len(cumulative)
        cumulative.append(round(total * units))
    chances = np.diff(cumulative).tolist()
    first = next(count for count, chance in enumerate(chances) if chance)
    return first, [*chances[first:], *[0] * _COLUMNS][:_COLUMNS]


def _alias(chances: list[int]) -> tuple[list[int], list[int]]:
    """Walker's alias method, in whole numbers: how much of each column is its own, and whose the rest is.

    Every column is filled up to `_HEIGHT` from one that has too much; so a uniform column and a uniform height
    in it samples the distribution.

    References
    ----------
    Walker 1977, An efficient method for generating discrete random variables with general distributions, ACM
    Transactions on Mathematical Software 3, doi:10.1145/355744.355749
    """
    own, other = list(chances), list(range(_COLUMNS))
    short = [column for column in range(_COLUMNS) if own[column] < _HEIGHT]
    over = [column for column in range(_COLUMNS) if own[column] > _HEIGHT]
    while short:
        column, donor = short.pop(), over[-1]
        other[column] = donor
        own[donor] -= _HEIGHT - own[column]
        if own[donor] <= _HEIGHT:
            over.pop()
            if own[donor] < _HEIGHT:
                short.append(donor)
    return own, other


@cache
def _poisson_tables() -> tuple[Integers, NDArray[np.uint16], Pixels]:
    """Poisson distributions with the means (j / 32)**2: their first counts (J,), and alias tables (J, 256) each."""
    rows = range(math.ceil(math.sqrt(_MOST_PHOTONS) * _STEPS) + 1)
    firsts, chances = zip(*(_poisson((row / _STEPS) ** 2) for row in rows), strict=True)
    own, other = zip(*(_alias(each) for each in chances), strict=True)
    return np.array(firsts), np.array(own, np.uint16), np.array(other, np.uint8)


def _sample_poisson(mean: Floats, words: NDArray[np.uint32]) -> Integers:
    """Poisson counts for means from 0 to 250: (n,) each.

    Means between two that are tabulated choose one of these by chance, so that the mean is kept, and the variance
    is at most 1/1024 above the Poisson distribution's.
    """
    firsts, own, other = _poisson_tables()
    square = mean * _STEPS**2
    row = np.floor(np.sqrt(square))
    between = (square - row * row) / (2 * row + 1)  # the share of the next row
    # A word's lowest byte is the column; then 12 bits each are the height in it, and the choice of a row.
    column, height, choice = words & 0xFF, (words >> 8) & 0xFFF, words >> 20
    chosen = row.astype(np.int64) + (choice < between * 2**12)
    place = chosen * _COLUMNS + column
    above = np.where(height < own.take(place), column, other.take(place))
    counts: Integers = firsts.take(chosen) + above
    return counts


@pixel_step(
    source=MNIST_C,
    photons=Parameter(
        "mean count of a white pixel: fewer are noisier",
        "photons",
        (60, 250),
        (1, _MOST_PHOTONS),
        levels=(60, 25, 12, 5, 3),
        legible=(2, _MOST_PHOTONS),
    ),
)
def shot_noise(images: Images, scene: Scene, *, photons: Floats) -> None:
    """Count photons: a Poisson sample in place of every pixel."""
    pixels = images.reshape(-1)
    ink = np.flatnonzero(pixels)  # a blank pixel has no photons, and stays blank
    size = scene.height * scene.width
    words = scene.noise.words(-(-size // 2)).view(np.uint32)[:, :size].reshape(-1).take(ink)
    white = photons.repeat(np.count_nonzero(images, axis=(1, 2)))
    counts = _sample_poisson(pixels.take(ink) * white / 255, words)
    pixels[ink] = to_uint8(counts * 255 / white)


FAMILY: Final = family(gaussian_noise, shot_noise, impulse_noise, speckle_noise)
