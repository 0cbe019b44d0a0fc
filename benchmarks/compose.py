"""The composer against memcpy, against what people write themselves, and under other settings."""

from collections.abc import Callable
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import naive
from benchmarks.measure import Contender, Costs, Gate, paired_rounds, print_ratios, ratio, seconds
from digitgen.compose.batches import endless_batches
from digitgen.compose.canvas import compose
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.generate import generate_batch
from digitgen.compose.layout import Layout
from digitgen.compose.named import named_bank
from digitgen.compose.plan import plan_chunk, planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill
from digitgen.format import CHUNK
from digitgen.glyphs.bank import GlyphBank

COUNT: Final = 8192
_LOOP_COUNT: Final = 1024  # images of the slow contenders, whose cost is per image anyway
_CALLS: Final = 200  # of one image each


def run(rounds: int) -> list[Gate]:
    """Print both tables; return the gates."""
    costs = _against_others(rounds)
    _other_settings(rounds)
    return [
        Gate("composer, times the float hstack loop", ratio(costs, "float hstack loop", "composer").middle, 20),
        Gate("composer, times the uint8 slice loop", ratio(costs, "uint8 slice loop", "composer").middle, 10),
        Gate("composer, time over memcpy of its output", ratio(costs, "composer", "memcpy").middle, 5, at_least=False),
    ]


def standard_recipe() -> Recipe:
    """Five digits of MNIST, gaps of 0 to 7 px, on the 168 px that they need at most."""
    return Recipe(named_bank(), Layout(naive.WIDTH, naive.GAPS), Digits((naive.DIGITS, naive.DIGITS)))


def compose_images(recipe: Recipe, seed: int, out: NDArray[np.uint8]) -> None:
    """Images without labels: draw content, glyphs and layout of whole chunks, and compose them."""
    for start in range(0, len(out), CHUNK):
        plan = plan_chunk(recipe, seed, "train", start // CHUNK)
        compose(recipe.bank.windows, plan.glyphs, plan.lengths, plan.x, out[start : start + CHUNK])


def _against_others(rounds: int) -> Costs:
    recipe = standard_recipe()
    bank, cells = recipe.bank, recipe.bank.images
    batch = recipe.empty_batch(COUNT)
    out = batch.images
    out[...] = 0  # every buffer is touched beforehand, so that nobody pays for page faults
    source = np.ones_like(out)
    float_out = np.zeros((_LOOP_COUNT, *out.shape[1:]), np.float32)
    float_glyphs = [np.divide(each, np.float32(255)) for each in naive.glyphs_by_class(cells, bank)]
    glyphs = naive.glyphs_by_class(cells, bank)
    rng = np.random.default_rng(0)
    few = out[:_LOOP_COUNT]
    contenders = {
        "memcpy": _per_image(COUNT, lambda _: np.copyto(out, source)),
        # The number of the round is the seed, and the split's name differs: nobody finds its glyphs in a cache.
        "composer": _per_image(COUNT, lambda number: compose_images(recipe, number, out)),
        "with all labels": _per_image(COUNT, lambda number: fill(recipe, planner(recipe, number, "test"), 0, batch)),
        "uint8 slice loop": _per_image(_LOOP_COUNT, lambda _: naive.slice_loop(glyphs, rng, few)),
        "element fancy indexing": _per_image(_LOOP_COUNT, lambda _: naive.element_indexing(cells, bank, rng, few)),
        "float hstack loop, canvas": _per_image(
            _LOOP_COUNT, lambda _: naive.hstack_loop(float_glyphs, rng, float_out, pad=False)
        ),
        "float hstack loop": _per_image(
            _LOOP_COUNT, lambda _: naive.hstack_loop(float_glyphs, rng, float_out, pad=True)
        ),
    }
    costs = paired_rounds(contenders, rounds)
    title = f"compose: {COUNT} images of 28x{naive.WIDTH}, five digits, gaps 0..7, one thread"
    print_ratios(title, costs, ["memcpy", "composer"], "ns/image", _nanoseconds)
    return costs


def _other_settings(rounds: int) -> None:
    bank = named_bank()
    five, ragged = (5, 5), (1, 5)
    rng = np.random.default_rng(0)

    def single(_: int) -> None:
        for _ in range(_CALLS):
            generate_batch([[1, 2, 3, 4, 5]], naive.GAPS, naive.WIDTH, rng=rng, glyphs=bank)

    def streamed(number: int) -> None:
        recipe = Recipe(bank, Layout(naive.WIDTH, naive.GAPS), Digits(five))
        batches = endless_batches(recipe, number, "train", batch_size=256)
        for _ in islice(batches, COUNT // 256):
            pass

    contenders = {
        "five digits": _filling(bank, Layout(naive.WIDTH, naive.GAPS), five),
        "one to five": _filling(bank, Layout(naive.WIDTH, naive.GAPS), ragged),
        "conditional, 154 px": _filling(bank, Layout(154, naive.GAPS), five),
        "ink unit": _filling(bank, Layout(naive.WIDTH, naive.GAPS, unit="ink"), five),
        "overlap, gaps -8..7": _filling(bank, Layout(naive.WIDTH, (-8, 7)), five),
        "stream, batches of 256": _per_image(COUNT, streamed),
        "single calls": _per_image(_CALLS, single),
    }
    costs = paired_rounds(contenders, rounds)
    print_ratios("other settings, with all labels", costs, ["five digits"], "ns/image", _nanoseconds)


def _filling(bank: GlyphBank, layout: Layout, lengths: tuple[int, int]) -> Contender:
    """Fill a batch of its own, which is touched in the round that does not count."""
    recipe = Recipe(bank, layout, Digits(lengths))
    batch = recipe.empty_batch(COUNT)
    return _per_image(COUNT, lambda number: fill(recipe, planner(recipe, number, "train"), 0, batch))


def _per_image(count: int, work: Callable[[int], object]) -> Contender:
    return lambda number: seconds(lambda: work(number)) / count


def _nanoseconds(cost: float) -> str:
    return f"{cost * 1e9:,.0f}"
