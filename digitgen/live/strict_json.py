"""JSON as it comes from the page, and as it goes there: nothing that other readers would take for something else."""

import json
import math
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from digitgen.errors import ArgumentError
from digitgen.messages import shown

MOST_BYTES: Final = 256 * 1024
"""Most bytes of a request."""
MOST_DEPTH: Final = 32
"""Most objects and lists in each other. A recipe has some ten."""


def read_object(data: bytes) -> dict[str, Any]:
    """Read an object of JSON.

    Parameters
    ----------
    data : bytes
        The text in UTF-8.

    Returns
    -------
    dict
        What it says.

    Raises
    ------
    ArgumentError
        If it is no JSON, is no object, is too deep, has a key twice, or a number or text that cannot be kept.
    """
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number, parse_float=_number
        )
    except RecursionError:
        raise ArgumentError(_TOO_DEEP) from None
    except ValueError as error:  # also of letters that are no UTF-8, and of integers without end
        raise ArgumentError(f"a request must be JSON: {error}") from None
    if not isinstance(value, dict):
        raise ArgumentError(f"a request must be an object of JSON; got {shown(value)}")
    _check(value)
    return value


_TOO_DEEP: Final = f"a request may have at most {MOST_DEPTH} objects and lists in each other"


def _check(value: object) -> None:
    """Refuse what is too deep, and texts with half a character, which no file could hold."""
    level: list[object] = [value]
    for _ in range(MOST_DEPTH):
        level = [part for each in level for part in _parts(each)]
        for text in (each for each in level if isinstance(each, str) and not each.isascii()):
            if any("\ud800" <= letter <= "\udfff" for letter in text):
                raise ArgumentError(f"a request must be text; half a character stands in {shown(text)}")
    if any(isinstance(each, dict | list) for each in level):
        raise ArgumentError(_TOO_DEEP)


def _parts(value: object) -> Iterable[object]:
    """List the parts of an object or a list, keys too."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, unless a key is there twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is there twice")
    return made


def _number(text: str) -> float:
    """Read a number, unless it is too large to be one."""
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    """Refuse what is no number of JSON."""
    raise ValueError(f"{shown(text)} is no number")
