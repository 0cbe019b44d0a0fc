"""An augmentation step: one function, and the parameters that are sampled for its keyword-only arguments."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Final, Literal, TypeVar

import numpy as np

from digitgen.arrays import Floats, Images, Integers, Pixels
from digitgen.augment.ink.pen import Pen
from digitgen.augment.ink.strokes import Strokes
from digitgen.augment.sampled import with_unit
from digitgen.augment.warping.warp import MAX_WARPED_WIDTH, Warp
from digitgen.errors import ArgumentError
from digitgen.format import CELL, Stage
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Noise, Rows

if TYPE_CHECKING:
    from digitgen.augment.cropping import Frames  # loads OpenCV

Values = Mapping[str, Floats]
"""For each parameter, what was sampled for each image: (n,) float64."""

STAGES: Final[tuple[Stage, ...]] = ("glyphs", "sequence")
SEVERITIES: Final = 5
MNIST_C: Final = "Mu and Gilmer 2019, MNIST-C"
MORPHO_MNIST: Final = "Castro et al. 2019, Morpho-MNIST, JMLR 20"
NO_CELL: Final = -32768
"""Pads `Scene.cells` and `Scene.ink` where an image has fewer digits than another."""

NARROWEST: Final = 16
"""Least width of images, px: steps need room for all that a pixel depends on."""

FEW: Final = 1 << 18
"""Pixels for a step at a time: few enough for the core's own cache and for little memory."""

MANY: Final = 5 << 20
"""Pixels for a step at a time, if most of its work is the same for one image as for many."""

RESERVED: Final = ("step", "p", "severity", "applied")
"""Names that configurations and stored labels use for something else: no parameter can have one of them."""


@dataclass(frozen=True)
class Parameter:
    """A number that is sampled for each image, uniformly from a range.

    Parameters
    ----------
    description : str
        Says what the number is, in a few words.
    unit : str
        Unit of the number; empty if it has none.
    default : (float, float)
        Smallest and largest value unless the configuration says otherwise.
    bounds : (float, float)
        Smallest and largest value that the configuration may ask for.
    levels : tuple of float
        The published values at severities 1 to 5, or none; they may lie beyond the bounds.
    either_sign : bool
        Whether the sign of a level is sampled.
    integer : bool
        Whether only whole numbers are sampled.
    fixed : bool
        Whether all images of a build share one value, so that it is no range.
    legible : (float, float)
        Smallest and largest value at which digits stay legible; a build warns of others. As a rule of
        thumb, beyond them one image in seven, or more, is misread by the nearest of 6,000 MNIST glyphs that were
        treated alike, which without any step is one in twenty; or digits lose nine tenths of their ink.

    Raises
    ------
    ArgumentError
        If the values contradict each other.

    Examples
    --------
    >>> angle = Parameter("counter-clockwise angle", "rad", (-0.1, 0.1), (-0.7853, 0.7853))
    >>> angle.meaning
    'counter-clockwise angle, rad'
    """

    description: str
    unit: str
    default: tuple[float, float]
    bounds: tuple[float, float]
    _: KW_ONLY
    levels: tuple[float, ...] = ()
    either_sign: bool = False
    integer: bool = False
    fixed: bool = False
    legible: tuple[float, float] = (-math.inf, math.inf)

    def __post_init__(self) -> None:
        (low, high), (least, most) = self.default, self.bounds
        if not least <= low <= high <= most:
            raise ArgumentError(f"{self.description}: the default, {self.default}, must lie in {self.bounds}")
        if len(self.levels) not in (0, SEVERITIES):
            raise ArgumentError(f"{self.description}: there must be {SEVERITIES} levels or none; got {self.levels}")
        if self.either_sign and not self.levels:
            raise ArgumentError(f"{self.description}: only levels have their sign sampled, and there are none")
        if self.fixed and low != high:
            raise ArgumentError(f"{self.description}: a fixed value has no range; got {self.default}")
        if self.integer and any(value != int(value) for value in (*self.default, *self.bounds, *self.levels)):
            raise ArgumentError(f"{self.description}: only whole numbers are sampled, so all values must be whole")

    @property
    def meaning(self) -> str:
        """The description, with the unit if there is one."""
        return with_unit(self.description, self.unit)

    def brought_into_bounds(self, values: Floats) -> Floats:
        """Clip numbers of any shape to the bounds; round them first, if only whole ones are sampled."""
        return np.clip(np.rint(values) if self.integer else values, *self.bounds)


