"""A batch of labelled images: the arrays that generation fills, shards store and readers return."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS, label_dtype, text_of, texts_of
from digitgen.arrays import Arrays, Integers, Pixels, Singles
from digitgen.augment.sampled import Sampled
from digitgen.format import CELL, MAX_HEIGHT, MAX_LENGTH, MAX_WIDTH, PARAMETERS, WRITERS
from digitgen.rows import Rows, SomeRows, check_rows

_GROUP: Final = f"{PARAMETERS}/"


class ArraySpec(NamedTuple):
    """One array of a batch.

    Attributes
    ----------
    name : str
        Name under which it is stored.
    dtype : str
        Type of its numbers, as numpy spells it.
    shape : tuple of int
        Shape of one item.
    description : str
        Text for people who open a shard.
    sampled : Sampled or None
        The parameter that it holds, if it holds one that augmentation sampled.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    description: str
    sampled: Sampled | None = None

    @property
    def is_image(self) -> bool:
        """Whether an item is an image."""
        return len(self.shape) == 2 and self.dtype == "|u1"


BatchSpec = tuple[ArraySpec, ...]
"""The arrays of a batch, in the order in which they are stored."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One labelled image, without padding.

    Attributes
    ----------
    image : ndarray
        (H, W) uint8, 0 black to 255 white.
    digits : ndarray
        (n,) int8, or int16 for more than 128 classes: the class of each digit, its place in the alphabet, left to
        right.
    boxes : ndarray
        (n, 4) float32: x, y, width and height of each digit, px.
    glyph_ids : ndarray
        (n,) int32: row of each glyph in its source.
    gaps : ndarray
        (n - 1,) int16: gaps between neighbours as sampled, px.
    index : int
        Index of the image in its split.
    mask : ndarray or None
        (H, W) uint8: 0 background, k for the ink of the k-th digit; None if the dataset has no masks.
    clean : ndarray or None
        (H, W) uint8: the image before augmentation; None if the dataset does not have it.
    writers : ndarray or None
        (n,) int16: number of the writer of each digit; None if the dataset does not have them.
    parameters : dict of str to ndarray
        The parameters that augmentation sampled: () for steps on the sequence, (n,) for steps on glyphs; NaN where a
        step touched nothing.
    alphabet : str
        The character of each class.
    """

    image: Pixels
    digits: NDArray[np.signedinteger[Any]]
    boxes: Singles
    glyph_ids: NDArray[np.int32]
    gaps: NDArray[np.int16]
    index: int
    mask: Pixels | None = None
    clean: Pixels | None = None
    writers: NDArray[np.int16] | None = None
    parameters: Mapping[str, Singles] = field(default_factory=dict)
    alphabet: str = DIGITS

    @property
    def text(self) -> str:
        """The digits as a string, such as ``"350"``."""
        return text_of(self.alphabet, self.digits.tolist())

    def _repr_html_(self) -> str:
        """Show the sample in a notebook."""
        from digitgen.compose.show import sample_html  # loads Pillow

        return sample_html(self)


