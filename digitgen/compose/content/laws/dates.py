"""Dates, written in one format or in several."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from digitgen.alphabet import DIGITS
from digitgen.checks import plain
from digitgen.compose.content.law import Key
from digitgen.compose.content.mixture import Mixture
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.table import Table
from digitgen.compose.content.weights import check_weights
from digitgen.errors import ArgumentError
from digitgen.format import MAX_LENGTH
from digitgen.messages import shown

_TOKENS: Final = {
    "YYYY": ("year", 4),
    "YY": ("year", 2),
    "MM": ("month", 2),
    "M": ("month", 0),
    "DD": ("day", 2),
    "D": ("day", 0),
}
"""The part of a date that a token stands for, and the number of its digits; 0 for no leading zero."""
_PARTS: Final = re.compile("YYYY|YY|MM|DD|M|D|.", re.DOTALL)
_FORMAT: Final = "YYYY or YY, MM or M, DD or D, and characters of the alphabet, such as DDMMYYYY"


@dataclass(frozen=True)
class Dates(Mixture):
    """Dates, each day as likely as any other.

    Days are those of the Gregorian calendar, also before there was one.

    Attributes
    ----------
    dates : (str, str)
        The first and the last day, as ISO 8601 writes them, such as 2000-01-31; from the year 1 to 9999.
    format : str or mapping of str to float, default "DDMMYYYY"
        What is written: YYYY or YY for the year, MM for the month or M without a leading zero, DD or D for the day;
        anything else stands for itself. Or the weight of each of several formats.

    Raises
    ------
    ArgumentError
        If there is no such day, none at all, or a format has no part of a date or a character that the alphabet lacks.

    Examples
    --------
    >>> law = Dates(("2024-02-01", "2024-02-29"), "YYMMDD")
    >>> law.size, law.lengths
    (29, {6: 1.0})
    """

    dates: Annotated[
        tuple[str, str],
        Key(
            "The first and the last day, such as [2000-01-01, 2030-12-31]; each day is as likely.",
            schema={"type": "array", "items": {"type": "string", "format": "date"}, "minItems": 2, "maxItems": 2},
        ),
    ]
    format: Annotated[
        str | Mapping[str, float],
        Key(
            f"How dates are written: {_FORMAT}. Or the weight of each of several formats.",
            schema={
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "propertyNames": {"title": "format"},
                        "additionalProperties": {"title": "weight", "type": "number", "minimum": 0},
                    },
                ],
            },
        ),
    ] = "DDMMYYYY"

    words = "those of the dates"

    def __post_init__(self) -> None:
        given = plain(self.dates)
        if not isinstance(given, list | tuple) or len(given) != 2:
            raise ArgumentError(f"must be two days, such as [2000-01-01, 2030-12-31]; got {shown(given)}", "dates")
        first, last = (_day(each, index) for index, each in enumerate(given))
        if first > last:
            raise ArgumentError(f"the first day, {first}, is after the last, {last}", "dates")
        object.__setattr__(self, "dates", (first.isoformat(), last.isoformat()))
        wanted = plain(self.format)
        if isinstance(wanted, str):
            _check_format(wanted, self.alphabet, "format")
        elif isinstance(wanted, Mapping):
            for each in wanted:
                _check_format(each, self.alphabet, "format", str(each))
            wanted = check_weights(wanted, "format")
        else:
            raise ArgumentError(f"must be text, such as DDMMYYYY, or weights of such; got {shown(wanted)}", "format")
        object.__setattr__(self, "format", wanted)
        self.components  # noqa: B018  (so that errors come now)

    @property
    def _formats(self) -> dict[str, float]:
        """The weight of each format."""
        return dict(self.format) if isinstance(self.format, Mapping) else {self.format: 1.0}

    @property
    def weights(self) -> tuple[float, ...]:
        """The weight of each format."""
        return tuple(self._formats.values())

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """All dates, in each of the formats; a string that stands for several days counts as often."""
        first, last = (np.datetime64(each, "D") for each in self.dates)
        days = np.arange(first, last + 1)
        months = days.astype("datetime64[M]")
        parts = {
            "year": days.astype("datetime64[Y]").astype(np.int16) + np.int16(1970),
            "month": (months.astype(np.int64) % 12 + 1).astype(np.int16),
            "day": (days - months.astype("datetime64[D]")).astype(np.int16) + np.int16(1),
        }
        return tuple(self._table(each, parts) for each in self._formats)

    def _table(self, wanted: str, parts: Mapping[str, NDArray[np.int16]]) -> Table:
        """The dates in one format."""
        digit_classes = np.array([self.alphabet.find(digit) for digit in DIGITS], np.int16)
        columns: list[NDArray[np.int16]] = []
        for token in _PARTS.findall(wanted):
            if token not in _TOKENS:
                columns.append(np.full(len(parts["year"]), self.alphabet.index(token), np.int16))
                continue
            name, width = _TOKENS[token]
            for place in range((width or 2) - 1, -1, -1):
                digits = parts[name] // np.int16(10**place) % np.int16(10)
                classes = digit_classes[digits]
                if len(missing := digits[classes < 0]):
                    raise ArgumentError(f"these need the digit {missing[0]}, which the alphabet lacks", "dates")
                columns.append(
                    np.where(parts[name] < 10, np.int16(-1), classes) if place == 1 and not width else classes
                )
        labels = np.stack(columns, axis=1)
        there = labels >= 0
        return Table.of(there.sum(axis=1), labels[there].astype(np.uint8), len(self.alphabet))


def _day(value: object, index: int) -> date:
    """Check a day."""
    if isinstance(value, date):
        value = value.isoformat()[:10]
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ArgumentError(f"must be a real day from 0001-01-01 to 9999-12-31; got {shown(value)}", "dates", index)


def _check_format(value: object, alphabet: str, *key: str) -> None:
    """Check a format."""
    if not isinstance(value, str):
        raise ArgumentError(f"must be text: {_FORMAT}; got {shown(value)}", *key)
    tokens = _PARTS.findall(value)
    dated = [token for token in tokens if token in _TOKENS]
    if wrong := [token for token in tokens if token not in dated and token not in alphabet]:
        raise ArgumentError(
            f"has {shown(wrong[0])}, which is no character of the alphabet; a format has {_FORMAT}", *key
        )
    if not dated:
        raise ArgumentError(f"has no part of a date; it has {_FORMAT}; got {shown(value)}", *key)
    if sum(len(token) for token in tokens) > MAX_LENGTH:
        raise ArgumentError(f"is too long; an image has at most {MAX_LENGTH} digits", *key)
