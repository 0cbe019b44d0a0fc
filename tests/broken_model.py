"""A model that is broken on purpose, for the tests of what shows a model's mistakes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitgen.compose.batch import Sample
from digitgen.dataset.digit_dataset import DigitDataset

BREAKAGE = 0.9
NOISE = 0.015


def read_badly(samples: Sequence[Sample] | DigitDataset, *, breakage: float = BREAKAGE, seed: int = 1) -> list[str]:
    """Read every image right but for this: most 4s that overlap a neighbour are read as 9, and a few digits at random.

    The same seed makes the same mistakes at random, whatever the breakage.
    """
    rng = np.random.default_rng(seed)
    return ["".join(_read(sample, rng.random((len(sample.digits), 4)), breakage)) for sample in samples]


def _read(sample: Sample, chance: np.ndarray, breakage: float) -> list[str]:
    """Read one image."""
    left, right = sample.boxes[:, 0], sample.boxes[:, 0] + sample.boxes[:, 2]
    touches = np.zeros(len(left), bool)
    touches[1:] |= left[1:] < right[:-1]
    touches[:-1] |= left[1:] < right[:-1]
    read = []
    for digit, beside, (fault, kind, which, broken) in zip(sample.digits, touches, chance, strict=True):
        if digit == 4 and beside and broken < breakage:
            read.append("9")
        elif fault >= NOISE:
            read.append(str(digit))
        elif kind < 0.6:
            read.append(str(int(digit + 1 + 9 * which) % 10))
        elif kind < 0.8:
            read += [str(digit), str(int(10 * which))]
    return read


def write_csv(path: Path, texts: list[str]) -> Path:
    """Write predictions."""
    path.write_text("id,prediction\n" + "".join(f"{index},{text}\n" for index, text in enumerate(texts)))
    return path
