"""Steps that thicken or thin strokes by greyscale morphology: the maximum or the minimum over a disk."""

import math
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images, Pixels
from digitgen.augment.numerics.stacking import Tall, alike, parts
from digitgen.augment.step import MANY, Parameter, Scene, family, stroke_step

_PART: Final = 1 << 18  # px that are worked on together


def _disk(size: int) -> Pixels:
    """A disk in a square of some px; of 2 px it is the whole square."""
    offset = np.arange(1 - size, size, 2) ** 2  # squares of twice the distance from the middle
    return (offset[:, None] + offset <= (size - 1) ** 2 + 1).astype(np.uint8)


_CROSS: Final = _disk(3)
_SQUARE: Final = np.ones((3, 3), np.uint8)
_WHOLE: Final = 256  # weight of what has moved by a whole px
_FURTHEST: Final = 3.0  # px that contours move


def _filtered(images: Images, sizes: Floats, grow: bool) -> None:
    """Replace each pixel by the maximum or the minimum over a disk; pixels beyond the image do not count."""
    for size, same in alike(sizes.astype(np.int64)):
        # Disks of 2 and 4 px have no middle pixel. Ink grows to the lower right, and shrinks back from there.
        anchor = size // 2 if grow else (size - 1) // 2
        for part in parts(len(same), images.shape[1:], _PART):
            rows = same[part]
            tall = Tall(len(rows), images.shape[1:], guard=size)
            if not grow:
                tall.pixels[...] = 255
            tall.fill(images[rows])
            filtered = (cv2.dilate if grow else cv2.erode)(tall.pixels, _disk(size), anchor=(anchor, anchor))
            images[rows] = tall.like(np.asarray(filtered, np.uint8))


@stroke_step(
    part=MANY,
    size=Parameter("diameter of the disk; even ones act on the lower right", "px", (2, 3), (2, 5), integer=True),
)
def dilate(images: Images, _scene: Scene, *, size: Floats) -> None:
    """Thicken strokes by the maximum over a disk."""
    _filtered(images, size, grow=True)


@stroke_step(
    part=MANY,
    size=Parameter(
        "diameter of the disk; even ones act on the lower right",
        "px",
        (2, 2),
        (2, 5),
        integer=True,
        legible=(2, 2),
    ),
)
def erode(images: Images, _scene: Scene, *, size: Floats) -> None:
    """Thin strokes by the minimum over a disk."""
    _filtered(images, size, grow=False)


@stroke_step(
    part=_PART,
    target=Parameter("mean width of the strokes", "px", (2, 4), (1, 8), legible=(1.5, 6)),
)
def stroke_width(images: Images, _scene: Scene, *, target: Floats) -> None:
    """Bring strokes to a mean width, in fractions of a px, as one pen writes them.

    The mean width of what is there is its area by half the length of its contour. All contours move by half the
    difference, at most 3 px. `set_thickness` goes by skeletons, and takes many times as long.
    """
    outwards = np.clip((target - mean_widths(images)) / 2, -_FURTHEST, _FURTHEST)
    negative = np.where(outwards < 0, 255, 0).astype(np.uint8)[:, None, None]  # strokes thin out as if the paper grew
    images ^= negative
    _grow(images, np.abs(outwards))
    images ^= negative


def mean_widths(images: Images) -> Floats:
    """Measure the mean width of strokes: the area of ink by half the length of its contour.

    Parameters
    ----------
    images : ndarray
        (n, H, W) uint8, 0 background to 255 ink.

    Returns
    -------
    ndarray
        (n,) float64, px; 0 where there is no ink.
    """
    row = _Row(images)
    rising = np.zeros(row.shape, np.float32)
    # Between four pixels grey levels rise by the differences along the two diagonals.
    for first, last in ((-row.line - 1, 0), (-row.line, -1)):
        cv2.accumulateSquare(cv2.absdiff(row.at(row.pixels, first), row.at(row.pixels, last)), rising)
    # Squares are whole numbers that float32 holds, and roots are rounded to whole ones before they are added up.
    np.rint(np.sqrt(rising, out=rising), out=rising)
    contour = rising.sum(axis=1).astype(np.float64) / math.sqrt(2)
    area = row.at(row.pixels, 0).sum(axis=1, dtype=np.uint32)
    return np.where(contour > 0, 2 * area / np.where(contour > 0, contour, 1), 0)


class _Row:
    """Images in one long row, so that each neighbour of a pixel is so many places before or behind it.

    Behind each line of an image stands a zero, and behind each image a line of zeros.
    """

    def __init__(self, images: Images) -> None:
        count, height, width = images.shape
        self.line = width + 1
        self.shape = count, (height + 1) * self.line
        self._images = count, height + 1, self.line
        self._margin = self.line + 1
        self.pixels = np.zeros(count * self.shape[1] + 2 * self._margin, np.uint8)
        self.images_in(self.at(self.pixels, 0))[...] = images

    def at(self, pixels: Pixels, places: int) -> Pixels:
        """(n, size): for each pixel, the one so many places behind it."""
        first = self._margin + places
        return pixels[first : first + self.shape[0] * self.shape[1]].reshape(self.shape)

    def images_in(self, pixels: Pixels) -> Pixels:
        """The images in pixels (n, size), as a view."""
        return pixels.reshape(self._images)[:, :-1, :-1]


def _grow(images: Images, distance: Floats) -> None:
    """Move the contours of ink outwards, each image by a distance of its own, px; pixels beyond it do not count."""
    for px in range(math.ceil(distance.max(initial=0))):
        rows = np.flatnonzero(distance > px)
        row = _Row(images[rows])
        own, beside = row.at(row.pixels, 0), row.pixels.copy()
        np.maximum(row.pixels[:-1], row.pixels[1:], out=beside[:-1])
        np.maximum(beside[1:], row.pixels[:-1], out=beside[1:])
        # A disk of one px lies half-way between the cross and the square, which is nowhere smaller.
        cross, grown = (
            np.maximum(np.maximum(row.at(each, -row.line), row.at(each, row.line)), row.at(beside, 0))
            for each in (row.pixels, beside)
        )
        grown -= cross
        grown -= grown >> 1
        grown += cross
        grown -= own
        weights = np.rint(np.minimum(distance[rows] - px, 1) * _WHOLE).astype(np.uint16)[:, None]
        added = grown * weights
        added += _WHOLE // 2
        added >>= 8
        images[rows] = row.images_in(own + added.astype(np.uint8))


FAMILY: Final = family(dilate, erode, stroke_width)
