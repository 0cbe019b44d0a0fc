"""Steps that move pixels, each against its definition."""

import math
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.stats import kstest

from digitgen.augment.step import Scene, WarpStep, cells_of
from digitgen.augment.steps.geometry import FAMILY
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise
from tests.errors import naming
from tests.reference import bilinear, from_centre, ink_box
from tests.steps import resample, setting

Images = NDArray[np.uint8]
Floats = NDArray[np.float64]

MOST_OFF = 2 * 255 / 256 + 2
"""Grey levels, at the hardest edges: points are rounded to 1/128 px, and pixels to whole grey levels."""


def scene(count: int, width: int = 28) -> Scene:
    return Scene(Noise(Address(9), np.arange(count)), width, np.tile(cells_of(width), (count, 1)))


def values(name: str, count: int, **given: Any) -> dict[str, Floats]:
    """Parameters of a step: those given, and of others the least that is drawn by default."""
    assert given.keys() <= FAMILY[name].parameters.keys()
    defaults = {each: low for each, (low, _) in setting(name).ranges}
    return {key: np.broadcast_to(np.float64(value), count).copy() for key, value in (defaults | given).items()}


def applied(name: str, images: Images, **given: Any) -> Images:
    step = FAMILY[name]
    assert isinstance(step, WarpStep)
    out = images.copy()
    there = scene(len(images), images.shape[2])
    resample(step.apply(there, **values(name, len(images), **given)), out)
    return out


def shown(images: Images, matrix: list[list[float]]) -> Floats:
    """What the images show where a matrix takes the points of the output, from the centre."""
    u, v = from_centre(images.shape[2])
    x, y, depth = np.tensordot(np.array(matrix), np.stack([u, v, np.ones_like(u)]), 1)
    return np.stack([bilinear(image, x / depth + (images.shape[2] - 1) / 2, y / depth + 13.5) for image in images])


def assert_close(images: Images, expected: Floats) -> None:
    off = np.abs(images - expected)
    assert off.max() <= MOST_OFF
    assert off.mean() <= 0.5
    assert images.any()


@pytest.fixture(scope="module")
def glyphs(mnist: GlyphBank) -> Images:
    return np.ascontiguousarray(mnist.images[::2500])


def affine(a: float, b: float, c: float, d: float, x: float = 0, y: float = 0) -> list[list[float]]:
    return [[a, b, x], [c, d, y], [0, 0, 1]]


DEFINITIONS: list[tuple[str, dict[str, float], list[list[float]]]] = [
    *(
        ("rotate", {"angle": t}, affine(math.cos(t), -math.sin(t), math.sin(t), math.cos(t)))
        for t in (-1.0, -0.6, 0.2, 0.4, 0.8)
    ),
    *(("shear", {"angle": t}, affine(1, -math.sin(t), 0, math.cos(t))) for t in (-1.0, -0.2, 0.4, 0.6, 0.8)),
    *(("slant", {"slant": s}, affine(1, s, 0, 1)) for s in (-1.0, -0.3, 0.1, 0.8)),
    *(("scale", {"x": 1 / s, "y": 1 / s}, affine(1 / s, 0, 0, 1 / s)) for s in (0.9, 0.8, 0.7, 0.6, 0.5)),
    ("scale", {"x": 0.5, "y": 1.7}, affine(0.5, 0, 0, 1.7)),
    *(("translate", {"x": x, "y": y}, affine(1, 0, 0, 1, -x, -y)) for x, y in ((1, -2), (-3.7, 4.4), (5, 5))),
    *(
        ("perspective", {"x": x, "y": y}, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [x / 14, y / 14, 1.0]])
        for x, y in ((0.5, 0), (-0.3, 0.2), (0, -0.5))
    ),
]


def test_a_step_shows_what_the_published_matrix_shows(glyphs: Images) -> None:
    for name, given, matrix in DEFINITIONS:
        with naming((name, given, matrix)):
            assert_close(applied(name, glyphs, **given), shown(glyphs, matrix))


def test_a_wide_image_is_moved_about_its_own_centre(glyphs: Images) -> None:
    cases: list[tuple[str, dict[str, float], list[list[float]]]] = [
        ("rotate", {"angle": 0.5}, affine(math.cos(0.5), -math.sin(0.5), math.sin(0.5), math.cos(0.5))),
        ("scale", {"x": 1.4, "y": 0.8}, affine(1.4, 0, 0, 0.8)),
        ("perspective", {"x": 0.4, "y": -0.3}, [[1, 0, 0], [0, 1, 0], [0.4 / 65.5, -0.3 / 14, 1]]),
    ]
    for name, given, matrix in cases:
        with naming((name, given, matrix)):
            wide = np.concatenate([*glyphs[:4], np.zeros((28, 19), np.uint8)], axis=1)[None]
            assert_close(applied(name, wide, **given), shown(wide, matrix))


