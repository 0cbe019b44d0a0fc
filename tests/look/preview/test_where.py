"""Conditions: read as Python, never run as Python."""

import re

import numpy as np

from digitgen.look.preview.where import parse_condition
from tests.errors import message_of, naming

KNOWN: dict[str, type] = {"length": float, "text": str, "gap_min": float, "rotate": float, "rotate.angle": float}
COLUMNS = {
    "length": np.array([1, 5, 3], np.uint8),
    "text": np.array(["7", "12345", "474"]),
    "gap_min": np.array([np.nan, -2, 4]),
    "rotate": np.array([True, False, True]),
    "rotate.angle": np.array([0.25, np.nan, -0.5]),
}


def test_a_condition_picks_the_images_that_meet_it() -> None:
    cases: list[tuple[str, list[int]]] = [
        ("length == 5", [1]),
        ("length==5 or length == 1", [0, 1]),
        ("1 < length <= 5", [1, 2]),
        ("3 <= length", [1, 2]),
        ("not length == 5", [0, 2]),
        ("length in (1, 3)", [0, 2]),
        ("length not in [1, 3]", [1]),
        ("length in ()", []),
        ("'47' in text", [2]),
        ("'47' not in text", [0, 1]),
        ("text == '7'", [0]),
        ("text", [0, 1, 2]),
        ("gap_min < 0 and length > 3", [1]),
        ("gap_min >= -2.5", [1, 2]),
        ("gap_min", [1, 2]),
        ("rotate", [0, 2]),
        ("rotate == True", [0, 2]),
        ("rotate.angle > 0", [0]),
        ("not (rotate.angle > 0 or length == 3)", [1]),
        ("1 == 1", [0, 1, 2]),
        ("  length == 5\n", [1]),
    ]
    for text, expected in cases:
        with naming((text, expected)):
            found = parse_condition(text, KNOWN)(COLUMNS, 3)
            assert found.dtype == bool
            assert np.flatnonzero(found).tolist() == expected


def test_a_condition_names_what_it_needs() -> None:
    assert parse_condition("length == 5 and rotate.angle > 0", KNOWN).names == {"length", "rotate.angle"}


REFUSED = (
    ("lenght == 5", "lenght is not known; did you mean length.$"),
    ("rotate.angel > 0", r"rotate.angel is not known; did you mean rotate.angle\?"),
    ("length = 5", "cannot be read: "),
    ("", "cannot be read: "),
    ("length ==", "cannot be read: "),
    ("length == '5'", "length and '5' cannot be compared: one is a number, the other text"),
    ("5 in length", "in takes several values, as in length"),
    ("text in (1, 2)", "text and 1 cannot be compared"),
    ("__import__('os')", "is not understood; use names, numbers"),
    ("length.__class__ == 5", "length.__class__ is not known; allowed: length, text, gap_min, rotate, "),
    ("(lambda: 1)() == 1", "is not understood"),
    ("length + 1 == 5", "'length . 1' is not understood"),
    ("[each for each in text]", "is not understood"),
    ("length is 5", "is not understood"),
    ("length == None", "'None' is not understood"),
    ("f'{text}' == '7'", "is not understood"),
    ("text[0] == '7'", "is not understood"),
    ("5", "'5' is not understood"),
    ("(" * 300 + "length" + ")" * 300, "cannot be read: "),
    ("length == 5" + " " * 1000, "takes at most 1000 characters; got 1,011"),
    ("a\0b", "cannot be read: "),
    ("half \ud800 == 5", "cannot be read: "),
    ("length == " + "9" * 400, r"--where 'length == 9+\.\.\.': 9+\.\.\.9+ is too large a number"),
    ("length in (1, -" + "9" * 400 + ")", "is too large a number"),
)


def test_anything_else_is_refused_in_one_line() -> None:
    for text, message in REFUSED:
        told = message_of(parse_condition, text, KNOWN)
        assert re.search(message, told) and "\n" not in told, (text, told)


def test_a_deep_condition_is_still_read() -> None:
    assert parse_condition("not " * 240 + "length == 5", KNOWN)(COLUMNS, 3).tolist() == [False, True, False]
