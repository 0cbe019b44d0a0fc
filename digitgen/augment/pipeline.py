"""Steps with their settings: sampled for a chunk of images, then applied to any of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

import numpy as np

from digitgen.arrays import Bools, Floats, Images, Integers, Singles
from digitgen.augment.catalogue import find_step
from digitgen.augment.numerics.opencv import settled_opencv
from digitgen.augment.numerics.stacking import parts
from digitgen.augment.ownership import Ownership
from digitgen.augment.sampled import SEVERITY, Sampled
from digitgen.augment.step import SEVERITIES, Parameter, PixelStep, Scene, Step, StrokeStep, Values, WarpStep
from digitgen.augment.warping.resample import resamplers
from digitgen.augment.warping.warp import Warp, unmoved
from digitgen.format import Stage
from digitgen.rng import Address, Noise, Rows, name_words

_WARPED: Final = 5 << 20  # px that are warped together: many, because some of the work is the same for one as for all
_SEVERITY: Final = Parameter("published severity", "", (1, SEVERITIES), (1, SEVERITIES), integer=True)
_APPLIED: Final = Parameter("1 for every image that it touches", "", (1, 1), (1, 1), integer=True)
_PARAMETERS, _NOISE = 0, 1  # the two places of a step: for its parameters, and for random pixels


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
    """

    name: str
    p: float
    ranges: tuple[tuple[str, tuple[float, float]], ...]
    severity: tuple[int, int] | None = None

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

    def sample(self, rng: np.random.Generator, count: int) -> "StepSample":
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
    values: Values

    def __getitem__(self, index: Rows) -> "StepSample":
        """Take the sample of some of the images."""
        return StepSample(self.touched[index], {name: values[index] for name, values in self.values.items()})

    @property
    def severity(self) -> Integers | None:
        """(n,) int64: the severity; None where it was not asked for."""
        return self.values[SEVERITY].astype(np.int64) if SEVERITY in self.values else None

    def values_of(self, step: Step, index: Rows) -> dict[str, Floats]:
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

    def __getitem__(self, index: slice) -> "PipelineSample":
        """Take the sample of some of the images."""
        return replace(self, rows=self.rows[index], steps=tuple(step[index] for step in self.steps))


Pipeline = tuple[Setting, ...]


def sample_pipeline(pipeline: Pipeline, address: Address, count: int) -> PipelineSample:
    """Sample the parameters of every step for the images of a chunk.

    Parameters
    ----------
    pipeline : tuple of Setting
        The steps.
    address : Address
        Address of the chunk's stage.
    count : int
        Number of images, n.

    Returns
    -------
    PipelineSample
        The sample for all n images.
    """
    steps = [
        setting.sample(_place(address, position, setting).at(_PARAMETERS).generator, count)
        for position, setting in enumerate(pipeline)
    ]
    return PipelineSample(address, np.arange(count), tuple(steps))


@settled_opencv()
def apply(
    pipeline: Pipeline,
    sampled: PipelineSample,
    images: Images,
    scene_of: Callable[[Noise], Scene],
    ownership: Ownership | None = None,
) -> None:
    """Apply all steps to images.

    Parameters
    ----------
    pipeline : tuple of Setting
        The steps.
    sampled : PipelineSample
        The sample for these images.
    images : ndarray
        (n, 28, W) uint8, C-contiguous: overwritten. An image that no step touches keeps every bit.
    scene_of : callable
        Takes the random bits of a step, and gives the scene of the n images.
    ownership : Ownership, optional
        Ownership of these images; kept right all the way.
    """
    work = []
    for n, (setting, sample) in enumerate(zip(pipeline, sampled.steps, strict=True)):
        noise = Noise(_place(sampled.address, n, setting).at(_NOISE), sampled.rows)
        work.append((setting.step, sample, replace(scene_of(noise), severity=sample.severity)))
    for warps, group in groupby(work, key=lambda each: isinstance(each[0], WarpStep)):
        if warps:
            _apply_warps(list(group), images, ownership)
            continue
        for step, step_sample, scene in group:
            if ownership and not moves_ink(step):
                ownership.keep_apart(images)
            _apply_pixels(step, step_sample, images, scene, ownership)


def moves_ink(step: Step) -> bool:
    """Tell whether boxes and masks have to follow a step."""
    return isinstance(step, WarpStep | StrokeStep)


def _place(address: Address, position: int, setting: Setting) -> Address:
    """Address a step's random numbers by its position and name, so that they are its own."""
    return address.at(position, *name_words(setting.name))


def _apply_pixels(step: Step, sample: StepSample, images: Images, scene: Scene, ownership: Ownership | None) -> None:
    """Apply a step that works on pixels where they are."""
    assert isinstance(step, PixelStep)
    rows = np.flatnonzero(sample.touched)
    follows = ownership if isinstance(step, StrokeStep) else None
    targets = follows.inked(images) if follows else (images,)
    if follows:
        follows.forget(images, rows)
    for part in parts(len(rows), images.shape[2], step.part):
        own = _as_slice(rows[part])
        own_scene, values = scene[own], sample.values_of(step, own)
        for target in targets:
            _change(target, own, step.apply, own_scene, **values)
    if follows:
        follows.spread(images, rows)


def _apply_warps(
    members: Sequence[tuple[Step, StepSample, Scene]], images: Images, ownership: Ownership | None
) -> None:
    """Resample once for all neighbouring steps that move pixels."""
    targets = [(each, False) for each in (ownership.inked(images) if ownership else (images,))]
    if ownership:
        targets.append((ownership.owners, True))
    rows = np.flatnonzero(np.any([sample.touched for _, sample, _ in members], axis=0))
    for block in parts(len(rows), images.shape[2], _WARPED):
        own = rows[block]
        for part, resample in resamplers(_total(members, own), images.shape[2]):
            their = _as_slice(own[part])
            for target, nearest in targets:
                _change(target, their, resample, nearest)
    if ownership:
        ownership.spread(images, rows)


def _total(members: Sequence[tuple[Step, StepSample, Scene]], rows: Integers) -> Warp:
    """Join the warps of neighbouring steps, for some of the images."""
    total = unmoved(len(rows))
    for step, sample, scene in members:
        assert isinstance(step, WarpStep)
        touched = np.flatnonzero(sample.touched[rows])
        if touched.size:
            own = _as_slice(rows[touched])
            total.add(touched, step.apply(scene[own], **sample.values_of(step, own)))
    return total


def _as_slice(rows: Integers) -> Rows:
    """Turn ascending rows into a slice if they are neighbours: indexing by it copies nothing."""
    first, last = int(rows[0]), int(rows[-1]) + 1
    return slice(first, last) if last - first == len(rows) else rows


def _change(images: Images, rows: Rows, change: Callable[..., None], /, *arguments: object, **values: Floats) -> None:
    """Let a function overwrite some images."""
    if isinstance(rows, slice):
        change(images[rows], *arguments, **values)
        return
    part = images.take(rows, axis=0)
    change(part, *arguments, **values)
    images[rows] = part


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
