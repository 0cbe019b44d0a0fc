"""The network that reads real crops: a small convolutional one, a step for every four pixels of width."""

from typing import Any

import torch
from torch import nn


class _Residual(nn.Module):  # type: ignore[misc]
    """Two convolutions whose result is added to what they were given."""

    def __init__(self, channels: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        around = (kernel[0] // 2, kernel[1] // 2)
        self.change = nn.Sequential(
            *_layer(channels, channels, kernel, around),
            nn.Conv2d(channels, channels, kernel, padding=around, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, maps: Any) -> Any:
        """Add what the convolutions make of the maps."""
        return torch.relu(maps + self.change(maps))


def _layer(before: int, after: int, kernel: tuple[int, int] = (3, 3), padding: Any = 1, stride: Any = 1) -> list[Any]:
    """A convolution, normalised."""
    convolution = nn.Conv2d(before, after, kernel, stride=stride, padding=padding, bias=False)
    return [convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True)]


def reader(height: int, classes: int = 10) -> Any:
    """Make a network that reads strings by connectionist temporal classification.

    Parameters
    ----------
    height : int
        Height of the images, px.
    classes : int, default 10
        Number of characters.

    Returns
    -------
    torch.nn.Sequential
        Takes (N, 1, H, W) floats, gives the scores (N, classes + 1, 1, W / 4) of the blank and of each character.
    """
    rows = -(-(height // 4) // 2)  # that are left for the layer that takes them for one
    network = nn.Sequential(
        *_layer(1, 16),
        nn.MaxPool2d(2),
        *_layer(16, 48),
        _Residual(48, (3, 3)),
        nn.MaxPool2d(2),
        *_layer(48, 96),
        _Residual(96, (3, 3)),
        *_layer(96, 128, stride=(2, 1)),
        *_layer(128, 160, kernel=(rows, 1), padding=0),
        nn.Dropout(0.1),
        *_layer(160, 160, kernel=(1, 5), padding=(0, 2)),
        nn.Conv2d(160, classes + 1, 1),
    )
    return network.to(memory_format=torch.channels_last)
