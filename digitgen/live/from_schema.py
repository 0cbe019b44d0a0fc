"""From the JSON Schema of a section to the controls of its keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from digitgen.live.choices import NAMES, SOFT, start_of
from digitgen.live.sliders import with_slider

Control = dict[str, Any]
Schema = Mapping[str, Any]
Way = tuple[str, str]
"""Title of a section, and a key of it."""

EXACT: Final = 2**53 - 1
"""The largest integer up to which a double holds all."""

FEW: Final = 1000
"""Values that a slider can tell apart."""

FEW_WORDS: Final = 3
"""Words that fit into a name for them all."""

_NOWHERE: Final = ("", "")
"""The way to what is no key's own value."""

_UNIT: Final = re.compile(r", (px)\.|\bin (px)\b")
_NUMBERS: Final = ("integer", "number")
_FORMATS: Final = {"path": "file", "date": "date"}
_TITLES: Final = {
    "integer": "a number",
    "number": "a number",
    "range": "from one to another",
    "table": "weights",
    "list": "a list",
    "text": "text",
}


@dataclass(frozen=True)
class Reader:
    """Reads controls off a JSON Schema; `digitgen.live.controls` says what they look like.

    Attributes
    ----------
    sections : mapping of str to Schema
        The sections that the schema refers to, by name.
    """

    sections: Mapping[str, Schema]

    def section(self, schema: Schema) -> list[Control]:
        """Describe the keys of a section.

        Parameters
        ----------
        schema : Schema
            An object with properties.

        Returns
        -------
        list of Control
            One for each key; keys of which just one may be there have one control together.
        """
        required, title = schema.get("required", ()), schema["title"]
        controls = [self._key(each, (title, key), key in required) for key, each in schema["properties"].items()]
        only = [key for each in schema.get("oneOf", ()) for key in each["required"]]
        if not only:
            return controls
        either = {"kind": "either", "options": [each for each in controls if each["key"] in only]}
        return [either, *(each for each in controls if each["key"] not in only)]

    def _key(self, schema: Schema, way: Way, required: bool) -> Control:
        """Describe one key of a section."""
        control = {"key": way[1], **self._form(schema, way)}
        control["help"] = " ".join(schema.get("description", control.get("help", "")).split())
        if unit := _UNIT.search(control["help"]):
            control["unit"] = unit[1] or unit[2]
        if required:
            control["required"] = True
        if "default" in schema:
            control["default"] = {} if control["kind"] in ("group", "steps") else schema["default"]
        unneeded = ("title", "start" if "default" in schema else "")
        return {name: each for name, each in control.items() if name not in unneeded}

    def _form(self, schema: Schema, way: Way) -> Control:
        """Describe the values of a control, and one to begin with."""
        if "$ref" in schema:
            schema = self.sections[schema["$ref"].rpartition("/")[2]]
        control = self._kind(schema, way)
        start = start_of(control, way)
        if start is None:
            return control
        if control["kind"] == "list" and "start" not in control["item"]:
            control["item"] |= {"start": start[0]}
        return control | {"start": start}

    def _kind(self, schema: Schema, way: Way) -> Control:
        """The kind of a control, and what its values are made of."""
        if "const" in schema or "enum" in schema:
            return {"kind": "word", "words": schema.get("enum") or [schema["const"]]}
        if forms := _forms(schema):
            return self._union(forms, way)
        match schema["type"]:
            case "integer" | "number" as kind:
                return _with_slider({"kind": kind, **_bounds(schema)}, way)
            case "boolean":
                return {"kind": "flag"}
            case "string":
                return _text(schema, way)
            case "array":
                return self._array(schema, way)
            case _:
                return self._object(schema, way)

    def _union(self, forms: list[Schema], way: Way) -> Control:
        """A value of one of several forms. A number and a range of them are one form."""
        options: list[Control] = []
        for form in forms:
            option = self._form(form, way)
            if option["kind"] == "range" and options and options[-1]["kind"] in _NUMBERS:
                option["one"] = "high" if "above" in options.pop() else "both"
            options.append(option)
        if len(options) == 1:
            return options[0]
        return {"kind": "choice", "options": [{"title": _name_of(each), **each} for each in options]}

    def _array(self, schema: Schema, way: Way) -> Control:
        """A pair of numbers, or a list."""
        item = schema["items"] if "items" in schema else schema["prefixItems"][0]
        ends = _ends(schema, "Items")
        if ends == {"least": 2, "most": 2} and item.get("type") in _NUMBERS:
            whole = {"whole": True} if item["type"] == "integer" else {}
            return _with_slider({"kind": "range", **whole, **_bounds(item)}, way)
        return {"kind": "list", "item": self._form(item, _NOWHERE), **ends}

    def _object(self, schema: Schema, way: Way) -> Control:
        """A section, sections by name, lists of steps, or a table."""
        if "patternProperties" in schema:
            ((pattern, inner),) = schema["patternProperties"].items()
            group = self._form(inner, way)
            name = {"kind": "text", "pattern": pattern}
            inside = {key: group[key] for key in ("controls", "start")}
            return {"kind": "sections", "name": name, **_ends(schema, "Properties"), **inside}
        if "properties" not in schema:
            keys = _column({}, schema.get("propertyNames", {})) | _text(schema.get("propertyNames", {}), _NOWHERE)
            values = _column(self._form(schema["additionalProperties"], _NOWHERE), schema["additionalProperties"])
            return {"kind": "table", "keys": keys, "values": values, **_ends(schema, "Properties")}
        if schema["title"] == "AugmentConfig":
            return {"kind": "steps", "stages": list(schema["properties"])}
        title, help_ = _title(schema), schema["description"]
        return {"kind": "group", "title": title, "help": help_, "controls": self.section(schema)}


