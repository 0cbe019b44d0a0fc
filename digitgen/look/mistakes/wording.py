"""How figures are written."""

from digitgen.look.mistakes.rates import Rate


def percent(share: float) -> str:
    """A share as people read it."""
    value = 100 * share
    return f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"


def rounded(share: float) -> str:
    """A share for a headline."""
    return percent(share) if share < 0.1 else f"{100 * share:.0f} %"


def within(rate: Rate) -> str:
    """A rate with its interval, in percent."""
    low, high = (percent(end).removesuffix(" %") for end in (rate.low, rate.high))
    return f"{percent(rate.value)} ({low} to {high})"


def points(difference: Rate) -> str:
    """A difference of rates with its interval, in percentage points."""
    value, low, high = (100 * each for each in (difference.value, difference.low, difference.high))
    return f"{value:+.1f} ({low:.1f} to {high:.1f})"


def p_value(value: float) -> str:
    """A p-value, none of which is ever zero."""
    return f"p = {value:.2g}" if value >= 1e-300 else "p < 1e-300"
