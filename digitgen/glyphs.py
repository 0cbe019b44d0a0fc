"""The bank of glyphs: every handwritten digit of a source, sorted by class."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.errors import ArgumentError, SourceError

CELL: Final = 28
"""Side of a glyph's cell in px, as MNIST stores it."""


@dataclass(frozen=True, eq=False)
class GlyphBank:
    """Glyphs sorted by class, and where the ink of each lies in its cell.

    Beside the whole glyphs the bank keeps their *windows*: the part of each cell that the composer
    copies. All windows have one size, the largest ink height and width in the bank (20x20 for
    MNIST), lie inside the cell and hold all of their glyph's ink.

    Attributes
    ----------
    images : ndarray
        (G, 28, 28) uint8, 0 background to 255 ink; stable-sorted by class.
    rows : ndarray
        (G,) int32: row of each glyph in the source.
    starts : ndarray
        (11,) int64: glyphs of class d are ``starts[d]`` up to ``starts[d + 1]``.
    ink : ndarray
        (G, 4) int16: left, top, right and bottom of the ink in px; right and bottom exclusive.
    windows : ndarray
        (G, h, w) uint8: the windows' pixels.
    corners : ndarray
        (G, 2) int16: left and top of each window in its cell, px.
    """

    images: NDArray[np.uint8]
    rows: NDArray[np.int32]
    starts: NDArray[np.int64]
    ink: NDArray[np.int16]
    windows: NDArray[np.uint8]
    corners: NDArray[np.int16]

    @classmethod
    def from_arrays(cls, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> "GlyphBank":
        """Sort glyphs into a bank.

        Parameters
        ----------
        images : ndarray
            (G, 28, 28) uint8, 0 background to 255 ink.
        labels : ndarray
            (G,) integers 0 to 9.

        Raises
        ------
        ArgumentError
            If shapes, dtypes or labels are others.
        SourceError
            If a glyph has no ink at all.
        """
        if images.dtype != np.uint8 or images.shape != (len(labels), CELL, CELL) or not len(labels):
            raise ArgumentError(
                f"a bank needs (G, 28, 28) uint8 images and G labels; "
                f"got {images.shape} {images.dtype} and {len(labels)} labels"
            )
        if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() > 9:
            raise ArgumentError("a bank's labels must be integers from 0 to 9")
        order = np.argsort(labels, kind="stable")
        images = images[order]
        ink = _ink(images, order)
        size = (ink[:, 2:] - ink[:, :2]).max(axis=0)
        corners = np.minimum(ink[:, :2], CELL - size)
        return cls(
            images=images,
            rows=order.astype(np.int32),
            starts=np.searchsorted(labels[order], np.arange(11)),
            ink=ink,
            windows=_crop(images, corners, int(size[0]), int(size[1])),
            corners=corners,
        )

    @property
    def counts(self) -> NDArray[np.int64]:
        """(10,) int64: how many glyphs each class has."""
        return np.diff(self.starts)

    @property
    def ink_width(self) -> int:
        """Width of the widest ink in the bank, px."""
        return int(self.windows.shape[2])


def choose_glyphs(rng: np.random.Generator, bank: GlyphBank, digits: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Draw a glyph for each digit, uniformly among those of its class.

    Parameters
    ----------
    rng : numpy.random.Generator
        One uniform double is drawn a digit; the bias against exact uniformity is below 2**-40.
    bank : GlyphBank
        To draw from.
    digits : ndarray
        (T,) uint8, 0 to 9.

    Returns
    -------
    ndarray
        (T,) int64: rows of the bank.

    Raises
    ------
    SourceError
        If the bank has no glyph of a class that is asked for.
    """
    counts = bank.counts.take(digits)
    if not counts.all():
        missing = digits[np.argmin(counts)]
        raise SourceError(f"the glyph bank has no glyph of the digit {missing}, which is asked for")
    return bank.starts.take(digits) + (rng.random(len(digits)) * counts).astype(np.int64)


def _ink(images: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.int16]:
    """(G, 4): left, top, right, bottom of the non-zero pixels."""
    marks = images != 0
    columns, lines = np.any(marks, axis=1), np.any(marks, axis=2)
    blank = ~columns.any(axis=1)
    if blank.any():
        raise SourceError(f"row {rows[np.argmax(blank)]} of the source is a glyph without any ink")
    edges = (
        columns.argmax(axis=1),
        lines.argmax(axis=1),
        CELL - columns[:, ::-1].argmax(axis=1),
        CELL - lines[:, ::-1].argmax(axis=1),
    )
    return np.stack(edges, axis=1).astype(np.int16)


def _crop(images: NDArray[np.uint8], corners: NDArray[np.int16], width: int, height: int) -> NDArray[np.uint8]:
    """(G, height, width): the part of each image whose left and top is given."""
    views = np.lib.stride_tricks.sliding_window_view(images, (height, width), axis=(1, 2))
    return views[np.arange(len(images)), corners[:, 1], corners[:, 0]]
