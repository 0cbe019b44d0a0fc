"""Change a YAML text so that it says something else, and leave everything beside that as it was written.

Only what differs is written anew. A comment behind a value, or in the lines above its key, belongs to it: it moves with
the items of a list, and goes when they go. ruamel.yaml's own round trip does not do: it indents the whole file anew,
and leaves the comment above an item where it was when the item moves.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from digitgen.config.fresh import LINE, block, fresh, inline
from digitgen.config.yamltree import compose_yaml, read_yaml


class Rewriter:
    """A YAML text that can be made to say something else.

    Parameters
    ----------
    text : str
        YAML that `read_yaml` reads.
    """

    def __init__(self, text: str) -> None:
        self._breaks = "\r\n" if "\r\n" in text else "\n"
        self._text = text.replace("\r\n", "\n").rstrip("\n") + "\n"
        node, _ = compose_yaml(self._text)
        self._root = None
        if isinstance(node, MappingNode) and node.value and not any(self._is_odd(each) for each in _nodes(node)):
            self._root = _piece(self._text, node, read_yaml(self._text, "").value)

    def _is_odd(self, node: Node) -> bool:
        """Whether a value stands in several places, a section is merged into another, or a key follows a mark."""
        marked = self._text[: node.start_mark.index].rstrip(" ").endswith("?")
        return node.anchor is not None or str(node.tag).endswith(":merge") or marked

    def saying(self, value: Any) -> str | None:
        r"""Write a value in the words of the text, where it says the same.

        Parameters
        ----------
        value : Any
            Dicts with str for keys, lists, str, int, float, bool and None.

        Returns
        -------
        str or None
            YAML that says the value; None if the text shares values by anchors, has question marks before keys, or is
            no section.

        Examples
        --------
        >>> Rewriter("seed: 1  # any\nname: a\n").saying({"seed": 7, "name": "a", "align": "left"})
        'seed: 7  # any\nname: a\nalign: left\n'
        """
        root = self._root
        if root is None or not isinstance(value, dict) or not value:
            return None
        own = root.saying(value, flow=False) if root.keeps(value) else block(value, 0)
        changed = self._text[: root.start] + own + self._text[root.end :]
        return changed.replace("\n", self._breaks)


@dataclass(frozen=True)
class _Piece(ABC):
    """A value in a text."""

    text: str
    start: int
    end: int
    value: Any

    @property
    def own(self) -> str:
        """The text that is written."""
        return self.text[self.start : self.end]

    @property
    def column(self) -> int:
        """The column that it begins in, from 0."""
        return self.start - self.text.rfind("\n", 0, self.start) - 1

    def saying(self, value: Any, *, flow: bool) -> str:
        """Write a value in this place, within brackets or not."""
        if same(self.value, value):
            return self.own
        changed = self.changed(value, flow=flow)
        if self.start == self.end:  # nothing is written, which stands for null
            before = self.text[self.start - 1]
            changed = ("" if before == " " else " " if before in ":-" else ": ") + changed
        return changed

    def keeps(self, value: Any) -> bool:  # noqa: ARG002
        """Whether another value can stand in the same place."""
        return True

    @abstractmethod
    def changed(self, value: Any, *, flow: bool) -> str:
        """Write another value in this place."""

    def anew(self, value: Any, *, flow: bool) -> str:
        """A value that has nothing in common with what is written."""
        line = self.text[self.text.rfind("\n", 0, self.start) + 1 :]
        return fresh(value, flow=flow, column=len(line) - len(line.lstrip(" -")), room=LINE - self.column)


class _Scalar(_Piece):
    """A word or a number."""

    def changed(self, value: Any, *, flow: bool) -> str:
        """Write another value in its place."""
        return self.anew(value, flow=flow)


@dataclass(frozen=True)
class _Entry:
    """A key with its value, or an item of a list with its dash."""

    key: Any
    start: int  # of the key, or of the dash
    behind: int  # the colon, or the dash
    piece: _Piece
    lead: str  # comments above it, up to itself
    tail: str  # a comment behind it

    def saying(self, value: Any, *, flow: bool) -> str:
        """Write it with a value, without the comments above it."""
        text, piece = self.piece.text, self.piece
        before, tail = text[self.start : piece.start], self.tail
        if piece.keeps(value):
            own = piece.saying(value, flow=flow)
        else:  # it stood in lines of its own, and what is new may stand on that of the key
            own = piece.anew(value, flow=flow)
            before, tail = text[self.start : self.behind] + " ", text[self.behind : _line_end(text, self.behind)]
            tail = "" if tail[:1] != " " or tail.strip()[:1] != "#" else tail
        if own.startswith("\n"):
            before, own, tail = before.rstrip(" ") + tail, own, ""
        comment = tail.lstrip(" ")
        if "\n" in own or not comment or tail is not self.tail:
            return before + own + tail
        longer = len(own) - (self.piece.end - self.piece.start)
        return before + own + " " * max(len(tail) - len(comment) - longer, 1) + comment  # in its column


@dataclass(frozen=True)
class _Many(_Piece):
    """A section or a list."""

    entries: Sequence[_Entry]
    brackets: bool

    def fitted(self, changed: str, value: Any, *, flow: bool) -> str:
        """Take what is written between brackets, or write lines if it is too much for the one line that it was."""
        fits = flow or "\n" in self.own or self.column + len(changed) <= LINE
        return changed if fits else self.anew(value, flow=flow)

    def lines(self, written: Sequence[tuple[_Entry | None, str]]) -> str:
        """Put entries below each other, each with the comments above it."""
        margin = " " * self.column
        text = ""
        for entry, own in written:
            lead = margin if entry is None or entry is self.entries[0] else entry.lead
            text += f"\n{lead}{own}" if text else f"{lead.lstrip()}{own}"
        return text


class _Section(_Many):
    """A section of keys and values."""

    def keeps(self, value: Any) -> bool:
        """Whether another value can stand in its lines."""
        return self.brackets or (isinstance(value, dict) and any(entry.key in value for entry in self.entries))

    def changed(self, value: Any, *, flow: bool) -> str:
        """Write another value, with those of its entries that stay."""
        if not isinstance(value, dict) or not value:
            return self.anew(value, flow=flow)
        kept = [entry for entry in self.entries if entry.key in value]
        new = {key: each for key, each in value.items() if key not in self.value}
        if not self.brackets:
            written: list[tuple[_Entry | None, str]] = [
                (entry, entry.saying(value[entry.key], flow=False)) for entry in kept
            ]
            return self.lines([*written, *((None, block({k: v}, self.column)) for k, v in new.items())])
        if len(kept) == len(self.entries) and not new:
            return self.fitted(_replaced(self, [value[entry.key] for entry in kept]), value, flow=flow)
        own = [_on_one_line(entry, value[entry.key]) for entry in kept]
        own += [inline({key: each})[1:-1] for key, each in new.items()]
        return self.fitted("{" + ", ".join(own) + "}", value, flow=flow)


class _List(_Many):
    """A list."""

    def keeps(self, value: Any) -> bool:
        """Whether another value can stand in its lines."""
        return self.brackets or (isinstance(value, list) and bool(value))

    def changed(self, value: Any, *, flow: bool) -> str:
        """Write another value, with those of its entries that stay."""
        if not isinstance(value, list) or not value:
            return self.anew(value, flow=flow)
        found = _matched([entry.piece.value for entry in self.entries], value)
        old = [None if place is None else self.entries[place] for place in found]
        if not self.brackets:
            return self.lines(
                [
                    (entry, entry.saying(each, flow=False) if entry else block([each], self.column))
                    for entry, each in zip(old, value, strict=True)
                ]
            )
        if found == list(range(len(self.entries))):
            return self.fitted(_replaced(self, value), value, flow=flow)
        own = [
            entry.piece.saying(each, flow=True) if entry else inline(each)
            for entry, each in zip(old, value, strict=True)
        ]
        return self.fitted(f"[{', '.join(own)}]", value, flow=flow)


def _replaced(piece: _Many, values: Sequence[Any]) -> str:
    """The text between brackets, with other values in the same places."""
    text, at = "", piece.start
    for entry, value in zip(piece.entries, values, strict=True):
        text += piece.text[at : entry.piece.start] + entry.piece.saying(value, flow=True)
        at = entry.piece.end
    return text + piece.text[at : piece.end]


def _on_one_line(entry: _Entry, value: Any) -> str:
    """A key between brackets with its value, without a comment that may stand between them."""
    key = entry.piece.text[entry.start : entry.piece.start]
    return (inline(entry.key) + ": " if "\n" in key else key) + entry.piece.saying(value, flow=True)


def _matched(old: Sequence[Any], new: Sequence[Any]) -> list[int | None]:
    """For each new item the place of the old one that it is, unchanged or changed; None if there is none."""
    found: list[int | None] = [None] * len(new)
    for alike in (same, _of_one_kind):
        for nearby in (True, False):
            for place, each in enumerate(new):
                if found[place] is None:
                    left = [at for at in range(len(old)) if at not in found and alike(old[at], each)]
                    found[place] = next((at for at in left if at == place or not nearby), None)
    return found


def _of_one_kind(one: Any, other: Any) -> bool:
    """Whether an item of a list can have become another: sections that begin alike, or values."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return not isinstance(one, dict | list) and not isinstance(other, dict | list)
    return next(iter(one.items()), None) == next(iter(other.items()), None)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal.

    Parameters
    ----------
    one, other : Any
        Sections as dicts, lists, and scalars.

    Returns
    -------
    bool
        Whether they say the same; true is not 1, though 1.0 is.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(each, other[key]) for key, each in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _nodes(node: Node) -> Iterator[Node]:
    """A node, and all in it."""
    yield node
    if not isinstance(node, ScalarNode):
        for each in node.value:
            for part in each if isinstance(each, tuple) else (each,):
                yield from _nodes(part)


