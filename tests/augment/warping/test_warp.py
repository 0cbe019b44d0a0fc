"""Where the pixels of warped images come from, and how they are fetched."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen.augment.numerics.exact import cosine, sine, to_uint8
from digitgen.augment.warping.displacement import DisplacementField, knots
from digitgen.augment.warping.warp import MAX_WARPED_WIDTH, Warp, linear, unmoved
from digitgen.compose.layout import Layout
from digitgen.errors import ArgumentError
from digitgen.format import MAX_HEIGHT
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise
from tests.errors import naming
from tests.reference import bilinear, from_centre
from tests.steps import displacements, images, points, recipe, resample, setting

Images = NDArray[np.uint8]
Floats = NDArray[np.float64]

ROUNDED = 1 / 256
"""px at most between a point and the nearest multiple of 1/128 px, along each axis."""
MOST_OFF = 2 * 255 * ROUNDED + 1
"""Grey levels that this can cost next to the hardest edge, with the rounding of the result."""


SHAPES = [(28, 28), (28, 29), (28, 160), (28, 700), (31, 33), (40, 161), (256, 300)]
"""Heights and widths."""


def pictures(count: int, width: int, height: int = 28) -> Images:
    return np.random.Generator(np.random.PCG64DXSM(3)).integers(0, 256, (count, height, width)).astype(np.uint8)


def turn(angles: Floats) -> Warp:
    return linear(np.cos(angles), -np.sin(angles), np.sin(angles), np.cos(angles))


def waving(angles: Floats, width: int, rms: float = 1.0, height: int = 28) -> Warp:
    """A rotation, an elastic field and a wave: everything that a warp can have."""
    count = len(angles)
    warp = turn(angles)
    rest = unmoved(count)
    rest.profile = np.zeros((count, 2, width))
    rest.profile[:, 1] = 2 * np.sin(np.arange(width) / 17 + angles[:, None])
    rest.fields = [field(count, width, 4.0, rms, height)]
    warp.add(np.arange(count), rest)
    return warp


def field(count: int, width: int, sigma: float, rms: float = 1.0, height: int = 28) -> DisplacementField:
    noise = Noise(Address(5), np.arange(count)).bytes(2, *knots(sigma, (height, width)))
    return DisplacementField(np.arange(count), sigma, np.full(count, rms), noise)


def drawn(count: int, width: int, sigma: float, rms: float = 1.0) -> NDArray[np.float32]:
    return displacements(field(count, width, sigma, rms), width)


# Fetching pixels


def test_pixels_are_bilinear_means_of_the_points_that_they_show() -> None:
    """Exactly those of points that are rounded to 1/128 px."""
    for height, width in SHAPES:
        with naming((height, width)):
            warp = waving(np.linspace(-0.7, 0.7, 5), width, height=height)
            before = pictures(5, width, height)
            after = before.copy()
            x, y = points(warp, width, height)
            resample(warp, after, False)
            for image, source, at_x, at_y in zip(after, before, x.astype(float), y.astype(float), strict=True):
                rounded = bilinear(source, np.rint(at_x * 128) / 128, np.rint(at_y * 128) / 128)
                np.testing.assert_array_equal(image, np.rint(rounded))
                off = np.abs(image - bilinear(source, at_x, at_y))
                assert off.max() <= MOST_OFF
                assert off.mean() < 0.5  # of noise, in which every edge is hard


def test_points_far_outside_stay_where_their_sums_are_exact() -> None:
    one, zero, far = np.ones(2), np.zeros(2), np.array([1e9, -1e9])
    for height in (28, 256):
        x, _ = points(linear(far, zero, zero, one), 160, height)
        assert x.min() == -512 and x.max() == 160 + 512
        _, y = points(linear(one, zero, zero, far), 160, height)
        assert np.abs(y).max() < 1024 + height


@pytest.mark.parametrize("height", [28, 31, 32, 40])
def test_owners_come_from_the_nearest_pixel_and_continue_beyond_the_edge(height: int) -> None:
    warp, before = waving(np.linspace(-0.7, 0.7, 5), 160, height=height), pictures(5, 160, height)
    after = before.copy()
    x, y = points(warp, 160, height)
    resample(warp, after, True)
    for image, source, at_x, at_y in zip(after, before, x, y, strict=True):
        row, column = (
            np.clip(np.rint(np.rint(at * 128) / 128), 0, last).astype(int)
            for at, last in ((at_y, height - 1), (at_x, 159))
        )
        np.testing.assert_array_equal(image, source[row, column])


def test_the_identity_changes_no_bit() -> None:
    for height, width in [*SHAPES, (28, MAX_WARPED_WIDTH), (MAX_HEIGHT, MAX_WARPED_WIDTH)]:
        before = pictures(3, width, height)
        for nearest in (False, True):
            after = before.copy()
            resample(unmoved(3), after, nearest)
            np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("nearest", [False, True])
@pytest.mark.parametrize("height", [28, 33, MAX_HEIGHT])
def test_an_image_is_the_same_at_any_place_among_a_thousand(nearest: bool, height: int) -> None:
    """Rows of a tall image are large numbers, with fewer bits left for fractions of a px."""
    count = 1000
    angles, before = np.linspace(-0.5, 0.5, count), pictures(count, 28, height)
    whole = waving(angles, 28, height=height)
    together = before.copy()
    resample(whole, together, nearest)
    assert whole.profile is not None
    for row in (0, 1, 70, 299, 500, 731, 998, 999):
        (one,) = whole.fields
        alone = Warp(
            whole.matrix[row : row + 1],
            whole.profile[row : row + 1],
            [
                DisplacementField(
                    np.zeros(1, np.int64), one.sigma, one.rms[:1], one.noise[row : row + 1], _row(one.frame, row)
                )
            ],
        )
        image = before[row : row + 1].copy()
        resample(alone, image, nearest)
        np.testing.assert_array_equal(image[0], together[row])


def _row(frame: Floats | None, row: int) -> Floats | None:
    return None if frame is None else frame[row : row + 1]


# Where points are


def test_points_are_where_the_matrix_puts_them() -> None:
    sizes = [(28, 28), (28, 160), (28, 1024), (28, MAX_WARPED_WIDTH), (33, 160), (MAX_HEIGHT, 1024)]
    for height, width in sizes:
        with naming((height, width)):
            rng = np.random.Generator(np.random.PCG64DXSM(1))
            warp = unmoved(6)
            warp.matrix[:, :2] += rng.uniform(-0.3, 0.3, (6, 2, 3))
            warp.matrix[3:, 2, :2] = rng.uniform(-0.3, 0.3, (3, 2)) / (width / 2, height / 2)
            u, v = from_centre(width, height)
            for rows in (slice(0, 3), slice(3, 6)):  # parallel lines stay parallel, or do not
                some = Warp(warp.matrix[rows])
                x, y = points(some, width, height)
                for matrix, at_x, at_y in zip(some.matrix, x, y, strict=True):
                    seen = np.tensordot(matrix, np.stack([u, v, np.ones_like(u)]), 1)
                    for found, exact, size in ((at_x, seen[0] / seen[2], width), (at_y, seen[1] / seen[2], height)):
                        near = np.abs(exact) < size / 2 + 400  # what lies further outside is only known to do so
                        assert (
                            np.abs(found - exact - (size - 1) / 2)[near].max() < 2**-8 * height / 28
                        )  # slopes are rounded
                        assert ((found < -300) | (found > size + 300))[~near].all()


@pytest.mark.parametrize("framed", [False, True])
def test_sums_of_a_field_are_exact_in_float32(framed: bool) -> None:
    """In float64 there are 29 bits more: that they change nothing says that none of float32 was lost."""
    cases: list[tuple[float, int, int]] = [
        *product([0.25, 1.0, 4.0, 31.7], [28, 130], [28]),
        *product([0.25, 4.0, 31.7], [28, 130], [MAX_HEIGHT]),
        (4.0, MAX_WARPED_WIDTH, 28),
    ]
    for sigma, width, height in cases:
        with naming((sigma, width, height)):
            each = field(3, width, sigma, 6.0, height)
            each.noise[0], each.noise[1] = 255, 0  # what adds up to most
            if framed:
                each.frame = np.array([[[2.0, 1.0], [-1.0, 2.0]], [[1e9, 0], [0, 1e9]], [[0.7, 0.1], [0.3, 0.2]]])
            singles = displacements(each, width, height)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(np, "matmul", _in_doubles)
                doubles = displacements(each, width, height)
            np.testing.assert_array_equal(singles, doubles)


def _in_doubles(one: Floats, other: Floats, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    product = one.astype(np.float64) @ other.astype(np.float64)
    assert (np.abs(product) < 2**20).all()
    if out is None:
        return product.astype(np.float32)
    out[...] = product
    return out


# Elastic fields


@pytest.mark.parametrize("sigma", [1.5, 4.0, 8.0])
def test_a_field_has_its_strength_and_its_smoothness(sigma: float) -> None:
    for width in (28, 160, 1024):
        with naming(width):
            moved = drawn(round(12_000 * sigma) // width, width, sigma)
            power = np.mean(np.square(moved, dtype=np.float64))
            assert np.sqrt(power) == pytest.approx(1, rel=0.02)
            independent = moved.size / (4 * math.pi * sigma**2)
            assert abs(moved.mean(dtype=np.float64)) < 4 / math.sqrt(independent)
            assert abs(np.mean(moved[0] * moved[1], dtype=np.float64)) < 4 / math.sqrt(independent)
            for distance in range(1, min(round(3 * sigma), 20)):
                expected = math.exp(-(distance**2) / (4 * sigma**2))
                along = np.mean(moved[..., distance:] * moved[..., :-distance], dtype=np.float64)
                down = np.mean(moved[:, :, distance:] * moved[:, :, :-distance], dtype=np.float64)
                assert along / power == pytest.approx(expected, abs=0.03)
                assert down / power == pytest.approx(expected, abs=0.03)


def test_a_field_is_as_strong_at_the_borders_as_in_the_middle() -> None:
    for sigma in (1.5, 4.0, 8.0):
        with naming(sigma):
            moved = drawn(1500, 140, sigma)
            power = np.square(moved, dtype=np.float64).mean(axis=(0, 1))
            assert np.sqrt(power.mean(axis=1)) == pytest.approx(np.ones(28), rel=0.06)
            assert np.sqrt(power.mean(axis=0)) == pytest.approx(np.ones(140), rel=0.09)


def test_each_image_has_its_own_strength_however_rough_the_field() -> None:
    for sigma in (0.25, 0.28, 0.56, 0.9):
        each = field(500, 60, sigma)
        each.rms[:] = np.linspace(0.2, 5.9, 500)
        moved = displacements(each, 60)
        strength = np.sqrt(np.square(moved, dtype=np.float64).mean(axis=(0, 2, 3)))
        assert strength / each.rms == pytest.approx(np.ones(500), rel=0.1)
        assert np.mean(strength / each.rms) == pytest.approx(1, rel=0.02)
        smooth = np.mean(moved[..., 1:] * moved[..., :-1]) / np.mean(moved * moved)
        kernel = np.exp(-((np.arange(-4, 5) / sigma) ** 2) / 2)  # of so narrow a one, pixels show no more than this
        assert smooth == pytest.approx((kernel[1:] * kernel[:-1]).sum() / (kernel**2).sum(), abs=0.03)


def test_a_field_of_strength_0_moves_nothing() -> None:
    assert not drawn(5, 60, 4.0, rms=0.0).any()


# Together


def count_remaps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that gets an item at each resampling."""
    calls: list[int] = []
    remap: Callable[..., Any] = cv2.remap

    def counted(*arguments: object, **options: object) -> Any:
        calls.append(1)
        return remap(*arguments, **options)

    monkeypatch.setattr(cv2, "remap", counted)
    return calls


