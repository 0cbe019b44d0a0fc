"""The images of a split as batches without end."""

from collections.abc import Iterator
from itertools import count

from digitgen.compose.batch import Batch
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill


def endless_batches(
    recipe: Recipe, seed: int, split: str, *, batch_size: int, first: int = 0, shard: tuple[int, int] = (0, 1)
) -> Iterator[Batch]:
    """Generate the images of a split without end.

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
        Index of the first image of the first batch of all.
    shard : (int, int), default (0, 1)
        k and n: of every n batches, those with number k, from 0.

    Yields
    ------
    Batch
        The next `batch_size` images, in memory of its own.
    """
    plan_of = planner(recipe, seed, split)
    turn, turns = shard
    for start in count(first + turn * batch_size, turns * batch_size):
        batch = recipe.empty_batch(batch_size)
        fill(recipe, plan_of, start, batch)
        yield batch
