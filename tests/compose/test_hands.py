"""Images in one hand: who writes them, by which law, and what stays as it is without."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from digitgen import Batch, GlyphBank, Labels, generate_batch, generate_numbers_sequence
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.hands import Hand, Hands, hand_share
from digitgen.compose.layout import Layout
from digitgen.compose.plan import plan_chunk
from digitgen.compose.recipe import Recipe
from digitgen.errors import ArgumentError
from digitgen.format import CHUNK
from digitgen.glyphs.cache import in_cache
from digitgen.glyphs.data_dir import files_of_user
from digitgen.glyphs.mnist import QMNIST
from digitgen.rng import STREAMS, chunk_address
from tests.batches import batches_of
from tests.errors import message_of
from tests.hands import COMPLETE, IMAGES, LABELS, WRITERS, hand_bank
from tests.reference import assert_follows, choose_glyphs, uniform


@pytest.fixture(scope="module")
def bank() -> GlyphBank:
    """A bank that knows its writers."""
    return hand_bank()


def images(bank: GlyphBank, hand: Hand, count: int, **arguments: object) -> Batch:
    """The first images of a stream of one to five digits."""
    return next(batches_of((0, 8), 200, glyphs=bank, hand=hand, batch_size=count, **arguments))  # type: ignore[arg-type]


def test_glyphs_are_those_of_a_reference_that_goes_through_all_of_them(bank: GlyphBank) -> None:
    for share in (1.0, 0.6):
        content = Digits((1, 5))
        recipe = Recipe(bank, Layout(200, (0, 8)), content, hands=Hands.of(bank, content.classes, share))
        for chunk in (0, 3):
            plan = plan_chunk(recipe, 7, "train", chunk)
            strings = [each.tolist() for each in np.split(plan.digits, np.cumsum(plan.lengths)[:-1])]
            address = chunk_address(7, "train", chunk)
            luck = [luck_of(address.at(STREAMS[name]).generator) for name in ("hands", "glyphs")]
            expected = choose_glyphs(strings, LABELS.tolist(), WRITERS.tolist(), range(10), share, *luck)
            assert bank.rows[plan.glyphs].tolist() == [row for rows in expected for row in rows]


def luck_of(rng: np.random.Generator) -> Iterator[float]:
    """Doubles from a generator, one by one."""
    while True:
        yield rng.random()


def test_all_digits_of_an_image_in_one_hand_have_the_writer_that_is_stored(bank: GlyphBank) -> None:
    batch = images(bank, "one", 3000)
    assert batch.writers is not None
    assert batch.writers.dtype == np.int16
    for sample in batch:
        assert sample.writers is not None
        assert sample.writers.tolist() == WRITERS[sample.glyph_ids].tolist()
        assert len(set(sample.writers.tolist())) == 1
    assert (batch.writers[batch.labels < 0] == -1).all()


def test_writers_are_uniform_and_glyphs_are_uniform_among_those_of_their_writer(bank: GlyphBank) -> None:
    batch = images(bank, "one", 15_000, seed=1)
    assert batch.writers is not None
    assert_follows(batch.writers[:, 0].tolist(), uniform(COMPLETE))
    assert_follows(batch.glyph_ids[:, 0].tolist(), first_glyphs(Fraction(1)))
    # Digits say nothing about who writes.
    longer = batch.lengths > 1
    pairs = zip(batch.labels[longer, 1].tolist(), batch.writers[longer, 1].tolist(), strict=True)
    assert_follows(pairs, uniform((digit, writer) for digit in range(10) for writer in COMPLETE))
    # The second glyph is uniform among those of its class and of the writer of the first.
    rows = np.flatnonzero((WRITERS == 8) & (LABELS == 3))
    second = batch.glyph_ids[longer & (batch.labels[:, 1] == 3) & (batch.writers[:, 0] == 8), 1]
    assert_follows(second.tolist(), uniform(rows.tolist()))


def first_glyphs(share: Fraction) -> dict[int, Fraction]:
    """The law of the glyph of a uniform digit, if a share of the images is in one hand."""
    law = {}
    for row, (label, writer) in enumerate(zip(LABELS.tolist(), WRITERS.tolist(), strict=True)):
        of_class = label == LABELS
        own = of_class & (writer == WRITERS)
        alone = Fraction(1, len(COMPLETE) * int(own.sum())) if writer in COMPLETE else Fraction(0)
        law[row] = (share * alone + (1 - share) * Fraction(1, int(of_class.sum()))) / 10
    return {row: chance for row, chance in law.items() if chance}


def test_a_share_of_images_is_in_one_hand_and_the_others_are_as_they_would_be_without(bank: GlyphBank) -> None:
    share, plain, one = (images(bank, hand, 8000, seed=2) for hand in (0.25, "mixed", "one"))
    alone = (share.glyph_ids == one.glyph_ids).all(axis=1)
    mixed = (share.glyph_ids == plain.glyph_ids).all(axis=1)
    assert (alone | mixed).all()
    told_apart = (one.glyph_ids != plain.glyph_ids).any(axis=1)
    long = told_apart & (share.lengths == 5)  # of these, hardly any are equal by chance
    assert_follows(alone[long].tolist(), {True: Fraction(1, 4), False: Fraction(3, 4)})
    assert_follows(share.glyph_ids[:, 0].tolist(), first_glyphs(Fraction(1, 4)))


def test_strings_gaps_and_widths_of_cells_do_not_depend_on_who_writes(bank: GlyphBank) -> None:
    one, mixed = images(bank, "one", 300), images(bank, "mixed", 300)
    for name in ("labels", "lengths", "gaps", "boxes", "sample_ids"):
        np.testing.assert_array_equal(getattr(one, name), getattr(mixed, name))


def test_images_that_may_be_in_any_hand_are_as_they_were_and_name_writers_only_if_asked(bank: GlyphBank) -> None:
    without = images(GlyphBank.from_arrays(IMAGES, LABELS), "mixed", 200)
    for hand in ("mixed", 0, 0.0):
        found = images(bank, hand, 200)
        assert found.writers is None
        assert found[3].writers is None
        for name, array in without.arrays().items():
            np.testing.assert_array_equal(found.arrays()[name], array)
    labelled = images(bank, "mixed", 200, labels=Labels(writers=True))
    assert labelled.writers is not None
    np.testing.assert_array_equal(labelled.images, without.images)
    there = labelled.labels >= 0
    np.testing.assert_array_equal(labelled.writers[there], WRITERS[labelled.glyph_ids[there]])


def test_an_image_is_the_same_in_any_batch(bank: GlyphBank) -> None:
    whole = images(bank, 0.5, CHUNK + 300)
    parts = list(islice(batches_of((0, 8), 200, glyphs=bank, hand=0.5, batch_size=96, first=900), 4))
    for part in parts:
        for name, array in part.arrays().items():
            np.testing.assert_array_equal(array, whole.arrays()[name][part.sample_ids])


def test_given_digits_are_written_by_those_who_have_them_all(bank: GlyphBank) -> None:
    batch = generate_batch([[9, 3]] * 4000 + [[5]] * 2000, (0, 8), 100, rng=1, glyphs=bank, hand="one")
    assert batch.writers is not None
    assert_follows(batch.writers[:, 0].tolist(), uniform([5, 8, 17, 300]))
    assert (batch.writers[:4000, 0] == batch.writers[:4000, 1]).all()
    nines = generate_batch([[9]] * 900, (0, 8), 28, rng=1, glyphs=bank, hand="one")
    assert nines.writers is not None
    assert set(nines.writers[:, 0].tolist()) == {2, 5, 8, 17, 300}
    single = generate_numbers_sequence([3, 9], (0, 8), 100, rng=5, glyphs=bank, hand="one")
    first = generate_batch([[3, 9]], (0, 8), 100, rng=5, glyphs=bank, hand="one")
    np.testing.assert_array_equal(np.rint(single * 255), first.images[0])


@pytest.mark.parametrize(
    ("hand", "share"),
    [("one", 1.0), ("mixed", 0.0), (0.8, 0.8), (1, 1.0), (np.float32(0.5), 0.5), (np.str_("one"), 1.0)],
)
def test_a_hand_is_a_word_or_a_share(hand: Hand, share: float) -> None:
    assert hand_share(hand) == share


@pytest.mark.parametrize("hand", ["onne", "", None, True, -0.1, 1.01, float("nan"), [1], b"one"])
def test_anything_else_is_no_hand(hand: object, bank: GlyphBank) -> None:
    message = "hand: must be mixed, one, or the share of images in one hand from 0 to 1; got"
    assert message in message_of(generate_batch, [[1]], (0, 8), 200, glyphs=bank, hand=hand)


def test_one_hand_is_refused_where_nobody_has_all_digits_or_nobody_is_known() -> None:
    alone = GlyphBank.from_arrays(IMAGES, LABELS, writers=np.arange(120) % 40)
    assert message_of(batches_of, (0, 8), 200, glyphs=alone, hand=0.1) == (
        "hand: no writer has glyphs of all 10 classes that images may need; of 40 writers, none has more than 1; "
        "take more writers, fewer classes, or hand: mixed"
    )
    unknown = GlyphBank.from_arrays(IMAGES, LABELS)
    reason = "the bank of glyphs does not know who wrote them; GlyphBank.from_arrays takes writers"
    assert message_of(batches_of, (0, 8), 200, glyphs=unknown, hand="one") == f"hand: {reason}"
    labels = Labels(writers=True)
    assert message_of(batches_of, (0, 8), 200, glyphs=unknown, labels=labels) == f"labels.writers: {reason}"


@pytest.mark.parametrize(
    "writers", [WRITERS[:-1], WRITERS - 3, WRITERS + 40_000, WRITERS.astype(float), WRITERS[:, None]]
)
def test_a_bank_takes_a_writer_for_each_glyph(writers: np.ndarray) -> None:
    with pytest.raises(ArgumentError, match=r"must be \(G,\) integers from 0 to 32767, one for each of the 120 glyphs"):
        GlyphBank.from_arrays(IMAGES, LABELS, writers=writers)


def test_a_bank_without_blank_glyphs_keeps_the_writers_of_the_others() -> None:
    blank = IMAGES.copy()
    blank[[4, 50]] = 0
    bank = GlyphBank.from_arrays(blank, LABELS, skip_blank=True, writers=WRITERS)
    assert bank.writers is not None
    np.testing.assert_array_equal(bank.writers, WRITERS[bank.rows])


def test_a_stream_of_mnist_in_one_hand_has_all_writers_of_all_ten_digits() -> None:
    names = tuple(QMNIST.sha256)
    if not (files_of_user(QMNIST, names, None).arrays or in_cache(QMNIST, names)):
        pytest.skip("QMNIST's labels are not on this machine; digitgen fetch --writers gets them")
    batch = next(batches_of((0, 8), 200, hand="one", batch_size=8000))
    assert batch.writers is not None
    assert len(np.unique(batch.writers[:, 0])) == 536
    there = batch.labels >= 0
    assert (batch.writers == batch.writers[:, :1])[there].all()
