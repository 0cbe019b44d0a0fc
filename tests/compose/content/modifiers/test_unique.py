"""Unique strings: none comes twice in a split, and each is as likely as the law has it."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.content.laws.pattern import Pattern
from digitgen.compose.content.mixture import Mixture
from digitgen.compose.content.modifiers.checked import Checked
from digitgen.compose.content.modifiers.condition import Condition
from digitgen.compose.content.modifiers.restricted import Excluded
from digitgen.compose.content.modifiers.unique import Unique
from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.component import Component
from digitgen.compose.content.sets.table import Table
from digitgen.compose.content.sets.without import Without
from digitgen.errors import ArgumentError
from digitgen.format import CHUNK
from digitgen.rng import Address
from tests.compose.content.examples import assert_knows_what_it_samples
from tests.errors import message_of
from tests.reference import assert_follows, many_examples, uniform
from tests.strings import as_texts


def table(*texts: str, weights: list[float] | None = None) -> Table:
    flat = np.array([int(character) for text in texts for character in text], np.uint8)
    return Table.of(np.array([len(text) for text in texts]), flat, 10, None if weights is None else np.array(weights))


@dataclass(frozen=True)
class Given(Mixture):
    """A mixture of sets that a test gives."""

    components: tuple[Component, ...] = ()
    weights: tuple[float, ...] = ()

    words = "as given"


def of_chunks(law: Unique, chunks: int, seed: int = 3) -> list[str]:
    whole = Address(seed)
    return [text for chunk in range(chunks) for text in as_texts(law.sample_chunk(chunk, whole.at(chunk), whole))]


@pytest.mark.parametrize(
    ("law", "most"),
    [
        (Digits((1, 1)), 10),
        (Digits((4, 4)), 10_000),
        (Digits((2, 4)), 300),
        (Digits((3, 2 + 1), alphabet="abc"), 27),
        (
            Given((table("1", "2", "31"), table("555", "3", "4", "7")), (0.25, 0.75)),
            5,
        ),  # as the fifth may be of 4
        (Given((table("1", "2", "31"), table("555", "3", "4", "7"), table("1")), (0.5, 0.5, 0)), 6),
    ],
)
def test_as_many_images_as_can_be_have_strings_of_their_own_and_one_more_is_refused(law: Mixture, most: int) -> None:
    unique = Unique(law)
    unique.check_count(most)
    assert len(set(of_chunks(unique, -(-most // CHUNK))[:most])) == most
    assert len(set(as_texts(unique.sample(np.random.default_rng(1), most)))) == most
    for refused in (lambda: unique.check_count(most + 1), lambda: unique.sample(np.random.default_rng(1), most + 1)):
        with pytest.raises(ArgumentError):
            refused()


@many_examples
@given(shortest=st.integers(1, 4), more=st.integers(0, 3), classes=st.integers(1, 12), seed=st.integers(0, 2**32))
def test_no_string_comes_twice_under_any_lengths_and_classes(shortest: int, more: int, classes: int, seed: int) -> None:
    law = Unique(Digits((shortest, shortest + more), alphabet="0123456789AB"[:classes]))
    most = (more + 1) * classes**shortest
    law.check_count(most)
    assert message_of(law.check_count, most + 1) != "no error"
    chunk = min(most // CHUNK, seed % 7)
    count = min(most - chunk * CHUNK, CHUNK)
    lengths, digits = law.sample_chunk(chunk, Address(0), Address(seed))
    texts = as_texts((lengths, digits), "0123456789AB")[:count]
    assert len(set(texts)) == count
    assert set(lengths.tolist()) <= set(law.lengths)


def test_what_is_too_much_is_told_with_how_much_there_is() -> None:
    one, three = Unique(Digits((3, 3))), Unique(Digits((2, 4)))
    assert message_of(one.check_count, 1001) == "there are 1,000 strings, and none may come twice; got 1,001 images"
    assert message_of(three.check_count, 5000) == (
        "no string may come twice, so there can be 300 images at most: the 100 strings of length 2 are for "
        "1 in 3 images; got 5,000"
    )


def test_shares_that_repeat_late_allow_as_many_images_as_a_set_has_strings() -> None:
    law = Unique(Digits({"2": 0.123457, "3": 0.876543}))
    law.check_count(100)
    assert message_of(law.check_count, 101) == (
        "no string may come twice, so there can be 100 images at most: the 100 strings of length 2 are for 123,457 in "
        "1,000,000 images; got 101; weights in rounder proportions than 123,457 in 1,000,000 allow more"
    )


def test_a_law_of_a_whole_split_is_made_of_strings_that_have_all_else() -> None:
    law = Unique(Digits((2, 2)))
    assert message_of(Unique, law) == "unique: the strings of the law are unique already"
    wrong = "check: cannot extend strings that are unique; make strings with check digits unique"
    assert message_of(Checked, law, "luhn") == wrong


def test_every_order_of_the_strings_is_as_likely() -> None:
    law = Unique(Given((table("1", "23", "456"),), (1.0,)))
    orders = [tuple(as_texts(law.sample(np.random.default_rng(seed), 3))) for seed in range(400)]
    assert_follows(orders, uniform(permutations(["1", "23", "456"])))


def test_first_images_have_lengths_and_strings_as_the_law_has_them() -> None:
    law = Unique(Digits((2, 4)))
    firsts = [as_texts(law.sample(np.random.default_rng(seed), 2)) for seed in range(1500)]
    assert_follows((len(first) for first, _ in firsts), uniform([2, 3, 4]))
    twos = [text for pair in firsts for text in pair if len(text) == 2]
    assert chisquare(np.bincount([int(text) for text in twos], minlength=100)).pvalue > 1e-4


@pytest.mark.parametrize("length", [(4, 6), (6, 6), (18, 24), (60, 60)])
def test_strings_look_as_without_the_condition(length: tuple[int, int]) -> None:
    law = Unique(Digits(length))
    lengths, digits = law.sample(np.random.default_rng(4), 6000)
    assert len(set(as_texts((lengths, digits)))) == 6000
    ends = np.cumsum(lengths)
    for place in range(length[0]):
        assert_follows(digits[ends - lengths + place].tolist(), uniform(range(10)))
    assert_follows(digits[ends - 1].tolist(), uniform(range(10)))
    pairs = zip(digits[ends - 2].tolist(), digits[ends - 1].tolist(), strict=True)
    assert_follows(pairs, uniform((a, b) for a in range(10) for b in range(10)))


def test_it_knows_what_it_samples() -> None:
    assert_knows_what_it_samples(Unique(Digits((5, 7))))


def test_a_chunk_is_the_same_whatever_was_sampled_before() -> None:
    for length in ((1, 3), (5, 6), (30, 30)):
        law = Unique(Digits(length))
        assert of_chunks(law, 3)[2 * CHUNK :] == as_texts(law.sample_chunk(2, Address(8), Address(3)))
        assert of_chunks(law, 1) != of_chunks(law, 1, seed=4)


def test_past_the_last_string_all_come_again_in_another_order() -> None:
    law = Unique(Digits((2, 2)))
    texts = of_chunks(law, 1)
    first, second = texts[:100], texts[100:200]
    assert sorted(first) == sorted(second)
    assert first != second


def test_two_sets_share_a_string_only_if_it_is_in_both(tmp_path: Path) -> None:
    assert Unique(Given((table("1", "22"), table("11", "333")), (1.0, 1.0))).unique
    cards = Pattern("4[0-9]{15}|5[1-5][0-9]{14}", weights=(3, 1))
    assert Unique(cards).unique
    assert Unique(Checked(cards, "luhn")).unique
    assert Unique(Checked(Pattern("1[0-9]{9,10}|2[0-9]{9,10}", weights=(3, 1)), "luhn")).unique
    (tmp_path / "lost.txt").write_text("4444444444444444\n")
    left = Excluded(cards, Condition(strings=tmp_path / "lost.txt"))
    assert isinstance(left.components[0], Without)
    assert Unique(left).unique
    for law in (
        Given((table("1", "22"), table("22", "333")), (1.0, 1.0)),
        Given((Automaton.of_lengths(9, 9, 10), Automaton.of_lengths(8, 9, 10)), (1.0, 1.0)),
        Given((Automaton.of_lengths(9, 9, 10), table("123456789", "2")), (1.0, 1.0)),
        Checked(Pattern("1[0-9]{9,10}|[12][0-9]{9}", weights=(3, 1)), "luhn"),
    ):
        assert "where two alternatives may have one in common" in message_of(Unique, law)


def test_strings_that_are_weighted_cannot_be_unique() -> None:
    law = Given((table("1", "22", weights=[1, 2]),), (1.0,))
    assert message_of(Unique, law) == (
        "unique: strings with weights cannot be unique: one that is twice as likely would have to come twice"
    )


def test_digits_that_are_weighted_cannot_make_unique_strings() -> None:
    assert message_of(Unique, Digits((3, 3), {"1": 1, "2": 2})) == (
        "unique: digits that are as weighted cannot make unique strings: some strings are likelier, and would have to "
        "come twice"
    )


def test_shares_that_repeat_late_are_exact_all_the_same() -> None:
    law = Unique(Given((table(*map(str, range(100, 1000))), Automaton.of_lengths(6, 6, 10)), (0.0301, 0.9699)))
    law.check_count(20_000)
    texts = of_chunks(law, 20)[:20_000]
    assert len(set(texts)) == 20_000
    assert Fraction(sum(len(text) == 3 for text in texts), 20_000) == Fraction(301, 10_000)
