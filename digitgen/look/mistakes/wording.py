"""Write rates of errors."""

from digitgen.look.kit.wording import percent
from digitgen.look.mistakes.rates import Rate


def rounded(share: float) -> str:
    """Write a share for a headline."""
    return percent(share) if share < 0.1 else f"{100 * share:.0f} %"


def within(rate: Rate) -> str:
    """Write a rate with its interval, in percent."""
    low, high = (percent(end).removesuffix(" %") for end in (rate.low, rate.high))
    return f"{percent(rate.value)} ({low} to {high})"


def points(difference: Rate) -> str:
    """Write a difference of rates with its interval, in percentage points."""
    value, low, high = (100 * each for each in (difference.value, difference.low, difference.high))
    return f"{value:+.1f} ({low:.1f} to {high:.1f})"


def zeros_lost(images: int) -> str:
    """Say that predictions seem to have gone through numbers, and how many images lost a leading zero."""
    return (
        f"No prediction of two or more digits begins with 0, though {images:,} images do: leading zeros seem to be "
        "lost, as in a column of numbers. Write predictions as text."
    )
