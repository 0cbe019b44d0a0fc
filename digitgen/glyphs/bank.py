"""The bank of glyphs: every handwritten digit of a source, sorted by class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.errors import ArgumentError, SourceError
from digitgen.format import CELL


@dataclass(frozen=True, eq=False)
class GlyphBank:
    """Glyphs sorted by class, cut down to windows that hold their ink.

    All windows have one size, the largest ink height and width in the bank (20x20 for MNIST), and lie
    inside their glyph's cell of 28x28 px: half the pixels, and all the ink.

    Attributes
    ----------
    windows : ndarray
        (G, h, w) uint8, 0 background to 255 ink; stable-sorted by class.
    corners : ndarray
        (2, G) int16: left and top of each window in its cell, px.
    ink : ndarray
        (G, 4) int16: left, top, right and bottom of the ink in its cell, px; right and bottom exclusive.
    rows : ndarray
        (G,) int32: row of each glyph in the source.
    starts : ndarray
        (11,) int64: glyphs of class d are ``starts[d]`` up to ``starts[d + 1]``.
    """

    windows: Pixels
    corners: NDArray[np.int16]
    ink: NDArray[np.int16]
    rows: NDArray[np.int32]
    starts: Integers

    @classmethod
    def from_arrays(cls, images: Pixels, labels: Pixels) -> "GlyphBank":
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
        images, labels = np.asarray(images), np.asarray(labels)
        if (
            images.dtype != np.uint8
            or images.shape[1:] != (CELL, CELL)
            or labels.shape != images.shape[:1]
            or not labels.size
        ):
            raise ArgumentError(
                f"a bank needs (G, 28, 28) uint8 images and (G,) labels; "
                f"got {images.shape} {images.dtype} images and {labels.shape} labels"
            )
        if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() > 9:
            raise ArgumentError("a bank's labels must be integers from 0 to 9")
        order = np.argsort(labels, kind="stable")
        ink = _ink(images)[order]
        if (blank := order[ink[:, 0] == CELL]).size:
            raise SourceError(f"row {blank.min()} of the source is a glyph without any ink ({blank.size} are)")
        width, height = (int(size) for size in (ink[:, 2:] - ink[:, :2]).max(axis=0))
        left, top = np.minimum(ink[:, 0], CELL - width), np.minimum(ink[:, 1], CELL - height)
        views = np.lib.stride_tricks.sliding_window_view(images, (height, width), axis=(1, 2))
        return cls(
            windows=np.ascontiguousarray(views[order, top, left]),
            corners=np.stack([left, top]),
            ink=ink,
            rows=order.astype(np.int32),
            starts=np.searchsorted(labels[order], np.arange(11)),
        )

    @classmethod
    def of_cells(cls, images: Pixels) -> "GlyphBank":
        """A bank of glyphs in the order in which they come, classes and blank ones or not; to compose with.

        Their ink is not looked for: it counts as filling the cell.

        Parameters
        ----------
        images : ndarray
            (G, 28, 28) uint8, C-contiguous; not copied.
        """
        return cls(
            windows=images,
            corners=np.zeros((2, len(images)), np.int16),
            ink=np.broadcast_to(np.array([0, 0, CELL, CELL], np.int16), (len(images), 4)),
            rows=np.arange(len(images), dtype=np.int32),
            starts=np.zeros(11, np.int64),
        )

    @property
    def counts(self) -> Integers:
        """(10,) int64: how many glyphs each class has."""
        return np.diff(self.starts)

    @property
    def images(self) -> Pixels:
        """(G, 28, 28) uint8: the whole cells, made from the windows at each call."""
        return self.cells(np.arange(len(self.windows)))

    def cells(self, glyphs: Integers) -> Pixels:
        """(T, 28, 28) uint8: the whole cells of some glyphs, made from the windows."""
        images = np.zeros((len(glyphs), CELL, CELL), np.uint8)
        views = np.lib.stride_tricks.sliding_window_view(images, self.windows.shape[1:], axis=(1, 2), writeable=True)
        left, top = self.corners.take(glyphs, axis=1)
        views[np.arange(len(images)), top, left] = self.windows.take(glyphs, axis=0)
        return images

    @property
    def ink_width(self) -> int:
        """Width of the widest ink in the bank, px."""
        return int(self.windows.shape[2])


def sample_glyphs(rng: np.random.Generator, bank: GlyphBank, digits: Pixels) -> Integers:
    """Sample a glyph for each digit, uniformly among those of its class.

    Parameters
    ----------
    rng : numpy.random.Generator
        One uniform double is sampled a digit; the bias against exact uniformity is below 2**-40.
    bank : GlyphBank
        To sample from.
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


def _ink(images: Pixels) -> NDArray[np.int16]:
    """(G, 4): left, top, right, bottom of the non-zero pixels; of a blank image, left is 28."""
    marks = images != 0
    columns, lines = np.any(marks, axis=1), np.any(marks, axis=2)
    edges = (
        np.where(columns.any(axis=1), columns.argmax(axis=1), CELL),
        lines.argmax(axis=1),
        CELL - columns[:, ::-1].argmax(axis=1),
        CELL - lines[:, ::-1].argmax(axis=1),
    )
    return np.stack(edges, axis=1).astype(np.int16)
