"""Steps with their settings, and the parameters that are sampled for a chunk of images.

Nothing here needs the steps themselves, so that images without augmentation do not load them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from digitgen.arrays import Bools, Floats, Integers, Singles
from digitgen.augment.sampled import SEVERITY, Sampled
from digitgen.format import Stage
from digitgen.rng import Address, Noise, Rows, name_words

if TYPE_CHECKING:
    from digitgen.augment.setting import Setting
    from digitgen.augment.step import Step, Values

_PARAMETERS: Final = 0  # the place of a step's parameters
_NOISE: Final = 1  # the place of its random pixels
_SHARED: Final = 2  # the place of parameters that the digits of an image share
_SPREAD: Final = 3  # the place of what each digit adds to them


@dataclass(frozen=True, eq=False)
class StepSample:
    """The sample of one step for n images.

    Attributes
    ----------
    touched : ndarray
        (n,) bool: the images that the step touches.
    values : dict of str to ndarray
        (n,) float64 each: its parameters, and the severity where that was asked for.
    """

    touched: Bools
    values: "Values"

    def __getitem__(self, index: Rows) -> "StepSample":
        """Take the sample of some of the images."""
        return StepSample(self.touched[index], {name: values[index] for name, values in self.values.items()})

    @property
    def severity(self) -> Integers | None:
        """(n,) int64: the severity; None where it was not asked for."""
        return self.values[SEVERITY].astype(np.int64) if SEVERITY in self.values else None

    def values_of(self, step: "Step", index: Rows) -> dict[str, Floats]:
        """Take the parameters that the function of a step gets.

        Parameters
        ----------
        step : Step
            The step.
        index : slice or ndarray
            Some of the images, ascending; m of them.

        Returns
        -------
        dict of str to ndarray
            (m,) float64 for each parameter.
        """
        return {name: self.values[name][index] for name in step.parameters}


@dataclass(frozen=True, eq=False)
class PipelineSample:
    """The sample of a whole stage for n images (or glyphs).

    Attributes
    ----------
    address : Address
        Address of the chunk's stage.
    rows : ndarray
        (n,) int64: the images' rows in the chunk.
    steps : tuple of StepSample
        One for each step.
    """

    address: Address
    rows: Integers
    steps: tuple[StepSample, ...]

    def __getitem__(self, index: Rows) -> "PipelineSample":
        """Take the sample of some of the images."""
        return replace(self, rows=self.rows[index], steps=tuple(step[index] for step in self.steps))


Pipeline = tuple["Setting", ...]


def sample_pipeline(
    pipeline: Pipeline, address: Address, count: int, lengths: Integers | None = None
) -> PipelineSample:
    """Sample the parameters of every step for the images, or the glyphs, of a chunk.

    Parameters
    ----------
    pipeline : tuple of Setting
        The steps.
    address : Address
        Address of the chunk's stage.
    count : int
        Number of images, or of glyphs, n.
    lengths : ndarray, optional
        (N,) int64: of glyphs, how many each image has, for steps whose sample they share.

    Returns
    -------
    PipelineSample
        The sample for all n.
    """
    steps = []
    for position, setting in enumerate(pipeline):
        place = place_of(address, position, setting)
        if lengths is not None and setting.share == "image":
            steps.append(setting.sample_shared(place.at(_SHARED), place.at(_SPREAD), lengths))
        else:
            steps.append(setting.sample(place.at(_PARAMETERS).generator, count))
    return PipelineSample(address, np.arange(count), tuple(steps))


def place_of(address: Address, position: int, setting: "Setting") -> Address:
    """Address a step's random numbers by its position and name, so that they are its own.

    Parameters
    ----------
    address : Address
        Address of the chunk's stage.
    position : int
        Position of the step in the stage, from 0.
    setting : Setting
        The step.

    Returns
    -------
    Address
        Address of the step, below which its parameters and its random pixels lie.
    """
    return address.at(position, *name_words(setting.name))


def noise_of(pipeline: Pipeline, sample: PipelineSample, position: int) -> Noise:
    """Find the random bits of a step.

    Parameters
    ----------
    pipeline : tuple of Setting
        The steps.
    sample : PipelineSample
        The sample for n images or glyphs.
    position : int
        Position of the step, from 0.

    Returns
    -------
    Noise
        Random bits for each of the n, for this step alone.
    """
    place = place_of(sample.address, position, pipeline[position])
    return Noise(place.at(_NOISE), sample.rows)


def describe_sampled(stage: Stage, pipeline: Pipeline) -> Iterator[Sampled]:
    """Describe everything that the steps of a stage sample.

    Parameters
    ----------
    stage : {"glyphs", "sequence"}
        The stage.
    pipeline : tuple of Setting
        Its steps.

    Yields
    ------
    Sampled
        A parameter of a step, in the order in which they are stored.
    """
    for position, setting in enumerate(pipeline):
        for name, parameter in setting.parameters.items():
            yield Sampled(stage, position, setting.name, name, parameter.description, parameter.unit)


def sampled_values(stage: Stage, pipeline: Pipeline, sample: PipelineSample) -> Iterator[tuple[Sampled, Singles]]:
    """Pair each parameter of a stage with the values that were sampled.

    Parameters
    ----------
    stage : {"glyphs", "sequence"}
        The stage.
    pipeline : tuple of Setting
        Its steps.
    sample : PipelineSample
        The sample for n images or glyphs.

    Yields
    ------
    sampled : Sampled
        The parameter.
    values : ndarray
        (n,) float32; NaN where the step touched nothing.
    """
    for sampled in describe_sampled(stage, pipeline):
        step = sample.steps[sampled.position]
        yield sampled, np.where(step.touched, step.values[sampled.parameter], np.nan).astype(np.float32)
