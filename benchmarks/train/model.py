"""The small convolutional network that reads strips: 74,000 parameters, a step for every four pixels of width."""

from typing import Any

import torch
from torch import nn

CLASSES = 10


def reader(classes: int = CLASSES) -> Any:
    """Make a network that reads the digits of a strip by connectionist temporal classification.

    Its first three layers halve the height, the first two also the width; the fourth takes the four rows that are
    left for one, and the fifth looks at two steps to either side. It sees 31 columns for each step.

    Parameters
    ----------
    classes : int, default 10
        Number of characters.

    Returns
    -------
    torch.nn.Sequential
        Takes (N, 1, 28, W) floats, gives the scores (N, classes + 1, 1, W / 4) of the blank and of each character.
    """
    widths = (16, 32, 48, 80, 96)
    layers: list[Any] = []
    settings: list[dict[str, Any]] = [
        {"kernel_size": 3, "stride": 2, "padding": 1},
        {"kernel_size": 3, "stride": 2, "padding": 1},
        {"kernel_size": 3, "stride": (2, 1), "padding": 1},
        {"kernel_size": (4, 1)},
        {"kernel_size": (1, 5), "padding": (0, 2)},
    ]
    for before, after, setting in zip((1, *widths), widths, settings, strict=False):
        layers += [nn.Conv2d(before, after, bias=False, **setting), nn.BatchNorm2d(after), nn.ReLU()]
    network = nn.Sequential(*layers, nn.Conv2d(widths[-1], classes + 1, 1))
    return network.to(memory_format=torch.channels_last)
