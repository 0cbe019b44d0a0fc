"""Glyphs in memory: images and labels that fit together, and the files and source that they come from."""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS
from digitgen.arrays import Integers, Pixels
from digitgen.checks import AnyPath, check_path
from digitgen.errors import ArgumentError, SourceError
from digitgen.files import write_atomically
from digitgen.format import CELL
from digitgen.glyphs.idx import encode_idx, idx_sha256, read_idx
from digitgen.glyphs.looks import look_inverted, look_transposed
from digitgen.glyphs.source import Source, SourceFile
from digitgen.glyphs.writers import QMNIST_COLUMNS, KnownWriters, as_writers
from digitgen.messages import Say, one_line
from digitgen.plugins import Package

_NAMED: Final = 5  # blank rows in a message
_MOST_LABEL: Final = 255  # in an IDX file of bytes
_OTHERS: Final = '; say what they stand for in "alphabet", or in "characters" of this source'


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
        (G,) uint8: the class of each glyph, the place of its character in the alphabet.
    rows : ndarray
        (n,) int64, ascending: the glyphs whose characters are in the alphabet; labels of others mean nothing.
    files : (SourceFile, SourceFile)
        The files with the images and with the labels.
    source : Source or None
        The published source that they belong to; None for files of the user's own.
    package : Package or None
        The package that adds that source; None if it is digitgen's own.
    writers : KnownWriters or None
        The writer of each digit, where that was asked for.
    """

    name: str
    images: Pixels
    labels: Pixels
    rows: Integers
    files: tuple[SourceFile, SourceFile]
    source: Source | None = None
    package: Package | None = None
    writers: KnownWriters | None = None


def load_idx_pair(
    images_path: Path,
    labels_path: Path,
    *,
    alphabet: str = DIGITS,
    characters: str | None = None,
    transpose: bool = False,
    invert: bool = False,
    skip_blank: bool = False,
    writers_path: Path | None = None,
    say: Say = lambda _: None,
) -> Digits:
    """Load glyphs of your own from two IDX files.

    Parameters
    ----------
    images_path, labels_path : Path
        Images, 0 background to 255 ink, and labels, in any form that `as_digits` takes.
    alphabet : str, default "0123456789"
        The character of each class.
    characters : str, optional
        The character that each label stands for; that of the alphabet by default.
    transpose : bool, default False
        Whether the images are stored with rows and columns exchanged, as EMNIST's are.
    invert : bool, default False
        Whether they are stored with dark ink on a light ground.
    skip_blank : bool, default False
        Whether glyphs without ink are no error.
    writers_path : Path, optional
        An IDX file that says who wrote them, in any form that `as_writers` takes.
    say : callable, optional
        Takes a line of text if the images look as if one of these were not so.

    Returns
    -------
    Digits
        All G of them.

    Raises
    ------
    SourceError
        If one is not such a file, they disagree on G, or a glyph has no ink.
    """
    stored = read_idx(images_path), read_idx(labels_path)
    characters = alphabet if characters is None else characters
    images, labels = as_digits(*stored, str(images_path), str(labels_path), characters, _OTHERS)
    writers = None
    if writers_path:
        table = read_idx(writers_path)
        numbers = as_writers(table, labels, str(writers_path))
        writers = KnownWriters(numbers, SourceFile(writers_path.name, idx_sha256(table)))
    if transpose:
        images = np.ascontiguousarray(images.transpose(0, 2, 1))
    if invert:
        images = 255 - images
    if not skip_blank:
        _check_blank(images, images_path)
    if look_inverted(images):
        advice = "the background must be 0" if invert else "if its digits are dark on light, say invert: true"
        say(f"{images_path}: most pixels along the edges of its cells are ink; {advice}")
    elif _look_transposed(images, labels, characters):
        advice = f"if they are, say transpose: {str(not transpose).lower()}"
        say(f"{images_path}: its digits look as if rows and columns were exchanged, as in EMNIST; {advice}")
    files = (
        SourceFile(images_path.name, idx_sha256(stored[0])),
        SourceFile(labels_path.name, idx_sha256(stored[1])),
    )
    classes, rows = to_classes(labels, characters, alphabet)
    return Digits(f"{images_path.name}+{labels_path.name}", images, classes, rows, files, writers=writers)


def write_idx_pair(
    images_path: AnyPath, labels_path: AnyPath, images: Pixels, labels: NDArray[np.integer[Any]]
) -> None:
    """Write glyphs of your own as two IDX files, for the `source` of a configuration.

    Parameters
    ----------
    images_path, labels_path : str or path-like
        The files; those that end in ``.gz`` are gzipped. They replace others of these names.
    images : ndarray
        (G, 28, 28) uint8, 0 background to 255 ink, such as `cells_from` makes.
    labels : ndarray
        (G,) integers from 0 to 255: the digit of each, or its place in another alphabet.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type, shape or range; nothing is written.
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> write_idx_pair("my-images.gz", "my-labels.gz", np.full((2, 28, 28), 255, np.uint8), [7, 1])  # doctest: +SKIP
    """
    paths = check_path("images_path", images_path), check_path("labels_path", labels_path)
    try:
        pixels, numbers = np.asarray(images), np.asarray(labels)
    except ValueError as error:  # lists of different lengths
        raise ArgumentError(f"images and labels must be arrays: {one_line(str(error))}") from None
    if pixels.dtype != np.uint8 or pixels.shape[1:] != (CELL, CELL) or not pixels.size:
        raise ArgumentError(
            f"images must be (G, {CELL}, {CELL}) uint8; got {pixels.shape} {pixels.dtype}; cells_from prepares others"
        )
    if numbers.shape != pixels.shape[:1] or numbers.dtype.kind not in "iu":
        raise ArgumentError(
            f"labels must be integers, one for each of {len(pixels)} images; got {numbers.shape} {numbers.dtype}"
        )
    if numbers.min() < 0 or numbers.max() > _MOST_LABEL:
        raise ArgumentError(f"labels must be from 0 to {_MOST_LABEL}; got {numbers.min()} to {numbers.max()}")
    encoded = encode_idx(pixels), encode_idx(numbers.astype(np.uint8))
    for path, data in zip(paths, encoded, strict=True):
        write_atomically(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def to_classes(labels: Pixels, characters: str, alphabet: str) -> tuple[Pixels, Integers]:
    """Find the place in an alphabet of the character that each label stands for.

    Parameters
    ----------
    labels : ndarray
        (G,) uint8: labels of a source.
    characters : str
        The character that each label of the source stands for.
    alphabet : str
        The character of each class.

    Returns
    -------
    classes : ndarray
        (G,) uint8; 0 where a character is not in the alphabet.
    rows : ndarray
        (n,) int64, ascending: those whose characters are in the alphabet.
    """
    places = np.array([alphabet.find(each) for each in characters])[labels]
    return np.maximum(places, 0).astype(np.uint8), np.flatnonzero(places >= 0)


def _look_transposed(images: Pixels, labels: Pixels, characters: str) -> bool:
    """Whether the digits among the glyphs look as if rows and columns were exchanged."""
    digits, rows = to_classes(labels, characters, DIGITS)
    return look_transposed(images[rows], digits[rows])


def _check_blank(images: Pixels, path: Path) -> None:
    """Refuse glyphs that have no ink."""
    blank = np.flatnonzero(~images.any(axis=(1, 2)))
    if blank.size:
        rows = f"row{'s' * (blank.size > 1)} {', '.join(map(str, blank[:_NAMED]))}{', ...' * (blank.size > _NAMED)}"
        raise SourceError(
            f"{path}: {blank.size} of {len(images)} glyphs have no ink ({rows}); say skip_blank: true to leave them out"
        )


def as_digits(
    images: NDArray[Any],
    labels: NDArray[Any],
    images_name: str,
    labels_name: str,
    characters: str = DIGITS,
    advice: str = "",
) -> tuple[Pixels, Pixels]:
    """Bring glyphs and their labels into one form, from any that says the same.

    Parameters
    ----------
    images : ndarray
        Integers from 0 to 255: (G, 28, 28), (G, 784), (G, 1, 28, 28) or (G, 28, 28, 1).
    labels : ndarray
        Integers from 0 to K - 1: (G,), (G, 1), or (G, 8) as QMNIST has them, where the first column counts.
    images_name, labels_name : str
        Names of the arrays in messages.
    characters : str, default "0123456789"
        The character that each of the K labels stands for; no other label may occur.
    advice : str, optional
        The end of the message about other labels.

    Returns
    -------
    images : ndarray
        (G, 28, 28) uint8.
    labels : ndarray
        (G,) uint8.

    Raises
    ------
    SourceError
        If they are something else; the message begins with the name of the array that is wrong.
    """
    if images.shape[1:] not in ((CELL, CELL), (CELL * CELL,), (1, CELL, CELL), (CELL, CELL, 1)):
        raise SourceError(f"{images_name}: expected glyphs of 28x28, got {_describe(images)}; {_reshaping(images)}")
    if labels.shape[1:] not in ((), (1,), (QMNIST_COLUMNS,)):
        swapped = "; are images and labels exchanged?" if labels.ndim > 2 else ""
        raise SourceError(f"{labels_name}: expected one label a glyph, got {_describe(labels)}{swapped}")
    if len(images) != len(labels):
        raise SourceError(f"{images_name} has {len(images)} glyphs, but {labels_name} has {len(labels)} labels")
    pixels = _narrowed(images.reshape(-1, CELL, CELL), images_name, "pixel", "pixels", 255)
    first = labels.reshape(len(labels), -1)[:, 0]
    several = "digits" if characters == DIGITS else "labels"
    return pixels, _narrowed(first, labels_name, "label", several, len(characters) - 1, advice)


def _narrowed(array: NDArray[Any], name: str, one: str, several: str, highest: int, advice: str = "") -> Pixels:
    """Integers as uint8; others are refused, and so is what is not from 0 to `highest`."""
    if not np.issubdtype(array.dtype, np.integer):
        raise SourceError(
            f"{name}: {several} are integers from 0 to {highest}, got {array.dtype.newbyteorder('=')} from "
            f"{array.min():g} to {array.max():g}; scale, round and convert them first"
        )
    if array.min() < 0 or array.max() > highest:
        row = int(np.argmax(((array < 0) | (array > highest)).reshape(len(array), -1).any(axis=1)))
        wrong = array[row].reshape(-1)
        value = wrong[np.argmax((wrong < 0) | (wrong > highest))]
        raise SourceError(f"{name}: {one} {value} in row {row}; {several} are 0 to {highest}{advice}")
    return np.ascontiguousarray(array, np.uint8)


def _reshaping(images: NDArray[Any]) -> str:
    """Advise what to do with images of another shape."""
    shape = images.shape
    if images.ndim < 3:
        return (
            "are images and labels exchanged?" if images.ndim == 1 else "it may be one glyph; they need an axis of rows"
        )
    if shape[:2] == (CELL, CELL):
        return "put the axis of the glyphs first"
    if shape[1:] in ((3, CELL, CELL), (CELL, CELL, 3), (4, CELL, CELL), (CELL, CELL, 4)):
        return "make them grey first"
    return "cells_from prepares images of any size"


def _describe(array: NDArray[Any]) -> str:
    """Write shape and dtype of an array as messages have it."""
    return f"{'x'.join(map(str, array.shape))} of {array.dtype.newbyteorder('=')}"
