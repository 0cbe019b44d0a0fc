"""The owner of each pixel, a digit, kept exact while images are warped.

Two arrays travel with the images. The strokes are the ink of the digits alone: the images themselves, until
something that is no ink is put over them. `owners` says of every pixel, inked or not, which digit is nearest. So the
owner is known wherever a warp puts the faint border of a stroke. Masks and boxes are read off both at the end.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from digitgen.arrays import Images, Integers, Pixels, Singles
from digitgen.augment.cropping import Cut, extent
from digitgen.augment.numerics.stacking import Tall, parts
from digitgen.augment.region import Region

_PART: Final = 1 << 18  # px that are worked on together
_NOWHERE: Final = np.array([1 << 20, 1 << 20, -1, -1])  # a box that adds nothing to others
_AROUND: Final = np.ones((3, 3), np.uint8)


@dataclass
class Ownership:
    """The digits that own the pixels of n images.

    Attributes
    ----------
    owners : ndarray
        (n, H, W) uint8: k for the k-th digit, from 1; right wherever there is ink and one px around it.
    strokes : ndarray or None
        (n, H, W) uint8, 0 background to 255 ink: the ink alone, kept apart from the images. None while the images
        are all ink.
    marks : ndarray or None
        (n, 4) int64: left, top, right and bottom edge of the box around all ink that is no digit's but belongs to the
        string, px; a right edge left of the left one where there is none. None where no step put any.
    """

    owners: Pixels
    strokes: Pixels | None = None
    marks: Integers | None = None
    _unsettled: set[int] = field(default_factory=set, init=False)

    def inked(self, images: Images) -> tuple[Images, ...]:
        """List the arrays with ink, which follow each other: the images, and the strokes if they are kept apart."""
        return (images,) if self.strokes is None else (images, self.strokes)

    def keep_apart(self, images: Images) -> None:
        """Keep the strokes apart from here on, because something that is no ink is about to be put over them."""
        if self.strokes is None:
            self.strokes = images.copy()

    def include(self, rows: Integers, boxes: Integers) -> None:
        """Remember marks that belong to the strings of some images.

        Parameters
        ----------
        rows : ndarray
            (m,) int64: the images.
        boxes : ndarray
            (m, 4) int64: left, top, right and bottom edge of the box around their new marks, px.
        """
        if self.marks is None:
            self.marks = np.tile(_NOWHERE, (len(self.owners), 1))
        self.marks[rows] = joined(self.marks[rows], boxes)

    def boxes(self, images: Images, region: Region | None = None) -> tuple[Integers, Integers]:
        """Find the ink of strings.

        Parameters
        ----------
        images : ndarray
            (n, h, w) uint8: all images.
        region : Region, optional
            Which part of their sheets they are; the whole by default.

        Returns
        -------
        ink, marked : ndarray
            (n, 4) int64: the box around the ink of all digits of each sheet, and that around digits and marks.
        """
        ink = extent(self._strokes(images), region)
        return ink, ink if self.marks is None else joined(ink, self.marks)

    def cropped(
        self, images: Images, region: Region, cut: Cut, sheets: tuple[Images, Region], out: Images
    ) -> "Ownership":
        """Cut frames out of the images and of all that travels with them.

        Parameters
        ----------
        images : ndarray
            (n, h, w) uint8, C-contiguous: the images, whose ownership this is.
        region : Region
            Which part of their sheets these are.
        cut : Cut
            Where the frames come to lie.
        sheets : (ndarray, Region)
            What the frames are to show, C-contiguous: these images, or others of the same sheets with more ink.
        out : ndarray
            (n, H, W) uint8, C-contiguous: overwritten with the images.

        Returns
        -------
        Ownership
            That of the images.
        """
        self.settle(images)
        strokes = None if self.strokes is None else np.empty_like(out)
        cropped = Ownership(np.empty_like(out), strokes)
        shown = (sheets[0], out, False)
        targets = [(self.owners, cropped.owners, True)]
        if self.strokes is not None and strokes is not None:
            targets.append((self.strokes, strokes, False))
        if sheets[0] is images:
            cut.resample(region, [shown, *targets])
        else:
            cut.resample(sheets[1], [shown])
            cut.resample(region, targets)
        for _, cropped_images, _ in (shown, *targets):
            cut.clear(cropped_images)
        cropped.put_off(np.flatnonzero(self.owners.min(axis=(1, 2)) == 0))
        unknown = np.flatnonzero(((cropped._strokes(out) > 0) & (cropped.owners == 0)).any(axis=(1, 2)))
        if unknown.size:
            cropped.spread(out, unknown)
        return cropped

    def forget(self, images: Images, rows: Integers) -> None:
        """Know the owners of ink alone, because strokes are about to grow further than one px.

        Parameters
        ----------
        images : ndarray
            (n, H, W) uint8: all images.
        rows : ndarray
            (m,) int64: the images whose strokes are about to grow.
        """
        self.settle(images)
        strokes = self._strokes(images)
        for part in parts(len(rows), self.owners.shape[1:], _PART):
            own = rows[part]
            self.owners[own] *= strokes[own] > 0

    def put_off(self, rows: Integers) -> None:
        """Put off to spread the owners of some images, (m,), whose ink is all owned; if none moves, nobody asks."""
        self._unsettled.update(rows.tolist())

    def settle(self, images: Images) -> None:
        """Spread the owners of images for which it was put off, because somebody is about to ask beside the ink."""
        if self._unsettled:
            self.spread(images, np.array(sorted(self._unsettled)))

    def spread(self, images: Images, rows: Integers) -> None:
        """Give the pixels without ink that touch a stroke to its digit.

        Ink that grew further than owners were known goes to the digit from which it is reached first.

        Parameters
        ----------
        images : ndarray
            (n, H, W) uint8: all images.
        rows : ndarray
            (m,) int64: the images whose strokes have moved or grown.
        """
        self._unsettled.difference_update(rows.tolist())
        strokes = self._strokes(images)
        for part in parts(len(rows), self.owners.shape[1:], _PART):
            self._spread(strokes, rows[part])

    def masks(self, images: Images) -> Pixels:
        """(n, H, W) uint8: 0 background, k for the ink of the k-th digit."""
        masks, strokes = np.empty_like(self.owners), self._strokes(images)
        for part in parts(len(masks), masks.shape[1:], _PART):
            np.multiply(self.owners[part], strokes[part] > 0, out=masks[part])
        return masks

    def _strokes(self, images: Images) -> Pixels:
        """The ink alone: (n, H, W) uint8."""
        return self.inked(images)[-1]

    def _spread(self, strokes: Pixels, rows: Integers) -> None:
        """Spread the owners of some images, few enough to be worked on together."""
        height, width = self.owners.shape[1:]
        ink, known = Tall(len(rows), (height, width)), Tall(len(rows), (height, width))
        ink.fill(strokes[rows])
        known.fill(self.owners[rows])
        inked, owners = ink.pixels, known.pixels  # each pixel of `inked` is 0 or 255, and so serves as a mask
        cv2.threshold(inked, 0, 255, cv2.THRESH_BINARY, dst=inked)
        cv2.bitwise_and(owners, inked, dst=owners)
        while True:
            around = np.asarray(cv2.dilate(owners, _AROUND), np.uint8)
            _, grown = cv2.threshold(owners, 0, 255, cv2.THRESH_BINARY_INV)
            cv2.bitwise_and(grown, inked, dst=grown)  # ink that nobody owns
            cv2.bitwise_and(grown, around, dst=grown)
            if not cv2.countNonZero(grown):
                break
            cv2.bitwise_or(owners, grown, dst=owners)
        cv2.copyTo(owners, inked, around)
        self.owners[rows] = known.like(around)


def joined(one: Integers, other: Integers) -> Integers:
    """Find the boxes around two boxes each.

    Parameters
    ----------
    one, other : ndarray
        (n, 4) int64: left, top, right and bottom edge, px.

    Returns
    -------
    ndarray
        (n, 4) int64: the same of the boxes around both.
    """
    return np.concatenate([np.minimum(one[:, :2], other[:, :2]), np.maximum(one[:, 2:], other[:, 2:])], axis=1)


def ink_boxes(masks: Pixels, max_length: int) -> Singles:
    """Find the box around the ink of each digit.

    Parameters
    ----------
    masks : ndarray
        (n, H, W) uint8: 0 background, k for the k-th digit.
    max_length : int
        Number of digits to look for, L.

    Returns
    -------
    ndarray
        (n, L, 4) float32: x, y, width, height, px; all 0 where a digit has no ink.
    """
    boxes = np.zeros((len(masks), max_length, 4), np.float32)
    for first in range(0, max_length, 8):
        known = min(8, max_length - first)
        for axis, present in enumerate(_present(masks, first, known)):
            for digit in range(known):
                found = (present & (1 << digit)) > 0
                start, end = found.argmax(axis=1), found.shape[1] - found[:, ::-1].argmax(axis=1)
                boxes[:, first + digit, axis] = start
                boxes[:, first + digit, 2 + axis] = np.where(found.any(axis=1), end - start, 0)
    return boxes


def _present(masks: Pixels, first: int, known: int) -> tuple[Pixels, Pixels]:
    """Find the columns (n, W) and rows (n, H) that have ink of eight digits or fewer: a bit for each digit."""
    count, height, width = masks.shape
    table = np.zeros(256, np.uint8)
    table[first + 1 : first + 1 + known] = 1 << np.arange(known)
    columns, rows = np.empty((count, -(-width // 8)), np.uint64), np.empty((count, height), np.uint64)
    for part in parts(count, (height, width), _PART):
        bits = np.zeros((part.stop - part.start, height, 8 * columns.shape[1]), np.uint8)
        bits[:, :, :width] = cv2.LUT(masks[part].reshape(-1, width), table).reshape(-1, height, width)
        eight = bits.view(np.uint64)  # columns at a time
        np.bitwise_or.reduce(eight, axis=1, out=columns[part])
        np.bitwise_or.reduce(eight, axis=2, out=rows[part])
    eight_rows = rows.view(np.uint8).reshape(count, height, 8)
    return columns.view(np.uint8)[:, :width], np.bitwise_or.reduce(eight_rows, axis=2)
