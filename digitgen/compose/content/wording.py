"""A law of content in words."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from digitgen.compose.content.law import ContentLaw

_FEW: Final = 6  # lengths whose probabilities are all said
_LARGE: Final = 10**12


def describe(law: ContentLaw) -> str:
    """Say how long strings are, how digits are distributed, and how many strings there can be.

    Parameters
    ----------
    law : ContentLaw
        The law.

    Returns
    -------
    str
        Parts of a sentence, with semicolons between them.

    Examples
    --------
    >>> from digitgen.compose.content.laws.digits import Digits
    >>> describe(Digits((1, 5)))
    'lengths are uniform, from 1 to 5; digits are uniform; 111,110 strings are possible'
    >>> describe(Digits({4: 1, 6: 3}))
    'lengths are as weighted: 4 (25 %) and 6 (75 %); digits are uniform; 1,010,000 strings are possible'
    """
    parts = [_lengths(law.lengths, law.length_words), f"digits are {law.words}"]
    if law.size is not None:
        parts.append("one string is possible" if law.size == 1 else f"{_count(law.size)} strings are possible")
    if law.distinct:
        parts.append("none comes twice")
    if law.exact:
        parts.append("all pairs of neighbours come equally often" if law.exact > 1 else "all digits come equally often")
    return "; ".join(parts)


def describe_splits(laws: Mapping[str, ContentLaw]) -> Iterator[tuple[list[str], str, str]]:
    """Describe the laws of splits; those that share one together.

    Parameters
    ----------
    laws : mapping of str to ContentLaw
        The law of each split.

    Yields
    ------
    splits : list of str
        The names of splits.
    names : str
        The same in words; none if they are all.
    law : str
        Their law, as `describe` says it.

    Examples
    --------
    >>> from digitgen.compose.content.laws.digits import Digits
    >>> laws = {"train": Digits((2, 2)), "validation": Digits((2, 2)), "test": Digits((2, 2)), "long": Digits((5, 5))}
    >>> for splits, names, law in describe_splits(laws):
    ...     print(splits[0], "of", names, "-", law)
    train of train, validation and test - all have length 2; digits are uniform; 100 strings are possible
    long of long - all have length 5; digits are uniform; 100,000 strings are possible
    """
    splits: dict[str, list[str]] = {}
    for name, law in laws.items():
        splits.setdefault(describe(law), []).append(name)
    for text, names in splits.items():
        yield names, "" if len(splits) == 1 else _listed(names), text


def _listed(names: list[str]) -> str:
    """Names in words."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _lengths(lengths: Mapping[int, float], words: str) -> str:
    """Say how long strings are."""
    low, high = min(lengths), max(lengths)
    if low == high:
        return f"all have length {low}"
    uniform = max(lengths.values()) < min(lengths.values()) * (1 + 1e-9) and len(lengths) == high - low + 1
    if uniform or len(lengths) > _FEW:
        return f"lengths are {words}, from {low} to {high}"
    each = [f"{length} ({100 * share:.2g} %)" for length, share in lengths.items()]
    return f"lengths are {words}: {_listed(each)}"


def _count(size: int) -> str:
    """Write a number of strings, however large."""
    return f"{size:,}" if size < _LARGE else f"about {Decimal(size):.1e}".replace("e+", " * 10^")
