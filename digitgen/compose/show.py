"""Show a sample or a batch in a notebook: its pictures with their text, and what else it has."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Pixels
from digitgen.notebook import heading, line, picture_count, pictures, table

if TYPE_CHECKING:
    from digitgen.compose.batch import Batch, Sample


def sample_html(sample: "Sample") -> str:
    """Show a sample: its images, a column for each digit, and the parameters that augmentation sampled.

    Parameters
    ----------
    sample : Sample
        The sample.

    Returns
    -------
    str
        HTML.
    """
    images = [(sample.image, sample.text, f"#{sample.index}")]
    if sample.clean is not None:
        images.append((sample.clean, "clean", ""))
    if sample.mask is not None:
        most = int(sample.mask.max(initial=1))
        images.append((sample.mask * np.uint8(255 // most), "mask", ""))
    of_digits = {name: values for name, values in sample.parameters.items() if values.ndim}
    rows = [
        *zip(["x", "y", "width", "height"], sample.boxes.T, strict=True),
        ("glyph", sample.glyph_ids),
        *([("writer", sample.writers)] if sample.writers is not None else []),
        *of_digits.items(),
    ]
    digits = table(["", *sample.text], [[name, *map(_number, values.tolist())] for name, values in rows])
    others = [[name, _number(values.item())] for name, values in sample.parameters.items() if not values.ndim]
    sampled = table(["sampled", ""], others) if others else ""
    return heading(f"Sample {sample.index}: {sample.text}") + pictures(images) + digits + sampled


def batch_html(batch: "Batch") -> str:
    """Show a batch: the first dozen of its images, and a list of its arrays.

    Parameters
    ----------
    batch : Batch
        The batch.

    Returns
    -------
    str
        HTML.
    """
    count, height, width = batch.images.shape
    shown = batch[: picture_count(count, width, height)]
    listed = [[name, *_kind(array)] for name, array in batch.arrays().items()]
    return (
        heading(f"Batch of {count:,} images, {height} x {width} px")
        + first_pictures(shown.images, shown.texts, shown.sample_ids.tolist(), count)
        + table(["array", "dtype", "shape"], listed)
    )


def first_pictures(images: Pixels, texts: Sequence[str], indices: Sequence[int], count: int) -> str:
    """Show the first images of many.

    Parameters
    ----------
    images : ndarray
        (n, H, W) uint8: those to show.
    texts, indices : sequences of str and int
        The text and the index in the split of each.
    count : int
        Number of all images.

    Returns
    -------
    str
        HTML.
    """
    notes = (f"#{index}" for index in indices)
    more = line(f"the first {len(images)} of {count:,}") if len(images) < count else ""
    return pictures(zip(images, texts, notes, strict=True)) + more


def _kind(array: NDArray[Any]) -> tuple[str, str]:
    """The dtype and the shape of an array."""
    return array.dtype.name, " x ".join(map(str, array.shape))


def _number(value: float) -> str:
    """Write a number short."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
