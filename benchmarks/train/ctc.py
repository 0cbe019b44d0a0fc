"""Readers trained on clean, augmented, overlapping and touching digits, and what each then reads."""

from typing import Final

from benchmarks.train import loop
from benchmarks.train.experiment import Experiment, Figures, Trial

TRAINED: Final = {"clean": "quickstart", "augmented": "augmented", "overlapping": "overlapping"}
"""The shipped configuration that each reader was trained on."""
_TESTED: Final = {"clean": "quickstart", "overlapping": "overlapping"}


def run(trial: Trial) -> Figures:
    """Train the readers, and let each read both tests."""
    tests = {test: loop.strips(trial, loop.shipped(config)) for test, config in _TESTED.items()}
    return {
        f"trained on {name}": {
            f"{test} strips": loop.share_wrong(trial, loop.reader(trial, config), batch, f"{name}-reads-{test}")
            for test, batch in tests.items()
        }
        for name, config in TRAINED.items()
    }


EXPERIMENT: Final = Experiment("ctc", "Strings of one to six digits with any mistake, percent.", run)
