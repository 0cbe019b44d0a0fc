"""PNG files hold what they were made of, and nothing of when."""

from io import BytesIO

import numpy as np
from PIL import Image

from digitgen.png import png_bytes

GREYS = np.tile(np.arange(256, dtype=np.uint8), (28, 1))


def test_png_bytes_are_the_same_each_time_and_hold_every_grey() -> None:
    assert png_bytes(GREYS) == png_bytes(GREYS) == png_bytes(Image.fromarray(GREYS))
    with Image.open(BytesIO(png_bytes(GREYS))) as found:
        np.testing.assert_array_equal(np.asarray(found), GREYS)


def test_an_array_of_three_layers_is_in_colour() -> None:
    colours = np.stack([GREYS, 255 - GREYS, GREYS // 2], axis=-1)
    with Image.open(BytesIO(png_bytes(colours))) as found:
        np.testing.assert_array_equal(np.asarray(found), colours)
