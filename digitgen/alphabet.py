"""Alphabets: the characters that classes stand for. Class k is written as the character at place k."""

from collections import Counter
from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import Any, Final

from numpy.typing import NDArray

from digitgen.checks import plain
from digitgen.errors import ArgumentError
from digitgen.messages import shown

DIGITS: Final = "0123456789"
"""The alphabet of digits, which everything has that says nothing of another."""

MAX_CLASSES: Final = 256
"""Most characters of an alphabet: what a byte can tell apart."""

_INT8_CLASSES: Final = 128


def no_characters(value: object) -> str | None:
    """Say why a value does not name a printable character for each of 1 to 256 labels.

    Parameters
    ----------
    value : object
        The value that came.

    Returns
    -------
    str or None
        The rest of a sentence that begins with the value's name; None if it does.
    """
    if not isinstance(value, str):
        return f'must be text in quotes, such as "0123456789ABCDEF"; got {shown(value)}'
    if not 1 <= len(value) <= MAX_CLASSES:
        return f"must have from 1 to {MAX_CLASSES} characters; got {len(value)}"
    wrong = next((each for each in value if not each.isprintable()), None)
    return None if wrong is None else f"has {wrong!a}, which cannot be printed"


def no_alphabet(value: object) -> str | None:
    """Say why a value is no alphabet: distinct printable characters, 1 to 256 of them.

    Parameters
    ----------
    value : object
        The value that came.

    Returns
    -------
    str or None
        The rest of a sentence that begins with the value's name; None if it is an alphabet.
    """
    if (problem := no_characters(value)) or not isinstance(value, str):
        return problem
    twice, times = Counter(value).most_common(1)[0]
    return f"has {shown(twice)} {times} times; each character stands for one class" if times > 1 else None


def check_alphabet(name: str, value: object) -> str:
    """Refuse a value that is no alphabet.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came.

    Returns
    -------
    str
        The alphabet.

    Raises
    ------
    ArgumentError
        If `value` is anything else.
    """
    text = plain(value)
    if problem := no_alphabet(text):
        raise ArgumentError(f"{name} {problem}")
    return str(text)


def noun(alphabet: str) -> str:
    """Name what images have one of beside the other: a digit, or in other alphabets a character."""
    return "digit" if alphabet == DIGITS else "character"


def named(alphabet: str, place: int) -> str:
    """Name a class.

    Parameters
    ----------
    alphabet : str
        The character of each class.
    place : int
        The class, its place in the alphabet.

    Returns
    -------
    str
        Words such as ``the digit 7``, or in other alphabets ``the character 'A'``.
    """
    return f"the {noun(alphabet)} {alphabet[place] if alphabet == DIGITS else shown(alphabet[place])}"


def label_dtype(classes: int) -> str:
    """Name the smallest signed type for labels from -1, the padding, to the last class, as numpy spells it."""
    return "|i1" if classes <= _INT8_CLASSES else "<i2"


def text_of(alphabet: str, classes: Iterable[int]) -> str:
    """Write classes as text.

    Parameters
    ----------
    alphabet : str
        The character of each class.
    classes : iterable of int
        The classes, their places in the alphabet.

    Returns
    -------
    str
        A character for each.
    """
    return "".join(alphabet[each] for each in classes)


def texts_of(alphabet: str, classes: NDArray[Any], lengths: NDArray[Any]) -> list[str]:
    """Write many sequences as text.

    Parameters
    ----------
    alphabet : str
        The character of each class.
    classes : ndarray
        (P,) integers: the classes, one sequence after the other.
    lengths : ndarray
        (N,) integers: number of classes of each sequence; P is their sum.

    Returns
    -------
    list of str
        The text of each sequence.
    """
    whole = text_of(alphabet, classes.tolist())
    return [whole[start:end] for start, end in pairwise(accumulate(lengths.tolist(), initial=0))]
