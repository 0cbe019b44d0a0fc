"""Find out whether digits look as if they were stored in another way than their source says."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Floats, Pixels
from digitgen.format import CELL

_SAMPLE: Final = 2000  # glyphs that are looked at
_LYING: Final = float(np.log(2))  # log of variances: above it, a 1 lies on its side; MNIST's has -2.3
_CLASSES: Final = 5  # that must occur before anything is said of their shape
_EDGE: Final = np.pad(np.zeros((CELL - 2, CELL - 2), bool), 1, constant_values=True)


def look_inverted(images: Pixels) -> bool:
    """Tell whether digits look dark on a light ground.

    Parameters
    ----------
    images : ndarray
        (G, 28, 28) uint8.

    Returns
    -------
    bool
        Whether most pixels along the edges of the cells are ink. Of MNIST 0.04 % are, of Fashion-MNIST 16 %.
    """
    return bool(np.count_nonzero(_sample(images)[:, _EDGE]) > 0.5 * _EDGE.sum() * len(_sample(images)))


def look_transposed(images: Pixels, labels: NDArray[np.integer[Any]]) -> bool:
    """Tell whether rows and columns of digits look exchanged.

    Upright digits are taller than they are wide, and a 1 more so than others. Their ink's variance along x over that
    along y has these logarithms in MNIST, as medians of the classes: -2.3 for 1, -0.2 to -0.9 for the others.

    Parameters
    ----------
    images : ndarray
        (G, 28, 28) uint8, 0 background to 255 ink.
    labels : ndarray
        (G,) integers, 0 to 9.

    Returns
    -------
    bool
        Whether 1 lies on its side, most other classes are wider than tall, and there are enough of them to be sure.
    """
    ratios, classes = _shapes(_sample(images)), _sample(labels)
    medians = {digit: float(np.median(ratios[classes == digit])) for digit in np.unique(classes).tolist()}
    if len(medians) < _CLASSES or medians.get(1, 0) < _LYING:
        return False
    wide = sum(median > 0 for median in medians.values())
    return 3 * wide >= 2 * len(medians) and sum(medians.values()) > 0


def _sample(array: NDArray[Any]) -> NDArray[Any]:
    """Take some of many glyphs or labels, from all over the file."""
    return array[:: max(1, -(-len(array) // _SAMPLE))]


def _shapes(images: Pixels) -> Floats:
    """(G,): logarithm of the variance of ink along x over that along y; 0 for a blank glyph."""
    places, ink = np.arange(CELL), images.astype(float)
    total = np.maximum(ink.sum(axis=(1, 2)), 1)
    variances = []
    for axis in (1, 2):
        profile = ink.sum(axis=axis)
        mean = profile @ places / total
        variances.append(profile @ places**2 / total - mean**2 + 1 / 12)  # that of a pixel of even ink
    shapes: Floats = np.log(variances[0] / variances[1])
    return np.where(ink.any(axis=(1, 2)), shapes, 0)
