"""What augmentation costs where libraries may start threads, against what it costs where they may not."""

import os
import subprocess
import sys
import time
from typing import Final

from benchmarks.measure import Contender, Gate, paired_rounds, print_ratios, ratio
from digitgen.compose.content.laws.digits import Digits
from digitgen.compose.layout import Layout
from digitgen.compose.named import named_bank
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.render import fill
from digitgen.config.augmentation import augmentation
from digitgen.format import CELL, CHUNK

THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_TIMES: Final = 4
_MOST: Final = 1.15  # times the cost without threads


def thread_gates(rounds: int) -> list[Gate]:
    """Print the table; return the gates."""
    without = {name: value for name, value in os.environ.items() if name not in THREADS}
    costs = paired_rounds(
        {"as many threads as they like": _process(without), "one": _process(without | dict.fromkeys(THREADS, "1"))},
        rounds,
    )
    print_ratios(
        f"threads of numpy's BLAS: single digits, {CELL}x{CELL}, thickened and warped, in a process; CPU time",
        costs,
        ["one"],
        "us/image",
        lambda cost: f"{cost * 1e6:.1f}",
    )
    found = ratio(costs, "as many threads as they like", "one").middle
    return [Gate("augmentation of small images, CPU time over that with one thread", found, _MOST, at_least=False)]


def _process(environment: dict[str, str]) -> Contender:
    command = [sys.executable, "-m", "benchmarks.augment_threads"]
    return lambda _: float(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def _cost() -> float:
    """CPU seconds an image in this process."""
    steps = augmentation(glyphs=[{"step": "thickening"}], sequence=[{"step": "rotate"}, {"step": "elastic"}])
    recipe = Recipe(named_bank(), Layout(CELL, (0, 0)), Digits((1, 1)), augment=steps)
    batch = recipe.empty_batch(CHUNK)
    found = []
    for number in range(_TIMES):
        start = time.process_time()
        fill(recipe, planner(recipe, number, "train"), 0, batch)
        found.append((time.process_time() - start) / CHUNK)
    return min(found)


if __name__ == "__main__":
    print(_cost())
