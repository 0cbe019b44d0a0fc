"""From YAML text to plain values and their places in the text; and back to text.

The text is not trusted. It is parsed into nodes and never into objects. An alias becomes a copy, so
that no two places share a value. Things that no configuration needs (tags, directives, keys
that are neither words nor numbers, anchors that contain themselves or multiply) are refused with their place.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Final, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.emitter import Emitter, ScalarAnalysis
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scanner import Scanner

from digitgen.errors import ConfigError
from digitgen.messages import brief, one_line

MAX_VALUES: Final = 10_000
MAX_DEPTH: Final = 20
MAX_NUMBER: Final = 100
"""Characters of an integer; Python takes quadratic time for long ones, and refuses the longest."""

Key = tuple[int | str, ...]
"""The way to a value: keys of sections, and indices of lists from 0."""


class Position(NamedTuple):
    """Line and column in a text.

    Attributes
    ----------
    line, column : int
        From 1.
    """

    line: int
    column: int


@dataclass(frozen=True)
class Tree:
    """The content of a YAML text.

    Attributes
    ----------
    value : Any
        Dicts with str for keys, lists, str, int, float, bool and None.
    keys : dict of Key to Position
        The places of the keys of sections.
    values : dict of Key to Position
        The places of values; one that is left out has the place of its key.
    """

    value: Any
    keys: dict[Key, Position] = field(default_factory=dict)
    values: dict[Key, Position] = field(default_factory=dict)


def read_yaml(text: str, name: str) -> Tree:
    """Read one YAML 1.2 document.

    Parameters
    ----------
    text : str
        The document.
    name : str
        Name of the document in errors.

    Returns
    -------
    Tree
        Its values and their places; the value of an empty text is None.

    Raises
    ------
    ConfigError
        If it is not YAML, or has anything in it that no configuration needs. The message is
        one printable line that starts with ``name:line:column``.

    Examples
    --------
    >>> tree = read_yaml("spacing: {range: [0, 7]}", "c.yaml")
    >>> tree.value
    {'spacing': {'range': [0, 7]}}
    >>> tree.values["spacing", "range", 1]
    Position(line=1, column=22)
    """
    try:
        return _read(text)
    except _RefusedError as error:
        position, problem = error.position, error.problem
    except MarkedYAMLError as error:
        position, problem = _position(error.problem_mark or error.context_mark), error.problem or "not YAML"
        if "\t" in "".join(text.splitlines()[position.line - 1 : position.line]):
            problem += "; there is a tab on the line: use spaces"
    except ReaderError as error:
        position = _position_at(text, error.position)
        problem = f"the character {chr(error.character)!r} has no place in YAML"
    except RecursionError:
        position, problem = None, "nested too deeply"
    except (ValueError, OverflowError):
        position, problem = None, r"not YAML: an escape such as \UFFFFFFFF stands for no character"
    except YAMLError as error:
        position, problem = None, f"not YAML: {error}"
    place = f"{name}:{position.line}:{position.column}" if position else name
    raise ConfigError(one_line(f"{place}: {brief(problem, 200)}"))


def write_yaml(value: Any, *, inline: bool = False) -> str:
    """Write plain values as one YAML 1.2 document, which `read_yaml` reads back as the same.

    Parameters
    ----------
    value : Any
        Dicts with str for keys, lists, str, int, float, bool and None.
    inline : bool, default False
        Write all on one line, between brackets.

    Returns
    -------
    str
        The document, sections of sections in lines of their own unless they are inline.
    """
    text = StringIO()
    yaml = YAML(pure=True)
    yaml.default_flow_style = inline or None
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    if inline:
        yaml.width = sys.maxsize
    yaml.Emitter = _Emitter
    yaml.dump(value, text)
    return text.getvalue()


class _Emitter(Emitter):
    """Quotes what ruamel.yaml writes without quotes and then reads otherwise, or not at all."""

    def analyze_scalar(self, scalar: str) -> ScalarAnalysis:
        """Decide whether a scalar can stand without quotes."""
        analysis: ScalarAnalysis = super().analyze_scalar(scalar)
        analysis.allow_flow_plain &= not scalar.startswith(("?", ":"))  # which begins a key, as in {a: ?b}
        if not scalar.isprintable():  # line breaks of Unicode would be folded; between double quotes they are escaped
            analysis.allow_flow_plain = analysis.allow_block_plain = False
            analysis.allow_single_quoted = analysis.allow_block = False
        return analysis


class _RefusedError(Exception):
    """YAML that no configuration needs."""

    def __init__(self, problem: str, position: Position) -> None:
        self.problem = problem
        self.position = position


def _read(text: str) -> Tree:
    """Read a document, or raise an error that has the place but not the name."""
    directive = re.search("^%", text, re.MULTILINE)
    if directive:
        position = _position_at(text, directive.start())
        raise _RefusedError("directives such as %YAML mean nothing here; leave the line out", position)
    node, resolver = compose_yaml(text)
    if node is None:
        return Tree(None, values={(): Position(1, 1)})
    reader = _Reader(resolver)
    value = reader.read(node, ())
    return Tree(value, reader.keys, reader.values)


def compose_yaml(text: str) -> tuple[Node | None, VersionedResolver]:
    """Read a document that `read_yaml` takes as nodes; None if it is empty. What resolves tags comes with them."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _Scanner
    yaml.composer.warn_double_anchors = False  # an anchor may be set anew, and nobody needs a warning
    return yaml.compose(text), yaml.resolver


