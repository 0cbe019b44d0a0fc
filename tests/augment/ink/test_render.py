"""Strokes are rendered as their definition says: by each pixel's distance from them, in plain loops here."""

import math

import numpy as np
import pytest

from digitgen.arrays import Pixels
from digitgen.augment.ink.render import rendered
from digitgen.augment.ink.strokes import Strokes, joined, polylines
from digitgen.augment.region import Region


def drawn(strokes: Strokes, count: int, height: int, width: int) -> Pixels:
    images = np.zeros((count, height, width), np.uint8)
    for some in rendered(strokes, Region.whole(images)):
        some.combine(images)
    return images


def slowly(strokes: Strokes, count: int, height: int, width: int) -> np.ndarray:
    """The same in plain loops, not rounded."""
    out = np.zeros((count, height, width))
    for k in range(len(strokes)):
        (x0, x1), (y0, y1), (w0, w1) = strokes.x[k], strokes.y[k], strokes.width[k]
        square = (x1 - x0) ** 2 + (y1 - y0) ** 2
        for row in range(height):
            for column in range(width):
                along = ((column - x0) * (x1 - x0) + (row - y0) * (y1 - y0)) / square if square else 0
                along = min(max(along, 0), 1)
                away = math.hypot(column - x0 - along * (x1 - x0), row - y0 - along * (y1 - y0))
                covered = min(max((w0 + along * (w1 - w0)) / 2 + 0.5 - away, 0), min((w0 + w1) / 2, 1))
                out[strokes.image[k], row, column] = max(out[strokes.image[k], row, column], strokes.grey[k] * covered)
    return out


def some_strokes(number: int, count: int, height: int, width: int) -> Strokes:
    """Strokes of all directions, lengths and widths, some of which leave the image or lie outside; and dots."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-10, width + 10, (number, 2)), rng.uniform(-10, height + 10, (number, 2))
    x[::3, 1], y[::3, 1] = x[::3, 0] + rng.normal(0, 3, len(x[::3])), y[::3, 0]
    x[::7, 1], y[::7, 1] = x[::7, 0], y[::7, 0]
    widths = rng.uniform(0.3, 6, (number, 2))
    return polylines(rng.integers(0, count, number), x, y, widths, rng.uniform(40, 255, number))


@pytest.mark.parametrize("shape", [(28, 61), (33, 16)])
def test_each_pixel_is_as_grey_as_the_stroke_covers_it(shape: tuple[int, int]) -> None:
    strokes = some_strokes(60, 4, *shape)
    expected = slowly(strokes, 4, *shape)
    assert expected.max() > 200
    assert np.abs(drawn(strokes, 4, *shape) - expected).max() < 0.52


def test_an_image_is_the_same_whatever_is_drawn_on_others() -> None:
    strokes = some_strokes(200, 6, 28, 90)
    together = drawn(strokes, 6, 28, 90)
    for image in range(6):
        own = strokes[np.flatnonzero(strokes.image == image)]
        alone = Strokes(own.image * 0, own.x, own.y, own.width, own.grey, own.digit)
        np.testing.assert_array_equal(drawn(alone, 1, 28, 90)[0], together[image])


def test_the_order_of_strokes_does_not_matter() -> None:
    strokes = some_strokes(100, 3, 28, 70)
    np.testing.assert_array_equal(drawn(strokes[np.arange(99, -1, -1)], 3, 28, 70), drawn(strokes, 3, 28, 70))


def test_no_strokes_are_no_ink() -> None:
    assert not drawn(joined([]), 2, 28, 40).any()


def test_strokes_go_over_what_is_there_by_maximum() -> None:
    images = np.full((1, 28, 40), 100, np.uint8)
    line = polylines(
        np.zeros(1, int), np.array([[5.0, 30.0]]), np.array([[14.0, 14.0]]), np.array([3.0]), np.array([180.0])
    )
    for some in rendered(line, Region.whole(images)):
        some.combine(images)
    assert (images[0, 13:16, 5:31] == 180).all()
    assert images.min() == 100


def test_digits_own_only_pixels_that_had_no_ink() -> None:
    ink = np.zeros((1, 28, 40), np.uint8)
    ink[0, :, :10], ink[0, :, 30:] = 1, 255
    owners = np.full((1, 28, 40), 9, np.uint8)
    line = polylines(
        np.zeros(1, int),
        np.array([[5.0, 35.0]]),
        np.array([[14.0, 14.0]]),
        np.array([3.0]),
        np.array([180.0]),
        np.array([4]),
    )
    for some in rendered(line, Region.whole(ink)):
        some.own(owners, ink)
    expected = np.full((28, 40), 9)
    expected[13:16, 10:30] = 4
    np.testing.assert_array_equal(owners[0], expected)
