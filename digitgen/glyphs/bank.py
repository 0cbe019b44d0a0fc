"""The bank of glyphs: every handwritten character of a source, sorted by class."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from digitgen.alphabet import DIGITS, check_alphabet, named
from digitgen.arrays import Integers, Pixels
from digitgen.checks import check_flag
from digitgen.errors import ArgumentError, SourceError
from digitgen.format import CELL, MAX_WRITER
from digitgen.glyphs.pools import choose
from digitgen.glyphs.windows import Windows
from digitgen.messages import one_line
from digitgen.rows import check_rows

_BLOCK: Final = 4096  # glyphs whose whole cells are in memory at a time


@dataclass(frozen=True, eq=False)
class GlyphBank:
    """Glyphs sorted by class, cut down to windows that hold their ink.

    Attributes
    ----------
    windows : Windows
        Windows of G glyphs, stable-sorted by class; as large as the largest ink of the source (20x20 for MNIST).
    rows : ndarray
        (G,) int32: row of each glyph in the source.
    starts : ndarray
        (K + 1,) int64: glyphs of class k are ``starts[k]`` up to ``starts[k + 1]``.
    source_rows : int
        Number of rows of the source: G, and those of glyphs that were left out.
    alphabet : str
        The character of each of the K classes.
    writers : ndarray or None
        (G,) int16: number of the writer of each glyph, 0 or more; None if they are not known.
    """

    windows: Windows
    rows: NDArray[np.int32]
    starts: Integers
    source_rows: int
    alphabet: str = DIGITS
    writers: NDArray[np.int16] | None = None

    @classmethod
    def from_arrays(
        cls,
        images: Pixels,
        labels: NDArray[np.integer[Any]],
        *,
        alphabet: str = DIGITS,
        rows: Integers | None = None,
        skip_blank: bool = False,
        writers: NDArray[np.integer[Any]] | None = None,
    ) -> "GlyphBank":
        """Sort glyphs into a bank.

        Parameters
        ----------
        images : ndarray
            (G, 28, 28) uint8, 0 background to 255 ink.
        labels : ndarray
            (G,) integers: the class of each glyph, its place in the alphabet.
        alphabet : str, default "0123456789"
            The character of each class: distinct printable ones, up to 256.
        rows : ndarray, optional
            (n,) distinct integers: the rows to take, in any order; all by default.
        skip_blank : bool, default False
            Leave out glyphs without ink.
        writers : ndarray, optional
            (G,) integers from 0 to 32,767: who wrote each glyph.

        Returns
        -------
        GlyphBank
            All G glyphs, or those of `rows`, or those with ink.

        Raises
        ------
        ArgumentError
            If a shape, dtype, row or label is not as above, or `alphabet` is none.
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
        alphabet = check_alphabet("alphabet", alphabet)
        highest = len(alphabet) - 1
        taken = _rows(rows, len(labels))
        used = labels[taken]
        if not np.issubdtype(labels.dtype, np.integer) or used.min() < 0 or used.max() > highest:
            raise ArgumentError(f"a bank's labels must be integers from 0 to {highest}, places in its alphabet")
        order = taken[np.argsort(used, kind="stable")]
        if check_flag("skip_blank", skip_blank):
            order = order[(images != 0).any(axis=(1, 2))[order]]
            if not order.size:
                raise SourceError("no glyph of the source has any ink")
        windows = Windows.around_ink(images, order)
        if (blank := order[windows.ink[:, 0] == CELL]).size:
            raise SourceError(f"row {blank.min()} of the source is a glyph without any ink ({blank.size} are)")
        starts = np.searchsorted(labels[order], np.arange(highest + 2))
        numbers = None if writers is None else _checked(writers, len(labels))[order]
        return cls(windows, order.astype(np.int32), starts, len(labels), alphabet, numbers)

    def restricted(
        self,
        *,
        pool: float | tuple[float, float] = (0, 1),
        rows: tuple[int, int] | None = None,
        writers: float | tuple[float, float] | Mapping[str, Sequence[int]] | None = None,
        classes: Iterable[int] | None = None,
    ) -> "GlyphBank":
        """Make the bank of some of the glyphs: those that are in all that is asked for.

        The gaps between ink still count with the widest ink of the whole bank, so that images can be made of any part
        of a bank if they can be made of the whole.

        Parameters
        ----------
        pool : float or (float, float), default (0, 1)
            Share of each class, from and up to but not including; one number stands for the share from 0 to it. Glyphs
            are ordered by the hash of their pixels. So shares that do not overlap have no glyph in common, and a
            share does not depend on the order of the source.
        rows : (int, int), optional
            Rows of the source, from and up to but not including; all by default.
        writers : float, (float, float) or dict, optional
            Share of the writers, ordered by the hash of their numbers; or the numbers of some, such as
            ``{"numbers": [3, 17]}``. All by default.
        classes : iterable of int, optional
            Classes; all by default.

        Returns
        -------
        GlyphBank
            The glyphs keep their rows of the source.

        Raises
        ------
        ArgumentError
            If a value is wrong, or no glyph is left.

        Examples
        --------
        >>> images = np.arange(1, 21, dtype=np.uint8)[:, None, None] * np.ones((28, 28), np.uint8)
        >>> bank = GlyphBank.from_arrays(images, np.repeat([3, 7], 10))
        >>> train, test = bank.restricted(pool=0.8), bank.restricted(pool=(0.8, 1))
        >>> train.counts.tolist(), test.counts.tolist()
        ([0, 0, 0, 8, 0, 0, 0, 8, 0, 0], [0, 0, 0, 2, 0, 0, 0, 2, 0, 0])
        >>> np.intersect1d(train.rows, test.rows).size
        0
        """
        kept = choose(self, pool, rows, writers, classes)
        if kept.all():
            return self
        if not kept.any():
            raise ArgumentError(f"the pool is empty: it has none of the {len(self):,} glyphs")
        glyphs = np.flatnonzero(kept)
        starts = np.searchsorted(glyphs, self.starts)
        who = None if self.writers is None else self.writers[glyphs]
        return GlyphBank(self.windows.take(glyphs), self.rows[glyphs], starts, self.source_rows, self.alphabet, who)

    def check_classes(self, classes: Iterable[int]) -> None:
        """Refuse classes of which the bank has no glyph.

        Parameters
        ----------
        classes : iterable of int
            The classes that are needed.

        Raises
        ------
        SourceError
            If the bank lacks one of them.
        """
        counts = self.counts
        for each in classes:
            if not counts[each]:
                raise SourceError(f"the glyph bank has no glyph of {named(self.alphabet, each)}, which is asked for")

    def __len__(self) -> int:
        return len(self.windows)

    @cached_property
    def counts(self) -> Integers:
        """(K,) int64: number of glyphs of each class."""
        return np.diff(self.starts)

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """(G,) uint64: the xxh3 hash of each whole cell; equal where pixels are equal."""
        hashes = np.empty(len(self), np.uint64)
        for start in range(0, len(self), _BLOCK):
            glyphs = np.arange(start, min(start + _BLOCK, len(self)))
            hashes[glyphs] = [xxh3_64_intdigest(cell) for cell in self.cells(glyphs)]
        return hashes

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
        """Width of the widest ink in the bank, px; of a restricted bank, that in the bank that it was made from."""
        return self.windows.size[1]


