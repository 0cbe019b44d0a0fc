"""Strings that are left out of a law, and laws of those alone."""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen.compose.content import (
    Checked,
    Condition,
    ContentLaw,
    Digits,
    Excluded,
    NumberRange,
    Only,
    Pattern,
    Strings,
    Unique,
)
from digitgen.compose.content.sets.sets import Sets
from digitgen.errors import ArgumentError
from tests.compose.content.examples import assert_knows_what_it_samples
from tests.reference import assert_follows, many_examples
from tests.strings import as_texts, table

EVERY = ["".join(text) for length in range(1, 5) for text in product("012", repeat=length)]
HELD_OUT = ["12", "0", "0120", "2222", "011", "9"]


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of strings; most laws have some of them only."""
    path = tmp_path_factory.mktemp("strings") / "held-out.txt"
    path.write_text("".join(f"{text}\n" for text in [*HELD_OUT, "12"]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def weighted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of strings with weights."""
    path = tmp_path_factory.mktemp("strings") / "weighted.txt"
    path.write_text("12\t3\n0\t1\n21\t2\n10\t2\n", encoding="utf-8")
    return path


CONDITIONS: dict[str, tuple[dict[str, Any], Callable[[str], bool]]] = {
    "an n-gram": ({"ngrams": ["12"]}, lambda text: "12" in text),
    "n-grams that overlap": ({"ngrams": ["010", "10", "0122"]}, lambda text: "10" in text or "0122" in text),
    "a digit": ({"ngrams": ["2"]}, lambda text: "2" in text),
    "a pattern": ({"pattern": "0.*|.1"}, lambda text: text[0] == "0" or (len(text) == 2 and text[1] == "1")),
    "a list": ({"strings": "held_out"}, lambda text: text in HELD_OUT),
}


@pytest.fixture(params=CONDITIONS)
def condition(request: pytest.FixtureRequest, held_out: Path) -> tuple[dict[str, Any], Callable[[str], bool]]:
    """A condition, and what it means."""
    keys, meant = CONDITIONS[request.param]
    return ({"strings": held_out} if "strings" in keys else keys), meant


def all_strings(law: ContentLaw) -> list[list[str]]:
    """The strings of each set of a law."""
    assert isinstance(law.sets, Sets)
    return [as_texts(part.unrank(np.arange(part.size))) for part in law.sets.parts]


def test_excluded_and_only_part_the_strings_of_every_length(
    condition: tuple[dict[str, Any], Callable[[str], bool]],
) -> None:
    keys, meant = condition
    law = Pattern("[012]{1,4}")
    parts = {True: Only(law, Condition(**keys)), False: Excluded(law, Condition(**keys))}
    for inside, restricted in parts.items():
        expected = [text for text in EVERY if meant(text) == inside]
        assert [sorted(each) for each in all_strings(restricted)] == [sorted(expected)]
        assert restricted.size == len(expected)
        admitted = restricted.admits(table([*EVERY, "3", "00000"]))
        assert admitted.tolist() == [*(text in expected for text in EVERY), False, False]
        assert_knows_what_it_samples(restricted)


def test_lengths_stay_as_likely_and_so_do_strings_of_a_length(
    condition: tuple[dict[str, Any], Callable[[str], bool]],
) -> None:
    keys, meant = condition
    law = Digits({2: 3, 4: 1}, alphabet="0129")
    for restricted, inside in ((Only(law, Condition(**keys)), True), (Excluded(law, Condition(**keys)), False)):
        assert restricted.lengths == {2: 0.75, 4: 0.25}
        texts = ["".join(text) for length in (2, 4) for text in product("0129", repeat=length)]
        left = {length: [text for text in texts if len(text) == length and meant(text) == inside] for length in (2, 4)}
        expected = {
            text: Fraction(3 if length == 2 else 1, 4 * len(each)) for length, each in left.items() for text in each
        }
        sampled = as_texts(restricted.sample(np.random.default_rng(1), 20_000), "0129")
        assert_follows(sampled, expected)


@given(
    st.lists(st.text("012", min_size=1, max_size=3), min_size=1, max_size=5),
    st.lists(st.text("012", min_size=1, max_size=3), min_size=1, max_size=5),
)
@many_examples
def test_conditions_hold_together(one: list[str], other: list[str]) -> None:
    left = [t for t in EVERY if any(each in t for each in one) and not any(each in t for each in other)]
    try:
        law = Excluded(Only(Pattern("[012]{1,4}"), Condition(ngrams=tuple(one))), Condition(ngrams=tuple(other)))
    except ArgumentError as error:
        assert not left
        assert str(error).startswith("exclude: leaves no string of length")
        return
    assert sorted(all_strings(law)[0]) == sorted(left)


