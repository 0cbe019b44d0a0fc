"""Apply the steps of a stage to images, as they were sampled."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Images, Integers
from digitgen.augment.ink.draw import draw
from digitgen.augment.ink.page import Page
from digitgen.augment.numerics.opencv import settled_opencv
from digitgen.augment.numerics.stacking import parts
from digitgen.augment.ownership import Ownership
from digitgen.augment.pipeline import Pipeline, PipelineSample, StepSample, noise_of
from digitgen.augment.step import InkStep, PixelStep, Scene, Step, StrokeStep, WarpStep
from digitgen.augment.warping.resample import resamplers
from digitgen.augment.warping.warp import Warp, unmoved
from digitgen.rng import Noise, Rows, as_slice

_WARPED: Final = 5 << 20  # px that are warped together: many, because some of the work is the same for one as for all


@settled_opencv()
def apply(
    pipeline: Pipeline,
    sampled: PipelineSample,
    images: Images,
    scene_of: Callable[[Noise], Scene],
    ownership: Ownership | None = None,
    which: range | None = None,
) -> None:
    """Apply steps to images.

    Parameters
    ----------
    pipeline : tuple of Setting
        The steps.
    sampled : PipelineSample
        The sample for these images.
    images : ndarray
        (n, H, W) uint8, C-contiguous: overwritten. An image that no step touches keeps every bit.
    scene_of : callable
        Takes the random bits of a step, and gives the scene of the n images.
    ownership : Ownership, optional
        Ownership of these images; kept right all the way.
    which : range, optional
        The positions of the steps to apply; all by default.
    """
    work = list(steps_of(pipeline, sampled, scene_of, range(len(pipeline)) if which is None else which))
    for kind, group in groupby(work, key=lambda each: _kind(each[0])):
        if kind is WarpStep:
            _apply_warps(list(group), images, ownership)
            continue
        if kind is InkStep:
            page = Page(images, ownership)
            draw(list(group), page, ownership)
            page.settle()
            continue
        for step, step_sample, scene in group:
            if ownership and not step.moves_ink:
                ownership.keep_apart(images)
            _apply_pixels(step, step_sample, images, scene, ownership)


def steps_of(
    pipeline: Pipeline, sampled: PipelineSample, scene_of: Callable[[Noise], Scene], which: range
) -> Iterator[tuple[Step, StepSample, Scene]]:
    """List the steps at some positions of a pipeline, each with its sample and its scene.

    Parameters
    ----------
    pipeline, sampled, scene_of
        As in `apply`.
    which : range
        The positions.

    Yields
    ------
    (Step, StepSample, Scene)
        A step.
    """
    for n in which:
        sample = sampled.steps[n]
        yield pipeline[n].step, sample, replace(scene_of(noise_of(pipeline, sampled, n)), severity=sample.severity)


def _kind(step: Step) -> type[Step]:
    """The kind of steps that are applied together."""
    return next(kind for kind in (WarpStep, InkStep, PixelStep) if isinstance(step, kind))


def _apply_pixels(step: Step, sample: StepSample, images: Images, scene: Scene, ownership: Ownership | None) -> None:
    """Apply a step that works on pixels where they are."""
    assert isinstance(step, PixelStep)
    rows = np.flatnonzero(sample.touched)
    follows = ownership if isinstance(step, StrokeStep) else None
    targets = follows.inked(images) if follows else (images,)
    if follows:
        follows.forget(images, rows)
    for part in parts(len(rows), images.shape[1:], step.part):
        own = as_slice(rows[part])
        own_scene, values = scene[own], sample.values_of(step, own)
        for target in targets:
            _change(target, own, step.apply, own_scene, **values)
    if follows:
        follows.spread(images, rows)


def _apply_warps(
    members: Sequence[tuple[Step, StepSample, Scene]], images: Images, ownership: Ownership | None
) -> None:
    """Resample once for all neighbouring steps that move pixels."""
    if ownership:
        ownership.settle(images)
    targets = [(each, False) for each in (ownership.inked(images) if ownership else (images,))]
    if ownership:
        targets.append((ownership.owners, True))
    rows = np.flatnonzero(np.any([sample.touched for _, sample, _ in members], axis=0))
    for block in parts(len(rows), images.shape[1:], _WARPED):
        own = rows[block]
        for part, resample in resamplers(_total(members, own), images.shape[1:]):
            their = as_slice(own[part])
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
            own = as_slice(rows[touched])
            total.add(touched, step.apply(scene[own], **sample.values_of(step, own)))
    return total


def _change(images: Images, rows: Rows, change: Callable[..., None], /, *arguments: object, **values: Floats) -> None:
    """Let a function overwrite some images."""
    if isinstance(rows, slice):
        change(images[rows], *arguments, **values)
        return
    part = images.take(rows, axis=0)
    change(part, *arguments, **values)
    images[rows] = part
