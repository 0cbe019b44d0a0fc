"""The parameters that augmentation samples, as facts: step, name and unit of each stored array."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from digitgen.format import Stage

SEVERITY: Final = "severity"
"""The parameter that stands for the published severity, where that was asked for."""


def with_unit(description: str, unit: str) -> str:
    """Put a unit behind a description.

    Parameters
    ----------
    description : str
        Says what a number is.
    unit : str
        Its unit; empty if it has none.

    Returns
    -------
    str
        Both.
    """
    return f"{description}, {unit}" if unit else description


@dataclass(frozen=True)
class Sampled:
    """A parameter of one step of a recipe, sampled for each image or glyph and stored with the labels.

    Attributes
    ----------
    stage : {"glyphs", "sequence"}
        The stage of the step: each digit has a value of its own, or each image.
    position : int
        Position of the step in its stage, from 0.
    step, parameter : str
        Their names.
    description, unit : str
        Says what the parameter is, and what it is measured in; the unit is empty if there is none.
    """

    stage: Stage
    position: int
    step: str
    parameter: str
    description: str
    unit: str

    @property
    def name(self) -> str:
        """The name of the array, derived here and nowhere else: such as ``sequence_0_elastic_rms``."""
        return f"{self.stage}_{self.position}_{self.step}_{self.parameter}"

    @property
    def meaning(self) -> str:
        """The description, with the unit if there is one."""
        return with_unit(self.description, self.unit)


def firsts(every: Iterable[Sampled]) -> list[Sampled]:
    """Pick the first parameter of each step, which tells which images the step touched as well as any other."""
    found: dict[tuple[Stage, int], Sampled] = {}
    for each in every:
        found.setdefault((each.stage, each.position), each)
    return list(found.values())


def step_names(every: Collection[Sampled]) -> dict[Sampled, str]:
    """Name the step of each parameter of a recipe for people.

    Parameters
    ----------
    every : collection of Sampled
        All parameters of the recipe.

    Returns
    -------
    dict of Sampled to str
        The step's name; with its stage and position in front, such as ``sequence.1.rotate``, where it acts
        several times.
    """
    times = Counter(each.step for each in firsts(every))
    return {each: each.step if times[each.step] == 1 else f"{each.stage}.{each.position}.{each.step}" for each in every}
