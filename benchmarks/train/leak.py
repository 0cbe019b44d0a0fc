"""What a validation set says that shares glyphs with the training set, and what one says that does not."""

from typing import Any, Final

from benchmarks.measure import Gate
from benchmarks.train import loop
from benchmarks.train.experiment import Experiment, Figures, Trial
from digitgen import load_config
from digitgen.config.build_config import BuildConfig

_KNOWN: Final = {"1,000 glyphs": 1 / 60, "54,000 glyphs": 0.9}
"""Share of MNIST's training set that each reader is trained on."""
_TESTED: Final = {
    "shared": "validation on the same glyphs",
    "pool": "validation on a pool of its own",
    "test": "unseen glyphs by other writers",
}
_STRIPS: Final = 32_000


def run(trial: Trial) -> Figures:
    """Train a reader on few glyphs and one on many, and validate each in both ways."""
    figures: Figures = {}
    for name, share in _KNOWN.items():
        reader = loop.train(_config(share, trial.seed), trial.seed, trial.scaled(_STRIPS // loop.BATCH, 2))
        figures[f"trained on {name}"] = {
            title: loop.share_wrong(
                trial,
                reader,
                loop.strips(trial, _config(share), split),
                f"{name.replace(',', '').replace(' ', '-')}-reads-{split}",
            )
            for split, title in _TESTED.items()
        }
    return figures


def _config(share: float, seed: int = 0) -> BuildConfig:
    """The quickstart's strings, of a share of the glyphs for training, and three splits to test on."""
    splits: dict[str, Any] = {
        "train": {"count": 1000, "source": "mnist/train", "pool": [0, share]},
        "shared": {"count": 1000, "source": "mnist/train", "pool": [0, share]},
        "pool": {"count": 1000, "source": "mnist/train", "pool": [0.9, 1]},
        "test": {"count": 1000, "source": "mnist/test"},
    }
    return load_config(
        {
            "name": "leak",
            "seed": seed,
            "image_width": 168,
            "splits": splits,
            "allow_shared_glyphs": True,
            "sequence": {"length": [1, 5]},
            "spacing": {"range": [0, 7]},
        }
    )


def _gates(means: Figures) -> list[Gate]:
    shared, pool, test = (means["trained on 1,000 glyphs"][title] for title in _TESTED.values())
    return [
        Gate("leak, shared validation over unseen glyphs", shared / test, 0.5, at_least=False),
        Gate("leak, validation on a pool of its own over unseen glyphs", pool / test, 0.8),
        Gate("leak, validation on a pool of its own over unseen glyphs", pool / test, 1.5, at_least=False),
    ]


EXPERIMENT: Final = Experiment("leak", "Strings of one to five digits with any mistake, percent.", run, _gates)
