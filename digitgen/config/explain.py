"""One of pydantic's errors about a configuration, as a line that says where, what and what is allowed."""

import reprlib
from collections.abc import Sequence
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic_core import ErrorDetails

from digitgen.config.document import Document
from digitgen.config.yamltree import Key
from digitgen.messages import brief, did_you_mean, one_line

KEY_TAG: Final = "[key]"

NAME_TAG: Final = "<name>"

PAIR_TAG: Final = "<pair>"

MADE_UP: Final = (KEY_TAG, NAME_TAG, PAIR_TAG)
"""Parts of a validation error's location that say which rule was tried; the first is pydantic's."""

STEP_KEY: Final = "step"
"""The key that says which kind of section an item of a list is."""

_short = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother, _short.maxlong = 2, 60, 60, 40


def explain(document: Document, error: ErrorDetails, model: type[BaseModel]) -> str:
    """Say in one line where an error is, in which key, what came and what is allowed.

    Parameters
    ----------
    document : Document
        What was checked.
    error : ErrorDetails
        As pydantic lists it.
    model : type
        What the document was held against.
    """
    key, at_key = _written_key(document.value, error["loc"]), error["loc"][-1:] == (KEY_TAG,)
    got = _short.repr(error["input"])
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            text = "is missing"
        case "extra_forbidden":
            text, at_key = (
                f"unknown key{did_you_mean(str(key[-1]), _allowed_keys(model, error['loc'][:-1]))}",
                True,
            )
        case "value_error":  # keys that are right by themselves contradict each other
            blamed = (*key, *getattr(context["error"], "key", ("image_width",)))
            dotted = ".".join(map(str, key))
            return f"{document.position(blamed)}: {one_line(f'{dotted}: ' * bool(key) + str(context['error']))}"
        case "string_pattern_mismatch":
            marks = "'-', '_' and '.'" if "." in context["pattern"] else "'-' and '_'"
            text = f"must be at most 64 letters, digits, {marks}, starting with a letter or digit; got {got}"
        case "literal_error":
            words = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            text = f"must be one of {', '.join(words)}; got {got}{did_you_mean(str(error['input']), words, False)}"
        case "union_tag_not_found":
            key, text = (*key, STEP_KEY), "is missing"
        case "union_tag_invalid":
            key, word = (*key, STEP_KEY), error["input"][STEP_KEY]
            names = context["expected_tags"].replace("'", "").split(", ")
            close = did_you_mean(str(word), names, False)
            text = f"must be one that `digitgen augmentations` lists; got {_short.repr(word)}{close}"
        case "model_type" | "model_attributes_type" | "dict_type":
            example = ", such as {step: rotate}" if key and isinstance(key[-1], int) else ""
            text = f"must be a section of keys and values{example}; got {got}"
        case "tuple_type" | "too_long":
            text = f"{_wanted_list(model, error)}; got {got}"
        case _:
            text = f"{error['msg'][0].lower()}{error['msg'][1:]}; got {got}"
    dotted = ".".join(brief(str(part)) for part in key) or "the configuration"
    return f"{document.position(key, at_key=at_key)}: {one_line(f'{dotted}: {text}')}"


def _written_key(value: Any, loc: Key) -> Key:
    """A location without the parts that are not in the file but made up by validation."""
    node = value
    key: list[int | str] = []
    for before, part in zip((None, *loc), loc, strict=False):
        if isinstance(before, int) and isinstance(node, dict) and node.get(STEP_KEY) == part:
            continue  # behind the place of an item of a list, which kind of section it was held against
        inside = isinstance(node, dict) and part in node
        inside |= isinstance(node, list) and isinstance(part, int) and part < len(node)
        made_up = part in MADE_UP or (isinstance(part, int) and not isinstance(node, list))
        if inside or not made_up:
            key.append(part)
            node = node[part] if inside else None
    return tuple(key)


def _allowed_keys(model: type[BaseModel], section: Key) -> list[str]:
    """List the keys of a section."""
    models, _ = _follow(model, section)
    return list(models[0].model_fields)


def _follow(model: type[BaseModel], key: Key) -> tuple[list[type[BaseModel]], list[Any]]:
    """Go along a location: the sections that it may lead to, and what the last field on the way is annotated with."""
    models, annotations, names = [model], list[Any](), False
    for before, part in zip((None, *key), key, strict=False):
        if isinstance(before, int):  # behind the place of an item of a list, which kind of section it is
            models = [each for each in models if _kind_of(each) == part] or models
            continue
        if names:  # the next part is a name of the user's own, such as that of a split
            names = False
            continue
        fields = [each.model_fields[str(part)] for each in models if part in each.model_fields]
        if fields:
            annotations = [fields[0].annotation, *fields[0].metadata]
            models = [found for each in annotations for found in _models_in(each)] or models
            names = get_origin(fields[0].annotation) is dict
    return models, annotations


def _kind_of(model: type[BaseModel]) -> str | None:
    """What the items of a list that are held against a section say in their `STEP_KEY`."""
    return get_args(model.model_fields[STEP_KEY].annotation)[0] if STEP_KEY in model.model_fields else None


def _wanted_list(model: type[BaseModel], error: ErrorDetails) -> str:
    """Say what list was wanted in place of something else, or of a longer one."""
    _, annotations = _follow(model, error["loc"])
    if any(found for each in annotations for found in _models_in(each)):
        most = error.get("ctx", {}).get("max_length")
        return (
            f"must be a list of at most {most} steps" if most else "must be a list of steps, such as [{step: rotate}]"
        )
    match _type_in_range(annotations):
        case "number":
            return "must be a number or a list of two numbers, such as [0, 0.5]"
        case "integer":
            return "must be an integer or a list of two integers, such as [1, 5]"
    return "must be a list of two integers, such as [0, 5]"


def _type_in_range(annotations: Sequence[Any]) -> str | None:
    """The type of the numbers of a range for which one number may stand, as the JSON Schema calls it."""
    for each in annotations:
        if isinstance(each, WithJsonSchema):
            return str((each.json_schema or {})["oneOf"][0]["type"])
        if found := _type_in_range(get_args(each)):
            return found
    return None


def _models_in(annotation: Any) -> Any:
    """Yield the models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
