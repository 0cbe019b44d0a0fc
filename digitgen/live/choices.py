"""Choices that no rule of a configuration makes for a page: where to begin, and how far sliders reach."""

from typing import Any, Final

Way = tuple[str, str]
"""Title of a section, and a key of it."""

SOFT: Final[dict[Way, tuple[float, float]]] = {
    ("BuildConfig", "image_width"): (28, 560),
    ("BuildConfig", "image_height"): (28, 128),
    ("DigitsConfig", "length"): (1, 16),
    ("PatternConfig", "max_length"): (1, 16),
    ("SpacingConfig", "range"): (-14, 28),
    ("BaselineConfig", "jitter"): (0, 0.3),
    ("BaselineConfig", "slope"): (-0.3, 0.3),
    ("BaselineConfig", "curve"): (-0.2, 0.2),
}
"""Ends of sliders where bounds are far apart."""

NAMES: Final[dict[Way, str]] = {("SplitConfig", "same_as"): "splits"}
"""Keys whose values are names from another section."""

START: Final[dict[Way, dict[str, Any]]] = {
    ("BuildConfig", "image_width"): {"integer": 168},
    ("BuildConfig", "hand"): {"number": 0.5},
    ("SplitConfig", "count"): {"integer": 1000},
    ("SplitConfig", "pool"): {"range": [0, 0.9]},
    ("SplitConfig", "rows"): {"range": [0, 10_000]},
    ("SplitConfig", "writers"): {"range": [0, 0.9]},
    ("IdxPair", "characters"): {"text": "0123456789"},
    ("DigitsConfig", "length"): {"range": [1, 5], "table": {"4": 1, "5": 1}},
    ("DigitsConfig", "digits"): {"table": {"0": 1, "1": 1}, "list": [{"1": 1}, {"0": 1, "1": 1}]},
    ("PatternConfig", "pattern"): {"text": "[0-9]{4}"},
    ("PatternConfig", "max_length"): {"integer": 8},
    ("PatternConfig", "weights"): {"list": [1, 1]},
    ("NumberRangeConfig", "range"): {"range": [0, 9999]},
    ("DatesConfig", "dates"): {"list": ["2000-01-01", "2030-12-31"]},
    ("DatesConfig", "format"): {"text": "DDMMYYYY", "table": {"DDMMYYYY": 1, "DDMMYY": 1}},
    ("AmountsConfig", "amount"): {"range": [1, 1000]},
    ("ConditionConfig", "ngrams"): {"list": ["1"]},
    ("ConditionConfig", "pattern"): {"text": "1[0-9]*"},
    ("SpacingConfig", "range"): {"range": [0, 7]},
    ("SpacingConfig", "quantiles"): {"table": {"0": -5, "0.5": 2, "1": 12}},
    ("SpacingConfig", "touching"): {"number": 0.3},
    ("LabelsConfig", "ctc_steps"): {"integer": 64},
}
"""Values to begin with, by kind of control."""


def start_of(control: dict[str, Any], way: Way) -> Any:
    """Find a value to begin with.

    Parameters
    ----------
    control : Control
        The control, complete but for this.
    way : (str, str)
        The section and the key whose value, or part of a value, it is.

    Returns
    -------
    Any
        The value; None if it needs a file, or a name.
    """
    kind = control["kind"]
    if kind in START.get(way, {}):
        return START[way][kind]
    match kind:
        case "group":
            return _of_group(control["controls"])
        case "choice":
            return next((each["start"] for each in control["options"] if "start" in each), None)
        case "list":
            return [control["item"]["start"]] if "start" in control["item"] else None
        case "integer" | "number":
            return max(control.get("low", 1), 1)
        case "range":
            return [control["low"], control["high"]]
        case "word":
            return control["words"][0]
    return {"flag": True, "steps": {}}.get(kind)


def _of_group(controls: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The keys that a section must have, with values to begin with; None if one has no such value."""
    needed = [_first(each) for each in controls if each["kind"] == "either" or "required" in each]
    return {each["key"]: each["start"] for each in needed} if all("start" in each for each in needed) else None


def _first(control: dict[str, Any]) -> dict[str, Any]:
    """The first control of those of which just one is there, that needs no file; or the control itself."""
    options = control.get("options", ())
    return next((each for each in options if "start" in each), control) if control["kind"] == "either" else control
