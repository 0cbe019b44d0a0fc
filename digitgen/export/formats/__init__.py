"""The writers of the formats. A module loads when its format is asked for, and with it the library that it needs."""

from importlib import import_module

from digitgen.export import FORMATS
from digitgen.export.exporter import Exporter
from digitgen.extras import installed


def exporter_of(to: str) -> type[Exporter]:
    """Find the writer of a format.

    Parameters
    ----------
    to : str
        The format, one of `digitgen.export.FORMATS`.

    Returns
    -------
    type
        The writer's class.

    Raises
    ------
    DigitgenError
        If a library that it needs is not installed.
    """
    with installed(to, *FORMATS[to].libraries):
        module = import_module(f"digitgen.export.formats.{to}")
    kind: type[Exporter] = getattr(module, FORMATS[to].writer)
    return kind
