"""Augmentation for programs: steps as in a configuration, for generated images and for images that exist already."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from digitgen.arrays import Pixels
from digitgen.augment.apply import apply
from digitgen.augment.cropped import apply_with_crop
from digitgen.augment.ink.page import Page
from digitgen.augment.numerics.opencv import settled_opencv
from digitgen.augment.ownership import Ownership
from digitgen.augment.pipeline import sample_pipeline
from digitgen.augment.step import NARROWEST, Scene, cells_of
from digitgen.checks import plain_tree
from digitgen.compose.named import as_bank
from digitgen.compose.recipe import Augmentation
from digitgen.config.steps import AugmentConfig
from digitgen.errors import ArgumentError
from digitgen.findings import findings
from digitgen.format import CELL, MAX_HEIGHT, MAX_WIDTH
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise, RngLike, as_generator

Steps = Sequence[Mapping[str, Any]]


def augmentation(*, glyphs: Steps = (), sequence: Steps = ()) -> Augmentation:
    """Check the steps of an augmentation, for `generate_batch`.

    Parameters
    ----------
    glyphs, sequence : sequence of dict
        Steps on each glyph, and on the composed image, as in a configuration: ``step`` names the step;
        ``p`` is the share of glyphs or images that it touches; a number or a pair sets a parameter's value or
        range; ``severity`` sets the published parameters. On glyphs, ``share: image`` lets the digits of an image
        share what is sampled, and ``spread`` is the standard deviation of each digit around that, as a number or by
        parameter. ``digitgen augmentations`` lists all steps.

    Returns
    -------
    Augmentation
        The steps, checked.

    Raises
    ------
    ArgumentError
        If a step or a parameter is unknown or out of its bounds.

    Examples
    --------
    >>> heavy = augmentation(
    ...     glyphs=[{"step": "slant", "slant": [-0.3, 0.3], "share": "image", "spread": 0.16}],
    ...     sequence=[{"step": "elastic", "rms": 1.4, "p": 0.5}, {"step": "shot_noise", "severity": [1, 5]}],
    ... )
    """
    try:
        config = AugmentConfig.model_validate(plain_tree({"glyphs": glyphs, "sequence": sequence}))
    except ValidationError as error:
        raise ArgumentError("; ".join(map(str, findings(error)))) from None
    augment = Augmentation(*config.pipelines)
    augment.check(NARROWEST)  # what is wrong at any width
    return augment


def augment_images(
    images: Pixels, steps: Steps, *, rng: RngLike = None, glyphs: GlyphBank | str | None = None
) -> Pixels:
    """Augment images that exist already, whatever they show.

    Parameters
    ----------
    images : ndarray
        (N, H, W) uint8, 0 background to 255 ink; 28 to 256 px high.
    steps : sequence of dict
        As in `augmentation`, for the sequence.
    rng : int, numpy.random.Generator or None
        A seed, a generator to sample from, or fresh entropy.
    glyphs : GlyphBank or str, optional
        Glyphs for the steps that put parts of other digits into images, or the name of a published source of them.

    Returns
    -------
    ndarray
        (N, H, W) uint8: augmented copies.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type, shape or range.

    Examples
    --------
    >>> noisy = augment_images(np.zeros((8, 28, 160), np.uint8), [{"step": "gaussian_noise"}], rng=1)
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 3:
        got = f"{images.shape} {images.dtype}" if isinstance(images, np.ndarray) else type(images).__name__
        raise ArgumentError(f"images must be an array (N, H, W) of uint8; got {got}")
    height, width = images.shape[1:]
    if not CELL <= height <= MAX_HEIGHT:
        raise ArgumentError(f"images must be {CELL} to {MAX_HEIGHT} px high; got {height}")
    if width > MAX_WIDTH:
        raise ArgumentError(f"images must be at most {MAX_WIDTH} px wide; got {width}")
    bank = None if glyphs is None else as_bank(glyphs)
    augment = augmentation(sequence=steps)
    augment.check(width)
    pipeline = augment.sequence
    out = np.array(images, order="C")
    if not len(out):
        return out
    sampled = sample_pipeline(pipeline, Address(int(as_generator(rng).integers(2**63))), len(out))
    own = cells_of(width)
    cells = np.broadcast_to(own, (len(out), len(own)))

    def scene_of(noise: Noise) -> Scene:
        return Scene(noise, width, cells, bank, height=height)

    if augment.crop is None:
        apply(pipeline, sampled, out, scene_of)
        return out
    sheets = out
    out = np.empty_like(sheets)
    with settled_opencv():
        ownership = Ownership(np.ones_like(out))
        page = Page(sheets, ownership)
        apply_with_crop(pipeline, sampled, page, scene_of, ownership, out, ("center", "center"))
    return out
