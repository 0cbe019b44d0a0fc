"""The experiments, in the order in which they run and are shown."""

from benchmarks.train import corruptions, ctc, hands, ladder, leak, others, spacing, vae
from benchmarks.train.experiment import Experiment

_MODULES = (ctc, spacing, corruptions, hands, leak, ladder, others, vae)

EXPERIMENTS: dict[str, Experiment] = {each.EXPERIMENT.name: each.EXPERIMENT for each in _MODULES}
"""By name."""
LONG: dict[str, Experiment] = {each.name: each for each in (ladder.LONG,)}
"""Those that take much longer, and run only if they are asked for."""
