"""Patterns: regular expressions whose strings are all equally likely."""

import re
import string
from fractions import Fraction
from itertools import product
from typing import Any

import greenery
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen.compose.content.laws.pattern import Pattern
from digitgen.compose.content.sets.automaton import Automaton
from digitgen.errors import ArgumentError
from tests.reference import assert_follows, many_examples
from tests.strings import as_texts, table

ALPHABET = "01-"
EVERY = ["".join(text) for length in range(1, 7) for text in product(ALPHABET, repeat=length)]


def automata(law: Pattern) -> list[Automaton]:
    return [part for part in law.components if isinstance(part, Automaton)]


def matches(pattern: str, texts: list[str] = EVERY) -> list[str]:
    """The texts that Python says match."""
    return [text for text in texts if re.fullmatch(pattern, text)]


ATOMS = st.sampled_from(["0", "1", "-", ".", "[01]", "[-0]", "[^0]", r"\d", r"\D", r"[^\d]", r"\-", r"\x30", "[0-1]"])
REPEATS = st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "{1,3}", "{,2}", "{2,}", "??", "*?", "{1,2}?", "{0}"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: "|".join([*parts, ""])),
        st.tuples(inner, REPEATS).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    ),
    max_leaves=8,
)


@given(PATTERNS)
@many_examples
def test_it_has_exactly_the_strings_that_python_says_match(pattern: str) -> None:
    strings = sorted(matches(pattern), key=lambda text: [ALPHABET.index(c) for c in text])
    if not strings:
        with pytest.raises(ArgumentError, match="matches no string of 1 to 6 characters"):
            Pattern(pattern, max_length=6, alphabet=ALPHABET)
        return
    law = Pattern(pattern, max_length=6, alphabet=ALPHABET)
    (automaton,) = automata(law)
    assert automaton.size == len(strings)
    assert as_texts(automaton.unrank(np.arange(automaton.size)), ALPHABET) == strings
    assert matches(pattern, (sampled := as_texts(law.sample(np.random.default_rng(1), 20), ALPHABET))) == sampled
    assert law.admits(table(EVERY, ALPHABET)).tolist() == [text in strings for text in EVERY]


@pytest.mark.parametrize(
    "pattern", ["0?(1|10){0,2}", "(0|01|010)(10|0)?1?", ".{3}|0{1,5}|(0?1?){2}", "[01]{2}|(00|01|1)[01]{1}"]
)
def test_a_string_is_as_likely_as_any_other_however_many_ways_it_matches(pattern: str) -> None:
    strings = matches(pattern)
    law = Pattern(pattern, alphabet=ALPHABET)
    sampled = as_texts(law.sample(np.random.default_rng(1), 10_000), ALPHABET)
    assert_follows(sampled, dict.fromkeys(strings, Fraction(1, len(strings))))


@pytest.mark.parametrize(
    "pattern",
    [
        "(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])(19|20)[0-9]{2}|[1-9][0-9]{0,4}",
        "4[0-9]{15}|5[1-5][0-9]{14}|3[47][0-9]{13}",
        "(1|23){1,12}",
        "(0|1){0,9}1(0|1){2}",
        "[0-9]{60}",
    ],
)
def test_strings_are_counted_exactly_however_many_there_are(pattern: str) -> None:
    (automaton,) = automata(Pattern(pattern))
    assert automaton.size == greenery.parse(pattern).cardinality()


def test_an_alternative_comes_as_it_is_weighted() -> None:
    law = Pattern("0|1[01]?|1-", weights=(3, 1, 0), alphabet=ALPHABET)
    expected = {"0": Fraction(3, 4), "1": Fraction(1, 12), "10": Fraction(1, 12), "11": Fraction(1, 12)}
    assert_follows(as_texts(law.sample(np.random.default_rng(1), 2000), ALPHABET), expected)
    assert law.admits(table(["1-", "11"], ALPHABET)).tolist() == [False, True]


def test_a_string_of_two_weighted_alternatives_can_come_from_both() -> None:
    law = Pattern("0|[01]", weights=(1, 3), alphabet=ALPHABET)
    expected = {"0": Fraction(5, 8), "1": Fraction(3, 8)}
    assert_follows(as_texts(law.sample(np.random.default_rng(1), 2000), ALPHABET), expected)


def test_alternatives_inside_parentheses_take_no_weights() -> None:
    assert len(Pattern("(0|1)(0|1)|[|)]|22", weights=(1, 2, 3), alphabet="012|)").components) == 3


def test_characters_that_mean_something_can_be_in_the_alphabet() -> None:
    law = Pattern(r"[+*-][\^\$]\.|[]()[^$]\|.", alphabet="+*-^$.|()[]")
    assert law.components[0].size == 3 * 2 + 6 * 11


