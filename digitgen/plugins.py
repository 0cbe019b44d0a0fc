"""Sources of digits and augmentation steps that other packages add, found by their entry points.

A package offers an object under a name in one of the groups below, in its own `setup.cfg`:

    [options.entry_points]
    digitgen.sources =
        kannada = digitgen_kannada:SOURCE

Entry points are read only when somebody asks for a name that digitgen itself does not have, or for all names.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from digitgen.errors import PluginError
from digitgen.messages import one_line

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

SOURCES: Final = "digitgen.sources"
"""The group of sources of digits."""

STEPS: Final = "digitgen.steps"
"""The group of augmentation steps."""

T = TypeVar("T")


@dataclass(frozen=True)
class Package:
    """An installed package that adds something; as text, ``digitgen-kannada 1.2``.

    Attributes
    ----------
    name : str
        Name of the distribution.
    version : str
        Its version.
    """

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def found(group: str, own: Collection[str] = ()) -> "dict[str, EntryPoint]":
    """Find what installed packages add to a group, without loading any of it.

    Parameters
    ----------
    group : str
        `SOURCES` or `STEPS`.
    own : collection of str
        Names in that group that digitgen has itself; no package may offer them.

    Returns
    -------
    dict of str to EntryPoint
        By name, sorted.

    Raises
    ------
    PluginError
        If two packages offer one name, or a package offers one of `own`.
    """
    from importlib.metadata import entry_points  # loads parsers of mail and zip files, which most runs never need

    by_name: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=group), key=lambda each: each.name):
        if entry.name in own:
            raise PluginError(
                f"the package {package_of(entry)} offers {entry.name!r} in {group}, a name that digitgen has itself; "
                "uninstall the package, or have it renamed there"
            )
        if other := by_name.get(entry.name):
            raise PluginError(
                f"the packages {package_of(other)} and {package_of(entry)} both offer {entry.name!r} in {group}; "
                "uninstall one of them"
            )
        by_name[entry.name] = entry
    return by_name


def load(entry: "EntryPoint", kind: type[T]) -> T:
    """Import the object that an entry point names.

    Parameters
    ----------
    entry : EntryPoint
        One of those that `found` returns.
    kind : type
        The type that the object must have.

    Returns
    -------
    object
        The object, an instance of `kind`.

    Raises
    ------
    PluginError
        If it cannot be imported or is of another type.
    """
    what = f"{entry.name!r} in {entry.group}, from the package {package_of(entry)},"
    try:
        loaded = entry.load()
    except Exception as error:  # a stranger's module may fail in any way
        reason = one_line(f"{type(error).__name__}: {error}")
        raise PluginError(f"{what} cannot be loaded from {entry.value}: {reason}") from error
    if not isinstance(loaded, kind):
        raise PluginError(
            f"{what} must be a {kind.__module__}.{kind.__qualname__}; {entry.value} is of type {type(loaded).__name__}"
        )
    return loaded


def package_of(entry: "EntryPoint") -> Package:
    """Find the package that an entry point belongs to, with its version."""
    name, version = (entry.dist.name, entry.dist.version) if entry.dist else (None, None)
    return Package(name or "unknown", version or "unknown")  # damaged metadata has neither


def not_installed(what: str, package: Package) -> PluginError:
    """Say that something which was used before is no longer installed.

    Parameters
    ----------
    what : str
        What was used, such as ``source 'kannada/train'``.
    package : Package
        The package that it came from.

    Returns
    -------
    PluginError
        The error, for the caller to raise.
    """
    return PluginError(
        f"{one_line(what)} comes from the package {one_line(str(package))}, which is not installed; install it"
    )
