"""Strings for steps that draw ink: digits that are plain boxes of ink, and what a step draws beside them."""

from typing import Any, Final

import numpy as np

from digitgen.arrays import Images, Integers
from digitgen.augment.ink.page import Page
from digitgen.augment.ink.pen import Pen
from digitgen.augment.ink.strokes import Strokes
from digitgen.augment.ink.writing import extent_of
from digitgen.augment.step import NO_CELL, InkStep, Scene
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.rng import Address, Noise

HEIGHT: Final = 20
"""Height of each digit, px."""


def laid_out(count: int, length: int, *, gap: int = 6, left: int = 40, top: int = 4, wide: int = 10) -> Integers:
    """(count, length, 4): the ink of digits of one size, side by side, in every image."""
    starts = left + (wide + gap) * np.arange(length)
    edges = np.stack([starts, np.full(length, top), starts + wide, np.full(length, top + HEIGHT)], axis=1)
    return np.tile(edges, (count, 1, 1))


def blocks(ink: Integers, height: int, width: int) -> Images:
    """Images whose digits are black blocks."""
    images = np.zeros((len(ink), height, width), np.uint8)
    for image, digits in zip(images, ink.tolist(), strict=True):
        for left, top, right, bottom in digits:
            if left != NO_CELL:
                image[top:bottom, left:right] = 255
    return images


def strokes_of(
    name: str,
    ink: Integers,
    *,
    shape: tuple[int, int] = (32, 300),
    pen: tuple[float, float] = (2.5, 200),
    **values: float,
) -> Strokes:
    """The strokes that a step draws, with the middles of the default ranges for what is not given."""
    step = AUGMENTATIONS[name]
    assert isinstance(step, InkStep)
    count = len(ink)
    scene = Scene(
        Noise(Address(6), np.arange(count)), shape[1], ink[:, :, 0], height=shape[0], ink=ink, extent=extent_of(ink)
    )
    given: dict[str, Any] = {
        key: np.full(count, float(values.get(key, sum(parameter.default) / 2)))
        for key, parameter in step.parameters.items()
    }
    assert values.keys() <= given.keys()
    pens = Pen(*(np.full(count, each) for each in pen))
    return step.apply(Page(blocks(ink, *shape)).look, scene, pens, **given)
