"""Check the labels of a batch, as its arrays have them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Bools, Integers
from digitgen.errors import ArgumentError
from digitgen.messages import one_line, shown


def array_of(name: str, value: object) -> NDArray[Any]:
    """Take what numpy can read as an array of numbers, such as a tensor of PyTorch in the computer's own memory.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came.

    Returns
    -------
    ndarray
        The array; a view of the same memory if possible.

    Raises
    ------
    ArgumentError
        If it cannot be read as an array of integers or floats.
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:  # rows of many lengths, a tensor on a GPU or with a gradient
        reason = one_line(str(error))
        raise ArgumentError(f"{name} must be an array of numbers: {reason}{_advice(reason)}") from None
    if array.dtype.kind not in "iuf":
        got = f"{array.dtype} of shape {array.shape}"
        raise ArgumentError(f"{name} must be an array of numbers; got {got}{_advice(got)}")
    return array


def _advice(text: str) -> str:
    """Say what to do about a type that models have and numpy has not."""
    return "; convert it to float32" if "bfloat16" in text.lower() else ""


def check_labels(labels: object, lengths: object) -> tuple[Integers, Integers, Bools]:
    """Check labels and lengths of a batch.

    Parameters
    ----------
    labels : array-like
        (N, L) integers: classes, with anything behind the end of each row.
    lengths : array-like
        (N,) integers: number of classes of each row.

    Returns
    -------
    labels : ndarray
        (N, L) int64.
    lengths : ndarray
        (N,) int64.
    inside : ndarray
        (N, L) bool: which of the labels are classes.

    Raises
    ------
    ArgumentError
        If the shapes or types are others, a length is more than L, or a class is negative.
    """
    classes, counts = array_of("labels", labels), array_of("lengths", lengths)
    if classes.ndim != 2 or classes.dtype.kind not in "iu":
        raise ArgumentError(f"labels must be (N, L) integers; got {classes.dtype} of shape {classes.shape}")
    if counts.shape != classes.shape[:1] or counts.dtype.kind not in "iu":
        wanted = f"({len(classes)},) integers, one for each row of labels"
        raise ArgumentError(f"lengths must be {wanted}; got {counts.dtype} of shape {counts.shape}")
    wide, most = counts.astype(np.int64), classes.shape[1]
    if wrong := np.flatnonzero((wide < 0) | (wide > most)).tolist():
        got = f"{shown(int(wide[wrong[0]]))} in row {wrong[0]}"
        raise ArgumentError(f"lengths must be from 0 to {most}, the columns of labels; got {got}")
    inside = np.arange(most) < wide[:, None]
    if (negative := np.argwhere(inside & (classes < 0))).size:
        row, column = negative[0].tolist()
        got = f"{classes[row, column]} in row {row}, column {column}, where lengths has {wide[row]}"
        raise ArgumentError(f"labels must be 0 or more before the end of a row; got {got}")
    return classes.astype(np.int64), wide, inside
