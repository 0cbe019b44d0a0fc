"""Steps that map the grey levels of an image: brightness, contrast, gamma, inversion and quantisation."""

import math
from functools import cache
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images, Pixels
from digitgen.augment.numerics.exact import to_uint8
from digitgen.augment.numerics.shading import look_up
from digitgen.augment.step import MNIST_C, Parameter, Scene, family, pixel_step

_GREYS: Final = 256
_MOST_BITS: Final = 8


@pixel_step(
    source=MNIST_C,
    change=Parameter("what is added", "share of white", (-0.1, 0.1), (-0.9, 0.9), levels=(0.1, 0.2, 0.3, 0.4, 0.5)),
)
def brightness(images: Images, _scene: Scene, *, change: Floats) -> None:
    """Add a constant to every pixel."""
    levels = np.rint(255 * change).astype(np.int64)[:, None, None]
    # What would leave 0..255 goes first to where the change takes it to the end; then bytes can't wrap.
    darkest, lightest = np.maximum(0, -levels), np.minimum(255, 255 - levels)
    np.clip(images, darkest.astype(np.uint8), lightest.astype(np.uint8), out=images)
    images += levels.astype(np.uint8)  # modulo 256, so that a negative one subtracts


@pixel_step(
    source=MNIST_C,
    factor=Parameter(
        "of the difference from the mean",
        "ratio",
        (0.7, 1.3),
        (0.02, 4),
        levels=(0.4, 0.3, 0.2, 0.1, 0.05),
        legible=(0.05, 4),
    ),
)
def contrast(images: Images, _scene: Scene, *, factor: Floats) -> None:
    """Draw pixels towards the image's mean, or away from it.

    It maps x to (x - mean) factor + mean; the mean is exact, because it is a sum of whole numbers.
    """
    pixels = images.reshape(len(images), -1)
    mean = cv2.reduce(pixels, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S) / pixels.shape[1]
    changed = pixels.astype(np.float32)
    changed *= factor.astype(np.float32)[:, None]
    changed += (mean - factor[:, None] * mean).astype(np.float32)
    to_uint8(changed, images)


@cache
def _logarithms() -> Floats:
    """The logarithms of 1/255, 2/255, ... 1, rounded to 2**-30, so that they are the same on every processor."""
    return np.array([round(math.log(grey / 255) * 2**30) / 2**30 for grey in range(1, _GREYS)])


def _exponential(x: Floats) -> Floats:
    """The exponential of numbers from -60 to 0, with an absolute error below 1e-12."""
    part = x / 1024
    power = 1 + part * (1 + part / 2 * (1 + part / 3 * (1 + part / 4)))
    for _ in range(10):
        power *= power
    return power


@pixel_step(exponent=Parameter("of grey levels from 0 to 1", "ratio", (0.7, 1.4), (0.1, 10)))
def gamma(images: Images, _scene: Scene, *, exponent: Floats) -> None:
    """Raise grey levels to a power: below 1 strokes look fuller, above 1 leaner.

    It maps x to x**exponent, for x from 0 to 1.
    """
    tables = np.zeros((len(images), _GREYS), np.uint8)
    tables[:, 1:] = to_uint8(255 * _exponential(_logarithms() * exponent[:, None]))
    look_up(images, tables)


@pixel_step(source=MNIST_C)
def inverse(images: Images, _scene: Scene) -> None:
    """Exchange black and white."""
    np.invert(images, out=images)


@cache
def _quantisers() -> Pixels:
    """Tables (9, 256) that keep as many grey levels as some bits can tell: row b those of b bits, row 0 none."""
    greys = np.arange(_GREYS)
    tables = np.zeros((_MOST_BITS + 1, _GREYS), np.uint8)
    for bits in range(1, _MOST_BITS + 1):
        top = 2**bits - 1
        tables[bits] = to_uint8(np.rint(greys * top / 255) * 255 / top)  # odd numbers: never a tie
    return tables


@pixel_step(
    source=MNIST_C,
    bits=Parameter("of a grey level", "bits", (3, 6), (1, _MOST_BITS), levels=(5, 4, 3, 2, 1), integer=True),
)
def quantize(images: Images, _scene: Scene, *, bits: Floats) -> None:
    """Keep few grey levels, evenly spaced from black to white."""
    look_up(images, _quantisers()[bits.astype(np.int64)])


FAMILY: Final = family(brightness, contrast, gamma, inverse, quantize)
