"""Refuse arguments of the wrong type in words that say what came and what is allowed.

A scalar of numpy, or an array of one item without a dimension, is taken where the Python value that it equals is, and
an array with one dimension where a list is.
"""

import errno
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from digitgen.errors import ArgumentError
from digitgen.messages import Say, did_you_mean, one_line, shown, with_type

AnyPath = str | os.PathLike[str]
"""The path of a file or folder, as a caller may give it."""


def plain(value: object) -> Any:
    """Turn a scalar of numpy into the Python value that it equals, and an array of one dimension into a list.

    Parameters
    ----------
    value : object
        The value that came.

    Returns
    -------
    object
        The plain value; `value` itself if it is anything else.
    """
    if isinstance(value, np.floating):
        return float(value)  # which those of more bits than Python's do not become by themselves
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim < 2):
        return value.tolist()
    return value


def plain_tree(value: object, depth: int = 20) -> Any:
    """Turn all scalars and arrays of numpy in mappings, lists and tuples into plain values, as `plain` does.

    Parameters
    ----------
    value : object
        The value that came.
    depth : int, default 20
        How many levels to go down; anything below is left as it is.

    Returns
    -------
    object
        A copy of plain values; lists stay lists, and tuples stay tuples.
    """
    value = plain(value)
    if depth and isinstance(value, Mapping):
        return {plain(key): plain_tree(each, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, list | tuple):
        items = [plain_tree(each, depth - 1) for each in value]
        return tuple(items) if isinstance(value, tuple) else items
    return value


def choose(name: str, value: object, allowed: Collection[str]) -> str:
    """Refuse a value that is not one of the allowed words.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came.
    allowed : collection of str
        The words that are allowed.

    Returns
    -------
    str
        The word.

    Raises
    ------
    ArgumentError
        If `value` is not one of them; the message adds the closest word.
    """
    word = plain(value)
    if problem := unknown_word(word, allowed):
        raise ArgumentError(f"{name} {problem}")
    return str(word)


def unknown_word(value: object, allowed: Collection[str]) -> str | None:
    """Say that a value is not one of the allowed words, and which one may be meant.

    Parameters
    ----------
    value : object
        The value that came.
    allowed : collection of str
        The words that are allowed.

    Returns
    -------
    str or None
        The rest of a sentence that begins with the argument's name; None if the value is allowed.
    """
    if isinstance(value, str) and value in allowed:
        return None
    return f"must be one of {', '.join(allowed)}; got {shown(value)}{did_you_mean(str(value), allowed, listed=False)}"


def check_integer(name: str, value: object, *, least: int | None = None, below: int | None = None) -> int:
    """Refuse a value that is not an integer, or not within bounds; True and False are not.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came.
    least : int, optional
        Least number that is allowed.
    below : int, optional
        Number that is too large already; goes with `least`.

    Returns
    -------
    int
        The value; a numpy integer becomes one of Python's.

    Raises
    ------
    ArgumentError
        If `value` is of another type or out of bounds.
    """
    number = plain(value)
    if isinstance(number, bool) or not isinstance(number, int):
        raise ArgumentError(f"{name} must be an integer; got {with_type(value)}")
    if least is not None and (number < least or (below is not None and number >= below)):
        wanted = f"{least} or more" if below is None else f"at least {least} and less than {below}"
        raise ArgumentError(f"{name} must be {wanted}; got {shown(number)}")
    return int(number)


def check_flag(name: str, value: object) -> bool:
    """Refuse a value that is not True or False: a text such as "no" would mean True.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came.

    Returns
    -------
    bool
        The value; one of numpy becomes Python's.

    Raises
    ------
    ArgumentError
        If `value` is of another type.
    """
    flag = plain(value)
    if not isinstance(flag, bool):
        raise ArgumentError(f"{name} must be True or False; got {with_type(value)}")
    return flag


def check_word(name: str, value: object) -> str:
    """Refuse a value that is not text.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came.

    Returns
    -------
    str
        The text; a string of numpy becomes one of Python's.

    Raises
    ------
    ArgumentError
        If `value` is of another type.
    """
    text = plain(value)
    if not isinstance(text, str):
        raise ArgumentError(f"{name} must be text; got {with_type(value)}")
    return str(text)


def check_words(name: str, value: object) -> list[str]:
    """Refuse a value that is not a list of texts: one text by itself would be taken letter by letter.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came: a list, a tuple, or an array of strings.

    Returns
    -------
    list of str
        The texts.

    Raises
    ------
    ArgumentError
        If `value` is anything else.
    """
    words = plain(value)
    if not isinstance(words, list | tuple) or not all(isinstance(plain(word), str) for word in words):
        raise ArgumentError(f"{name} must be a list of texts; got {with_type(value)}")
    return [str(plain(word)) for word in words]


def check_path(name: str, value: object) -> Path:
    """Refuse a value that cannot be the path of a file or folder; whether there is one is not looked at.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came: text, or anything that has a path as `os.PathLike`.

    Returns
    -------
    Path
        The path.

    Raises
    ------
    ArgumentError
        If `value` is of another type, is empty, or has what no path can have.
    """
    text = plain(os.fspath(value) if isinstance(value, os.PathLike) else value)
    if not isinstance(text, str) or not text:
        raise ArgumentError(f"{name} must name a file or folder; got {with_type(value)}")
    try:
        os.lstat(text)
    except ValueError as error:  # a zero byte, or half a character
        raise ArgumentError(f"{name} must name a file or folder; got {shown(text)}: {one_line(str(error))}") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ArgumentError(f"{name} must name a file or folder; got {shown(text)}: {error.strerror}") from None
    return Path(text)


def check_say(value: object) -> Say:
    """Refuse a value that cannot be told anything.

    Parameters
    ----------
    value : object
        The value that came as `say`: something that can be called with a line of text.

    Returns
    -------
    callable
        The value.

    Raises
    ------
    ArgumentError
        If it cannot be called.
    """
    if not callable(value):
        raise ArgumentError(f"say must be a function that takes a line of text, such as print; got {with_type(value)}")
    return value


def check_range(name: str, value: object) -> tuple[int, int]:
    """Refuse a value that is not two integers.

    Parameters
    ----------
    name : str
        Name of the argument; the message names it.
    value : object
        The value that came.

    Returns
    -------
    (int, int)
        Minimum and maximum, in the order in which they came.

    Raises
    ------
    ArgumentError
        If `value` is not a list, tuple or array of two integers.
    """
    ends = list(value) if isinstance(value, np.ndarray) and value.ndim == 1 else value
    if not isinstance(ends, list | tuple) or len(ends) != 2:
        raise ArgumentError(f"{name} must be (minimum, maximum), two integers; got {shown(value)}")
    low, high = ends
    return check_integer(f"the minimum of {name}", low), check_integer(f"the maximum of {name}", high)
