"""Write shares, p-values, and what a page means by a digit."""

from typing import Final

from digitgen.alphabet import DIGITS
from digitgen.messages import brief, one_line, shown

FEW_CLASSES: Final = 36
"""Most classes that are told apart by their characters, side by side."""

_LEAST_P: Final = 0.0001  # smaller ones mean the same to a reader


def percent(share: float) -> str:
    """Write a share in percent: with one decimal, or two digits where it is below 1 %."""
    value = 100 * share
    return f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"


def p_value(p: float) -> str:
    """Write a p-value, which is never written as zero."""
    return f"p = {p:.2g}" if p >= _LEAST_P else f"p < {_LEAST_P}"


def about_alphabet(alphabet: str) -> list[str]:
    """Say of an alphabet that is not that of digits what it has, and that a digit is any character of it."""
    if alphabet == DIGITS:
        return []
    return [f"The alphabet has {len(alphabet)} characters, each called a digit here: {brief(one_line(alphabet))}."]


def written(character: str) -> str:
    """Write a character in a sentence: letters and digits as they are, others in quotes."""
    return character if character.isalnum() else shown(character)
