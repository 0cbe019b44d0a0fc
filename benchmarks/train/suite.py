"""Run experiments seed by seed, keep what they measured in a file, and show it as tables."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

from benchmarks.measure import Gate
from benchmarks.train.experiment import Experiment, Figures, Trial
from digitgen.checks import choose
from digitgen.errors import ArgumentError, DigitgenError
from digitgen.extras import installed
from digitgen.files import write_atomically


@dataclass(frozen=True)
class Result:
    """What one seed of an experiment measured, and the minutes of CPU that it took."""

    experiment: str
    seed: int
    scale: float
    minutes: float
    figures: Figures


def run(
    seeds: int,
    only: Sequence[str] = (),
    file: Path | None = None,
    predictions: Path | None = None,
    scale: float = 1.0,
    long: bool = False,
) -> list[Gate]:
    """Run experiments, print their tables, and return their gates; leave out those that lack digits or a library.

    Parameters
    ----------
    seeds : int
        Number of seeds; they are 1, 2, ...
    only : sequence of str
        Names of the experiments; all but the long ones by default.
    file : Path, optional
        Where to keep what was measured. What it already has is not measured again.
    predictions : Path, optional
        Folder for what the models read.
    scale : float, default 1.0
        How many of the images and steps to use.
    long : bool, default False
        Whether the long ones run too, if no names are given.

    Returns
    -------
    list of Gate
        What the means over the seeds must keep.

    Raises
    ------
    ArgumentError
        If there is no experiment of such a name.
    DigitgenError
        If torch is not installed.
    """
    with installed("torch"):
        from benchmarks.train.experiments import EXPERIMENTS, LONG

    known = {**EXPERIMENTS, **LONG}
    names = [choose("--only", name, known) for name in only] or [*(known if long else EXPERIMENTS)]
    results = [] if file is None else _read(file)
    for seed in range(1, seeds + 1):
        trial = Trial(seed, scale, predictions)
        for name in names:
            if any((each.experiment, each.seed, each.scale) == (name, seed, scale) for each in results):
                continue
            try:
                results.append(_measured(known[name], trial))
            except DigitgenError as error:  # digits or a library that cannot be had
                print(f"seed {seed}: {name} is left out: {error}", file=sys.stderr)
                continue
            print(f"seed {seed}: {name}: {results[-1].minutes:.1f} minutes of CPU", file=sys.stderr)
            if file is not None:
                write_atomically(file, json.dumps([asdict(each) for each in results], indent=1).encode())
    gates = []
    for name in names:
        these = [each for each in results if (each.experiment, each.scale) == (name, scale) and each.seed <= seeds]
        if these:
            print(table(known[name], these))
            gates += known[name].gates(means(these))
    return gates


def _measured(experiment: Experiment, trial: Trial) -> Result:
    start = time.process_time()
    figures = experiment.run(trial)
    return Result(experiment.name, trial.seed, trial.scale, (time.process_time() - start) / 60, figures)


def _read(file: Path) -> list[Result]:
    """What an earlier run left, if anything."""
    if not file.exists():
        return []
    try:
        return [Result(**each) for each in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise ArgumentError(f"{file}: expected what an earlier run of this suite wrote: {error}") from None


def means(results: Sequence[Result]) -> Figures:
    """The mean of each figure over the seeds."""
    return {
        row: {column: mean(each.figures[row][column] for each in results) for column in columns}
        for row, columns in results[0].figures.items()
    }


def table(experiment: Experiment, results: Sequence[Result]) -> str:
    """Write the figures of an experiment as a Markdown table: the mean over the seeds, and their range.

    Parameters
    ----------
    experiment : Experiment
        Whose figures they are.
    results : sequence of Result
        One for each seed.

    Returns
    -------
    str
        A heading, a line about the run, and the table.
    """
    columns = list(dict.fromkeys(column for row in results[0].figures.values() for column in row))
    lines = [["", *columns], ["---", *("---:" for _ in columns)]]
    for row, cells in results[0].figures.items():
        values = [[each.figures[row][column] for each in results] if column in cells else [] for column in columns]
        lines.append([row, *map(_cell, values)])
    minutes = mean(each.minutes for each in results)
    heading = f"## {experiment.name}\n\n{experiment.title} {_seeds(len(results))}; {minutes:.1f} minutes of CPU each.\n"
    return "\n".join([heading, *(f"| {' | '.join(line)} |" for line in lines), ""])


def _seeds(count: int) -> str:
    return f"Mean of {count} seeds, and their range" if count > 1 else "One seed"


def _cell(values: Sequence[float]) -> str:
    if not values:
        return ""
    spread = f" ({_short(min(values))} to {_short(max(values))})" if len(values) > 1 else ""
    return f"{_short(mean(values))}{spread}"


def _short(value: float) -> str:
    """A number with one decimal, or two if it is below 10."""
    return f"{value:.1f}" if abs(value) >= 9.995 else f"{value:.2f}"
