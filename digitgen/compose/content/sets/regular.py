"""Regular expressions over an alphabet: what they say, as Python's `re.fullmatch` reads it.

An expression is cut into atoms, each of which stands for one character, and operators. Python's `re` tells which
characters of the alphabet an atom matches, and whether the whole is well formed; greenery parses the operators.
"""

import math
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import greenery
from greenery.rxelems import Conc, Mult

from digitgen.errors import ArgumentError
from digitgen.messages import shown

MAX_ATOMS: Final = 10_000
"""Most atoms, each repetition counted."""

STANDS_FOR: Final = 0xF0000  # and the characters after it, of private use, for the atoms of an expression

_ESCAPE: Final = r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[0-3][0-7]{2}|0[0-7]?|[1-9][0-9]?|.)"
_TOKEN: Final = re.compile(
    rf"""
    (?P<open>   \( (?: \?: | \?P<[^>]*> | (?!\?) ) )
    | (?P<shut>   \) )
    | (?P<bar>    \| )
    | (?P<repeat> [*+?] | \{{ (?: [0-9]+ | [0-9]*,[0-9]* ) \}} ) (?P<mode> [?+]? )
    | (?P<other>  \( \? (?: P? . | ) | \^ | \$ )
    | (?P<atom>   \[ \^? \]? (?: {_ESCAPE} | [^\]\\] )* \] | {_ESCAPE} | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_MEMBER: Final = re.compile(rf"{_ESCAPE}|.", re.DOTALL)  # of a class in brackets
_WHOLE: Final = "a pattern always matches whole strings"
_OFFERED: Final = "a pattern may have (...), (?:...), |, *, +, ?, {m,n}, [...], '.' and \\d"


@dataclass(frozen=True)
class Expression:
    """A regular expression.

    Attributes
    ----------
    text : str
        The expression.
    atoms : tuple of frozenset of int
        Sets of classes, of which one is matched at a time; distinct.
    tree : greenery.Pattern
        How atoms follow each other: the character with the number `STANDS_FOR` + k is atom k.
    """

    text: str
    atoms: tuple[frozenset[int], ...]
    tree: Any


def parse(pattern: str, alphabet: str) -> list[Expression]:
    """Parse a regular expression.

    Parameters
    ----------
    pattern : str
        The expression, as Python's `re` has it.
    alphabet : str
        The character of each class.

    Returns
    -------
    list of Expression
        Its alternatives: what stands between ``|``, outside of all parentheses; at least one.

    Raises
    ------
    ArgumentError
        If it is no regular expression, has something of which a finite automaton knows nothing, or a character that
        is not in the alphabet.
    """
    _check_syntax(pattern)
    atoms: dict[frozenset[int], int] = {}
    parts, starts, depth = [""], [0], 0
    for token in _TOKEN.finditer(pattern):
        kind, text = token.lastgroup, token[0]
        if kind == "mode":
            parts[-1] += _repeat(token)
        elif kind == "bar" and not depth:
            parts.append("")
            starts.append(token.end())
        elif kind == "other":
            raise _refused(token, f"{_WHOLE}; leave it out, or write \\{text}" if text in "^$" else _OFFERED)
        elif kind == "atom":
            parts[-1] += chr(STANDS_FOR + atoms.setdefault(_matched(token, alphabet), len(atoms)))
        else:
            depth += (kind == "open") - (kind == "shut")
            parts[-1] += "(" if kind == "open" else text
    ends = [start - 1 for start in starts[1:]] + [len(pattern)]
    texts = [pattern[start:end] for start, end in zip(starts, ends, strict=True)]
    return [Expression(text, tuple(atoms), _tree(part)) for text, part in zip(texts, parts, strict=True)]


def _check_syntax(pattern: str) -> None:
    """Refuse what Python's `re` refuses."""
    if len(pattern) > MAX_ATOMS:
        raise ArgumentError(f"must have at most {MAX_ATOMS:,} characters; got {len(pattern):,}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except re.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1}"
        raise ArgumentError(f"is no regular expression: {error.msg}{where}; got {shown(pattern)}") from None
    except (Warning, OverflowError) as error:
        raise ArgumentError(f"is no regular expression: {error}; got {shown(pattern)}") from None
    except RecursionError:
        raise ArgumentError("has too many parentheses in each other") from None


def _repeat(token: re.Match[str]) -> str:
    """A repetition, as greenery writes it; a lazy one is the same to it, as it matches the same strings."""
    if token["mode"] == "+":
        raise _refused(token, f"it keeps what it took; {_OFFERED}")
    text = token["repeat"]
    return text.replace("{,", "{0,") if text.startswith("{") else text


def _matched(token: re.Match[str], alphabet: str) -> frozenset[int]:
    """The classes that an atom matches; at least one."""
    atom = token[0]
    if re.fullmatch(r"\\[AZzBb]", atom):
        raise _refused(token, f"{_WHOLE}, and knows no borders of words; {_OFFERED}")
    if re.fullmatch(r"\\[1-9][0-9]?", atom):
        raise _refused(token, f"no finite automaton knows what a group matched before; {_OFFERED}")
    inside = atom[1:-1] if atom[0] == "[" and atom[1:2] != "^" else ""
    for place, member in enumerate(found := _MEMBER.findall(inside)):
        dash = member == "-" and 0 < place < len(found) - 1
        if not dash and not _matching(f"[{re.escape(member) if len(member) == 1 else member}]", alphabet):
            raise _unknown(token, member, alphabet)
    if not (matched := _matching(atom, alphabet)):
        raise _unknown(token, atom, alphabet)
    return matched


@lru_cache(maxsize=1024)
def _matching(atom: str, alphabet: str) -> frozenset[int]:
    """The classes whose characters an atom matches."""
    return frozenset(k for k, character in enumerate(alphabet) if re.fullmatch(atom, character))


def _refused(token: re.Match[str], why: str) -> ArgumentError:
    """The error about a token that is not offered."""
    return ArgumentError(f"has {shown(token[0])} at character {token.start() + 1}, which cannot be used: {why}")


def _unknown(token: re.Match[str], what: str, alphabet: str) -> ArgumentError:
    """The error about an atom, or a member of one, that no character of the alphabet matches."""
    return ArgumentError(
        f"has {shown(what)} at character {token.start() + 1}, which is no character of the alphabet {shown(alphabet)}"
    )


def _tree(text: str) -> Any:
    """Parse an expression whose atoms are single characters."""
    try:
        return greenery.parse(text)
    except RecursionError:
        raise ArgumentError("has too many parentheses in each other") from None


def longest_of(tree: Any) -> float:
    """The length of the longest strings, perhaps infinite, that a tree of greenery's matches."""
    if isinstance(tree, greenery.Pattern):
        return max(longest_of(each) for each in tree.concs)
    if isinstance(tree, Conc):
        return sum(longest_of(each) for each in tree.mults)
    if not isinstance(tree, Mult):
        return 1
    length, most = longest_of(tree.multiplicand), tree.multiplier.max.v
    return length * (math.inf if most is None else most) if length and most != 0 else 0
