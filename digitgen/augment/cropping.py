"""Cut frames out of sheets, and resize each to an image by one factor.

A pixel of the image shows a point of the sheet, by bilinear interpolation; where the image shrinks, it is the mean of
several points, so that thin strokes neither vanish nor flicker. Points are rounded to 1/128 px, which leaves the
interpolation exact, as in `warping.resample`, and means are of whole numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Floats, Images, Integers, Pixels, Singles
from digitgen.augment.numerics.stacking import alike, parts, rows_of
from digitgen.augment.region import Region, item, windows
from digitgen.augment.step import NO_CELL, Scene
from digitgen.format import CELL

_PART: Final = 1 << 18  # px that are worked on together
_MOST_LINES: Final = (1 << 15) - 1  # of what OpenCV takes pixels from
_REPLICATE: Final = cv2.BORDER_REPLICATE
_FRACTIONS: Final = 128  # of a px, to which points are rounded
_APART: Final = 1.25  # px of the sheet that points of one pixel are apart, at most; a px has one point up to here
_STRIDES: Final = (1, 1, 1, 1, 1, 2, 1, 2, 3, 2, 3, 3, 5)  # by the number of points, to which they are prime

Place = Literal["start", "center", "end", "random"]
"""The place of a frame in the room that an image leaves it."""


@dataclass(frozen=True, eq=False)
class Frames:
    """The boxes that are to be cut out of n sheets.

    Attributes
    ----------
    box : ndarray
        (n, 4) float64: left, top, right and bottom edge on the sheet, px. A frame may reach beyond its sheet, whose
        outermost pixels then go on.
    outside : ndarray
        (n,) uint8: grey level of the finished image where the frame does not fill it.
    """

    box: Floats
    outside: Pixels


@dataclass(frozen=True, eq=False)
class Cut:
    """The places that n frames have in their images.

    Attributes
    ----------
    shrink : ndarray
        (n,) float64: px of the sheet for each px of the image.
    x, y : ndarray
        (n,) float64: column and row of the sheet that the first column and row of the image show.
    frame : ndarray
        (n, 4) int64: left, top, right and bottom edge of the frame in the image, px.
    outside : ndarray
        (n,) uint8: grey level of the finished image where the frame does not fill it.
    shape : (int, int)
        Height H and width W of the images, px.
    """

    shrink: Floats
    x: Floats
    y: Floats
    frame: Integers
    outside: Pixels
    shape: tuple[int, int]

    def resample(self, region: Region, targets: Sequence[tuple[Images, Images, bool]]) -> None:
        """Cut all frames out of sheets.

        Parameters
        ----------
        region : Region
            Which part of the sheets is there. Its outermost pixels stand for all beyond.
        targets : sequence of (ndarray, ndarray, bool)
            This part (n, h, w) uint8, C-contiguous; images (n, H, W) uint8, C-contiguous, in which the frames are
            overwritten, and perhaps what is beyond; and whether pixels are to come from the nearest one, as for maps of
            labels, and not from an interpolation.
        """
        points = np.clip(np.ceil(self.shrink / _APART), 1, len(_STRIDES) - 1).astype(np.int64)
        wide = self.frame[:, 2] - self.frame[:, 0]
        for part in parts(len(points), region.size[:1], _MOST_LINES):
            for number, alike_rows in alike(points[part]):
                rows = part.start + alike_rows[np.argsort(wide[part][alike_rows], kind="stable")]
                for block in parts(len(rows), self.shape, _PART):
                    self._fetch(targets, region, part, rows[block], number)

    def _fetch(
        self,
        targets: Sequence[tuple[Images, Images, bool]],
        region: Region,
        part: slice,
        rows: Integers,
        count: int,
    ) -> None:
        """Overwrite the frames of some images of a part, by means over `count` points of each pixel."""
        height, width = self.shape
        span = int((self.frame[rows, 2] - self.frame[rows, 0]).max())
        left = np.minimum(self.frame[rows, 0], width - span)
        for method, number in ((cv2.INTER_NEAREST, 1), (cv2.INTER_LINEAR, count)):
            wanted = [target for target in targets if target[2] is (method == cv2.INTER_NEAREST)]
            totals: list[NDArray[Any]] = []
            for each in range(number if wanted else 0):
                x, y = self._points(region, part.start, rows, left, span, _offset(each, number))
                shown = [
                    cv2.remap(sheets[part].reshape(-1, region.size[1]), x, y, method, borderMode=_REPLICATE)
                    for sheets, _, _ in wanted
                ]
                totals = shown if number == 1 else [*map(np.add, totals or repeat(np.uint16(number // 2)), shown)]
            for (_, images, _), total in zip(wanted, totals, strict=True):
                pixels = np.asarray(total if number == 1 else total // np.uint16(number), np.uint8)
                frames = windows(images, (height, span))
                frames[rows * (height * width) + left] = np.ndarray((len(rows), height), item(span), pixels)

    @property
    def boxes(self) -> Integers:
        """(n, 4) int64: left, top, right and bottom edge of what the frames show of the sheets, px."""
        first = np.stack([self.x, self.y], axis=1)
        shrink = self.shrink[:, None]
        least = np.floor(first + shrink * (self.frame[:, :2] - 0.5)) - 1
        most = np.ceil(first + shrink * (self.frame[:, 2:] - 0.5)) + 2
        return np.concatenate([least, most], axis=1).astype(np.int64)

    def clear(self, images: Images) -> None:
        """Let images (n, H, W) uint8 be 0 beyond their frames."""
        if not self._whole:
            images *= self._inside

    def leave(self, images: Images) -> None:
        """Let images (n, H, W) uint8 be `outside` beyond their frames."""
        self.clear(images)
        if self.outside.any() and not self._whole:
            images += (self._inside ^ 1) * self.outside[:, None, None]

    @cached_property
    def _whole(self) -> bool:
        """Whether all images are filled by their frames."""
        return bool((self.frame == np.array([0, 0, *self.shape[::-1]])).all())

    @cached_property
    def _inside(self) -> Pixels:
        """(n, H, W) uint8: 1 in the frame, 0 beyond."""
        left, top, right, bottom = self.frame.T[:, :, None]
        columns, rows = np.arange(self.shape[1]), np.arange(self.shape[0])
        across, down = (columns >= left) & (columns < right), (rows >= top) & (rows < bottom)
        inside: Pixels = down.view(np.uint8)[:, :, None] & across.view(np.uint8)[:, None, :]
        return inside

    def scene(self, scene: Scene) -> Scene:
        """Take the scene of the sheets to that of the images; cells keep their size, and their digits' middles."""
        half = (CELL - 1) / 2
        middles = (scene.cells + half - self.x[:, None]) / self.shrink[:, None]
        cells = np.where(scene.cells == NO_CELL, NO_CELL, np.rint(middles - half).astype(np.int64))
        height, width = self.shape
        ink, extent = (None if each is None else self._boxes(each) for each in (scene.ink, scene.extent))
        return replace(scene, width=width, height=height, cells=cells, frame=self.frame, ink=ink, extent=extent)

    def _boxes(self, boxes: Integers) -> Integers:
        """Take boxes (n, ..., 4) on the sheets to the images: the px that they touch there."""
        axes = (len(boxes), *[1] * (boxes.ndim - 1))
        first = np.stack([self.x, self.y], axis=1).reshape(*axes[:-1], 2)
        shrink = self.shrink.reshape(axes)
        least = np.floor((boxes[..., :2] - 0.5 - first) / shrink + 0.5)
        most = np.ceil((boxes[..., 2:] - 0.5 - first) / shrink + 0.5)
        moved = np.concatenate([least, most], axis=-1).astype(np.int64)
        return np.where(boxes == NO_CELL, NO_CELL, moved)

    def _points(
        self,
        region: Region,
        first: int,
        rows: Integers,
        left: Integers,
        span: int,
        offset: tuple[float, float],
    ) -> tuple[Singles, Singles]:
        """X and y of the points that some images show, in sheets below each other from the `first` on.

        It is those of `span` columns from `left` on, in few long lines; offsets are in px of the images.
        """
        axes = []
        columns, lines = left[:, None] + np.arange(span), np.arange(self.shape[0])
        for origin, places, most, share, start in zip(
            (self.x, self.y), (columns, lines), region.size[::-1], offset, (region.left, region.top), strict=True
        ):
            place = origin[rows, None] + self.shrink[rows, None] * (places + share)
            rounded = np.rint(place * _FRACTIONS) / _FRACTIONS - start[rows, None]
            axes.append(np.clip(rounded, 0, most - 1))
        shape = len(rows), len(lines), span
        x, y = np.empty(shape, np.float32), np.empty(shape, np.float32)
        x[...] = axes[0].astype(np.float32)[:, None, :]
        y[...] = (axes[1] + region.size[0] * (rows - first)[:, None]).astype(np.float32)[:, :, None]
        flat = rows_of((len(lines), span)) * len(rows), -1
        return x.reshape(flat), y.reshape(flat)


