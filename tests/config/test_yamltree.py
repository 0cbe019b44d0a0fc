"""YAML reads back as it was written. Tabs are read where YAML 1.2 allows them, and else refused in helpful words."""

import os
import random

from digitgen.config.yamltree import Position, read_yaml, write_yaml
from tests.errors import message_of

READ = {
    "a: 5\t# of the paper\nb: 6\n": {"a": 5, "b": 6},
    "a:\t5\n": {"a": 5},
    "a\t: 5\n": {"a": 5},
    "\"a\"\t:\t'b'\t# c\n": {"a": "b"},
    "a: 5\t\r\nb: 6\t \t# c\r\n": {"a": 5, "b": 6},
    "a:\t# c\n  b: 1\n": {"a": {"b": 1}},
    "a: 1\n\t\n  \t# c\n\t# d\nb: 2\n\t": {"a": 1, "b": 2},
    "a:\n-\t1\n- \t2\t# c\n": {"a": [1, 2]},
    "a:\t[1,\t2,\n\t3]\t# c\nb: {c:\t1,\td\t: 2}\t\n": {"a": [1, 2, 3], "b": {"c": 1, "d": 2}},
    "a: 'x\ty'\nb: \"x\ty\"\n": {"a": "x\ty", "b": "x\ty"},
    "a: |\n  x\ty\n": {"a": "x\ty\n"},
    "a: &k\t5\nb:\t*k\n": {"a": 5, "b": 5},
    "---\t# c\na: 1\n": {"a": 1},
    "\t\n": None,
}

REFUSED = {
    "\ta: 1\n": "1:1: a tab cannot indent; use spaces",
    "a:\n\tb: 1\n": "2:1: a tab cannot indent; use spaces",
    "a:\n  b: 1\n  \tc: 2\n": "3:3: a tab cannot indent; use spaces",
    "a:\n  - 1\n\t- 2\n": "3:1: a tab cannot indent; use spaces",
    "a: |\t# c\n  x\n": (
        "1:5: expected chomping or indentation indicators, but found '\\t'; there is a tab on the line: use spaces"
    ),
    "a: x\ty\n": "1:6: expected <block end>, but found '<scalar>'; there is a tab on the line: use spaces",
}


def test_tabs_are_read_where_they_do_not_indent() -> None:
    assert {text: read_yaml(text, "c").value for text in READ} == READ
    assert read_yaml("a:\t[1,\t2]", "c").values["a", 1] == Position(1, 8)


def test_other_tabs_are_refused_with_what_to_do() -> None:
    assert {text: message_of(read_yaml, text, "c") for text in REFUSED} == {
        text: f"c:{message}" for text, message in REFUSED.items()
    }


ODD_WORDS = [
    "?",
    "?0",
    ":",
    "-",
    "no",
    "null",
    "~",
    "010",
    "1e3",
    "0x10",
    "true",
    "=",
    "<<",
    "!!str",
    "&a",
    "*a",
    "%a",
    "@a",
    "`",
    "'",
    '"',
    "|",
    ">",
    "---",
    "...",
    "[a]",
    "{a}",
    ".inf",
    "12:30:45",
]
ODD_CHARACTERS = "?:-#&*!|>'\"%@`{}[],\t\n\r \\~=<\x85\xa0\u2028\ufeff abc019._/\xe9\u6f22\U0001f600\x07\x7f\0"


def test_whatever_text_is_written_is_read_back() -> None:
    rng = random.Random(1)

    def text() -> str:
        if rng.random() < 0.2:
            return rng.choice(ODD_WORDS)
        return "".join(rng.choice(ODD_CHARACTERS) for _ in range(rng.randrange(12)))

    for _ in range(int(os.environ.get("DIGITGEN_FUZZ_COUNT", "300"))):  # 10,000 have been tried
        value = {
            "a": text(),
            "b": {"c": text(), "d": [text(), text(), 1, 2.5, True, None]},
            "e": {text() or "x": text()},
        }
        assert read_yaml(write_yaml(value), "x").value == value
