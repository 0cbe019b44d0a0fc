"""Plan images: everything about them that is drawn, and nothing of their pixels.

A `Recipe` says what images look like. A `Plan` has all that was drawn for N of them (digits, glyphs, gaps,
positions, and what augmentation does), either from a caller's generator or from the addressed
generators of a chunk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from digitgen.arguments import check_range, choose
from digitgen.augment.limits import refusal
from digitgen.augment.pipeline import Draws, Pipeline, Setting, describe_labels, draw, moves_ink
from digitgen.augment.step import Stage
from digitgen.batch import MAX_LENGTH, PARAMETERS, ArraySpec, Batch, BatchSpec, batch_spec
from digitgen.compose import Overlap
from digitgen.errors import ArgumentError, one_line
from digitgen.glyphs import CELL, GlyphBank, choose_glyphs
from digitgen.layout import Layout, draw_gaps, place
from digitgen.rng import CHUNK, STREAMS, Address, chunk_address
from digitgen.sequences import draw_sequences

GLYPHS_CHANGE_INK: Final = (
    "steps on glyphs change the ink between which gaps are measured with unit='ink'; "
    "use unit='cell', or steps on the sequence"
)


@dataclass(frozen=True)
class Augmentation:
    """What happens to images.

    Attributes
    ----------
    glyphs : tuple of Setting
        Steps on each glyph, before the image is composed.
    sequence : tuple of Setting
        Steps on the image.
    """

    glyphs: Pipeline = ()
    sequence: Pipeline = ()

    @property
    def stages(self) -> dict[Stage, Pipeline]:
        """The steps by stage, in order."""
        return {"glyphs": self.glyphs, "sequence": self.sequence}

    def __bool__(self) -> bool:
        return bool(self.glyphs or self.sequence)


@dataclass(frozen=True)
class Labels:
    """What is kept beside images, digits and boxes.

    Attributes
    ----------
    masks : bool
        Which digit each pixel belongs to.
    clean : bool
        The image before augmentation.
    parameters : bool
        What augmentation drew.
    """

    masks: bool = False
    clean: bool = False
    parameters: bool = True


@dataclass(frozen=True)
class Recipe:
    """All that decides what the images of a split look like, but the seed and the split's name.

    Attributes
    ----------
    bank : GlyphBank
        Where the glyphs come from.
    layout : Layout
        Where they stand.
    length_range : (int, int)
        Fewest and most digits in a sequence, both possible.
    overlap : {"max", "sum"}
        How pixels combine where digits overlap.
    augment : Augmentation
        What happens to glyphs and images.
    labels : Labels
        What is kept beside images and digits.

    Raises
    ------
    ArgumentError
        If a value is wrong, the longest sequence does not fit, or the layout and a step exclude each other.
    """

    bank: GlyphBank
    layout: Layout
    length_range: tuple[int, int]
    overlap: Overlap = "max"
    augment: Augmentation = Augmentation()
    labels: Labels = Labels()

    def __post_init__(self) -> None:
        if not isinstance(self.bank, GlyphBank):
            raise ArgumentError(f"glyphs must be a GlyphBank; got {self.bank!r}")
        shortest, longest = check_range("length_range", self.length_range)
        if not 1 <= shortest <= longest <= MAX_LENGTH:
            raise ArgumentError(
                f"an image has from 1 to {MAX_LENGTH} digits, the least before the most; "
                f"got {shortest if shortest == longest else f'{shortest} to {longest}'}"
            )
        object.__setattr__(self, "length_range", (shortest, longest))  # numpy's integers may overflow
        choose("overlap", self.overlap, get_args(Overlap))
        settings = (*self.augment.glyphs, *self.augment.sequence) if isinstance(self.augment, Augmentation) else (None,)
        if not all(isinstance(setting, Setting) for setting in settings):
            got = one_line(f"{self.augment!r:.80}")
            raise ArgumentError(f"augment must be what digitgen.augmentation() returns; got {got}")
        if not isinstance(self.labels, Labels):
            got = one_line(f"{self.labels!r:.80}")
            raise ArgumentError(f"labels must be digitgen.Labels, such as Labels(masks=True); got {got}")
        for length in range(longest, shortest - 1, -1):  # the longest is what usually fails
            self.layout.gap_law(length, self.bank.ink_width)
        for stage, pipeline in self.augment.stages.items():
            for position, setting in enumerate(pipeline):
                if problem := refusal(setting, stage, self.layout.image_width):
                    raise ArgumentError(f"augment.{stage}.{position}: {problem}")
        if self.augment.glyphs and self.layout.unit == "ink":
            raise ArgumentError(GLYPHS_CHANGE_INK)

    @property
    def boxes_bound_ink(self) -> bool:
        """Whether boxes are read off the pixels, because ink does not stay where it was laid out."""
        return any(moves_ink(setting.step) for setting in (*self.augment.glyphs, *self.augment.sequence))

    @property
    def spec(self) -> BatchSpec:
        """The arrays of its batches."""
        longest, width = self.length_range[1], self.layout.image_width
        spec = list(batch_spec(longest, width))
        if self.labels.masks:
            spec.append(ArraySpec("masks", "|u1", (CELL, width), "(N, 28, W) 0 background, k for the ink of digit k"))
        if self.labels.clean:
            spec.append(ArraySpec("clean", "|u1", (CELL, width), "(N, 28, W) the image before augmentation"))
        if self.labels.parameters:
            for stage, pipeline in self.augment.stages.items():
                shape = (longest,) if stage == "glyphs" else ()
                spec += [
                    ArraySpec(f"{PARAMETERS}/{stage}_{name}", "<f4", shape, f"{description}; NaN where untouched")
                    for name, description in describe_labels(pipeline).items()
                ]
        return tuple(spec)

    def empty_batch(self, size: int) -> Batch:
        """A batch of `size` images with its arrays yet to be filled."""
        return Batch.empty(size, self.spec)


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything about N images but their pixels; T digits in all, one sequence after the other.

    Attributes
    ----------
    lengths : ndarray
        (N,) int64: digits of each image.
    digits : ndarray
        (T,) uint8.
    glyphs : ndarray
        (T,) int64: rows of the bank.
    gaps : ndarray
        (T - N,) int64, px.
    x : ndarray
        (T,) int64: left edge of each digit in the layout's unit, px.
    draws : dict of {"glyphs", "sequence"} to Draws
        What augmentation does to each of the T glyphs, and to each of the N images.
    """

    lengths: NDArray[np.int64]
    digits: NDArray[np.uint8]
    glyphs: NDArray[np.int64]
    gaps: NDArray[np.int64]
    x: NDArray[np.int64]
    draws: Mapping[Stage, Draws]

    def __getitem__(self, rows: slice) -> "Plan":
        """The plan of some neighbouring images."""
        first, last, _ = rows.indices(len(self.lengths))
        lengths = self.lengths[first:last]
        begin = int(self.lengths[:first].sum())
        end = begin + int(lengths.sum())
        gaps = self.gaps[begin - first : end - last]
        draws: dict[Stage, Draws] = {
            "glyphs": self.draws["glyphs"][begin:end],
            "sequence": self.draws["sequence"][first:last],
        }
        return Plan(lengths, self.digits[begin:end], self.glyphs[begin:end], gaps, self.x[begin:end], draws)


