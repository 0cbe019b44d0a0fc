"""Compose the images of a plan as they are without augmentation."""

import numpy as np

from digitgen.compose.batch import Batch
from digitgen.compose.canvas import compose
from digitgen.compose.content.sequences import pad
from digitgen.compose.plan import Plan
from digitgen.compose.recipe import Recipe
from digitgen.format import CELL, LABEL_PAD


def compose_plain(recipe: Recipe, plan: Plan, out: Batch) -> None:
    """Fill a batch with images and boxes as they are without augmentation.

    Where steps on glyphs make other images and nobody keeps these, they are not composed.

    Where digits are placed by their ink as steps have left it, each stands in the cell of what it becomes. There, a
    digit that steps make smaller may stick out of the image, and what sticks out is cut off.

    Parameters
    ----------
    recipe : Recipe
        The recipe that the plan was made for.
    plan : Plan
        The plan of N images with T digits in all.
    out : Batch
        A batch of N images; its images and boxes are overwritten.
    """
    bank, layout = recipe.bank, recipe.sheet
    boxes = np.empty((len(plan.x), 4), np.float32)
    boxes[:, 0], boxes[:, 1] = plan.x, plan.y
    if not layout.measures_ink:
        boxes[:, 2:] = CELL
    else:
        ink = bank.windows.ink.take(plan.glyphs, axis=0) if plan.shown is None else plan.shown.ink
        boxes[:, :2] += ink[:, :2]
        boxes[:, 2:] = ink[:, 2:] - ink[:, :2]
    pad(boxes, plan.lengths, out.boxes, LABEL_PAD)
    if recipe.augment.glyphs and out.clean is None:
        return
    windows, glyphs, lengths = bank.windows, plan.glyphs, plan.lengths
    if plan.shown is None:
        compose(windows, glyphs, lengths, plan.x, out.images, recipe.overlap, y=plan.y, apart=layout.apart)
        return
    count, height, width = out.images.shape
    around = np.empty((count, height + 2 * CELL, width + 2 * CELL), np.uint8)
    compose(windows, glyphs, lengths, plan.x + CELL, around, recipe.overlap, y=plan.y + CELL)
    out.images[...] = around[:, CELL:-CELL, CELL:-CELL]
