"""The images of a split as batches without end."""

from collections.abc import Iterator
from itertools import pairwise
from math import ceil
from typing import Final

import numpy as np

from digitgen.arrays import Integers
from digitgen.compose.batch import Batch
from digitgen.compose.plan import Planner, planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill, render
from digitgen.format import CHUNK

BLOCK_BYTES: Final = 1 << 24
"""Bytes of images and labels that are made together, if a batch is not larger."""
AUGMENTED_BLOCK: Final = 256
"""Augmented images that are made together: enough for what a call costs to be small beside them, and few enough for a
loader, which has two batches in store, not to run out of them meanwhile."""


def endless_batches(
    recipe: Recipe,
    seed: int,
    split: str,
    *,
    batch_size: int,
    first: int = 0,
    shard: tuple[int, int] = (0, 1),
    worker: tuple[int, int] = (0, 1),
) -> Iterator[Batch]:
    """Generate the images of a split, or of a share of it, without end.

    They are rendered in blocks of about a chunk, or a quarter of one, because what a call costs is then the same for
    few images as for many. A share is of whole chunks, so that nobody plans images that others render. Workers share
    batches, so that their batches in turn are those of one.

    Parameters
    ----------
    recipe : Recipe
        The recipe of its images.
    seed : int
        Seed of the whole build, 0 or more.
    split : str
        Name that addresses the random numbers of the split.
    batch_size : int
        Number of images in each batch.
    first : int, default 0
        Images of the split, or of the share, to leave out.
    shard : (int, int), default (0, 1)
        k and n: the share is of every n chunks that with number k, from 0.
    worker : (int, int), default (0, 1)
        k and n: of every n batches of the share that with number k, from 0.

    Yields
    ------
    Batch
        The next `batch_size` images, as views of a block. Nothing else is ever written there, and no other batch
        has any of it.
    """
    plan_of = planner(recipe, seed, split)
    most = min(max(BLOCK_BYTES // recipe.empty_batch(1).nbytes, 1), AUGMENTED_BLOCK if recipe.augment else CHUNK)
    turn, turns = worker
    together = turns * batch_size
    while True:
        wanted = min(CHUNK - first % CHUNK, most * turns)  # to end where the chunk does, or soon after
        rounds = ceil(wanted / together)
        block = recipe.empty_batch(rounds * batch_size)
        if turns == 1:
            fill(recipe, plan_of, first, block, shard=shard)
        else:
            starts = first + turn * batch_size + together * np.arange(rounds)
            _fill_some(recipe, plan_of, (starts[:, None] + np.arange(batch_size)).ravel(), block, shard)
        yield from block.cut(batch_size)
        first += rounds * together


def _fill_some(recipe: Recipe, plan_of: Planner, images: Integers, out: Batch, shard: tuple[int, int]) -> None:
    """Fill a batch with some images of a share, in ascending order; those of one chunk are rendered together."""
    turn, turns = shard
    own, rows = np.divmod(images, CHUNK)
    for begin, end in pairwise([0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), len(images)]):
        chunk, part = int(own[begin]) * turns + turn, out[begin:end]
        render(recipe, plan_of(chunk).take(rows[begin:end]), 0, part)
        part.sample_ids[...] = chunk * CHUNK + rows[begin:end]
