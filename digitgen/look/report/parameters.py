"""The parameters that augmentation sampled: their arrays, their laws, and tests of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from digitgen.arrays import Integers
from digitgen.augment.sampled import SEVERITY, Sampled, firsts, step_names
from digitgen.augment.setting import Setting
from digitgen.compose.batch import BatchSpec, parameter_arrays
from digitgen.compose.recipe import Augmentation
from digitgen.look.report.chi_square import ChiSquareTest, chi_square

_BINS: Final = 24


@dataclass(frozen=True)
class SampledParameter:
    """One parameter of one step of a split.

    Attributes
    ----------
    array : str
        Name of the array that holds it.
    sampled : Sampled
        The parameter.
    step : str
        Name of the step for people; see `step_names`.
    setting : Setting
        The step as it was asked for.
    values : tuple of float
        The values that it can have, if they are few; none otherwise.
    edges : tuple of float
        Edges of the bins in which it is counted.
    uniform : bool
        Whether the bins should be equally full.
    first : bool
        Whether this is the first parameter of its step, which stands for the images that the step touched.
    """

    array: str
    sampled: Sampled
    step: str
    setting: Setting
    values: tuple[float, ...]
    edges: tuple[float, ...]
    uniform: bool
    first: bool

    @property
    def title(self) -> str:
        """Name of the parameter for people, such as ``rotate.angle``."""
        return f"{self.step}.{self.sampled.parameter}"

    @property
    def items(self) -> str:
        """The things that have a value each: images or digits."""
        return "digits" if self.sampled.stage == "glyphs" else "images"

    def tests(self, counts: Integers) -> Iterator[ChiSquareTest]:
        """Test counts: the share that the step touched, and whether the values are uniform."""
        touched, untouched = int(counts[:-1].sum()), int(counts[-1])
        total, p = touched + untouched, self.setting.p
        if self.first:
            claim = f"{self.step} touches {p:.4g} of the {self.items}"
            test = chi_square(claim, np.array([touched, untouched]), np.array([p, 1 - p]) * total)
            if test.freedom or test.p == 0:  # none or all is no claim that chance could break
                yield test
        if self.uniform and len(counts) > 2:
            expected = np.full(len(counts) - 1, touched / (len(counts) - 1))
            yield chi_square(f"{self.title} is uniform", counts[:-1], expected)


def sampled_parameters(augment: Augmentation, spec: BatchSpec) -> list[SampledParameter]:
    """List the parameters that a split stores.

    Parameters
    ----------
    augment : Augmentation
        The steps that change its images.
    spec : BatchSpec
        Its arrays.

    Returns
    -------
    list of SampledParameter
        In the order in which they are stored.
    """
    arrays = parameter_arrays(spec)
    names, first = step_names(arrays), set(firsts(arrays))
    found = []
    for sampled, array in arrays.items():
        setting = augment.stages[sampled.stage][sampled.position]
        values, (low, high), uniform = _law(setting, sampled.parameter)
        found.append(
            SampledParameter(
                array=array,
                sampled=sampled,
                step=names[sampled],
                setting=setting,
                values=values,
                edges=_around(values) if values else tuple(np.linspace(low, high, _BINS + 1).tolist()),
                uniform=uniform,
                first=sampled in first,
            )
        )
    return found


def _law(setting: Setting, name: str) -> tuple[tuple[float, ...], tuple[float, float], bool]:
    """Find the law of a parameter: its values if they are few, its range, and whether all are equally likely."""
    parameter = setting.parameters[name]
    ranges: dict[str, tuple[float, float]] = dict(setting.ranges)
    if setting.severity:
        ranges[SEVERITY] = setting.severity
    low, high = ranges.get(name, parameter.default)
    if setting.severity and parameter.levels:
        levels = parameter.levels[setting.severity[0] - 1 : setting.severity[1]]
        return tuple(sorted({*levels, *(-level for level in levels if parameter.either_sign)})), (low, high), False
    if parameter.integer and high - low < _BINS:
        return tuple(np.arange(low, high + 1, dtype=np.float64).tolist()), (low, high), True
    if low == high:
        return (float(low),), (low, high), True
    # Of an integer with many values, bins may hold one more than others.
    return (), (low, high), not parameter.integer


def _around(values: tuple[float, ...]) -> tuple[float, ...]:
    """Put an edge between each two of ascending values, and one at either end."""
    middles = [(low + high) / 2 for low, high in pairwise(values)]
    return (values[0] - 1, *middles, values[-1] + 1)
