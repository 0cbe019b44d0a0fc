"""Files of strings: each as likely as its lines are weighted; what is wrong is told with its line."""

import hashlib
import os
import pickle
import re
import time
import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen.compose.content.laws.strings import Strings
from digitgen.compose.content.lines import MAX_BYTES, MAX_LINES, read_strings
from digitgen.errors import ArgumentError
from tests.compose.content.sets.test_table import split
from tests.reference import assert_follows, many_examples


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file, by a relative path."""
    monkeypatch.chdir(tmp_path)
    return Path("names.txt")


def law_of(law: Strings) -> dict[str, float]:
    """The probability of each string, by its classes as digits."""
    table = law.components[0]
    weights = np.ones(table.size) if table.weights is None else table.weights
    texts = split(table.unrank(np.arange(table.size)))
    return dict(zip(texts, (weights / weights.sum()).tolist(), strict=True))


def test_a_line_that_comes_again_counts_again(file: Path) -> None:
    file.write_text("350\n7\n350\n0042\n")
    law = Strings(file)
    assert law_of(law) == {"7": 0.25, "350": 0.5, "0042": 0.25}
    expected = {"7": Fraction(1, 4), "350": Fraction(1, 2), "0042": Fraction(1, 4)}
    assert_follows(split(law.sample(np.random.default_rng(1), 20_000)), expected)


def test_a_tab_and_a_number_behind_a_string_are_its_weight(file: Path) -> None:
    file.write_text("350\t1.5\n7\t0\n0042\t1e-1\n350\t.4\n")
    assert law_of(Strings(file)) == {"350": pytest.approx(0.95), "0042": pytest.approx(0.05)}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"7\n350", id="no line break at the end"),
        pytest.param(b"7\r\n350\r\n", id="CRLF"),
        pytest.param(b"\xef\xbb\xbf7\n350\n", id="byte order mark"),
        pytest.param(b"7\n350\n\n\r\n\n", id="empty lines at the end"),
        pytest.param(b"7\t2\r\n350\t2\r\n", id="equal weights"),
    ],
)
def test_a_file_may_be_written_on_any_system(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert law_of(Strings(file)) == {"7": 0.5, "350": 0.5}


def test_strings_are_of_any_alphabet(file: Path) -> None:
    file.write_text("ab c\nbä\n😀\n", encoding="utf-8")
    law = Strings(file, alphabet="😀abcä ")
    assert law_of(law) == {"0": pytest.approx(1 / 3), "24": pytest.approx(1 / 3), "1253": pytest.approx(1 / 3)}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "names.txt has no strings"),
        (b"\n\r\n", "names.txt has no strings"),
        (b"1\n\n2\n", "names.txt:2: is empty; every line has a string"),
        (b"1\n2\n\r\n3", "names.txt:3: is empty; every line has a string"),
        (b"1\n2 \n", "names.txt:2: ' ' is no character of the alphabet '0123456789'"),
        (b"12\n3x4\n", "names.txt:2: 'x' is no character of the alphabet '0123456789'"),
        (b"12\n3\x1b[0m\n", r"names.txt:2: '\x1b' is no character of the alphabet '0123456789'"),
        (b"12\r34\n", r"names.txt:1: '\r' is no character of the alphabet '0123456789'"),
        ("1\n\u0663\n".encode(), "names.txt:2: '\u0663' is no character of the alphabet '0123456789'"),
        (b"1\n2\n\xff\n", "names.txt:3: is not UTF-8 text: invalid start byte"),
        (b"1\n" + b"2" * 256, "names.txt:2: is too long; an image has at most 255 digits"),
        (b"1\t2\n3\n", "names.txt:2: has no weight; if one line has a tab and a weight, all have"),
        (b"1\t2\n3\t4\t5\n", "names.txt:2: has two tabs; a line is a string, or a string, a tab and a weight"),
        (b"1\t2\n3\t\n", "names.txt:2: a weight is a number from 0 to 1e+100; got ''"),
        (b"1\t2\n3\tx\n", "names.txt:2: a weight is a number from 0 to 1e+100; got 'x'"),
        (b"1\t2\n3\t-1\n", "names.txt:2: a weight is a number from 0 to 1e+100; got '-1'"),
        (b"1\tnan\n", "names.txt:1: a weight is a number from 0 to 1e+100; got 'nan'"),
        (b"1\tinf\n", "names.txt:1: a weight is a number from 0 to 1e+100; got 'inf'"),
        (b"\t1\n", "names.txt:1: is empty; every line has a string"),
        (b"1\t0\n2\t0", "names.txt: no string has a weight above 0"),
    ],
)
def test_what_is_no_string_is_told_with_its_line(file: Path, data: bytes, words: str) -> None:
    file.write_bytes(data)
    with pytest.raises(ArgumentError) as caught:
        Strings(file)
    assert str(caught.value) == f"strings: {words}"


def test_a_file_that_cannot_be_read_is_told(file: Path) -> None:
    with pytest.raises(ArgumentError, match=re.escape("strings: names.txt cannot be read: No such file or directory")):
        Strings(file)
    with pytest.raises(ArgumentError, match=re.escape(". cannot be read: Is a directory")):
        Strings(Path())
    os.mkfifo("pipe")
    with pytest.raises(ArgumentError, match=re.escape("pipe cannot be read: it is not a regular file")):
        Strings(Path("pipe"))
    with file.open("wb") as sparse:
        sparse.truncate(MAX_BYTES + 1)
    with pytest.raises(ArgumentError, match=re.escape("names.txt has more than 268,435,456 bytes")):
        Strings(file)
    file.write_bytes(b"1\n" * (MAX_LINES + 1))
    with pytest.raises(ArgumentError, match=re.escape("names.txt has more than 10,000,000 lines")):
        Strings(file)


@many_examples
@given(st.binary(max_size=60) | st.lists(st.sampled_from([b"1", b"22", b"\t", b"\n", b"\r", b"x"])).map(b"".join))
def test_any_bytes_are_strings_or_an_error_of_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data)
    try:
        assert read_strings(path, "0123456789").table.size > 0
    except ArgumentError as error:
        assert "\n" not in str(error)


def test_the_law_is_what_was_read_whatever_becomes_of_the_file(file: Path) -> None:
    file.write_text("350\n7\n")
    law = Strings(file)
    file.unlink()
    elsewhere = pickle.loads(pickle.dumps(law))
    assert law_of(elsewhere) == law_of(law)
    assert elsewhere.files == {"strings": hashlib.sha256(b"350\n7\n").hexdigest()}


def test_a_million_lines_are_no_trouble(file: Path) -> None:
    numbers = np.random.default_rng(1).integers(10**4, 10**12, 1_000_000)
    file.write_text("\n".join(map(str, numbers.tolist())))
    begun = time.process_time()
    tracemalloc.start()
    try:
        law = Strings(file)
        assert law.size is not None
        assert law.size > 990_000
        assert time.process_time() - begun < 10  # one, where nothing else runs
        assert tracemalloc.get_traced_memory()[1] < 15 * file.stat().st_size
    finally:
        tracemalloc.stop()
