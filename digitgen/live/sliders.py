"""Ends and steps of sliders."""

import math
from typing import Any, Final

from digitgen.augment.step import Parameter

_MARGIN: Final = 2.0
"""Sliders reach this many widths of the usual range beyond it."""

_LEAST_MARGIN: Final = 0.5
"""Sliders reach at least this share of the largest usual value beyond it."""

_ALL: Final = 0.5
"""Share of the bounds from which on a slider takes all of them."""

_ALL_OF_SHARE: Final = 0.2
"""The same, where they lie in 0 to 1."""


def soft_range(parameter: Parameter) -> tuple[float, float]:
    """Find where the slider of a parameter goes: over the usual values and well beyond, within the bounds.

    Parameters
    ----------
    parameter : Parameter
        The parameter of a step.

    Returns
    -------
    (float, float)
        The bounds, unless they are far apart beside the usual values: those of the default and of the severities.
    """
    low, high = parameter.bounds
    usual = [*parameter.default, *parameter.levels, *(-level for level in parameter.levels if parameter.either_sign)]
    usual = [value for value in usual if low <= value <= high]
    width, largest = max(usual) - min(usual), max(map(abs, usual))
    margin = max(_MARGIN * width, _LEAST_MARGIN * largest) if width else _MARGIN * largest
    least, most = max(low, min(usual) - margin), min(high, max(usual) + margin)
    enough = _ALL_OF_SHARE if low >= 0 and high <= 1 else _ALL
    if not margin or most - least > enough * (high - low):
        return low, high
    step = 10 * slider_step(least, most, whole=parameter.integer)
    return max(low, _round(math.floor(least / step) * step)), min(high, _round(math.ceil(most / step) * step))


def with_slider(control: dict[str, Any], low: float, high: float) -> dict[str, Any]:
    """Give the control of numbers a slider.

    Parameters
    ----------
    control : Control
        A control of the kind integer, number or range.
    low, high : float
        The ends of the slider.

    Returns
    -------
    Control
        The same with the step of the slider, and with its ends if they are not the bounds.
    """
    whole = control["kind"] == "integer" or "whole" in control
    bounds = (control.get("low"), control.get("high"))
    ends = {} if bounds == (low, high) else {"soft": [low, high]}
    return control | ends | {"step": slider_step(low, high, whole=whole)}


def slider_step(low: float, high: float, *, whole: bool) -> float:
    """Find the step of a slider: 1, 2 or 5 times a power of ten, the largest of which at least 200 fit.

    Parameters
    ----------
    low, high : float
        Its ends.
    whole : bool
        Whether values are integers: then the step is 1.

    Returns
    -------
    float
        The step.
    """
    if whole:
        return 1
    wanted = (high - low) / 200 * (1 + 1e-9)
    power = 10.0 ** math.floor(math.log10(wanted))
    step = power * max(each for each in (1, 2, 5) if each * power <= wanted)
    return _round(step)


def _round(value: float) -> float:
    """A number without the dust of binary fractions."""
    return float(f"{value:.6g}")
