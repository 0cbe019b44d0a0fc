"""Whole images with their labels, in every way of asking for them (and what plans and carries them)."""

import dataclasses
import hashlib
import inspect
import random
import re
from collections.abc import Callable
from itertools import islice, product
from operator import attrgetter
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

import digitgen
from digitgen import (
    Batch,
    GlyphBank,
    Sample,
    generate_batch,
    generate_numbers_sequence,
)
from digitgen.compose.batch import batch_spec
from digitgen.compose.canvas import Overlap
from digitgen.compose.content import LAWS, MODIFIERS
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.layout import Align, Layout, Unit, VerticalAlign
from digitgen.compose.plan import Plan, plan_chunk, planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill
from digitgen.config.augmentation import augmentation
from digitgen.errors import ArgumentError, DigitgenError
from digitgen.format import CHUNK
from tests.batches import batches_of
from tests.errors import message_of, naming
from tests.reference import assert_follows, fitting_gaps, ink_box, many_examples, redraw, uniform

RECIPES: Final[dict[str, tuple[Layout, Overlap]]] = {
    "cell": (Layout(200, (0, 8)), "max"),
    "conditional": (Layout(158, (0, 30)), "max"),
    "strict": (Layout(200, (0, 15), fit="strict", align="right"), "max"),
    "ink": (Layout(150, (1, 9), unit="ink", align="left"), "max"),
    "brightest overlap": (Layout(120, (-20, -4)), "max"),
    "added overlap": (Layout(110, (-9, 4), unit="ink", align="random"), "sum"),
    "random align": (Layout(190, (2, 6), align="random"), "max"),
    "high": (Layout(190, (0, 8), image_height=41), "max"),
    "high, overlapping": (Layout(120, (-20, -4), image_height=40, vertical_align="bottom"), "sum"),
    "high, ink": (Layout(150, (1, 9), unit="ink", image_height=32, vertical_align="top"), "max"),
    "anywhere": (Layout(190, (-3, 6), align="random", image_height=64, vertical_align="random"), "max"),
}
banks = pytest.mark.parametrize("which", ["bank", "mnist"])


def images(
    bank: GlyphBank, layout: Layout, overlap: Overlap, first: int, count: int, seed: int = 1, split: str = "train"
) -> Batch:
    """Images `first` up to `first` + `count` of one split, of one to five digits."""
    recipe = Recipe(bank, layout, Digits((1, 5)), overlap)
    batch = recipe.empty_batch(count)
    for array in batch.arrays().values():
        array[...] = 77  # what was there before must not matter
    fill(recipe, planner(recipe, seed, split), first, batch)
    return batch


def samples(batch: Batch) -> list[Sample]:
    return [batch[row] for row in range(len(batch))]


def source_of(bank: GlyphBank) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images and labels in the order of the source, which is the order of glyph_ids."""
    order = np.argsort(bank.rows)
    return bank.images[order], np.repeat(np.arange(10, dtype=np.uint8), bank.counts)[order]


def assert_redrawn(batch: Batch, bank: GlyphBank, layout: Layout, overlap: str) -> None:
    """Every image and every box is what the batch's own glyphs and gaps call for."""
    source, classes = source_of(bank)
    for sample in samples(batch):
        image, boxes = redraw(sample, source, layout, overlap)
        np.testing.assert_array_equal(sample.image, image)
        assert sample.boxes.tolist() == list(map(list, boxes))
        assert classes[sample.glyph_ids].tolist() == sample.digits.tolist()


def assert_same(one: Batch, other: Batch) -> None:
    for (name, array), expected in zip(one.arrays().items(), other.arrays().values(), strict=True):
        np.testing.assert_array_equal(array, expected, err_msg=name, strict=True)


def digest(*arrays: NDArray[Any]) -> str:
    """Enough of the sha256 of some arrays' bytes to tell them from any others."""
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:24]


# Pixels and labels


@banks
def test_images_and_boxes_are_those_of_the_labels_across_blocks_and_chunks(
    which: str, request: pytest.FixtureRequest
) -> None:
    bank: GlyphBank = request.getfixturevalue(which)
    for name, (layout, overlap) in RECIPES.items():
        with naming(name):
            assert_redrawn(images(bank, layout, overlap, CHUNK - 70, 100), bank, layout, overlap)


