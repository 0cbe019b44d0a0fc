"""What errors say, for tests that go through many cases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from digitgen.errors import DigitgenError


def message_of(call: Callable[..., object], *arguments: Any, **options: Any) -> str:
    """The message that a call is refused with, so that a test can compare it; "no error" if it is not refused."""
    try:
        call(*arguments, **options)
    except DigitgenError as error:
        return str(error)
    return "no error"


@contextmanager
def naming(case: object) -> Iterator[None]:
    """Name the case in whatever fails inside."""
    try:
        yield
    except BaseException as error:  # also that nothing was raised, which pytest tells by no Exception
        error.add_note(f"in the case {case}")
        raise
