"""What an error says, for tests that go through a table of mistakes."""

from collections.abc import Callable
from typing import Any

from digitgen.errors import DigitgenError


def message_of(call: Callable[..., object], *arguments: Any, **options: Any) -> str:
    """The message that a call is refused with, so that a test can compare it; "no error" if it is not refused."""
    try:
        call(*arguments, **options)
    except DigitgenError as error:
        return str(error)
    return "no error"
