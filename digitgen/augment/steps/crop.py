"""The step that cuts a string out of the sheet that it was written on, as a detector of text would."""

from typing import Final

import numpy as np

from digitgen.arrays import Floats, Integers
from digitgen.augment.cropping import Frames
from digitgen.augment.step import Parameter, Scene, crop_step, family

_MOST_CUT: Final = 0.25
"""Share of the string's extent that a negative margin takes away, at most."""


def _margin(side: str) -> Parameter:
    """The margin on one side."""
    what = f"from the string to the {side} edge of the crop; a negative margin cuts strokes"
    return Parameter(what, "heights of the ink", (-0.05, 0.6), (-_MOST_CUT, 4), legible=(-0.1, 1))


@crop_step(
    left=_margin("left"),
    right=_margin("right"),
    top=_margin("upper"),
    bottom=_margin("lower"),
    outside=Parameter("of the image beyond the crop", "grey level", (0, 0), (0, 255), integer=True),
)
def crop(
    ink: Integers,
    marked: Integers,
    _scene: Scene,
    *,
    left: Floats,
    right: Floats,
    top: Floats,
    bottom: Floats,
    outside: Floats,
) -> Frames:
    """Cut the string out as a detector would, and resize it to the image by one factor.

    The crop is the box around the string's digits and marks, wider by the margins. Where it does not fill the image,
    that is `outside`, whatever later steps do. A negative margin takes away a quarter of the box at most.
    """
    height = (ink[:, 3] - ink[:, 1]).astype(np.float64)
    sides = [(0, 2, left), (1, 3, top), (0, 2, right), (1, 3, bottom)]
    box = marked.astype(np.float64)
    for side, (first, last, margin) in enumerate(sides):
        size = marked[:, last] - marked[:, first]
        px = np.maximum(margin * height, -_MOST_CUT * size)
        box[:, side] += px if side >= 2 else -px
    return Frames(box, outside.astype(np.uint8))


FAMILY: Final = family(crop)
