"""Glyphs whose writers are known, for tests of hands."""

from pathlib import Path

import numpy as np
import pytest

from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.cache import in_cache
from digitgen.glyphs.data_dir import files_of_user
from digitgen.glyphs.idx import encode_idx
from digitgen.glyphs.mnist import QMNIST
from tests.conftest import coded_glyphs

_COPIES = 4
_FIRST, LABELS = coded_glyphs()[0], np.concatenate([coded_glyphs()[1]] * _COPIES)
IMAGES = np.concatenate([np.where(_FIRST, 1 + (_FIRST.astype(int) + 60 * k) % 255, 0) for k in range(_COPIES)]).astype(
    np.uint8
)
"""A hundred and twenty glyphs with different pixels, twelve a class."""

# Writers 5, 8 and 300 have glyphs of all digits, though not equally many; writer 17 has no 4, and writer 2 only 9s.
WRITERS = np.array([5, 8, 300, 8, 17, 5, 300, 17, 8, 300, 5, 8])[np.arange(120) // 10]
WRITERS[(WRITERS == 17) & (LABELS == 4)] = 5
WRITERS[(LABELS == 9) & (np.arange(120) >= 110)] = 2
COMPLETE = [5, 8, 300]


def hand_bank() -> GlyphBank:
    """The bank of these glyphs, with their writers."""
    return GlyphBank.from_arrays(IMAGES, LABELS, writers=WRITERS)


SOURCE = "{images: images.idx, labels: labels.idx, writers: writers.idx}"


def write_source(folder: Path) -> None:
    """Write these glyphs as the files of `SOURCE`."""
    for name, array in {"images": IMAGES, "labels": LABELS, "writers": WRITERS.astype(np.int16)}.items():
        (folder / f"{name}.idx").write_bytes(encode_idx(array))


def skip_without_writers() -> None:
    """Skip a test where MNIST's writers cannot be had without the network."""
    names = tuple(QMNIST.sha256)
    if not (files_of_user(QMNIST, names, None).arrays or in_cache(QMNIST, names)):
        pytest.skip("QMNIST's labels are not on this machine; digitgen fetch --writers gets them")
