"""Amounts: each as likely as it should be, written as people write them."""

import hashlib
import math
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitgen.compose.content.laws.amounts import Amounts
from digitgen.compose.content.modifiers.checked import Checked
from digitgen.compose.content.modifiers.unique import Unique
from digitgen.errors import ArgumentError
from tests.reference import assert_follows, many_examples

ALPHABET = "0123456789.,"


def texts_of(law: Amounts, found: tuple[np.ndarray, np.ndarray]) -> list[str]:
    lengths, digits = found
    return ["".join(law.alphabet[k] for k in each) for each in np.split(digits, np.cumsum(lengths)[:-1])]


def law_of(law: Amounts) -> dict[str, float]:
    listed = law.listed(100_000)
    assert listed is not None
    weights = np.ones(listed.size) if listed.weights is None else listed.weights
    return dict(
        zip(texts_of(law, listed.unrank(np.arange(listed.size))), (weights / weights.sum()).tolist(), strict=True)
    )


@many_examples
@given(st.integers(0, 3000), st.integers(0, 1000), st.integers(0, 3), st.booleans(), st.booleans())
def test_amounts_are_written_as_python_writes_them(
    low: int, more: int, decimals: int, grouping: bool, point: bool
) -> None:
    scale = 10**decimals
    law = Amounts(
        (low / scale, (low + more) / scale),
        decimals=decimals,
        grouping="," * grouping,
        point="." * (point and decimals > 0),
        alphabet=ALPHABET,
    )
    wanted = [f"{units / scale:{',' * grouping}.{decimals}f}" for units in range(low, low + more + 1)]
    wanted = [text if point else text.replace(".", "") for text in wanted]
    assert law_of(law) == pytest.approx(dict.fromkeys(wanted, 1 / len(wanted)))
    assert law.size == len(wanted)


def test_large_amounts_are_grouped_by_three() -> None:
    law = Amounts((1234567.8, 1234567.8), decimals=2, grouping=".", point=",", alphabet=ALPHABET)
    assert law_of(law) == {"1.234.567,80": 1.0}


def test_a_share_of_amounts_is_whole() -> None:
    law = Amounts((8.5, 10.5), decimals=1, point=".", whole=0.5, alphabet=ALPHABET)
    all_of_them = [f"{units / 10:.1f}" for units in range(85, 106)]
    expected = {text: Fraction(1, 2 * 21) + Fraction(text.endswith("0"), 4) for text in all_of_them}
    assert law_of(law) == pytest.approx({text: float(share) for text, share in expected.items()})
    assert_follows(texts_of(law, law.sample(np.random.default_rng(1), 20_000)), expected)


@pytest.mark.parametrize(
    "law",
    [
        Amounts((7, 312)),
        Amounts((0, 21.25), decimals=2),
        Amounts((997.5, 1002), decimals=1, grouping=",", point=".", alphabet=ALPHABET),
        Amounts((95, 1002), decimals=1, whole=1, grouping=",", point=".", alphabet=ALPHABET),
    ],
    ids=["whole numbers", "leading zeros", "grouped", "whole amounts"],
)
def test_uniform_amounts_are_a_set_that_other_keys_know(law: Amounts) -> None:
    assert law.sets is not None
    (part,) = law.sets.parts
    strings = texts_of(law, part.unrank(np.arange(part.size)))
    assert sorted(strings) == sorted(law_of(law))
    assert sorted(texts_of(law, Unique(law).sample(np.random.default_rng(1), part.size))) == sorted(strings)
    many = Checked(Amounts((1, 99999.99), decimals=2), "luhn")
    assert many.sets is not None
    assert [each.size for each in many.sets.parts] == [Unique(many).size] == [9_999_900]


def test_the_logarithm_of_an_amount_may_be_uniform() -> None:
    law = Amounts((1, 99), spread="log")
    assert law_of(law) == pytest.approx({str(n): math.log(1 + 1 / n) / math.log(100) for n in range(1, 100)})


