"""The manners of a command at its terminal: streams that work, messages on one line, an orderly end."""

import codecs
import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator
from typing import NoReturn

from digitgen.messages import one_line


class TerminatedError(KeyboardInterrupt):
    """SIGTERM, which ends a command in the same orderly way as Ctrl-C."""


_came: list[int] = []
"""The signal that ended the command, once it has."""


def handle_signals() -> None:
    """Have SIGINT and SIGTERM end the command by an exception, unless they are ignored, as under nohup."""
    _came.clear()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """Let nothing interrupt the rest, which takes a moment only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _interrupt(number: int, _: object) -> NoReturn:
    """End the command; a second signal finds it tidying up already, which takes a moment only."""
    ignore_signals()
    _came.append(number)
    raise TerminatedError if number == signal.SIGTERM else KeyboardInterrupt


def was_interrupted() -> int | None:
    """Give the exit code, 130 or 143, if a signal has ended the command, even if a library replaced the exception."""
    return 128 + _came[0] if _came else None


def prepare_streams() -> None:
    """Have both streams though one may be closed, and let stdout take names of files that are no text."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115
    codecs.register_error("digitgen", _encode_anything)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="digitgen")


def _encode_anything(error: UnicodeError) -> tuple[str | bytes, int]:
    """Print the bytes of names that are no text as they are, and escape what the terminal's encoding does not have."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)


@contextlib.contextmanager
def results() -> Iterator[None]:
    """Write what the block prints to stdout by its end, where a failure can still be told."""
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except OSError:  # Python would try again when it ends, and complain in its own words
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise


@contextlib.contextmanager
def quiet(*, enough: bool) -> Iterator[None]:
    """Keep what is no result and no error from stderr, progress bars too, if that is wanted.

    Parameters
    ----------
    enough : bool
        Whether results and errors are enough.
    """
    if not enough:
        yield
        return
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
        yield


def tell(line: str) -> None:
    """Print a line of a result that may quote a stranger's folder: what would command the terminal is escaped."""
    print(one_line(line))


def say(line: str) -> None:
    """Tell the user something that is not a result."""
    with contextlib.suppress(OSError):  # nobody can be told
        print(f"digitgen: {one_line(line)}", file=sys.stderr, flush=True)
