"""Measures of a bank's glyphs, kept so that each is measured once in a process.

Nothing is measured before it is needed. Each glyph is measured by itself, so that no result depends on what is known of
others. Measures are not stored with the bank, and go when it goes.
"""

from collections.abc import Iterator
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from digitgen.arrays import Bools, Floats, Integers, Pixels
from digitgen.augment.shapes.bitmap import Bits
from digitgen.augment.shapes.morphometry import Moments, widths
from digitgen.augment.shapes.skeleton import Skeletons
from digitgen.glyphs.bank import GlyphBank

_ROOM: Final = 256  # pixels of a skeleton for each glyph, on the average; MNIST's have 150
_MOST_ROOM: Final = 11_500_000  # of 3 bytes each; glyphs that no longer fit in are measured each time
_AT_ONCE: Final = 64


class Measures:
    """The measures of one bank's glyphs, as far as they are known.

    Parameters
    ----------
    count : int
        Number of glyphs in the bank.
    """

    def __init__(self, count: int) -> None:
        # Of what is empty or zero, the system gives the memory when it is written to.
        room = min(_ROOM * count, _MOST_ROOM)
        self._skeletons = Skeletons(
            pixels=np.empty(room, np.uint16),
            distances=np.empty(room, np.uint8),
            starts=np.zeros(count, np.int64),
            counts=np.zeros(count, np.int64),
            thickness=np.empty(count),
        )
        self._used = 0
        self._known = np.zeros(count, np.bool_)
        self._frames = np.empty((count, 3))
        self._framed = np.zeros(count, np.bool_)
        self._widths = np.empty(count)
        self._with_width = np.zeros(count, np.bool_)
        self._lock = Lock()

    def knows(self, glyphs: Integers) -> Bools:
        """(n,) bool: whether the skeleton of each glyph is known."""
        return self._known[glyphs]

    def skeletons(self, glyphs: Integers) -> Skeletons:
        """Look up the skeletons of glyphs that are known."""
        return self._skeletons.take(glyphs)

    def keep(self, glyphs: Integers, skeletons: Skeletons) -> None:
        """Keep the skeletons of glyphs, as far as there is room for them.

        Parameters
        ----------
        glyphs : ndarray
            (n,) int64: rows of the bank, all different.
        skeletons : Skeletons
            One for each.
        """
        kept = self._skeletons
        with self._lock:
            new = np.flatnonzero(~self.knows(glyphs))
            new = new[self._used + np.cumsum(skeletons.counts[new]) <= len(kept.pixels)]
            glyphs, skeletons = glyphs[new], skeletons.take(new)
            room = slice(self._used, self._used + len(skeletons.pixels))
            kept.pixels[room], kept.distances[room] = skeletons.pixels, skeletons.distances
            kept.thickness[glyphs], kept.starts[glyphs] = skeletons.thickness, skeletons.starts + self._used
            kept.counts[glyphs] = skeletons.counts
            self._known[glyphs] = True  # last, for threads that read meanwhile
            self._used = room.stop

    def frames(self, bank: GlyphBank, glyphs: Integers) -> Floats:
        """Look up centroid and lean of glyphs, and measure those that are not known.

        Parameters
        ----------
        bank : GlyphBank
            The bank that these measures are of.
        glyphs : ndarray
            (n,) int64: rows of the bank.

        Returns
        -------
        ndarray
            (3, n) float64: x and y of the centroid, px; and lean, px/px.
        """
        for some in _unknown(self._framed, glyphs):
            moments = Moments.of(bank.cells(some))
            self._frames[some] = np.stack([moments.x, moments.y, moments.lean], axis=1)
            self._framed[some] = True
        return self._frames[glyphs].T

    def widths(self, bank: GlyphBank, glyphs: Integers) -> Floats:
        """Look up widths of glyphs, and measure those that are not known.

        Parameters
        ----------
        bank, glyphs : GlyphBank, ndarray
            As in `frames`.

        Returns
        -------
        ndarray
            (n,) float64, px.
        """
        for some in _unknown(self._with_width, glyphs):
            images = bank.cells(some)
            self._widths[some] = widths(images, Moments.of(images))
            self._with_width[some] = True
        return self._widths[glyphs]


def _unknown(known: Bools, glyphs: Integers) -> Iterator[Integers]:
    """The glyphs that are not known, some at a time."""
    unknown = np.unique(glyphs[~known[glyphs]])
    for first in range(0, len(unknown), _AT_ONCE):
        yield unknown[first : first + _AT_ONCE]


_MEASURES: Final[WeakKeyDictionary[GlyphBank, Measures]] = WeakKeyDictionary()


def measures_of(bank: GlyphBank) -> Measures:
    """Find the measures of a bank's glyphs, which last as long as the bank."""
    measures = _MEASURES.get(bank)
    return measures or _MEASURES.setdefault(bank, Measures(len(bank)))


def skeletons(images: Pixels, ink: Bits, bank: GlyphBank | None = None, glyphs: Integers | None = None) -> Skeletons:
    """Skeletonise images; those that are still the glyphs of a bank are measured once only.

    Parameters
    ----------
    images : ndarray
        (n, 28, 28) uint8.
    ink : ndarray
        (n, 112, 2) uint64: their outlines.
    bank : GlyphBank, optional
        The bank that the images come from, even if they have changed since.
    glyphs : ndarray, optional
        (n,) int64: their rows of the bank.

    Returns
    -------
    Skeletons
        One for each image.
    """
    if bank is None or glyphs is None:
        return Skeletons.of(ink)
    measures = measures_of(bank)
    original = (images == bank.cells(glyphs)).all(axis=(1, 2))
    known = original & measures.knows(glyphs)
    if known.all():
        return measures.skeletons(glyphs)
    old, new = np.flatnonzero(known), np.flatnonzero(~known)
    measured = Skeletons.of(ink[new])
    different, first = np.unique(glyphs[new[original[new]]], return_index=True)
    measures.keep(different, measured.take(np.flatnonzero(original[new])[first]))
    if not old.size:
        return measured
    return measures.skeletons(glyphs[old]).followed_by(measured).take(np.argsort(np.concatenate([old, new])))
