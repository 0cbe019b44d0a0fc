"""What an experiment is: what it asks, how one seed of it is run, and what it must come to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import Gate

CONFIGS = Path(__file__).parents[2] / "configs"
"""The shipped configurations."""

Figures = dict[str, dict[str, float]]
"""What was measured: a table, row by row, and column by column in each."""


@dataclass
class Trial:
    """One seed of the suite.

    Attributes
    ----------
    seed : int
        Seed of the weights, of the order of examples and of the images to train on. The images of a test are always
        the same.
    scale : float
        How many of an experiment's images and steps to use; 1 for all. Less is for tests of the suite itself.
    predictions : Path or None
        Folder in which models leave what they read, for `digitgen mistakes`.
    readers : dict
        Models that are trained already, by what they were trained on: some experiments share them.
    """

    seed: int
    scale: float = 1.0
    predictions: Path | None = None
    readers: dict[object, object] = field(default_factory=dict)

    def scaled(self, count: int, least: int = 1) -> int:
        """How many of a count of images or steps to use."""
        return max(least, round(self.scale * count))


@dataclass(frozen=True)
class Experiment:
    """A question about what data teach.

    Attributes
    ----------
    name : str
        Its name on the command line.
    title : str
        What its table shows, and in which unit.
    run : callable
        Trains and measures; takes a `Trial`, returns `Figures`.
    gates : callable
        Takes the means of the figures over the seeds, returns what must hold of them.
    """

    name: str
    title: str
    run: Callable[[Trial], Figures]
    gates: Callable[[Figures], list[Gate]] = lambda _: []
