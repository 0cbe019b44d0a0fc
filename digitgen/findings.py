"""Pydantic's findings in our words: an `ArgumentError` for each, with the key that it is about."""

from collections.abc import Iterable

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from digitgen.errors import ArgumentError
from digitgen.messages import one_line, shown


class WrongKeyError(ArgumentError):
    """An error in a key itself, and not in what stands under it."""


def findings(error: ValidationError) -> list[ArgumentError]:
    """Say what is wrong, in the order in which it was found, and nothing twice.

    Errors that our own rules raised are kept as they are; the others keep pydantic's words.

    Parameters
    ----------
    error : pydantic.ValidationError
        The error as it was caught.

    Returns
    -------
    list of ArgumentError
        At least one.
    """
    found = map(_finding, error.errors(include_url=False))
    return list({str(each): each for each in found}.values())


def refused(found: Iterable[ArgumentError]) -> ValidationError:
    """Make the error that a validator raises if it finds several things wrong."""
    return ValidationError.from_exception_data(
        "", [{"type": "value_error", "loc": (), "input": None, "ctx": {"error": each}} for each in found]
    )


def _finding(details: ErrorDetails) -> ArgumentError:
    """Turn one finding into an error of ours."""
    key, cause = details["loc"], details.get("ctx", {}).get("error")
    if isinstance(cause, ArgumentError):
        found = cause
    elif details["type"] == "missing":
        found = ArgumentError("is missing")
    elif details["type"] == "extra_forbidden":
        found = WrongKeyError("unknown key")
    else:
        said = details["msg"].removeprefix("Value error, ")
        quotes = details["type"] == "string_type" and isinstance(details["input"], bool | int | float)
        what = f"{said[0].lower()}{said[1:]}; got {shown(details['input'])}{'; put it in quotes' * quotes}"
        found = ArgumentError(one_line(what))
    if key[-1:] == ("[key]",):  # pydantic's mark of what is wrong with the key of a dictionary
        found, key = WrongKeyError(found.message), key[:-1]
    return found.within(*key)
