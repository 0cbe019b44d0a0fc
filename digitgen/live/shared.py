"""Descriptions of equal controls, put into one place."""

import json
from collections import Counter
from typing import Any, Final

_WORTH: Final = 120
"""Characters of a control from which on it is put there."""
_APART: Final = ("key", "title", "required")
"""Facts that may differ between uses of one control."""


def share(description: dict[str, Any]) -> dict[str, Any]:
    """Describe equal controls once.

    Parameters
    ----------
    description : dict
        Plain JSON, in which dicts with a ``kind`` are controls.

    Returns
    -------
    dict
        The same, with the controls that occur more than once under ``shared``, by name, and ``{"shared": name}``
        in their places.
    """
    counts: Counter[str] = Counter()
    _count(description, counts)
    names = {text: f"s{number}" for number, text in enumerate(text for text, count in counts.items() if count > 1)}
    found: dict[str, Any] = {}
    shared = _replaced(description, names, found)
    return {**shared, "shared": found}


def _core(value: dict[str, Any]) -> str | None:
    """Write the common part of equal controls as text; None for other values, and for small controls."""
    if "kind" not in value:
        return None
    text = json.dumps({key: each for key, each in value.items() if key not in _APART})
    return text if len(text) > _WORTH else None


def _count(value: Any, counts: "Counter[str]") -> None:
    """Count the controls in a value; those in a control that was counted before are not counted again."""
    if isinstance(value, dict):
        core = _core(value)
        if core is not None:
            counts[core] += 1
            if counts[core] > 1:
                return
        for each in value.values():
            _count(each, counts)
    elif isinstance(value, list):
        for each in value:
            _count(each, counts)


def _replaced(value: Any, names: dict[str, str], found: dict[str, Any]) -> Any:
    """Put names in the place of controls that occur more than once, and those controls into `found`."""
    if isinstance(value, list):
        return [_replaced(each, names, found) for each in value]
    if not isinstance(value, dict):
        return value
    name = names.get(_core(value) or "")
    if name is None:
        return {key: _replaced(each, names, found) for key, each in value.items()}
    if name not in found:
        found[name] = {key: _replaced(each, names, found) for key, each in value.items() if key not in _APART}
    return {**{key: each for key, each in value.items() if key in _APART}, "shared": name}