@pytest.mark.parametrize(
    ("names", "resampled"),
    [
        pytest.param(["rotate"], "io", id="one"),
        pytest.param(["rotate", "elastic", "wave", "perspective", "translate"], "io", id="five"),
        pytest.param(["rotate", "brightness", "shear", "scale"], "io ios", id="a pixel step between"),
        pytest.param(["inverse", "rotate", "shear", "inverse"], "ios", id="pixel steps around"),
        pytest.param(["inverse", "gamma"], "", id="none"),
    ],
)
def test_neighbouring_warps_become_one_resampling(
    names: list[str], resampled: str, bank: GlyphBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the images, of their pixels' owners, and of strokes once they are no longer all that images have."""
    calls = count_remaps(monkeypatch)
    images(recipe(bank, tuple(setting(name) for name in names)), 0, 5)
    assert len(calls) == len(resampled.replace(" ", ""))


def test_glyphs_are_resampled_without_owners_and_nothing_is_with_p_0(
    bank: GlyphBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = count_remaps(monkeypatch)
    images(recipe(bank, glyphs=(setting("rotate"), setting("shear"))), 0, 5)
    assert len(calls) == 1
    images(recipe(bank, (setting("rotate", p=0.0),)), 0, 5)
    assert len(calls) == 1


def test_matrices_multiply_in_the_order_of_the_steps() -> None:
    steps = [turn(np.array([0.3])), linear(*np.array([[1.0], [0.4], [0.0], [1.0]])), linear(*[np.array([1.3])] * 4)]
    steps[2].matrix[0] = [[1.2, 0, 3], [0, 0.8, -2], [0.001, 0.002, 1]]
    total = unmoved(1)
    for step in steps:
        total.add(np.zeros(1, np.int64), step)
    np.testing.assert_allclose(total.matrix[0], steps[0].matrix[0] @ steps[1].matrix[0] @ steps[2].matrix[0])


def test_displacements_after_a_matrix_are_px_of_the_image_that_it_makes() -> None:
    """As if the matrix's image had been displaced: rotated, stretched and sheared with it."""
    cases: list[list[list[float]]] = [
        [[0.8, -0.5], [0.5, 0.8]],
        [[2.0, 0.0], [0.0, 2.0]],
        [[1.0, 0.6], [0.0, 1.0]],
    ]
    for matrix in cases:
        with naming(matrix):
            first, later = unmoved(4), unmoved(4)
            first.matrix[:, :2, :2] = matrix
            later.profile = np.zeros((4, 2, 130))
            later.profile[:, 1] = 3 * np.sin(np.arange(130) / 20)
            later.fields = [field(4, 130, 5.0)]
            alone = points(later, 130)
            u, v = alone[0] - 64.5, alone[1] - 13.5
            first.add(np.arange(4), later)
            x, y = points(first, 130)
            (a, b), (c, d) = matrix
            assert np.abs(x - 64.5 - (a * u + b * v)).max() < 0.06
            assert np.abs(y - 13.5 - (c * u + d * v)).max() < 0.06


def test_displacements_before_a_small_warp_are_nearly_warped_with_it() -> None:
    """They stay in their place of the image; what that costs is their slope times what the later warp moves."""
    before = unmoved(1)
    before.profile = np.zeros((1, 2, 130))
    before.profile[0, 1] = 2 * np.sin(np.arange(130) / 16)
    later = turn(np.array([0.1]))
    u, v = from_centre(130)
    seen_x = math.cos(0.1) * u - math.sin(0.1) * v
    seen_y = math.sin(0.1) * u + math.cos(0.1) * v
    exact = seen_y + 2 * np.sin((seen_x + 64.5) / 16)
    before.add(np.zeros(1, np.int64), later)
    _, y = points(before, 130)
    assert np.abs(y[0] - 13.5 - exact).max() < 2 / 16 * np.abs(seen_x - u).max() + 0.01


def test_one_resampling_shows_what_two_do_but_sharper(mnist: GlyphBank) -> None:
    before = mnist.images[::3000].copy()
    rows = np.arange(len(before))
    one, other = turn(np.linspace(-0.3, 0.3, len(rows))), waving(np.linspace(-0.1, 0.1, len(rows)), 28, 0.7)
    twice, once = before.copy(), before.copy()
    resample(one, twice, False)
    resample(other, twice, False)
    total = unmoved(len(rows))
    total.add(rows, one)
    total.add(rows, other)
    resample(total, once, False)
    for fused, apart in zip(once, twice, strict=True):
        assert np.corrcoef(fused.ravel(), apart.ravel())[0, 1] > 0.97
        assert np.abs(fused.astype(float) - apart).mean() < 9
    assert np.square(once.astype(float)).sum() > np.square(twice.astype(float)).sum()


# At the edges


@pytest.mark.parametrize(("width", "height"), [(28, 28), (100, 28), (40, 33)])
def test_what_leaves_an_image_reaches_no_other(width: int, height: int) -> None:
    shifts = [(x, y) for x in (-300, -27, -1, 0, 5, 99) for y in (-40, -28, -27, -1, 0, 3, 27, 28, 29)]
    before = np.zeros((2 * len(shifts) + 1, height, width), np.uint8)
    before[1::2] = pictures(len(shifts), width, height) | 1
    after, warp = before.copy(), unmoved(len(before))
    warp.matrix[1::2, :2, 2] = -np.array(shifts)
    resample(warp, after, False)
    assert not after[::2].any()
    for (x, y), image, source in zip(shifts, after[1::2], before[1::2], strict=True):
        expected = np.zeros((height + 200, width + 1000), np.uint8)
        expected[100 + y : 100 + height + y, 500 + x : 500 + width + x] = source
        np.testing.assert_array_equal(image, expected[100 : 100 + height, 500 : 500 + width])


def test_ink_moved_by_part_of_a_px_fades_at_the_edge_and_reaches_no_other_image() -> None:
    before = np.zeros((5, 28, 40), np.uint8)
    before[1::2] = 200
    for x, y in ((0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5), (13.25, 20.75), (-0.03125, -27.5)):
        after, warp = before.copy(), unmoved(5)
        warp.matrix[:, 0, 2], warp.matrix[:, 1, 2] = -x, -y
        resample(warp, after, False)
        assert not after[::2].any()
        u, v = np.meshgrid(np.arange(40.0), np.arange(28.0))
        expected = bilinear(before[1], u - x, v - y)
        assert np.abs(after[1] - expected).max() <= 1
        assert np.abs(after[3] - expected).max() <= 1


@pytest.mark.parametrize("strong", [False, True])
def test_black_images_between_white_ones_stay_black_under_any_warp(strong: bool) -> None:
    before = np.zeros((9, 28, 60), np.uint8)
    before[1::2] = 255
    warp = waving(np.linspace(-0.8, 0.8, 9), 60, rms=6.0)
    if strong:
        warp.matrix[:, :2, :2] *= np.linspace(0.3, 9, 9)[:, None, None]
        warp.matrix[:, 2, :2] = (0.05, -0.08)
    for nearest in (False, True):
        after = before.copy()
        resample(warp, after, nearest)
        assert not after[::2].any()


# The widest


def test_images_too_wide_for_a_warp_are_refused_but_their_glyphs_are_warped(bank: GlyphBank) -> None:
    layout = Layout(MAX_WARPED_WIDTH + 1, (0, 2))
    with pytest.raises(ArgumentError, match=r"^augment\.sequence\.1: rotate needs an image_width of at most 2048 px"):
        recipe(bank, (setting("inverse"), setting("rotate")), layout=layout)
    assert images(recipe(bank, glyphs=(setting("rotate"),), layout=layout), 0, 1).images.any()
    widest = recipe(bank, (setting("elastic"), setting("rotate")), layout=Layout(MAX_WARPED_WIDTH, (0, 2)))
    assert images(widest, 0, 1).images.any()


# Functions that are the same everywhere


def test_sines_and_cosines_equal_those_of_the_mathematics_library() -> None:
    angles = np.concatenate([np.linspace(-6_000, 6_000, 12_001), np.linspace(-4, 4, 1001), [0, 1e-9, math.pi]])
    assert np.abs(sine(angles) - [math.sin(angle) for angle in angles]).max() < 1e-12
    assert np.abs(cosine(angles) - [math.cos(angle) for angle in angles]).max() < 1e-12
    near = angles[np.abs(angles) < 5]
    assert np.abs(sine(near) - [math.sin(angle) for angle in near]).max() < 1e-15


def test_floats_become_grey_levels_by_rounding_half_to_even_and_clipping() -> None:
    values = np.array([-1e9, -0.6, -0.5, 0.4, 0.5, 1.5, 2.5, 254.4, 254.6, 255.5, 300, 2e9])
    assert to_uint8(values).tolist() == [0, 0, 0, 0, 0, 2, 2, 254, 255, 255, 255, 255]
