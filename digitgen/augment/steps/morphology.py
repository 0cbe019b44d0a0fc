"""Steps that thicken or thin strokes by greyscale morphology: the maximum or the minimum over a disk."""

from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Floats, Images, Pixels
from digitgen.augment.numerics.stacking import Tall, alike, parts
from digitgen.augment.step import MANY, Parameter, Scene, family, stroke_step

_PART: Final = 1 << 18  # px that are filtered together


def _disk(size: int) -> Pixels:
    """A disk in a square of some px; of 2 px it is the whole square."""
    offset = np.arange(1 - size, size, 2) ** 2  # squares of twice the distance from the middle
    return (offset[:, None] + offset <= (size - 1) ** 2 + 1).astype(np.uint8)


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


FAMILY: Final = family(dilate, erode)