@dataclass(frozen=True)
class Scene:
    """The surroundings of the n images that a step is given.

    Attributes
    ----------
    noise : Noise
        Random bits for each image, its own for each step.
    width : int
        Width of the images, px.
    cells : ndarray
        (n, L) int64: left edge of each digit's cell as it was laid out, px; padded with `NO_CELL`.
    bank : GlyphBank or None
        The bank that the glyphs come from; None for images that were not composed here.
    glyphs : ndarray or None
        (n,) int64: for the stage of glyphs, the row of each in the bank.
    severity : ndarray or None
        (n,) int64: the published severity of each, 1 to 5, where that was asked for.
    height : int, default 28
        Height of the images, px.
    frame : ndarray or None
        (n, 4) int64: left, top, right and bottom edge of the crop in the image, px, beyond which nothing counts; None
        where it is the whole image.
    ink : ndarray or None
        (n, L, 4) int64: left, top, right and bottom of each digit's ink as it was laid out, px; right and bottom
        exclusive; padded with `NO_CELL`. Steps on sequences alone have it.
    extent : ndarray or None
        (n, 4) int64: the same of the whole string, and of the marks that steps have added to it. All steps of a stage
        share this array.
    """

    noise: Noise
    width: int
    cells: Integers
    bank: GlyphBank | None = None
    glyphs: Integers | None = None
    severity: Integers | None = None
    height: int = CELL
    frame: Integers | None = None
    ink: Integers | None = None
    extent: Integers | None = None

    def __getitem__(self, index: Rows) -> "Scene":
        """Take the scene of some of the images."""
        names = ("glyphs", "severity", "frame", "ink", "extent")
        some: dict[str, Any] = {name: None if (each := getattr(self, name)) is None else each[index] for name in names}
        return replace(self, noise=self.noise[index], cells=self.cells[index], **some)


@dataclass(frozen=True, kw_only=True)
class Step:
    """An augmentation step: one of the kinds below, each made by the decorator of its name.

    Parameters
    ----------
    apply : callable
        The step's one function. It gives the step its name; the first line of its docstring is the description.
    parameters : dict of str to Parameter
        One for each keyword-only argument of the function, in order; sampled for each image.
    source : str
        Where the definition comes from; empty if it is our own.
    stages : tuple of {"glyphs", "sequence"}
        The stages that it can act on.
    widest : int or None
        Greatest width of the images, px; None for any.

    Raises
    ------
    ArgumentError
        If the function does not take the declared parameters, or a name is not possible.
    """

    _given: ClassVar[tuple[str, ...]] = ("images", "scene")

    apply: Callable[..., Any]
    parameters: Mapping[str, Parameter]
    source: str = ""
    stages: tuple[Stage, ...] = STAGES
    widest: int | None = None

    def __post_init__(self) -> None:
        arguments = inspect.signature(self.apply).parameters.values()
        keywords = [each.name for each in arguments if each.kind is each.KEYWORD_ONLY]
        others = [each.name for each in arguments if each.kind is not each.KEYWORD_ONLY]
        if len(others) != len(self._given) or keywords != list(self.parameters):
            wanted, got = ", ".join((*self._given, "*", *self.parameters)), ", ".join((*others, "*", *keywords))
            raise ArgumentError(f"the step {self.name} must be a function of ({wanted}), as declared; got ({got})")
        for name in (self.name, *keywords):
            if name in RESERVED or name.startswith("_") or not name.isidentifier():
                raise ArgumentError(f"the step {self.name}: neither a step nor a parameter can be called {name!r}")
        if not self.stages or not set(self.stages) <= set(STAGES):
            raise ArgumentError(f"the step {self.name} works on glyphs, sequence or both; got {self.stages}")

    @property
    def name(self) -> str:
        """Name of the step in configurations."""
        return self.apply.__name__

    @property
    def moves_ink(self) -> bool:
        """Whether boxes and masks have to follow."""
        return False

    @property
    def description(self) -> str:
        """First line of the function's docstring."""
        return (inspect.getdoc(self.apply) or "").partition("\n")[0]

    @property
    def has_severities(self) -> bool:
        """Whether some parameter has published values for severities 1 to 5."""
        return any(parameter.levels for parameter in self.parameters.values())


