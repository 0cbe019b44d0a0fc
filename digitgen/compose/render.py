"""Render a plan: from samples to pixels and labels."""

from typing import Final

import numpy as np

from digitgen.arrays import Integers, Pixels
from digitgen.augment.numerics.opencv import settled_opencv
from digitgen.augment.numerics.stacking import parts
from digitgen.augment.ownership import Ownership, ink_boxes
from digitgen.augment.pipeline import apply, moves_ink, sampled_values
from digitgen.augment.step import NO_CELL, Scene
from digitgen.compose.batch import Batch
from digitgen.compose.canvas import compose, owners
from digitgen.compose.content.sequences import pad
from digitgen.compose.plan import Plan, Planner
from digitgen.compose.recipe import Recipe
from digitgen.format import CELL, CHUNK, GAP_PAD, LABEL_PAD
from digitgen.glyphs.windows import Windows

_AUGMENTED: Final = 1 << 21  # px of images that are augmented together, beside which their owners and masks have room


def render(recipe: Recipe, plan: Plan, first_id: int, out: Batch) -> None:
    """Fill a batch with the images and labels of a plan.

    Parameters
    ----------
    recipe : Recipe
        The recipe that the plan was made for.
    plan : Plan
        The plan of N images.
    first_id : int
        ``sample_ids`` of the first image.
    out : Batch
        A batch of N images; overwritten.
    """
    label(recipe, plan, first_id, out)
    if not recipe.augment and out.masks is None:
        _compose(recipe, plan, out)
        if out.clean is not None:
            out.clean[...] = out.images
        return
    # Where many digits overlap, their cells are more than the image.
    for rows in parts(len(out), max(recipe.layout.image_width, CELL * recipe.content.longest), _AUGMENTED):
        _augment(recipe, plan[rows], out[rows])


def label(recipe: Recipe, plan: Plan, first_id: int, out: Batch) -> None:
    """Fill a batch with the labels that a plan has: all but pixels, masks and boxes.

    Parameters
    ----------
    recipe, plan, first_id, out
        As in `render`.
    """
    pad(plan.digits, plan.lengths, out.labels, LABEL_PAD)
    out.lengths[...] = plan.lengths
    pad(recipe.bank.rows.take(plan.glyphs), plan.lengths, out.glyph_ids, LABEL_PAD)
    pad(plan.gaps, plan.lengths - 1, out.gaps, GAP_PAD)
    out.sample_ids[...] = np.arange(first_id, first_id + len(plan.lengths))
    if out.parameters:
        _label_parameters(recipe, plan, out)


def fill(recipe: Recipe, plan_of: Planner, first: int, out: Batch, *, labels_only: bool = False) -> None:
    """Fill a batch with images `first`, `first` + 1, ... of a split, from one chunk or several.

    Parameters
    ----------
    recipe : Recipe
        The recipe of the images.
    plan_of : callable
        Plans a chunk; from `planner`, for the same recipe.
    first : int
        Index of the first image in the split.
    out : Batch
        A batch of as many images as are wanted; overwritten.
    labels_only : bool, default False
        Leave pixels, masks and boxes as they are.
    """
    work = label if labels_only else render
    done = 0
    while done < len(out):
        chunk, row = divmod(first + done, CHUNK)
        size = min(CHUNK - row, len(out) - done)
        plan = plan_of(chunk)[row : row + size]
        work(recipe, plan, first + done, out[done : done + size])
        done += size


def _label_parameters(recipe: Recipe, plan: Plan, out: Batch) -> None:
    """Store the parameters that augmentation sampled."""
    for stage, pipeline in recipe.augment.stages.items():
        for sampled, values in sampled_values(stage, pipeline, plan.sampled[stage]):
            target = out.parameters[sampled.name]
            if stage == "glyphs":
                pad(values, plan.lengths, target, np.nan)
            else:
                target[...] = values


def _compose(recipe: Recipe, plan: Plan, out: Batch) -> Integers:
    """Compose images and boxes as they are without augmentation; returns the left edges of the cells, px."""
    bank = recipe.bank
    boxes = np.empty((len(plan.x), 4), np.float32)
    boxes[:, 0] = plan.x
    if recipe.layout.unit == "cell":
        boxes[:, 1:] = (0, CELL, CELL)
        cells = plan.x
    else:
        ink = bank.windows.ink.take(plan.glyphs, axis=0)
        boxes[:, 1] = ink[:, 1]
        boxes[:, 2:] = ink[:, 2:] - ink[:, :2]
        cells = plan.x - ink[:, 0]
    pad(boxes, plan.lengths, out.boxes, LABEL_PAD)
    compose(bank.windows, plan.glyphs, plan.lengths, cells, out.images, recipe.overlap)
    return cells


@settled_opencv()
def _augment(recipe: Recipe, plan: Plan, out: Batch) -> None:
    """Compose images, few enough to be worked on together, augment them, and let masks and boxes follow."""
    width = recipe.layout.image_width
    cells = _compose(recipe, plan, out)
    if out.clean is not None:
        out.clean[...] = out.images
    follow = recipe.boxes_bound_ink or out.masks is not None
    windows, glyphs, strokes = recipe.bank.windows, plan.glyphs, None
    if recipe.augment.glyphs:
        shown, ink = _augmented_glyphs(recipe, plan, follow=follow)
        windows, glyphs = Windows.whole(shown), np.arange(len(plan.glyphs))
        compose(windows, glyphs, plan.lengths, cells, out.images, recipe.overlap)
        if ink is not None:
            windows, strokes = Windows.whole(ink), np.empty_like(out.images)
            compose(windows, glyphs, plan.lengths, cells, strokes, recipe.overlap)
    ownership = None
    if follow:
        ownership = Ownership(owners(windows, glyphs, plan.lengths, cells, width), strokes)
        crowded = np.flatnonzero(ownership.owners.reshape(len(out), -1).min(axis=1) == 0)
        if crowded.size:
            ownership.spread(out.images, crowded)
    table = np.empty(out.labels.shape, np.int64)
    pad(cells, plan.lengths, table, NO_CELL)
    apply(
        recipe.augment.sequence,
        plan.sampled["sequence"],
        out.images,
        lambda noise: Scene(noise, width, table, recipe.bank),
        ownership,
    )
    if ownership:
        masks = ownership.masks(out.images)
        if out.masks is not None:
            out.masks[...] = masks
        if recipe.boxes_bound_ink:
            there = np.arange(out.labels.shape[1]) < plan.lengths[:, None]
            out.boxes[...] = np.where(there[:, :, None], ink_boxes(masks, out.labels.shape[1]), LABEL_PAD)


def _augmented_glyphs(recipe: Recipe, plan: Plan, *, follow: bool) -> tuple[Pixels, Pixels | None]:
    """The plan's glyphs after their steps, (T, 28, 28); and their ink alone, to `follow`, if there is more in them."""
    images = recipe.bank.cells(plan.glyphs)
    pipeline, cells = recipe.augment.glyphs, np.zeros((len(images), 1), np.int64)
    ownership = None
    if follow and not all(moves_ink(setting.step) for setting in pipeline):
        ownership = Ownership(np.ones_like(images))
    apply(
        pipeline,
        plan.sampled["glyphs"],
        images,
        lambda noise: Scene(noise, CELL, cells, recipe.bank, plan.glyphs),
        ownership,
    )
    return images, ownership.strokes if ownership else None