def _rows(rows: Integers | None, count: int) -> Integers:
    """Ascending rows of a source; all by default."""
    if rows is None:
        return np.arange(count)
    taken: Integers = np.unique(check_rows(rows, count))
    if not taken.size:
        raise ArgumentError("rows is empty; give at least one row of the images")
    return taken


def _checked(writers: NDArray[np.integer[Any]], count: int) -> NDArray[np.int16]:
    """The writers of glyphs, if they can be those of so many."""
    try:
        numbers = np.asarray(writers)
    except ValueError as error:  # lists of different lengths
        raise ArgumentError(f"a bank needs an array of writers: {one_line(str(error))}") from None
    if numbers.shape != (count,) or numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() > MAX_WRITER:
        raise ArgumentError(
            f"a bank's writers must be (G,) integers from 0 to {MAX_WRITER}, one for each of the {count} glyphs; "
            f"got {numbers.shape} {numbers.dtype}"
        )
    return numbers.astype(np.int16)


def sample_glyphs(rng: np.random.Generator, bank: GlyphBank, digits: Pixels) -> Integers:
    """Sample a glyph for each digit, uniformly among those of its class.

    Parameters
    ----------
    rng : numpy.random.Generator
        Gives one uniform double for each digit; the bias against exact uniformity is below 2**-40.
    bank : GlyphBank
        The bank to sample from.
    digits : ndarray
        (T,) uint8: the class of each.

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
    if np.count_nonzero(counts) < len(counts):
        bank.check_classes(digits)
    return bank.starts.take(digits) + (rng.random(len(digits)) * counts).astype(np.int64)
