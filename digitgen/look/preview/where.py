"""Conditions on images, such as ``length == 5 and gap_min < 0``: read as Python, never run as Python."""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from digitgen.arrays import Arrays, Bools
from digitgen.errors import ArgumentError
from digitgen.look.preview.fields import HAND
from digitgen.messages import brief, did_you_mean, shown

Columns = Arrays
"""Facts about n images: (n,) each, numbers, booleans or text."""
Test = Callable[[Columns], Any]

_LONGEST: Final = 1000  # characters
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_HELP: Final = "use names, numbers, 'text', and, or, not, in, == != < <= > >= and parentheses"


@dataclass(frozen=True)
class Condition:
    """A condition that can be asked of many images at once.

    Attributes
    ----------
    text : str
        The condition as it was written.
    names : frozenset of str
        The facts that it needs of an image.
    test : callable
        Takes these facts of n images, and returns whether each meets it.
    """

    text: str
    names: frozenset[str]
    test: Test

    def __call__(self, columns: Columns, count: int) -> Bools:
        """(count,) bool: whether each image meets it."""
        return np.broadcast_to(self.test(columns), count)


def parse_condition(text: str, known: Mapping[str, type]) -> Condition:
    """Read a condition.

    Comparisons of names with numbers and texts, joined by and, or, not. ``in`` looks for a value among
    several (``length in (1, 5)``), or for a text in another (``'47' in text``). A name by itself asks
    whether it is neither zero nor absent.

    Parameters
    ----------
    text : str
        The condition.
    known : dict of str to type
        The names that may occur, and whether each is `float` or `str`; they may have a dot.

    Returns
    -------
    Condition
        The condition, which nothing runs as Python.

    Raises
    ------
    ArgumentError
        If it is anything else; the message lists the names.

    Examples
    --------
    >>> long = parse_condition("length > 3 and not '0' in text", {"length": float, "text": str})
    >>> long({"length": np.array([5, 2]), "text": np.array(["12345", "11"])}, 2)
    array([ True, False])
    """
    if len(text) > _LONGEST:
        raise ArgumentError(f"--where takes at most {_LONGEST} characters; got {len(text):,}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        what = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ArgumentError(f"--where {text!r} cannot be read: {what}; {_HELP}") from None
    reader = _Reader(text, known)
    try:
        test = reader.truth(tree.body)
    except RecursionError:
        raise ArgumentError(f"--where {text!r} cannot be read: it is too deep") from None
    return Condition(text, frozenset(reader.names), test)


class _Reader:
    """Turns a syntax tree into a test, and notes the names that it needs."""

    def __init__(self, text: str, known: Mapping[str, type]) -> None:
        self._text = text
        self._known = known
        self.names: set[str] = set()

    def truth(self, node: ast.expr) -> Test:
        """Read an expression that is true or false of an image."""
        match node:
            case ast.BoolOp(op=op, values=values):
                join = np.logical_and if isinstance(op, ast.And) else np.logical_or
                tests = [self.truth(value) for value in values]
                return lambda columns: join.reduce(np.broadcast_arrays(*(test(columns) for test in tests)))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand)
                return lambda columns: np.logical_not(inner(columns))
            case ast.Compare(left=left, ops=ops, comparators=others):
                terms = [left, *others]
                pairs = [self._comparison(*each) for each in zip(ops, terms, terms[1:], strict=False)]
                return lambda columns: np.logical_and.reduce(np.broadcast_arrays(*(pair(columns) for pair in pairs)))
            case ast.Name() | ast.Attribute():
                kind, value = self._term(node)
                if kind is str:
                    return lambda columns: value(columns) != ""
                return lambda columns: np.nan_to_num(value(columns)) != 0
        raise self._refusal(node)

    def _comparison(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Test:
        """Read one comparison of two terms."""
        if isinstance(op, ast.In | ast.NotIn):
            found = self._membership(left, right)
            return found if isinstance(op, ast.In) else lambda columns: np.logical_not(found(columns))
        if type(op) not in _COMPARISONS:
            raise self._refusal(right)
        (kind, first), (other, second) = self._term(left), self._term(right)
        self._agree(left, kind, right, other)
        compare = _COMPARISONS[type(op)]
        return lambda columns: compare(first(columns), second(columns))

    def _membership(self, left: ast.expr, right: ast.expr) -> Test:
        """Read whether a value is among several, or a text in another."""
        kind, value = self._term(left)
        if isinstance(right, ast.Tuple | ast.List | ast.Set):
            choices = []
            for each in right.elts:
                other, choice = self._term(each)
                self._agree(left, kind, each, other)
                choices.append(choice)
            return lambda columns: np.logical_or.reduce(
                np.broadcast_arrays(False, *(value(columns) == choice(columns) for choice in choices))
            )
        other, whole = self._term(right)
        if kind is not str or other is not str:
            raise ArgumentError(
                f"--where {self._text!r}: in takes several values, as in length in (1, 5), or text, as in '47' in text"
            )
        return lambda columns: np.char.find(whole(columns), value(columns)) >= 0

    def _term(self, node: ast.expr) -> tuple[type, Test]:
        """Read a name or a constant, and tell whether it is a number or text."""
        match node:
            case ast.Constant(value=str(value)):
                return str, lambda _: np.str_(value)
            case ast.Constant(value=bool(value)):
                return float, lambda _: value
            case ast.Constant(value=int(value) | float(value)):
                number = self._number(value)
                return float, lambda _: number
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value) | float(value))):
                negative = -self._number(value)
                return float, lambda _: negative
            case ast.Name() | ast.Attribute(value=ast.Name()):
                name = ast.unparse(node)
                if name not in self._known:
                    raise ArgumentError(f"--where {self._text!r}: {unknown_name(name, self._known)}")
                self.names.add(name)
                return self._known[name], lambda columns: columns[name]
        raise self._refusal(node)

    def _number(self, value: float) -> float:
        """A number, if a float can be so large."""
        try:
            return float(value)
        except OverflowError:
            raise ArgumentError(f"--where {brief(self._text)!r}: {shown(value)} is too large a number") from None

    def _agree(self, left: ast.expr, kind: type, right: ast.expr, other: type) -> None:
        """Refuse to compare a number with a text."""
        if kind is not other:
            raise ArgumentError(
                f"--where {self._text!r}: {ast.unparse(left)} and {ast.unparse(right)} cannot be compared: "
                "one is a number, the other text"
            )

    def _refusal(self, node: ast.AST) -> ArgumentError:
        """Say that a part of the condition is not understood."""
        shown = ast.get_source_segment(self._text.strip(), node) or self._text
        return ArgumentError(f"--where {self._text!r}: {shown!r} is not understood; {_HELP}")


def unknown_name(name: str, known: Mapping[str, Any]) -> str:
    """Say that a name is not known, and which it may have meant.

    Parameters
    ----------
    name : str
        The name.
    known : mapping of str
        The names that are known.

    Returns
    -------
    str
        A sentence for an error.
    """
    if name == HAND:
        return (
            "no writers are stored with the images; build them with labels.writers=true, or give --writers a .npy with "
            "the writer of each row of the source"
        )
    return f"{name} is not known{did_you_mean(name, known)}"
