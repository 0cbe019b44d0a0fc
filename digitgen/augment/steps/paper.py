"""Steps that put paper behind the ink: its tone, and lines that are printed on it.

Each is a layer of darkness over the whole image: x becomes p + x (255 - p) / 255. So several can be asked for, each
with a share of the images of its own, and their order does not matter. Images are negatives, ink white on black;
`inverse`, as the last step, makes it dark ink on light paper.
"""

from typing import Final

import numpy as np

from digitgen.arrays import Floats, Images
from digitgen.augment.numerics.exact import cosine, sine
from digitgen.augment.numerics.shading import (
    HALF_TURN,
    QUARTER_TURN,
    SHARES,
    TURNS,
    clipped,
    cosine_of_turns,
    darken,
    from_middle,
    periodic,
    sine_of_turns,
)
from digitgen.augment.step import Parameter, Scene, family, pixel_step

_MOST_FAMILIES: Final = 8
_ANY: Final = (-QUARTER_TURN, QUARTER_TURN)
_ALL_ROUND: Final = (-HALF_TURN, HALF_TURN)


@pixel_step(
    stages=("sequence",),
    tone=Parameter("darkness at the lighter end", "share of white", (0, 0.15), (0, 1), legible=(0, 0.6)),
    gradient=Parameter("by how much the other end is darker", "share of white", (0, 0.3), (0, 1), legible=(0, 0.6)),
    angle=Parameter("counter-clockwise, of the way to the darker end", "rad", _ALL_ROUND, _ALL_ROUND),
)
def gradient_paper(images: Images, _scene: Scene, *, tone: Floats, gradient: Floats, angle: Floats) -> None:
    """Paper of one tone, or one that darkens from one end of the image to the other."""
    x, y = cosine(angle)[:, None], -sine(angle)[:, None]
    columns, rows = from_middle(images)
    span = np.maximum(2 * (np.abs(x) * columns[-1] + np.abs(y) * rows[-1]), 1)
    share = clipped(x / span * columns + 0.5, y / span * rows)
    darken(images, share, tone[:, None] + gradient[:, None] * SHARES)


@pixel_step(
    stages=("sequence",),
    number=Parameter(
        "of gratings, one over the other", "gratings", (1, 2), (1, _MOST_FAMILIES), integer=True, legible=(1, 3)
    ),
    period=Parameter("from a crest to the next", "px", (1.8, 6), (1.5, 64)),
    angle=Parameter("counter-clockwise, of the crests", "rad", _ANY, _ANY),
    crossing=Parameter("counter-clockwise, from a grating to the next", "rad", (0.6, 2.5), _ALL_ROUND),
    contrast=Parameter("darkness of a crest", "share of white", (0.05, 0.4), (0, 1), legible=(0, 0.4)),
    wave=Parameter("amplitude of the waves in which crests run", "px", (0, 1.5), (0, 64)),
    wavelength=Parameter("of these waves", "px", (20, 80), (8, 4096)),
)
def woven_paper(
    images: Images,
    scene: Scene,
    *,
    number: Floats,
    period: Floats,
    angle: Floats,
    crossing: Floats,
    contrast: Floats,
    wave: Floats,
    wavelength: Floats,
) -> None:
    """Paper with fine wavy gratings, as cheques have.

    Across the crests darkness is a sine, from 0 to the contrast.
    """
    crest = contrast[:, None] * (1 + cosine_of_turns(TURNS)) / 2
    _print(images, scene, crest, number, period, angle, crossing, wave, wavelength)


