"""Words for people: texts of others made fit for a line, and how a caller is told something."""

import difflib
import reprlib
from collections.abc import Callable, Collection, Iterable

Say = Callable[[str], None]

_repr = reprlib.Repr()
_repr.maxlevel, _repr.maxstring, _repr.maxother, _repr.maxlong = 2, 60, 60, 40


def one_line(text: str) -> str:
    """Escape what would break a message's line, or reach a terminal as a command."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def brief(text: str, most: int = 80) -> str:
    """Cut a text that somebody else wrote down to what fits a message."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def shown(value: object) -> str:
    """A value as a message shows what came: as Python writes it, cut to what fits a line."""
    return one_line(_repr.repr(value))


def file_count(count: int) -> str:
    """How many files there are."""
    return "1 file" if count == 1 else f"{count:,} files"


def has_no(what: str, name: object, there: Iterable[str]) -> str:
    """What is to be said behind the owner of some named things, such as a dataset of splits, that lacks one."""
    return f"has no {what} {shown(name)}; it has {', '.join(there)}"


def did_you_mean(word: str, allowed: Collection[str], listed: bool = True) -> str:
    """What is to be added to a message about an unknown word: the closest one, or, if there is none, all of them."""
    close = closest(word, allowed)
    return f"; did you mean {close}?" if close else f"; allowed: {', '.join(allowed)}" if listed else ""


def closest(word: str, allowed: Collection[str]) -> str | None:
    """The word that may be meant by one that is unknown, if any is close to it."""
    return next(iter(difflib.get_close_matches(word, allowed, n=1)), None)
