"""All augmentation steps by name. A new one is a line here and its definition in one of the families."""

from typing import Final

from digitgen.augment import clutter, geometry, grain, light, weather
from digitgen.augment.step import Step

AUGMENTATIONS: Final[dict[str, Step]] = {
    **geometry.FAMILY,
    **light.FAMILY,
    **grain.FAMILY,
    **clutter.FAMILY,
    **weather.FAMILY,
}