@dataclass(frozen=True, kw_only=True)
class PixelStep(Step):
    """A step that changes how images look, and not where digits are.

    Parameters
    ----------
    apply : callable
        Takes images (n, H, W) uint8, C-contiguous, which it overwrites; the scene; and its parameters, (n,) float64
        each.
    part : int
        Pixels that it gets at a time: `FEW` or `MANY`.
    """

    apply: Callable[Concatenate[Images, Scene, ...], None]
    part: int = FEW


@dataclass(frozen=True, kw_only=True)
class StrokeStep(PixelStep):
    """A step that adds ink to digits or takes it from them: boxes and masks follow."""

    @property
    def moves_ink(self) -> bool:
        """Yes."""
        return True


@dataclass(frozen=True, kw_only=True)
class WarpStep(Step):
    """A step that moves pixels. Neighbouring ones become a single resampling; boxes and masks follow.

    Parameters
    ----------
    apply : callable
        Takes the scene and its parameters, (n,) float64 each, and returns where pixels come from. It is also asked
        before a build, at the ends of the ranges and without a bank, whether digits could leave the image; where it
        needs the bank, it raises `ArgumentError`.
    widest : int
        Greatest width of the images, px.
    """

    _given: ClassVar[tuple[str, ...]] = ("scene",)

    apply: Callable[Concatenate[Scene, ...], Warp]
    widest: int | None = MAX_WARPED_WIDTH

    @property
    def moves_ink(self) -> bool:
        """Yes."""
        return True


PartOf = Literal["digits", "string", "form"]

Look = Callable[[Integers, Integers, Integers], Pixels]
"""Looks at pixels: takes images (m,), and rows (m, a) and columns (m, b) in them, and gives (m, a, b) uint8."""


@dataclass(frozen=True, kw_only=True)
class InkStep(Step):
    """A step that draws strokes on images, combined by maximum: marks beside digits, or lines of a form.

    Parameters
    ----------
    apply : callable
        Takes a function that looks at pixels of the n images, a `Look`; the scene, with the ink of each digit; the pens
        that the strings were written with; and its parameters, (n,) float64 each. It returns the strokes. Strokes of
        earlier steps are rendered only once somebody looks, and sheets may not be there as a whole.
    part_of : {"digits", "string", "form"}
        What the strokes are part of. Those of digits belong to one each, and its mask and box follow; they take no
        pixel from another. Others are in no mask and no box. Those of the string add to its extent, those of the
        form do not.
    """

    _given: ClassVar[tuple[str, ...]] = ("look", "scene", "pen")

    apply: Callable[Concatenate[Look, Scene, Pen, ...], Strokes]
    part_of: PartOf

    @property
    def moves_ink(self) -> bool:
        """Whether the strokes are part of digits."""
        return self.part_of == "digits"


@dataclass(frozen=True, kw_only=True)
class CropStep(Step):
    """A step that cuts images out of the sheets on which strings are laid out. Steps before it work on the sheets.

    Parameters
    ----------
    apply : callable
        Takes the box around the digits' ink and the box around digits and marks, (n, 4) int64 each: left, top, right
        and bottom edge on the sheet, px; the scene; and its parameters, (n,) float64 each. It returns the frames.
    stages : tuple of {"glyphs", "sequence"}
        The sequence alone.
    widest : int
        Greatest width of the images, px.
    """

    _given: ClassVar[tuple[str, ...]] = ("ink", "marked", "scene")

    apply: "Callable[Concatenate[Integers, Integers, Scene, ...], Frames]"
    stages: tuple[Stage, ...] = ("sequence",)
    widest: int | None = MAX_WARPED_WIDTH

    @property
    def moves_ink(self) -> bool:
        """Yes."""
        return True


