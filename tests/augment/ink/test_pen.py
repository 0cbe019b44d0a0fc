"""The pen of a string is measured from its ink: width and grey, whatever else the image is like."""

import numpy as np
import pytest

from digitgen.augment.ink.pen import pen_of
from digitgen.augment.ink.render import rendered
from digitgen.augment.ink.strokes import polylines
from digitgen.augment.region import Region
from digitgen.glyphs.bank import GlyphBank


def stroked(width: float, grey: float, height: int = 40) -> np.ndarray:
    """An image with a few long strokes of a pen, in several directions."""
    images = np.zeros((1, height, 200), np.uint8)
    ends = np.array([[10, 10, 60, 30], [70, 32, 100, 6], [115, 8, 116, 33], [130, 20, 190, 21]], float)
    strokes = polylines(np.zeros(4, int), ends[:, ::2], ends[:, 1::2], np.full(4, width), np.full(4, grey))
    for some in rendered(strokes, Region.whole(images)):
        some.combine(images)
    return images


@pytest.mark.parametrize("grey", [255.0, 90.0])
@pytest.mark.parametrize("width", [1.5, 2.5, 4.0, 6.0])
def test_a_pen_is_found_as_wide_and_as_grey_as_it_is(width: float, grey: float) -> None:
    pen = pen_of(stroked(width, grey))
    assert pen.width[0] == pytest.approx(width, rel=0.12)
    assert pen.grey[0] == pytest.approx(grey, abs=2)


def test_the_width_does_not_depend_on_how_grey_the_ink_is() -> None:
    image = stroked(3.0, 254.0)
    assert pen_of(image // 2).width[0] == pytest.approx(pen_of(image).width[0], rel=0.02)


def test_one_dark_spot_does_not_make_a_pen_dark() -> None:
    image = stroked(3.0, 120.0)
    image[0, 20, 20] = 255
    assert pen_of(image).grey[0] == 120


def test_an_image_without_ink_has_the_thinnest_and_blackest_pen() -> None:
    pen = pen_of(np.zeros((2, 28, 60), np.uint8))
    assert pen.width.tolist() == [0.5, 0.5]
    assert pen.grey.tolist() == [255, 255]


def test_pens_are_measured_one_by_one_as_they_are_together(mnist: GlyphBank) -> None:
    images = mnist.cells(np.arange(0, 500, 25))
    together = pen_of(images)
    for row in range(len(images)):
        alone = pen_of(images[row : row + 1])
        assert (alone.width[0], alone.grey[0]) == (together.width[row], together.grey[row])
    assert 1.5 < together.width.min() < together.width.max() < 6