@many_examples
@given(
    digits=st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=4),
    unit=st.sampled_from(["cell", "ink"]),
    low=st.integers(-27, 5),
    span=st.integers(0, 9),
    room=st.integers(0, 40),
    align=st.sampled_from(["center", "left", "right", "random"]),
    overlap=st.sampled_from(["max", "sum"]),
    height=st.integers(28, 60),
    vertical=st.sampled_from(["center", "top", "bottom", "random"]),
    seed=st.integers(0, 2**32),
)
def test_any_arguments_that_fit_give_the_images_of_the_labels(
    bank: GlyphBank,
    digits: list[list[int]],
    unit: Unit,
    low: int,
    span: int,
    room: int,
    align: Align,
    overlap: Overlap,
    height: int,
    vertical: VerticalAlign,
    seed: int,
) -> None:
    low = max(low, -10) if unit == "ink" else low
    longest = max(map(len, digits))
    width = longest * (28 if unit == "cell" else bank.ink_width) + (longest - 1) * low + room
    where: dict[str, Any] = {"image_height": height, "vertical_align": vertical}
    layout = Layout(width, (low, low + span), unit=unit, align=align, **where)
    batch = generate_batch(digits, rng=seed, glyphs=bank, overlap=overlap, **dataclasses.asdict(layout))
    assert [sample.digits.tolist() for sample in samples(batch)] == digits
    assert [sample.text for sample in samples(batch)] == ["".join(map(str, each)) for each in digits]
    for sample in samples(batch):
        assert all(low <= gap <= low + span for gap in sample.gaps)
    assert_redrawn(batch, bank, layout, overlap)


@banks
def test_boxes_hold_their_digits_exactly_and_nothing_is_outside_them(
    which: str, request: pytest.FixtureRequest
) -> None:
    for unit in ("cell", "ink"):
        with naming(unit):
            bank: GlyphBank = request.getfixturevalue(which)
            source, _ = source_of(bank)
            layout = Layout(190, (0, 9), unit=unit, align="random", image_height=43, vertical_align="random")
            for sample in samples(images(bank, layout, "max", 0, 60)):
                rest = sample.image.copy()
                for glyph, (x, y, width, height) in zip(
                    source[sample.glyph_ids], sample.boxes.astype(int), strict=True
                ):
                    left, top = (0, 0) if unit == "cell" else ink_box(glyph)[:2]
                    crop = rest[y : y + height, x : x + width]
                    np.testing.assert_array_equal(crop, glyph[top : top + height, left : left + width])
                    if unit == "ink":
                        assert all(edge.any() for edge in (crop[0], crop[-1], crop[:, 0], crop[:, -1])), (
                            "the box is tight"
                        )
                    crop[...] = 0
                assert not rest.any()
                right = sample.boxes[:, 0] + sample.boxes[:, 2]
                assert (sample.boxes[1:, 0] - right[:-1]).tolist() == sample.gaps.tolist()


def test_rows_are_padded_behind_their_last_digit(bank: GlyphBank) -> None:
    batch = generate_batch([[3, 5, 0], [7]], (2, 2), 100, rng=1, glyphs=bank)
    assert batch.labels.tolist() == [[3, 5, 0], [7, -1, -1]]
    assert batch.lengths.tolist() == [3, 1]
    assert batch.boxes.tolist() == [
        [[6, 0, 28, 28], [36, 0, 28, 28], [66, 0, 28, 28]],
        [[36, 0, 28, 28], [-1] * 4, [-1] * 4],
    ]
    assert (batch.glyph_ids[1] >= 0).tolist() == [True, False, False]
    assert batch.glyph_ids[1, 1:].tolist() == [-1, -1]
    assert batch.gaps.tolist() == [[2, 2], [-32768, -32768]]
    assert batch.sample_ids.tolist() == [0, 1]


# The laws, through the front door


