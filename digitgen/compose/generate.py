"""Labelled images in one call: a batch, or a single image."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.arrays import Singles
from digitgen.compose.baseline import Baseline
from digitgen.compose.batch import Batch
from digitgen.compose.canvas import Overlap
from digitgen.compose.content.sequences import parse_digits
from digitgen.compose.hands import Hand, Hands, hand_share
from digitgen.compose.layout import Align, Fit, Layout, Unit, VerticalAlign
from digitgen.compose.named import as_bank
from digitgen.compose.plan import plan_sequences
from digitgen.compose.recipe import Augmentation, Labels, Recipe
from digitgen.compose.render import render
from digitgen.compose.single import plain_image
from digitgen.compose.spacing import Spacing
from digitgen.errors import ArgumentError
from digitgen.format import CELL
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.prepared import DEFAULT_TRAIN
from digitgen.messages import shown
from digitgen.rng import Address, RngLike, as_generator

NO_AUGMENTATION: Final = Augmentation()
NO_LABELS: Final = Labels()


def generate_batch(
    sequences: Sequence[Iterable[int]],
    spacing_range: tuple[int, int] | Spacing,
    image_width: int,
    *,
    image_height: int = CELL,
    rng: RngLike = None,
    glyphs: GlyphBank | str = DEFAULT_TRAIN,
    fit: Fit = "conditional",
    align: Align = "center",
    vertical_align: VerticalAlign = "center",
    baseline: Baseline | None = None,
    unit: Unit = "cell",
    overlap: Overlap = "max",
    hand: Hand = "mixed",
    augment: Augmentation = NO_AUGMENTATION,
    labels: Labels = NO_LABELS,
) -> Batch:
    """Compose one image for each of the given sequences.

    Parameters
    ----------
    sequences : sequence of iterables of int
        The digits of each image, 0 to 9, or the classes of `glyphs`; lengths may differ.
    spacing_range, image_width, image_height, rng, glyphs, fit, align, vertical_align
        As in `generate_numbers_sequence`.
    baseline, unit, overlap, hand, augment
        As in `generate_numbers_sequence`.
    labels : Labels
        Further labels to keep: masks, images before augmentation, parameters as sampled, writers.

    Returns
    -------
    Batch
        One image for each sequence, in their order.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type or range, or the digits cannot fit the width.
    SourceError
        If a named source cannot be had.

    Examples
    --------
    >>> batch = generate_batch([[3, 5, 0], [7]], (0, 10), 120, rng=1)
    >>> batch.images.shape, batch.labels.tolist()
    ((2, 28, 120), [[3, 5, 0], [7, -1, -1]])
    """
    from digitgen.compose.content.laws.digits import Digits  # a single image is made without

    layout = Layout(image_width, spacing_range, fit, unit, align, image_height, vertical_align, baseline)
    one_number = isinstance(sequences, np.ndarray) and not sequences.ndim
    if isinstance(sequences, str | bytes | set | frozenset | dict) or one_number or not isinstance(sequences, Iterable):
        raise ArgumentError(f"sequences must be a list of lists of digits; got {shown(sequences)}")
    alphabet = glyphs.alphabet if isinstance(glyphs, GlyphBank) else DIGITS  # of named sources, the digits are taken
    parsed = [parse_digits(sequence, len(alphabet)) for sequence in sequences]
    if not parsed:
        raise ArgumentError("sequences is empty; give at least one sequence of digits")
    generator = as_generator(rng)
    lengths, flat = np.array([len(digits) for digits in parsed]), np.concatenate(parsed)
    share, ends = _share(hand), (int(lengths.min()), int(lengths.max()))
    content = Digits(ends, alphabet=alphabet)  # of given digits, lengths are all it checks
    bank = as_bank(glyphs, writers=bool(share) or getattr(labels, "writers", False))
    recipe = Recipe(bank, layout, content, overlap, augment, labels)
    recipe = replace(recipe, hands=Hands.of(recipe.bank, flat.tolist(), share)) if share else recipe

    def address() -> Address:
        """Drawn last, and for an augmentation alone: so its images are those that come without one, augmented."""
        return Address(int(generator.integers(2**63)) if augment else 0)

    plan = plan_sequences(recipe, lengths, flat, lambda: generator, generator, generator, address)
    batch = recipe.empty_batch(len(parsed))
    render(recipe, plan, 0, batch)
    return batch


def generate_numbers_sequence(
    digits: Iterable[int],
    spacing_range: tuple[int, int] | Spacing,
    image_width: int,
    *,
    image_height: int = CELL,
    rng: RngLike = None,
    glyphs: GlyphBank | str = DEFAULT_TRAIN,
    fit: Fit = "conditional",
    align: Align = "center",
    vertical_align: VerticalAlign = "center",
    baseline: Baseline | None = None,
    unit: Unit = "cell",
    overlap: Overlap = "max",
    hand: Hand = "mixed",
    augment: Augmentation = NO_AUGMENTATION,
) -> Singles:
    """Compose the image of one sequence of handwritten digits.

    Parameters
    ----------
    digits : iterable of int
        The digits, left to right, each from 0 to 9, or a class of `glyphs`.
    spacing_range : (int, int) or Spacing
        Smallest and largest gap between neighbouring digits, px. Gaps are independent and uniform
        over the range, both ends included; negative gaps overlap. A `digitgen.Spacing` is another law of them.
    image_width : int
        Width of the image, px. The image is never of another width, and no glyph is scaled or cropped.
    image_height : int, default 28
        Height of the image, 28 to 256 px. Cells of glyphs are 28 px high in any case.
    rng : int, numpy.random.Generator or None
        A seed, a generator to sample from, or fresh entropy.
    glyphs : GlyphBank or str, default "mnist/train"
        The glyphs to choose from, or the name of a published source of them, such as ``mnist/test``.
    fit : {"conditional", "strict"}
        If the largest gaps do not fit the width: sample among the gap vectors that do fit, or refuse.
    align : {"center", "left", "right", "random"}
        Place of the digits in the leftover width.
    vertical_align : {"center", "top", "bottom", "random"}
        Place of the digits in the leftover height; if that is odd, center puts the odd pixel below.
    baseline : Baseline, optional
        The line that the ink of digits stands on: its slope, its curve, and how far digits leave it. Boxes then bound
        the ink. By default the cells of digits stand level.
    unit : {"cell", "ink", "stroke"}
        Whether gaps lie between the 28 px cells, between the inked columns, or between the strokes, in the row in which
        two digits come nearest.
    overlap : {"max", "sum"}
        How pixels combine where digits overlap; sums are clipped at 1.
    hand : {"mixed", "one"} or float
        Who writes: each digit whoever wrote its glyph; one writer all digits of an image; or the latter in this share
        of the images. The writer is uniform among those who have glyphs of all digits that occur in the call.
    augment : Augmentation
        Steps on glyphs and image, from `digitgen.augmentation`; none by default.

    Returns
    -------
    ndarray
        (image_height, image_width) float32 from 0 (black) to 1 (white), digits white on black.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type or range, or the digits cannot fit the width.
    SourceError
        If a named source cannot be had.

    Examples
    --------
    >>> image = generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=1)
    >>> image.shape, image.dtype
    ((28, 120), dtype('float32'))
    """
    if augment is NO_AUGMENTATION and baseline is None and isinstance(hand, str) and hand == "mixed":
        where = image_height, vertical_align
        pixels = plain_image(digits, spacing_range, image_width, rng, glyphs, fit, align, unit, overlap, *where)
    else:
        pixels = generate_batch(
            [digits],
            spacing_range,
            image_width,
            image_height=image_height,
            rng=rng,
            glyphs=glyphs,
            fit=fit,
            align=align,
            vertical_align=vertical_align,
            baseline=baseline,
            unit=unit,
            overlap=overlap,
            hand=hand,
            augment=augment,
        ).images[0]
    image: Singles = np.divide(pixels, np.float32(255))  # a product with 1/255 rounds differently
    return image


def _share(hand: Hand) -> float:
    """The share of images that are in one hand."""
    try:
        return hand_share(hand)
    except ArgumentError as error:
        raise error.within("hand") from None