class _Scanner(Scanner):
    """Takes tabs between the words of a line, as YAML 1.2 does: ruamel.yaml takes them within brackets alone."""

    def scan_to_next_token(self) -> None:
        """Go to the next token, past tabs; refuse a tab that indents."""
        super().scan_to_next_token()
        reader = self.reader
        while reader.peek() == "\t":
            position = Position(reader.line + 1, reader.column + 1)
            before = reader.buffer[reader.pointer - reader.column : reader.pointer]
            while reader.peek() in "\t ":
                reader.forward()
            if not before.strip() and reader.peek() not in "#\r\n\0":
                raise _RefusedError("a tab cannot indent; use spaces", position)
            super().scan_to_next_token()


class _Reader:
    """Turns nodes into plain values, and notes their places."""

    def __init__(self, resolver: VersionedResolver) -> None:
        self.keys: dict[Key, Position] = {}
        self.values: dict[Key, Position] = {}
        self._resolver = resolver
        self._read = 0

    def read(self, node: Node, key: Key) -> Any:
        """Turn a node, to which `key` leads, into a value."""
        self._check(node, key)
        left_out = isinstance(node, ScalarNode) and not node.value and node.style is None
        self.values[key] = self.keys[key] if left_out and key in self.keys else _position(node.start_mark)
        if isinstance(node, MappingNode):
            return self._section(node, key)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*key, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _check(self, node: Node, key: Key) -> None:
        """Refuse tags, and structures that are out of all proportion."""
        self._read += 1
        if self._read > MAX_VALUES:
            raise _RefusedError(f"more than {MAX_VALUES} values", _position(node.start_mark))
        if len(key) > MAX_DEPTH:
            raise _RefusedError("nested too deeply, or an anchor contains itself", _position(node.start_mark))
        plain = isinstance(node, ScalarNode) and node.style is None
        without_tag = self._resolver.resolve(type(node), node.value, (plain, not plain))
        if str(node.tag) != str(without_tag):
            tag = str(node.tag).replace("tag:yaml.org,2002:", "!!")
            raise _RefusedError(
                f"tags such as {brief(tag)} mean nothing here; leave it out", _position(node.start_mark)
            )

    def _section(self, node: MappingNode, key: Key) -> dict[str, Any]:
        """Turn the node of a section into a dict."""
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        entries = [(self._name(name_node), name_node, value) for name_node, value in node.value]
        for name, _, value in entries:
            if name is None:
                merged |= self._merged(value, key)
        for name, name_node, value in entries:
            if name is None:
                continue
            if name in own:
                raise _RefusedError(f'found duplicate key "{brief(name)}"', _position(name_node.start_mark))
            self.keys[*key, name] = _position(name_node.start_mark)
            own[name] = self.read(value, (*key, name))
        return merged | own

    def _name(self, node: Node) -> str | None:
        """Read a key, a word or a number as it is written; None for ``<<``."""
        self._check(node, ())
        if not isinstance(node, ScalarNode):
            raise _RefusedError("a key must be a word", _position(node.start_mark))
        if _kind(node) == "merge":
            return None
        name = str(node.value) if _kind(node) in ("int", "float") else _scalar(node)
        if not isinstance(name, str):
            raise _RefusedError(
                f"{brief(node.value)!r}: a key must be a word; put it in quotes", _position(node.start_mark)
            )
        return name

    def _merged(self, node: Node, key: Key) -> dict[str, Any]:
        """Read the section that ``<<`` takes over, or several; the first one wins."""
        merged: dict[str, Any] = {}
        for each in reversed(node.value if isinstance(node, SequenceNode) else [node]):
            self._check(each, key)
            if not isinstance(each, MappingNode):
                raise _RefusedError("<< must name a section, or a list of them", _position(each.start_mark))
            merged |= self._section(each, key)
        return merged


def _scalar(node: Node) -> str | int | float | bool | None:
    """Turn the node of a scalar into a value."""
    try:
        node.value.encode()  # fails for half a character, such as "\ud800"
        return _SCALARS.get(_kind(node), str)(node.value)
    except ValueError:
        problem = f"{brief(node.value)!r} cannot be read as {_kind(node)}"
        raise _RefusedError(problem, _position(node.start_mark)) from None


def _kind(node: Node) -> str:
    """Name the type of a node, without the tag's prefix."""
    return str(node.tag).removeprefix("tag:yaml.org,2002:")


def _integer(text: str) -> int:
    """Read an integer, of any of YAML's bases."""
    digits = text.replace("_", "")
    if len(digits) > MAX_NUMBER:
        raise ValueError
    has_base = digits.lstrip("+-")[:2] in ("0b", "0o", "0x")
    return int(digits, 0 if has_base else 10)


def _float(text: str) -> float:
    """Read a float, as YAML spells it."""
    return float(text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))


# Everything else, such as a date, is the text that it is.
_SCALARS: Final[dict[str, Callable[[str], str | int | float | bool | None]]] = {
    "int": _integer,
    "float": _float,
    "bool": lambda text: text.lower() == "true",
    "null": lambda _: None,
}


def _position(mark: StringMark) -> Position:
    """The place of a mark of the parser."""
    return Position(mark.line + 1, mark.column + 1)


def _position_at(text: str, index: int) -> Position:
    """The place of a character, by its index."""
    before = text[:index]
    return Position(before.count("\n") + 1, index - before.rfind("\n"))
