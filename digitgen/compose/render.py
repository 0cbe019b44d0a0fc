"""Render a plan: from samples to pixels and labels."""

from typing import Final

import numpy as np

from digitgen.augment.numerics.stacking import parts
from digitgen.augment.pipeline import sampled_values
from digitgen.compose.batch import Batch
from digitgen.compose.content.sequences import pad
from digitgen.compose.plain import compose_plain
from digitgen.compose.plan import Plan, Planner
from digitgen.compose.recipe import Recipe
from digitgen.format import CELL, CHUNK, GAP_PAD, LABEL_PAD

_AUGMENTED: Final = 1 << 21  # px of images that are augmented together, beside which their owners and masks have room
_SHEETS: Final = 1 << 23  # px of sheets: many, because some of the work is the same for one as for all


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
        compose_plain(recipe, plan, out)
        if out.clean is not None:
            out.clean[...] = out.images
        return
    from digitgen.compose.augmented import compose_augmented  # loads OpenCV, which nothing else here needs

    # Where many digits overlap, their cells are more than the image.
    height, width = recipe.sheet.image_height, recipe.sheet.image_width
    most = _SHEETS if recipe.augment.crop else _AUGMENTED
    for rows in parts(len(out), (height, max(width, CELL * recipe.content.longest)), most):
        compose_augmented(recipe, plan[rows], out[rows])


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
    if out.writers is not None and recipe.bank.writers is not None:
        pad(recipe.bank.writers.take(plan.glyphs), plan.lengths, out.writers, LABEL_PAD)
    if out.parameters:
        _label_parameters(recipe, plan, out)


def fill(
    recipe: Recipe,
    plan_of: Planner,
    first: int,
    out: Batch,
    *,
    shard: tuple[int, int] = (0, 1),
    labels_only: bool = False,
) -> None:
    """Fill a batch with images `first`, `first` + 1, ... of a split, or of a share of it, from one chunk or several.

    Parameters
    ----------
    recipe : Recipe
        The recipe of the images.
    plan_of : callable
        Plans a chunk; from `planner`, for the same recipe.
    first : int
        Index of the first image in the split, or in the share.
    out : Batch
        A batch of as many images as are wanted; overwritten.
    shard : (int, int), default (0, 1)
        k and n: the share is of every n chunks that with number k, from 0.
    labels_only : bool, default False
        Leave pixels, masks and boxes as they are.
    """
    work = label if labels_only else render
    turn, turns = shard
    done = 0
    while done < len(out):
        own, row = divmod(first + done, CHUNK)
        chunk = own * turns + turn
        size = min(CHUNK - row, len(out) - done)
        plan = plan_of(chunk)[row : row + size]
        work(recipe, plan, chunk * CHUNK + row, out[done : done + size])
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
