"""Find the recipe whose strings are written as measured ones are.

A parameter of a recipe is not what is measured of its images: strokes are antialiased, boxes of neighbours share ink,
heights are rounded to whole px. So a recipe is simulated, measured by the same code, and its parameters are moved by
the difference, until it measures as the real strings do (indirect inference).

References
----------
Gouriéroux, Monfort and Renault 1993, Indirect inference, Journal of Applied Econometrics 8,
doi:10.1002/jae.3950080507
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from digitgen.errors import DatasetError
from digitgen.measure.figures import counts_of_characters
from digitgen.measure.measure import Measured
from digitgen.measure.parameters import (
    HEIGHT,
    PROBABILITIES,
    Parameters,
    counted_lengths,
    monotone,
    standard_errors,
    statistics,
)
from digitgen.measure.simulated import simulated
from digitgen.measure.surround import SIDES
from digitgen.messages import Say
from digitgen.progress import progress_bar

FEWEST: Final = 30
"""Fewest strings that a recipe is calibrated to."""
_ROUNDS: Final = (1024, 1024, 1024, 4096)
_SEED: Final = 2026
_EVEN: Final = math.sqrt(3)  # half the width of a uniform law / its standard deviation
SEEN: Final = 0.05
"""A step that so few images would have, or fewer, is left out."""
_REACH: Final = 0.2  # heights: digits that touch stand no further apart than that
_BOUNDS: Final = {"slant": (-0.7, 0.7), "stroke": (1.0, 8.0)}  # of the steps that set them
_NOISY: Final = ("slant.between", "slant.within", "stroke.between", "stroke.within", "touching")
_MOST_GAIN: Final = 3.0
_SPREADS: Final = (
    "height.spread",
    "between",
    "within",
    "jitter",
    "slope",
    "touching",
)  # parameters that are not below 0
_MARGINS: Final = (-0.25, 4.0)  # that crop takes, heights
_SHEET: Final = 512  # px: width of simulated images, in which crops have their full height
_WHOLE: Final = 1 / math.sqrt(12)  # px: standard deviation of what is lost as gaps are rounded to whole px
_GAPS: Final = (-28, 56)  # px: gaps beyond are drawn in


@dataclass(frozen=True, eq=False)
class Calibration:
    """The parameters of a recipe, and what they come from.

    Attributes
    ----------
    measured : Measured
        The real strings.
    targets, errors : dict of str to float
        What was measured of them, with standard errors, by the names of `Parameters`; NaN where nothing can be.
    parameters, uncertain : dict of str to float
        The parameters of the recipe whose strings measure so, and their standard errors; NaN as above.
    ink : float
        Mean grey level of the inked pixels of simulated strings, whose ink is white.
    """

    measured: Measured
    targets: Parameters
    errors: Parameters
    parameters: Parameters
    uncertain: Parameters
    ink: float


def calibrate(
    measured: Measured,
    *,
    rounds: Sequence[int] = _ROUNDS,
    data_dir: Path | None = None,
    progress: bool = False,
    say: Say = lambda _: None,
) -> Calibration:
    """Find the parameters of a recipe whose strings measure as these do.

    Parameters
    ----------
    measured : Measured
        The measured real strings.
    rounds : sequence of int, default (1024, 1024, 1024, 4096)
        Number of strings that are simulated in each round. The last decides how exact the parameters are.
    data_dir : Path, optional
        The folder to look in first for the files of MNIST.
    progress : bool, default False
        Show a progress bar on stderr.
    say : callable, optional
        Told in a line what is fetched.

    Returns
    -------
    Calibration
        The parameters.

    Raises
    ------
    DatasetError
        If there are fewer than 30 strings.
    SourceError
        If MNIST cannot be had.
    """
    if measured.strings < FEWEST:
        raise DatasetError(
            f"{measured.collection.name}: a recipe is calibrated to {FEWEST} strings or more; got {measured.strings}"
        )
    targets, spread = statistics(measured.tables), standard_errors(measured.tables)
    if measured.by_pieces:  # gaps are known only where digits stand apart
        targets |= {name: math.nan for name in targets if name.startswith("gap.")}
    # Not all neighbours that touch are joined by a stroke: in writing that overlaps, many touch without one.
    parameters = targets | {"touching": 0.0 if targets["touching"] >= 0 else math.nan}
    ink, gains = math.nan, dict.fromkeys(targets, 1.0)
    before: tuple[Parameters, Parameters] | None = None
    bar = progress_bar(rounds, shown=progress, total=len(rounds), unit="rounds", what="simulating")
    for number, strings in enumerate(bar):
        found = simulated(simulation(measured, parameters), strings, data_dir, say)
        ink = float(np.nanmean(found.digit("grey")))
        now = statistics(found)
        if number == 1 and before:  # later ones move too little to tell
            gains |= {name: _gain(parameters[name] - before[0][name], now[name] - before[1][name]) for name in _NOISY}
        before = parameters, now
        parameters = {
            name: _moved(name, parameters[name], gains[name] * (targets[name] - now[name])) for name in targets
        }
    noise = math.sqrt(1 + measured.strings / rounds[-1])  # that of the simulated strings is added
    errors = {name: gains[name] * noise * error for name, error in spread.items()}
    errors |= {name: math.hypot(error, _WHOLE) for name, error in errors.items() if name.startswith("gap.")}
    return Calibration(measured, targets, spread, parameters, errors, ink)


def _moved(name: str, value: float, difference: float) -> float:
    """Move a parameter by the difference that it makes; spreads stay above 0."""
    moved = value + (0.0 if math.isnan(difference) else difference)
    return max(0.0, moved) if any(name.endswith(each) for each in _SPREADS) else moved


def _gain(moved: float, measured: float) -> float:
    """Find how far a parameter moves for its figure to move by 1: further than that, where other spreads add to it."""
    gain = moved / measured if measured else 1.0
    return min(max(gain, 1.0), _MOST_GAIN) if math.isfinite(gain) else 1.0


def simulation(measured: Measured, parameters: Parameters) -> dict[str, Any]:
    """Write the configuration that is simulated: writing alone, white on black, with masks.

    Parameters
    ----------
    measured : Measured
        The measured real strings.
    parameters : dict of str to float
        The parameters.

    Returns
    -------
    dict
        A configuration.
    """
    lengths = counted_lengths(measured.tables.texts) or {5: 1}
    return {
        "name": "simulation",
        "seed": _SEED,
        "splits": {"train": {"count": 1024, "source": "mnist/train"}},
        "sequence": {"length": lengths},
        "image_width": _SHEET,
        "labels": {"masks": True},
        **writing(measured, parameters),
    }


def writing(measured: Measured, parameters: Parameters) -> dict[str, Any]:
    """Write the keys of a configuration that say how strings are written and cropped.

    Parameters
    ----------
    measured : Measured
        The measured real strings.
    parameters : dict of str to float
        The parameters.

    Returns
    -------
    dict
        `spacing`, `baseline`, and the steps of `augment`; what is not known is left out.
    """
    quantiles = gap_quantiles(parameters)
    more: dict[str, Any] = {} if math.isnan(parameters["baseline.jitter"]) else {"baseline": baseline(parameters)}
    spacing = {"quantiles": quantiles} if quantiles else {"range": [0, 7]}
    return {
        "spacing": {**spacing, "unit": "ink"},
        "augment": {"glyphs": glyph_steps(parameters), "sequence": [*marks(measured, parameters), crop(measured)]},
        **more,
    }


def baseline(parameters: Parameters) -> dict[str, Any]:
    """Write the section `baseline` of a configuration."""
    half = round(_EVEN * parameters["baseline.slope"], 3)
    return {"jitter": round(parameters["baseline.jitter"], 3), "slope": [-half, half]}


def crop(measured: Measured) -> dict[str, Any]:
    """Write the step that crops: margins from the 5th to the 95th percentile, in heights of all ink of the string."""
    column = measured.tables.string
    inked = column("crop_height") / column("digit_height") - column("frame_top") - column("frame_bottom")
    step: dict[str, Any] = {"step": "crop"}
    for side in SIDES:
        ends = np.nanpercentile(column(f"frame_{side}") / np.maximum(inked, 1), [5, 95])
        step[side] = np.clip(ends, *_MARGINS).round(3).tolist()
    return step


def marks(measured: Measured, parameters: Parameters) -> list[dict[str, Any]]:
    """Write the steps that draw ink that is no digit, and those that join digits, as often as it was seen.

    Parameters
    ----------
    measured : Measured
        The measured real strings.
    parameters : dict of str to float
        The parameters.

    Returns
    -------
    list of dict
        The steps, in order.
    """
    steps: list[dict[str, Any]] = []
    joined = parameters["touching"]
    if joined > 0:
        steps.append({"step": "connecting_strokes", "pairs": round(min(joined, 1.0), 3), "reach": _REACH})
    seen = {"separators": "marks.between", "trailing_marks": "marks.behind", "base_line": "paper.line"}
    for step, key in seen.items():
        share = measured.figures[key].value
        if share is not None and share > SEEN and not (measured.by_pieces and key.startswith("marks")):
            steps.append({"step": step, "p": round(share, 2)})
    return steps


def gap_quantiles(parameters: Parameters) -> dict[float, float]:
    """Quantiles of gaps as `spacing.quantiles` takes them, px; empty if they are not known."""
    values = [parameters[f"gap.{probability}"] for probability in PROBABILITIES]
    if any(map(math.isnan, values)):
        return {}
    drawn = monotone([min(max(value, _GAPS[0]), _GAPS[1]) for value in values]).round(2).tolist()
    inside = PROBABILITIES[1:-1]
    return dict(zip((0, *inside, 1), drawn, strict=True))


def glyph_steps(parameters: Parameters) -> list[dict[str, Any]]:
    """Steps that bring digits to a height, a slant and a thickness, as alike within a string as measured."""
    steps: list[dict[str, Any]] = []
    if not math.isnan(parameters["height.spread"]):
        spread = {"height": round(parameters["height.spread"], 2)}
        steps.append({"step": "size", "height": [HEIGHT, HEIGHT], "width": [1, 1], "share": "image", "spread": spread})
    for name, step in (("slant", "set_slant"), ("stroke", "stroke_width")):
        mean, between, within = (parameters[f"{name}.{each}"] for each in ("mean", "between", "within"))
        if math.isnan(mean):
            continue
        low, high = _BOUNDS[name]
        half = 0.0 if math.isnan(between) else _EVEN * between
        ends = [round(min(max(end, low), high), 3) for end in (mean - half, mean + half)]
        spread = {"target": 0.0 if math.isnan(within) else round(within, 3)}
        steps.append({"step": step, "target": ends, "share": "image", "spread": spread})
    return steps


def characters(measured: Measured) -> tuple[dict[str, int], dict[str, int]]:
    """Count the digits 0 to 9 at the beginning of strings, and behind it; empty if texts are not known."""
    whole, first = counts_of_characters(measured.tables, "0123456789")
    rest = {each: whole[each] - first[each] for each in whole}
    return _some(first), _some(rest)


def _some(counts: dict[str, int]) -> dict[str, int]:
    """Leave out what does not occur."""
    return {each: count for each, count in counts.items() if count}
