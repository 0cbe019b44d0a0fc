"""The network of Simard et al. for single digits: strings of one, streamed, warped or not."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from benchmarks.train.experiment import Trial
from digitgen import load_config, stream
from digitgen.config.build_config import BuildConfig
from digitgen.glyphs.digits import Digits
from digitgen.glyphs.fetch import load_digits

Steps = Sequence[Mapping[str, Any]]

PIXELS: Final = 28 * 28
CLASSES: Final = 10
BATCH: Final = 128
"""Images of a step."""
STEPS: Final = 7500
"""Steps of training: 960,000 images."""
_HIDDEN: Final = 800
_LARGEST_RATE: Final = 2e-3
_AFFINE: Final[Steps] = (
    {"step": "rotate", "angle": [-0.26, 0.26]},
    {"step": "scale", "x": [0.85, 1.15], "y": [0.85, 1.15]},
    {"step": "slant", "slant": [-0.26, 0.26]},
)
_ELASTIC: Final[Steps] = ({"step": "elastic", "rms": [0.7, 1.4]},)
WARPS: Final[Mapping[str, Steps]] = {
    "plain": (),
    "affine": _AFFINE,
    "elastic": _ELASTIC,
    "both": (*_AFFINE, *_ELASTIC),
}
"""The steps of augmentation of each training set."""


def config(warps: str, seed: int) -> BuildConfig:
    """Single digits of MNIST's training set, each in the 28x28 px that MNIST gives it."""
    return load_config(
        {
            "name": "single",
            "seed": seed,
            "image_width": 28,
            "splits": {"train": {"count": 60_000, "source": "mnist/train"}},
            "sequence": {"length": 1},
            "spacing": {"range": [0, 0]},
            "augment": {"sequence": [dict(step) for step in WARPS[warps]]},
        }
    )


def reader(trial: Trial, warps: str, steps: int = STEPS) -> Any:
    """Train a reader of single digits, or return the one that a trial has.

    Parameters
    ----------
    trial : Trial
        The seed, and what it has trained so far.
    warps : str
        Name of the training set, of those in `WARPS`.
    steps : int, default 7500
        Number of batches.

    Returns
    -------
    torch.nn.Sequential
        Takes (N, 784) floats, gives the scores (N, 10) of each digit.
    """
    key = ("single", warps, steps)
    if key not in trial.readers:
        trial.readers[key] = _train(config(warps, trial.seed), trial.seed, trial.scaled(steps, 20))
    return trial.readers[key]


def _train(data: BuildConfig, seed: int, steps: int) -> Any:
    """Train a network with 800 hidden units: cross-entropy, Adam, and one cycle of the learning rate."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(PIXELS, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, CLASSES))
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LARGEST_RATE, total_steps=steps)
    for batch in islice(stream(data, batch_size=BATCH), steps):
        loss = nn.functional.cross_entropy(network(pixels(batch.images)), digits(batch.labels[:, 0]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network


def pixels(images: np.ndarray) -> Any:
    """(N, 28, 28) uint8 as the floats (N, 784) from 0 to 1 that networks take."""
    return torch.from_numpy(images.reshape(-1, PIXELS)).to(torch.float32).div_(255)


def digits(labels: np.ndarray) -> Any:
    """(N,) integers as the classes that losses take."""
    return torch.from_numpy(labels.astype(np.int64))


def share_wrong(network: Any, images: np.ndarray, labels: np.ndarray) -> float:
    """Let a reader read images (N, 28, 28) uint8; the share that it reads wrong, in percent."""
    with torch.inference_mode():
        read = network(pixels(images)).argmax(1)
    return round(100 * float((read != digits(labels)).double().mean()), 4)


def unseen() -> Digits:
    """MNIST's test set: 10,000 digits by other writers."""
    return load_digits("mnist/test")
