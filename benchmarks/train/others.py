"""Whether readers of MNIST read other people's digits, prepared as MNIST's were or only enlarged.

scikit-learn's `load_digits` has 1,797 digits of the test set of *Optical Recognition of Handwritten Digits* (E.
Alpaydin and C. Kaynak 1998, UCI, doi:10.24432/C50P49), 8x8 px with levels from 0 to 16.
"""

from typing import Final

import cv2
import numpy as np

from benchmarks.measure import Gate
from benchmarks.train import single
from benchmarks.train.experiment import Experiment, Figures, Trial
from digitgen import cells_from
from digitgen.extras import installed

_PREPARED: Final = "prepared by cells_from"
_READERS: Final = ("plain", "both")


def run(trial: Trial) -> Figures:
    """Let readers of the ladder read them."""
    with installed("proof", "sklearn"):
        from sklearn.datasets import load_digits
    found = load_digits()
    enlarged = [cv2.resize(image, (28, 28), interpolation=cv2.INTER_CUBIC) for image in found.images]
    shown = {
        _PREPARED: cells_from(found.images),
        "only enlarged": np.rint(np.clip(enlarged, 0, 16) * (255 / 16)).astype(np.uint8),
    }
    return {
        f"trained on {name}": {
            how: round(100 - single.share_wrong(single.reader(trial, name), images, found.target), 4)
            for how, images in shown.items()
        }
        for name in _READERS
    }


EXPERIMENT: Final = Experiment(
    "others",
    "Digits of scikit-learn's load_digits read right, percent.",
    run,
    lambda means: [
        Gate(f"other people's digits, {name}, percent right", row[_PREPARED], 75) for name, row in means.items()
    ],
)