def test_a_class_of_every_language_is_a_class_of_the_alphabet() -> None:
    assert Pattern(r"\d\w\S", alphabet="\u0966\u0967\u0968A").components[0].size == 3 * 4 * 4


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("^1", r"has '\^' at character 1, which cannot be used: a pattern always matches whole strings"),
        ("1$", r"has '\$' at character 2, which cannot be used: a pattern always matches whole strings"),
        (r"1\b", r"has '\\\\b' at character 2, which cannot be used"),
        (r"\A1", r"has '\\\\A' at character 1, which cannot be used"),
        ("(?=1)1", r"has '\(\?=' at character 1, which cannot be used: a pattern may have"),
        ("1(?<!2)", r"has '\(\?<' at character 2, which cannot be used"),
        ("(?i:1)", r"has '\(\?i' at character 1, which cannot be used"),
        ("(?P<a>1)(?P=a)", r"has '\(\?P=' at character 9, which cannot be used"),
        ("(?>1)", r"has '\(\?>' at character 1, which cannot be used"),
        (r"(1)\1", r"has '\\\\1' at character 4, which cannot be used: no finite automaton knows what a group matched"),
        ("1*+1", r"has '\*\+' at character 2, which cannot be used: it keeps what it took"),
        ("1{2}+", r"has '\{2\}\+' at character 2, which cannot be used"),
        ("1a", "has 'a' at character 2, which is no character of the alphabet '0123456789'"),
        ("[0-9A-F]", "has 'A' at character 1, which is no character of the alphabet"),
        (r"[\D1]", r"has '\\\\D' at character 1, which is no character of the alphabet"),
        ("[^0-9]", r"has '\[\^0-9\]' at character 1, which is no character of the alphabet"),
        ("1{x}", "has '{' at character 2, which is no character of the alphabet"),
        ("1 2", "has ' ' at character 2, which is no character of the alphabet"),
        ("(1", r"is no regular expression: missing \), unterminated subpattern at character 1; got '\(1'"),
        ("1**", r"is no regular expression: multiple repeat at character 3; got '1\*\*'"),
        ("[[1]", r"is no regular expression: Possible nested set at position 1"),
        ("1{5000000000}", "is no regular expression: the repetition number is too large"),
        ("", "'' matches no string of 1 to 255 characters"),
        ("()|1{0}", r"'\(\)\|1\{0\}' matches no string of 1 to 255 characters"),
        ("1*", "matches strings of any length; give a max_length, at most 255"),
        ("1{3,256}", "matches strings of up to 256 characters; give a max_length, at most 255"),
        ("(1{1,50}){1,50}", "matches strings of up to 2,500 characters; give a max_length, at most 255"),
        ("(" * 3000 + "1" + ")" * 3000, "has too many parentheses in each other"),
        ("1" * 10_001, "must have at most 10,000 characters; got 10,001"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^pattern: {message}"):
        Pattern(pattern)


def test_repetitions_in_repetitions_are_no_trouble() -> None:
    (automaton,) = automata(Pattern("([0-9]{1,50}){1,50}", max_length=100))
    assert automaton.size == sum(10**length for length in range(1, 101))


def test_alternatives_with_weights_share_the_work_that_may_be_done() -> None:
    with pytest.raises(ArgumentError, match=r"^pattern: is too complicated"):
        Pattern("|".join(["(0|1){0,230}1(0|1){8}"] * 40), weights=(1,) * 40)


@pytest.mark.parametrize("pattern", ["(0|1)*1(0|1){20}", "((((((1{0,9}){0,9}){0,9}){0,9}){0,9}){0,9}){9}"])
def test_what_would_take_too_long_is_refused_in_time(pattern: str) -> None:
    with pytest.raises(ArgumentError, match=r"^pattern: is too complicated: .* atoms|too many states"):
        Pattern(pattern, max_length=100)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"max_length": 0}, "max_length: must be an integer from 1 to 255; got 0"),
        ({"max_length": True}, "max_length: must be an integer from 1 to 255; got True"),
        ({"max_length": 1}, r"pattern: '11\|2\+3\|4\+5' matches no string of 1 to 1 characters"),
        (
            {"max_length": 9, "weights": (1, 2)},
            r"weights: must be one for each .*; got 2, and the pattern has 3: 11, 2",
        ),
        ({"max_length": 2, "weights": (0, 0, 0)}, r"weights: must be numbers from 0 to 1e\+100, one of them above 0"),
        ({"max_length": 2, "weights": (1, -1, 1)}, r"weights: must be numbers from 0 to 1e\+100, one of them above 0"),
        ({"max_length": 2, "weights": ("1", 1, 1)}, r"weights: must be numbers from 0 to 1e\+100, one of them above 0"),
        ({"pattern": 11}, "pattern: must be a regular expression, such as .*; got 11"),
    ],
)
def test_other_arguments_are_checked(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{message}"):
        Pattern(**{"pattern": "11|2+3|4+5", **keys})


def test_the_longest_strings_of_an_unbounded_pattern_are_as_long_as_asked_for() -> None:
    law = Pattern("[1-9][0-9]*", max_length=255)
    assert (law.longest, law.components[0].size) == (255, 10**255 - 1)
    assert set(string.digits) == set("".join(as_texts(law.sample(np.random.default_rng(1), 5))))
