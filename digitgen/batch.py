"""A batch of labelled images: the arrays that generation fills, shards store and readers return."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from digitgen.glyphs import CELL

LABEL_PAD: Final = -1
GAP_PAD: Final = -32768
MAX_LENGTH: Final = 255
"""Most digits in a sequence: what `lengths` can hold."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One labelled image, without padding.

    Attributes
    ----------
    image : ndarray
        (28, W) uint8, 0 black to 255 white.
    digits : ndarray
        (n,) int8, 0 to 9, left to right.
    boxes : ndarray
        (n, 4) float32: x, y, width and height of each digit, px.
    glyph_ids : ndarray
        (n,) int32: row of each glyph in its source.
    gaps : ndarray
        (n - 1,) int16: gaps between neighbours as drawn, px.
    index : int
        Which image of its split this is.
    """

    image: NDArray[np.uint8]
    digits: NDArray[np.int8]
    boxes: NDArray[np.float32]
    glyph_ids: NDArray[np.int32]
    gaps: NDArray[np.int16]
    index: int

    @property
    def text(self) -> str:
        """The digits as a string, such as ``"350"``."""
        return "".join(map(str, self.digits))


@dataclass(frozen=True, eq=False)
class Batch:
    """N labelled images of one width W, with up to L digits each.

    Attributes
    ----------
    images : ndarray
        (N, 28, W) uint8, 0 black to 255 white.
    labels : ndarray
        (N, L) int8: digits, padded with -1.
    lengths : ndarray
        (N,) uint8.
    boxes : ndarray
        (N, L, 4) float32: x, y, width, height, px; padded with -1. Boxes are the digits' cells where
        gaps are measured between cells, and bound the ink where gaps are measured between ink, so
        that a gap is always the distance between two boxes.
    glyph_ids : ndarray
        (N, L) int32: row in the source, padded with -1.
    gaps : ndarray
        (N, L - 1) int16: as drawn, px; padded with -32768.
    sample_ids : ndarray
        (N,) int64: index in the split.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int8]
    lengths: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    glyph_ids: NDArray[np.int32]
    gaps: NDArray[np.int16]
    sample_ids: NDArray[np.int64]

    @classmethod
    def empty(cls, count: int, max_length: int, image_width: int) -> "Batch":
        """A batch of `count` images of up to `max_length` digits whose arrays are yet to be filled."""
        spec = batch_spec(max_length, image_width)
        return cls(**{name: np.empty((count, *shape), dtype) for name, (dtype, shape) in spec.items()})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, in the order in which they are stored."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[Sample]:
        return (self[row] for row in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "Batch": ...
    def __getitem__(self, index: int | slice) -> "Sample | Batch":
        """One sample, or the views of a slice of them."""
        if isinstance(index, slice):
            return Batch(**{name: array[index] for name, array in self.arrays().items()})
        length = int(self.lengths[index])
        return Sample(
            image=self.images[index],
            digits=self.labels[index, :length],
            boxes=self.boxes[index, :length],
            glyph_ids=self.glyph_ids[index, :length],
            gaps=self.gaps[index, : length - 1],
            index=int(self.sample_ids[index]),
        )


def batch_spec(max_length: int, image_width: int) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
    """Dtype and shape of one item of each array of a batch, by name, in the order of storage."""
    return {
        "images": (np.dtype("u1"), (CELL, image_width)),
        "labels": (np.dtype("i1"), (max_length,)),
        "lengths": (np.dtype("u1"), ()),
        "boxes": (np.dtype("<f4"), (max_length, 4)),
        "glyph_ids": (np.dtype("<i4"), (max_length,)),
        "gaps": (np.dtype("<i2"), (max_length - 1,)),
        "sample_ids": (np.dtype("<i8"), ()),
    }