def test_a_stream_follows_the_laws_of_lengths_digits_glyphs_gaps_and_margins(bank: GlyphBank) -> None:
    layout = Layout(3 * 28 + 4, (0, 3), align="random")
    content = Digits((1, 3))
    batch = next(batches_of(**dataclasses.asdict(layout), content=content, batch_size=24_000, seed=1, glyphs=bank))
    assert_follows(batch.lengths.tolist(), uniform(range(1, 4)))
    assert_follows(batch.labels[batch.labels >= 0].tolist(), uniform(range(10)))
    assert_follows(batch.glyph_ids[batch.glyph_ids >= 0].tolist(), uniform(range(30)))
    assert_follows(map(tuple, batch.gaps[batch.lengths == 3].tolist()), uniform(fitting_gaps(2, 0, 3, 4)))
    assert_follows(batch.gaps[batch.lengths == 2, 0].tolist(), uniform(range(4)))
    assert_follows(batch.boxes[batch.lengths == 1, 0, 0].tolist(), uniform(range(61)))


def test_gaps_between_ink_follow_the_law_of_the_widest_ink_for_any_glyphs(bank: GlyphBank) -> None:
    width = 4 * bank.ink_width + 5
    batch = generate_batch([[1, 0, 9, 8]] * 30_000, (-2, 4), width, rng=1, glyphs=bank, unit="ink")
    law = uniform(fitting_gaps(3, -2, 4, 11))
    assert_follows(map(tuple, batch.gaps.tolist()), law)
    narrow = batch.boxes[:, :, 2].sum(axis=1) < np.median(batch.boxes[:, :, 2].sum(axis=1))
    assert_follows(map(tuple, batch.gaps[narrow].tolist()), law)


# The same image in every way of asking for it


def test_one_image_is_a_batch_of_one(bank: GlyphBank) -> None:
    for seed in range(5):
        for layout, overlap in RECIPES.values():
            arguments: dict[str, Any] = {**dataclasses.asdict(layout), "overlap": overlap, "glyphs": bank}
            image = generate_numbers_sequence([3, 5, 0, 0, 9], rng=seed, **arguments)
            batch = generate_batch([[3, 5, 0, 0, 9]], rng=seed, **arguments)
            np.testing.assert_array_equal(image, (batch.images[0] / 255).astype(np.float32), strict=True)


@pytest.fixture(scope="module")
def whole(bank: GlyphBank) -> Batch:
    """The first images of the recipe that draws most: three chunks and a bit."""
    return images(bank, *RECIPES["added overlap"], 0, 3 * CHUNK + 100)


@many_examples
@given(first=st.integers(0, 3 * CHUNK), count=st.integers(1, 3 * CHUNK))
@example(first=CHUNK - 1, count=2)
@example(first=CHUNK, count=CHUNK)
@example(first=CHUNK - 1, count=CHUNK + 2)
def test_any_part_of_a_split_is_the_same_when_made_alone(bank: GlyphBank, whole: Batch, first: int, count: int) -> None:
    expected = whole[first : first + count]
    assert_same(images(bank, *RECIPES["added overlap"], first, len(expected)), expected)


def test_a_longer_split_starts_with_the_same_images(bank: GlyphBank) -> None:
    for name, (layout, overlap) in RECIPES.items():
        with naming(name):
            assert_same(images(bank, layout, overlap, 0, 1000), images(bank, layout, overlap, 0, 2000)[:1000])


def test_a_stream_gives_the_images_of_the_split_for_any_batch_size_and_first_image(bank: GlyphBank) -> None:
    cases: list[tuple[int, int]] = [
        (1, 0),
        (7, 1020),
        (256, 0),
        (1024, 0),
        (1500, 3),
        (64, 5000),
    ]
    for batch_size, first in cases:
        with naming((batch_size, first)):
            layout, overlap = RECIPES["added overlap"]
            options: dict[str, Any] = {**dataclasses.asdict(layout), "overlap": overlap, "glyphs": bank, "seed": 1}
            batches = list(islice(batches_of(**options, batch_size=batch_size, first=first), 3))
            assert [len(batch) for batch in batches] == [batch_size] * 3
            expected = images(bank, layout, overlap, first, 3 * batch_size)
            for k, batch in enumerate(batches):
                assert_same(batch, expected[k * batch_size : (k + 1) * batch_size])


