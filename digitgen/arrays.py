"""Names for the types of arrays, so that a signature fits its line."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Grey levels from 0 to 255, in any shape."""
Images = NDArray[np.uint8]
"""(N, H, W) uint8: images one after the other."""
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]
Arrays = Mapping[str, NDArray[Any]]
"""Arrays by name."""
