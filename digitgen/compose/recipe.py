"""The recipe of images: glyphs, layout, content and augmentation, checked as a whole."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, get_args

from digitgen.augment.pipeline import Pipeline, describe_sampled
from digitgen.checks import check_flag, choose
from digitgen.compose.batch import ArraySpec, Batch, BatchSpec, batch_spec, parameter_spec, writers_spec
from digitgen.compose.canvas import Overlap
from digitgen.compose.layout import Layout
from digitgen.compose.sheet import sheet_of
from digitgen.errors import ArgumentError
from digitgen.format import CELL, MAX_LENGTH, Stage
from digitgen.glyphs.bank import GlyphBank
from digitgen.messages import shown

if TYPE_CHECKING:  # a single image needs neither, only the defaults of `Augmentation`
    from digitgen.compose.content.law import ContentLaw
    from digitgen.compose.hands import Hands


def _is_pipeline(value: object) -> bool:
    """Whether a value is a tuple of settings of steps."""
    if not isinstance(value, tuple) or not value:
        return value == ()
    from digitgen.augment.setting import Setting  # loads the steps

    return all(isinstance(setting, Setting) for setting in value)


@dataclass(frozen=True)
class Augmentation:
    """Steps that change images.

    Attributes
    ----------
    glyphs : tuple of Setting
        Steps on each glyph, before the image is composed.
    sequence : tuple of Setting
        Steps on the image.

    Raises
    ------
    ArgumentError
        If one is no tuple of `Setting`.
    """

    glyphs: Pipeline = ()
    sequence: Pipeline = ()

    def __post_init__(self) -> None:
        for stage, pipeline in self.stages.items():
            if not _is_pipeline(pipeline):
                made = "an Augmentation is made by digitgen.augmentation()"
                raise ArgumentError(f"must be a tuple of settings; {made}; got {shown(pipeline)}", stage)

    @property
    def stages(self) -> dict[Stage, Pipeline]:
        """The steps by stage, in order."""
        return {"glyphs": self.glyphs, "sequence": self.sequence}

    def __bool__(self) -> bool:
        return bool(self.glyphs or self.sequence)

    @property
    def crop(self) -> int | None:
        """Position of the first step on the sequence that cuts images out of sheets; None if there is none."""
        if not self.sequence:
            return None
        from digitgen.augment.step import CropStep  # images without augmentation do not load it

        return next((place for place, each in enumerate(self.sequence) if isinstance(each.step, CropStep)), None)

    @property
    def moves_glyphs(self) -> bool:
        """Whether a step on glyphs changes where their ink is."""
        return any(setting.step.moves_ink for setting in self.glyphs)

    def check(self, image_width: int) -> None:
        """Refuse steps that cannot work where they stand.

        Parameters
        ----------
        image_width : int
            Width of the finished images, px.

        Raises
        ------
        ArgumentError
            If a step is on the wrong stage, or the images are too narrow or too wide for it. Its key is the stage, and
            the step's position there.
        """
        if not self:
            return
        from digitgen.augment.limits import refusal  # loads the steps

        for stage, pipeline in self.stages.items():
            for position, setting in enumerate(pipeline):
                if problem := refusal(setting, stage, image_width):
                    raise ArgumentError(problem, stage, position)
        if self.crop is not None:
            later = Augmentation(sequence=self.sequence[self.crop + 1 :]).crop
            if later is not None:
                problem = "there is another crop before this, and an image is cut out of its sheet once"
                raise ArgumentError(problem, "sequence", self.crop + 1 + later)


@dataclass(frozen=True)
class Labels:
    """Labels to keep beside images, digits and boxes.

    Attributes
    ----------
    masks : bool
        The digit that each pixel belongs to.
    clean : bool
        The image before augmentation.
    parameters : bool
        The parameters that augmentation sampled.
    writers : bool
        The writer of each digit. Images in one hand have them in any case.

    Raises
    ------
    ArgumentError
        If one is neither True nor False.

    Examples
    --------
    >>> from digitgen import Labels, generate_batch
    >>> batch = generate_batch([[4, 7]], (0, 5), 70, labels=Labels(masks=True))
    >>> batch.masks.shape, int(batch.masks.max())
    ((1, 28, 70), 2)
    """

    masks: bool = False
    clean: bool = False
    parameters: bool = True
    writers: bool = False

    def __post_init__(self) -> None:
        for name in ("masks", "clean", "parameters", "writers"):
            object.__setattr__(self, name, check_flag(name, getattr(self, name)))


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the images of a split, but the seed and the split's name.

    Attributes
    ----------
    bank : GlyphBank
        The glyphs to choose from.
    layout : Layout
        The rules by which digits are placed.
    content : ContentLaw
        The law of the strings. For digits that are given, only their lengths matter.
    overlap : {"max", "sum"}
        How pixels combine where digits overlap.
    augment : Augmentation
        Steps on glyphs and images.
    labels : Labels
        Labels to keep beside images and digits.
    hands : Hands or None
        The law of the writers of images, made for this bank; None if nobody minds who writes.

    Raises
    ------
    ArgumentError
        If a value is wrong, the longest sequence does not fit, or a step cannot work on such images.
    """

    bank: GlyphBank
    layout: Layout
    content: "ContentLaw"
    overlap: Overlap = "max"
    augment: Augmentation = Augmentation()
    labels: Labels = Labels()
    hands: "Hands | None" = None

    def __post_init__(self) -> None:
        from digitgen.compose.content.law import ContentLaw

        if not isinstance(self.bank, GlyphBank):
            raise ArgumentError(f"glyphs must be a GlyphBank; got {shown(self.bank)}")
        if not isinstance(self.content, ContentLaw):
            law = "a law of digitgen.content, such as Digits((1, 5))"
            raise ArgumentError(f"content must be {law}; got {shown(self.content)}")
        if self.content.alphabet != self.bank.alphabet:
            raise ArgumentError(
                f"the strings are of the alphabet {shown(self.content.alphabet)}, and the glyphs of "
                f"{shown(self.bank.alphabet)}; give the law and the bank the same alphabet"
            )
        lengths = sorted(self.content.lengths)
        if lengths[0] < 1 or lengths[-1] > MAX_LENGTH:
            raise ArgumentError(f"an image has from 1 to {MAX_LENGTH} digits; got {lengths[0]} to {lengths[-1]}")
        object.__setattr__(self, "overlap", choose("overlap", self.overlap, get_args(Overlap)))
        if not isinstance(self.augment, Augmentation):
            raise ArgumentError(f"augment must be what digitgen.augmentation() returns; got {shown(self.augment)}")
        if not isinstance(self.labels, Labels):
            raise ArgumentError(f"labels must be digitgen.Labels, such as Labels(masks=True); got {shown(self.labels)}")
        if self.labels.writers and self.bank.writers is None:
            from digitgen.compose.hands import UNKNOWN_WRITERS

            raise ArgumentError(UNKNOWN_WRITERS, "labels", "writers")
        for length in reversed(lengths):  # the longest is what usually fails
            self.sheet.gap_law(length, self.widest_ink)
        try:
            self.augment.check(self.layout.image_width)
        except ArgumentError as error:
            raise error.within("augment") from None

    @cached_property
    def sheet(self) -> Layout:
        """The layout of what digits are composed on: the image, or a sheet that a crop makes the image of."""
        return self.layout if self.augment.crop is None else sheet_of(self.layout, self.content.longest)

    @property
    def measures_shown(self) -> bool:
        """Whether digits are placed by their ink as steps on glyphs have left it."""
        return self.layout.measures_ink and self.augment.moves_glyphs

    @property
    def widest_ink(self) -> int:
        """Width of the widest ink that a layout has to reckon with, px: steps may make it fill the cell."""
        return CELL if self.measures_shown else self.bank.ink_width

    @property
    def boxes_bound_ink(self) -> bool:
        """Whether boxes are read off the pixels, because ink does not stay where it was laid out."""
        return any(setting.step.moves_ink for setting in (*self.augment.glyphs, *self.augment.sequence))

    @property
    def spec(self) -> BatchSpec:
        """The arrays of its batches."""
        longest, height, width = self.content.longest, self.layout.image_height, self.layout.image_width
        spec = list(batch_spec(longest, width, self.content.alphabet, image_height=height))
        if self.labels.masks:
            what = f"(N, {height}, W) 0 background, k for the ink of digit k"
            spec.append(ArraySpec("masks", "|u1", (height, width), what))
        if self.labels.clean:
            what = f"(N, {height}, W) the image before augmentation"
            spec.append(ArraySpec("clean", "|u1", (height, width), what))
        if self.labels.writers or self.hands:
            spec.append(writers_spec(longest))
        if self.labels.parameters:
            for stage, pipeline in self.augment.stages.items():
                spec += [parameter_spec(sampled, longest) for sampled in describe_sampled(stage, pipeline)]
        return tuple(spec)

    def empty_batch(self, size: int) -> Batch:
        """Make a batch of `size` images with its arrays yet to be filled."""
        return Batch.empty(size, self.spec, self.content.alphabet)
