"""Forms of digits that a source may lack: MNIST's were written in the USA, where a 1 is a plain stroke.

Elsewhere a 1 has an upstroke in front, as long as its stem in some hands, and a 7 a bar through its stem.
"""

from typing import Final

import numpy as np

from digitgen.arrays import Bools, Floats, Images, Integers
from digitgen.augment.ink.hand import bent
from digitgen.augment.ink.render import rendered
from digitgen.augment.ink.strokes import polylines
from digitgen.augment.region import Region
from digitgen.augment.step import Parameter, Scene, family, stroke_step
from digitgen.augment.steps.morphology import mean_widths

_HALF: Final = 127  # grey level from which on a pixel counts as ink
_LOW: Final = 0.35  # of the height of a 7, from its foot: where the lowest bar crosses its stem
_HIGH: Final = 0.6


@stroke_step(
    stages=("glyphs",),
    length=Parameter("of the upstroke, along it", "heights of the digit", (0.25, 0.6), (0.05, 1.5)),
    drop=Parameter("of its foot below its tip", "px for each px to the left", (0.4, 1.6), (-0.5, 5)),
    bow=Parameter("how far its middle is bent upwards", "lengths of it", (-0.15, 0.15), (-0.5, 0.5)),
)
def flag_ones(images: Images, scene: Scene, *, length: Floats, drop: Floats, bow: Floats) -> None:
    """Put an upstroke in front of each 1, as wide as its stem."""
    rows = _of_character(scene, "1")
    if not rows.size:
        return
    box, ink = _inked(images[rows])
    top = box[:, 0]
    tips = ink[np.arange(len(rows)), top]
    x = tips.argmax(axis=1).astype(np.float64)  # of the leftmost ink of the top row
    high = (box[:, 1] - top + 1).astype(np.float64)
    across = length[rows] * high / np.sqrt(1 + drop[rows] ** 2)
    width = mean_widths(images[rows])
    y = top + width / 2
    ends = np.stack([x - across, x], axis=1), np.stack([y + drop[rows] * across, y], axis=1)
    _draw(images, rows, *bent(*ends, bow[rows] * length[rows] * high), width)


@stroke_step(
    stages=("glyphs",),
    length=Parameter("of the bar", "heights of the digit", (0.3, 0.7), (0.05, 1.5)),
    slope=Parameter("of the bar, upwards", "px for each px to the right", (-0.1, 0.3), (-1, 1)),
)
def bar_sevens(images: Images, scene: Scene, *, length: Floats, slope: Floats) -> None:
    """Put a bar through the stem of each 7, as wide as its stem."""
    rows = _of_character(scene, "7")
    if not rows.size:
        return
    box, ink = _inked(images[rows])
    high = (box[:, 1] - box[:, 0] + 1).astype(np.float64)
    place, aside = scene.noise[rows].uniform(2).T
    y = box[:, 1] - (_LOW + (_HIGH - _LOW) * place) * high
    line = ink[np.arange(len(rows)), y.astype(np.int64)]
    width = mean_widths(images[rows])
    # The stem is the rightmost ink of its row.
    x = line.shape[1] - (line[:, ::-1].argmax(axis=1) + (1 + width) / 2)
    half = length[rows] * high / 2
    middle = x + (aside - 0.5) * half / 2
    ends = (
        np.stack([middle - half, middle + half], axis=1),
        np.stack([y + slope[rows] * half, y - slope[rows] * half], axis=1),
    )
    _draw(images, rows, *ends, width)


def _of_character(scene: Scene, character: str) -> Integers:
    """Find the images that show a character; in images whose characters are not known, there is none."""
    place = -1 if scene.bank is None else scene.bank.alphabet.find(character)
    if scene.bank is None or scene.glyphs is None or place < 0:
        return np.zeros(0, np.int64)
    first, end = scene.bank.starts[place : place + 2]
    return np.flatnonzero((scene.glyphs >= first) & (scene.glyphs < end))


def _inked(images: Images) -> tuple[Integers, Bools]:
    """Find the first and the last row of ink, (n, 2), and where ink is, (n, 28, 28): everywhere if there is none."""
    ink: Bools = images > _HALF
    ink |= ~ink.any(axis=(1, 2), keepdims=True)
    inked: Bools = np.logical_or.reduce(ink, axis=2)
    last = inked.shape[1] - 1 - inked[:, ::-1].argmax(axis=1)
    return np.stack([inked.argmax(axis=1), last], axis=1), ink


def _draw(images: Images, rows: Integers, x: Floats, y: Floats, width: Floats) -> None:
    """Draw a stroke on some images, as black as their ink."""
    grey = images[rows].max(axis=(1, 2), initial=0).astype(np.float64)
    for some in rendered(polylines(rows, x, y, width, grey), Region.whole(images)):
        some.combine(images)


FAMILY: Final = family(flag_ones, bar_sevens)