def test_a_stream_takes_small_integers_of_numpy(bank: GlyphBank) -> None:
    cases: list[type[np.integer[Any]]] = [
        np.uint8,
        np.int16,
        np.int64,
    ]
    for kind in cases:
        with naming(kind):
            numbers: dict[str, Any] = {"batch_size": 100, "seed": 7, "first": 100}
            options: dict[str, Any] = {
                "image_width": 400,
                "glyphs": bank,
                "augment": augmentation(glyphs=[{"step": "rotate"}]),
            }
            lengths: Any = (kind(1), kind(10))
            ranges: dict[str, Any] = {"spacing_range": (kind(0), kind(3)), "content": Digits(lengths)}
            ours = islice(batches_of(**ranges, **numbers, **options), 3)
            theirs = batches_of((0, 3), content=Digits((1, 10)), batch_size=100, seed=7, first=100, **options)
            for one, other in zip(ours, theirs, strict=False):
                assert_same(one, other)


def test_another_seed_split_or_chunk_gives_other_images(bank: GlyphBank) -> None:
    layout, overlap = RECIPES["random align"]
    addresses = product((0, 1), ("train", "test"), (0, CHUNK, 2 * CHUNK))
    parts = [images(bank, layout, overlap, first, 20, seed, split) for seed, split, first in addresses]
    for name in ("images", "labels", "gaps", "glyph_ids"):
        assert len({digest(getattr(part, name)) for part in parts}) == len(parts), name


def test_a_layout_changes_neither_digits_nor_glyphs(bank: GlyphBank) -> None:
    parts = [images(bank, layout, overlap, 0, 50) for layout, overlap in RECIPES.values()]
    for part in parts[1:]:
        np.testing.assert_array_equal(part.labels, parts[0].labels)
        np.testing.assert_array_equal(part.glyph_ids, parts[0].glyph_ids)


def test_a_plan_is_cut_between_images(bank: GlyphBank) -> None:
    plan = plan_chunk(Recipe(bank, RECIPES["anywhere"][0], Digits((1, 5))), 1, "train", 0)
    parts = [plan[:1], plan[1:700], plan[700:]]
    for field in dataclasses.fields(Plan)[:-2]:  # all but samples of steps and rendered glyphs, of which it has none
        joined = np.concatenate([getattr(part, field.name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(plan, field.name))
    assert all(len(part.x) == part.lengths.sum() == len(part.gaps) + len(part.lengths) for part in parts)


# The single call


def test_one_image_is_floats_from_black_to_white(bank: GlyphBank) -> None:
    image = generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=1, glyphs=bank)
    assert (image.shape, image.dtype) == ((28, 120), np.dtype("f4"))
    assert 0 <= image.min() < 0.01 < 0.9 < image.max() <= 1
    np.testing.assert_array_equal(image, np.rint(image * 255).astype(np.uint8) / np.float32(255))


def test_digits_may_come_in_any_sequence_of_integers(bank: GlyphBank) -> None:
    expected = generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=1, glyphs=bank)
    ways: dict[str, Any] = {
        "tuple": (3, 5, 0),
        "array": np.array([3, 5, 0], np.int8),
        "numpy integers": [np.int64(3), np.uint8(5), 0],
        "generator": (digit for digit in (3, 5, 0)),
    }
    for name, digits in ways.items():
        with naming(name):
            image = generate_numbers_sequence(digits, (2, 8), 120, rng=1, glyphs=bank)
            np.testing.assert_array_equal(image, expected)


def test_mnist_is_the_default(mnist: GlyphBank) -> None:
    expected = generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=1, glyphs=mnist)
    np.testing.assert_array_equal(generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=1), expected)


def test_glyphs_may_be_named(mnist: GlyphBank) -> None:
    named, default = (
        generate_batch([[3, 5]] * 900, (2, 8), 120, rng=1, glyphs=name) for name in ("mnist/test", "mnist/train")
    )
    assert named.glyph_ids.max() < 10_000 <= default.glyph_ids.max()
    assert_same(default, generate_batch([[3, 5]] * 900, (2, 8), 120, rng=1, glyphs=mnist))


def test_a_seed_gives_the_same_image_and_a_generator_the_next(bank: GlyphBank) -> None:
    def image(rng: Any) -> bytes:
        return generate_numbers_sequence([3, 5, 0, 7], (0, 40), 232, rng=rng, glyphs=bank, align="random").tobytes()

    assert image(1) == image(1) == image(np.int64(1)) != image(2)
    generator = np.random.Generator(np.random.PCG64DXSM(1))
    assert [image(generator), image(generator)] != [image(1), image(1)]
    assert image(np.random.Generator(np.random.PCG64DXSM(1))) == image(1)


