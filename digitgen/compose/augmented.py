"""Compose the images of a plan, augment them, and let masks and boxes follow.

This loads OpenCV, so `render` imports it only for images that are augmented or have masks.
"""

import numpy as np

from digitgen.augment.apply import apply
from digitgen.augment.numerics.opencv import settled_opencv
from digitgen.augment.ownership import Ownership, ink_boxes
from digitgen.augment.step import NO_CELL, Scene
from digitgen.compose.batch import Batch
from digitgen.compose.canvas import compose, owners
from digitgen.compose.content.sequences import pad
from digitgen.compose.plain import compose_plain
from digitgen.compose.plan import Plan
from digitgen.compose.recipe import Recipe
from digitgen.compose.shown import render_glyphs
from digitgen.format import LABEL_PAD
from digitgen.glyphs.windows import Windows


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
    height, width = out.images.shape[1:]
    compose_plain(recipe, plan, out)
    cells = plan.x
    if out.clean is not None:
        out.clean[...] = out.images
    follow = recipe.boxes_bound_ink or out.masks is not None
    windows, glyphs, strokes = recipe.bank.windows, plan.glyphs, None
    if recipe.augment.glyphs:
        glyphs = np.arange(len(plan.glyphs))
        windows, ink = _augmented_glyphs(recipe, plan, follow=follow)
        compose(windows, glyphs, plan.lengths, cells, out.images, recipe.overlap, y=plan.y)
        if ink is not None:
            windows, strokes = ink, np.empty_like(out.images)
            compose(windows, glyphs, plan.lengths, cells, strokes, recipe.overlap, y=plan.y)
    ownership = None
    if follow:
        ownership = Ownership(owners(windows, glyphs, plan.lengths, cells, (height, width), plan.y), strokes)
        crowded = np.flatnonzero(ownership.owners.reshape(len(out), -1).min(axis=1) == 0)
        if crowded.size:
            ownership.spread(out.images, crowded)
    table = np.empty(out.labels.shape, np.int64)
    pad(cells, plan.lengths, table, NO_CELL)
    apply(
        recipe.augment.sequence,
        plan.sampled["sequence"],
        out.images,
        lambda noise: Scene(noise, width, table, recipe.bank, height=height),
        ownership,
    )
    if ownership:
        masks = ownership.masks(out.images)
        if out.masks is not None:
            out.masks[...] = masks
        if recipe.boxes_bound_ink:
            there = np.arange(out.labels.shape[1]) < plan.lengths[:, None]
            out.boxes[...] = np.where(there[:, :, None], ink_boxes(masks, out.labels.shape[1]), LABEL_PAD)


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
