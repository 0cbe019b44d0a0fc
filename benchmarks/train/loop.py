"""Train a reader on the stream of a configuration, and let it read a split of another."""

from itertools import islice
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from benchmarks.train import model
from benchmarks.train.experiment import CONFIGS, Trial
from digitgen import Batch, load_config, stream
from digitgen.config.build_config import BuildConfig
from digitgen.training import ctc_decode, ctc_targets, sequence_accuracy, write_predictions

STRIPS: Final = 96_000
"""Images that a reader is trained on."""
TESTED: Final = 2000
"""Images that it then reads of a split."""
BATCH: Final = 64
"""Images of a step."""
_LARGEST_RATE: Final = 4e-3


def shipped(name: str, *overrides: str) -> BuildConfig:
    """A shipped configuration, with some values replaced."""
    return load_config(CONFIGS / f"{name}.yaml", overrides)


def reader(trial: Trial, name: str, *overrides: str, strips: int = STRIPS) -> Any:
    """Train a reader on the training split of a shipped configuration, or return the one that a trial has.

    Parameters
    ----------
    trial : Trial
        The seed, and what it has trained so far.
    name : str
        Name of the configuration.
    *overrides : str
        ``key.path=value`` each.
    strips : int, default 96,000
        Number of images, each seen once.

    Returns
    -------
    torch.nn.Sequential
        The trained network.
    """
    key = (name, overrides, strips)
    if key not in trial.readers:
        config = shipped(name, f"seed={trial.seed}", *overrides)
        trial.readers[key] = train(config, trial.seed, trial.scaled(strips // BATCH, 2))
    return trial.readers[key]


def train(config: BuildConfig, seed: int, steps: int, batch_size: int = BATCH) -> Any:
    """Train a reader on the stream of a configuration: Adam, and one cycle of the learning rate.

    Parameters
    ----------
    config : BuildConfig
        Whose split `train` is streamed, from its beginning.
    seed : int
        Seed of the weights.
    steps : int
        Number of batches.
    batch_size : int, default 64
        Images in each.

    Returns
    -------
    torch.nn.Sequential
        The trained network.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = model.reader(len(config.alphabet))
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LARGEST_RATE, total_steps=steps)
    for batch in islice(stream(config, "train", batch_size=batch_size), steps):
        targets, lengths = (torch.from_numpy(each) for each in ctc_targets(batch.labels, batch.lengths))
        scores = network(pixels(batch.images)).squeeze(2).permute(2, 0, 1).log_softmax(2)
        times = torch.full((batch_size,), len(scores))
        loss = nn.functional.ctc_loss(scores, targets, times, lengths)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def pixels(images: np.ndarray) -> Any:
    """(N, 28, W) uint8 as the floats (N, 1, 28, W) from 0 to 1 that networks take."""
    return torch.from_numpy(images).unsqueeze(1).to(torch.float32, memory_format=torch.channels_last).div_(255)


def strips(trial: Trial, config: BuildConfig, split: str = "test", count: int = TESTED) -> Batch:
    """The first images of a split of a configuration, to test readers on."""
    return next(stream(config, split, batch_size=trial.scaled(count, 16)))


def share_wrong(trial: Trial, network: Any, batch: Batch, name: str) -> float:
    """Let a reader read images; if the trial has a folder for that, keep what it read.

    Parameters
    ----------
    trial : Trial
        The seed.
    network : torch.nn.Sequential
        The reader.
    batch : Batch
        The images.
    name : str
        Name of the file of predictions: who read what.

    Returns
    -------
    float
        The share of strings with any mistake, in percent.
    """
    texts = read(network, batch)
    if trial.predictions is not None:
        trial.predictions.mkdir(parents=True, exist_ok=True)
        write_predictions(trial.predictions / f"{name}-seed-{trial.seed}.csv", texts)
    return round(100 * (1 - sequence_accuracy(texts, batch.texts)), 4)


def read(network: Any, batch: Batch) -> list[str]:
    """Let a reader read images."""
    parts = range(0, len(batch), BATCH)
    with torch.inference_mode():
        scores = [network(pixels(batch.images[k : k + BATCH])).squeeze(2).permute(0, 2, 1) for k in parts]
    return ctc_decode(torch.cat(scores).numpy(), alphabet=batch.alphabet)
