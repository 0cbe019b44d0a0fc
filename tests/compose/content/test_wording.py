"""Laws in words."""

import pytest

from digitgen.compose.content import Balanced, Checked, Condition, ContentLaw, Digits, Excluded, Unique
from digitgen.compose.content.wording import describe


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (Unique(Digits((3, 3))), "all have length 3; digits are uniform; 1,000 strings are possible; none comes twice"),
        (
            Balanced(Digits((1, 2)), "digits"),
            "lengths are uniform, from 1 to 2; digits are uniform; 110 strings are possible; "
            "all digits come equally often",
        ),
        (
            Balanced(Digits((2, 2)), "pairs"),
            "all have length 2; digits are uniform; 100 strings are possible; "
            "all pairs of neighbours come equally often",
        ),
        (
            Unique(Checked(Digits((4, 4)), "mod97-10")),
            "all have length 6; digits are uniform, with check digits; 10,000 strings are possible; none comes twice",
        ),
    ],
)
def test_what_holds_of_a_whole_split_is_said(law: ContentLaw, words: str) -> None:
    assert describe(law) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "00"),
        (2, "00 or 01"),
        (5, "00, 01, 02, 03 or 04"),
        (6, "00, 01, 02, 03, 04 or another"),
        (7, "00, 01, 02, 03, 04 or one of 2 others"),
    ],
)
def test_long_lists_of_what_is_left_out_are_cut_short(count: int, words: str) -> None:
    law = Excluded(Digits((2, 2)), Condition(ngrams=tuple(f"{k:02}" for k in range(count))))
    assert law.words == f"uniform, without strings that contain {words}"