def plan_sequences(
    recipe: Recipe,
    lengths: NDArray[np.int64],
    digits: NDArray[np.uint8],
    glyph_rng: np.random.Generator,
    layout_rng: np.random.Generator,
    address_of: Callable[[], Address],
) -> Plan:
    """Choose glyphs, positions and augmentation for given digits.

    Parameters
    ----------
    recipe : Recipe
        What the images look like.
    lengths, digits : ndarray
        (N,) int64 and (T,) uint8, as in `Plan`.
    glyph_rng, layout_rng : numpy.random.Generator
        To draw glyphs, and gaps and margins, from.
    address_of : callable
        Says, once all that is drawn, where the random numbers of augmentation lie.
    """
    bank, layout = recipe.bank, recipe.layout
    glyphs = choose_glyphs(glyph_rng, bank, digits)
    if layout.unit == "cell":
        widths = np.full(len(digits), CELL)
    else:
        ink = bank.ink.take(glyphs, axis=0).astype(np.int64)
        widths = ink[:, 2] - ink[:, 0]
    gaps = draw_gaps(layout_rng, layout, lengths, bank.ink_width)
    x = place(layout_rng, layout, lengths, gaps, widths)
    address = address_of()
    draws: dict[Stage, Draws] = {
        "glyphs": draw(recipe.augment.glyphs, address.at(STREAMS["augment glyphs"]), len(digits)),
        "sequence": draw(recipe.augment.sequence, address.at(STREAMS["augment sequence"]), len(lengths)),
    }
    return Plan(lengths, digits, glyphs, gaps, x, draws)


def plan_chunk(recipe: Recipe, seed: int, split: str, chunk: int) -> Plan:
    """The plan of the `CHUNK` images of one chunk of a split; depends on its arguments alone."""
    address = chunk_address(seed, split, chunk)
    content, glyphs, layout = (address.at(STREAMS[name]).generator for name in ("content", "glyphs", "layout"))
    lengths, digits = draw_sequences(content, CHUNK, recipe.length_range)
    return plan_sequences(recipe, lengths, digits, glyphs, layout, lambda: address)


Planner = Callable[[int], Plan]


def planner(recipe: Recipe, seed: int, split: str) -> Planner:
    """What plans the chunks of one split, and remembers the last one for whoever asks in parts."""
    return lru_cache(maxsize=1)(partial(plan_chunk, recipe, seed, split))
