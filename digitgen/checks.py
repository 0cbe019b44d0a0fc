"""Refuse arguments of the wrong type in words that say what came and what is allowed."""

from collections.abc import Collection

import numpy as np

from digitgen.errors import ArgumentError
from digitgen.messages import did_you_mean, shown


def choose(name: str, value: object, allowed: Collection[str]) -> None:
    """Refuse a value that is not one of the allowed words.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came.
    allowed : collection of str
        The words that are allowed.

    Raises
    ------
    ArgumentError
        If `value` is not one of them; the message adds the closest word.
    """
    if problem := unknown_word(value, allowed):
        raise ArgumentError(f"{name} {problem}")


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


def check_integer(name: str, value: object) -> int:
    """Refuse a value that is not an integer; True and False are not.

    Parameters
    ----------
    name : str
        Name of the argument; the message begins with it.
    value : object
        The value that came.

    Returns
    -------
    int
        The value; a numpy integer becomes one of Python's.

    Raises
    ------
    ArgumentError
        If `value` is of another type.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"{name} must be an integer; got {value!r} ({type(value).__name__})")
    return int(value)


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
    if not isinstance(value, list | tuple | np.ndarray) or np.shape(value) != (2,):
        raise ArgumentError(f"{name} must be (minimum, maximum), two integers; got {value!r}")
    low, high = value
    return check_integer(f"the minimum of {name}", low), check_integer(f"the maximum of {name}", high)
