"""Which digit each pixel belongs to, kept exact while images are warped.

Two arrays travel with the images. `strokes` is the ink of the digits alone, without what is put over it
later. `owners` says of every pixel, inked or not, which digit is nearest, so that wherever a warp puts the faint
border of a stroke, the owner is known. Masks and boxes are read off both at the end.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from digitgen.augment.tall import Tall

_AROUND: Final = np.ones((3, 3), np.uint8)


@dataclass
class Ownership:
    """Who owns the pixels of n images.

    Attributes
    ----------
    strokes : ndarray
        (n, 28, W) uint8, 0 background to 255 ink.
    owners : ndarray
        (n, 28, W) uint8: k for the k-th digit, from 1; right wherever there is ink and one px around it.
    """

    strokes: NDArray[np.uint8]
    owners: NDArray[np.uint8]

    def spread(self, rows: NDArray[np.int64]) -> None:
        """Give the pixels without ink that touch a stroke to its digit, in images whose strokes have moved or grown.

        Ink that grew further than what was known around it goes to the digit from which it is reached first.
        """
        owners, inked = self.owners[rows], self.strokes[rows] > 0
        tall = Tall(len(rows), owners.shape[2], guard=2)
        np.multiply(owners, inked, out=tall.images)
        while True:
            around = tall.like(np.asarray(cv2.dilate(tall.pixels, _AROUND), np.uint8))
            grown = inked & (tall.images == 0) & (around > 0)
            if not grown.any():
                break
            np.copyto(tall.images, around, where=grown)
        self.owners[rows] = np.where(inked, tall.images, around)

    def masks(self) -> NDArray[np.uint8]:
        """(n, 28, W) uint8: 0 background, k for the ink of the k-th digit."""
        masks: NDArray[np.uint8] = np.multiply(self.owners, self.strokes > 0)
        return masks


def ink_boxes(masks: NDArray[np.uint8], max_length: int) -> NDArray[np.float32]:
    """The box around the ink of each digit.

    Parameters
    ----------
    masks : ndarray
        (n, 28, W) uint8: 0 background, k for the k-th digit.
    max_length : int
        Digits to look for, L.

    Returns
    -------
    ndarray
        (n, L, 4) float32: x, y, width, height, px; all 0 where a digit has no ink.
    """
    count, height, width = masks.shape
    boxes = np.zeros((count, max_length, 4), np.float32)
    for first in range(0, max_length, 8):  # eight digits at a time, one bit each
        table = np.zeros(256, np.uint8)
        known = min(8, max_length - first)
        table[first + 1 : first + 1 + known] = 1 << np.arange(known)
        bits = cv2.LUT(masks.reshape(-1, width), table).reshape(masks.shape)
        for axis, size in ((0, width), (1, height)):
            present = np.bitwise_or.reduce(bits, axis=1 + (axis == 1))
            for digit in range(known):
                found = (present >> digit) & 1
                start, end = found.argmax(axis=1), size - found[:, ::-1].argmax(axis=1)
                boxes[:, first + digit, axis] = start
                boxes[:, first + digit, 2 + axis] = np.where(found.any(axis=1), end - start, 0)
    return boxes