def test_scikit_image_warps_to_the_same_images(glyphs: Images) -> None:
    transform: ModuleType = pytest.importorskip("skimage.transform")
    for name, given, matrix in DEFINITIONS[::3]:
        to_middle = np.array([[1, 0, 13.5], [0, 1, 13.5], [0, 0, 1]])
        inverse = transform.ProjectiveTransform(matrix=to_middle @ np.array(matrix) @ np.linalg.inv(to_middle))
        expected = [transform.warp(image / 255.0, inverse, order=1) * 255 for image in glyphs]
        # It leaves out points between the outermost pixels and the edge, where here ink fades out.
        inside = np.s_[:, 1:-1, 1:-1]
        off = np.abs(applied(name, glyphs, **given) - np.stack(expected))[inside]
        assert off.mean() <= 0.6


# Which way


def spot(x: int, y: int, width: int = 29) -> Images:
    image = np.zeros((1, 28, width), np.uint8)
    image[0, y - 1 : y + 1, x - 1 : x + 2] = 255
    return image


def place(images: Images) -> tuple[float, float]:
    """The centroid of the ink."""
    rows, columns = np.nonzero(images[0])
    weights = images[0][rows, columns].astype(float)
    return float(np.average(columns, weights=weights)), float(np.average(rows, weights=weights))


def test_positive_values_move_ink_as_their_descriptions_say() -> None:
    cases: list[tuple[str, dict[str, float], tuple[int, int], tuple[float, float]]] = [
        ("rotate", {"angle": math.pi / 4}, (24, 14), (14 + 10 / math.sqrt(2), 13.5 - 10 / math.sqrt(2))),
        ("slant", {"slant": 0.5}, (14, 6), (18, 5.5)),
        ("translate", {"x": 3.0, "y": -2.0}, (14, 14), (17, 11.5)),
        ("scale", {"x": 2.0, "y": 1.0}, (24, 14), (19, 13.5)),
        ("scale", {"x": 1.0, "y": 0.5}, (14, 10), (14, 5.5)),
    ]
    for name, given, start, end in cases:
        with naming((name, given, start, end)):
            x, y = place(applied(name, spot(*start), **given))
            assert (x, y) == pytest.approx(end, abs=0.2)


def test_a_tilt_makes_the_right_side_larger_and_the_left_smaller() -> None:
    bars = np.zeros((1, 28, 101), np.uint8)
    bars[0, 8:20, 28:32] = bars[0, 8:20, 69:73] = 255
    tilted = applied("perspective", bars, x=0.4, y=0.0)[0]
    left, right = ((half > 127).sum(axis=0).max() for half in (tilted[:, :50], tilted[:, 50:]))
    assert left < 12 < right


def test_a_wave_moves_columns_up_and_down_by_a_sine() -> None:
    line = np.zeros((40, 28, 300), np.uint8)
    line[:, 13:15] = 255
    waved = applied("wave", line, amplitude=6.0, wavelength=100.0).astype(float)
    heights = (waved * np.arange(28)[:, None]).sum(axis=1) / waved.sum(axis=1)  # (40, 300)
    phases = []
    for height in heights:
        x = 2 * math.pi * np.arange(300) / 100
        sine, cosine = np.mean((height - 13.5) * np.sin(x)) * 2, np.mean((height - 13.5) * np.cos(x)) * 2
        assert math.hypot(sine, cosine) == pytest.approx(6, abs=0.1)
        assert np.abs(height - 13.5 - sine * np.sin(x) - cosine * np.cos(x)).max() < 0.15
        phases.append(math.atan2(cosine, sine) / (2 * math.pi) % 1)
    assert kstest(phases, "uniform").pvalue > 1e-3


# Neutral values


def test_neutral_values_change_no_bit() -> None:
    cases: list[tuple[str, dict[str, float]]] = [
        ("rotate", {"angle": 0.0}),
        ("shear", {"angle": 0.0}),
        ("slant", {"slant": 0.0}),
        ("scale", {"x": 1.0, "y": 1.0}),
        ("translate", {"x": 0.0, "y": 0.0}),
        ("perspective", {"x": 0.0, "y": 0.0}),
        ("elastic", {"rms": 0.0}),
        ("elastic_transform", {"rms": 0.0, "reach": 0.0}),
        ("wave", {"amplitude": 0.0}),
    ]
    for name, given in cases:
        for width in (28, 133):
            with naming(f"{(name, given)}, {width}"):
                images = np.random.Generator(np.random.PCG64DXSM(3)).integers(0, 256, (5, 28, width)).astype(np.uint8)
                np.testing.assert_array_equal(applied(name, images, **given), images)


