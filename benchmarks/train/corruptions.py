"""What readers make of MNIST-C's fifteen corruptions. The recipe `robust` has no step of theirs."""

from collections.abc import Iterable
from statistics import mean
from typing import Final

from benchmarks.measure import Gate
from benchmarks.train import loop
from benchmarks.train.experiment import Experiment, Figures, Trial
from digitgen.config.build_config import BuildConfig

_TRAINED: Final = {"clean": "quickstart", "augmented": "augmented", "robust": "robust"}
"""The shipped configuration that each reader was trained on."""
_MEAN: Final = "mean of the fifteen"


_SEVERITIES: Final = ", severity: [1, 5]"
_OTHERS: Final = {
    "zoom_blur": ("sequence", _SEVERITIES),
    "jpeg_compression": ("sequence", _SEVERITIES),
    "quantize": ("sequence", _SEVERITIES),
    "line": ("sequence", ""),
    "glyph_fragments": ("sequence", ""),
    "wave": ("sequence", ""),
    "thinning": ("glyphs", ""),
    "thickening": ("glyphs", ""),
    "swelling": ("glyphs", ""),
    "fracture": ("glyphs", ""),
}
"""Steps that are neither of the fifteen nor in the recipe `robust`, and at which nobody looked when it was made."""


def run(trial: Trial) -> Figures:
    """Let each reader read the same strings clean, and under each corruption."""
    return _read(trial, loop.shipped("mnist-c-sequences"), _MEAN)


def run_others(trial: Trial) -> Figures:
    """Let each reader read them under other corruptions."""
    same = f"count: {loop.TESTED}, source: mnist/test, same_as: clean"
    splits = [
        f"splits.{step}={{{same}, augment: {{{stage}: [{{step: {step}{how}}}]}}}}"
        for step, (stage, how) in _OTHERS.items()
    ]
    return _read(trial, loop.shipped("mnist-c-sequences", *splits), "mean of the ten", ["clean", *_OTHERS])


def _read(trial: Trial, config: BuildConfig, title: str, splits: Iterable[str] = ()) -> Figures:
    """Let each reader read splits, and take the mean of all but the clean one."""
    readers = {name: loop.reader(trial, trained) for name, trained in _TRAINED.items()}
    figures: Figures = {}
    for split in splits or config.splits:
        batch = loop.strips(trial, config, split)
        figures[split] = {
            f"trained on {name}": loop.share_wrong(trial, reader, batch, f"{name}-reads-{config.name}-{split}")
            for name, reader in readers.items()
        }
    corrupted = [row for split, row in figures.items() if split != "clean"]
    return figures | {title: {column: mean(row[column] for row in corrupted) for column in corrupted[0]}}


def gates(means: Figures) -> list[Gate]:
    """The recipe `robust` must make no corruption worse than clean training does."""
    clean, robust = "trained on clean", "trained on robust"
    worst = max(row[robust] - row[clean] for split, row in means.items() if split not in ("clean", _MEAN))
    return [
        Gate(
            "strings that the recipe robust misreads, mean of fifteen corruptions, percent",
            means[_MEAN][robust],
            52,
            at_least=False,
        ),
        Gate("worst corruption, robust less clean training, percentage points", worst, 0, at_least=False),
    ]


EXPERIMENT: Final = Experiment(
    "mnist-c",
    "Strings of one to five digits with any mistake, percent; severities 1 to 5 where there are any.",
    run,
    gates,
)
OTHERS: Final = Experiment("other-corruptions", "Strings of one to five digits with any mistake, percent.", run_others)
