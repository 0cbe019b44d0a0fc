"""Put single samples together to a batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.compose.batch import Batch, Sample
from digitgen.errors import ArgumentError
from digitgen.format import GAP_PAD, LABEL_PAD
from digitgen.messages import with_type


def stack(samples: Sequence[Sample]) -> Batch:
    """Put samples together to a batch, for loaders that read images one by one.

    Parameters
    ----------
    samples : sequence of Sample
        At least one; all of one dataset.

    Returns
    -------
    Batch
        The images and labels in the same order. Labels are padded to the longest of these samples, so their width may
        differ from batch to batch.

    Raises
    ------
    ArgumentError
        If there are none, or they cannot be of one dataset: images of several shapes, or labels that only some have.

    Examples
    --------
    >>> from digitgen import DigitDataset
    >>> train = DigitDataset("data/quickstart", "train")
    >>> stack([train[0], train[1]]).images.shape
    (2, 28, 168)
    """
    if not samples or not all(isinstance(each, Sample) for each in samples):
        raise ArgumentError(
            f"samples must be at least one Sample, as a DigitDataset has them; got {with_type(samples)}"
        )
    first = samples[0]
    if any(_kind(each) != _kind(first) for each in samples):
        raise ArgumentError("samples must be of one dataset, with images of one shape and the same labels")
    longest = max(len(each.digits) for each in samples)

    def padded(arrays: list[NDArray[Any]], width: int, pad: float) -> NDArray[Any]:
        out = np.full((len(arrays), width, *arrays[0].shape[1:]), pad, arrays[0].dtype)
        for row, array in zip(out, arrays, strict=True):
            row[: len(array)] = array
        return out

    def whole(name: str) -> NDArray[Any] | None:
        return None if getattr(first, name) is None else np.stack([getattr(each, name) for each in samples])

    def parameter(name: str) -> NDArray[Any]:
        arrays = [np.asarray(each.parameters[name]) for each in samples]
        return padded(arrays, longest, np.nan) if arrays[0].ndim else np.stack(arrays)

    return Batch(
        images=np.stack([each.image for each in samples]),
        labels=padded([each.digits for each in samples], longest, LABEL_PAD),
        lengths=np.array([len(each.digits) for each in samples], np.uint8),
        boxes=padded([each.boxes for each in samples], longest, LABEL_PAD),
        glyph_ids=padded([each.glyph_ids for each in samples], longest, LABEL_PAD),
        gaps=padded([each.gaps for each in samples], longest - 1, GAP_PAD),
        sample_ids=np.array([each.index for each in samples], np.int64),
        masks=whole("mask"),
        clean=whole("clean"),
        writers=None
        if first.writers is None
        else padded([each.writers for each in samples if each.writers is not None], longest, LABEL_PAD),
        parameters={name: parameter(name) for name in first.parameters},
        alphabet=first.alphabet,
    )


def _kind(sample: Sample) -> tuple[object, ...]:
    """Tell of a sample what all samples of a dataset have in common."""
    there = tuple(getattr(sample, name) is None for name in ("mask", "clean", "writers"))
    return sample.image.shape, sample.digits.dtype, there, tuple(sample.parameters), sample.alphabet