def test_lists_can_be_left_out_before_and_after_other_conditions(held_out: Path, weighted: Path) -> None:
    law = Excluded(Excluded(Pattern("[012]{1,4}"), Condition(strings=held_out)), Condition(strings=weighted))
    law = Excluded(law, Condition(ngrams=("22",)))
    missing = {*HELD_OUT, "12", "0", "21", "10"}
    left = [text for text in EVERY if text not in missing and "22" not in text]
    assert sorted(all_strings(law)[0]) == sorted(left)
    assert_knows_what_it_samples(law)
    again = Only(law, Condition(pattern="1.?"))
    assert sorted(all_strings(again)[0]) == ["1", "11"]


def test_the_strings_of_a_file_keep_their_weights(weighted: Path, held_out: Path) -> None:
    law = Excluded(Strings(weighted), Condition(ngrams=("0",)))
    assert_follows(as_texts(law.sample(np.random.default_rng(1), 2000)), {"12": Fraction(3, 5), "21": Fraction(2, 5)})
    both = Only(Strings(weighted), Condition(strings=held_out))
    assert_follows(as_texts(both.sample(np.random.default_rng(1), 2000)), {"12": Fraction(3, 4), "0": Fraction(1, 4)})
    none_of_it = Excluded(Strings(weighted), Condition(strings=held_out))
    assert sorted(all_strings(none_of_it)[0]) == ["10", "21"]


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("kind", ["ngrams", "pattern", "strings"])
def test_digits_with_weights_keep_them(kind: str, inside: bool, held_out: Path) -> None:
    weights = [{"0": 1, "1": 3, "2": 2}, {"2": 1, "1": 4}]
    conditions: dict[str, tuple[Condition, Callable[[str], bool]]] = {
        "ngrams": (Condition(ngrams=("12",)), lambda text: "12" in text),
        "pattern": (Condition(pattern="[01].*"), lambda text: text[0] in "01"),
        "strings": (Condition(strings=held_out), lambda text: text in HELD_OUT),
    }
    condition, meant = conditions[kind]
    law = (Only if inside else Excluded)(Digits({2: 1, 4: 3}, weights), condition)
    expected: dict[str, Fraction] = {}
    for length, share in {2: Fraction(1, 4), 4: Fraction(3, 4)}.items():
        each = {
            "".join(text): Fraction(math.prod(weights[min(k, 1)].get(c, 0) for k, c in enumerate(text)))
            for text in product("012", repeat=length)
        }
        left = {text: weight for text, weight in each.items() if weight and meant(text) == inside}
        expected |= {text: share * weight / sum(left.values()) for text, weight in left.items()}
    assert_follows(as_texts(law.sample(np.random.default_rng(1), 20_000)), expected)
    assert law.size == len(expected)
    assert law.admits(table([*EVERY, "9"])).tolist() == [text in expected for text in [*EVERY, "9"]]
    assert_knows_what_it_samples(law)
    listed = law.listed(100)
    assert listed is not None
    ranks = listed.ranks(table(list(expected)))
    chances = np.ones(listed.size) if listed.weights is None else listed.weights
    np.testing.assert_allclose(chances[ranks] / chances.sum(), [float(each) for each in expected.values()])


def test_digits_with_weights_can_be_restricted_however_many_strings_there_are(held_out: Path) -> None:
    law = Excluded(Digits((30, 31), [{"1": 1, "7": 9}, {"0": 1, "3": 2, "7": 1}]), Condition(ngrams=("37", "00")))
    law = Excluded(law, Condition(strings=held_out))
    assert_knows_what_it_samples(law)
    with pytest.raises(ArgumentError, match=r"^unique: strings with weights cannot be unique"):
        Unique(law)


def test_digits_that_depend_on_each_other_can_be_restricted_where_their_strings_are_few() -> None:
    law = Excluded(Digits((2, 2), "benford"), Condition(pattern=".[1-9]|[3-9]0"))
    one, two = math.log10(1 + 1 / 10), math.log10(1 + 1 / 20)
    np.testing.assert_allclose(law.marginals[0, 1:3], [one / (one + two), two / (one + two)])
    with pytest.raises(
        ArgumentError, match=r"^exclude: of digits that are as Benford's law has them there are too many"
    ):
        Excluded(Digits((9, 9), "benford"), Condition(ngrams=("00",)))


