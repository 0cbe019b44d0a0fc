"""What an augmentation step is: parameters to sample, and a function that applies them to a batch."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from digitgen.arrays import Floats, Images, Integers
from digitgen.augment.sampled import with_unit
from digitgen.augment.warping.resample import MAX_WARPED_WIDTH
from digitgen.augment.warping.warp import Warp
from digitgen.format import CELL, Stage
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Noise, Rows

Values = Mapping[str, Floats]
"""For each parameter, what was sampled for each image: (n,) float64."""

SEVERITIES: Final = 5
MNIST_C: Final = "Mu and Gilmer 2019, MNIST-C"
MORPHO_MNIST: Final = "Castro et al. 2019, Morpho-MNIST, JMLR 20"
NO_CELL: Final = -32768
"""Pads `Scene.cells` where an image has fewer digits than another."""

NARROWEST: Final = 16
"""Least width of images, px: steps need room for all that a pixel depends on."""

MANY: Final = 5 << 20
"""Pixels for a step at a time, if most of its work is the same for one image as for many."""


@dataclass(frozen=True)
class Parameter:
    """A number that is sampled for each image, uniformly from a range.

    Attributes
    ----------
    description, unit : str
        What it is, and what it is measured in.
    default : (float, float)
        Smallest and largest value unless the configuration says otherwise.
    bounds : (float, float)
        What the configuration may ask for.
    levels : tuple of float
        The published values at severities 1 to 5, or none.
    either_sign : bool
        Whether the sign of a level is sampled.
    integer : bool
        Whether only whole numbers are sampled.
    fixed : bool
        Whether all images of a build share one value, so that it is no range.
    legible : (float, float)
        Beyond these values the step can erase or hide digits, of which a configuration is cautioned. As a rule of
        thumb, beyond them one image in seven, or more, is misread by the nearest of 6,000 MNIST glyphs that were
        treated alike, which without any step is one in twenty; or digits lose nine tenths of their ink.
    """

    description: str
    unit: str
    default: tuple[float, float]
    bounds: tuple[float, float]
    levels: tuple[float, ...] = ()
    either_sign: bool = False
    integer: bool = False
    fixed: bool = False
    legible: tuple[float, float] = (-math.inf, math.inf)

    @property
    def meaning(self) -> str:
        """What it is, with its unit if it has one."""
        return with_unit(self.description, self.unit)


@dataclass(frozen=True)
class Scene:
    """What a step may know of the n images that it is given.

    Attributes
    ----------
    noise : Noise
        Random bits for each image, its own for each step.
    width : int
        Of the images, px.
    cells : ndarray
        (n, L) int64: left edge of each digit's cell as it was laid out, px; padded with `NO_CELL`.
    bank : GlyphBank or None
        Where the glyphs come from; None for images that were not composed here.
    glyphs : ndarray or None
        (n,) int64: for the stage of glyphs, the row of each in the bank.
    """

    noise: Noise
    width: int
    cells: Integers
    bank: GlyphBank | None = None
    glyphs: Integers | None = None

    def __getitem__(self, index: Rows) -> "Scene":
        """The scene of some of the images."""
        glyphs = None if self.glyphs is None else self.glyphs[index]
        return Scene(self.noise[index], self.width, self.cells[index], self.bank, glyphs)


@dataclass(frozen=True, kw_only=True)
class Step:
    """An augmentation step: one of the three kinds below.

    Attributes
    ----------
    description : str
        One line.
    source : str
        Where the definition comes from; empty if it is our own.
    parameters : dict of str to Parameter
        What is sampled for each image.
    stages : tuple of {"glyphs", "sequence"}
        What it can act on.
    widest : int or None
        Greatest width of the images, px; None for any.
    """

    description: str
    source: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ("glyphs", "sequence")
    widest: int | None = None

    @property
    def has_severities(self) -> bool:
        """Whether there are published values for severities 1 to 5."""
        return any(parameter.levels for parameter in self.parameters.values())


@dataclass(frozen=True, kw_only=True)
class PixelStep(Step):
    """A step that changes how images look, and not where digits are.

    Attributes
    ----------
    apply : callable
        Takes images (n, 28, W) uint8, C-contiguous, which it overwrites; the values of the parameters;
        and the scene.
    part : int
        Pixels that it gets at a time: few enough for the core's own cache and for little memory, or `MANY`.
    """

    apply: Callable[[Images, Values, Scene], None]
    part: int = 1 << 18


@dataclass(frozen=True, kw_only=True)
class StrokeStep(PixelStep):
    """A step that adds ink to digits or takes it from them: boxes and masks follow."""


@dataclass(frozen=True, kw_only=True)
class WarpStep(Step):
    """A step that moves pixels. Neighbouring ones become a single resampling; boxes and masks follow.

    Attributes
    ----------
    warp : callable
        Takes the values of the parameters and the scene, and returns where pixels come from.
    """

    warp: Callable[[Values, Scene], Warp]
    widest: int | None = MAX_WARPED_WIDTH


def cells_of(width: int) -> Integers:
    """Left edges of cells side by side in the middle of an image, for images without a layout."""
    count = max(1, width // CELL)
    return (width - count * CELL) // 2 + CELL * np.arange(count)


def describe(name: str, step: Step) -> str:
    """Say in some lines what a step does, where it works, and what its parameters are."""
    facts = [f"on {' and '.join(step.stages)}"]
    if step.has_severities:
        facts.append(f"severities 1 to {SEVERITIES}")
    if step.source:
        facts.append(step.source)
    lines = [f"{name}: {step.description}", f"    {'; '.join(facts)}"]
    for each, parameter in step.parameters.items():
        low, high = parameter.default
        usual = f"{low:.4g}" if parameter.fixed or low == high else f"{low:.4g} to {high:.4g}"
        bounds = f"allowed {parameter.bounds[0]:.4g} to {parameter.bounds[1]:.4g}"
        lines.append(f"    {each}: {parameter.meaning}; default {usual}, {bounds}")
        if parameter.levels:
            levels = ", ".join(f"{level:.4g}" for level in parameter.levels)
            sign = ", with a random sign" if parameter.either_sign else ""
            lines.append(f"        at severities 1 to {SEVERITIES}: {levels}{sign}")
    return "\n".join(lines)
