"""The part of each sheet that is held in memory: where its ink is, because most of a sheet is blank."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Images, Integers, Pixels

_BESIDE: Final = 2  # px beside ink, for its owner and for what an interpolation sees


@dataclass(frozen=True, eq=False)
class Region:
    """Rectangles of one size on n sheets; all beyond them is blank.

    Attributes
    ----------
    left, top : ndarray
        (n,) int64: left and top edge of each on its sheet, px.
    size : (int, int)
        Height h and width w of the rectangles, px.
    sheet : (int, int)
        Height H and width W of the sheets, px.
    """

    left: Integers
    top: Integers
    size: tuple[int, int]
    sheet: tuple[int, int]

    @classmethod
    def whole(cls, images: Images) -> "Region":
        """The region of sheets that are there as a whole, (n, H, W) uint8."""
        count, height, width = images.shape
        zero = np.zeros(count, np.int64)
        return cls(zero, zero, (height, width), (height, width))

    @classmethod
    def around(cls, boxes: Integers, sheet: tuple[int, int]) -> "Region":
        """Choose the least region with room for boxes.

        Parameters
        ----------
        boxes : ndarray
            (n, 4) int64: left, top, right and bottom edge of each on its sheet, px. What lies beyond the sheet does
            not count.
        sheet : (int, int)
            Height and width of the sheets, px.

        Returns
        -------
        Region
            All of it lies on the sheets, from even columns and rows on, so that halves of px round alike there.
        """
        inside = np.clip(boxes, 0, np.array([*sheet[::-1], *sheet[::-1]]))
        starts, size = [], []
        for axis, length in enumerate(sheet[::-1]):
            first = inside[:, axis] // 2 * 2
            extent = max(int((inside[:, 2 + axis] - first).max()), 1)
            extent += (length - extent) % 2
            starts.append(np.minimum(first, length - extent))
            size.append(extent)
        return cls(starts[0], starts[1], (size[1], size[0]), sheet)

    @property
    def is_whole(self) -> bool:
        """Whether the sheets are there as a whole."""
        return self.size == self.sheet

    @property
    def boxes(self) -> Integers:
        """(n, 4) int64: left, top, right and bottom edge on the sheets, px."""
        return np.stack([self.left, self.top, self.left + self.size[1], self.top + self.size[0]], axis=1)

    def covers(self, rows: Integers, boxes: Integers) -> bool:
        """Tell whether ink would lie inside, with room to spare around it.

        Parameters
        ----------
        rows : ndarray
            (m,) int64: some of the sheets.
        boxes : ndarray
            (m, 4) int64: boxes around the ink on these: left, top, right and bottom edge, px.

        Returns
        -------
        bool
            Whether all of it would.
        """
        left, top, right, bottom = self._with_room(boxes).T
        own = self.boxes[rows].T
        return bool(((left >= own[0]) & (top >= own[1]) & (right <= own[2]) & (bottom <= own[3])).all())

    def grown(self, rows: Integers, boxes: Integers) -> "Region":
        """Choose a region that has room for more ink.

        Parameters
        ----------
        rows, boxes : ndarray
            As in `covers`.

        Returns
        -------
        Region
            All of this one lies in it.
        """
        every, wanted = self.boxes, self._with_room(boxes)
        every[rows, :2] = np.minimum(every[rows, :2], wanted[:, :2])
        every[rows, 2:] = np.maximum(every[rows, 2:], wanted[:, 2:])
        return Region.around(every, self.sheet)

    def moved(self, images: Images, region: "Region") -> Images:
        """Copy images of this region into a larger one.

        Parameters
        ----------
        images : ndarray
            (n, h, w) uint8: the sheets in this region.
        region : Region
            A region that this one lies in.

        Returns
        -------
        ndarray
            (n, h', w') uint8: the sheets in that region, blank beyond this one.
        """
        out = np.zeros((len(images), *region.size), np.uint8)
        height, width = region.size
        corners = (np.arange(len(images)) * height + self.top - region.top) * width + self.left - region.left
        windows(out, self.size)[corners] = np.ndarray(images.shape[:2], item(self.size[1]), images)
        return out

    def _with_room(self, boxes: Integers) -> Integers:
        """Boxes on the sheets, with room around ink that fills them."""
        high, wide = self.sheet
        roomy: Integers = np.clip(boxes + np.array([-1, -1, 1, 1]) * _BESIDE, 0, np.array([wide, high, wide, high]))
        return roomy


def windows(images: Pixels, size: tuple[int, int]) -> NDArray[np.void]:
    """See images as windows.

    Parameters
    ----------
    images : ndarray
        (n, H, W) uint8, C-contiguous.
    size : (int, int)
        Height h and width w of the windows, px.

    Returns
    -------
    ndarray
        (corners, h): item [p, r] is row r, w bytes, of the window whose corner is pixel p of all images in a row.
    """
    (high, wide), line = size, images.shape[2]
    corners = images.size - (high - 1) * line - wide + 1
    return np.ndarray((corners, high), item(wide), images, strides=(1, line))


@cache
def item(size: int) -> np.dtype[np.void]:
    """The type of some bytes as one item."""
    return np.dtype((np.void, size))
