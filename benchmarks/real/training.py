"""Train a reader on the stream of a configuration for some minutes of CPU, and let it read."""

import copy
import time
from itertools import count
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from benchmarks.real.network import reader
from digitgen import stream
from digitgen.config.build_config import BuildConfig
from digitgen.training import ctc_decode, ctc_targets

BATCH: Final = 64
"""Images of a step."""
_LARGEST_RATE: Final = 3e-3
_WARMING: Final = 0.05
"""Share of the time in which the learning rate rises. It does not fall again: as it falls, a reader learns the fine
points of strings that were made, which real ones do not have."""
_MEMORY: Final = 0.9985
"""Of the mean of the weights, from step to step: it is the mean that reads."""


def train(config: BuildConfig, seed: int, minutes: float, split: str = "train") -> tuple[Any, int]:
    """Train a reader on nothing but the images of a configuration, each seen once.

    Parameters
    ----------
    config : BuildConfig
        The configuration.
    seed : int
        Seed of the weights.
    minutes : float
        Minutes of CPU of this process, the making of images included.
    split : str, default "train"
        The split to stream.

    Returns
    -------
    network : torch.nn.Sequential
        The mean of its weights over the last steps.
    images : int
        Number of images that it has seen.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = reader(config.layout.image_height, len(config.alphabet))
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    start = time.process_time()
    batches = stream(config, split, batch_size=BATCH)
    for step in count():
        share = (time.process_time() - start) / (60 * minutes)
        if share >= 1:
            return average.eval(), step * BATCH
        for group in optimizer.param_groups:
            group["lr"] = _LARGEST_RATE * _rate(share)
        batch = next(batches)
        targets, lengths = (torch.from_numpy(each) for each in ctc_targets(batch.labels, batch.lengths))
        with torch.autocast("cpu", torch.bfloat16):
            scores = network(pixels(batch.images)).squeeze(2)
        chances = scores.float().permute(2, 0, 1).log_softmax(2)
        steps = torch.full((BATCH,), len(chances))
        loss = nn.functional.ctc_loss(chances, targets, steps, lengths, zero_infinity=True)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimizer.step()
        _follow(average, network, min(_MEMORY, (1 + step) / (10 + step)))
    raise AssertionError  # the stream has no end


def _rate(share: float) -> float:
    """The learning rate over the largest one, after a share of the time."""
    return min((share + 1e-4) / _WARMING, 1.0)


def _follow(average: Any, network: Any, memory: float) -> None:
    """Let the mean of the weights follow the weights."""
    with torch.no_grad():
        for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if old.dtype.is_floating_point:
                old.lerp_(new, 1 - memory)
            else:
                old.copy_(new)


def pixels(images: np.ndarray) -> Any:
    """(N, H, W) uint8 as the floats (N, 1, H, W) from 0 to 1 that networks take."""
    return torch.from_numpy(images).unsqueeze(1).to(torch.float32, memory_format=torch.channels_last).div_(255)


def read(network: Any, images: np.ndarray, alphabet: str) -> list[str]:
    """Let a reader read images."""
    with torch.inference_mode():
        scores = [
            network(pixels(images[k : k + BATCH])).squeeze(2).permute(0, 2, 1) for k in range(0, len(images), BATCH)
        ]
    return ctc_decode(torch.cat(scores).numpy(), alphabet=alphabet)
