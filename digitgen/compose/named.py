"""Glyphs by the name of a published source."""

from functools import cache

from digitgen.checks import plain
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.prepared import DEFAULT_TRAIN, load_bank
from digitgen.messages import shown


@cache
def named_bank(name: str = DEFAULT_TRAIN, *, writers: bool = False) -> GlyphBank:
    """Load the digits of a published source, fetching it on first use.

    Parameters
    ----------
    name : str, default "mnist/train"
        Name of the part, such as ``mnist/test``.
    writers : bool, default False
        Whether to load who wrote them.

    Returns
    -------
    GlyphBank
        Its glyphs of the digits 0 to 9; the same bank for every call.

    Raises
    ------
    ArgumentError
        If there is no such source, or it does not say who wrote its digits though that was asked for.
    SourceError
        If it cannot be had.
    """
    if not writers:
        return load_bank(name)
    from digitgen.glyphs.fetch import load_digits  # hardly anybody needs these

    digits = load_digits(name, writers=True)
    numbers = digits.writers.numbers if digits.writers else None
    return GlyphBank.from_arrays(digits.images, digits.labels, rows=digits.rows, writers=numbers)


def as_bank(glyphs: object, *, writers: bool = False) -> GlyphBank:
    """Take the glyphs that a caller gives, or names.

    Parameters
    ----------
    glyphs : GlyphBank or str
        The glyphs, or the name of a part of a published source.
    writers : bool, default False
        Whether a named source must say who wrote its digits.

    Returns
    -------
    GlyphBank
        The glyphs.

    Raises
    ------
    ArgumentError
        If they are neither, or there is no such source.
    SourceError
        If a source cannot be had.
    """
    if isinstance(glyphs, GlyphBank):
        return glyphs
    name = plain(glyphs)
    if not isinstance(name, str):
        raise ArgumentError(
            f"glyphs must be a GlyphBank, or the name of a source such as mnist/test; got {shown(glyphs)}"
        )
    _check_name(name)
    return named_bank(name, writers=writers)


@cache
def _check_name(name: str) -> None:
    """Refuse what names no part of a source, which takes longer to find out than an image."""
    from digitgen.glyphs.sources import find_part  # nobody with glyphs of their own needs them

    try:
        find_part(name)
    except ArgumentError as error:
        raise error.within("glyphs") from None
