"""Digits in memory: images and labels that fit together, and the files and source that they come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Pixels
from digitgen.errors import SourceError
from digitgen.format import CELL
from digitgen.glyphs.idx import idx_sha256, read_idx
from digitgen.glyphs.source import Source, SourceFile
from digitgen.plugins import Package


@dataclass(frozen=True)
class Digits:
    """Images and labels.

    Attributes
    ----------
    name : str
        Name in the configuration, or the names of the files.
    images : ndarray
        (G, 28, 28) uint8, 0 background to 255 ink, upright.
    labels : ndarray
        (G,) uint8, 0 to 9.
    files : (SourceFile, SourceFile)
        The files with the images and with the labels.
    source : Source or None
        The published source that they belong to; None for files of the user's own.
    package : Package or None
        The package that adds that source; None if it is digitgen's own.
    """

    name: str
    images: Pixels
    labels: Pixels
    files: tuple[SourceFile, SourceFile]
    source: Source | None = None
    package: Package | None = None


def load_idx_pair(images_path: Path, labels_path: Path) -> Digits:
    """Load digits of your own from two IDX files.

    Parameters
    ----------
    images_path, labels_path : Path
        (G, 28, 28) uint8 images, 0 background to 255 ink, and (G,) uint8 labels, 0 to 9.

    Returns
    -------
    Digits
        All G of them.

    Raises
    ------
    SourceError
        If either is not such a file, or they disagree on G.
    """
    images, labels = read_idx(images_path), read_idx(labels_path)
    check_arrays(images, labels, str(images_path), str(labels_path))
    files = (
        SourceFile(images_path.name, idx_sha256(images)),
        SourceFile(labels_path.name, idx_sha256(labels)),
    )
    return Digits(f"{images_path.name}+{labels_path.name}", images, labels, files)


def check_arrays(
    images: NDArray[Any], labels: NDArray[Any], images_name: str, labels_name: str, classes: int = 10
) -> None:
    """Refuse arrays that are not glyphs with a label each.

    Parameters
    ----------
    images : ndarray
        Should be (G, 28, 28) uint8.
    labels : ndarray
        Should be (G,) uint8, 0 to ``classes - 1``.
    images_name, labels_name : str
        Names of the arrays in messages.
    classes : int, default 10
        Number of labels that may occur.

    Raises
    ------
    SourceError
        If they are not so; the message begins with the name of the array that is wrong.
    """
    if images.dtype != np.uint8 or images.shape[1:] != (CELL, CELL):
        raise SourceError(
            f"{images_name}: expected glyphs of 28x28 uint8, got {_describe(images)}; pad or scale them first"
        )
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise SourceError(f"{labels_name}: expected one uint8 label a glyph, got {_describe(labels)}")
    if len(images) != len(labels):
        raise SourceError(f"{images_name} has {len(images)} glyphs, but {labels_name} has {len(labels)} labels")
    if labels.max() >= classes:
        row = int(np.argmax(labels >= classes))
        what = "digits" if classes == 10 else "labels"
        raise SourceError(f"{labels_name}: label {labels[row]} in row {row}; {what} are 0 to {classes - 1}")


def _describe(array: NDArray[Any]) -> str:
    """Write shape and dtype of an array as messages have it."""
    return f"{'x'.join(map(str, array.shape))} of {array.dtype.newbyteorder('=')}"
