"""The table of published sources: those of digitgen, and those that other packages add."""

from typing import TYPE_CHECKING, Final, NamedTuple

from digitgen import plugins
from digitgen.errors import ArgumentError, PluginError
from digitgen.glyphs.mnist import MNIST
from digitgen.glyphs.source import Source
from digitgen.messages import Say, did_you_mean, shown
from digitgen.plugins import Package

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

OWN: Final = {source.name: source for source in (MNIST,)}
"""Digitgen's own sources by name. A new one is a name here and its entry in a module beside this one."""

DEFAULT: Final = MNIST.name
"""The source that is fetched, and that glyphs come from, if nobody says otherwise."""

DEFAULT_TEST: Final = f"{DEFAULT}/test"


class Found(NamedTuple):
    """A source, and the package that adds it.

    Attributes
    ----------
    source : Source
        The source.
    package : Package or None
        The package; None if the source is one of digitgen's own.
    """

    source: Source
    package: Package | None


def find_source(name: str) -> Found:
    """Find a source by its name; other packages are looked at only if digitgen has none of that name.

    Raises
    ------
    ArgumentError
        If there is none of that name.
    PluginError
        If the package that adds it does not work.
    """
    found = _find(name)
    if found is None:
        raise ArgumentError(_unknown(name, list(all_sources())))
    return found


def find_part(name: object) -> tuple[Found, str]:
    """Find a part of a source by its name.

    Parameters
    ----------
    name : object
        A text such as ``mnist/train``; other types are refused as unknown names are.

    Returns
    -------
    found : Found
        The source, and the package that adds it.
    part : str
        A key of the source's parts.

    Raises
    ------
    ArgumentError
        If there is none of that name.
    PluginError
        If the package that adds it does not work.
    """
    source, _, part = str(name).partition("/")
    found = _find(source) if isinstance(name, str) else None
    if found is None or part not in found.source.parts:
        raise ArgumentError(_unknown(name, part_names()))
    return found, part


def is_part(name: str) -> bool:
    """Tell whether a name such as ``mnist/train`` is of a source that is there, without loading its package."""
    source = name.partition("/")[0]
    return source in OWN or source in plugins.found(plugins.SOURCES, OWN)


def part_names() -> list[str]:
    """List the names of all parts of all sources, those that other packages add included."""
    return [name for source in all_sources().values() for name in source.part_names]


def all_sources(say: Say = lambda _: None) -> dict[str, Source]:
    """Load every source.

    Parameters
    ----------
    say : callable, optional
        Takes a line of text for each package that does not work; its sources are left out.

    Returns
    -------
    dict of str to Source
        By name: digitgen's own, then what packages add.
    """
    sources = dict(OWN)
    try:
        for name, entry in plugins.found(plugins.SOURCES, OWN).items():
            try:
                sources[name] = _load(entry)
            except PluginError as error:
                say(str(error))
    except PluginError as error:  # two packages, or one and digitgen, use one name
        say(str(error))
    return sources


def _find(name: str) -> Found | None:
    """Find a source by its name, or None."""
    if name in OWN:
        return Found(OWN[name], None)
    entry = plugins.found(plugins.SOURCES, OWN).get(name)
    return Found(_load(entry), plugins.package_of(entry)) if entry else None


def _load(entry: "EntryPoint") -> Source:
    """The source behind an entry point, which must bear the same name."""
    source = plugins.load(entry, Source)
    if source.name != entry.name:
        package = plugins.package_of(entry)
        raise PluginError(f"the package {package} offers the source {source.name!r} under the name {entry.name!r}")
    return source


def _unknown(name: object, known: list[str]) -> str:
    """Say that a name is not known; the sentence begins with what it should name."""
    close = did_you_mean(str(name), known, listed=False) or "; a source of another package needs that package installed"
    return f"must be one of {', '.join(known)}; got {shown(name)}{close}"
