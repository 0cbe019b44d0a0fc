"""The ingredients of a configuration, and the configuration without one of them."""

import copy
from collections.abc import Callable
from typing import Any, Final

from digitgen.checks import choose

Content = dict[str, Any]
"""A configuration as JSON has it, with every default."""


def _leave_out(*names: str) -> Callable[[Content], bool]:
    """Make the change that leaves out steps of some names; it says whether there were any."""

    def change(content: Content) -> bool:
        stages = content["augment"]
        left = {stage: [each for each in steps if each["step"] not in names] for stage, steps in stages.items()}
        content["augment"] = left
        return bool(left != stages)

    return change


def _plain_gaps(content: Content) -> bool:
    """Let gaps be uniform, from 0 to a third of a digit's height."""
    changed = "range" not in content["spacing"] or "touching" in content["spacing"]
    kept = {key: value for key, value in content["spacing"].items() if key not in ("quantiles", "touching")}
    content["spacing"] = kept | {"range": [0, 7]}
    return changed


def _level(content: Content) -> bool:
    """Let digits of one height stand on a straight line."""
    changed = content.pop("baseline", None) is not None
    for step in content["augment"]["glyphs"]:
        if step["step"] == "size" and isinstance(step.get("spread"), dict):
            changed |= step["spread"].pop("height", None) is not None
    return changed


def _shared_by_none(content: Content) -> bool:
    """Let every digit have a style of its own."""
    changed = False
    for step in content["augment"]["glyphs"]:
        changed |= step.get("share") == "image"
        step.pop("share", None)
        step.pop("spread", None)
    return changed


_STEPS: Final[dict[str, tuple[str, ...]]] = {
    "without paper": (
        "gradient_paper",
        "woven_paper",
        "guilloche_paper",
        "ruled_paper",
        "grain_paper",
        "stains",
        "folds",
    ),
    "without lines and frames": ("base_line", "field_frame", "ruled_lines"),
    "without separators and marks": ("separators", "trailing_marks", "leading_marks"),
    "without connecting strokes": ("connecting_strokes",),
    "without other countries' ones and sevens": ("flag_ones", "bar_sevens"),
    "without slant": ("slant", "set_slant"),
    "without stroke width": ("stroke_width", "set_thickness", "dilate", "erode", "thinning", "thickening"),
    "without blur, noise and JPEG": ("gaussian_blur", "gaussian_noise", "sensor_noise", "jpeg_compression"),
    "without stretching": ("stretch",),
}
"""Steps that an ingredient consists of."""
_CHANGES: Final[dict[str, Callable[[Content], bool]]] = {
    **{name: _leave_out(*steps) for name, steps in _STEPS.items()},
    "digits of one height on a straight line": _level,
    "gaps uniform, 0 to 7 px": _plain_gaps,
    "a style for every digit": _shared_by_none,
}


def ingredients(content: Content) -> list[str]:
    """List the changes that leave out something that a configuration has."""
    return [name for name, change in _CHANGES.items() if change(copy.deepcopy(content))]


def without(content: Content, name: str) -> Content:
    """Change a configuration.

    Parameters
    ----------
    content : dict
        The configuration; it stays as it is.
    name : str
        One of `ingredients`.

    Returns
    -------
    dict
        The changed one.

    Raises
    ------
    ArgumentError
        If there is no such change.
    """
    changed = copy.deepcopy(content)
    _CHANGES[choose("--only", name, tuple(_CHANGES))](changed)
    return changed
