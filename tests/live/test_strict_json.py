"""What the server of the live page takes for JSON."""

import pytest

from digitgen.errors import ArgumentError
from digitgen.live.strict_json import MOST_DEPTH, read_object


def test_an_object_is_read_as_it_is() -> None:
    assert read_object('{"a": [1, -2.5, true, null, "é"]}'.encode()) == {"a": [1, -2.5, True, None, "é"]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b"", "must be JSON", id="nothing"),
        pytest.param(b'{"a": 1', "must be JSON", id="cut off"),
        pytest.param(b'{"a": 1} {}', "must be JSON", id="two"),
        pytest.param(b'{"a": "\xff"}', "must be JSON", id="no UTF-8"),
        pytest.param(b"[1]", r"must be an object of JSON; got \[1\]", id="a list"),
        pytest.param(b'{"a": 1, "b": {"c": 2, "c": 2}}', "a key is there twice", id="a key twice"),
        pytest.param(b'{"a": NaN}', "'NaN' is no number", id="NaN"),
        pytest.param(b'{"a": -Infinity}', "'-Infinity' is no number", id="infinity"),
        pytest.param(b'{"a": 1e999}', "'1e999' is no number", id="beyond all numbers"),
        pytest.param(b'{"a": 1' + b"0" * 5000 + b"}", "must be JSON", id="an integer without end"),
        pytest.param(b'{"a": "\\ud800"}', "half a character", id="half a character"),
        pytest.param(b'{"\\udc00": 1}', "half a character", id="half a character as a key"),
        pytest.param(b'{"a": ' + b"[" * MOST_DEPTH + b"]" * MOST_DEPTH + b"}", "at most 32", id="deep"),
        pytest.param(b'{"a": ' + b"[" * 200_000, "at most 32", id="very deep"),
        pytest.param(b'{"a": ' + b'{"a": ' * 40_000, "at most 32", id="objects in objects"),
    ],
)
def test_what_others_could_read_otherwise_is_refused(text: bytes, why: str) -> None:
    with pytest.raises(ArgumentError, match=why):
        read_object(text)


def test_a_request_may_be_as_deep_as_is_said() -> None:
    assert read_object(b'{"a": ' + b"[" * (MOST_DEPTH - 1) + b"]" * (MOST_DEPTH - 1) + b"}")
