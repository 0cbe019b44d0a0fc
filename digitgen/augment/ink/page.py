"""Images that strokes are put on. Ink that is no digit's waits, so that all of it is rendered at once."""

import numpy as np

from digitgen.arrays import Images, Integers, Pixels
from digitgen.augment.ink.render import rendered
from digitgen.augment.ink.strokes import Strokes, joined
from digitgen.augment.ownership import Ownership
from digitgen.augment.region import Region


class Page:
    """The images of n strings, and the strokes that are put on them.

    Parameters
    ----------
    images : ndarray
        (n, h, w) uint8, C-contiguous: overwritten.
    ownership : Ownership, optional
        Ownership of these images; kept right.
    region : Region, optional
        Which part of their sheets the images are; the whole by default.
    """

    def __init__(self, images: Images, ownership: Ownership | None = None, region: Region | None = None) -> None:
        self.images = images
        self.region = region or Region.whole(images)
        self._ownership = ownership
        self._waiting: list[Strokes] = []

    def look(self, rows: Integers, lines: Integers, columns: Integers) -> Pixels:
        """Look at pixels, with all that was put there.

        Parameters
        ----------
        rows : ndarray
            (m,) int64: the images.
        lines, columns : ndarray
            (m, a) and (m, b) int64: rows and columns on the sheets; instead of one beyond, the outermost is shown.

        Returns
        -------
        ndarray
            (m, a, b) uint8.
        """
        self.settle()
        down, across = (
            np.clip(each - corner[rows, None], 0, most - 1)
            for each, corner, most in zip(
                (lines, columns), (self.region.top, self.region.left), self.region.size, strict=True
            )
        )
        seen: Pixels = self.images[rows[:, None, None], down[:, :, None], across[:, None, :]]
        return seen

    def put(self, strokes: Strokes) -> None:
        """Put strokes there that are no digit's."""
        self._waiting.append(strokes)

    def join(self, strokes: Strokes, rows: Integers, boxes: Integers) -> None:
        """Put strokes there that belong to digits.

        Parameters
        ----------
        strokes : Strokes
            The strokes.
        rows : ndarray
            (m,) int64: the images that have some.
        boxes : ndarray
            (m, 4) int64: boxes around those of each: left, top, right and bottom edge on the sheet, px.
        """
        if not self.region.covers(rows, boxes):
            self._grow(rows, boxes)
        targets = self._ownership.inked(self.images) if self._ownership else (self.images,)
        for some in rendered(strokes, self.region):
            if self._ownership:
                some.own(self._ownership.owners, targets[-1])
            for target in targets:
                some.combine(target)

    def settle(self) -> None:
        """Render what waits on the whole sheets, so that it is there for all to see."""
        if not self._waiting:
            return
        if not self.region.is_whole:
            self._grow(np.arange(len(self.images)), np.array([[0, 0, *self.region.sheet[::-1]]]))
        if self._ownership:
            self._ownership.keep_apart(self.images)
        self._render(self.images, self.region)

    def cut(self, boxes: Integers) -> tuple[Images, Region]:
        """Take what boxes show, with all that was put there; afterwards, nobody uses the page again.

        Parameters
        ----------
        boxes : ndarray
            (n, 4) int64: left, top, right and bottom edge on the sheets, px.

        Returns
        -------
        images : ndarray
            (n, h, w) uint8, C-contiguous. The ownership stays in the page's own region.
        region : Region
            Which part of the sheets they are.
        """
        if not self._waiting:
            return self.images, self.region
        region = self.region.grown(np.arange(len(boxes)), boxes)
        images = self.region.moved(self.images, region)
        if self._ownership and self._ownership.strokes is None:
            self._ownership.strokes = self.images
        self._render(images, region)
        return images, region

    def _render(self, images: Images, region: Region) -> None:
        """Render what waits."""
        for some in rendered(joined(self._waiting), region):
            some.combine(images)
        self._waiting = []

    def _grow(self, rows: Integers, boxes: Integers) -> None:
        """Hold more of the sheets."""
        region = self.region.grown(rows, boxes)
        self.images, owned = self.region.moved(self.images, region), self._ownership
        if owned:
            owned.owners = self.region.moved(owned.owners, region)
            if owned.strokes is not None:
                owned.strokes = self.region.moved(owned.strokes, region)
        self.region = region
