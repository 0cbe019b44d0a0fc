"""Shares and p-values as people read them."""

import pytest

from digitgen.look.kit.wording import p_value, percent


@pytest.mark.parametrize(
    ("share", "text"),
    [(1, "100.0 %"), (0.1234, "12.3 %"), (0.01, "1.0 %"), (0.00567, "0.57 %"), (0.000012, "0.0012 %"), (0, "0 %")],
)
def test_small_shares_keep_two_digits(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(1, "p = 1"), (0.0321, "p = 0.032"), (0.0001, "p = 0.0001"), (1e-40, "p < 0.0001"), (0, "p < 0.0001")],
)
def test_no_p_value_is_zero(p: float, text: str) -> None:
    assert p_value(p) == text
