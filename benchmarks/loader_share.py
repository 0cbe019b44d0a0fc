"""The share of a training step that goes by until a loader has given the next batch."""

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, Final

import torch
from torch import nn
from torch.utils.data import DataLoader

from benchmarks.measure import Costs, Gate, print_table, ratio
from benchmarks.train import loop, model
from digitgen.training import ctc_targets
from digitgen.training.torch import StreamDataset, collate

MOST: Final = 0.1
"""The largest share of a step, with one worker."""
_STEPS: Final = 16
"""Steps of a round."""
_RECIPES: Final = {"plain": "quickstart", "augmented": "augmented"}
_WORKERS: Final = {"one worker": 1, "no worker": 0}


def run(rounds: int) -> list[Gate]:
    """Train a little on each recipe, with a worker and without, and note what each step waits for."""
    torch.set_num_threads(1)
    step = _trainer()
    gates = []
    rows = [["", "ms a step", "ms of waiting", "share of a step", "share of its CPU time"]]
    for recipe, config in _RECIPES.items():
        for workers, number in _WORKERS.items():
            dataset = StreamDataset(loop.shipped(config), batch_size=loop.BATCH, endless=True)
            costs = _measure(iter(DataLoader(dataset, None, num_workers=number, collate_fn=collate)), step, rounds)
            share = ratio(costs, "wait", "all")
            whole, waiting = (1000 * median(costs[name]) for name in ("all", "wait"))
            own = ratio(costs, "CPU wait", "CPU all")
            rows.append([f"{recipe}, {workers}", f"{whole:.1f}", f"{waiting:.2f}", str(share), str(own)])
            if number:
                gates.append(Gate(f"loader, {recipe}, {workers}, share of a step", share.middle, MOST, at_least=False))
    print_table(f"A step of {loop.BATCH} strips, CNN and CTC; median (min-max) of {rounds} rounds of {_STEPS}", rows)
    return gates


def _measure(batches: Iterator[Any], step: Callable[[Any], None], rounds: int) -> Costs:
    """Seconds a step of each round: waiting for its batch, and all in all. A round before the first warms up."""
    costs: Costs = {name: [] for name in ("wait", "all", "CPU wait", "CPU all")}
    clocks = {"": time.perf_counter, "CPU ": time.thread_time}
    for number in range(rounds + 1):
        spent = dict.fromkeys(costs, 0.0)
        for _ in range(_STEPS):
            begun = {name: clock() for name, clock in clocks.items()}
            batch = next(batches)
            given = {name: clock() for name, clock in clocks.items()}
            step(batch)
            for name, clock in clocks.items():
                spent[f"{name}wait"] += given[name] - begun[name]
                spent[f"{name}all"] += clock() - begun[name]
        if number:
            for name, each in spent.items():
                costs[name].append(each / _STEPS)
    return costs


def _trainer() -> Callable[[Any], None]:
    """Make a step of training a reader, from a batch of tensors to its new weights."""
    torch.manual_seed(1)
    network = model.reader()
    optimizer = torch.optim.Adam(network.parameters(), fused=True)

    def step(batch: Any) -> None:
        targets, lengths = map(torch.from_numpy, ctc_targets(batch["labels"], batch["lengths"]))
        scores = network(loop.pixels(batch["images"].numpy())).squeeze(2).permute(2, 0, 1).log_softmax(2)
        times = torch.full((scores.shape[1],), len(scores))
        loss = nn.functional.ctc_loss(scores, targets, times, lengths, zero_infinity=True)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step
