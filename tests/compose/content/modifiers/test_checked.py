"""Check digits: those of the standards, exact in the law, in sets of strings and in what is admitted."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from stdnum import damm, luhn, verhoeff
from stdnum.iso7064 import mod_11_2, mod_11_10, mod_37_2, mod_37_36, mod_97_10

from digitgen.compose.content import Balanced, Checked, ContentLaw, Digits, Excluded, Only, Pattern, Unique
from digitgen.compose.content.modifiers.check_schemes import SCHEMES
from digitgen.compose.content.modifiers.checked import Check
from digitgen.compose.content.modifiers.condition import Condition
from digitgen.compose.content.modifiers.restricted import Restricted
from digitgen.compose.content.sets.automaton import Automaton
from digitgen.compose.content.sets.without import Without
from digitgen.format import CHUNK
from digitgen.rng import Address
from tests.compose.content.examples import assert_knows_what_it_samples
from tests.compose.content.modifiers.test_unique import Given
from tests.compose.content.modifiers.test_unique import table as listed
from tests.errors import message_of
from tests.strings import as_texts, table

DIGITS = "0123456789"
CHARACTERS = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
ORACLES: dict[Check, Callable[[str], Any]] = {
    "luhn": luhn.is_valid,
    "verhoeff": verhoeff.is_valid,
    "damm": damm.is_valid,
    "mod11-2": mod_11_2.is_valid,
    "mod37-2": mod_37_2.is_valid,
    "mod97-10": mod_97_10.is_valid,
    "mod11-10": mod_11_10.is_valid,
    "mod37-36": mod_37_36.is_valid,
}
ALPHABETS = {"mod11-2": DIGITS + "X", "mod37-2": CHARACTERS, "mod37-36": CHARACTERS}
schemes = pytest.mark.parametrize("check", ORACLES)


def strings_for(check: Check, lengths: str) -> Checked:
    """Strings of all characters that a scheme knows, of lengths as in a pattern, with check digits."""
    characters = "[0-9]" if SCHEMES[check]().characters == DIGITS else "[0-9A-Z]"
    return Checked(Pattern(f"{characters}{lengths}", alphabet=ALPHABETS.get(check, DIGITS)), check)


def test_every_scheme_has_an_oracle() -> None:
    assert ORACLES.keys() == SCHEMES.keys()


@schemes
def test_check_digits_are_those_of_another_library(check: Check) -> None:
    law = strings_for(check, "{1,30}")
    texts = as_texts(law.sample(np.random.default_rng(1), 500), law.alphabet)
    assert len(set(map(len, texts))) > 1
    assert all(map(ORACLES[check], texts))


@pytest.mark.parametrize(
    ("check", "text"),
    [
        ("luhn", "79927398713"),
        ("luhn", "4111111111111111"),
        ("verhoeff", "2363"),
        ("damm", "5724"),
        ("mod11-2", "07940"),
        ("mod11-2", "0000000218250097"),
        ("mod11-2", "000000021694233X"),
        ("mod37-2", "G123489654321Y"),
        ("mod97-10", "79444"),
        ("mod11-10", "07945"),
        ("mod37-36", "A12425GABC1234002M"),
    ],
)
def test_published_examples_are_admitted_and_nothing_else_in_the_last_place(check: Check, text: str) -> None:
    law = strings_for(check, "{1,30}")
    others = [text[:-1] + character for character in law.alphabet]
    admitted = law.admits(table(others, law.alphabet))
    assert [other for other, valid in zip(others, admitted, strict=True) if valid] == [text]


@schemes
def test_every_wrong_character_is_noticed(check: Check) -> None:
    law = strings_for(check, "{6}")
    text = as_texts(law.sample(np.random.default_rng(2), 1), law.alphabet)[0]
    known = SCHEMES[check]().characters
    wrong = [text[:k] + other + text[k + 1 :] for k in range(len(text)) for other in known if other != text[k]]
    assert not law.admits(table(wrong, law.alphabet)).any()
    swapped = [text[:k] + text[k + 1] + text[k] + text[k + 2 :] for k in range(6) if text[k] != text[k + 1]]
    noticed = ~law.admits(table(swapped, law.alphabet))
    assert swapped
    assert noticed.all() or check in ("luhn", "mod11-10", "mod37-36")


@pytest.mark.parametrize("check", ["luhn", "verhoeff", "mod97-10", "mod11-10"])
def test_sets_have_each_string_of_the_law_once_with_its_check_digits(check: Check) -> None:
    law = Checked(Pattern("[0-4]{1,3}|77", alphabet=DIGITS), check)
    assert law.sets is not None
    found = [text for part in law.sets.parts for text in as_texts(part.unrank(np.arange(part.size)))]
    payloads = ["".join(each) for n in (1, 2, 3) for each in product("01234", repeat=n)] + ["77"]
    digits = law._digits.count
    assert sorted(text[:-digits] for text in found) == sorted(payloads)
    assert all(map(ORACLES[check], found))
    assert law.size == len(found)
    every = ["".join(each) for n in range(1, 4) for each in product(DIGITS, repeat=n)]
    admitted = law.admits(table(every))
    assert {text for text, valid in zip(every, admitted, strict=True) if valid} == {t for t in found if len(t) <= 3}
    assert (law.sets.admits(table(every)) == admitted).all()


LAWS: list[ContentLaw] = [
    Digits((2, 4)),
    Digits({1: 3, 5: 1}),
    Digits((1, 3), {"1": 2, "5": 1, "0": 1}),
    Digits((2, 3), [{"1": 2, "2": 1}, {"0": 1}]),
    Pattern("4[0-9]{3}|[0-3]"),
    Pattern("[12]|[0-9]{4}", weights=(3, 1)),
    Given((listed("12", "350", "7", weights=[1, 2, 1]), listed("555", "31")), (3.0, 1.0)),
]


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("check", ["luhn", "mod97-10"])
def test_it_knows_what_it_samples(law: ContentLaw, check: Check) -> None:
    assert_knows_what_it_samples(Checked(law, check))


def test_few_strings_are_listed_with_their_check_digits_and_probabilities() -> None:
    law = Checked(Pattern("[12]|37", weights=(3, 1)), "mod97-10")
    found = law.listed(3)
    assert found is not None
    texts = as_texts(found.unrank(np.arange(3)))
    assert [text[:-2] for text in texts] == ["1", "2", "37"]
    assert law.admits(table(texts)).all()
    assert found.weights is not None
    assert (found.weights / found.weights.sum()).tolist() == [0.375, 0.375, 0.25]
    assert law.listed(2) is None


def test_law_and_sets_agree_on_how_often_each_digit_comes() -> None:
    for check in ("luhn", "verhoeff", "damm", "mod97-10", "mod11-10"):
        by_sets = Checked(Digits((1, 4)), check)
        weights = dict.fromkeys(DIGITS, 1.0)
        by_digits = Checked(Digits((1, 4), weights), check)
        assert by_digits.sets is None
        assert by_sets.sets is not None
        np.testing.assert_allclose(by_sets.sets.marginals, by_digits.marginals)
        np.testing.assert_array_equal(by_sets.marginals, by_digits.marginals)
        assert by_sets.lengths == by_digits.lengths


def test_checked_strings_can_be_unique_and_all_are_there() -> None:
    law = Unique(Checked(Pattern("4[0-9]{2,3}"), "luhn"))
    law.check_count(1100)
    texts = [t for chunk in (0, 1) for t in as_texts(law.sample_chunk(chunk, Address(2), Address(3)))][:1100]
    assert len(set(texts)) == 1100
    assert all(text[0] == "4" and luhn.is_valid(text) for text in texts)
    cards = Unique(Checked(Pattern("4[0-9]{14}"), "luhn"))
    texts = as_texts(cards.sample_chunk(7, Address(2), Address(3)))
    assert len(set(texts)) == CHUNK
    assert all(len(text) == 16 and luhn.is_valid(text) for text in texts)


@pytest.mark.parametrize(("kind", "inside"), [(Excluded, False), (Only, True)])
@pytest.mark.parametrize("check", ["luhn", "verhoeff", "mod97-10"])
def test_conditions_are_about_strings_with_their_check_digits(
    check: Check, kind: Callable[..., Restricted], inside: bool
) -> None:
    law = kind(Checked(Pattern("[0-4]{2,3}"), check), Condition(ngrams=("12", "8")))
    assert law.sets is not None
    assert len(law.sets.parts) == 1  # so that all strings are as likely, of whatever length
    found = as_texts(law.sets.parts[0].unrank(np.arange(law.sets.parts[0].size)))
    checked = Checked(Pattern("[0-4]{2,3}"), check)
    every = checked.listed(200)
    assert every is not None
    texts = as_texts(every.unrank(np.arange(150)))
    assert sorted(found) == sorted(text for text in texts if ("12" in text or "8" in text) == inside)
    assert any("8" in text for text in texts)  # in check digits alone
    unique = Unique(law)
    unique.check_count(len(found))
    first = as_texts(unique.sample_chunk(0, Address(1), Address(2)))[: len(found)]
    assert sorted(first) == sorted(found)
    assert_knows_what_it_samples(law)


def test_long_strings_of_many_states_are_counted_in_time() -> None:
    law = Checked(Pattern("[1-9][0-9]{19}"), "mod97-10")
    assert law.sets is not None
    assert law.sets.parts[0].size == 9 * 10**19
    assert all(map(mod_97_10.is_valid, as_texts(law.sets.sample(np.random.default_rng(1), 100))))


def test_sets_that_take_too_much_are_refused_where_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    law = Checked(Digits((1, 9)), "mod97-10")
    monkeypatch.setattr("digitgen.compose.content.sets.automaton.MAX_CELLS", 10_000)
    assert law.marginals.shape == (11, 10)
    assert message_of(Unique, law).startswith("check: there are too many kinds of strings to count: they take 1")


def test_strings_under_conditions_have_check_digits_where_they_can() -> None:
    left = Excluded(Pattern("[0-9]{3}"), Condition(ngrams=("12",)))
    assert Checked(left, "luhn").admits(table(["1305", "1206"])).tolist() == [True, False]
    lost = Without(Automaton.of_lengths(3, 3, 10), listed("123"))
    wrong = "check: conditions hold of strings with their check digits; restrict the checked law"
    assert message_of(Unique, Checked(Given((lost,), (1.0,)), "luhn")) == wrong


def test_what_a_scheme_cannot_check_is_refused() -> None:
    for law, check, message in (
        (Digits((3, 3), alphabet="0123456789A"), "luhn", "check: luhn checks strings of 0 to 9; these may have 'A'"),
        (Digits((3, 3)), "mod11-2", "check: mod11-2 may end strings in 'X', which the alphabet lacks"),
        (Digits((3, 3), alphabet="0123456789X"), "mod11-2",
         "check: mod11-2 checks strings of 0 to 9; these may have 'X'"),
        (Digits((3, 3), alphabet="01234"), "damm", "check: damm may end strings in '5', which the alphabet lacks"),
        (Digits((3, 3), "benford"), "luhn",
         "check: no one knows how often each check digit comes behind digits that are as Benford's law has them"),
        (Digits((3, 3)), "lune", "check must be one of luhn, verhoeff, damm, mod11-2, mod37-2, mod97-10, mod11-10, "
         "mod37-36; got 'lune'; did you mean luhn?"),
    ):  # fmt: skip
        assert message_of(Checked, law, check) == message
    assert "only uniform digits" in message_of(Balanced, Checked(Digits((3, 3)), "luhn"))
    assert message_of(Unique, Checked(Digits((3, 3), {"1": 1, "2": 3}), "luhn")).startswith("unique: digits that are")
