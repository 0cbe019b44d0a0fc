"""A YAML document that knows where each of its values was written, and says what is wrong with one."""

import difflib
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from digitgen.errors import ConfigError, one_line
from digitgen.yamltree import Key, brief, read_yaml

MAX_BYTES: Final = 1 << 18

KEY_TAG: Final = "[key]"
NAME_TAG: Final = "<name>"
PAIR_TAG: Final = "<pair>"
MADE_UP: Final = (KEY_TAG, NAME_TAG, PAIR_TAG)
"""Parts of a validation error's location that say which rule was tried; the first is pydantic's."""


class Document:
    """A YAML file and the overrides that were put into it.

    Parameters
    ----------
    path : Path
        The file.

    Attributes
    ----------
    value : Any
        What the file says, with the overrides: sections as dicts, lists, and scalars.

    Raises
    ------
    ConfigError
        If the file cannot be read, is not YAML, or is empty.
    """

    def __init__(self, path: Path) -> None:
        self._name = str(path)
        self._tree = read_yaml(_read(path), self._name)
        self._overrides: dict[Key, str] = {}
        self.value: Any = self._tree.value
        if self.value is None:
            raise ConfigError(f"{self.place(())}: the file is empty; `digitgen schema` says what belongs into it")

    def override(self, text: str) -> None:
        """Put one ``key.path=value`` into the document, the value in YAML.

        Raises
        ------
        ConfigError
            If it is of another form, or its key leads through something that is no section.
        """
        dotted, separator, value = text.partition("=")
        key = tuple(dotted.split("."))
        if not separator or not all(key):
            raise ConfigError(
                one_line(f"{brief(text)!r}: an override has the form key.path=value, such as spacing.range=[0,5]")
            )
        node = self.value
        for depth, part in enumerate(key[:-1], start=1):
            if isinstance(node, dict) and part not in node:
                node[part] = {}
                self._overrides[key[:depth]] = text
            node = node[part] if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise ConfigError(one_line(f"{brief(text)}: {brief(dotted)} is not in a section of the configuration"))
        node[key[-1]] = read_yaml(value, brief(text)).value
        self._overrides.pop(key, None)  # so that it comes last
        self._overrides[key] = text

    def place(self, key: Key, *, at_key: bool = False) -> str:
        """``file:line:column`` of a value (or of its key), or the last override that reached it.

        Of what is missing, it is the place of the section that should have it.
        """
        for overridden, text in reversed(self._overrides.items()):
            if key[: len(overridden)] == overridden:
                return one_line(brief(text))
        known = next(key[:length] for length in range(len(key), -1, -1) if key[:length] in self._tree.values)
        places = self._tree.keys if at_key and known == key else self._tree.values
        return one_line(f"{self._name}:{places[known].line}:{places[known].column}")

    def explain(self, error: ErrorDetails, model: type[BaseModel]) -> str:
        """Say in one line where an error is, in which key, what came and what is allowed.

        Parameters
        ----------
        error : ErrorDetails
            As pydantic lists it.
        model : type
            What the document was held against.
        """
        key, at_key = self._written_key(error["loc"]), error["loc"][-1:] == (KEY_TAG,)
        got = _short.repr(error["input"])
        context = error.get("ctx", {})
        match error["type"]:
            case "missing":
                text = "is missing"
            case "extra_forbidden":
                text, at_key = f"unknown key{_did_you_mean(str(key[-1]), _allowed_keys(model, key[:-1]))}", True
            case "value_error":  # keys that are right by themselves contradict each other
                blamed = (*key, *getattr(context["error"], "key", ("image_width",)))
                dotted = ".".join(map(str, key))
                return f"{self.place(blamed)}: {one_line(f'{dotted}: ' * bool(key) + str(context['error']))}"
            case "string_pattern_mismatch":
                marks = "'-', '_' and '.'" if "." in context["pattern"] else "'-' and '_'"
                text = f"must be at most 64 letters, digits, {marks}, starting with a letter or digit; got {got}"
            case "literal_error":
                words = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
                text = f"must be one of {', '.join(words)}; got {got}{_did_you_mean(str(error['input']), words, False)}"
            case "model_type" | "model_attributes_type" | "dict_type":
                text = f"must be a section of keys and values; got {got}"
            case "tuple_type" | "too_long":
                text = f"must be a list of two integers, such as [0, 5]; got {got}"
            case _:
                text = f"{error['msg'][0].lower()}{error['msg'][1:]}; got {got}"
        dotted = ".".join(brief(str(part)) for part in key) or "the configuration"
        return f"{self.place(key, at_key=at_key)}: {one_line(f'{dotted}: {text}')}"

    def _written_key(self, loc: Key) -> Key:
        """A location without the parts that are not in the file but made up by validation."""
        node: Any = self.value
        key: list[int | str] = []
        for part in loc:
            known = isinstance(node, dict) and part in node
            made_up = part in MADE_UP or (isinstance(part, int) and not isinstance(node, list))
            if known or not made_up:
                key.append(part)
                node = node[part] if known else None
        return tuple(key)


_short = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother, _short.maxlong = 2, 60, 60, 40


def _read(path: Path) -> str:
    """The text of a file, or a ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(one_line(f"{path}: cannot be read: {reason}")) from error
    if len(data) > MAX_BYTES:
        raise ConfigError(one_line(f"{path}: larger than {MAX_BYTES} bytes; that is no configuration"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(one_line(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}")) from error


def _allowed_keys(model: type[BaseModel], section: Key) -> list[str]:
    """List the keys of a section. Parts of `section` that are no field (names of splits) change nothing."""
    for part in section:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = next(_models_in(field.annotation), model)
    return list(model.model_fields)


def _models_in(annotation: Any) -> Any:
    """Yield the models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _did_you_mean(word: str, allowed: Sequence[str], listed: bool = True) -> str:
    close = difflib.get_close_matches(word, allowed, n=1)
    return f"; did you mean {close[0]}?" if close else f"; allowed: {', '.join(allowed)}" if listed else ""