AnyStep = TypeVar("AnyStep", bound=Step)


def pixel_step(
    *,
    source: str = "",
    stages: tuple[Stage, ...] = STAGES,
    widest: int | None = None,
    part: int = FEW,
    **parameters: Parameter,
) -> Callable[[Callable[Concatenate[Images, Scene, ...], None]], PixelStep]:
    """Make a step of a function that changes how images look, and not where digits are.

    Parameters
    ----------
    source, stages, widest, part
        As in `PixelStep`.
    **parameters : Parameter
        One for each keyword-only argument of the function, in order.

    Returns
    -------
    callable
        Takes the function, and returns the step.

    Examples
    --------
    >>> @pixel_step(change=Parameter("what is added", "grey levels", (0, 20), (0, 255)))
    ... def brighten(images, scene, *, change):
    ...     '''Add a constant to every pixel.'''
    ...     images[...] = np.minimum(images + change[:, None, None], 255)
    >>> brighten.name, brighten.description, list(brighten.parameters)
    ('brighten', 'Add a constant to every pixel.', ['change'])
    """
    return lambda function: PixelStep(
        apply=function, parameters=parameters, source=source, stages=stages, widest=widest, part=part
    )


def stroke_step(
    *, source: str = "", stages: tuple[Stage, ...] = STAGES, part: int = FEW, **parameters: Parameter
) -> Callable[[Callable[Concatenate[Images, Scene, ...], None]], StrokeStep]:
    """Make a step of a function that adds ink to digits or takes it from them.

    Parameters
    ----------
    source, stages, part
        As in `PixelStep`.
    **parameters : Parameter
        One for each keyword-only argument of the function, in order.

    Returns
    -------
    callable
        Takes the function, and returns the step.
    """
    return lambda function: StrokeStep(apply=function, parameters=parameters, source=source, stages=stages, part=part)


def warp_step(
    *, source: str = "", stages: tuple[Stage, ...] = STAGES, **parameters: Parameter
) -> Callable[[Callable[Concatenate[Scene, ...], Warp]], WarpStep]:
    """Make a step of a function that says where pixels come from.

    Parameters
    ----------
    source, stages
        As in `WarpStep`.
    **parameters : Parameter
        One for each keyword-only argument of the function, in order.

    Returns
    -------
    callable
        Takes the function, and returns the step.
    """
    return lambda function: WarpStep(apply=function, parameters=parameters, source=source, stages=stages)


def ink_step(
    part_of: PartOf, **parameters: Parameter
) -> Callable[[Callable[Concatenate[Look, Scene, Pen, ...], Strokes]], InkStep]:
    """Make a step of a function that says which strokes are drawn on sequences.

    Parameters
    ----------
    part_of : {"digits", "string", "form"}
        As in `InkStep`.
    **parameters : Parameter
        One for each keyword-only argument of the function, in order.

    Returns
    -------
    callable
        Takes the function, and returns the step.
    """
    return lambda function: InkStep(apply=function, parameters=parameters, stages=("sequence",), part_of=part_of)


def crop_step(
    *, source: str = "", **parameters: Parameter
) -> "Callable[[Callable[Concatenate[Integers, Integers, Scene, ...], Frames]], CropStep]":
    """Make a step of a function that says what is to be cut out of sheets.

    Parameters
    ----------
    source
        As in `CropStep`.
    **parameters : Parameter
        One for each keyword-only argument of the function, in order.

    Returns
    -------
    callable
        Takes the function, and returns the step.
    """
    return lambda function: CropStep(apply=function, parameters=parameters, source=source)


def family(*steps: AnyStep) -> dict[str, AnyStep]:
    """Put steps into a dictionary by name, in order."""
    return {step.name: step for step in steps}


def cells_of(width: int) -> Integers:
    """Put cells side by side in the middle of an image that has no layout: their left edges, px."""
    count = max(1, width // CELL)
    return (width - count * CELL) // 2 + CELL * np.arange(count)
