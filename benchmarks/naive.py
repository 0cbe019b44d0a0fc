"""What a competent person writes without digitgen: the other side of the composer's ratios.

All draw the same images: five uniform digits, a uniform glyph of each class, gaps of 0 to 7 px,
centred on 168 px. Generators are made once and glyphs are converted and grouped by class beforehand.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitgen.format import CELL, CHUNK
from digitgen.glyphs.bank import GlyphBank

DIGITS = 5
GAPS = (0, 7)
WIDTH = DIGITS * CELL + (DIGITS - 1) * GAPS[1]


def glyphs_by_class(images: NDArray[np.uint8], bank: GlyphBank) -> list[NDArray[np.uint8]]:
    """The glyphs of each digit."""
    return [images[first:last] for first, last in pairwise(bank.starts)]


def hstack_loop(
    glyphs: Sequence[NDArray[np.float32]], rng: np.random.Generator, out: NDArray[np.float32], *, pad: bool
) -> None:
    """Stack float glyphs and blank gaps, then pad as most would (`np.pad`), or copy into a canvas, which is faster."""
    for image in out:
        digits = rng.integers(10, size=DIGITS)
        gaps = rng.integers(*GAPS, size=DIGITS - 1, endpoint=True)
        parts = []
        for position, digit in enumerate(digits):
            if position:
                parts.append(np.zeros((CELL, gaps[position - 1]), np.float32))
            parts.append(glyphs[digit][rng.integers(len(glyphs[digit]))])
        strip = np.hstack(parts)
        left = (WIDTH - strip.shape[1]) // 2
        if pad:
            image[...] = np.pad(strip, ((0, 0), (left, WIDTH - strip.shape[1] - left)))
        else:
            image[...] = 0
            image[:, left : left + strip.shape[1]] = strip


def slice_loop(glyphs: Sequence[NDArray[np.uint8]], rng: np.random.Generator, out: NDArray[np.uint8]) -> None:
    """Copy glyphs into slices of a canvas, image by image."""
    out[...] = 0
    for image in out:
        digits = rng.integers(10, size=DIGITS)
        gaps = rng.integers(*GAPS, size=DIGITS - 1, endpoint=True)
        x = (WIDTH - DIGITS * CELL - gaps.sum()) // 2
        for position, digit in enumerate(digits):
            if position:
                x += gaps[position - 1]
            image[:, x : x + CELL] = glyphs[digit][rng.integers(len(glyphs[digit]))]
            x += CELL


def element_indexing(
    cells: NDArray[np.uint8], bank: GlyphBank, rng: np.random.Generator, out: NDArray[np.uint8]
) -> None:
    """Draw whole chunks at once, and address every pixel of every glyph by fancy indexing."""
    for start in range(0, len(out), CHUNK):
        images = out[start : start + CHUNK]
        digits = rng.integers(10, size=(len(images), DIGITS))
        glyphs = bank.starts[digits] + rng.integers(bank.counts[digits])
        gaps = rng.integers(*GAPS, size=(len(images), DIGITS - 1), endpoint=True)
        x = np.zeros_like(digits)
        x[:, 1:] = np.cumsum(gaps + CELL, axis=1)
        x += (WIDTH - CELL - x[:, -1:]) // 2
        images[...] = 0
        cell = np.arange(CELL)
        image = np.arange(len(images))[:, None, None, None]
        images[image, cell[:, None], x[:, :, None, None] + cell] = cells[glyphs]
