"""The law of a parameter that a step samples: the bins in which it is counted, and how full each should be."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.special import ndtr

from digitgen.arrays import Floats
from digitgen.augment.sampled import SEVERITY
from digitgen.augment.setting import Setting

_BINS: Final = 24
_REACH: Final = 4.0  # standard deviations of a spread to show beyond what is shared


@dataclass(frozen=True)
class SampledLaw:
    """The law of one parameter.

    Attributes
    ----------
    values : tuple of float
        The values that it can have, ascending, if they are few; none otherwise.
    edges : tuple of float
        Edges of the bins in which it is counted; the first and the last bin take what lies beyond, too.
    shares : tuple of float
        The probability of each bin; none if that is not claimed.
    claim : str
        The law in words, behind "is".
    """

    values: tuple[float, ...]
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    claim: str = "uniform"


def law_of(setting: Setting, name: str) -> SampledLaw:
    """Find the law of a parameter.

    Parameters
    ----------
    setting : Setting
        The step as it was asked for.
    name : str
        Name of the parameter.

    Returns
    -------
    SampledLaw
        The law of one value: of digits that share theirs, that of one digit of each image.
    """
    parameter = setting.parameters[name]
    ranges: dict[str, tuple[float, float]] = dict(setting.ranges)
    if setting.severity:
        ranges[SEVERITY] = setting.severity
    low, high = ranges.get(name, parameter.default)
    if setting.severity and parameter.levels:
        levels = parameter.levels[setting.severity[0] - 1 : setting.severity[1]]
        return _of_values(sorted({*levels, *(-level for level in levels if parameter.either_sign)}), uniform=False)
    if sd := dict(setting.spread).get(name, 0.0):
        return _with_spread((low, high), sd, parameter.bounds, integer=parameter.integer)
    if parameter.integer and high - low < _BINS:
        return _of_values(np.arange(low, high + 1, dtype=np.float64).tolist(), uniform=True)
    if low == high:
        return _of_values([float(low)], uniform=True)
    edges = tuple(np.linspace(low, high, _BINS + 1).tolist())
    # Of an integer with many values, bins may hold one more than others.
    return SampledLaw((), edges, () if parameter.integer else (1 / _BINS,) * _BINS)


def _of_values(values: list[float], *, uniform: bool) -> SampledLaw:
    """The law of few values, which may be equally likely."""
    middles = [(low + high) / 2 for low, high in pairwise(values)]
    edges = (values[0] - 1, *middles, values[-1] + 1)
    return SampledLaw(tuple(values), edges, (1 / len(values),) * len(values) if uniform else ())


def _with_spread(shared: tuple[float, float], sd: float, bounds: tuple[float, float], *, integer: bool) -> SampledLaw:
    """The law of a uniform value and a normal deviation, clipped to bounds and perhaps rounded."""
    least = max(shared[0] - _REACH * sd, bounds[0])
    most = min(shared[1] + _REACH * sd, bounds[1])
    claim = f"uniform with a normal spread of {sd:.4g}"
    if integer:
        values = np.arange(math.floor(least), math.ceil(most) + 1)
        if len(values) > _BINS:
            return SampledLaw((), tuple(np.linspace(values[0], values[-1], _BINS + 1).tolist()), ())
        centres = np.arange(shared[0], shared[1] + 1)
        below = ndtr((values[:-1, None] + 0.5 - centres) / sd).mean(axis=1)
        found = _of_values(values.astype(np.float64).tolist(), uniform=True)
        return SampledLaw(found.values, found.edges, _differences(below), claim)
    edges = np.linspace(least, most, _BINS + 1)
    return SampledLaw((), tuple(edges.tolist()), _differences(_below(edges[1:-1], shared, sd)), claim)


def _below(values: Floats, shared: tuple[float, float], sd: float) -> Floats:
    """The probability that a uniform value and a normal deviation add up to at most each value."""
    low, high = shared
    if low == high:
        return np.asarray(ndtr((values - low) / sd))
    # The integral of the normal distribution function over what is shared.
    from_low, from_high = (_integral((values - end) / sd) for end in (low, high))
    return (from_low - from_high) * sd / (high - low)


def _integral(z: Floats) -> Floats:
    """The integral of the standard normal distribution function up to each number."""
    return np.asarray(z * ndtr(z) + np.exp(-z * z / 2) / math.sqrt(2 * math.pi))


def _differences(below: Floats) -> tuple[float, ...]:
    """The probability of each bin, from that of lying below each edge between two."""
    return tuple(np.diff(below, prepend=0.0, append=1.0).tolist())
