"""Plan images: everything about them that is sampled, and nothing of their pixels.

A `Recipe` says what images look like. A `Plan` has all that was sampled for N of them: digits, glyphs, gaps,
positions, and the parameters of augmentation. It is sampled from a caller's generator, or from the addressed
generators of a chunk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from digitgen.arrays import Integers, Pixels
from digitgen.augment.pipeline import PipelineSample, sample_pipeline
from digitgen.compose.placing import lay_out, outlines_of
from digitgen.compose.recipe import Recipe
from digitgen.format import Stage
from digitgen.glyphs.bank import sample_glyphs
from digitgen.rng import STREAMS, Address, Rows, chunk_address, split_address

if TYPE_CHECKING:
    from digitgen.compose.content.law import ContentLaw
    from digitgen.compose.shown import Shown


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
        (T,) int64: left edge of each digit's cell, px.
    y : ndarray or int
        (T,) int64: top edge of each digit's cell, px; or that of all.
    sampled : dict of {"glyphs", "sequence"} to PipelineSample
        Augmentation of each of the T glyphs, and of each of the N images.
    shown : Shown or None
        The T glyphs as their steps leave them, where the layout goes by the ink that they have then.
    """

    lengths: Integers
    digits: Pixels
    glyphs: Integers
    gaps: Integers
    x: Integers
    y: Integers | int
    sampled: Mapping[Stage, PipelineSample]
    shown: "Shown | None" = None

    def __getitem__(self, rows: slice) -> "Plan":
        """Take the plan of some neighbouring images."""
        first, last, _ = rows.indices(len(self.lengths))
        lengths = self.lengths[first:last]
        begin = int(self.lengths[:first].sum())
        end = begin + int(lengths.sum())
        gaps = self.gaps[begin - first : end - last]
        sampled: dict[Stage, PipelineSample] = {
            "glyphs": self.sampled["glyphs"][begin:end],
            "sequence": self.sampled["sequence"][first:last],
        }
        return self._of(lengths, slice(begin, end), gaps, sampled)

    def take(self, rows: Integers) -> "Plan":
        """Take the plan of some images, given in ascending order."""
        chosen = np.zeros(len(self.lengths), bool)
        chosen[rows] = True
        digits = np.flatnonzero(np.repeat(chosen, self.lengths))
        gaps = self.gaps[np.repeat(chosen, self.lengths - 1)]
        sampled: dict[Stage, PipelineSample] = {
            "glyphs": self.sampled["glyphs"][digits],
            "sequence": self.sampled["sequence"][rows],
        }
        return self._of(self.lengths[rows], digits, gaps, sampled)

    def _of(self, lengths: Integers, digits: Rows, gaps: Integers, sampled: Mapping[Stage, PipelineSample]) -> "Plan":
        """The plan of some images that have these digits."""
        y = self.y if isinstance(self.y, int) else self.y[digits]
        shown = None if self.shown is None else self.shown[digits]
        return Plan(lengths, self.digits[digits], self.glyphs[digits], gaps, self.x[digits], y, sampled, shown)


def plan_sequences(
    recipe: Recipe,
    lengths: Integers,
    digits: Pixels,
    hand_rng_of: Callable[[], np.random.Generator],
    glyph_rng: np.random.Generator,
    layout_rng: np.random.Generator,
    address_of: Callable[[], Address],
) -> Plan:
    """Choose glyphs, positions and augmentation for given digits.

    Parameters
    ----------
    recipe : Recipe
        The recipe of the images.
    lengths, digits : ndarray
        (N,) int64 and (T,) uint8, as in `Plan`.
    hand_rng_of : callable
        Gives the generator to sample writers from; called first, if images are in one hand.
    glyph_rng, layout_rng : numpy.random.Generator
        Generators to sample glyphs, and gaps and margins, from.
    address_of : callable
        Gives the address of the random numbers of augmentation; called once all else is sampled, unless digits
        are placed by what it makes of them.

    Returns
    -------
    Plan
        The plan of these N images.
    """
    bank, layout = recipe.bank, recipe.sheet
    if recipe.hands:
        glyphs = recipe.hands.sample(hand_rng_of(), glyph_rng, bank, lengths, digits)
    else:
        glyphs = sample_glyphs(glyph_rng, bank, digits)
    if recipe.measures_shown:
        from digitgen.compose.shown import measure  # loads OpenCV

        sampled = _augmentation(recipe, address_of(), lengths)
        shown, outlines = measure(recipe, glyphs, sampled["glyphs"])
        gaps, x, y = lay_out(layout_rng, layout, outlines, lengths, recipe.widest_ink)
        return Plan(lengths, digits, glyphs, gaps, x, y, sampled, shown)
    gaps, x, y = lay_out(layout_rng, layout, outlines_of(layout, bank, glyphs), lengths, recipe.widest_ink)
    return Plan(lengths, digits, glyphs, gaps, x, y, _augmentation(recipe, address_of(), lengths))


def _augmentation(recipe: Recipe, address: Address, lengths: Integers) -> dict[Stage, PipelineSample]:
    """Sample what steps do to images of some lengths, and to their glyphs."""
    glyphs, sequence = (address.at(STREAMS[f"augment {stage}"]) for stage in ("glyphs", "sequence"))
    return {
        "glyphs": sample_pipeline(recipe.augment.glyphs, glyphs, int(lengths.sum()), lengths),
        "sequence": sample_pipeline(recipe.augment.sequence, sequence, len(lengths)),
    }


def strings_of_chunk(content: "ContentLaw", seed: int, split: str, chunk: int) -> tuple[Integers, Pixels]:
    """Sample the strings of one chunk of a split.

    Parameters
    ----------
    content : ContentLaw
        The law of the strings.
    seed, split, chunk
        As in `plan_chunk`.

    Returns
    -------
    lengths, digits : ndarray
        As `ContentLaw.sample` returns them, of `CHUNK` strings.
    """
    own, whole = chunk_address(seed, split, chunk), split_address(seed, split)
    return content.sample_chunk(chunk, own.at(STREAMS["content"]), whole.at(STREAMS["content"]))


def plan_chunk(recipe: Recipe, seed: int, split: str, chunk: int) -> Plan:
    """Plan the `CHUNK` images of one chunk of a split.

    Parameters
    ----------
    recipe : Recipe
        The recipe of the images.
    seed : int
        Seed of the whole build, 0 or more.
    split : str
        Name of the split.
    chunk : int
        Index of the chunk in the split.

    Returns
    -------
    Plan
        It depends on the arguments alone.
    """
    address = chunk_address(seed, split, chunk)
    glyphs, layout = (address.at(STREAMS[name]).generator for name in ("glyphs", "layout"))
    lengths, digits = strings_of_chunk(recipe.content, seed, split, chunk)
    return plan_sequences(
        recipe, lengths, digits, lambda: address.at(STREAMS["hands"]).generator, glyphs, layout, lambda: address
    )


Planner = Callable[[int], Plan]


def planner(recipe: Recipe, seed: int, split: str) -> Planner:
    """Make the function that plans the chunks of one split.

    Parameters
    ----------
    recipe : Recipe
        The recipe of the images.
    seed : int
        Seed of the whole build, 0 or more.
    split : str
        Name of the split.

    Returns
    -------
    callable
        Takes the index of a chunk and returns its `Plan`; remembers the last one, for callers that ask in parts.
    """
    return lru_cache(maxsize=1)(partial(plan_chunk, recipe, seed, split))
