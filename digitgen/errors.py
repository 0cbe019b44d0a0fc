"""The one family of errors that digitgen raises on purpose.

Every message says what was expected, what came and what to do about it, on one line.
"""

from typing import Self

from digitgen.messages import brief, one_line


class DigitgenError(Exception):
    """Anything that digitgen refuses or fails to do."""

    exit_code = 1
    """The exit code of the command line."""


class ArgumentError(DigitgenError, ValueError):
    """An argument that no call could honour: wrong digits, an impossible width, an unknown option.

    Parameters
    ----------
    message : str
        Says what is wrong with the argument.
    *key : str or int
        Names and indices that lead to the wrong part of an argument that has parts, from outside in. They stand
        before the message.
    """

    exit_code = 2

    def __init__(self, message: str, *key: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.key = key

    def __str__(self) -> str:
        dotted = ".".join(one_line(brief(str(part))) for part in self.key)
        return f"{dotted}: {self.message}" if dotted else self.message

    def within(self, *key: str | int) -> Self:
        """Make the error that a caller raises who has this argument under a key."""
        return type(self)(self.message, *key, *self.key)


class ConfigError(DigitgenError):
    """A configuration file or override that cannot be accepted.

    Parameters
    ----------
    message : str
        Says what is wrong, and where; a line for each thing.
    *key : str or int
        Names and indices that lead to what is to be changed, for a program that can show it; empty if not known.
    """

    exit_code = 2

    def __init__(self, message: str, *key: str | int) -> None:
        super().__init__(message)
        self.key = key


class SourceError(DigitgenError):
    """Handwritten digits that cannot be had, or files that are not what they claim to be."""


class PluginError(DigitgenError):
    """A package that adds sources or steps, and is missing or does not work."""


class DatasetError(DigitgenError):
    """A dataset folder that is absent, not what was asked for, or in the way."""


class NothingMeasuredError(DatasetError):
    """A collection of crops none of which can be measured."""


class DamageError(DatasetError):
    """A dataset that is unfinished or damaged."""

    exit_code = 3


class PredictionError(DigitgenError):
    """A file of predictions, or of writers, that is not what it should be."""


class BuildError(DigitgenError):
    """A build that could not be finished."""


class ExportError(DigitgenError):
    """An export that could not be finished."""


class ChangedError(DigitgenError):
    """A file that somebody else has changed since it was read."""


class LockedError(DigitgenError):
    """A dataset folder that another build is writing to."""

    exit_code = 75
