"""Labelled images in one call: a batch, a single image, or an endless stream."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Final

import numpy as np

from digitgen.alphabet import DIGITS
from digitgen.arrays import Singles
from digitgen.checks import check_integer, check_word
from digitgen.compose.batch import Batch
from digitgen.compose.canvas import Overlap
from digitgen.compose.content.law import ContentLaw
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.content.sequences import parse_digits
from digitgen.compose.hands import Hand, Hands, hand_share
from digitgen.compose.layout import Align, Fit, Layout, Unit
from digitgen.compose.plan import plan_sequences, planner
from digitgen.compose.recipe import Augmentation, Labels, Recipe
from digitgen.compose.render import fill, render
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from digitgen.messages import shown
from digitgen.rng import Address, RngLike, as_generator

NO_AUGMENTATION: Final = Augmentation()
NO_LABELS: Final = Labels()
UP_TO_FIVE_DIGITS: Final = Digits((1, 5))


@cache
def default_bank(*, writers: bool = False) -> GlyphBank:
    """The glyphs of the default source (MNIST's training set, 60,000), fetched on first use."""
    from digitgen.glyphs.fetch import load_digits  # nobody with glyphs of their own needs these
    from digitgen.glyphs.sources import DEFAULT_TRAIN

    digits = load_digits(DEFAULT_TRAIN, writers=writers)
    numbers = digits.writers.numbers if digits.writers else None
    return GlyphBank.from_arrays(digits.images, digits.labels, writers=numbers)


def generate_batch(
    sequences: Sequence[Iterable[int]],
    spacing_range: tuple[int, int],
    image_width: int,
    *,
    rng: RngLike = None,
    glyphs: GlyphBank | None = None,
    fit: Fit = "conditional",
    align: Align = "center",
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
    spacing_range, image_width, rng, glyphs, fit, align, unit, overlap, hand, augment
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
        If the default source is needed and cannot be had.

    Examples
    --------
    >>> batch = generate_batch([[3, 5, 0], [7]], (0, 10), 120, rng=1)
    >>> batch.images.shape, batch.labels.tolist()
    ((2, 28, 120), [[3, 5, 0], [7, -1, -1]])
    """
    layout = Layout(image_width, spacing_range, fit, unit, align)
    one_number = isinstance(sequences, np.ndarray) and not sequences.ndim
    if isinstance(sequences, str | bytes | set | frozenset | dict) or one_number or not isinstance(sequences, Iterable):
        raise ArgumentError(f"sequences must be a list of lists of digits; got {shown(sequences)}")
    alphabet = glyphs.alphabet if isinstance(glyphs, GlyphBank) else DIGITS
    parsed = [parse_digits(sequence, len(alphabet)) for sequence in sequences]
    if not parsed:
        raise ArgumentError("sequences is empty; give at least one sequence of digits")
    generator = as_generator(rng)
    lengths, flat = np.array([len(digits) for digits in parsed]), np.concatenate(parsed)
    share, ends = _share(hand), (int(lengths.min()), int(lengths.max()))
    content = Digits(ends, alphabet=alphabet)  # of given digits, lengths are all it checks
    recipe = Recipe(_bank(glyphs, share, labels), layout, content, overlap, augment, labels)
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
    spacing_range: tuple[int, int],
    image_width: int,
    *,
    rng: RngLike = None,
    glyphs: GlyphBank | None = None,
    fit: Fit = "conditional",
    align: Align = "center",
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
    spacing_range : (int, int)
        Smallest and largest gap between neighbouring digits, px. Gaps are independent and uniform
        over the range, both ends included; negative gaps overlap.
    image_width : int
        Width of the image, px. The image is never of another width, and no glyph is scaled or cropped.
    rng : int, numpy.random.Generator or None
        A seed, a generator to sample from, or fresh entropy.
    glyphs : GlyphBank, optional
        The glyphs to choose from; MNIST's training set by default.
    fit : {"conditional", "strict"}
        If the largest gaps do not fit the width: sample uniformly among the gap vectors that do fit, or refuse.
    align : {"center", "left", "right", "random"}
        Place of the digits in the leftover width.
    unit : {"cell", "ink"}
        Whether gaps lie between the 28 px cells or between the inked columns.
    overlap : {"max", "sum"}
        How pixels combine where digits overlap; sums are clipped at 1.
    hand : {"mixed", "one"} or float
        Who writes: each digit whoever wrote its glyph; one writer all digits of an image; or the latter in this share
        of the images. The writer is uniform among those who have glyphs of all digits that occur in the call; in
        `stream`, of all that `content` can give.
    augment : Augmentation
        Steps on glyphs and image, from `digitgen.augmentation`; none by default.

    Returns
    -------
    ndarray
        (28, image_width) float32 from 0 (black) to 1 (white), digits white on black.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type or range, or the digits cannot fit the width.
    SourceError
        If the default source is needed and cannot be had.

    Examples
    --------
    >>> image = generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=1)
    >>> image.shape, image.dtype
    ((28, 120), dtype('float32'))
    """
    batch = generate_batch(
        [digits],
        spacing_range,
        image_width,
        rng=rng,
        glyphs=glyphs,
        fit=fit,
        align=align,
        unit=unit,
        overlap=overlap,
        hand=hand,
        augment=augment,
    )
    image: Singles = np.divide(batch.images[0], np.float32(255))  # a product with 1/255 rounds differently
    return image


def stream(
    spacing_range: tuple[int, int],
    image_width: int,
    *,
    content: ContentLaw = UP_TO_FIVE_DIGITS,
    batch_size: int = 256,
    seed: int = 0,
    split: str = "train",
    first: int = 0,
    glyphs: GlyphBank | None = None,
    fit: Fit = "conditional",
    align: Align = "center",
    unit: Unit = "cell",
    overlap: Overlap = "max",
    hand: Hand = "mixed",
    augment: Augmentation = NO_AUGMENTATION,
    labels: Labels = NO_LABELS,
) -> Iterator[Batch]:
    """Generate labelled images without end, for training without a disk.

    Image i is the same for any batch size, and the same that a build with this seed, split and
    recipe writes as its image i.

    Parameters
    ----------
    spacing_range, image_width
        As in `generate_numbers_sequence`.
    content : ContentLaw
        The law of the strings, one of ``digitgen.content``; by default, one to five uniform digits.
    batch_size : int
        Number of images in each batch.
    seed : int
        Seed of all randomness, 0 or more.
    split : str
        Name of the split; another one has other images.
    first : int
        Index of the first image, to continue where an earlier stream stopped.
    glyphs : GlyphBank, optional
        The glyphs to choose from; MNIST's training set by default. Those of one split of a build are
        ``bank.restricted(pool=...)``.
    fit, align, unit, overlap, hand, augment, labels
        As in `generate_batch`.

    Returns
    -------
    iterator of Batch
        Without end, `batch_size` images each.

    Raises
    ------
    ArgumentError
        If an argument is of the wrong type or range, or the digits cannot fit the width; raised at the call.
    SourceError
        If the default source is needed and cannot be had, or `glyphs` lack a class; raised at the call.

    Examples
    --------
    >>> batches = stream((0, 10), 190, batch_size=32, seed=7)
    >>> next(batches).images.shape
    (32, 28, 190)
    """
    batch_size = _between("batch_size", batch_size, 1, 2**24)
    seed, first = _between("seed", seed, 0, 2**63), _between("first", first, 0, 2**40)
    split = check_word("split", split)
    layout = Layout(image_width, spacing_range, fit, unit, align)
    share = _share(hand)
    recipe = Recipe(_bank(glyphs, share, labels), layout, content, overlap, augment, labels)
    recipe.bank.check_classes(content.classes)
    recipe = replace(recipe, hands=Hands.of(recipe.bank, content.classes, share)) if share else recipe
    return _batches(recipe, seed, split, first, batch_size)


def _share(hand: Hand) -> float:
    """The share of images that are in one hand."""
    try:
        return hand_share(hand)
    except ArgumentError as error:
        raise error.within("hand") from None


def _bank(glyphs: GlyphBank | None, share: float, labels: Labels) -> GlyphBank:
    """The glyphs that a caller gives, or else those of the default source, with their writers if they are needed."""
    if glyphs is not None:
        return glyphs
    return default_bank(writers=True) if share or getattr(labels, "writers", False) else default_bank()


def _between(name: str, value: object, least: int, limit: int) -> int:
    """Refuse what is no integer from one up to but not including another."""
    if not least <= (number := check_integer(name, value)) < limit:
        raise ArgumentError(f"{name} must be at least {least} and less than {limit}; got {shown(number)}")
    return number


def _batches(recipe: Recipe, seed: int, split: str, first: int, batch_size: int) -> Iterator[Batch]:
    """Yield the batches of `stream`, in a function apart so that wrong arguments raise at the call."""
    plan_of = planner(recipe, seed, split)
    for start in count(first, batch_size):
        batch = recipe.empty_batch(batch_size)
        fill(recipe, plan_of, start, batch)
        yield batch
