"""What controls show of a recipe, as the description of controls says it: the slow, obvious reference for the page."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Control = dict[str, Any]
Way = tuple[str | int, ...]


def expanded(value: Any, shared: Mapping[str, Control]) -> Any:
    """A part of a description with every shared control in its places."""
    if isinstance(value, list):
        return [expanded(each, shared) for each in value]
    if not isinstance(value, dict):
        return value
    own = {key: expanded(each, shared) for key, each in value.items() if key != "shared"}
    return expanded(shared[value["shared"]], shared) | own if "shared" in value else own


def whole(description: Mapping[str, Any]) -> dict[str, Any]:
    """A description with every shared control in its places."""
    return {key: expanded(each, description["shared"]) for key, each in description.items() if key != "shared"}


def by_key(controls: list[Control]) -> dict[str, Control]:
    """The controls of a section by key, with those of which just one is there."""
    found: dict[str, Control] = {}
    for each in controls:
        found |= by_key(each["options"]) if each["kind"] == "either" else {each["key"]: each}
    return found


def needed(controls: list[Control], section: Mapping[str, Any]) -> bool:
    """Whether a section has the keys that it must have, and just one of those of which it must have one."""
    for each in controls:
        if each["kind"] == "either":
            if sum(option["key"] in section for option in each["options"]) != 1:
                return False
        elif each.get("required") and each["key"] not in section:
            return False
    return True


def is_number(value: Any, *, integer: bool) -> bool:
    """Whether a value is a number in JSON."""
    return isinstance(value, int | (int if integer else float)) and not isinstance(value, bool)


def in_bounds(control: Control, value: Any, *, integer: bool) -> bool:
    """Whether a value is a number that a control allows."""
    if not is_number(value, integer=integer):
        return False
    low, high = control.get("low", value), control.get("high", value)
    return bool(low <= value <= high and not ("above" in control and value == low))


def shows(control: Control, value: Any) -> bool:
    """Whether a control can show a value, perhaps but for keys in it."""
    match control["kind"]:
        case "integer" | "number" as kind:
            return in_bounds(control, value, integer=kind == "integer")
        case "range":
            integer = "whole" in control
            ends = value if isinstance(value, list) else [value] * 2 if "one" in control else []
            return len(ends) == 2 and all(in_bounds(control, each, integer=integer) for each in ends)
        case "flag":
            return isinstance(value, bool)
        case "word":
            return value in control["words"]
        case "text":
            return isinstance(value, str) and bool(re.search(control.get("pattern", ""), value))
        case "list":
            return isinstance(value, list) and all(shows(control["item"], each) for each in value)
        case "table":
            keys, values = control["keys"], control["values"]
            entries = value.items() if isinstance(value, dict) else [(None, None)]
            return all(shows(keys, key) and shows(values, each) for key, each in entries)
        case "group":
            return isinstance(value, dict) and needed(control["controls"], value)
        case "choice":
            return any(shows(each, value) for each in control["options"])
        case "sections" | "steps":
            return isinstance(value, dict)
    raise AssertionError(control["kind"])


def unshown(description: Mapping[str, Any], recipe: Mapping[str, Any]) -> list[Way]:
    """The ways to what a page shows as YAML, because no control shows it; `description` is a whole one."""
    return list(_unshown_keys(description, by_key(description["settings"]), recipe, ()))


def _unshown_keys(
    description: Mapping[str, Any], controls: Mapping[str, Control], section: Mapping[str, Any], way: Way
) -> Iterator[Way]:
    """The ways to what is not shown of a section."""
    for key, value in section.items():
        if key in controls:
            yield from _unshown(description, controls[key], value, (*way, key))
        else:
            yield (*way, key)


def _unshown(description: Mapping[str, Any], control: Control, value: Any, way: Way) -> Iterator[Way]:
    """The ways to what is not shown of a value."""
    if control["kind"] == "choice":
        control = next((each for each in control["options"] if shows(each, value)), control)
    if not shows(control, value):
        yield way
    elif control["kind"] == "group":
        yield from _unshown_keys(description, by_key(control["controls"]), value, way)
    elif control["kind"] == "sections":
        group = control | {"kind": "group"}
        for name, section in value.items():
            yield from _unshown(description, group, section, (*way, name))
    elif control["kind"] == "steps":
        for stage, steps in value.items():
            for position, step in enumerate(steps if stage in control["stages"] else ()):
                yield from _unshown_step(description, stage, step, (*way, stage, position))


def _unshown_step(description: Mapping[str, Any], stage: str, step: Mapping[str, Any], way: Way) -> Iterator[Way]:
    """The ways to what is not shown of a step."""
    entry = description["steps"].get(step.get("step"))
    if entry is None or stage not in entry["stages"]:
        yield way
        return
    controls = by_key(entry.get("controls", []))
    always = by_key(description["always"])
    allowed = {"p": True, "severity": "severity" in entry, "share": "share" in entry and stage == "glyphs"}
    known = controls | {key: always[key] for key, is_allowed in allowed.items() if is_allowed}
    spreads = [key for key, each in controls.items() if "spread" in each] if allowed["share"] else []
    for key, value in step.items():
        if key == "spread" and spreads and key not in known:
            one = isinstance(value, int | float) and len(spreads) == 1
            for name, most in ({spreads[0]: value} if one else value).items():
                if name not in spreads or not in_bounds(
                    {"low": 0, "high": controls[name]["spread"]}, most, integer=False
                ):
                    yield (*way, key, name)
        elif key != "step":
            yield from _unshown_keys(description, known, {key: value}, way)
