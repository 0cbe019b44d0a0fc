"""PNG files of single images."""

from io import BytesIO

import numpy as np
from PIL import Image

from digitgen.arrays import Singles


def png_bytes(image: Singles) -> bytes:
    """Encode a (28, W) float image, 0 black to 1 white, as an 8-bit greyscale PNG."""
    stream = BytesIO()
    Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()