@pixel_step(
    stages=("sequence",),
    number=Parameter("of families of curves", "families", (2, 4), (1, _MOST_FAMILIES), integer=True),
    period=Parameter("from a curve of a family to the next", "px", (4, 9), (2, 128)),
    thickness=Parameter("of a curve", "px", (0.5, 1), (0.1, 16)),
    angle=Parameter("counter-clockwise, of the curves' axis", "rad", (-0.4, 0.4), _ANY),
    contrast=Parameter("darkness of a curve", "share of white", (0.1, 0.4), (0, 1), legible=(0, 0.55)),
    wave=Parameter("amplitude of the curves", "px", (3, 10), (0, 128)),
    wavelength=Parameter("of the curves", "px", (40, 140), (8, 4096)),
)
def guilloche_paper(
    images: Images,
    scene: Scene,
    *,
    number: Floats,
    period: Floats,
    thickness: Floats,
    angle: Floats,
    contrast: Floats,
    wave: Floats,
    wavelength: Floats,
) -> None:
    """Paper with families of fine curves that cross each other, as banknotes have."""
    stroke = _stroke(period, thickness, contrast)
    _print(images, scene, stroke, number, period, angle, np.zeros_like(angle), wave, wavelength)


@pixel_step(
    stages=("sequence",),
    number=Parameter("1 for parallel lines, 2 for others across them", "families", (1, 2), (1, 2), integer=True),
    period=Parameter("from a line to the next", "px", (5, 16), (2, 256)),
    thickness=Parameter("of a line", "px", (0.5, 1.2), (0.1, 16)),
    angle=Parameter("counter-clockwise, of the lines", "rad", (-0.03, 0.03), _ANY),
    crossing=Parameter(
        "counter-clockwise, from the lines to those across them", "rad", (QUARTER_TURN, QUARTER_TURN), _ALL_ROUND
    ),
    contrast=Parameter("darkness of a line", "share of white", (0.1, 0.5), (0, 1), legible=(0, 0.6)),
)
def ruled_paper(
    images: Images,
    scene: Scene,
    *,
    number: Floats,
    period: Floats,
    thickness: Floats,
    angle: Floats,
    crossing: Floats,
    contrast: Floats,
) -> None:
    """Paper with printed straight lines all over: ruled, squared, or hatched where they are close and slanted."""
    stroke = _stroke(period, thickness, contrast)
    _print(images, scene, stroke, number, period, angle, crossing, np.zeros_like(angle), np.ones_like(angle))


def _stroke(period: Floats, thickness: Floats, contrast: Floats) -> Floats:
    """(n, 256): darkness by the part of a period from a line's middle; each px has the share that the line covers."""
    distance = np.minimum(TURNS, 1 - TURNS) * period[:, None]
    half = thickness[:, None] / 2
    covered = np.minimum(distance + 0.5, half) - np.maximum(distance - 0.5, -half)
    darkness: Floats = contrast[:, None] * np.clip(covered, 0, 1)
    return darkness


def _print(
    images: Images,
    scene: Scene,
    darkness: Floats,
    number: Floats,
    period: Floats,
    angle: Floats,
    crossing: Floats,
    wave: Floats,
    wavelength: Floats,
) -> None:
    """Print families of parallel lines, straight or wavy.

    A family's phase is that of straight lines plus a wave of the column and one of the row. Each wave counts as much
    as the lines run along it, so that it bends them and hardly squeezes them. `darkness`, (n, 256), is that of each
    part of a period, from a line's middle on.
    """
    columns, rows = from_middle(images)
    phases = scene.noise.uniform(_MOST_FAMILIES, 3)
    for each in range(int(number.max(initial=0))):
        own = np.flatnonzero(number > each)
        first, phase, turn = (1 / period[own])[:, None], phases[own, each], angle[own] + each * crossing[own]
        along, across = cosine(turn)[:, None], sine(turn)[:, None]
        bend, length = wave[own][:, None] * first, wavelength[own][:, None]
        by_column = across * first * columns + along * bend * sine_of_turns(columns / length + phase[:, 1:2])
        by_row = along * first * rows + across * bend * sine_of_turns(rows / length + phase[:, 2:]) + phase[:, :1]
        part = images if len(own) == len(images) else images[own]
        darken(part, periodic(by_column, by_row), darkness[own])
        if part is not images:
            images[own] = part


FAMILY: Final = family(gradient_paper, woven_paper, guilloche_paper, ruled_paper)
