"""The columns of an export: what is said of each image, by one name in every format that has columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import text_of
from digitgen.arrays import Arrays
from digitgen.compose.batch import ArraySpec, BatchSpec
from digitgen.export.images import png_images
from digitgen.format import PARAMETERS

Kind = Literal["image", "text", "integer", "number", "classes", "integers", "numbers", "boxes"]
"""An image; a text; a number of each image; or a list: of classes or numbers, one a digit or gap, or of boxes."""

_NAMES: Final = {
    "images": "image",
    "masks": "mask",
    "lengths": "length",
    "sample_ids": "index",
}
_FIRST: Final = ("image", "mask", "clean", "index", "text")


@dataclass(frozen=True)
class Column:
    """A column of an export.

    Attributes
    ----------
    name : str
        Its name.
    array : str
        The array of a shard that it is made from.
    kind : Kind
        The kind of its values.
    dtype : str
        Type of the numbers in it, as numpy names it.
    description : str
        Text for people.
    """

    name: str
    array: str
    kind: Kind
    dtype: str
    description: str


def columns_of(spec: BatchSpec, *, images: bool = True) -> list[Column]:
    """List the columns that say all that shards say.

    Parameters
    ----------
    spec : BatchSpec
        The arrays of a split.
    images : bool, default True
        Whether columns with images are wanted.

    Returns
    -------
    list of Column
        Images first, then what identifies an image, then the rest in stored order.
    """
    found = [Column("text", "labels", "text", "str", "the string that the image shows")]
    found += [_column(each) for each in spec if images or not each.is_image]
    return sorted(found, key=lambda column: _FIRST.index(column.name) if column.name in _FIRST else len(_FIRST))


def _column(array: ArraySpec) -> Column:
    """Describe the column of one array."""
    name = _NAMES.get(array.name, array.name.replace(f"{PARAMETERS}/", f"{PARAMETERS}_"))
    dtype = np.dtype(array.dtype).name
    description = array.description.partition(") ")[2] if array.description.startswith("(") else array.description
    description = description.replace(", padded with -1", "").replace("; padded with -32768", "")
    return Column(name, array.name, _kind(array), dtype, description.replace(", padded with -32768", ""))


def _kind(array: ArraySpec) -> Kind:
    """Find the kind of an array's column."""
    if array.is_image:
        return "image"
    if array.name in ("labels", "boxes"):
        return "classes" if array.name == "labels" else "boxes"
    whole = np.dtype(array.dtype).kind in "iu"
    if array.shape:
        return "integers" if whole else "numbers"
    return "integer" if whole else "number"


def united(tables: Iterable[Iterable[Column]]) -> list[Column]:
    """Unite the columns of several splits: all that any of them has, in order."""
    return list({column.name: column for columns in tables for column in columns}.values())


def array_names(columns: Iterable[Column], spec: BatchSpec) -> list[str]:
    """List the arrays that columns are made from, and the lengths, by which lists are cut.

    Parameters
    ----------
    columns : iterable of Column
        The columns.
    spec : BatchSpec
        The arrays of a split.

    Returns
    -------
    list of str
        Names of arrays of the split.
    """
    wanted = {"lengths", *(column.array for column in columns)}
    return [each.name for each in spec if each.name in wanted]


def counts(column: Column, lengths: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Count the entries of the lists of a column.

    Parameters
    ----------
    column : Column
        A column of lists.
    lengths : ndarray
        (N,): numbers of digits.

    Returns
    -------
    ndarray
        (N,) int64: one less for the gaps.
    """
    return lengths.astype(np.int64) - (column.array == "gaps")


def values(column: Column, arrays: Arrays, alphabet: str) -> list[Any]:
    """List the values of a column as plain Python objects.

    Parameters
    ----------
    column : Column
        The column.
    arrays : dict of str to ndarray
        The arrays of N images, `lengths` among them.
    alphabet : str
        The character of each class.

    Returns
    -------
    list
        N values: PNG files as bytes, texts, numbers or lists of them. None stands for what is not there: in splits that
        lack the array, and where a step touched nothing.
    """
    lengths = arrays["lengths"]
    if column.array not in arrays:
        return [None] * len(lengths)
    array = arrays[column.array]
    if column.kind == "image":
        return png_images(array)
    if column.kind == "text":
        rows = zip(array.tolist(), lengths.tolist(), strict=True)
        return [text_of(alphabet, labels[:length]) for labels, length in rows]
    plain = array.astype(object)
    if array.dtype.kind == "f":
        plain[np.isnan(array)] = None
    if column.kind in ("integer", "number"):
        return list(plain.tolist())
    return [row[:count] for row, count in zip(plain.tolist(), counts(column, lengths).tolist(), strict=True)]


def rows(columns: list[Column], arrays: Arrays, alphabet: str) -> Iterable[Mapping[str, Any]]:
    """Give the values of all columns image by image.

    Parameters
    ----------
    columns : list of Column
        The columns.
    arrays : dict of str to ndarray
        The arrays of N images, `lengths` among them.
    alphabet : str
        The character of each class.

    Returns
    -------
    iterable of dict
        N times, by name of the column, its value as `values` makes it.
    """
    names = [column.name for column in columns]
    lists = [values(column, arrays, alphabet) for column in columns]
    return (dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True))
