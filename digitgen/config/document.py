"""A YAML document that knows where each of its values was written."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from digitgen.config.yamltree import Key, read_yaml
from digitgen.errors import ConfigError
from digitgen.messages import brief, one_line

MAX_BYTES: Final = 1 << 18
STDIN: Final = Path("-")
"""Stands for the standard input in place of a file."""


class Document:
    """A YAML file and the overrides that were put into it.

    Parameters
    ----------
    source : Path or dict
        The file, ``-`` for the standard input, or what a file would say.
    overrides : sequence of str
        ``key.path=value`` each, the value in YAML.

    Attributes
    ----------
    value : Any
        Content of the file, with the overrides: sections as dicts, lists, and scalars.

    Raises
    ------
    ConfigError
        If the file cannot be read, is not YAML, or is empty; or if an override is of another form, or its key leads
        through something that is no section, or to an item that a list does not have.
    """

    def __init__(self, source: Path | Mapping[str, Any], overrides: Sequence[str] = ()) -> None:
        self._placed = not isinstance(source, Mapping)
        if isinstance(source, Mapping):
            self._name, text = "the configuration", _written(source)
        else:
            self._name, text = "stdin" if source == STDIN else str(source), _read(source)
        self._tree = read_yaml(text, self._name)
        self._overrides: dict[Key, str] = {}
        self.value: Any = self._tree.value
        if self.value is None:
            raise ConfigError(f"{self.position(())}: the file is empty; `digitgen schema` says what belongs into it")
        for override in overrides:
            self._override(override)

    def _override(self, text: str) -> None:
        """Put one override into the document."""
        dotted, separator, value = text.partition("=")
        parts = dotted.split(".")
        if not separator or not all(parts):
            raise ConfigError(
                one_line(f"{brief(text)!r}: an override has the form key.path=value, such as spacing.range=[0,5]")
            )
        node, key = self.value, tuple[int | str, ...]()
        for part in parts[:-1]:
            key = (*key, _key_in(node, part, parts, text))
            if isinstance(node, dict) and key[-1] not in node:
                node[key[-1]] = {}
                self._overrides[key] = text
            node = node[key[-1]]
        key = (*key, _key_in(node, parts[-1], parts, text))
        node[key[-1]] = read_yaml(value, brief(text)).value
        self._overrides.pop(key, None)  # so that it comes last
        self._overrides[key] = text

    def position(self, key: Key, *, at_key: bool = False) -> str:
        """Find the place of a value: the last override that reached it, or its place in the file.

        A value that is missing has the place of the section that should have it.

        Parameters
        ----------
        key : tuple of int or str
            The way to the value.
        at_key : bool, default False
            Give the place of its key instead.

        Returns
        -------
        str
            The override, or ``file:line:column``.
        """
        for overridden, text in reversed(self._overrides.items()):
            if key[: len(overridden)] == overridden:
                return one_line(brief(text))
        if not self._placed:
            return self._name
        known = next(key[:length] for length in range(len(key), -1, -1) if key[:length] in self._tree.values)
        places = self._tree.keys if at_key and known == key else self._tree.values
        return one_line(f"{self._name}:{places[known].line}:{places[known].column}")


def _read(path: Path) -> str:
    """Read the text of a file, or raise a ConfigError."""
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
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


def _written(source: Mapping[str, Any]) -> str:
    """Write what a program says as a file would say it: JSON, which is YAML too; or raise a ConfigError."""
    try:
        return json.dumps(dict(source), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(one_line(f"the configuration: takes what JSON has, no more: {brief(str(error))}")) from None


def _key_in(node: Any, part: str, parts: Sequence[str], text: str) -> int | str:
    """Turn a part of an override's key into a key of a section or an index of a list."""
    dotted = brief(".".join(parts))
    if isinstance(node, dict):
        return part
    if not isinstance(node, list):
        raise ConfigError(one_line(f"{brief(text)}: {dotted} is not in a section of the configuration"))
    known = [str(index) for index in range(len(node))]
    if part not in known:
        items = f"items {known[0]} to {known[-1]}" if known else "no items"
        raise ConfigError(one_line(f"{brief(text)}: {dotted}: there is no item {brief(part)!r}; the list has {items}"))
    return known.index(part)