def _piece(text: str, node: Any, value: Any, empty: int = 0) -> _Piece:
    """The piece of a node; one for which nothing is written stands at the place that is given."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, ScalarNode):
        written = text[start:end].rstrip("\n")
        return _Scalar(text, start, start + len(written), value) if written else _Scalar(text, empty, empty, value)
    section, brackets = isinstance(node, MappingNode), bool(node.flow_style)
    parts = (
        zip(value, node.value, strict=True) if section else ((at, (None, each)) for at, each in enumerate(node.value))
    )
    entries: list[_Entry] = []
    before = start  # the comments above an entry begin there
    for key, (name, each) in parts:
        if name:
            begin, behind = name.start_mark.index, _behind(text, name.end_mark.index)
        else:
            begin = each.start_mark.index if brackets else _dash(text, before)
            behind = begin + 1
        piece = _piece(text, each, value[key], behind)
        after = piece.end if brackets else _line_end(text, piece.end)
        lead = text[before:begin] if entries and not brackets else ""
        entries.append(_Entry(key, begin, behind, piece, lead, text[piece.end : after]))
        before = after + 1
    return (_Section if section else _List)(text, start, end if brackets else before - 1, value, entries, brackets)


def _behind(text: str, at: int) -> int:
    """The place behind the colon that follows a key; that behind the key if none does."""
    place = at
    while text[place] in " \n#":
        place = _line_end(text, place) if text[place] == "#" else place + 1
    return place + 1 if text[place] == ":" else at


def _line_end(text: str, at: int) -> int:
    """Find the end of the line of a place."""
    return text.index("\n", at)


def _dash(text: str, at: int) -> int:
    """Find the next dash that is in no comment."""
    while text[at] != "-":
        at = _line_end(text, at) + 1 if text[at] == "#" else at + 1
    return at
