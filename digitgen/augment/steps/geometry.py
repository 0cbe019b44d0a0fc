"""Steps that move pixels: the affine family, perspective, elastic fields, and waves."""

import math
from typing import Final

import numpy as np

from digitgen.arrays import Floats
from digitgen.augment.numerics.exact import cosine, sine
from digitgen.augment.numerics.stacking import alike
from digitgen.augment.step import MNIST_C, Parameter, Scene, family, warp_step
from digitgen.augment.warping.displacement import DisplacementField, knots
from digitgen.augment.warping.warp import Warp, linear, unmoved
from digitgen.errors import ArgumentError
from digitgen.format import CELL

_ROOM: Final = CELL - 2
"""Greatest height and width of ink that a glyph is brought to, px: a px is left on each side of its cell."""

_SIDE: Final = 2 * (CELL // 3)
_CORNERS: Final = np.array([(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0)]) * _SIDE / 2
_SHRINKING: Final = (1 / 0.9, 1 / 0.8, 1 / 0.7, 1 / 0.6, 1 / 0.5)
_SHIFTS: Final = (1.0, 2.0, 3.0, 4.0, 5.0)
_AFFINE: Final = 8  # purpose of the noise that moves the corners; those up to 5 are for the fields of severities


@warp_step(
    source=MNIST_C,
    angle=Parameter(
        "counter-clockwise angle",
        "rad",
        (-0.1, 0.1),
        (-0.7853, 0.7853),  # 45 degrees, as it is printed
        levels=(0.2, 0.4, 0.6, 0.8, 1.0),
        either_sign=True,
    ),
)
def rotate(_scene: Scene, *, angle: Floats) -> Warp:
    """Rotate about the image's centre."""
    along, across = cosine(angle), sine(angle)
    return linear(along, -across, across, along)


@warp_step(
    source=MNIST_C,
    angle=Parameter("shear angle", "rad", (-0.3, 0.3), (-1, 1), levels=(0.2, 0.4, 0.6, 0.8, 1.0), either_sign=True),
)
def shear(_scene: Scene, *, angle: Floats) -> Warp:
    """Shear about the image's centre; rows are stretched apart a little as they shift.

    As skimage's AffineTransform(shear=angle) of 2019 has it: (u, v) shows (u - v sin a, v cos a).
    """
    return linear(np.ones_like(angle), -sine(angle), np.zeros_like(angle), cosine(angle))


@warp_step(slant=Parameter("px to the right for each px up", "px/px", (-0.3, 0.3), (-1, 1)))
def slant(_scene: Scene, *, slant: Floats) -> Warp:
    """Lean the strokes over, keeping their height."""
    one, zero = np.ones_like(slant), np.zeros_like(slant)
    return linear(one, slant, zero, one)


@warp_step(
    source=MNIST_C,
    x=Parameter(
        "px of the input for each px of the output, along x", "px/px", (0.95, 1.1), (0.5, 2), levels=_SHRINKING
    ),
    y=Parameter(
        "px of the input for each px of the output, along y", "px/px", (0.95, 1.1), (0.5, 2), levels=_SHRINKING
    ),
)
def scale(_scene: Scene, *, x: Floats, y: Floats) -> Warp:
    """Shrink or enlarge about the image's centre; 2 halves the size."""
    zero = np.zeros_like(x)
    return linear(x, zero, zero, y)


@warp_step(
    stages=("glyphs",),
    height=Parameter("height of the ink, rounded to whole px", "px", (16, 24), (10, _ROOM)),
    width=Parameter("factor on the ink's width, beside that on its height", "ratio", (0.85, 1.15), (0.5, 2)),
)
def size(scene: Scene, *, height: Floats, width: Floats) -> Warp:
    """Bring the ink of a glyph to a height, and its width along.

    The ink is that of the glyph as the bank has it. It stays about its own centre, moved as far as needed to
    leave a px on each side of the cell; it becomes no wider than that, whatever the factors.
    """
    if scene.bank is None or scene.glyphs is None:
        raise ArgumentError("size measures the glyphs of a bank; these images do not come from one")
    left, top, right, bottom = scene.bank.windows.ink.take(scene.glyphs, axis=0).T.astype(np.float64)
    target = np.rint(height)
    # What is interpolated reaches to the middle of the next pixel on either side, in the glyph and in its image.
    down = (target + 1) / (bottom - top + 1)
    across = np.minimum(down * width, (_ROOM + 1) / (right - left + 1))
    half = ((right - left + 1) * across - 1) / 2
    x, y = (left + right - CELL) / 2, (top + bottom - CELL) / 2  # the ink's centre, from the cell's
    seen_x = np.clip(x, half - _ROOM / 2, _ROOM / 2 - half)
    # Whole px, so that the outermost rows are as full as they were.
    seen_y = np.clip(np.rint(y - target / 2), -_ROOM / 2, _ROOM / 2 - target) + target / 2
    zero = np.zeros_like(down)
    return linear(1 / across, zero, zero, 1 / down, x - seen_x / across, y - seen_y / down)


@warp_step(
    source=MNIST_C,
    x=Parameter("shift to the right", "px", (-2, 2), (-28, 28), levels=_SHIFTS, either_sign=True),
    y=Parameter("shift downwards", "px", (-2, 2), (-14, 14), levels=_SHIFTS, either_sign=True),
)
def translate(scene: Scene, *, x: Floats, y: Floats) -> Warp:
    """Shift the whole image; fractions of a px are interpolated."""
    warp = unmoved(len(scene.noise))
    warp.matrix[:, 0, 2], warp.matrix[:, 1, 2] = -x, -y
    return warp


@warp_step(
    x=Parameter("change of scale from the centre to the right border", "ratio", (-0.15, 0.15), (-0.5, 0.5)),
    y=Parameter("change of scale from the centre to the lower border", "ratio", (-0.1, 0.1), (-0.5, 0.5)),
)
def perspective(scene: Scene, *, x: Floats, y: Floats) -> Warp:
    """Tilt the image, so that one side is larger than the other."""
    warp = unmoved(len(scene.noise))
    # Divided by half the size, a tilt is the change of scale from the centre to the border.
    warp.matrix[:, 2, 0] = x / (scene.width / 2)
    warp.matrix[:, 2, 1] = y / (scene.height / 2)
    return warp


def _fields(scene: Scene, rms: Floats, sigma: Floats) -> list[DisplacementField]:
    """A random field for each image, one part for each severity, because sigma differs between them."""
    severity = np.zeros(len(scene.noise), np.int64) if scene.severity is None else scene.severity
    fields = []
    for level, rows in alike(severity):
        own_sigma = float(sigma[rows[0]])
        noise = scene.noise[rows].bytes(2, *knots(own_sigma, (scene.height, scene.width)), purpose=level)
        fields.append(DisplacementField(rows, own_sigma, rms[rows], noise))
    return fields


@warp_step(
    source="Simard, Steinkraus and Platt 2003; their alpha is rms * sigma / 0.163",
    rms=Parameter("root mean square of the displacement along each axis", "px", (0.7, 1.4), (0, 6)),
    sigma=Parameter("standard deviation of the Gaussian that smooths the field", "px", (4, 4), (1, 32), fixed=True),
)
def elastic(scene: Scene, *, rms: Floats, sigma: Floats) -> Warp:
    """Displace pixels by a smooth random field."""
    warp = unmoved(len(scene.noise))
    warp.fields = _fields(scene, rms, sigma)
    return warp


# alpha, sigma and affine reach in units of 28 px, at severities 1 to 5.
_ELASTIC_LEVELS: Final = ((2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02))


def _smoothed_rms(alpha: float, sigma: float) -> float:
    """The rms of alpha times a field of U(-1, 1) that a Gaussian of sigma has smoothed, px."""
    weights = [math.exp(-((x / sigma) ** 2) / 2) for x in range(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1)]
    power = sum(weight**2 for weight in weights) / sum(weights) ** 2
    return alpha * power / math.sqrt(3)


@warp_step(
    source=MNIST_C,
    rms=Parameter(
        "root mean square of the displacement along each axis",
        "px",
        (0.7, 1.4),
        (0, 6),
        levels=tuple(_smoothed_rms(28 * alpha, 28 * sigma) for alpha, sigma, _ in _ELASTIC_LEVELS),
    ),
    sigma=Parameter(
        "standard deviation of the Gaussian that smooths the field",
        "px",
        (4, 4),
        (0.25, 32),
        levels=tuple(28 * sigma for _, sigma, _ in _ELASTIC_LEVELS),
        fixed=True,
    ),
    reach=Parameter(
        "how far corners of the affine map move",
        "px",
        (0, 2),
        (0, 8),
        levels=tuple(28 * reach for *_, reach in _ELASTIC_LEVELS),
    ),
)
def elastic_transform(scene: Scene, *, rms: Floats, sigma: Floats, reach: Floats) -> Warp:
    """A small random affine map and an elastic field, as published.

    Three corners of a central square move by up to `reach` each, and the image with them; then the field.
    """
    moved = (2 * scene.noise.uniform(3, 2, purpose=_AFFINE) - 1) * reach[:, None, None]
    corners = _CORNERS + moved
    # Columns of the linear map that takes the square's edges to the moved ones, and its inverse.
    (a, c), (b, d) = (((corners[:, end] - corners[:, 0]) / _SIDE).T for end in (1, 2))
    x, y = (corners[:, 0] + (corners[:, 1] - corners[:, 0] + corners[:, 2] - corners[:, 0]) / 2).T
    size = a * d - b * c
    warp = linear(d / size, -b / size, -c / size, a / size, (b * y - d * x) / size, (c * x - a * y) / size)
    warp.fields = _fields(scene, rms, sigma)
    return warp


@warp_step(
    stages=("sequence",),
    amplitude=Parameter("of the wave", "px", (0.5, 2), (0, 10)),
    wavelength=Parameter("of the wave, which begins anywhere", "px", (60, 160), (14, 4096)),
)
def wave(scene: Scene, *, amplitude: Floats, wavelength: Floats) -> Warp:
    """Let the baseline run in a wave."""
    warp = unmoved(len(scene.noise))
    turns = np.arange(scene.width) / wavelength[:, None] + scene.noise.uniform(1)
    warp.profile = np.zeros((len(scene.noise), 2, scene.width))
    warp.profile[:, 1] = amplitude[:, None] * sine(2 * math.pi * turns)
    return warp


FAMILY: Final = family(rotate, shear, slant, scale, size, translate, perspective, elastic, elastic_transform, wave)
