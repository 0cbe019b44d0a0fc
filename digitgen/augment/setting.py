"""Steps with their settings, as a configuration or a program asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.augment.catalogue import find_step
from digitgen.augment.numerics.normal import standard_normal
from digitgen.augment.pipeline import StepSample
from digitgen.augment.sampled import SEVERITY
from digitgen.augment.step import SEVERITIES, Parameter, Step
from digitgen.rng import Address, name_words

Share = Literal["digit", "image"]
"""Each digit has a sample of its own of a step on glyphs, or each image, whose digits share it."""

_SEVERITY: Final = Parameter("published severity", "", (1, SEVERITIES), (1, SEVERITIES), integer=True)
_APPLIED: Final = Parameter("1 for every image that it touches", "", (1, 1), (1, 1), integer=True)


@dataclass(frozen=True)
class Setting:
    """A step as it was asked for.

    Attributes
    ----------
    name : str
        Name of the step, as `find_step` knows it.
    p : float
        Share of images that it touches, 0 to 1.
    ranges : tuple of (str, (float, float))
        The range of each parameter.
    severity : (int, int) or None
        Least and greatest published severity, 1 to 5, in place of the ranges of the parameters that have one.
    share : {"digit", "image"}
        For a step on glyphs: whether each digit has a sample of its own, or shares that of its image.
    spread : tuple of (str, float)
        The standard deviation of each digit's own deviation from a shared parameter, in the parameter's unit.
    """

    name: str
    p: float
    ranges: tuple[tuple[str, tuple[float, float]], ...]
    severity: tuple[int, int] | None = None
    share: Share = "digit"
    spread: tuple[tuple[str, float], ...] = ()

    @property
    def step(self) -> Step:
        """The step itself."""
        return find_step(self.name)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters to be stored with the labels: the severity if it was asked for, and the step's own.

        A step that has neither stores where it was applied.
        """
        severity = {SEVERITY: _SEVERITY} if self.severity else {}
        return {**severity, **self.step.parameters} or {"applied": _APPLIED}

    def sample(self, rng: np.random.Generator, count: int) -> StepSample:
        """Sample which images the step touches, and its parameters for each.

        Parameters
        ----------
        rng : numpy.random.Generator
            The generator to sample from.
        count : int
            Number of images, n.

        Returns
        -------
        StepSample
            The sample for all n images.
        """
        touched = rng.random(count) < self.p
        values: dict[str, Floats] = {}
        level = np.zeros(count, np.int64)
        if self.severity:
            level = rng.integers(*self.severity, size=count, endpoint=True) - 1
            values[SEVERITY] = (level + 1).astype(np.float64)
        for (name, (low, high)), uniform in zip(self.ranges, rng.random((len(self.ranges), count)), strict=True):
            parameter = self.step.parameters[name]
            if self.severity and parameter.levels:
                values[name] = np.array(parameter.levels)[level]
                if parameter.either_sign:
                    values[name] = np.where(uniform < 0.5, -values[name], values[name])
            elif parameter.integer:
                values[name] = np.minimum(np.floor(low + uniform * (high - low + 1)), high)
            else:
                values[name] = low + uniform * (high - low)
        return StepSample(touched, values or {name: np.ones(count) for name in self.parameters})

    def sample_shared(self, shared: Address, spread: Address, lengths: Integers) -> StepSample:
        """Sample a step on glyphs once for each image, and let its digits share that, but for the spread.

        Parameters
        ----------
        shared, spread : Address
            Places to sample what is shared from, and what each digit adds.
        lengths : ndarray
            (N,) int64: digits of each image; T is their sum.

        Returns
        -------
        StepSample
            The sample for all T digits.
        """
        sample = self.sample(shared.generator, len(lengths))[np.repeat(np.arange(len(lengths)), lengths)]
        values = dict(sample.values)
        for name, sd in self.spread:
            own = standard_normal(spread.at(*name_words(name)).generator, len(sample.touched))
            values[name] = self.step.parameters[name].brought_into_bounds(values[name] + sd * own)
        return StepSample(sample.touched, values)
