"""Plan images, then render them: what every way of generating has in common.

A `Recipe` says what images look like. A `Plan` says everything about N of them but their pixels
(digits, glyphs, gaps, positions), drawn either from a caller's generator or from the addressed
generators of a chunk. `render` fills a batch from a plan.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from digitgen.arguments import check_range, choose
from digitgen.batch import GAP_PAD, LABEL_PAD, MAX_LENGTH, Batch
from digitgen.compose import Overlap, compose
from digitgen.errors import ArgumentError
from digitgen.glyphs import CELL, GlyphBank, choose_glyphs
from digitgen.layout import Layout, draw_gaps, place
from digitgen.rng import CHUNK, STREAMS, chunk_address
from digitgen.sequences import draw_sequences, pad


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

    Raises
    ------
    ArgumentError
        If a value is wrong, or the longest sequence does not fit.
    """

    bank: GlyphBank
    layout: Layout
    length_range: tuple[int, int]
    overlap: Overlap = "max"

    def __post_init__(self) -> None:
        if not isinstance(self.bank, GlyphBank):
            raise ArgumentError(f"glyphs must be a GlyphBank; got {self.bank!r}")
        shortest, longest = check_range("length_range", self.length_range)
        if not 1 <= shortest <= longest <= MAX_LENGTH:
            raise ArgumentError(
                f"an image has from 1 to {MAX_LENGTH} digits, and no fewer than the least; got {shortest} to {longest}"
            )
        choose("overlap", self.overlap, get_args(Overlap))
        for length in range(longest, shortest - 1, -1):  # the longest is what usually fails
            self.layout.gap_law(length, self.bank.ink_width)

    def empty_batch(self, size: int) -> Batch:
        """A batch of `size` images with its arrays yet to be filled."""
        return Batch.empty(size, self.length_range[1], self.layout.image_width)


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
    """

    lengths: NDArray[np.int64]
    digits: NDArray[np.uint8]
    glyphs: NDArray[np.int64]
    gaps: NDArray[np.int64]
    x: NDArray[np.int64]

    def __getitem__(self, rows: slice) -> "Plan":
        """The plan of some neighbouring images."""
        first, last, _ = rows.indices(len(self.lengths))
        lengths = self.lengths[first:last]
        begin = int(self.lengths[:first].sum())
        end = begin + int(lengths.sum())
        gaps = self.gaps[begin - first : end - last]
        return Plan(lengths, self.digits[begin:end], self.glyphs[begin:end], gaps, self.x[begin:end])


def plan_sequences(
    recipe: Recipe,
    lengths: NDArray[np.int64],
    digits: NDArray[np.uint8],
    glyph_rng: np.random.Generator,
    layout_rng: np.random.Generator,
) -> Plan:
    """Choose glyphs and positions for given digits.

    Parameters
    ----------
    recipe : Recipe
        What the images look like.
    lengths, digits : ndarray
        (N,) int64 and (T,) uint8, as in `Plan`.
    glyph_rng, layout_rng : numpy.random.Generator
        To draw glyphs, and gaps and margins, from.
    """
    bank, layout = recipe.bank, recipe.layout
    glyphs = choose_glyphs(glyph_rng, bank, digits)
    if layout.unit == "cell":
        widths = np.full(len(digits), CELL)
    else:
        ink = bank.ink.take(glyphs, axis=0).astype(np.int64)
        widths = ink[:, 2] - ink[:, 0]
    gaps = draw_gaps(layout_rng, layout, lengths, bank.ink_width)
    return Plan(lengths, digits, glyphs, gaps, place(layout_rng, layout, lengths, gaps, widths))


def plan_chunk(recipe: Recipe, seed: int, split: str, chunk: int) -> Plan:
    """The plan of the `CHUNK` images of one chunk of a split; depends on its arguments alone."""
    address = chunk_address(seed, split, chunk)
    content, glyphs, layout = (address.at(STREAMS[name]).generator for name in ("content", "glyphs", "layout"))
    lengths, digits = draw_sequences(content, CHUNK, recipe.length_range)
    return plan_sequences(recipe, lengths, digits, glyphs, layout)


def render(recipe: Recipe, plan: Plan, first_id: int, out: Batch) -> None:
    """Fill a batch with the images and labels of a plan.

    Parameters
    ----------
    recipe : Recipe
        The recipe that the plan was made for.
    plan : Plan
        Of N images.
    first_id : int
        ``sample_ids`` of the first image.
    out : Batch
        Of N images; overwritten.
    """
    bank = recipe.bank
    boxes = np.empty((len(plan.x), 4), np.float32)
    boxes[:, 0] = plan.x
    if recipe.layout.unit == "cell":
        boxes[:, 1:] = (0, CELL, CELL)
        cells = plan.x
    else:
        ink = bank.ink.take(plan.glyphs, axis=0)
        boxes[:, 1] = ink[:, 1]
        boxes[:, 2:] = ink[:, 2:] - ink[:, :2]
        cells = plan.x - ink[:, 0]
    compose(bank, plan.glyphs, plan.lengths, cells, out.images, recipe.overlap)
    pad(plan.digits, plan.lengths, out.labels, LABEL_PAD)
    out.lengths[...] = plan.lengths
    pad(boxes, plan.lengths, out.boxes, LABEL_PAD)
    pad(bank.rows.take(plan.glyphs), plan.lengths, out.glyph_ids, LABEL_PAD)
    pad(plan.gaps, plan.lengths - 1, out.gaps, GAP_PAD)
    out.sample_ids[...] = np.arange(first_id, first_id + len(plan.lengths))


Planner = Callable[[int], Plan]


def planner(recipe: Recipe, seed: int, split: str) -> Planner:
    """What plans the chunks of one split, and remembers the last one for whoever asks in parts."""
    return lru_cache(maxsize=1)(partial(plan_chunk, recipe, seed, split))


def fill(recipe: Recipe, plan_of: Planner, first: int, out: Batch) -> None:
    """Fill a batch with images `first`, `first` + 1, ... of a split, whatever chunks they lie in.

    Parameters
    ----------
    recipe : Recipe
        What they look like.
    plan_of : callable
        From `planner`, for the same recipe.
    first : int
        Index of the first image in the split.
    out : Batch
        As many images as are wanted; overwritten.
    """
    done = 0
    while done < len(out):
        chunk, row = divmod(first + done, CHUNK)
        size = min(CHUNK - row, len(out) - done)
        plan = plan_of(chunk)[row : row + size]
        render(recipe, plan, first + done, out[done : done + size])
        done += size
