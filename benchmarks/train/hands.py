"""Whether a reader of strings of mixed hands reads strings in one hand, and the other way round."""

from typing import Final

from benchmarks.train import loop
from benchmarks.train.experiment import Experiment, Figures, Trial

_HANDS: Final = ("mixed", "one")
_STRIPS: Final = 48_000


def run(trial: Trial) -> Figures:
    """Train a reader on each, of the same writers, and let each read both."""
    tests = {hand: loop.strips(trial, loop.shipped("one-hand", f"hand={hand}")) for hand in _HANDS}
    figures: Figures = {}
    for hand in _HANDS:
        reader = loop.reader(trial, "one-hand", f"hand={hand}", strips=_STRIPS)
        figures[f"trained on {hand} hand{'s' * (hand == 'mixed')}"] = {
            f"{test} hand{'s' * (test == 'mixed')}": loop.share_wrong(trial, reader, batch, f"{hand}-reads-{test}-hand")
            for test, batch in tests.items()
        }
    return figures


EXPERIMENT: Final = Experiment(
    "one-hand", "Strings of one to five digits with any mistake, percent. Who wrote them: QMNIST's labels.", run
)
