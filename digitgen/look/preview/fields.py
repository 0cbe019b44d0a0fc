"""Facts that can be asked of an image: its length, its text, its gaps, and its augmentation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Arrays, Bools, Floats, Integers
from digitgen.augment.sampled import SEVERITY, firsts
from digitgen.compose.batch import BatchSpec, parameter_arrays
from digitgen.format import GAP_PAD, WRITERS

HAND: Final = "hand"
"""The writer of an image's first digit: a number that is a name."""


@dataclass(frozen=True)
class Field:
    """One fact that can be asked of an image.

    Attributes
    ----------
    arrays : tuple of str
        The arrays of a batch that it is read from.
    read : callable
        Takes these arrays of n images, and returns (n,) numbers or texts.
    kind : type
        `float` or `str`.
    """

    arrays: tuple[str, ...]
    read: Callable[[Arrays], NDArray[Any]]
    kind: type = float


def hand_of(writers: Integers) -> Field:
    """Make the field of the writer of an image's first digit, from (G,) writers of the rows of its source."""
    return Field(("glyph_ids",), lambda arrays: writers[arrays["glyph_ids"][:, 0]])


def fields_of(spec: BatchSpec, alphabet: str) -> dict[str, Field]:
    """List the facts that can be asked of the images of a split.

    Parameters
    ----------
    spec : BatchSpec
        The arrays of the split.
    alphabet : str
        The character of each class.

    Returns
    -------
    dict of str to Field
        By name. ``rotate`` asks whether that step touched the image, ``rotate.angle`` for its parameter;
        for a step on glyphs, for the strongest among the image's digits. Steps are there if the
        dataset has the parameters that they sampled, and ``hand`` if it has writers.
    """
    fields = {
        "index": Field(("sample_ids",), lambda arrays: arrays["sample_ids"]),
        "length": Field(("lengths",), lambda arrays: arrays["lengths"]),
        "text": Field(("labels",), lambda arrays: _texts(arrays["labels"], alphabet), str),
        "gap_min": Field(("gaps",), lambda arrays: _gaps(arrays["gaps"], np.min)),
        "gap_max": Field(("gaps",), lambda arrays: _gaps(arrays["gaps"], np.max)),
        "overlap": Field(("gaps",), lambda arrays: np.fmax(-_gaps(arrays["gaps"], np.min), 0)),
        "lost": Field(("boxes",), lambda arrays: (arrays["boxes"][:, :, 2] == 0).sum(axis=1)),
    }
    if any(each.name == WRITERS for each in spec):
        fields[HAND] = Field((WRITERS,), lambda arrays: arrays[WRITERS][:, 0])
    parameters = parameter_arrays(spec)
    for sampled, array in parameters.items():
        fields.setdefault(f"{sampled.step}.{sampled.parameter}", _parameter(array))
    touched: dict[str, list[str]] = {}
    for sampled in firsts(parameters):
        touched.setdefault(sampled.step, []).append(parameters[sampled])
    fields |= {step: Field(tuple(arrays), _touched) for step, arrays in touched.items()}
    if severities := [array for sampled, array in parameters.items() if sampled.parameter == SEVERITY]:
        fields[SEVERITY] = Field(tuple(severities), _strongest)
    return fields


def _parameter(array: str) -> Field:
    """Make the field of a parameter."""
    return Field((array,), lambda arrays: _of_image(arrays[array]))


def _touched(arrays: Arrays) -> Bools:
    """Tell whether any of several parameters was sampled."""
    return ~np.isnan(_strongest(arrays))


def _strongest(arrays: Arrays) -> Floats:
    """Find the largest of several parameters in size; NaN if none was sampled."""
    return _of_image(np.stack([_of_image(array) for array in arrays.values()], axis=1))


def _of_image(values: NDArray[Any]) -> Floats:
    """Give each image one number, from (N,) or (N, L): the largest in size, NaN if there is none."""
    if values.ndim == 1:
        return values.astype(np.float64)
    size = np.where(np.isnan(values), -1, np.abs(values))
    return np.take_along_axis(values, size.argmax(axis=1)[:, None], axis=1)[:, 0].astype(np.float64)


def _texts(labels: NDArray[np.integer[Any]], alphabet: str) -> NDArray[Any]:
    """Write classes as text: the codes of characters, seen as strings; zeros end them."""
    codes = np.array([*map(ord, alphabet), 0], np.int32)[labels]  # -1, the padding, is the last
    return np.ascontiguousarray(codes).view(f"=U{labels.shape[1]}")[:, 0]


def _gaps(gaps: NDArray[np.int16], reduce: Callable[..., Any]) -> Floats:
    """Find the least or largest gap of each image; NaN for single digits."""
    sentinel = np.inf if reduce is np.min else -np.inf
    padded = np.where(gaps == GAP_PAD, np.nan, gaps.astype(np.float64))
    reduced = reduce(np.where(np.isnan(padded), sentinel, padded), axis=1, initial=sentinel)
    return np.where(np.isinf(reduced), np.nan, reduced)
