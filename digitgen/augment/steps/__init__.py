"""The augmentation steps that digitgen has itself, by name. A new one is a function in its family's file."""

from typing import Final

from digitgen.augment.step import Step
from digitgen.augment.steps import (
    blur,
    clutter,
    encoding,
    geometry,
    grain,
    light,
    morphology,
    stroke,
    weather,
)

AUGMENTATIONS: Final[dict[str, Step]] = {
    **geometry.FAMILY,
    **stroke.FAMILY,
    **morphology.FAMILY,
    **light.FAMILY,
    **grain.FAMILY,
    **blur.FAMILY,
    **clutter.FAMILY,
    **weather.FAMILY,
    **encoding.FAMILY,
}
