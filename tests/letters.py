"""Glyphs of as many classes as a test wants, each of strokes of its own, and a dataset of them."""

from pathlib import Path
from typing import Any

import numpy as np

from digitgen.config.build_config import BuildConfig
from digitgen.config.load import load_config
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.idx import encode_idx

HEX = "0123456789ABCDEF"
LONG = "".join(map(chr, range(0x3B1, 0x3CA))) + "".join(map(chr, range(0x4E00, 0x4E00 + 175)))
"""Two hundred characters, of which none is of ASCII."""


def letters(classes: int, variants: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Glyphs (G, 28, 28) and labels (G,), class after class.

    The bits of k + 1 choose which of nine strokes class k has; variants lie at other places and are darker.
    """
    images, labels = [], []
    for k in range(classes):
        for variant in range(variants):
            image = np.zeros((28, 28), np.uint8)
            for bit in range(9):
                if (k + 1) >> bit & 1:
                    top, left = 4 + variant + 6 * (bit // 3), 4 + variant + 6 * (bit % 3)
                    image[top : top + 4, left : left + 5] = 255 - 20 * variant
            images.append(image)
            labels.append(k)
    return np.stack(images), np.array(labels, np.uint8)


def letter_bank(alphabet: str) -> GlyphBank:
    """A bank of these glyphs."""
    images, labels = letters(len(alphabet))
    return GlyphBank.from_arrays(images, labels, alphabet=alphabet)


def letter_config(
    folder: Path,
    alphabet: str,
    count: int = 300,
    *,
    classes: int | None = None,
    characters: str | None = None,
    **changes: Any,
) -> BuildConfig:
    """A configuration of images of these glyphs, which lie in the folder; of as many classes as the alphabet has."""
    images, labels = letters(len(alphabet) if classes is None else classes)
    (folder / "images.idx").write_bytes(encode_idx(images))
    (folder / "labels.idx").write_bytes(encode_idx(labels))
    source = {"images": str(folder / "images.idx"), "labels": str(folder / "labels.idx")}
    content = {
        "name": "letters",
        "seed": 3,
        "image_width": 130,
        "alphabet": alphabet,
        "splits": {"train": {"count": count, "source": source | ({"characters": characters} if characters else {})}},
        "sequence": {"length": [1, 4]},
        "spacing": {"range": [-4, 4]},
    }
    return load_config(content | changes)
