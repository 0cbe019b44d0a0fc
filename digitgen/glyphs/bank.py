"""The bank of glyphs: every handwritten digit of a source, sorted by class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.checks import check_flag
from digitgen.errors import ArgumentError, SourceError
from digitgen.format import CELL
from digitgen.glyphs.windows import Windows
from digitgen.messages import one_line


@dataclass(frozen=True, eq=False)
class GlyphBank:
    """Glyphs sorted by class, cut down to windows that hold their ink.

    Attributes
    ----------
    windows : Windows
        Windows of G glyphs, stable-sorted by class; as large as the largest ink in the bank (20x20 for MNIST).
    rows : ndarray
        (G,) int32: row of each glyph in the source.
    starts : ndarray
        (11,) int64: glyphs of class d are ``starts[d]`` up to ``starts[d + 1]``.
    source_rows : int
        Number of rows of the source: G, and those of glyphs that were left out.
    """

    windows: Windows
    rows: NDArray[np.int32]
    starts: Integers
    source_rows: int

    @classmethod
    def from_arrays(cls, images: Pixels, labels: Pixels, *, skip_blank: bool = False) -> "GlyphBank":
        """Sort glyphs into a bank.

        Parameters
        ----------
        images : ndarray
            (G, 28, 28) uint8, 0 background to 255 ink.
        labels : ndarray
            (G,) integers 0 to 9.
        skip_blank : bool, default False
            Leave out glyphs without ink.

        Returns
        -------
        GlyphBank
            All G glyphs, or those with ink.

        Raises
        ------
        ArgumentError
            If a shape, dtype or label is not as above.
        SourceError
            If a glyph has no ink and is not to be left out, or none has any.

        Examples
        --------
        A bank of two glyphs, both of the digit 7:

        >>> images = np.full((2, 28, 28), 255, np.uint8)
        >>> bank = GlyphBank.from_arrays(images, np.array([7, 7]))
        >>> len(bank), bank.counts.tolist()
        (2, [0, 0, 0, 0, 0, 0, 0, 2, 0, 0])
        """
        try:
            images, labels = np.asarray(images), np.asarray(labels)
        except ValueError as error:  # lists of different lengths
            raise ArgumentError(f"a bank needs arrays of images and labels: {one_line(str(error))}") from None
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
        if check_flag("skip_blank", skip_blank):
            order = order[(images != 0).any(axis=(1, 2))[order]]
            if not order.size:
                raise SourceError("no glyph of the source has any ink")
        windows = Windows.around_ink(images, order)
        if (blank := order[windows.ink[:, 0] == CELL]).size:
            raise SourceError(f"row {blank.min()} of the source is a glyph without any ink ({blank.size} are)")
        starts = np.searchsorted(labels[order], np.arange(11))
        return cls(windows, order.astype(np.int32), starts, len(labels))

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def counts(self) -> Integers:
        """(10,) int64: number of glyphs of each class."""
        return np.diff(self.starts)

    @property
    def images(self) -> Pixels:
        """(G, 28, 28) uint8: the whole cells, made from the windows at each call."""
        return self.cells(np.arange(len(self)))

    def cells(self, glyphs: Integers) -> Pixels:
        """(T, 28, 28) uint8: the whole cells of some glyphs, made from the windows."""
        images = np.zeros((len(glyphs), CELL, CELL), np.uint8)
        views = np.lib.stride_tricks.sliding_window_view(images, self.windows.size, axis=(1, 2), writeable=True)
        left, top = self.windows.corners.take(glyphs, axis=1)
        views[np.arange(len(images)), top, left] = self.windows.pixels.take(glyphs, axis=0)
        return images

    @property
    def ink_width(self) -> int:
        """Width of the widest ink in the bank, px."""
        return self.windows.size[1]


def sample_glyphs(rng: np.random.Generator, bank: GlyphBank, digits: Pixels) -> Integers:
    """Sample a glyph for each digit, uniformly among those of its class.

    Parameters
    ----------
    rng : numpy.random.Generator
        Gives one uniform double for each digit; the bias against exact uniformity is below 2**-40.
    bank : GlyphBank
        The bank to sample from.
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
