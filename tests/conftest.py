"""Glyph banks for the tests: one whose pixels can be computed, and the real one."""

import numpy as np
import pytest

from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.mnist import load_mnist


def coded_glyphs() -> tuple[np.ndarray, np.ndarray]:
    """Thirty glyphs, three a class, whose pixels say class, variant, row and column.

    The ink of variant v of class d fills a rectangle that depends on both, touches every edge of
    the cell in some glyph, and is nowhere zero inside.
    """
    rows, columns = np.mgrid[:28, :28]
    images, labels = [], []
    for variant in range(3):
        for digit in range(10):
            left, top = (3 * variant + digit) % 9, (5 * variant + 2 * digit) % 9
            width, height = 20 - (digit + variant) % 17, 20 - (2 * digit + 3 * variant) % 11
            inside = (rows >= top) & (rows < top + height) & (columns >= left) & (columns < left + width)
            code = 1 + (digit * 83 + variant * 29 + rows * 28 + columns) % 255
            images.append(np.where(inside, code, 0).astype(np.uint8))
            labels.append(digit)
    return np.stack(images), np.array(labels, np.uint8)


@pytest.fixture(scope="session")
def bank() -> GlyphBank:
    """A small bank whose every pixel is known."""
    return GlyphBank.from_arrays(*coded_glyphs())


@pytest.fixture(scope="session")
def mnist() -> GlyphBank:
    """The real glyphs of MNIST's training set, fetched if they are not in the cache."""
    source = load_mnist("mnist/train")
    return GlyphBank.from_arrays(source.images, source.labels)
