"""The steps that strings take with CTC equal those of the longest way among all strings of a law."""

from itertools import pairwise

import numpy as np
import pytest

from digitgen.compose.content.ctc import ctc_steps
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.content.laws.pattern import Pattern
from digitgen.compose.content.modifiers.balanced import Balanced
from digitgen.compose.content.modifiers.checked import Checked
from digitgen.compose.content.modifiers.condition import Condition
from digitgen.compose.content.modifiers.restricted import Excluded, Only
from digitgen.compose.content.modifiers.unique import Unique
from tests.compose.content.examples import examples
from tests.strings import as_texts

_FEW = 20_000

MODIFIED = [
    Excluded(Digits((1, 3)), Condition(ngrams=("55", "7"))),
    Only(Digits((2, 3)), Condition(pattern="[01]*[23]")),
    Only(Digits((2, 3), {"1": 3, "2": 1}), Condition(ngrams=("12",))),
    Excluded(Pattern("(12)+|[3-5]{3}", 4), Condition(pattern="3*|4*|5*")),
    Checked(Pattern("[1-3]{2}"), "luhn"),
    Excluded(Checked(Digits((3, 3)), "damm"), Condition(pattern="(.)*000(.)*")),
]


def naive(text: str) -> int:
    """A step for each character, and one for the blank before each that repeats another."""
    return len(text) + sum(one == other for one, other in pairwise(text))


@pytest.mark.parametrize("law", [*examples(), *MODIFIED], ids=str)
def test_no_string_takes_more_steps_and_where_they_can_be_listed_one_takes_as_many(law: ContentLaw) -> None:
    steps, exact = ctc_steps(law)
    sampled = as_texts(law.sample(np.random.default_rng(4), 2000), law.alphabet)
    assert max(map(naive, sampled)) <= steps < 2 * law.longest
    listed = law.listed(_FEW)
    if listed is not None:
        assert steps == max(naive(text) for text in as_texts(listed.unrank(np.arange(listed.size)), law.alphabet))
    assert exact or not law.sets  # only of these it is known


def test_conditions_of_whole_splits_leave_all_strings() -> None:
    assert ctc_steps(Unique(Digits((1, 3)))) == (5, True)
    assert ctc_steps(Balanced(Digits((4, 4)))) == (7, True)
    assert ctc_steps(Unique(Pattern("(01){2}"))) == (4, True)


def test_what_is_not_known_for_sure_is_a_bound() -> None:
    assert ctc_steps(Checked(Digits((2, 2), {"1": 1}), "luhn")) == (4, False)  # 115, which takes as many; not known


def test_strings_of_fifty_characters_are_counted_without_listing_them() -> None:
    assert ctc_steps(Pattern("(12|3){25}")) == (50, True)
    assert ctc_steps(Pattern("1?(21)*0{0,20}", 50)) == (69, True)
