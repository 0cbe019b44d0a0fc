"""The commands that build and preview a recipe, saved or not."""

import shlex
from collections.abc import Iterator
from typing import Any

from digitgen.config.build_config import BuildConfig
from digitgen.config.fresh import inline
from digitgen.config.rewrite import same


def commands(
    file: str, saved: dict[str, Any], config: BuildConfig, recipe: dict[str, Any], view: list[str]
) -> list[str]:
    """Spell the commands that build and preview a recipe.

    Parameters
    ----------
    file : str
        The configuration file.
    saved : dict
        What it says.
    config : BuildConfig
        The recipe as it was checked.
    recipe : dict
        What the recipe says; where it differs from the file, the commands have overrides.
    view : list of str
        Options of ``digitgen preview``.

    Returns
    -------
    list of str
        Lines for a shell.
    """
    words = [file, *overrides(saved, config, recipe)]
    return [shlex.join(["digitgen", "build", *words]), shlex.join(["digitgen", "preview", *words, *view])]


def overrides(saved: dict[str, Any], config: BuildConfig, recipe: dict[str, Any]) -> Iterator[str]:
    """List the overrides that make a recipe of what a file says.

    Parameters
    ----------
    saved, config, recipe
        As in `commands`.

    Yields
    ------
    str
        ``key.path=value``.
    """
    for key, value in recipe.items():
        yield from _changes(key, value, key in saved, saved.get(key))
    gone = [key for key in saved if key not in recipe]
    defaults = config.resolved() if gone else {}
    for key in gone:  # nothing takes a key away, but its default says the same
        yield f"{key}={inline(defaults.get(key))}"


def _changes(key: str, value: Any, is_there: bool, saved: Any) -> Iterator[str]:
    """The overrides of a value: those of its parts, where the file has all of them and no others."""
    if is_there and same(saved, value):
        return
    if isinstance(value, dict) and isinstance(saved, dict) and saved.keys() <= value.keys() and _can_be_named(value):
        for name, each in value.items():
            yield from _changes(f"{key}.{name}", each, name in saved, saved.get(name))
    elif isinstance(value, list) and isinstance(saved, list) and len(saved) == len(value):
        for place, each in enumerate(value):
            yield from _changes(f"{key}.{place}", each, True, saved[place])
    else:
        yield f"{key}={inline(value)}"


def _can_be_named(section: dict[str, Any]) -> bool:
    """Whether the keys of a section can be parts of the key of an override."""
    return not any(not name or "." in name or "=" in name for name in section)
