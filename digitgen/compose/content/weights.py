"""Weights, as a caller or a configuration gives them."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from digitgen.checks import plain
from digitgen.errors import ArgumentError
from digitgen.messages import shown

MOST: Final = 1e100
"""The largest weight: the sum of all that there can be is a number still."""


_FINEST: Final = 10**6


def is_weight(value: object) -> bool:
    """Whether a value is a number from 0 to `MOST`."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST


def check_weights(value: Mapping[Any, Any], *key: str | int) -> dict[str, float]:
    """Check the weight of each of some things.

    Parameters
    ----------
    value : mapping
        Weights by name.
    *key : str or int
        The way to them, for errors.

    Returns
    -------
    dict of str to float
        The weights above 0, by names as text.

    Raises
    ------
    ArgumentError
        If one is no number from 0 to `MOST`, or none is above 0.
    """
    weights = {}
    for name, came in value.items():
        weight = plain(came)
        if not is_weight(weight):
            raise ArgumentError(f"must be a weight, a number from 0 to {MOST:g}; got {shown(came)}", *key, str(name))
        if weight:
            weights[str(plain(name))] = float(weight)
    if not weights:
        raise ArgumentError(f"must have a weight above 0; got {shown(value)}", *key)
    return weights


def shares(weights: Mapping[Any, float]) -> dict[Any, float]:
    """Scale weights so that their sum is 1."""
    total = math.fsum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def meant(weight: float) -> Fraction:
    """Find the fraction of small integers that a weight such as 0.333333333333 is meant to be.

    Parameters
    ----------
    weight : float
        The weight, above 0.

    Returns
    -------
    Fraction
        The nearest with a denominator of up to a million; the weight itself if that is 0.
    """
    return Fraction(weight).limit_denominator(_FINEST) or Fraction(weight)
