"""Draw the strokes of neighbouring ink steps, and let owners and extents of strings follow."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from digitgen.arrays import Integers, Pixels
from digitgen.augment.ink.page import Page
from digitgen.augment.ink.pen import pen_of
from digitgen.augment.ink.strokes import Strokes
from digitgen.augment.ink.writing import extent_of, found_ink
from digitgen.augment.numerics.stacking import parts
from digitgen.augment.ownership import Ownership, joined
from digitgen.augment.pipeline import StepSample
from digitgen.augment.step import MANY, InkStep, Look, Scene, Step
from digitgen.rng import as_slice


def draw(members: Sequence[tuple[Step, StepSample, Scene]], page: Page, ownership: Ownership | None) -> None:
    """Draw the strokes of neighbouring ink steps; the pens are those before the first of them.

    Parameters
    ----------
    members : sequence of (InkStep, StepSample, Scene)
        The steps.
    page : Page
        The images; overwritten. Ink that is no digit's may still wait there.
    ownership : Ownership or None
        Ownership of these images; kept right.
    """
    pen = pen_of(page.images, page.region.sheet[0])
    pretended = None
    for step, sample, scene in members:
        assert isinstance(step, InkStep)
        rows = np.flatnonzero(sample.touched)
        if scene.ink is None or scene.extent is None:
            pretended = found_ink(page.images, scene.cells) if pretended is None else pretended
            scene = replace(scene, ink=pretended, extent=extent_of(pretended))
        for part in parts(len(rows), page.region.sheet, MANY):
            some = rows[part]
            own = as_slice(some)
            strokes = step.apply(_view(page, some), scene[own], pen[own], **sample.values_of(step, own))
            strokes = replace(strokes, image=some[strokes.image])
            if step.part_of == "form":
                page.put(strokes)
                continue
            marked, boxes = _boxes(strokes, page.region.sheet)
            if step.moves_ink:
                page.join(strokes, marked, boxes)
            else:
                page.put(strokes)
            assert scene.extent is not None
            scene.extent[marked] = joined(scene.extent[marked], boxes)
            if ownership and step.part_of == "string":
                ownership.include(marked, boxes)
        if ownership and step.moves_ink:
            ownership.put_off(rows)


def _view(page: Page, some: Integers) -> Look:
    """Make what a step sees of some of the images."""

    def look(rows: Integers, lines: Integers, columns: Integers) -> Pixels:
        return page.look(some[rows], lines, columns)

    return look


def _boxes(strokes: Strokes, shape: tuple[int, ...]) -> tuple[Integers, Integers]:
    """Find the images that show strokes, (m,), and the boxes around these, (m, 4): left, top, right, bottom edge."""
    half, edges = strokes.width / 2, []
    for ends, most in zip((strokes.x, strokes.y), shape[::-1], strict=True):
        first = np.floor((ends - half).min(axis=1, initial=most) + 0.5)
        last = np.ceil((ends + half).max(axis=1, initial=0) + 0.5)
        edges += [np.clip(each, 0, most).astype(np.int64) for each in (first, last)]
    left, right, top, bottom = edges
    seen = np.flatnonzero((left < right) & (top < bottom))
    rows, place = np.unique(strokes.image[seen], return_inverse=True)
    boxes = np.tile(np.array([*shape[::-1], 0, 0]), (len(rows), 1))
    for column, edge in enumerate((left, top)):
        np.minimum.at(boxes[:, column], place, edge[seen])
    for column, edge in enumerate((right, bottom)):
        np.maximum.at(boxes[:, 2 + column], place, edge[seen])
    return rows, boxes