def _offset(point: int, count: int) -> tuple[float, float]:
    """The place of one of a pixel's points in it: evenly along each axis, no two in one row or column."""
    middle = (count - 1) / 2
    return (point - middle) / count, (point * _STRIDES[count] % count - middle) / count


def cut_out(frames: Frames, shape: tuple[int, int], places: tuple[Place, Place], luck: Floats) -> Cut:
    """Choose where frames come to lie in images, as large as there is room.

    One factor scales both axes. The side that has room left is rounded to whole px, by at most half a px.

    Parameters
    ----------
    frames : Frames
        The n frames.
    shape : (int, int)
        Height H and width W of the images, px.
    places : (str, str)
        Where each lies along x and y, if there is room left.
    luck : ndarray
        (n, 2) float64 from 0 to 1, for places by chance.

    Returns
    -------
    Cut
        The places.
    """
    left, top, right, bottom = frames.box.T
    height, width = shape
    shrink = np.maximum((right - left) / width, (bottom - top) / height)
    starts, firsts, ends = [], [], []
    for low, high, length, place, chance in (
        (left, right, width, places[0], luck[:, 0]),
        (top, bottom, height, places[1], luck[:, 1]),
    ):
        size = np.clip(np.rint((high - low) / shrink), 1, length).astype(np.int64)
        room = length - size
        match place:
            case "start":
                start = np.zeros_like(room)
            case "center":
                start = room // 2
            case "end":
                start = room
            case "random":
                start = np.minimum(np.floor(chance * (room + 1)).astype(np.int64), room)
        starts.append(start)
        ends.append(start + size)
        firsts.append((low + high - 1) / 2 - shrink * (start + (size - 1) / 2))
    frame = np.stack([*starts, *ends], axis=1)
    return Cut(shrink, firsts[0], firsts[1], frame, frames.outside, shape)


def extent(strokes: Pixels, region: Region | None = None) -> Integers:
    """Find the box around all ink of each sheet.

    Parameters
    ----------
    strokes : ndarray
        (n, h, w) uint8, 0 background.
    region : Region, optional
        Which part of the sheets that is; the whole by default.

    Returns
    -------
    ndarray
        (n, 4) int64: left, top, right and bottom edge on the sheet, px; the whole sheet, where there is no ink.
    """
    region = region or Region.whole(strokes)
    boxes = np.empty((len(strokes), 4), np.int64)
    for axis, (over, start) in enumerate(((1, region.left), (2, region.top))):
        inked = np.bitwise_or.reduce(strokes, axis=over) > 0
        blank = ~inked.any(axis=1)
        boxes[:, axis] = start + inked.argmax(axis=1)
        boxes[:, 2 + axis] = start + inked.shape[1] - inked[:, ::-1].argmax(axis=1)
    boxes[blank] = [0, 0, *region.sheet[::-1]]
    return boxes
