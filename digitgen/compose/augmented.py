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
from digitgen.augment.ink.page import Page
from digitgen.augment.ink.writing import extent_of
from digitgen.augment.numerics.opencv import settled_opencv
from digitgen.augment.ownership import Ownership, ink_boxes
from digitgen.augment.region import Region
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

_BESIDE: Final = 2  # px of a sheet that are held beside cells, which ink may fill

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
    clean = None
    region, images = _sheets(recipe, plan, out)
    if crop is None:
        compose_plain(recipe, plan, out)
        if out.clean is not None:
            out.clean[...] = images
    elif out.clean is not None:
        sheets = replace(out, images=np.empty((len(out), *region.sheet), np.uint8))
        compose_plain(recipe, plan, sheets)
        clean = sheets.images, out.clean
    ownership, bounds = _compose_sheets(
        recipe, plan, region, images, follow=recipe.boxes_bound_ink or out.masks is not None
    )
    table = np.empty(out.labels.shape, np.int64)
    pad(plan.x, plan.lengths, table, NO_CELL)
    laid_out = None if bounds is None else _laid_out(bounds, plan, out.labels.shape[1])
    extent = None if laid_out is None else extent_of(laid_out)

    def scene_of(noise: Noise) -> Scene:
        height, width = region.sheet
        return Scene(noise, width, table, recipe.bank, height=height, ink=laid_out, extent=extent)

    pipeline, sampled = recipe.augment.sequence, plan.sampled["sequence"]
    if crop is None or ownership is None:
        apply(pipeline, sampled, images, scene_of, ownership)
    else:
        places: tuple[Place, Place] = _PLACES[recipe.layout.align], _PLACES[recipe.layout.vertical_align]
        page = Page(images, ownership, region)
        ownership = apply_with_crop(pipeline, sampled, page, scene_of, ownership, out.images, places, clean)
    if ownership:
        masks = ownership.masks(out.images)
        if out.masks is not None:
            out.masks[...] = masks
        if recipe.boxes_bound_ink:
            there = np.arange(out.labels.shape[1]) < plan.lengths[:, None]
            out.boxes[...] = np.where(there[:, :, None], ink_boxes(masks, out.labels.shape[1]), LABEL_PAD)


def _sheets(recipe: Recipe, plan: Plan, out: Batch) -> tuple[Region, Pixels]:
    """Choose what is to be held of the sheets of a plan: where that is, and images with arbitrary pixels for it.

    Without a crop, the images are the sheets. Before a crop, ink steps need no more than what is around the digits.
    """
    if recipe.augment.crop is None:
        return Region.whole(out.images), out.images
    sheet = recipe.sheet.image_height, recipe.sheet.image_width
    before = recipe.augment.sequence[: recipe.augment.crop]
    if all(isinstance(setting.step, InkStep) for setting in before):
        starts = np.cumsum(plan.lengths) - plan.lengths
        y = np.broadcast_to(plan.y, plan.x.shape)
        first = [np.minimum.reduceat(each, starts) - _BESIDE for each in (plan.x, y)]
        last = [np.maximum.reduceat(each, starts) + CELL + _BESIDE for each in (plan.x, y)]
        region = Region.around(np.stack([*first, *last], axis=1), sheet)
    else:
        region = Region.around(np.array([[0, 0, *sheet[::-1]]] * len(out)), sheet)
    return region, np.empty((len(out), *region.size), np.uint8)


def _compose_sheets(
    recipe: Recipe, plan: Plan, region: Region, images: Pixels, *, follow: bool
) -> tuple[Ownership | None, NDArray[np.int16] | None]:
    """Compose what is held of the sheets from glyphs as their steps leave them.

    Returns the ownership, if labels are to `follow`, and the ink of the T digits in their cells, (T, 4), if steps need
    it.
    """
    windows, glyphs, strokes, x, y = recipe.bank.windows, plan.glyphs, None, plan.x, plan.y
    if not region.is_whole:
        x, y = x - np.repeat(region.left, plan.lengths), y - np.repeat(region.top, plan.lengths)
    # In images as high as cells, only strokes have to be drawn where the ink is.
    draws = region.sheet[0] > CELL or any(isinstance(setting.step, InkStep) for setting in recipe.augment.sequence)
    bounds = recipe.bank.windows.ink.take(plan.glyphs, axis=0)
    ink = None
    if recipe.augment.glyphs:
        glyphs = np.arange(len(plan.glyphs))
        windows, ink = _augmented_glyphs(recipe, plan, follow=follow or draws)
        if draws:
            bounds = windows.ink if recipe.layout.measures_ink else ink_bounds((ink or windows).pixels)
    if recipe.augment.glyphs or recipe.augment.crop is not None:  # otherwise they have been composed
        compose(windows, glyphs, plan.lengths, x, images, recipe.overlap, y=y)
    if ink is not None and follow:
        windows, strokes = ink, np.empty_like(images)
        compose(windows, glyphs, plan.lengths, x, strokes, recipe.overlap, y=y)
    ownership = None
    if follow:
        ownership = Ownership(owners(windows, glyphs, plan.lengths, x, region.size, y), strokes)
        ownership.put_off(np.flatnonzero(ownership.owners.min(axis=(1, 2)) == 0))
    return ownership, bounds if draws else None


def _laid_out(bounds: NDArray[np.int16], plan: Plan, longest: int) -> Integers:
    """(N, longest, 4): the ink of each digit in its image, of (T, 4) in their cells; one without any has its cell."""
    blank = bounds[:, :1] >= bounds[:, 2:3]
    edges = np.where(blank, np.array([0, 0, CELL, CELL]), bounds.astype(np.int64))
    edges[:, ::2] += plan.x[:, None]
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
