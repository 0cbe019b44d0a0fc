"""Words for people: texts of others made fit for a line, and how a caller is told something."""

import reprlib
from collections.abc import Callable, Collection, Iterable

Say = Callable[[str], None]

_repr = reprlib.Repr()
_repr.maxlevel, _repr.maxstring, _repr.maxother, _repr.maxlong = 2, 60, 60, 40


def one_line(text: str) -> str:
    """Escape what would break a message's line, or reach a terminal as a command."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def brief(text: str, most: int = 80) -> str:
    """Cut a text that somebody else wrote down to what fits a message.

    Parameters
    ----------
    text : str
        The text.
    most : int, default 80
        Most characters to keep, the three dots behind a cut included.

    Returns
    -------
    str
        The text, or its beginning and three dots.
    """
    return text if len(text) <= most else f"{text[: most - 3]}..."


def shown(value: object) -> str:
    """Write a value as Python does, cut to what fits a line of a message."""
    return one_line(_repr.repr(value))


def with_type(value: object) -> str:
    """Write a value as `shown` does, and its type."""
    return f"{shown(value)} ({type(value).__name__})"


def file_count(count: int) -> str:
    """Count files in words: "1 file", "3,000 files"."""
    return "1 file" if count == 1 else f"{count:,} files"


def has_no(what: str, name: object, there: Iterable[str]) -> str:
    """Say that something lacks a part of a certain name, and list the parts that it has.

    Parameters
    ----------
    what : str
        The kind of part, such as ``split``.
    name : object
        The name that was asked for.
    there : iterable of str
        The names that exist.

    Returns
    -------
    str
        The rest of a sentence that begins with the owner of the parts.
    """
    return f"has no {what} {shown(name)}; it has {', '.join(there)}"


def did_you_mean(word: str, allowed: Collection[str], listed: bool = True) -> str:
    """Suggest the closest word in place of one that is unknown, or list all of them if none is close.

    Parameters
    ----------
    word : str
        The unknown word.
    allowed : collection of str
        The words that are allowed.
    listed : bool, default True
        Whether to list all words if none is close.

    Returns
    -------
    str
        The end of a message, from its semicolon on; empty if there is nothing to add.

    Examples
    --------
    >>> did_you_mean("blurr", ["blur", "fog"])
    '; did you mean blur?'
    >>> did_you_mean("rain", ["blur", "fog"])
    '; allowed: blur, fog'
    """
    close = closest(word, allowed)
    return f"; did you mean {close}?" if close else f"; allowed: {', '.join(allowed)}" if listed else ""


def closest(word: str, allowed: Collection[str]) -> str | None:
    """Find the word that may be meant by one that is unknown.

    Parameters
    ----------
    word : str
        The unknown word.
    allowed : collection of str
        The words that are allowed.

    Returns
    -------
    str or None
        The closest one; None if none is close.
    """
    import difflib  # needed only once something is wrong

    return next(iter(difflib.get_close_matches(word, allowed, n=1)), None)