@dataclass(frozen=True, eq=False)
class Batch:
    """N labelled images of one height H, 28 by default, and one width W, with up to L digits each.

    Attributes
    ----------
    images : ndarray
        (N, H, W) uint8, 0 black to 255 white.
    labels : ndarray
        (N, L) int8, or int16 for more than 128 classes: the class of each digit, its place in the alphabet; padded
        with -1.
    lengths : ndarray
        (N,) uint8: number of digits.
    boxes : ndarray
        (N, L, 4) float32: x, y, width, height, px; padded with -1. Where no augmentation moves ink, boxes
        are the digits' cells if gaps are measured between cells and no baseline moves these, and bound the ink
        else; between ink, a gap is the distance between two boxes. Where some does, they bound
        the ink after it; a digit that has lost all its ink has a box of zeros.
    glyph_ids : ndarray
        (N, L) int32: row in the source, padded with -1.
    gaps : ndarray
        (N, L - 1) int16: as sampled, px; padded with -32768.
    sample_ids : ndarray
        (N,) int64: index in the split.
    masks : ndarray or None
        (N, H, W) uint8: 0 background, k for the ink of the k-th digit; None unless asked for.
    clean : ndarray or None
        (N, H, W) uint8: the images before augmentation; None unless asked for.
    writers : ndarray or None
        (N, L) int16: number of the writer of each digit, padded with -1; None where nobody asked for hands.
    parameters : dict of str to ndarray
        The parameters that augmentation sampled, by `Sampled.name`, such as ``sequence_0_elastic_rms``: (N,) float32
        for steps on sequences, (N, L) for steps on glyphs; NaN where a step touched nothing.
    alphabet : str
        The character of each class.
    """

    images: Pixels
    labels: NDArray[np.signedinteger[Any]]
    lengths: Pixels
    boxes: Singles
    glyph_ids: NDArray[np.int32]
    gaps: NDArray[np.int16]
    sample_ids: Integers
    masks: Pixels | None = None
    clean: Pixels | None = None
    writers: NDArray[np.int16] | None = None
    parameters: Mapping[str, Singles] = field(default_factory=dict)
    alphabet: str = DIGITS

    @classmethod
    def empty(cls, count: int, spec: BatchSpec, alphabet: str = DIGITS) -> "Batch":
        """Make a batch whose arrays are yet to be filled.

        Parameters
        ----------
        count : int
            Number of images, N.
        spec : tuple of ArraySpec
            The arrays.
        alphabet : str, default "0123456789"
            The character of each class.

        Returns
        -------
        Batch
            Its arrays have arbitrary values.
        """
        return cls.of({each.name: np.empty((count, *each.shape), each.dtype) for each in spec}, alphabet)

    @classmethod
    def of(cls, arrays: Arrays, alphabet: str = DIGITS) -> "Batch":
        """Make the batch that has some arrays.

        Parameters
        ----------
        arrays : dict of str to ndarray
            The arrays, under the names of the method `arrays`.
        alphabet : str, default "0123456789"
            The character of each class.

        Returns
        -------
        Batch
            Its arrays are these, not copies.
        """
        inside = {name.removeprefix(_GROUP): array for name, array in arrays.items() if name.startswith(_GROUP)}
        others = {name: array for name, array in arrays.items() if not name.startswith(_GROUP)}
        return cls(parameters=inside, alphabet=alphabet, **others)

    @property
    def texts(self) -> list[str]:
        """The digits of each image as a string, such as ``"350"``."""
        inside = np.arange(self.labels.shape[1]) < self.lengths[:, None]
        return texts_of(self.alphabet, self.labels[inside], self.lengths)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """List the arrays that are not None, by the names under which they are stored and in that order."""
        named = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "alphabet"}
        inside = {_GROUP + name: array for name, array in named.pop("parameters").items()}
        return {name: array for name, array in named.items() if array is not None} | inside

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays together."""
        return sum(array.nbytes for array in self.arrays().values())

    def cut(self, size: int) -> Iterator["Batch"]:
        """Cut it into batches of equal size, as slices do but in a third of their time.

        Parameters
        ----------
        size : int
            Images of each; N is a multiple of it.

        Yields
        ------
        Batch
            The next `size` images, as views.
        """
        stored = {field.name: getattr(self, field.name) for field in fields(self)}
        alphabet, sampled = stored.pop("alphabet"), stored.pop("parameters")
        own = {name: array for name, array in stored.items() if array is not None}
        count = len(self) // size  # which cannot be left to numpy: the gaps of single digits are (N, 0)
        pieces = (array.reshape(count, size, *array.shape[1:]) for array in (*own.values(), *sampled.values()))
        for arrays in zip(*pieces, strict=True):
            inside = dict(zip(sampled, arrays[len(own) :], strict=True))
            yield Batch(**dict(zip(own, arrays, strict=False)), parameters=inside, alphabet=alphabet)

    def _repr_html_(self) -> str:
        """Show the first dozen images in a notebook."""
        from digitgen.compose.show import batch_html  # loads Pillow

        return batch_html(self)

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[Sample]:
        return (self[row] for row in range(len(self)))

    @overload
    def __getitem__(self, index: int | np.integer[Any]) -> Sample: ...
    @overload
    def __getitem__(self, index: SomeRows) -> "Batch": ...
    def __getitem__(self, index: Rows) -> "Sample | Batch":
        """Take one sample by its index; a batch by a slice, as views, or by a list or array of indices, as a copy.

        Raises
        ------
        IndexError
            If an index is out of range.
        ArgumentError
            If it is no index.
        """
        rows = check_rows(index, len(self))
        if not isinstance(rows, int):
            some = index if isinstance(index, slice) else rows
            return Batch.of({name: array[some] for name, array in self.arrays().items()}, self.alphabet)
        length = int(self.lengths[rows])
        return Sample(
            image=self.images[rows],
            digits=self.labels[rows, :length],
            boxes=self.boxes[rows, :length],
            glyph_ids=self.glyph_ids[rows, :length],
            gaps=self.gaps[rows, : length - 1],
            index=int(self.sample_ids[rows]),
            mask=None if self.masks is None else self.masks[rows],
            clean=None if self.clean is None else self.clean[rows],
            writers=None if self.writers is None else self.writers[rows, :length],
            parameters={
                name: np.asarray(values[rows] if values.ndim == 1 else values[rows, :length])
                for name, values in self.parameters.items()
            },
            alphabet=self.alphabet,
        )


def batch_spec(max_length: int, image_width: int, alphabet: str = DIGITS, *, image_height: int = CELL) -> BatchSpec:
    """List the arrays that every batch has.

    Parameters
    ----------
    max_length : int
        Most digits of an image, L.
    image_width : int
        Width of the images, W px.
    alphabet : str, default "0123456789"
        The character of each class.
    image_height : int, default 28
        Height of the images, H px.

    Returns
    -------
    tuple of ArraySpec
        In the order in which they are stored.
    """
    what = "digits" if alphabet == DIGITS else "places in the alphabet of the characters,"
    dtype = label_dtype(len(alphabet))
    size = image_height, image_width
    return (
        ArraySpec("images", "|u1", size, f"(N, {image_height}, W) uint8, 0 black to 255 white"),
        ArraySpec("labels", dtype, (max_length,), f"(N, L) {what} left to right, padded with -1"),
        ArraySpec("lengths", "|u1", (), "(N,) number of digits"),
        ArraySpec("boxes", "<f4", (max_length, 4), "(N, L, 4) x, y, width, height of each digit in px, padded with -1"),
        ArraySpec("glyph_ids", "<i4", (max_length,), "(N, L) row of each glyph in the source set, padded with -1"),
        ArraySpec(
            "gaps", "<i2", (max_length - 1,), "(N, L-1) px between neighbouring digits as drawn, padded with -32768"
        ),
        ArraySpec("sample_ids", "<i8", (), "(N,) index of the image in its split"),
    )


def writers_spec(max_length: int) -> ArraySpec:
    """Describe the array of the writers of digits, for images of up to `max_length` of them."""
    return ArraySpec(WRITERS, "<i2", (max_length,), "(N, L) number of the writer of each digit, padded with -1")


def parameter_spec(sampled: Sampled, max_length: int) -> ArraySpec:
    """Describe the array of one parameter that augmentation sampled.

    Parameters
    ----------
    sampled : Sampled
        The parameter.
    max_length : int
        Most digits of an image, L.

    Returns
    -------
    ArraySpec
        An array (N,) for steps on the sequence, (N, L) for steps on glyphs.
    """
    shape = (max_length,) if sampled.stage == "glyphs" else ()
    description = f"{sampled.step}: {sampled.meaning}; NaN where untouched"
    return ArraySpec(_GROUP + sampled.name, "<f4", shape, description, sampled)


def parameter_arrays(spec: BatchSpec) -> dict[Sampled, str]:
    """Find the parameters that augmentation sampled for a batch, and the names of their arrays, in stored order."""
    return {each.sampled: each.name for each in spec if each.sampled}


def is_batch_spec(spec: BatchSpec, alphabet: str = DIGITS) -> bool:
    """Tell whether arrays are those of a batch: all that every batch has, and any of the others.

    Parameters
    ----------
    spec : tuple of ArraySpec
        The arrays.
    alphabet : str, default "0123456789"
        The character of each class, on whose number the type of labels depends.

    Returns
    -------
    bool
        Whether a batch can have just these.
    """
    there = {each.name: each for each in spec}
    if len(there) < len(spec) or not {"images", "labels"} <= set(there):
        return False
    images, labels = there["images"].shape, there["labels"].shape
    if len(images) != 2 or len(labels) != 1 or not 1 <= labels[0] <= MAX_LENGTH:
        return False
    height, width = images
    if not CELL <= height <= MAX_HEIGHT or not 1 <= width <= MAX_WIDTH:
        return False
    every = batch_spec(labels[0], width, alphabet, image_height=height)
    needed = {each.name: (each.dtype, each.shape) for each in every}
    writers = writers_spec(labels[0])
    others = dict.fromkeys(("masks", "clean"), needed["images"]) | {writers.name: (writers.dtype, writers.shape)}
    stored = {name: parameter_spec(each.sampled, labels[0]) for name, each in there.items() if each.sampled}
    sampled = {name: (each.dtype, each.shape) for name, each in stored.items() if each.name == name}
    allowed = sampled | others | needed
    return set(needed) <= set(there) and all((each.dtype, each.shape) == allowed.get(each.name) for each in spec)
