"""A YAML document that knows where each of its values was written, and says what is wrong with one."""

import difflib
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from digitgen.errors import ConfigError

MAX_BYTES: Final = 1 << 20

NAME_TAG: Final = "<name>"
PAIR_TAG: Final = "<pair>"
PLACEHOLDERS: Final = ("[key]", NAME_TAG, PAIR_TAG)
"""Parts of a validation error's location that say which rule was tried, and are no keys of the file."""

Key = tuple[int | str, ...]


class Document:
    """A YAML file and the overrides that were put into it.

    Parameters
    ----------
    path : Path
        The file.

    Attributes
    ----------
    tree : Any
        What the file says, with the overrides.

    Raises
    ------
    ConfigError
        If the file cannot be read, is not YAML, or is empty.
    """

    def __init__(self, path: Path) -> None:
        self._name = str(path)
        self._overrides: dict[Key, str] = {}
        self.tree: Any = _parse(_read(path), self._name)
        if self.tree is None:
            raise ConfigError(f"{path}:1:1: the file is empty; `digitgen schema` says what belongs into it")

    def override(self, text: str) -> None:
        """Put one ``key.path=value`` into the tree, the value in YAML."""
        dotted, separator, value = text.partition("=")
        key = tuple(dotted.split("."))
        if not separator or not all(key):
            raise ConfigError(f"{text!r}: an override has the form key.path=value, such as spacing.range=[0,5]")
        node = self.tree
        for part in key[:-1]:
            node = node.setdefault(part, {}) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise ConfigError(f"{text}: {dotted} is not in a section of the configuration")
        node[key[-1]] = _parse(value, text)
        self._overrides[key] = text

    def explain(self, error: ErrorDetails, model: type[BaseModel]) -> str:
        """Say in one line where an error is, in which key, what came and what is allowed.

        Parameters
        ----------
        error : ErrorDetails
            As pydantic lists it.
        model : type
            What the document was held against.
        """
        key, at_key = self._written_key(error["loc"]), False
        got = _short.repr(error["input"])
        context = error.get("ctx", {})
        match error["type"]:
            case "missing":
                text = "is missing"
            case "extra_forbidden":
                text, at_key = f"unknown key{_did_you_mean(str(key[-1]), _allowed_keys(model, key[:-1]))}", True
            case "value_error":  # keys that are right by themselves contradict each other
                blamed = getattr(context["error"], "key", ("image_width",))
                return f"{self.place(blamed)}: {context['error']}"
            case "string_pattern_mismatch":
                text = f"must be letters, digits, '-', '_' and '.', starting with a letter or digit; got {got}"
            case "literal_error":
                words = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
                text = f"must be one of {', '.join(words)}; got {got}{_did_you_mean(str(error['input']), words, False)}"
            case "model_type" | "model_attributes_type" | "dict_type":
                text = f"must be a section of keys and values; got {got}"
            case "tuple_type" | "too_long":
                text = f"must be a list of two integers, such as [0, 5]; got {got}"
            case _:
                text = f"{error['msg'][0].lower()}{error['msg'][1:]}; got {got}"
        dotted = ".".join(map(str, key)) or "the configuration"
        return f"{self.place(key, at_key=at_key)}: {dotted}: {text}"

    def place(self, key: Key, *, at_key: bool = False) -> str:
        """``file:line:column`` of a value (or of its key), or the override that put it there."""
        for overridden, text in self._overrides.items():
            if key[: len(overridden)] == overridden:
                return text
        line, column, node = 0, 0, self.tree
        for depth, part in enumerate(key, start=1):
            marks = getattr(getattr(node, "lc", None), "data", None) or {}
            if part not in marks:
                break
            mark = marks[part]  # line and column of the key, then of the value; of a list, of the item
            line, column = mark[:2] if len(mark) < 4 or (at_key and depth == len(key)) else mark[2:4]
            node = node[part]
        return f"{self._name}:{line + 1}:{column + 1}"

    def _written_key(self, loc: Key) -> Key:
        """A location without the parts that are not keys in the file but names that validation made up."""
        node: Any = self.tree
        key: list[int | str] = []
        for part in loc:
            known = isinstance(node, dict) and part in node
            if known or part not in PLACEHOLDERS:
                key.append(part)
                node = node[part] if known else None
        return tuple(key)


_short = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother, _short.maxlong = 2, 60, 60, 40


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes; that is no configuration")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from error


def _parse(text: str, where: str) -> Any:
    """Parse YAML; `where` names the text in errors."""
    try:
        return YAML(pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise ConfigError(f"{where}{place}: {error.problem or error.context or 'not YAML'}") from None
    except RecursionError:
        raise ConfigError(f"{where}: nested too deeply") from None
    # The parser lets other exceptions through for some broken scalars, such as a date of 2026-99-99.
    except (YAMLError, ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        first = (str(error).splitlines() or [""])[0]
        raise ConfigError(f"{where}: not YAML: {first or type(error).__name__}") from None


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
