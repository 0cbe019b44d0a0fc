"""All augmentation steps that can be asked for: digitgen's own, and those that other packages add.

A package offers each of its steps under the step's own name, in its `setup.cfg`:

    [options.entry_points]
    digitgen.steps =
        smudge = digitgen_smudge:smudge
"""

from functools import cache
from typing import TYPE_CHECKING

from digitgen import plugins
from digitgen.augment.step import Step
from digitgen.errors import ArgumentError, PluginError
from digitgen.messages import Say, did_you_mean, shown
from digitgen.plugins import Package

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def find_step(name: object) -> Step:
    """Find a step by its name; other packages are looked at only if digitgen has none of that name.

    Parameters
    ----------
    name : object
        The name; other types than text are refused as unknown names are.

    Returns
    -------
    Step
        The same object for every call.

    Raises
    ------
    ArgumentError
        If there is none of that name.
    PluginError
        If the package that adds it does not work.
    """
    if not isinstance(name, str):
        raise _no_step(name)
    return _own().get(name) or _of_package(name)


def is_step(name: str) -> bool:
    """Tell whether there is a step of that name, without loading the package that adds it."""
    return name in _own() or name in _entries()


def step_names() -> list[str]:
    """List the names of all steps, digitgen's own first, without loading those of packages."""
    return [*_own(), *_entries()]


def all_steps(say: Say = lambda _: None) -> dict[str, Step]:
    """Load every step.

    Parameters
    ----------
    say : callable, optional
        Takes a line of text for each package that does not work; its steps are left out.

    Returns
    -------
    dict of str to Step
        By name, in the order of `step_names`.
    """
    steps = dict(_own())
    try:
        for name in _entries():
            try:
                steps[name] = find_step(name)
            except PluginError as error:
                say(str(error))
    except PluginError as error:  # two packages, or one and digitgen, use one name
        say(str(error))
    return steps


def package_of_step(name: str) -> Package | None:
    """Find the package that adds a step; None if it is one of digitgen's own."""
    return None if name in _own() else plugins.package_of(_entries()[name])


def _own() -> dict[str, Step]:
    """Load digitgen's own steps, and OpenCV with them: only once somebody asks for a step."""
    from digitgen.augment.steps import AUGMENTATIONS

    return AUGMENTATIONS


def _entries() -> "dict[str, EntryPoint]":
    """Find the entry points by which packages offer steps."""
    return plugins.found(plugins.STEPS, _own())


@cache
def _of_package(name: str) -> Step:
    """Load a step of a package."""
    entry = _entries().get(name)
    if entry is None:
        raise _no_step(name)
    step = plugins.load(entry, Step)
    if step.name != name:
        package = plugins.package_of(entry)
        raise PluginError(f"the package {package} offers the step {step.name!r} under the name {name!r}")
    return step


def _no_step(name: object) -> ArgumentError:
    """Say that no step has a name."""
    close = did_you_mean(str(name), step_names(), listed=False) or "; `digitgen augmentations` lists them"
    return ArgumentError(f"there is no step {shown(name)}{close}")
