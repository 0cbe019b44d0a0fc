"""Matrix products in the calling thread alone.

OpenBLAS, which numpy's wheels have, hands a product out to threads if it takes many multiplications. For matrices as
small as those of images, waiting for threads takes longer than the product. How many threads there are is a setting of
the whole process, and so the caller's. Products of few multiplications start none, whatever the setting.
"""

from typing import Final

import numpy as np

from digitgen.arrays import Singles

_MATRIX: Final = 1 << 18
"""Multiplications up to which OpenBLAS starts no threads, as it is built by default: 65,536 times 4."""
_VECTOR: Final = 9000
"""The same where one of the two is a vector: 2,304 times 4, less a little."""


def multiply(left: Singles, right: Singles, out: Singles) -> None:
    """Multiply matrices, piece by piece.

    Parameters
    ----------
    left, right : ndarray
        (..., m, k) and (..., k, n) float32: matrices, or stacks of them as `numpy.matmul` takes.
    out : ndarray
        (..., m, n) float32: overwritten.
    """
    rows, inner = left.shape[-2:]
    columns = right.shape[-1]
    shorter, longer = sorted((rows, columns))
    step = max((_MATRIX if shorter > 1 else _VECTOR) // max(inner * shorter, 1), 1)
    for first in range(0, longer, step):
        piece = slice(first, first + step)
        if rows == longer:
            np.matmul(left[..., piece, :], right, out=out[..., piece, :])
        else:
            np.matmul(left, right[..., piece], out=out[..., piece])
