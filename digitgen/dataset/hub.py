"""Configurations and names by which the `datasets` library and dataset hubs load a dataset folder as it was built.

They want one set of arrays in all splits of a configuration, and names of splits without ``-``.
"""

from collections.abc import Mapping, Sequence

from digitgen.dataset.entries import SplitEntry


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


def hub_configurations(splits: Mapping[str, SplitEntry]) -> dict[str, list[str]]:
    """Group splits into configurations: those that have the same arrays, of the same types and shapes.

    Parameters
    ----------
    splits : dict of str to SplitEntry
        The splits of a dataset by name.

    Returns
    -------
    dict of str to list of str
        For each configuration the names of its splits, in order. The only one is called ``default``; of several, each
        has the name of its first split, or what the names of its splits begin with.
    """
    groups: dict[frozenset[tuple[object, ...]], list[str]] = {}
    for name, entry in splits.items():
        arrays = frozenset((array.name, array.dtype, tuple(array.shape)) for array in entry.arrays)
        groups.setdefault(arrays, []).append(name)
    if len(groups) == 1:
        return {"default": list(splits)}
    names = [_common(group) for group in groups.values()]
    if len(set(names)) < len(names):
        names = [hub_split(group[0]) for group in groups.values()]
    return dict(zip(names, groups.values(), strict=True))


def _common(splits: Sequence[str]) -> str:
    """Name a configuration by what the names of its splits begin with, up to the last ``_``, or by the first."""
    names = [hub_split(split) for split in splits]
    beginnings = {name.rpartition("_")[0] for name in names}
    return beginnings.pop() or names[0] if len(names) > 1 and len(beginnings) == 1 else names[0]
