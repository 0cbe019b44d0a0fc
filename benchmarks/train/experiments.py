"""The experiments, in the order in which they run and are shown."""

from benchmarks.train import ctc, hands, spacing
from benchmarks.train.experiment import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    each.name: each for each in (ctc.EXPERIMENT, spacing.EXPERIMENT, hands.EXPERIMENT)
}
"""By name."""
