"""The experiments, in the order in which they run and are shown."""

from benchmarks.train import corruptions, ctc, hands, ladder, leak, others, spacing, vae
from benchmarks.train.experiment import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    each.name: each
    for each in (
        ctc.EXPERIMENT,
        spacing.EXPERIMENT,
        corruptions.EXPERIMENT,
        corruptions.OTHERS,
        hands.EXPERIMENT,
        leak.EXPERIMENT,
        ladder.EXPERIMENT,
        others.EXPERIMENT,
        vae.EXPERIMENT,
    )
}
"""By name."""
LONG: dict[str, Experiment] = {each.name: each for each in (ladder.LONG,)}
"""Those that take much longer, and run only if they are asked for."""