def test_the_first_digits_of_log_uniform_amounts_follow_benfords_law() -> None:
    law = Amounts((0.01, 99999.99), decimals=2, spread="log")
    lengths, digits = law.sample(np.random.default_rng(1), 50_000)
    texts = [text.lstrip("0") for text in texts_of(law, (lengths, digits))]
    counts = Counter(text[0] for text in texts)
    for digit in range(1, 10):
        share = math.log10(1 + 1 / digit)
        assert abs(counts[str(digit)] - 50_000 * share) < 4 * math.sqrt(50_000 * share)


def test_digits_that_come_and_go_often_are_nearly_uniform() -> None:
    law = Amounts((1, 20_000_000))
    exact = np.bincount(np.arange(10_000_000, 20_000_001) % 10, minlength=10) / 10_000_001
    assert np.abs(law.marginals[7] - exact).max() < 1e-6


def test_amounts_are_the_same_on_every_processor() -> None:
    _, digits = Amounts((0.01, 999999999.99), decimals=2, spread="log").sample(np.random.default_rng(1), 2000)
    assert hashlib.sha256(digits.tobytes()).hexdigest()[:16] == "cac2f9bee072a306"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"amount": 5}, "amount: must be two numbers, such as [1, 99999.99]; got 5"),
        ({"amount": [1, 2, 3]}, "amount: must be two numbers, such as [1, 99999.99]; got [1, 2, 3]"),
        ({"amount": [1, "2"]}, "amount.1: must be a number; got '2'"),
        ({"amount": [True, 2]}, "amount.0: must be a number; got True"),
        ({"amount": [-1, 2]}, "amount.0: must be from 0 to 999,999,999,999; got -1"),
        ({"amount": [0, 1e12]}, "amount.1: must be from 0 to 999,999,999,999; got 1000000000000.0"),
        ({"amount": [0, 1e10], "decimals": 2}, "amount.1: must be from 0 to 9,999,999,999.99; got 10000000000.0"),
        ({"amount": [0, math.nan]}, "amount.1: must be from 0 to 999,999,999,999; got nan"),
        ({"amount": [0, math.inf]}, "amount.1: must be from 0 to 999,999,999,999; got inf"),
        ({"amount": [2, 1]}, "amount: the smallest, 2, is larger than the largest, 1"),
        ({"amount": [1, 1.25], "decimals": 1}, "amount.1: has more decimals than are written, which are 1; got 1.25"),
        (
            {"amount": [0, 5], "spread": "log"},
            "amount.0: must be above 0, as 0 has no logarithm; or say spread: uniform",
        ),
        ({"amount": [1, 5], "spread": "logs"}, "spread: must be one of uniform, log; got 'logs'; did you mean log?"),
        ({"amount": [1, 5], "decimals": 7}, "decimals: must be an integer from 0 to 6; got 7"),
        ({"amount": [1, 5], "decimals": 1.0}, "decimals: must be an integer from 0 to 6; got 1.0"),
        ({"amount": [1, 5], "whole": 2}, "whole: must be a number from 0 to 1; got 2"),
        ({"amount": [1.2, 1.9], "decimals": 1, "whole": 0.1}, "whole: there is no whole amount"),
        ({"amount": [1, 5], "grouping": ",,"}, "grouping: must be one character that is no digit, or empty; got ',,'"),
        ({"amount": [1, 5], "grouping": "1"}, "grouping: must be one character that is no digit, or empty; got '1'"),
        ({"amount": [1, 5], "grouping": " "}, "grouping: ' ' is no character of the alphabet '0123456789.,'"),
        ({"amount": [1, 5], "point": "."}, "point: there are no decimals to write it before; say how many"),
        ({"amount": [1, 5], "alphabet": "012345678"}, "amount: amounts need all ten digits; the alphabet lacks 9"),
    ],
)
def test_what_are_no_amounts_is_refused(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Amounts(**{"alphabet": ALPHABET, **keys})
    assert str(caught.value) == words
