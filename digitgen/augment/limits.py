"""Limits of a step: where it cannot work, and where it could change what an image says."""

import math
from itertools import product

import numpy as np

from digitgen.augment.setting import Setting
from digitgen.augment.step import NARROWEST, CropStep, Scene, WarpStep, cells_of
from digitgen.errors import ArgumentError
from digitgen.format import CELL, Stage
from digitgen.rng import Address, Noise


def refusal(setting: Setting, stage: Stage, image_width: int) -> str | None:
    """Say why a step cannot work on a stage and a width.

    Parameters
    ----------
    setting : Setting
        The step.
    stage : {"glyphs", "sequence"}
        The stage that it is to act on.
    image_width : int
        Width of the finished images, px.

    Returns
    -------
    str or None
        The reason; None if the step can work.
    """
    if stage not in setting.step.stages:
        return f"{setting.name} works on augment.{setting.step.stages[0]}, not on augment.{stage}"
    if stage == "glyphs":
        return None
    if isinstance(setting.step, CropStep) and setting.p < 1:
        return f"{setting.name} cuts every image out of its sheet, so p must be 1; got {setting.p:g}"
    if image_width < NARROWEST:
        return f"{setting.name} needs an image_width of at least {NARROWEST} px; got {image_width}"
    if setting.step.widest and image_width > setting.step.widest:
        return f"{setting.name} needs an image_width of at most {setting.step.widest} px; got {image_width}"
    return None


def caution(
    setting: Setting, stage: Stage, image_width: int, image_height: int = CELL, vertical_align: str = "center"
) -> str | None:
    """Say how a step could change what an image says.

    A digit that is turned by more than 45 degrees may be read as another, and one whose centre leaves the
    image is lost. Steps that move pixels are tried at the ends of their parameters' ranges. Of other steps, parameters
    say at which values digits stay legible.

    Parameters
    ----------
    setting : Setting
        The step.
    stage : {"glyphs", "sequence"}
        The stage that it is to act on.
    image_width : int
        Width of the finished images, px.
    image_height : int, default 28
        Height of them, px.
    vertical_align : {"center", "top", "bottom", "random"}
        Place of the digits in that height.

    Returns
    -------
    str or None
        The danger; None if there is none.
    """
    step = setting.step
    if not isinstance(step, WarpStep):
        return _illegible(setting)
    height, width = (CELL, CELL) if stage == "glyphs" else (image_height, image_width)
    middle = (CELL - 1) / 2
    most = (height - CELL) / 2  # px from the middle of the image to that of a digit
    rows = {"center": [0.0], "top": [-most], "bottom": [most]}.get(vertical_align, [-most, most])
    centres = np.array([[x - (width - 1) / 2, y, 1.0] for x in (middle, width - 1 - middle) for y in rows])
    turned = lost = False
    for values in _extremes(setting):
        scene = Scene(Noise(Address(0), np.zeros(1, np.int64)), width, cells_of(width)[None], height=height)
        try:
            shown = np.linalg.inv(step.apply(scene, **values).matrix[0])
        except ArgumentError:  # it measures glyphs, and there are none yet; what it brings them to is bounded
            return None
        seen = centres @ shown.T
        seen /= seen[:, 2:]
        lost |= bool((np.abs(seen[:, 1]) > height / 2).any() or (np.abs(seen[:, 0]) > width / 2).any())
        turned |= abs(math.atan2(shown[1, 0] - shown[0, 1], shown[0, 0] + shown[1, 1])) > math.radians(45.5)
    if turned:
        return f"{setting.name} turns digits by more than 45 degrees, so that one may be read as another"
    if lost:
        instead = " (on augment.glyphs, each digit stays in its cell)" if stage == "sequence" else ""
        return f"{setting.name} can push a digit out of the image{instead}; what is lost is counted"
    return None


def _illegible(setting: Setting) -> str | None:
    """Say which parameters can take values at which a digit may be gone."""
    reasons = []
    for name, (low, high) in setting.ranges:
        parameter = setting.step.parameters[name]
        if setting.severity and parameter.levels:
            levels = parameter.levels[setting.severity[0] - 1 : setting.severity[1]]
            low, high = min(levels), max(levels)
        least, most = parameter.legible
        if low < least:
            reasons.append(f"{name} below {least:g}")
        if high > most:
            reasons.append(f"{name} above {most:g}")
    return f"{setting.name} can erase or hide a digit with {' and '.join(reasons)}" if reasons else None


def _extremes(setting: Setting) -> list[dict[str, np.ndarray]]:
    """The corners of the space of parameters: one value for each parameter."""
    names, ends = [], []
    for name, ends_of_range in setting.ranges:
        parameter = setting.step.parameters[name]
        if setting.severity and parameter.levels:
            level = parameter.levels[setting.severity[1] - 1]
            ends_of_range = (-level, level) if parameter.either_sign else (level, level)
        names.append(name)
        ends.append(sorted(set(ends_of_range)))
    return [{name: np.array([value]) for name, value in zip(names, values, strict=True)} for values in product(*ends)]