def test_every_step_of_the_family_is_tested_here() -> None:
    assert FAMILY.keys() == {name for name, *_ in DEFINITIONS} | {"size", "elastic", "elastic_transform", "wave"}


# Elastic steps


@pytest.mark.parametrize("reach", [0.28, 2.8, 5.6])
def test_elastic_transform_moves_corners_uniformly_up_to_its_reach(reach: float) -> None:
    """And take the image with them: the output shows a corner where it went."""
    given = values("elastic_transform", 3000, rms=0, reach=reach)
    matrix = FAMILY["elastic_transform"].apply(scene(3000), **given).matrix
    square = np.array([[-9, -9, 1], [9, -9, 1], [-9, 9, 1]], float).T
    moved = (np.linalg.inv(matrix) @ square - square)[:, :2]
    assert np.abs(moved).max() <= reach + 1e-9
    for each in moved.reshape(3000, 6).T:
        assert kstest(each, "uniform", (-reach, 2 * reach)).pvalue > 1e-4
    correlations = np.corrcoef(moved.reshape(3000, 6).T)[np.triu_indices(6, 1)]
    assert np.abs(correlations).max() < 5 / math.sqrt(3000)


def test_the_affine_part_of_elastic_transform_shows_what_its_matrix_shows(glyphs: Images) -> None:
    given = values("elastic_transform", len(glyphs), rms=0, reach=4)
    warp = FAMILY["elastic_transform"].apply(scene(len(glyphs)), **given)
    expected = [shown(glyph[None], matrix.tolist())[0] for glyph, matrix in zip(glyphs, warp.matrix, strict=True)]
    assert_close(applied("elastic_transform", glyphs, rms=0, reach=4), np.stack(expected))


def test_published_strengths_of_elastic_transform_are_those_of_smoothed_noise() -> None:
    """alpha times U(-1, 1) that a Gaussian of sigma has smoothed, as the definition has it; in px of rms."""
    parameters = FAMILY["elastic_transform"].parameters
    rng = np.random.Generator(np.random.PCG64DXSM(1))
    published = ((2, 0.7), (2, 0.08), (0.05, 0.01), (0.07, 0.01), (0.12, 0.01))
    for (alpha, sigma), rms, level in zip(published, parameters["rms"].levels, parameters["sigma"].levels, strict=True):
        assert level == pytest.approx(28 * sigma)
        side = 1500 if sigma > 0.1 else 300
        smooth = gaussian_filter(rng.uniform(-1, 1, (side, side)), 28 * sigma, mode="wrap", truncate=3)
        assert rms == pytest.approx(28 * alpha * np.sqrt(np.mean(smooth**2)), rel=0.12 if sigma > 0.1 else 0.03)


def test_severities_of_elastic_transform_move_pixels_as_far_as_published() -> None:
    for severity in (1, 2, 3, 4, 5):
        with naming(severity):
            step = FAMILY["elastic_transform"]
            given = {name: parameter.levels[severity - 1] for name, parameter in step.parameters.items()}
            where = replace(scene(50, 84), severity=np.full(50, severity))
            (field,) = step.apply(where, **values("elastic_transform", 50, **given)).fields
            assert field.sigma == given["sigma"]
            assert (field.rms == given["rms"]).all()


def test_images_of_several_severities_each_get_the_field_of_their_own() -> None:
    step = FAMILY["elastic_transform"]
    severity = np.array([5, 1, 2, 2, 5, 3, 4, 1])
    levels = severity - 1
    where = replace(scene(8), severity=severity)
    there = {name: np.array(each.levels)[levels] for name, each in step.parameters.items()}
    whole = step.apply(where, **there)
    for field in whole.fields:
        assert len(set(severity[field.rows])) == 1
        assert (np.array(step.parameters["sigma"].levels)[levels[field.rows]] == field.sigma).all()
    assert sorted(row for field in whole.fields for row in field.rows.tolist()) == list(range(8))
    for row in range(8):  # and it is the one that the image has alone
        one = np.array([row])
        alone = step.apply(where[one], **{name: each[one] for name, each in there.items()})
        (field,) = alone.fields
        (same,) = [each for each in whole.fields if row in each.rows]
        np.testing.assert_array_equal(field.noise[0], same.noise[same.rows == row][0])
        np.testing.assert_array_equal(alone.matrix[0], whole.matrix[row])


# Size


