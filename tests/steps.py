"""Augmentation steps for tests: their settings, and images made with them."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitgen.augment.pipeline import Pipeline
from digitgen.augment.setting import Setting
from digitgen.augment.step import SEVERITIES, CropStep
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.augment.warping.displacement import DisplacementField
from digitgen.augment.warping.resample import Points, resamplers
from digitgen.augment.warping.warp import Warp, unmoved
from digitgen.compose.batch import Batch
from digitgen.compose.canvas import Overlap
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.layout import Layout
from digitgen.compose.plan import Planner, planner
from digitgen.compose.recipe import Augmentation, Labels, Recipe
from digitgen.compose.render import fill
from digitgen.config.steps import step_section
from digitgen.format import CELL, Stage
from digitgen.glyphs.bank import GlyphBank

EVERYTHING: Final = Labels(masks=True, clean=True, parameters=True)


class Case(NamedTuple):
    """A step as it can be asked for without giving its parameters."""

    name: str
    stage: Stage
    severity: tuple[int, int] | None

    def __str__(self) -> str:
        return f"{self.name}-{self.stage}{'-severities' if self.severity else ''}"

    def setting(self, p: float = 1.0) -> Setting:
        """The step."""
        return setting(self.name, p, **({"severity": self.severity} if self.severity else {}))

    def alone(self, p: float = 1.0) -> dict[str, Any]:
        """What `recipe` is to be given for the step alone, on its stage."""
        return {self.stage: (self.setting(p),)}


CASES: Final = [
    Case(name, stage, severity)
    for name, step in AUGMENTATIONS.items()
    if not isinstance(step, CropStep)
    for stage in step.stages
    for severity in ((None, (1, SEVERITIES)) if step.has_severities else (None,))
]
"""Every step on every stage that it allows, with its default parameters and with all severities. Not the crop."""


def setting(name: str, p: float = 1.0, **values: Any) -> Setting:
    """A step as the configuration has it, with its defaults."""
    stage = AUGMENTATIONS[name].stages[0]
    return step_section(name, stage).model_validate({"step": name, "p": p, **values}).setting


def recipe(
    bank: GlyphBank,
    sequence: Pipeline = (),
    glyphs: Pipeline = (),
    *,
    layout: Layout | None = None,
    lengths: tuple[int, int] = (1, 4),
    overlap: Overlap = "max",
    labels: Labels = EVERYTHING,
) -> Recipe:
    """Images of one to four digits, with all labels, unless told otherwise."""
    layout = layout or Layout(130, (-2, 4), align="random")
    return Recipe(bank, layout, Digits(lengths), overlap, Augmentation(glyphs, sequence), labels)


def images(made_of: Recipe, first: int, count: int, *, seed: int = 1, plan_of: Planner | None = None) -> Batch:
    """Images `first` up to `first` + `count` of a split."""
    batch = made_of.empty_batch(count)
    for array in batch.arrays().values():
        array[...] = 77  # what was there before must not matter
    fill(made_of, plan_of or planner(made_of, seed, "train"), first, batch)
    return batch


def joined(parts: Sequence[Batch]) -> Batch:
    """One batch of several."""
    names = parts[0].arrays()
    return Batch.of({name: np.concatenate([part.arrays()[name] for part in parts]) for name in names})


def resample(warp: Warp, pixels: NDArray[np.uint8], nearest: bool = False) -> None:
    """Overwrite images (n, H, W) with what a warp shows of them."""
    for part, resample_part in resamplers(warp, pixels.shape[1:]):
        resample_part(pixels[part], nearest)


def points(warp: Warp, width: int, height: int = CELL) -> NDArray[np.float32]:
    """X and y of the points that a warp's pixels show: (2, n, H, W), px."""
    count = len(warp.matrix)
    return Points(warp, (height, width), count).of(slice(0, count))


def displacements(field: DisplacementField, width: int, height: int = CELL) -> NDArray[np.float32]:
    """How far a field alone displaces pixels: (2, n, H, W), px."""
    still = unmoved(len(field.noise))
    return points(Warp(still.matrix, fields=[field]), width, height) - points(still, width, height)
