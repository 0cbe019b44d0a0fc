"""Compose the images of a plan, augment them, and let masks and boxes follow.

This loads OpenCV, so `render` imports it only for images that are augmented or have masks.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitgen.arrays import Integers, Pixels
from digitgen.augment.apply import apply
from digitgen.augment.cropped import apply_with_crop
from digitgen.augment.cropping import Place
from digitgen.augment.ink.writing import extent_of
from digitgen.augment.numerics.opencv import settled_opencv
from digitgen.augment.ownership import Ownership, ink_boxes
from digitgen.augment.step import NO_CELL, InkStep, Scene
from digitgen.compose.batch import Batch
from digitgen.compose.canvas import compose, owners
from digitgen.compose.content.sequences import pad
from digitgen.compose.layout import Align, VerticalAlign
from digitgen.compose.plain import compose_plain
from digitgen.compose.plan import Plan
from digitgen.compose.recipe import Recipe
from digitgen.compose.shown import render_glyphs
from digitgen.format import CELL, LABEL_PAD
from digitgen.glyphs.windows import Windows, ink_bounds
from digitgen.rng import Noise

_PLACES: Final[dict[Align | VerticalAlign, Place]] = {
    "left": "start",
    "top": "start",
    "center": "center",
    "right": "end",
    "bottom": "end",
    "random": "random",
}


@settled_opencv()
def compose_augmented(recipe: Recipe, plan: Plan, out: Batch) -> None:
    """Fill a batch with augmented images, their boxes and masks.

    Parameters
    ----------
    recipe : Recipe
        The recipe that the plan was made for.
    plan : Plan
        The plan of N images, few enough to be worked on together.
    out : Batch
        N images; all that the plan does not say by itself is overwritten.
    """
    crop = recipe.augment.crop
    sheets = out if crop is None else replace(out, images=_empty_sheets(recipe, len(out)))
    images = sheets.images
    height, width = images.shape[1:]
    compose_plain(recipe, plan, sheets)
    cells = plan.x
    clean = None
    if out.clean is not None and crop is None:
        out.clean[...] = images
    elif out.clean is not None:
        clean = images.copy(), out.clean
    follow = recipe.boxes_bound_ink or out.masks is not None
    windows, glyphs, strokes = recipe.bank.windows, plan.glyphs, None
    # In images as high as cells, only strokes have to be drawn where the ink is.
    draws = height > CELL or any(isinstance(setting.step, InkStep) for setting in recipe.augment.sequence)
    bounds = recipe.bank.windows.ink.take(plan.glyphs, axis=0)
    if recipe.augment.glyphs:
        glyphs = np.arange(len(plan.glyphs))
        windows, ink = _augmented_glyphs(recipe, plan, follow=follow or draws)
        compose(windows, glyphs, plan.lengths, cells, images, recipe.overlap, y=plan.y)
        if draws:
            bounds = windows.ink if recipe.layout.measures_ink else ink_bounds((ink or windows).pixels)
        if ink is not None and follow:
            windows, strokes = ink, np.empty_like(images)
            compose(windows, glyphs, plan.lengths, cells, strokes, recipe.overlap, y=plan.y)
    ownership = None
    if follow:
        ownership = Ownership(owners(windows, glyphs, plan.lengths, cells, (height, width), plan.y), strokes)
        crowded = np.flatnonzero(ownership.owners.min(axis=(1, 2)) == 0)
        if crowded.size:
            ownership.spread(images, crowded)
    table = np.empty(out.labels.shape, np.int64)
    pad(cells, plan.lengths, table, NO_CELL)
    laid_out = _laid_out(bounds, cells, plan, out.labels.shape[1]) if draws else None
    extent = None if laid_out is None else extent_of(laid_out)

    def scene_of(noise: Noise) -> Scene:
        return Scene(noise, width, table, recipe.bank, height=height, ink=laid_out, extent=extent)

    pipeline, sampled = recipe.augment.sequence, plan.sampled["sequence"]
    if crop is None or ownership is None:
        apply(pipeline, sampled, images, scene_of, ownership)
    else:
        places: tuple[Place, Place] = _PLACES[recipe.layout.align], _PLACES[recipe.layout.vertical_align]
        ownership = apply_with_crop(pipeline, sampled, images, scene_of, ownership, out.images, places, clean)
    if ownership:
        masks = ownership.masks(out.images)
        if out.masks is not None:
            out.masks[...] = masks
        if recipe.boxes_bound_ink:
            there = np.arange(out.labels.shape[1]) < plan.lengths[:, None]
            out.boxes[...] = np.where(there[:, :, None], ink_boxes(masks, out.labels.shape[1]), LABEL_PAD)


def _empty_sheets(recipe: Recipe, count: int) -> Pixels:
    """Sheets for images that a crop makes, with arbitrary pixels."""
    return np.empty((count, recipe.sheet.image_height, recipe.sheet.image_width), np.uint8)


def _laid_out(bounds: NDArray[np.int16], cells: Integers, plan: Plan, longest: int) -> Integers:
    """(N, longest, 4): the ink of each digit in its image, of (T, 4) in their cells; one without any has its cell."""
    blank = bounds[:, :1] >= bounds[:, 2:3]
    edges = np.where(blank, np.array([0, 0, CELL, CELL]), bounds.astype(np.int64))
    edges[:, ::2] += cells[:, None]
    edges[:, 1::2] += np.reshape(plan.y, (-1, 1))
    table = np.empty((len(plan.lengths), longest, 4), np.int64)
    pad(edges, plan.lengths, table, NO_CELL)
    return table


def _augmented_glyphs(recipe: Recipe, plan: Plan, *, follow: bool) -> tuple[Windows, Windows | None]:
    """The plan's glyphs after their steps; and their ink alone, to `follow`, if there is more in them."""
    shown = plan.shown
    if shown is not None and shown.pixels is not None:
        pixels, strokes = shown.pixels, shown.strokes
    else:
        pixels, strokes = render_glyphs(recipe, plan.glyphs, plan.sampled["glyphs"], follow=follow)
    ink = None
    if recipe.layout.measures_ink:  # beyond it, cells may stick out of the image
        ink = recipe.bank.windows.ink.take(plan.glyphs, axis=0) if shown is None else shown.ink
    return Windows.whole(pixels, ink), None if strokes is None else Windows.whole(strokes, ink)
