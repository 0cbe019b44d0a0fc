"""Refuse arguments of the wrong type in words that say what came and what is allowed."""

from collections.abc import Collection

import numpy as np

from digitgen.errors import ArgumentError
from digitgen.messages import did_you_mean, shown


def choose(name: str, value: object, allowed: Collection[str]) -> None:
    """Refuse a value that is not among the allowed words."""
    if problem := unknown_word(value, allowed):
        raise ArgumentError(f"{name} {problem}")


def unknown_word(value: object, allowed: Collection[str]) -> str | None:
    """Say that a value is not among the allowed words, and which may be meant; None if it is."""
    if isinstance(value, str) and value in allowed:
        return None
    return f"must be one of {', '.join(allowed)}; got {shown(value)}{did_you_mean(str(value), allowed, listed=False)}"


def check_integer(name: str, value: object) -> int:
    """Refuse what is no integer, a truth value included."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"{name} must be an integer; got {value!r} ({type(value).__name__})")
    return int(value)


def check_range(name: str, value: object) -> tuple[int, int]:
    """Refuse what is not two integers."""
    if not isinstance(value, list | tuple | np.ndarray) or np.shape(value) != (2,):
        raise ArgumentError(f"{name} must be (minimum, maximum), two integers; got {value!r}")
    low, high = value
    return check_integer(f"the minimum of {name}", low), check_integer(f"the maximum of {name}", high)
