"""PNG files of single images."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def png_bytes(image: NDArray[np.float32]) -> bytes:
    """Encode a (28, W) float image, 0 black to 1 white, as an 8-bit greyscale PNG."""
    stream = BytesIO()
    Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()
