"""How rates of errors are written."""

from digitgen.look.kit.wording import percent
from digitgen.look.mistakes.rates import Rate


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
