"""The images of a split as batches without end."""

from collections.abc import Iterator
from math import ceil
from typing import Final

from digitgen.compose.batch import Batch
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill
from digitgen.format import CHUNK

BLOCK_BYTES: Final = 1 << 24
"""Bytes of images and labels that are made together, if a batch is not larger."""


def endless_batches(
    recipe: Recipe, seed: int, split: str, *, batch_size: int, first: int = 0, shard: tuple[int, int] = (0, 1)
) -> Iterator[Batch]:
    """Generate the images of a split, or of a share of it, without end.

    They are planned and rendered in blocks of about a chunk, because what a call costs is then the same for few images
    as for many. A share is of whole chunks, so that nobody plans images that others render.

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

    Yields
    ------
    Batch
        The next `batch_size` images, as views of a block. Nothing else is ever written there, and no other batch
        has any of it.
    """
    plan_of = planner(recipe, seed, split)
    most = max(BLOCK_BYTES // recipe.empty_batch(1).nbytes, 1)
    while True:
        wanted = min(CHUNK - first % CHUNK, most)  # to end where the chunk does, or soon after
        block = recipe.empty_batch(ceil(wanted / batch_size) * batch_size)
        fill(recipe, plan_of, first, block, shard=shard)
        yield from block.cut(batch_size)
        first += len(block)
