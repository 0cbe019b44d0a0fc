"""What distortions teach: the comparison of Simard, Steinkraus and Platt 2003, doi:10.1109/ICDAR.2003.1227801.

Their two-layer network of 800 hidden units, trained by cross-entropy, made 1.6 % errors on MNIST's test set; 1.1 % with
affine distortions, 0.7 % with elastic ones.
"""

from typing import Final

from benchmarks.measure import Gate
from benchmarks.train import single
from benchmarks.train.experiment import Experiment, Figures, Trial

_COLUMN: Final = "digits of MNIST's test set"
_LONG: Final = 75_000  # steps


def run(trial: Trial) -> Figures:
    """Train a network on each rung, and let it read MNIST's test set."""
    test = single.unseen()
    return {
        f"trained on {name}": {_COLUMN: single.share_wrong(single.reader(trial, name), test.images, test.labels)}
        for name in single.WARPS
    }


def run_long(trial: Trial) -> Figures:
    """Train one on both distortions for ten times as long."""
    test = single.unseen()
    reader = single.reader(trial, "both", _LONG)
    return {"trained on both": {_COLUMN: single.share_wrong(reader, test.images, test.labels)}}


def _gates(means: Figures) -> list[Gate]:
    plain, affine, elastic, both = (means[f"trained on {name}"][_COLUMN] for name in single.WARPS)
    return [
        Gate("ladder, plain, percent wrong", plain, 1.5),
        Gate("ladder, plain, percent wrong", plain, 1.9, at_least=False),
        Gate("ladder, affine, percent wrong", affine, 1.1, at_least=False),
        Gate("ladder, elastic, percent wrong", elastic, 1.1, at_least=False),
        Gate("ladder, both, of plain", both / plain, 0.6, at_least=False),
    ]


EXPERIMENT: Final = Experiment("ladder", "Single digits read wrong, percent.", run, _gates)
LONG: Final = Experiment(
    "ladder-long",
    "Single digits read wrong, percent, after 75,000 steps.",
    run_long,
    lambda means: [Gate("long ladder, percent wrong", means["trained on both"][_COLUMN], 0.7, at_least=False)],
)
