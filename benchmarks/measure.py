"""Paired rounds, tables of ratios, and gates: what every benchmark measures and reports with."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Contender = Callable[[int], float]
"""Takes the number of the round; returns what a unit of its work cost, in seconds."""

Costs = dict[str, list[float]]
"""What a unit cost each contender, round by round."""


@dataclass(frozen=True)
class Spread:
    """The median of some rounds, and their smallest and largest value."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.3g} ({self.low:.3g}-{self.high:.3g})"


@dataclass(frozen=True)
class Gate:
    """A promise about a measured value, and whether it was kept."""

    what: str
    value: float
    limit: float
    at_least: bool = True

    @property
    def kept(self) -> bool:
        """Whether the value is on the right side of the limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        bound = "at least" if self.at_least else "at most"
        return f"{'ok    ' if self.kept else 'MISSED'} {self.what}: {self.value:.4g}, {bound} {self.limit:.4g}"


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long `work` takes."""
    start = clock()
    work()
    return clock() - start


def paired_rounds(contenders: Mapping[str, Contender], rounds: int) -> Costs:
    """Let every contender run once a round, each round beginning with another of them.

    What disturbs the machine for longer than a round then disturbs all contenders alike, and leaves
    their ratios alone. A round before the first warms up and does not count.
    """
    names = list(contenders)
    costs: Costs = {name: [] for name in names}
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            cost = contenders[name](number)
            if number:
                costs[name].append(cost)
    return costs


def ratio(costs: Costs, name: str, reference: str) -> Spread:
    """The cost of one contender over that of another, of the same round each time."""
    ratios = [cost / other for cost, other in zip(costs[name], costs[reference], strict=True)]
    return Spread(median(ratios), min(ratios), max(ratios))


def print_ratios(title: str, costs: Costs, references: Sequence[str], unit: str, show: Callable[[float], str]) -> None:
    """Print a row a contender: its own cost as `show` puts it, and its time over each reference's."""
    rounds = len(next(iter(costs.values())))
    header = ["", unit, *(f"time / {name}" for name in references)]
    rows = [
        [name, show(median(costs[name])), *(str(ratio(costs, name, reference)) for reference in references)]
        for name in costs
    ]
    print_table(f"{title}; median (min-max) of {rounds} paired rounds", [header, *rows])


def print_table(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(title)
    for name, *cells in rows:
        columns = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        print("   ".join([f"  {name.ljust(widths[0])}", *columns]))
    print()
