"""Write shares and p-values."""

from typing import Final

_LEAST_P: Final = 0.0001  # smaller ones mean the same to a reader


def percent(share: float) -> str:
    """Write a share in percent: with one decimal, or two digits where it is below 1 %."""
    value = 100 * share
    return f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"


def p_value(p: float) -> str:
    """Write a p-value, which is never written as zero."""
    return f"p = {p:.2g}" if p >= _LEAST_P else f"p < {_LEAST_P}"
