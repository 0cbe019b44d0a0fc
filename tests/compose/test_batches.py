"""Batches without end: made in blocks, handed out in parts, shared out by chunks."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest

from digitgen.compose.batch import Batch
from digitgen.compose.batches import BLOCK_BYTES
from digitgen.compose.plan import Plan, Planner, plan_chunk
from digitgen.compose.recipe import Augmentation, Labels, Recipe
from digitgen.compose.render import fill, render
from digitgen.glyphs.bank import GlyphBank
from tests.batches import assert_equal, batches_of, joined
from tests.steps import setting


def augmented(bank: GlyphBank, **how: Any) -> Iterator[Batch]:
    """Batches with all arrays that there are but writers."""
    augment = Augmentation((setting("rotate", 0.5),), (setting("elastic", 0.3), setting("gaussian_noise", 0.3)))
    return batches_of((-3, 5), 150, glyphs=bank, augment=augment, labels=Labels(masks=True, clean=True), **how)


@pytest.mark.parametrize("batch_size", [1, 16, 100, 1600])
def test_images_do_not_depend_on_the_size_of_batches(batch_size: int, bank: GlyphBank) -> None:
    whole = next(augmented(bank, batch_size=1600, first=800)).arrays()
    assert_equal(joined(islice(augmented(bank, batch_size=batch_size, first=800), 1600 // batch_size)), whole)


@pytest.mark.parametrize(("turns", "batch_size"), [(1, 16), (2, 100), (3, 16), (3, 1500)])
def test_shards_have_every_image_once(turns: int, batch_size: int, bank: GlyphBank) -> None:
    whole = next(batches_of((0, 5), 160, glyphs=bank, batch_size=3072 * turns)).arrays()
    count = 3000 // batch_size
    for k in range(turns):
        shard = batches_of((0, 5), 160, glyphs=bank, batch_size=batch_size, shard=(k, turns))
        own = np.arange(3072 * turns).reshape(3, turns, 1024)[:, k].ravel()[: count * batch_size]
        assert_equal(joined(islice(shard, count)), {name: array[own] for name, array in whole.items()})


@pytest.mark.parametrize(
    ("workers", "batch_size", "first", "shard"),
    [
        pytest.param(2, 16, 0, (0, 1), id="two"),
        pytest.param(3, 100, 0, (0, 1), id="three, with batches that chunks do not end with"),
        pytest.param(2, 16, 1000, (1, 2), id="two that have a share, from some image on"),
        pytest.param(3, 600, 8, (0, 1), id="three, with batches of two chunks"),
    ],
)
def test_workers_batches_in_turn_are_those_of_one(
    workers: int, batch_size: int, first: int, shard: tuple[int, int], bank: GlyphBank
) -> None:
    how = {"batch_size": batch_size, "first": first, "shard": shard}
    count = 1 + 3000 // (batch_size * workers)
    shares = [augmented(bank, worker=(k, workers), **how) for k in range(workers)]
    for number, expected in enumerate(islice(augmented(bank, **how), count * workers)):
        assert_equal(next(shares[number % workers]).arrays(), expected.arrays())


@pytest.mark.parametrize("given", [1, 20, 45])
def test_a_shard_is_continued_from_the_number_of_images_that_it_gave(given: int, bank: GlyphBank) -> None:
    def shard(first: int) -> Iterator[Batch]:
        return batches_of((0, 5), 160, glyphs=bank, batch_size=48, first=first, shard=(1, 3))

    whole = list(islice(shard(0), 50))
    assert_equal(joined(islice(shard(48 * given), 50 - given)), joined(whole[given:]))


@pytest.mark.parametrize(
    ("batch_size", "shard", "chunks"),
    [(16, (0, 1), [0, 1, 2]), (100, (0, 1), [0, 1, 2, 3]), (100, (1, 2), [1, 3, 5, 7]), (16, (1, 8), [1, 9, 17])],
)
def test_a_chunk_is_planned_once_and_only_by_whoever_has_its_images(
    batch_size: int, shard: tuple[int, int], chunks: list[int], bank: GlyphBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: list[int] = []

    def noting(recipe: Recipe, seed: int, split: str, chunk: int) -> Plan:
        planned.append(chunk)
        return plan_chunk(recipe, seed, split, chunk)

    monkeypatch.setattr("digitgen.compose.plan.plan_chunk", noting)
    for _ in islice(batches_of((0, 5), 160, glyphs=bank, batch_size=batch_size, shard=shard), 2900 // batch_size):
        pass
    assert planned == chunks


def test_a_worker_renders_its_batches_of_a_chunk_together(bank: GlyphBank, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[int] = []

    def noting(recipe: Recipe, plan: Plan, first: int, out: Batch) -> None:
        rendered.append(len(out))
        render(recipe, plan, first, out)

    monkeypatch.setattr("digitgen.compose.batches.render", noting)
    for _ in islice(batches_of((0, 5), 160, glyphs=bank, batch_size=16, worker=(1, 2)), 96):
        pass
    assert rendered == [512, 512, 512]


def test_augmented_images_are_made_a_quarter_of_a_chunk_at_a_time(
    bank: GlyphBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def noting(recipe: Recipe, plan_of: Planner, first: int, out: Batch, **how: Any) -> None:
        made.append(len(out))
        fill(recipe, plan_of, first, out, **how)

    monkeypatch.setattr("digitgen.compose.batches.fill", noting)
    for _ in islice(augmented(bank, batch_size=16, first=600), 30):
        pass
    assert made == [256, 176, 256]


@pytest.mark.parametrize(
    ("width", "batch_size", "first", "sizes"),
    [
        pytest.param(160, 16, 0, [1024, 1024], id="small batches share a block"),
        pytest.param(160, 16, 1000, [32, 1024], id="that ends with the chunk"),
        pytest.param(160, 100, 0, [1100, 1000], id="or with the batch behind its end"),
        pytest.param(160, 2000, 0, [2000, 2000], id="a large batch is a block"),
        pytest.param(30_000, 2, 0, [6, 6], id="wide images come in small blocks"),
        pytest.param(30_000, 9, 0, [9, 9], id="but of one batch at least"),
    ],
)
def test_blocks_are_as_large_as_pays(
    width: int, batch_size: int, first: int, sizes: list[int], bank: GlyphBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def noting(recipe: Recipe, plan_of: Planner, first: int, out: Batch, **how: Any) -> None:
        made.append(len(out))
        assert len(out) == batch_size or out.nbytes <= BLOCK_BYTES
        fill(recipe, plan_of, first, out, **how)

    monkeypatch.setattr("digitgen.compose.batches.fill", noting)
    labels = Labels(masks=width > 160, clean=width > 160)
    batches = batches_of((0, 5), width, glyphs=bank, labels=labels, batch_size=batch_size, first=first)
    while len(made) < len(sizes):
        next(batches)
    assert made == sizes


def test_who_writes_into_a_batch_changes_no_other(bank: GlyphBank) -> None:
    clean, spoilt = augmented(bank, batch_size=300), augmented(bank, batch_size=300)
    kept = []
    for _ in range(6):
        batch = next(spoilt)
        assert_equal(batch.arrays(), next(clean).arrays())
        for array in batch.arrays().values():
            assert array.flags.c_contiguous
            array[...] = 77
        kept.append(batch)
    assert all((array == 77).all() for batch in kept for array in batch.arrays().values())