def test_global_random_state_is_neither_read_nor_changed(bank: GlyphBank) -> None:
    def run() -> tuple[bytes, list[float]]:
        np.random.seed(5)
        random.seed(5)
        image = generate_numbers_sequence([1] * 9, (0, 99), 1_500, glyphs=bank, align="random")
        next(batches_of((0, 5), 200, batch_size=2, glyphs=bank))
        return image.tobytes(), [np.random.random(), random.random()]

    (one, after_one), (other, after_other) = run(), run()
    np.random.seed(5)
    random.seed(5)
    assert after_one == after_other == [np.random.random(), random.random()]
    assert one != other


def test_the_smallest_width_named_in_a_refusal_works(bank: GlyphBank) -> None:
    for options in ({}, {"fit": "strict"}, {"unit": "ink"}, {"unit": "ink", "fit": "strict"}):
        with pytest.raises(ArgumentError, match=r"4 digits need at least \d+ px .*; image_width is 50$") as error:
            generate_numbers_sequence([1, 2, 3, 4], (2, 8), 50, glyphs=bank, **options)  # type: ignore[arg-type]
        width = int(re.findall(r"at least (\d+) px", str(error.value))[0])
        with pytest.raises(ArgumentError, match=f"at least {width} px"):
            generate_numbers_sequence([1, 2, 3, 4], (2, 8), width - 1, glyphs=bank, **options)  # type: ignore[arg-type]
        for seed in range(20):  # of glyphs and gaps
            image = generate_numbers_sequence([1, 2, 3, 4], (2, 8), width, glyphs=bank, rng=seed, **options)  # type: ignore[arg-type]
            assert image.shape == (28, width)


REFUSED: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "no digits": ({"digits": []}, "digits is empty; give at least one integer from 0 to 9"),
    "bool digit": ({"digits": [True]}, "digits must be integers from 0 to 9; got True (bool) at position 0"),
    "float digit": ({"digits": [1, 2.0]}, "digits must be integers from 0 to 9; got 2.0 (float) at position 1"),
    "str digits": ({"digits": "12"}, "digits must be a list of integers from 0 to 9, such as [3, 5, 0]; got '12'"),
    "digit 10": ({"digits": [10]}, "digits must be integers from 0 to 9; got 10 (int) at position 0"),
    "digit -1": ({"digits": [-1]}, "digits must be integers from 0 to 9; got -1 (int) at position 0"),
    "None": ({"digits": None}, "digits must be a list of integers from 0 to 9, such as [3, 5, 0]; got None"),
    "2-D digits": ({"digits": np.eye(2, dtype=int)}, "digits must be one-dimensional; got an array of shape (2, 2)"),
    "256 digits": ({"digits": [1] * 256, "image_width": 9_000}, "an image has from 1 to 255 digits"),
    "min > max": ({"spacing_range": (5, 2)}, "minimum spacing 5 is larger than maximum spacing 2"),
    "float spacing": ({"spacing_range": (0, 5.0)}, "the maximum of spacing_range must be an integer; got 5.0 (float)"),
    "bool spacing": ({"spacing_range": (True, 5)}, "the minimum of spacing_range must be an integer; got True (bool)"),
    "one spacing": ({"spacing_range": 5}, "spacing_range must be (minimum, maximum), two integers; got 5"),
    "too negative": ({"spacing_range": (-28, 5)}, "gaps of -28 px are too negative; with unit='cell' the least is -27"),
    "width 0": ({"image_width": 0}, "image_width must be from 1 to 32767 px; got 0"),
    "float width": ({"image_width": 100.0}, "image_width must be an integer; got 100.0 (float)"),
    "too narrow": ({"image_width": 55}, "2 digits need at least 56 px (each 28, smallest gap 0); image_width is 55"),
    "fit": ({"fit": "loose"}, "fit must be one of conditional, strict; got 'loose'"),
    "align": ({"align": "middle"}, "align must be one of center, left, right, random; got 'middle'"),
    "unit": ({"unit": "em"}, "unit must be one of cell, ink, stroke; got 'em'"),
    "overlap": ({"overlap": "xor"}, "overlap must be one of max, sum; got 'xor'"),
    "str rng": ({"rng": "1"}, "rng must be None, an integer of at least 0 or a numpy Generator; got '1'"),
    "negative rng": ({"rng": -1}, "rng must be None, an integer of at least 0 or a numpy Generator; got -1"),
    "glyphs": ({"glyphs": 5}, "glyphs must be a GlyphBank, or the name of a source such as mnist/test; got 5"),
    "source": ({"glyphs": "mnist/tset"}, "glyphs: must be one of mnist/train, mnist/test"),
}