def sized(bank: GlyphBank, glyphs: NDArray[np.int64], **given: Any) -> Images:
    """Glyphs of a bank, brought to a size."""
    out, there = bank.cells(glyphs), replace(scene(len(glyphs)), bank=bank, glyphs=glyphs)
    step = FAMILY["size"]
    assert isinstance(step, WarpStep)
    resample(step.apply(there, **values("size", len(glyphs), **given)), out)
    return out


def ink_of(images: Images) -> NDArray[np.int64]:
    """Left, top, right and bottom of the ink of each image: (n, 4)."""
    boxes = np.array([ink_box(image) for image in images])
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


@pytest.fixture(scope="module")
def some(mnist: GlyphBank) -> NDArray[np.int64]:
    return np.arange(0, len(mnist), 199)


@pytest.mark.parametrize("height", [12, 16.4, 19.6, 20, 26])
def test_size_makes_ink_as_high_as_asked_in_whole_px(mnist: GlyphBank, some: NDArray[np.int64], height: float) -> None:
    ink = ink_of(sized(mnist, some, height=height, width=1))
    assert set(ink[:, 3] - ink[:, 1]) == {round(height)}


@pytest.mark.parametrize(("height", "width"), [(14, 1), (14, 1.6), (24, 0.6), (22, 1)])
def test_size_changes_the_width_by_the_factor_on_the_height_times_its_own(
    mnist: GlyphBank, some: NDArray[np.int64], height: float, width: float
) -> None:
    before, after = ink_of(mnist.cells(some)), ink_of(sized(mnist, some, height=height, width=width))
    own = (before[:, 2] - before[:, 0]) + 1  # to the middle of the px beside it on either side
    factor = (height + 1) / (before[:, 3] - before[:, 1] + 1) * width
    wanted = np.minimum(own * factor, 27) - 1
    found = after[:, 2] - after[:, 0]
    assert (np.abs(found - wanted) < 2).all()
    assert -0.1 < (found - wanted).mean() < 1.1  # of the outermost columns, some are faint


@pytest.mark.parametrize(("height", "width"), [(10, 0.5), (26, 2), (26, 1), (13, 2)])
def test_size_leaves_a_px_on_each_side_of_the_cell_whatever_is_asked(
    mnist: GlyphBank, some: NDArray[np.int64], height: float, width: float
) -> None:
    out = sized(mnist, some, height=height, width=width)
    assert out.any(axis=(1, 2)).all()
    inside = np.zeros((28, 28), bool)
    inside[1:-1, 1:-1] = True
    assert not out[:, ~inside].any()


def test_size_keeps_the_centre_of_the_ink_where_there_is_room(mnist: GlyphBank, some: NDArray[np.int64]) -> None:
    before, after = (ink_of(each) for each in (mnist.cells(some), sized(mnist, some, height=18, width=1)))
    moved = np.abs((after[:, :2] + after[:, 2:]) - (before[:, :2] + before[:, 2:])) / 2
    assert moved.max() <= 1
    corner = np.zeros((1, 28, 28), np.uint8)
    corner[0, 0:10, 20:28] = 255  # in the upper right corner, and to stay there
    bank = GlyphBank.from_arrays(corner, np.array([4]))
    assert ink_of(sized(bank, np.array([0]), height=20, width=1)).tolist() == [[10, 1, 27, 21]]


def test_size_changes_no_bit_of_a_glyph_that_has_its_size_already(mnist: GlyphBank, some: NDArray[np.int64]) -> None:
    ink = mnist.windows.ink[some]
    high = some[(ink[:, 3] - ink[:, 1] == 20) & (ink[:, 1] > 0) & (ink[:, 3] < 28)]
    np.testing.assert_array_equal(sized(mnist, high, height=20, width=1), mnist.cells(high))


def test_size_shows_what_its_definition_says(mnist: GlyphBank, some: NDArray[np.int64]) -> None:
    """The ink, half a px wider on each side, is stretched to half a px around where it is to be."""
    for glyph, image, out in zip(some[::40], mnist.cells(some[::40]), sized(mnist, some[::40], height=23), strict=True):
        left, top, right, bottom = mnist.windows.ink[glyph].tolist()
        down = 24 / (bottom - top + 1)
        across = down * 0.85
        begin = min(max(round((top + bottom) / 2 - 11.5), 1), 4)
        v, u = np.mgrid[:28, :28].astype(float) + 0.5  # middles of px, from the cell's corner
        y = top - 0.5 + (v - (begin - 0.5)) / down
        x = (left + right) / 2 + (u - (left + right) / 2) / across
        assert_close(out[None], bilinear(image, x - 0.5, y - 0.5)[None])


def test_size_is_refused_without_a_bank() -> None:
    step = FAMILY["size"]
    with pytest.raises(ArgumentError, match="size measures the glyphs of a bank; these images do not come from one"):
        step.apply(scene(1), **values("size", 1))
