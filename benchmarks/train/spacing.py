"""How far from the gaps that a reader was trained on it still reads: gaps to train on against gaps to test on."""

from typing import Final

from benchmarks.train import loop
from benchmarks.train.experiment import Experiment, Figures, Trial
from digitgen.config.build_config import BuildConfig

_GAPS: Final = {"overlapping": (-6, -3), "touching": (-2, 1), "apart": (2, 6), "wide": (7, 12)}
"""Smallest and largest gap between inked columns, px."""
_STRIPS: Final = 32_000


def run(trial: Trial) -> Figures:
    """Train a reader on each range of gaps and one on all, and let each read each range."""
    ranges = {f"{name}, {least} to {most} px": (least, most) for name, (least, most) in _GAPS.items()}
    tests = {name: loop.strips(trial, _config(gaps)) for name, gaps in ranges.items()}
    figures: Figures = {}
    for name, gaps in {**ranges, "all, -6 to 12 px": (-6, 12)}.items():
        reader = loop.train(_config(gaps, trial.seed), trial.seed, trial.scaled(_STRIPS // loop.BATCH, 2))
        figures[f"trained on {name}"] = {
            test: loop.share_wrong(trial, reader, batch, f"{name.split(',')[0]}-reads-{test.split(',')[0]}-gaps")
            for test, batch in tests.items()
        }
    return figures


def _config(gaps: tuple[int, int], seed: int = 0) -> BuildConfig:
    """The quickstart with other gaps, measured between ink."""
    return loop.shipped("quickstart", f"seed={seed}", "spacing.unit=ink", f"spacing.range=[{gaps[0]}, {gaps[1]}]")


EXPERIMENT: Final = Experiment(
    "spacing", "Strings of one to five digits with any mistake, percent; by the gaps in training and in the test.", run
)
