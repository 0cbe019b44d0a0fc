"""Dates: every day is as likely as any other, in each format."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from digitgen.compose.content.laws.dates import Dates
from digitgen.errors import ArgumentError
from tests.compose.content.sets.test_table import split
from tests.reference import assert_follows

FORMATS = ["DDMMYYYY", "YYYYMMDD", "YYMMDD", "MMYY", "DMYY"]


def days(first: str, last: str) -> list[date]:
    begun, ended = date.fromisoformat(first), date.fromisoformat(last)
    return [begun + timedelta(days=k) for k in range((ended - begun).days + 1)]


def written_as(day: date, form: str) -> str:
    """A date in a format."""
    year = f"{day.year:04}"
    return (
        form.replace("YYYY", year)
        .replace("YY", year[2:])
        .replace("MM", f"{day.month:02}")
        .replace("DD", f"{day.day:02}")
        .replace("M", str(day.month))
        .replace("D", str(day.day))
    )


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "ends", [("2023-11-20", "2024-03-05"), ("1899-12-30", "1900-03-02"), ("0001-01-01", "0001-01-31")]
)
def test_a_string_is_as_likely_as_there_are_days_that_are_written_so(ends: tuple[str, str], form: str) -> None:
    law = Dates(ends, form)
    written = Counter(written_as(each, form) for each in days(*ends))
    listed = law.listed(10_000)
    assert listed is not None
    texts = split(listed.unrank(np.arange(listed.size)))
    weights = np.ones(listed.size) if listed.weights is None else listed.weights
    shares = dict(zip(texts, (weights / weights.sum() * written.total()).round(6).tolist(), strict=True))
    assert shares == written


def test_formats_are_as_likely_as_they_are_weighted() -> None:
    law = Dates(("2024-05-01", "2024-05-02"), {"DDMMYY": 3, "DD.MM.": 1}, alphabet="0123456789.")
    lengths, digits = law.sample(np.random.default_rng(1), 20_000)
    texts = ["".join(law.alphabet[k] for k in each) for each in np.split(digits, np.cumsum(lengths)[:-1])]
    expected = {"010524": 3, "020524": 3, "01.05.": 1, "02.05.": 1}
    assert_follows(texts, {text: Fraction(weight, 8) for text, weight in expected.items()})


def test_dates_may_span_centuries() -> None:
    law = Dates(("1583-01-01", "2082-12-31"))
    assert law.size == 5 * 36_524 + 2  # 1600 and 2000 have a day more than other ends of centuries
    assert law.lengths == {8: 1.0}
    assert Dates(("9999-12-01", "9999-12-31"), "YYYYMMDD").size == 31


def test_days_may_be_dates_of_python() -> None:
    assert Dates((date(2024, 1, 1), date(2024, 1, 31))).size == 31  # type: ignore[arg-type]


def test_an_alphabet_needs_no_more_digits_than_the_dates_have() -> None:
    assert Dates(("2020-02-02", "2020-02-02"), "DDMM", alphabet="02").size == 1


@pytest.mark.parametrize(
    ("dates", "form", "words"),
    [
        ("2024-01-01", "DDMM", "dates: must be two days, such as [2000-01-01, 2030-12-31]; got '2024-01-01'"),
        (("2024-01-01",), "DDMM", "dates: must be two days, such as [2000-01-01, 2030-12-31]; got ('2024-01-01',)"),
        (
            ("2024-01-01", "2024-02-30"),
            "DDMM",
            "dates.1: must be a real day from 0001-01-01 to 9999-12-31; got '2024-02-30'",
        ),
        (
            ("20240101", "2024-02-03"),
            "DDMM",
            "dates.0: must be a real day from 0001-01-01 to 9999-12-31; got '20240101'",
        ),
        ((2024, "2024-02-03"), "DDMM", "dates.0: must be a real day from 0001-01-01 to 9999-12-31; got 2024"),
        (("2024-02-01", "2024-01-31"), "DDMM", "dates: the first day, 2024-02-01, is after the last, 2024-01-31"),
        (("2024-02-01", "2024-02-02"), 5, "format: must be text, such as DDMMYYYY, or weights of such; got 5"),
        (("2024-02-01", "2024-02-02"), {}, "format: must have a weight above 0; got {}"),
        (("2024-02-01", "2024-02-02"), {"DD": "1"}, "format.DD: must be a weight, a number from 0 to 1e+100; got '1'"),
        (
            ("2024-02-01", "2024-02-02"),
            "DD.MM",
            "format: has '.', which is no character of the alphabet; a format has YYYY or YY, MM or M, DD or D, and "
            "characters of the alphabet, such as DDMMYYYY",
        ),
        (
            ("2024-02-01", "2024-02-02"),
            "Y",
            "format: has 'Y', which is no character of the alphabet; a format has YYYY",
        ),
        (("2024-02-01", "2024-02-02"), {"DD": 1, "": 1}, "format.: has no part of a date; it has YYYY or YY"),
        (("2024-02-01", "2024-02-02"), "DD" * 128, "format: is too long; an image has at most 255 digits"),
    ],
)
def test_what_are_no_dates_is_refused(dates: Any, form: Any, words: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Dates(dates, form)
    assert str(caught.value).startswith(words)


def test_a_digit_that_the_alphabet_lacks_is_told() -> None:
    with pytest.raises(ArgumentError, match="dates: these need the digit 2, which the alphabet lacks"):
        Dates(("2020-02-02", "2020-02-02"), "YYYY", alphabet="01")
