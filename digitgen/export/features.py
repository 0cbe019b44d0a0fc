"""The features of an export, as the library `datasets` describes columns: in Parquet files and in dataset cards."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from digitgen.dataset.hub import hub_split
from digitgen.export.columns import Column


def features_of(columns: Iterable[Column], alphabet: str) -> dict[str, Any]:
    """Describe columns as the metadata of Parquet files does.

    Parameters
    ----------
    columns : iterable of Column
        The columns.
    alphabet : str
        The character of each class.

    Returns
    -------
    dict
        The feature of each column, by its name.
    """
    return {column.name: _feature(column, alphabet) for column in columns}


def _feature(column: Column, alphabet: str) -> dict[str, Any]:
    """Describe one column."""
    if column.kind == "image":
        return {"_type": "Image"}
    number = {"dtype": "string" if column.kind == "text" else column.dtype, "_type": "Value"}
    if column.kind == "classes":
        return _list({"names": list(alphabet), "_type": "ClassLabel"})
    if column.kind == "boxes":
        return _list(_list(number))
    return _list(number) if column.kind in ("integers", "numbers") else number


def _list(feature: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a list of any length."""
    return {"feature": dict(feature), "_type": "List"}


def card_configurations(files: Mapping[str, str], *, apart: bool = False) -> str:
    """Write the lines of a card's front matter that name the files of each split.

    Parameters
    ----------
    files : dict of str to str
        The pattern of the files of each split, by its name.
    apart : bool, default False
        Make a configuration of each split, with its name: where the library guesses the types of columns from the
        values of one split, and could not load it together with others.

    Returns
    -------
    str
        Lines of YAML.
    """
    configurations = {hub_split(split): [split] for split in files} if apart else {"default": list(files)}
    lines = ["configs:"]
    for name, splits in configurations.items():
        lines += [f"- config_name: {json.dumps(name)}", "  data_files:"]
        for split in splits:
            lines += [f"  - split: {json.dumps(hub_split(split))}", f"    path: {json.dumps(files[split])}"]
    return "\n".join(lines)


def card_features(features: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the lines of a card's front matter that describe columns.

    Parameters
    ----------
    features : dict of str to dict
        As `features_of` describes them; a struct is a dict of features.

    Returns
    -------
    str
        Lines of YAML; what is nested is written as JSON, which YAML reads.
    """
    return "\n".join(["dataset_info:", "  features:", *(f"  - {json.dumps(each)}" for each in _fields(features))])


def _fields(features: Mapping[str, Mapping[str, Any]]) -> Sequence[dict[str, Any]]:
    """Describe fields as cards do, which have other words than the metadata of files."""
    return [{"name": name, **_in_card(feature)} for name, feature in features.items()]


def _in_card(feature: Mapping[str, Any]) -> dict[str, Any]:
    """Describe one feature as cards do."""
    match feature.get("_type"):
        case None:
            return {"struct": _fields(feature)}
        case "Image":
            return {"dtype": "image"}
        case "ClassLabel":
            return {"dtype": {"class_label": {"names": {str(k): name for k, name in enumerate(feature["names"])}}}}
        case "List":
            inner = _in_card(feature["feature"])
            return {"list": inner["dtype"] if list(inner) == ["dtype"] else inner}
        case _:
            return {"dtype": feature["dtype"]}
