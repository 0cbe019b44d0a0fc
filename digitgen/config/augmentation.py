"""Augmentation for programs: steps as in a configuration, for images that are generated or that are there already."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from digitgen.arrays import Pixels
from digitgen.augment.limits import refusal
from digitgen.augment.pipeline import apply, sample_pipeline
from digitgen.augment.step import NARROWEST, Scene, cells_of
from digitgen.compose.recipe import Augmentation
from digitgen.config.steps import SECTIONS, AugmentConfig
from digitgen.errors import ArgumentError
from digitgen.format import CELL, MAX_WIDTH
from digitgen.glyphs.bank import GlyphBank
from digitgen.messages import did_you_mean, one_line
from digitgen.rng import Address, RngLike, as_generator

Steps = Sequence[Mapping[str, Any]]


def augmentation(*, glyphs: Steps = (), sequence: Steps = ()) -> Augmentation:
    """Check the steps of an augmentation, for `generate_batch` and `stream`.

    Parameters
    ----------
    glyphs, sequence : sequence of dict
        Steps on each glyph, and on the composed image, as in a configuration: ``step`` names the step;
        ``p`` is the share of glyphs or images that it touches; a number or a pair sets a parameter's value or
        range; ``severity`` sets the published parameters. ``digitgen augmentations`` lists them all.

    Returns
    -------
    Augmentation
        To be passed on.

    Raises
    ------
    ArgumentError
        If a step or a parameter is unknown or out of its bounds.

    Examples
    --------
    >>> heavy = augmentation(
    ...     glyphs=[{"step": "slant", "slant": [-0.3, 0.3]}],
    ...     sequence=[{"step": "elastic", "rms": 1.4, "p": 0.5}, {"step": "shot_noise", "severity": [1, 5]}],
    ... )
    """
    try:
        config = AugmentConfig.model_validate(
            {"glyphs": tuple(_checked("glyphs", glyphs)), "sequence": tuple(_checked("sequence", sequence))}
        )
    except ValidationError as error:
        raise ArgumentError("; ".join(_explain(each) for each in error.errors())) from None
    augment = Augmentation(*config.pipelines)
    for stage, pipeline in augment.stages.items():
        for position, setting in enumerate(pipeline):
            if problem := refusal(setting, stage, NARROWEST):  # that of any width
                raise ArgumentError(f"{stage}.{position}: {problem}")
    return augment


def augment_images(images: Pixels, steps: Steps, *, rng: RngLike = None, glyphs: GlyphBank | None = None) -> Pixels:
    """Augment images that are there already, whatever is on them.

    Parameters
    ----------
    images : ndarray
        (N, 28, W) uint8, 0 background to 255 ink.
    steps : sequence of dict
        As in `augmentation`, for the sequence.
    rng : int, numpy.random.Generator or None
        A seed, a generator to sample from, or fresh entropy.
    glyphs : GlyphBank, optional
        For the steps that put parts of other digits into images.

    Returns
    -------
    ndarray
        (N, 28, W) uint8: augmented copies.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type, shape or range.

    Examples
    --------
    >>> noisy = augment_images(np.zeros((8, 28, 160), np.uint8), [{"step": "gaussian_noise"}], rng=1)
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 3 or images.shape[1] != CELL:
        got = f"{images.shape} {images.dtype}" if isinstance(images, np.ndarray) else type(images).__name__
        raise ArgumentError(f"images must be an array (N, {CELL}, W) of uint8; got {got}")
    width = images.shape[2]
    if width > MAX_WIDTH:
        raise ArgumentError(f"images must be at most {MAX_WIDTH} px wide; got {width}")
    if glyphs is not None and not isinstance(glyphs, GlyphBank):
        raise ArgumentError(f"glyphs must be a GlyphBank or None; got {one_line(f'{glyphs!r:.80}')}")
    pipeline = augmentation(sequence=steps).sequence
    for position, setting in enumerate(pipeline):
        if problem := refusal(setting, "sequence", width):
            raise ArgumentError(f"step {position}: {problem}")
    out = np.array(images, order="C")
    sampled = sample_pipeline(pipeline, Address(int(as_generator(rng).integers(2**63))), len(out))
    own = cells_of(width)
    cells = np.broadcast_to(own, (len(out), len(own)))
    apply(pipeline, sampled, out, lambda noise: Scene(noise, width, cells, glyphs))
    return out


def _checked(stage: str, steps: Steps) -> Steps:
    """Refuse what is no list of steps."""
    if isinstance(steps, str | Mapping) or not isinstance(steps, Sequence):
        got = one_line(f"{steps!r:.60}")
        raise ArgumentError(f'{stage}: steps are a list of dicts, such as [{{"step": "rotate"}}]; got {got}')
    return steps


def _explain(error: ErrorDetails) -> str:
    """One of pydantic's findings as a line."""
    *place, last = error["loc"]
    got = f"{error['input']!r:.60}"
    match error["type"]:
        case "union_tag_invalid":
            place, name = [*place, last], str(error["input"]["step"])
            text = f"there is no step {name!r:.60}{did_you_mean(name, list(SECTIONS), listed=False)}"
        case "extra_forbidden":
            text = (
                f"unknown parameter {last!r:.60}{did_you_mean(str(last), list(SECTIONS[str(place[-1])].model_fields))}"
            )
        case "union_tag_not_found" | "model_attributes_type":
            place, text = [*place, last], f'must be a dict with a step, such as {{"step": "rotate"}}; got {got}'
        case "tuple_type":
            place, text = [*place, last], f"must be a number or a pair of numbers; got {got}"
        case _:
            place, text = [*place, last], f"{error['msg'][0].lower()}{error['msg'][1:]}; got {got}"
    return one_line(f"{'.'.join(map(str, place))}: {text}")