def _forms(schema: Schema) -> list[Schema]:
    """The forms of a value that may have one of several, also of forms in forms; none if it has one."""
    if "type" in schema:
        return []
    forms = schema.get("anyOf") or schema.get("oneOf") or []
    return [inner for each in forms for inner in (_forms(each) or [each])]


def _title(section: Schema) -> str:
    """Name a section in a choice: by its one key that must be there, or by its own name in words."""
    required = section.get("required", ())
    words: list[str] = re.findall("[A-Z][a-z]+", section["title"].removesuffix("Config"))
    return str(required[0]) if len(required) == 1 else " ".join(words).lower()


def _name_of(option: Control) -> str:
    """Name a form in a choice."""
    words = option.get("words", ())
    return _TITLES.get(option["kind"]) or (" or ".join(words) if len(words) <= FEW_WORDS else "a name")


def _bounds(schema: Schema) -> Control:
    """The least and the greatest value of a number."""
    bounds: Control = {}
    if "exclusiveMinimum" in schema:
        bounds = {"low": schema["exclusiveMinimum"], "above": True}
    elif "minimum" in schema:
        bounds = {"low": schema["minimum"]}
    high = schema["exclusiveMaximum"] - 1 if "exclusiveMaximum" in schema else schema.get("maximum")
    if high is not None:
        bounds["high"] = high
    multiple = {"multiple": schema["multipleOf"]} if "multipleOf" in schema else {}
    return bounds | multiple | ({"big": True} if (high or 0) > EXACT else {})


def _with_slider(control: Control, way: Way) -> Control:
    """Say where the slider of a number goes, if one makes sense: between near bounds, or where it was chosen."""
    if way in SOFT:
        return with_slider(control, *SOFT[way])
    low, high = control.get("low"), control.get("high")
    if low is None or high is None or high - low > FEW:
        return control
    return with_slider(control, low, high)


def _text(schema: Schema, way: Way) -> Control:
    """A text, the path of a file, or a name, and which are possible."""
    control: Control = {"kind": "text"}
    if schema.get("format") in _FORMATS:
        control["format"] = _FORMATS[schema["format"]]
    if way in NAMES:
        control["names"] = NAMES[way]
    pattern = {"pattern": schema["pattern"]} if "pattern" in schema else {}
    return control | pattern | _ends(schema, "Length")


def _ends(schema: Schema, what: str) -> Control:
    """The least and the greatest number of something."""
    ends = {"least": schema.get(f"min{what}"), "most": schema.get(f"max{what}")}
    return {name: end for name, end in ends.items() if end}


def _column(control: Control, schema: Schema) -> Control:
    """The control of a column of a table, with its title."""
    return control | ({"title": schema["title"]} if "title" in schema else {})