def test_arguments_without_meaning_are_refused_with_what_came_and_what_is_allowed(bank: GlyphBank) -> None:
    assert issubclass(ArgumentError, DigitgenError) and issubclass(ArgumentError, ValueError)
    for name, (arguments, message) in REFUSED.items():
        asked = {"digits": [1, 2], "spacing_range": (0, 5), "image_width": 100, "glyphs": bank, **arguments}
        assert message in message_of(generate_numbers_sequence, **asked), name


def test_what_equals_arguments_that_were_taken_before_is_still_refused(bank: GlyphBank) -> None:
    taken: dict[str, Any] = {"digits": [1, 1], "spacing_range": (0, 1), "image_width": 100, "glyphs": bank}
    wrong: list[dict[str, Any]] = [
        {"image_width": 100.0}, {"spacing_range": (False, 1)}, {"spacing_range": (0, 1.0)}, {"digits": [1, True]},
        {"image_width": [100]}, {"spacing_range": ([0], 1)}, {"spacing_range": "01"}, {"overlap": ["max"]},
    ]  # fmt: skip
    for arguments in wrong:
        with naming(arguments):
            generate_numbers_sequence(**taken)
            assert next(iter(arguments)) in message_of(generate_numbers_sequence, **taken | arguments)


def test_numbers_of_numpy_are_taken_also_where_they_cannot_be_hashed(bank: GlyphBank) -> None:
    expected = generate_numbers_sequence([1, 1], (0, 9), 100, rng=1, glyphs=bank)
    for ends, width in (((np.array(0), np.int8(9)), 100), (np.array([0, 9]), np.array(100)), ([0, 9], np.uint64(100))):
        image = generate_numbers_sequence([1, 1], ends, width, rng=1, glyphs=bank)  # type: ignore[arg-type]
        np.testing.assert_array_equal(image, expected)


def test_a_batch_of_no_sequences_or_of_a_wrong_one_is_refused(bank: GlyphBank) -> None:
    wrong: list[Any] = [[], [[1], []], [1, 2], "12", [[1], [10]], None]
    for sequences in wrong:
        told = message_of(generate_batch, sequences, (0, 5), 100, glyphs=bank)
        assert re.search("sequences|digits", told), (sequences, told)


# Batches


def test_a_slice_of_a_batch_is_a_view_and_a_sample_is_without_padding(bank: GlyphBank) -> None:
    batch = generate_batch([[3, 5, 0], [7], [1, 2]], (0, 4), 100, rng=1, glyphs=bank)
    part = batch[1:]
    assert len(part) == 2
    assert all(np.shares_memory(part.arrays()[name], array) for name, array in batch.arrays().items())
    sample = part[1]
    assert (sample.text, sample.index, len(sample.gaps), sample.boxes.shape) == ("12", 2, 1, (2, 4))
    assert batch[-1].text == "12"
    assert [each.text for each in samples(batch)] == ["350", "7", "12"]
    with pytest.raises(IndexError):
        batch[3]


def test_the_arrays_of_a_batch_are_as_specified(bank: GlyphBank) -> None:
    batch = generate_batch([[3, 5, 0], [7]], (0, 4), 100, rng=1, glyphs=bank)
    spec = batch_spec(3, 100)
    found = [(name, array.dtype.str, array.shape[1:]) for name, array in batch.arrays().items()]
    assert found == [each[:3] for each in spec]
    assert {len(array) for array in batch.arrays().values()} == {2}


def test_samples_can_be_compared_and_kept_in_sets(bank: GlyphBank) -> None:
    one, other = samples(generate_batch([[3, 5], [3, 5]], (0, 4), 100, rng=1, glyphs=bank))
    assert one != other
    assert len({one, other}) == 2


