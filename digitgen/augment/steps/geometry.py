"""Steps that move pixels: the affine family, perspective, elastic fields, and waves."""

import math
from typing import Final

import numpy as np

from digitgen.augment.numerics.exact import cosine, sine
from digitgen.augment.step import MNIST_C, Parameter, Scene, Values, WarpStep
from digitgen.augment.warping.displacement import DisplacementField, knots
from digitgen.augment.warping.warp import Warp, linear, unmoved
from digitgen.format import CELL

_SIDE: Final = 2 * (CELL // 3)
_CORNERS: Final = np.array([(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0)]) * _SIDE / 2
_AFFINE: Final = 8  # purpose of the noise that moves the corners; those up to 5 are for the fields of severities


def _rotate(values: Values, _scene: Scene) -> Warp:
    along, across = cosine(values["angle"]), sine(values["angle"])
    return linear(along, -across, across, along)


rotate = WarpStep(
    description="Rotate about the image's centre.",
    source=MNIST_C,
    parameters={
        "angle": Parameter(
            "counter-clockwise angle",
            "rad",
            (-0.1, 0.1),
            (-0.7853, 0.7853),  # 45 degrees, as it is printed
            levels=(0.2, 0.4, 0.6, 0.8, 1.0),
            either_sign=True,
        )
    },
    warp=_rotate,
)


def _shear(values: Values, _scene: Scene) -> Warp:
    """As skimage's AffineTransform(shear=angle) of 2019 has it: (u, v) shows (u - v sin a, v cos a)."""
    angle = values["angle"]
    return linear(np.ones_like(angle), -sine(angle), np.zeros_like(angle), cosine(angle))


shear = WarpStep(
    description="Shear about the image's centre; rows are stretched apart a little as they shift.",
    source=MNIST_C,
    parameters={
        "angle": Parameter(
            "shear angle", "rad", (-0.3, 0.3), (-1, 1), levels=(0.2, 0.4, 0.6, 0.8, 1.0), either_sign=True
        )
    },
    warp=_shear,
)


def _slant(values: Values, _scene: Scene) -> Warp:
    slant = values["slant"]
    one, zero = np.ones_like(slant), np.zeros_like(slant)
    return linear(one, slant, zero, one)


slant = WarpStep(
    description="Lean the strokes over, keeping their height.",
    parameters={"slant": Parameter("px to the right for each px up", "px/px", (-0.3, 0.3), (-1, 1))},
    warp=_slant,
)


def _scale(values: Values, _scene: Scene) -> Warp:
    zero = np.zeros_like(values["x"])
    return linear(values["x"], zero, zero, values["y"])


_SHRINKING: Final = (1 / 0.9, 1 / 0.8, 1 / 0.7, 1 / 0.6, 1 / 0.5)

scale = WarpStep(
    description="Shrink or enlarge about the image's centre; 2 halves the size.",
    source=MNIST_C,
    parameters={
        "x": Parameter(
            "px of the input for each px of the output, along x", "px/px", (0.95, 1.1), (0.5, 2), _SHRINKING
        ),
        "y": Parameter(
            "px of the input for each px of the output, along y", "px/px", (0.95, 1.1), (0.5, 2), _SHRINKING
        ),
    },
    warp=_scale,
)


def _translate(values: Values, scene: Scene) -> Warp:
    warp = unmoved(len(scene.noise))
    warp.matrix[:, 0, 2], warp.matrix[:, 1, 2] = -values["x"], -values["y"]
    return warp


_SHIFTS: Final = (1.0, 2.0, 3.0, 4.0, 5.0)

translate = WarpStep(
    description="Shift the whole image; fractions of a px are interpolated.",
    source=MNIST_C,
    parameters={
        "x": Parameter("shift to the right", "px", (-2, 2), (-28, 28), _SHIFTS, either_sign=True),
        "y": Parameter("shift downwards", "px", (-2, 2), (-14, 14), _SHIFTS, either_sign=True),
    },
    warp=_translate,
)


def _perspective(values: Values, scene: Scene) -> Warp:
    warp = unmoved(len(scene.noise))
    # Divided by half the size, a tilt is the change of scale from the centre to the border.
    warp.matrix[:, 2, 0] = values["x"] / (scene.width / 2)
    warp.matrix[:, 2, 1] = values["y"] / (CELL / 2)
    return warp


perspective = WarpStep(
    description="Tilt the image, so that one side is larger than the other.",
    parameters={
        "x": Parameter("change of scale from the centre to the right border", "ratio", (-0.15, 0.15), (-0.5, 0.5)),
        "y": Parameter("change of scale from the centre to the lower border", "ratio", (-0.1, 0.1), (-0.5, 0.5)),
    },
    warp=_perspective,
)


def _field(values: Values, scene: Scene) -> list[DisplacementField]:
    """A random field for each image, one part for each severity, because sigma differs between them."""
    severity = values.get("severity", np.zeros(len(scene.noise)))
    fields = []
    for level in np.unique(severity):
        rows = np.flatnonzero(severity == level)
        sigma = float(values["sigma"][rows[0]])
        noise = scene.noise[rows].bytes(2, *knots(sigma, scene.width), purpose=int(level))
        fields.append(DisplacementField(rows, sigma, values["rms"][rows], noise))
    return fields


def _elastic(values: Values, scene: Scene) -> Warp:
    warp = unmoved(len(scene.noise))
    warp.fields = _field(values, scene)
    return warp


elastic = WarpStep(
    description="Displace pixels by a smooth random field.",
    source="Simard, Steinkraus and Platt 2003; their alpha is rms * sigma / 0.163",
    parameters={
        "rms": Parameter("root mean square of the displacement along each axis", "px", (0.7, 1.4), (0, 6)),
        "sigma": Parameter(
            "standard deviation of the Gaussian that smooths the field", "px", (4, 4), (1, 32), fixed=True
        ),
    },
    warp=_elastic,
)

# alpha, sigma and affine reach in units of 28 px, at severities 1 to 5.
_ELASTIC_LEVELS: Final = ((2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02))


def _smoothed_rms(alpha: float, sigma: float) -> float:
    """The rms of alpha times a field of U(-1, 1) that a Gaussian of sigma has smoothed, px."""
    weights = [math.exp(-((x / sigma) ** 2) / 2) for x in range(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1)]
    power = sum(weight**2 for weight in weights) / sum(weights) ** 2
    return alpha * power / math.sqrt(3)


def _elastic_transform(values: Values, scene: Scene) -> Warp:
    """Three corners of a central square move by up to `reach` each, and the image with them; then the field."""
    moved = (2 * scene.noise.uniform(3, 2, purpose=_AFFINE) - 1) * values["reach"][:, None, None]
    corners = _CORNERS + moved
    # Columns of the linear map that takes the square's edges to the moved ones, and its inverse.
    (a, c), (b, d) = (((corners[:, end] - corners[:, 0]) / _SIDE).T for end in (1, 2))
    x, y = (corners[:, 0] + (corners[:, 1] - corners[:, 0] + corners[:, 2] - corners[:, 0]) / 2).T
    size = a * d - b * c
    warp = linear(d / size, -b / size, -c / size, a / size, (b * y - d * x) / size, (c * x - a * y) / size)
    warp.fields = _field(values, scene)
    return warp


elastic_transform = WarpStep(
    description="A small random affine map and an elastic field, as published.",
    source=MNIST_C,
    parameters={
        "rms": Parameter(
            "root mean square of the displacement along each axis",
            "px",
            (0.7, 1.4),
            (0, 6),
            tuple(_smoothed_rms(28 * alpha, 28 * sigma) for alpha, sigma, _ in _ELASTIC_LEVELS),
        ),
        "sigma": Parameter(
            "standard deviation of the Gaussian that smooths the field",
            "px",
            (4, 4),
            (0.25, 32),
            tuple(28 * sigma for _, sigma, _ in _ELASTIC_LEVELS),
            fixed=True,
        ),
        "reach": Parameter(
            "how far corners of the affine map move",
            "px",
            (0, 2),
            (0, 8),
            tuple(28 * reach for *_, reach in _ELASTIC_LEVELS),
        ),
    },
    warp=_elastic_transform,
)


def _wave(values: Values, scene: Scene) -> Warp:
    warp = unmoved(len(scene.noise))
    turns = np.arange(scene.width) / values["wavelength"][:, None] + scene.noise.uniform(1)
    warp.profile = np.zeros((len(scene.noise), 2, scene.width))
    warp.profile[:, 1] = values["amplitude"][:, None] * sine(2 * math.pi * turns)
    return warp


wave = WarpStep(
    description="Let the baseline run in a wave.",
    parameters={
        "amplitude": Parameter("of the wave", "px", (0.5, 2), (0, 10)),
        "wavelength": Parameter("of the wave, which begins anywhere", "px", (60, 160), (14, 4096)),
    },
    stages=("sequence",),
    warp=_wave,
)

FAMILY: Final[dict[str, WarpStep]] = {
    "rotate": rotate,
    "shear": shear,
    "slant": slant,
    "scale": scale,
    "translate": translate,
    "perspective": perspective,
    "elastic": elastic,
    "elastic_transform": elastic_transform,
    "wave": wave,
}
