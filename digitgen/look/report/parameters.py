"""What augmentation sampled: which arrays say so, what they should hold, and what they do."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from digitgen.arrays import Integers
from digitgen.augment.pipeline import BESIDE_PARAMETERS, Setting
from digitgen.augment.step import Stage
from digitgen.compose.batch import BatchSpec
from digitgen.compose.recipe import Augmentation
from digitgen.format import PARAMETERS
from digitgen.look.report.chi_square import ChiSquareTest, chi_square

_BINS: Final = 24


@dataclass(frozen=True)
class SampledParameter:
    """One parameter of one step of a split.

    Attributes
    ----------
    array : str
        Where it is stored.
    title : str
        Such as ``rotate.angle``; with its place in front where the step occurs several times.
    what : str
        What it is, with its unit.
    setting : Setting
        The step as it was asked for.
    values : tuple of float
        The values that it can have, if they are few; none otherwise.
    edges : tuple of float
        Of the bins in which it is counted.
    uniform : bool
        Whether the bins should be equally full.
    first : bool
        Whether this is the first parameter of its step, which stands for whom the step touched.
    on_glyphs : bool
        Whether it is sampled for each digit.
    """

    array: str
    title: str
    what: str
    setting: Setting
    values: tuple[float, ...]
    edges: tuple[float, ...]
    uniform: bool
    first: bool
    on_glyphs: bool

    def tests(self, counts: Integers) -> Iterator[ChiSquareTest]:
        """Test what was counted: whom the step touched, and whether the values are uniform."""
        touched, untouched = int(counts[:-1].sum()), int(counts[-1])
        total, p = touched + untouched, self.setting.p
        if self.first:
            what = "digits" if self.on_glyphs else "images"
            claim = f"{self.title.rpartition('.')[0]} touches {p:.4g} of the {what}"
            test = chi_square(claim, np.array([touched, untouched]), np.array([p, 1 - p]) * total)
            if test.freedom or test.p == 0:  # none or all is no claim that chance could break
                yield test
        if self.uniform and len(counts) > 2:
            expected = np.full(len(counts) - 1, touched / (len(counts) - 1))
            yield chi_square(f"{self.title} is uniform", counts[:-1], expected)


def sampled_parameters(augment: Augmentation, spec: BatchSpec) -> list[SampledParameter]:
    """The parameters that a split stores."""
    there = {each.name for each in spec}
    names = [setting.name for pipeline in augment.stages.values() for setting in pipeline]
    return [
        each
        for stage, pipeline in augment.stages.items()
        for position, setting in enumerate(pipeline)
        for each in _of_step(stage, position, setting, names.count(setting.name) > 1)
        if each.array in there
    ]


def _of_step(stage: Stage, position: int, setting: Setting, repeated: bool) -> Iterator[SampledParameter]:
    """The parameters of one step."""
    step = f"{stage}.{position}.{setting.name}" if repeated else setting.name
    ranges = dict(setting.ranges)
    for number, name in enumerate(setting.sampled):
        parameter = setting.step.parameters.get(name)
        values: tuple[float, ...] = ()
        if parameter is None:
            least, most = setting.severity or (1, 1)
            values = tuple(float(level) for level in range(least, most + 1))
        elif setting.severity and parameter.levels:
            least, most = setting.severity
            levels = parameter.levels[least - 1 : most]
            values = tuple(sorted({*levels, *(-level for level in levels if parameter.either_sign)}))
        elif parameter.integer and ranges[name][1] - ranges[name][0] < _BINS:
            values = tuple(np.arange(ranges[name][0], ranges[name][1] + 1).tolist())
        elif ranges[name][0] == ranges[name][1]:
            values = (float(ranges[name][0]),)
        low, high = ranges.get(name, (0.0, 0.0))
        yield SampledParameter(
            array=f"{PARAMETERS}/{stage}_{position}_{setting.name}_{name}",
            title=f"{step}.{name}",
            what=f"{parameter.description}, {parameter.unit}" if parameter else BESIDE_PARAMETERS[name],
            setting=setting,
            values=values,
            edges=_around(values) if values else tuple(np.linspace(low, high, _BINS + 1).tolist()),
            # Of an integer with many values, bins may hold one more than others.
            uniform=parameter is None
            or not ((setting.severity and parameter.levels) or (parameter.integer and not values)),
            first=number == 0,
            on_glyphs=stage == "glyphs",
        )


def _around(values: tuple[float, ...]) -> tuple[float, ...]:
    """Edges with one of the ascending values between each two."""
    middles = [(low + high) / 2 for low, high in pairwise(values)]
    return (values[0] - 1, *middles, values[-1] + 1)