# What is promised in writing


def sections(thing: object) -> dict[str, list[str]]:
    """The sections of a numpydoc docstring, by title."""
    text = inspect.getdoc(thing) or ""
    parts = re.split(r"^(\w[\w ]*)\n-+$", text, flags=re.MULTILINE)
    return dict(zip(["Summary", *parts[1::2]], (part.splitlines() for part in parts[::2]), strict=True))


def documented(thing: object, title: str) -> set[str]:
    """The names that a section describes; several may share a line."""
    entries = (line for line in sections(thing).get(title, []) if line and not line[0].isspace())
    return {name for entry in entries for name in entry.split(" : ")[0].split(", ")}


PUBLIC = [
    *(name for name in digitgen.__all__ if name != "content"),
    *(f"content.{law.__name__}" for law in (*LAWS.values(), *MODIFIERS.values())),
]


def test_the_docstring_of_every_public_name_describes_all_its_parameters() -> None:
    for name in PUBLIC:
        with naming(name):
            thing: Callable[..., Any] = attrgetter(name)(digitgen)
            assert "".join(sections(thing)["Summary"]).strip(), "no summary"
            if isinstance(thing, type) and issubclass(thing, Exception):
                continue
            signature = inspect.signature(thing)
            missing = set(signature.parameters) - documented(thing, "Parameters")
            for kind in thing.__mro__ if isinstance(thing, type) else ():  # a base describes its own fields
                missing -= documented(kind, "Attributes")
            assert not missing
            if not isinstance(thing, type) and signature.return_annotation not in (None, "None"):
                assert sections(thing).keys() & {"Returns", "Yields"}


# A change of these hashes is a change of the format: the same recipe and seed no longer make the same
# dataset. Whoever changes them says so in the changelog. The first is of the pixels, the second of all labels.
GOLDEN: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("bank", "cell"): ("a489da4c6c4ce5b807055389", "ffd826315e04e4082fa8a241"),
    ("bank", "conditional"): ("43fdb7f26f780c81eb9a05b9", "392edb5ae2cac5db51751fa9"),
    ("bank", "strict"): ("2f2f4ba48598efb3c987ecb1", "63c6afaea03f3e44ecd2f901"),
    ("bank", "ink"): ("f7d78c90f61e648bc84aa6db", "69e3b148bd1c16014c8e422a"),
    ("bank", "brightest overlap"): ("a6c336dc182040bd947ba2b5", "969a19e6e2546d913e4892a0"),
    ("bank", "added overlap"): ("eca35a86bef0b2026110212b", "401043a7e2c295713d09a564"),
    ("bank", "random align"): ("e30075742fc6a0b309fe2b23", "637db20cea11ea550c5434de"),
    ("mnist", "cell"): ("2d746f5bf8b29669f72cfe71", "c62b7b02fb8fb01f9ae97919"),
    ("mnist", "conditional"): ("b25da0bd17ac8bb36025209f", "55cbffdd05e0777aab0e6113"),
    ("mnist", "strict"): ("733c3103bc22d80abae25a9c", "94b64bf23a165b12ed8f25f0"),
    ("mnist", "ink"): ("e10a03d43b7758c1629ab334", "80524b355453bb1209e8d15d"),
    ("mnist", "brightest overlap"): ("bb878a63b7c340c85c69101d", "56f1e5991ae15aa88e13044e"),
    ("mnist", "added overlap"): ("545dcc761a942ed5b3f965f2", "fd165948ada4857da9d8e90d"),
    ("mnist", "random align"): ("7f60be37100d336877687bea", "a3cfbbdc269d8bd9b59c0337"),
}


def test_pixels_and_labels_keep_their_hashes(bank: GlyphBank, mnist: GlyphBank) -> None:
    banks = {"bank": bank, "mnist": mnist}
    found = {}
    for which, recipe in GOLDEN:
        pixels, *labels = images(banks[which], *RECIPES[recipe], CHUNK - 32, 64, 2026).arrays().values()
        found[which, recipe] = digest(pixels), digest(*labels)
    assert found == GOLDEN


def test_a_single_image_keeps_its_hash(mnist: GlyphBank) -> None:
    image = generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=2026, glyphs=mnist)
    assert digest(image) == "e1cefef83690ba831282b632"
