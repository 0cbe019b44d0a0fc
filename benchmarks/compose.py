"""The composer against memcpy, against what people write themselves, and under other settings."""

import time
from collections.abc import Callable
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import naive
from benchmarks.measure import Contender, Costs, Gate, paired_rounds, print_ratios, ratio, seconds
from digitgen.compose.batches import endless_batches
from digitgen.compose.canvas import compose
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.generate import NO_AUGMENTATION, generate_batch, generate_numbers_sequence
from digitgen.compose.layout import Layout
from digitgen.compose.named import named_bank
from digitgen.compose.plan import plan_chunk, planner
from digitgen.compose.recipe import Augmentation, Recipe
from digitgen.compose.render import fill
from digitgen.config.augmentation import Steps, augmentation
from digitgen.format import CELL, CHUNK
from digitgen.glyphs.bank import GlyphBank

COUNT: Final = 8192
_LOOP_COUNT: Final = 1024  # images of the slow contenders, whose cost is per image anyway
_CALLS: Final = 200  # of one image each
_AUGMENTED_COUNT: Final = 2048
_ON_GLYPHS: Final[Steps] = ({"step": "slant"}, {"step": "rotate", "p": 0.5})
_ON_SEQUENCES: Final[Steps] = (
    {"step": "elastic"},
    {"step": "contrast", "p": 0.3},
    {"step": "gaussian_noise", "p": 0.5},
)


def run(rounds: int) -> list[Gate]:
    """Print both tables; return the gates."""
    costs = _against_others(rounds)
    _other_settings(rounds)
    return [
        *_composer_gates(costs),
        *_single_images(rounds),
        *_streams("plain", rounds, COUNT, NO_AUGMENTATION),
        *_streams(
            "augmented", max(rounds // 3, 1), _AUGMENTED_COUNT, augmentation(glyphs=_ON_GLYPHS, sequence=_ON_SEQUENCES)
        ),
    ]


def _composer_gates(costs: Costs) -> list[Gate]:
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
        images = out[start : start + CHUNK]
        windows, apart = recipe.bank.windows, recipe.layout.apart
        compose(windows, plan.glyphs, plan.lengths, plan.x, images, recipe.overlap, y=plan.y, apart=apart)


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
    title = f"compose: {COUNT} images of 28x{naive.WIDTH}, five digits, gaps 0..7, one thread; CPU time"
    print_ratios(title, costs, ["memcpy", "composer"], "ns/image", _nanoseconds)
    return costs


def _other_settings(rounds: int) -> None:
    bank = named_bank()
    five, ragged = (5, 5), (1, 5)
    contenders = {
        "five digits": _filling(bank, Layout(naive.WIDTH, naive.GAPS), five),
        "one to five": _filling(bank, Layout(naive.WIDTH, naive.GAPS), ragged),
        "conditional, 154 px": _filling(bank, Layout(154, naive.GAPS), five),
        "ink unit": _filling(bank, Layout(naive.WIDTH, naive.GAPS, unit="ink"), five),
        "overlap, gaps -8..7": _filling(bank, Layout(naive.WIDTH, (-8, 7)), five),
    }
    costs = paired_rounds(contenders, rounds)
    print_ratios("other settings, with all labels", costs, ["five digits"], "ns/image", _nanoseconds)


def _single_images(rounds: int) -> list[Gate]:
    """One call an image against the loops, all with glyphs and generator at hand and digits drawn anew."""
    bank, rng = named_bank(), np.random.default_rng(0)
    glyphs = [np.divide(each, np.float32(255)) for each in naive.glyphs_by_class(bank.images, bank)]
    out = np.zeros((_CALLS, CELL, naive.WIDTH), np.float32)

    def calls(_: int) -> None:
        for row in range(_CALLS):
            digits = rng.integers(10, size=naive.DIGITS)
            out[row] = generate_numbers_sequence(digits, naive.GAPS, naive.WIDTH, rng=rng, glyphs=bank)

    def batches(_: int) -> None:
        for _ in range(_CALLS):
            digits = rng.integers(10, size=naive.DIGITS)
            generate_batch([digits], naive.GAPS, naive.WIDTH, rng=rng, glyphs=bank)

    contenders = {
        "one call an image": _per_image(_CALLS, calls),
        "float hstack loop": _per_image(_CALLS, lambda _: naive.hstack_loop(glyphs, rng, out, pad=True)),
        "float hstack loop, canvas": _per_image(_CALLS, lambda _: naive.hstack_loop(glyphs, rng, out, pad=False)),
        "one call an image, with all labels": _per_image(_CALLS, batches),
    }
    costs = paired_rounds(contenders, rounds)
    print_ratios("single images", costs, ["float hstack loop"], "ns/image", _nanoseconds)
    found = ratio(costs, "one call an image", "float hstack loop").middle
    return [Gate("one call an image, time over the float hstack loop", found, 1, at_least=False)]


def _streams(what: str, rounds: int, count: int, augment: Augmentation) -> list[Gate]:
    """Streams in small batches, whole and shared out, against one in large batches."""
    recipe = Recipe(
        named_bank(), Layout(naive.WIDTH, naive.GAPS), Digits((naive.DIGITS, naive.DIGITS)), augment=augment
    )

    def streaming(size: int, **share: Any) -> Contender:
        def run(number: int) -> None:
            for _ in islice(endless_batches(recipe, number, "train", batch_size=size, **share), count // size):
                pass

        return _per_image(count, run)

    contenders = {
        "batches of 1,024": streaming(1024),
        "batches of 256": streaming(256),
        "batches of 16": streaming(16),
        "batches of 16, shard 1 of 8": streaming(16, shard=(1, 8)),
        "batches of 16, worker 1 of 2": streaming(16, worker=(1, 2)),
    }
    costs = paired_rounds(contenders, rounds)
    print_ratios(f"streams, {what}", costs, ["batches of 1,024"], "ns/image", _nanoseconds)
    return [
        Gate(
            f"stream, {what}, {name}, time over batches of 1,024",
            ratio(costs, name, "batches of 1,024").middle,
            1.3,
            at_least=False,
        )
        for name in ("batches of 16", "batches of 16, shard 1 of 8")
    ]


def _filling(bank: GlyphBank, layout: Layout, lengths: tuple[int, int]) -> Contender:
    """Fill a batch of its own, which is touched in the round that does not count."""
    recipe = Recipe(bank, layout, Digits(lengths))
    batch = recipe.empty_batch(COUNT)
    return _per_image(COUNT, lambda number: fill(recipe, planner(recipe, number, "train"), 0, batch))


def _per_image(count: int, work: Callable[[int], object]) -> Contender:
    return lambda number: seconds(lambda: work(number), time.process_time) / count


def _nanoseconds(cost: float) -> str:
    return f"{cost * 1e9:,.0f}"
