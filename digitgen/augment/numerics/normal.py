"""Normal numbers that are the same on every processor, to the last bit.

numpy's own come from tables, and now and then from a logarithm that differs between processors.
"""

import math

import numpy as np

from digitgen.arrays import Floats
from digitgen.augment.numerics.exact import cosine, logarithm, sine


def standard_normal(rng: np.random.Generator, count: int) -> Floats:
    """Sample the standard normal law by the method of Box and Muller (1958).

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator to sample from: it gives two fractions for each two numbers.
    count : int
        How many, n.

    Returns
    -------
    ndarray
        (n,) float64, independent, with mean 0 and standard deviation 1; from -8.6 to 8.6.

    Examples
    --------
    >>> standard_normal(np.random.Generator(np.random.PCG64DXSM(1)), 3).round(3).tolist()
    [-0.77, -0.341, -0.201]
    """
    distance, turn = rng.random((2, -(-count // 2)))
    radius = np.sqrt(-2 * logarithm(1 - distance))  # 1 - distance is never 0
    angle = 2 * math.pi * turn
    return np.concatenate([radius * cosine(angle), radius * sine(angle)])[:count]
