"""Configurations and names by which the `datasets` library and dataset hubs load a dataset folder as it was built.

A configuration is what they load in one call: some splits, each with the same columns. A group of arrays, such as
``augment``, is one column. They want to be told the features of columns that differ between splits in anything else:
in the length of the longest string, or in the parameters that augmentation sampled. Names of splits have no ``-``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitgen.dataset.entries import SplitEntry

Feature = dict[str, Any]
"""The name and type of a column, or of a part of one, as the front matter of a dataset card has it."""


@dataclass(frozen=True)
class HubConfiguration:
    """Some splits that are loaded together.

    Attributes
    ----------
    name : str
        Name of the configuration.
    splits : tuple of str
        The names of its splits, in order.
    extra : tuple of str
        The columns that it has, and that not all splits of the dataset have.
    features : list of Feature or None
        The type of each column; None if all its splits have the same arrays and no others, from which it is seen.
    """

    name: str
    splits: tuple[str, ...]
    extra: tuple[str, ...] = ()
    features: list[Feature] | None = None


def hub_split(split: str) -> str:
    """Name a split as hubs do.

    Parameters
    ----------
    split : str
        Name of the split, and of its folder.

    Returns
    -------
    str
        The same with ``_`` in place of ``-``.
    """
    return split.replace("-", "_")


def hub_configurations(splits: Mapping[str, SplitEntry]) -> list[HubConfiguration]:
    """List the configurations of a dataset, which together have every array of every split.

    Parameters
    ----------
    splits : dict of str to SplitEntry
        The splits of a dataset by name.

    Returns
    -------
    list of HubConfiguration
        First ``default``: all splits, with the columns that all of them have. Then one for each set of further columns
        that some splits have, such as ``with_augment``: those splits, with all their columns.
    """
    columns = {name: list(dict.fromkeys(map(_column, _shapes(entry)))) for name, entry in splits.items()}
    common = set.intersection(*map(set, columns.values()))
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, there in columns.items():
        if extra := tuple(column for column in there if column not in common):
            groups.setdefault(extra, []).append(name)
    return [
        _configuration("default", splits, common, ()),
        *(
            _configuration("_".join(("with", *extra)), {name: splits[name] for name in names}, common, extra)
            for extra, names in groups.items()
        ),
    ]


def _configuration(
    name: str, splits: Mapping[str, SplitEntry], common: set[str], extra: tuple[str, ...]
) -> HubConfiguration:
    """Describe the configuration that has some splits and columns."""
    wanted = common.union(extra)
    shapes: dict[str, tuple[str, tuple[int | None, ...]]] = {}
    for entry in splits.values():
        for array, (kind, shape) in _shapes(entry).items():
            if _column(array) in wanted:
                shapes[array] = kind, _either(shape, shapes[array][1]) if array in shapes else shape
    alike = all(_shapes(entry) == shapes for entry in splits.values())
    return HubConfiguration(name, tuple(splits), extra, None if alike else _features(shapes))


def _shapes(entry: SplitEntry) -> dict[str, tuple[str, tuple[int | None, ...]]]:
    """The type and the shape of one item of each array of a split."""
    return {array.name: (np.dtype(array.dtype).name, tuple(array.shape)) for array in entry.arrays}


def _column(array: str) -> str:
    """The column that has an array: its group, or itself."""
    return array.partition("/")[0]


def _either(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """The shape of items that have one shape or another: None where they differ."""
    return tuple(a if a == b else None for a, b in zip(one, other, strict=True))


def _features(shapes: Mapping[str, tuple[str, tuple[int | None, ...]]]) -> list[Feature]:
    """Describe arrays as the front matter of a card does; those of a group are the fields of one column."""
    features: dict[str, Feature] = {}
    for array, (kind, shape) in shapes.items():
        column, _, field = array.partition("/")
        if field:
            struct = features.setdefault(column, {"name": column, "struct": []})["struct"]
            struct.append({"name": field, **_type(kind, shape)})
        else:
            features[column] = {"name": column, **_type(kind, shape)}
    return list(features.values())


def _type(kind: str, shape: tuple[int | None, ...]) -> Feature:
    """Describe the type of an array."""
    match shape:
        case ():
            return {"dtype": kind}
        case (length,):
            return {"list": kind, "length": length} if length else {"list": kind}
        case _:
            return {"dtype": {f"array{len(shape)}_d": {"shape": list(shape), "dtype": kind}}}