def test_many_strings_are_left_out_in_no_time(tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("\n".join(f"{number:07}" for number in range(0, 10**7, 50)), encoding="ascii")
    law = Excluded(Pattern("[0-9]{7}|[0-9]{30}"), Condition(strings=path))
    assert law.size == 10**30 + 10**7 - 200_000
    few = Excluded(NumberRange((0, 10**7 - 1), leading_zeros=True), Condition(strings=path))
    numbers = [int(text) for text in as_texts(few.sample(np.random.default_rng(1), 5000))]
    assert all(number % 50 for number in numbers)
    lengths, digits = few.components[0].unrank(np.array([0, 48, 49, few.components[0].size - 1]))
    assert as_texts((lengths, digits)) == ["0000001", "0000049", "0000051", "9999999"]


def test_conditions_hold_of_strings_with_their_check_digits() -> None:
    checked = Checked(Pattern("[0-4]{1,2}"), "luhn")
    every = {text for part in all_strings(checked) for text in part}
    law = Only(checked, Condition(pattern=".*[0-4]"))
    left = sorted(text for text in every if text[-1] in "01234")
    assert [sorted(part) for part in all_strings(law)] == [left]
    sampled = as_texts(law.sample(np.random.default_rng(1), 5000))
    assert_follows(sampled, dict.fromkeys(left, Fraction(1, len(left))))


def test_unique_strings_can_be_restricted() -> None:
    law = Unique(Excluded(Digits((2, 2)), Condition(pattern="0.")))
    assert sorted(as_texts(law.sample(np.random.default_rng(1), 90)), key=int) == [str(each) for each in range(10, 100)]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "must have just one of the keys strings, ngrams, pattern; got none"),
        (
            {"ngrams": ["1"], "pattern": "1"},
            "must have just one of the keys strings, ngrams, pattern; got ngrams, pattern",
        ),
        ({"ngrams": []}, "ngrams: must be a list of strings, such as .*; got"),
        ({"ngrams": "12"}, "ngrams: must be a list of strings, such as .*; got '12'"),
        ({"strings": 5}, "strings"),
    ],
)
def test_what_is_no_condition_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{message}"):
        Condition(**keys)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"ngrams": ["12", 37]},
            "exclude.ngrams.1: must be a string of 1 to 255 characters of the alphabet .*; got 37",
        ),
        ({"ngrams": ["12", "a"]}, "exclude.ngrams.1: must be a string of 1 to 255 characters .*; got 'a'"),
        ({"ngrams": [""]}, "exclude.ngrams.0: must be a string of 1 to 255 characters"),
        ({"ngrams": ["1" * 250] * 81}, "exclude.ngrams: must have at most 20,000 characters together; got 20,250"),
        ({"pattern": "1("}, "exclude.pattern: is no regular expression"),
        ({"strings": "nowhere.txt"}, "exclude.strings: "),
        ({"pattern": ".*"}, "exclude: leaves no string of length 1"),
        ({"pattern": "..?"}, "exclude: leaves no string of length 1"),
    ],
)
def test_a_condition_that_cannot_hold_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{message}"):
        Excluded(Digits((1, 3)), Condition(**keys))


def test_what_takes_too_many_moves_together_is_refused() -> None:
    ngrams = tuple(f"{k * 7919 % 10**5:05}" for k in range(4000))
    with pytest.raises(ArgumentError, match=r"^exclude: there are too many kinds of strings to count"):
        Excluded(Digits((1, 20)), Condition(ngrams=ngrams))


def test_a_length_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"^only: leaves no string of length 1$"):
        Only(Digits((1, 3)), Condition(ngrams=("12",)))
    with pytest.raises(ArgumentError, match=r"^only: leaves no string of lengths 1 to 3$"):
        Only(Pattern("[0-4]{1,3}"), Condition(ngrams=("5",)))


def test_conditions_come_before_what_holds_of_a_whole_split() -> None:
    with pytest.raises(ArgumentError, match=r"^only: cannot restrict a law of a whole split; restrict the law within"):
        Only(Unique(Digits((2, 2))), Condition(ngrams=("12",)))


def test_a_law_takes_a_condition_and_nothing_else() -> None:
    with pytest.raises(ArgumentError, match=r"^only: must be a Condition, such as .*; got '12'"):
        Only(Digits((2, 2)), "12")  # type: ignore[arg-type]
