"""Glyphs as their steps leave them, for layouts that measure the ink that an image will show.

They are rendered when a chunk is planned, and kept for its images. This loads OpenCV: only plans of such layouts do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.augment.apply import apply
from digitgen.augment.numerics.stacking import parts
from digitgen.augment.ownership import Ownership
from digitgen.augment.pipeline import PipelineSample
from digitgen.augment.step import Scene
from digitgen.compose.outlines import Outlines
from digitgen.compose.recipe import Recipe
from digitgen.format import CELL
from digitgen.rng import Rows

_KEPT: Final = 1 << 26
"""Bytes of a plan's glyphs that are kept at most. Of strings so long that they are more, they are rendered again."""

_AT_ONCE: Final = 1 << 22  # px of glyphs that are rendered together


@dataclass(frozen=True, eq=False)
class Shown:
    """T glyphs as their steps have left them.

    Attributes
    ----------
    ink : ndarray
        (T, 4) int16: left, top, right and bottom of each glyph's ink in its cell, px; right and bottom exclusive. Of
        one that has lost all its ink, all four are 14: the middle of the cell.
    pixels : ndarray or None
        (T, 28, 28) uint8; None if they are too many to be kept.
    strokes : ndarray or None
        (T, 28, 28) uint8: the ink alone; None if that is what `pixels` has.
    """

    ink: NDArray[np.int16]
    pixels: Pixels | None
    strokes: Pixels | None

    def __getitem__(self, index: Rows) -> "Shown":
        """Take some of the glyphs."""
        pixels, strokes = (None if each is None else each[index] for each in (self.pixels, self.strokes))
        return Shown(self.ink[index], pixels, strokes)


def measure(recipe: Recipe, glyphs: Integers, sampled: PipelineSample) -> tuple[Shown, Outlines]:
    """Render the glyphs of a plan, measure their ink, and keep them if they are not too many.

    Parameters
    ----------
    recipe : Recipe
        The recipe, which has steps on glyphs.
    glyphs : ndarray
        (T,) int64: rows of the bank.
    sampled : PipelineSample
        What these steps sampled for the T glyphs.

    Returns
    -------
    Shown
        The glyphs.
    Outlines
        The outlines of their ink.
    """
    keep = len(glyphs) * CELL * CELL * (2 if _covers(recipe) else 1) <= _KEPT
    kept, outlines = [], []
    for part in parts(len(glyphs), (CELL, CELL), _AT_ONCE):
        pixels, strokes = render_glyphs(recipe, glyphs[part], sampled[part], follow=True)
        outlines.append(Outlines.of_cells(pixels if strokes is None else strokes))
        if keep:
            kept.append((pixels, strokes))
    ink = np.concatenate([each.ink for each in outlines])
    sides = np.concatenate([each.sides for each in outlines if each.sides is not None], axis=1)
    cells, inks = (_joined(each) for each in zip(*kept, strict=True)) if keep else (None, None)
    return Shown(ink.astype(np.int16), cells, inks), Outlines(ink, sides)


def render_glyphs(
    recipe: Recipe, glyphs: Integers, sampled: PipelineSample, *, follow: bool
) -> tuple[Pixels, Pixels | None]:
    """Render glyphs with their steps.

    Parameters
    ----------
    recipe, glyphs, sampled
        As in `measure`.
    follow : bool
        Whether to tell ink from what is put over it.

    Returns
    -------
    pixels : ndarray
        (T, 28, 28) uint8.
    strokes : ndarray or None
        (T, 28, 28) uint8: the ink alone, to `follow`; None if the pixels are all ink.
    """
    images = recipe.bank.cells(glyphs)
    cells = np.zeros((len(images), 1), np.int64)
    ownership = Ownership(np.ones_like(images)) if follow and _covers(recipe) else None
    apply(
        recipe.augment.glyphs, sampled, images, lambda noise: Scene(noise, CELL, cells, recipe.bank, glyphs), ownership
    )
    return images, ownership.strokes if ownership else None


def _covers(recipe: Recipe) -> bool:
    """Whether a step on glyphs puts something over the ink that is none."""
    return not all(setting.step.moves_ink for setting in recipe.augment.glyphs)


def _joined(arrays: Sequence[Pixels | None]) -> Pixels | None:
    """Put the glyphs of parts together; None, if there are none."""
    there = [each for each in arrays if each is not None]
    return np.concatenate(there) if len(there) > 1 else next(iter(there), None)
