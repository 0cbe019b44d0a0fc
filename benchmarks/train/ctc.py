"""Readers trained on shipped configurations, and what each reads of clean and of overlapping strings."""

from typing import Final

from benchmarks.measure import Gate
from benchmarks.train import loop
from benchmarks.train.experiment import Experiment, Figures, Trial

_TRAINED: Final = {
    "clean": "quickstart",
    "augmented": "augmented",
    "overlapping": "overlapping",
    "touching": "touching",
    "robust": "robust",
}
"""The shipped configuration that each reader was trained on."""
_TESTED: Final = {"clean": "quickstart", "overlapping": "overlapping"}


def run(trial: Trial) -> Figures:
    """Train the readers, and let each read both tests."""
    tests = {test: loop.strips(trial, loop.shipped(config)) for test, config in _TESTED.items()}
    return {
        f"trained on {name}": {
            f"{test} strings": loop.share_wrong(
                trial, loop.reader(trial, config), batch, f"{name}-reads-{_TESTED[test]}-test"
            )
            for test, batch in tests.items()
        }
        for name, config in _TRAINED.items()
    }


def gates(means: Figures) -> list[Gate]:
    """Clean training must fail where digits overlap, and the recipe `touching` must not."""
    touching, clean = means["trained on touching"], means["trained on clean"]
    return [
        Gate("clean strings that clean training misreads, percent", clean["clean strings"], 4, at_least=False),
        Gate("overlapping strings that clean training misreads, percent", clean["overlapping strings"], 75),
        Gate(
            "overlapping strings that touching misreads, percent", touching["overlapping strings"], 18, at_least=False
        ),
        Gate("clean strings that touching misreads, percent", touching["clean strings"], 6, at_least=False),
    ]


EXPERIMENT: Final = Experiment("ctc", "Strings of one to six digits with any mistake, percent.", run, gates)
