"""Write rates of errors, and what makes one doubt them."""

from digitgen.look.kit.wording import percent
from digitgen.look.mistakes.misalignment import Misalignment
from digitgen.look.mistakes.rates import Rate
from digitgen.look.mistakes.study import Model
from digitgen.look.mistakes.summary import Mistakes
from digitgen.look.mistakes.survey import Row, Survey


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


def nothing(mistakes: Mistakes) -> str:
    """Say that a model has no patterns."""
    if not mistakes.wrong_images:
        return f"All {mistakes.images:,} sequences are read exactly."
    return "No digit and no condition stands out: the errors are spread as by chance, or too few to tell."


def doubts(model: Model | Row) -> list[str]:
    """Say why predictions may not be those that the model made, before the model is blamed."""
    found = [misaligned(model.misalignment)] if model.misalignment else []
    return found + ([zeros_lost(model.lost_zeros)] if model.lost_zeros else [])


def mean_of_splits(found: Survey) -> str:
    """Say how many sequences are wrong in the splits that show those of the base again, on average."""
    again = sum(found.manifest.leader(row.split) == found.base != row.split for row in found.rows)
    return f"Mean of the {again} splits with the sequences of {found.base}: {percent(found.mean or 0)}."


def misaligned(found: Misalignment) -> str:
    """Say that predictions seem to stand beside the wrong images, and where they fit."""
    some = f"MISALIGNED? {found.fits:,} of {found.wrong:,}"
    if found.split is not None:
        return f"{some} wrong predictions are the labels of the split {found.split}. Name the split that was read."
    if found.shift is None:
        return (
            f"{some} strings that were misread were read once, for another image. The predictions seem to be in "
            "another order. Write each with the id of its image."
        )
    rows, where = abs(found.shift), "after" if found.shift > 0 else "before"
    return (
        f"{some} wrong predictions are the label of the image {rows:,} row{'s' * (rows > 1)} {where} their own. Rows "
        "seem to be missing or too many. Write each prediction with the id of its image."
    )


def zeros_lost(images: int) -> str:
    """Say that predictions seem to have gone through numbers, and how many images lost a leading zero."""
    return (
        f"No prediction of two or more digits begins with 0, though {images:,} images do: leading zeros seem to be "
        "lost, as in a column of numbers. Write predictions as text."
    )
