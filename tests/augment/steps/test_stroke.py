"""Steps that reshape strokes do what they say, as measured on real glyphs before and after."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from digitgen.augment.shapes.bitmap import unpack
from digitgen.augment.shapes.morphometry import Moments, render, shape_of, widths
from digitgen.augment.step import PixelStep, Scene, Step, WarpStep
from digitgen.augment.steps import morphology, stroke
from digitgen.augment.warping.resample import resamplers
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise
from tests.errors import naming

Array = np.ndarray[Any, Any]

COUNT = 120
FAMILY: dict[str, Step] = {**stroke.FAMILY, **morphology.FAMILY}
ON_OUTLINES = ("thinning", "thickening", "set_thickness", "swelling", "fracture")
PIXEL_STEPS = (*ON_OUTLINES, "dilate", "erode")


@pytest.fixture(scope="module")
def scene(mnist: GlyphBank) -> Scene:
    """Real glyphs of all classes."""
    rows = np.arange(COUNT) * 499
    return Scene(Noise(Address(5), np.arange(COUNT)), 28, np.zeros((COUNT, 1), np.int64), mnist, rows)


@pytest.fixture(scope="module")
def glyphs(scene: Scene) -> Array:
    assert scene.bank is not None and scene.glyphs is not None
    return scene.bank.cells(scene.glyphs)


def noise_of(count: int, width: int = 28) -> Scene:
    return Scene(Noise(Address(5), np.arange(count)), width, np.zeros((count, 1), np.int64))


def applied(name: str, images: Array, scene: Scene, **values: float | Array) -> Array:
    step, out = FAMILY[name], images.copy()
    drawn = {key: np.broadcast_to(np.asarray(value, np.float64), len(images)) for key, value in values.items()}
    if isinstance(step, WarpStep):
        for part, resample in resamplers(step.apply(scene, **drawn), images.shape[1:]):
            resample(out[part], False)
    elif isinstance(step, PixelStep):
        step.apply(out, scene, **drawn)
    return out


def spread(name: str, count: int) -> dict[str, Array]:
    """Values from all that the configuration may ask for."""
    rng, values = np.random.default_rng(1), {}
    for key, parameter in FAMILY[name].parameters.items():
        low, high = parameter.bounds
        drawn = rng.uniform(low, high, count)
        values[key] = np.rint(drawn) if parameter.integer else drawn
    return values


def disk(radius: int) -> Array:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(y * y + x * x <= radius * radius)


def thickness(images: Array) -> NDArray[np.float64]:
    return shape_of(images).thickness


def pieces(ink: Array) -> int:
    return int(ndimage.label(ink, np.ones((3, 3)))[1])


def test_an_image_does_not_depend_on_the_images_beside_it(glyphs: Array, scene: Scene) -> None:
    for name in FAMILY:
        with naming(name):
            values = spread(name, COUNT)
            together = applied(name, glyphs, scene, **values)
            some = np.array([0, 1, 17, 64, 99, 119])
            alone = applied(name, glyphs[some], scene[some], **{key: each[some] for key, each in values.items()})
            assert (together[some] == alone).all()
            assert together.shape == glyphs.shape and together.dtype == np.uint8
            assert (together != glyphs).any(axis=(1, 2)).mean() > 0.9


def test_images_without_ink_stay_blank_beside_white_ones() -> None:
    for name in PIXEL_STEPS:
        with naming(name):
            images = np.zeros((6, 28, 28), np.uint8)
            images[1::2] = 255
            out = applied(name, images, noise_of(6), **spread(name, 6))
            assert not out[::2].any()
            assert out[1::2].any(axis=(1, 2)).all()


def test_neutral_values_render_the_outline_as_it_is(glyphs: Array, scene: Scene) -> None:
    cases: list[tuple[str, dict[str, float]]] = [
        ("thinning", {"amount": 0}),
        ("thickening", {"amount": 0}),
        ("swelling", {"strength": 1, "radius": 7}),
        ("fracture", {"number": 0, "thickness": 1.5, "prune": 2}),
    ]
    for name, values in cases:
        with naming((name, values)):
            assert (applied(name, glyphs, scene, **values) == render(shape_of(glyphs).pixels)).all()


def test_thinning_and_thickening_take_a_disk_of_a_share_of_the_thickness(glyphs: Array, scene: Scene) -> None:
    cases: list[tuple[str, float]] = [
        ("thinning", 0.7),
        ("thickening", 1.0),
        ("thickening", 0.4),
    ]
    for name, amount in cases:
        with naming((name, amount)):
            out = applied(name, glyphs, scene, amount=amount)
            shape = shape_of(glyphs)
            for ink, thick, image in zip(shape.pixels, shape.thickness, out, strict=True):
                radius = int(amount * 4 * thick / 2)
                change = ndimage.binary_erosion if name == "thinning" else ndimage.binary_dilation
                expected = change(ink, disk(radius), border_value=name == "thinning") if radius else ink
                assert (image == np.rint(255 * expected.reshape(28, 4, 28, 4).mean(axis=(1, 3)))).all()


def test_strokes_become_thinner_and_thicker_by_the_amount(glyphs: Array, scene: Scene) -> None:
    before = thickness(glyphs)
    thinner = thickness(applied("thinning", glyphs, scene, amount=0.5)) / before
    thicker = thickness(applied("thickening", glyphs, scene, amount=0.5)) / before
    assert thinner.mean() == pytest.approx(0.67, abs=0.1)  # radii are cut to whole px, and thin parts disappear
    assert thicker.mean() == pytest.approx(1.4, abs=0.1)


def test_set_thickness_brings_strokes_to_the_target(glyphs: Array, scene: Scene) -> None:
    for target in (2.0, 3.0, 4.0):
        with naming(target):
            after = thickness(applied("set_thickness", glyphs, scene, target=target))
            # Where thin parts disappear, the thick ones are left.
            assert after.mean() == pytest.approx(target, abs=0.25)
            assert after.std() < 0.45
            assert after.std() < 0.8 * thickness(glyphs).std()


def test_swelling_enlarges_a_disk_around_a_point_of_the_skeleton(glyphs: Array, scene: Scene) -> None:
    out = applied("swelling", glyphs, scene, strength=3, radius=7)
    shape, uniform = shape_of(glyphs), scene.noise.uniform(1)
    for index in range(0, COUNT, 10):
        skeleton = np.argwhere(unpack(shape.skeleton.bits)[index])
        centre = skeleton[int(uniform[index, 0] * len(skeleton))]
        radius = 4 * 7 * np.sqrt(shape.thickness[index]) / 2
        expected = shape.pixels[index].copy()
        for row, column in np.ndindex(112, 112):
            offset = np.array([row, column]) - centre
            distance = np.sqrt((offset**2).sum())
            if distance <= radius:
                shown = centre + np.rint(offset * (distance / radius) ** 2).astype(int)
                expected[row, column] = shape.pixels[index][tuple(shown)]
        difference = abs(out[index].astype(int) - render(expected[None])[0])
        assert difference.max() <= 16  # one pixel of sixteen, where a rounding is a tie
        assert (difference > 0).sum() <= 3


def test_swelling_adds_ink_but_little_to_most_of_the_image(glyphs: Array, scene: Scene) -> None:
    plain = render(shape_of(glyphs).pixels).astype(int)
    out = applied("swelling", glyphs, scene, strength=3, radius=7).astype(int)
    assert ((out.sum(axis=(1, 2)) / plain.sum(axis=(1, 2))) > 1).mean() > 0.95
    assert ((out != plain).sum(axis=(1, 2)) < 28 * 28 / 4).all()


def test_a_gap_runs_straight_across_the_stroke() -> None:
    for angle in (0, 30, 45, 90, 120):
        with naming(angle):
            y, x = np.mgrid[:112, :112] - 55.5
            along = x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))
            across = y * np.cos(np.radians(angle)) - x * np.sin(np.radians(angle))
            bar = np.tile(render(((abs(along) < 40) & (abs(across) < 8))[None].astype(np.uint8)), (20, 1, 1))
            broken = applied("fracture", bar, noise_of(20), number=1, thickness=1.5, prune=2)
            before, out = shape_of(bar).pixels, shape_of(broken).pixels
            assert [pieces(ink) for ink in out] == [2] * 20
            missing = (render(before).sum(axis=(1, 2), dtype=int) - broken.sum(axis=(1, 2), dtype=int)) / 255
            assert missing == pytest.approx(4 * 1.5, rel=0.2)  # a gap has whole px of the large image
            places = [along[cut].mean() for cut in (before > out)]
            assert np.ptp(places) > 30  # anywhere,
            assert np.abs(places).max() < 40 - 8 + 2  # but not at the tips


def test_fracture_breaks_most_glyphs_and_takes_little_ink(glyphs: Array, scene: Scene) -> None:
    before = shape_of(glyphs)
    out = applied("fracture", glyphs, scene, number=3, thickness=1.5, prune=2)
    after = shape_of(out)
    more = [pieces(b) > pieces(a) for a, b in zip(before.pixels, after.pixels, strict=True)]
    assert np.mean(more) > 0.8
    assert 0.75 < out.sum() / render(before.pixels).sum() < 0.97
    assert (out <= render(before.pixels)).all()


def test_more_gaps_take_more_ink(glyphs: Array, scene: Scene) -> None:
    left = [
        applied("fracture", glyphs, scene, number=number, thickness=1.5, prune=2).sum(axis=(1, 2), dtype=int)
        for number in (0, 1, 2, 5)
    ]
    assert all((more <= fewer).all() for fewer, more in pairwise(left))
    assert (left[-1] < left[0]).all()


def test_set_slant_brings_glyphs_to_the_target_about_their_centroid(glyphs: Array, scene: Scene) -> None:
    for target in (-0.3, 0.0, 0.4):
        with naming(target):
            before, after = Moments.of(glyphs), Moments.of(applied("set_slant", glyphs, scene, target=target))
            assert -np.arctan(after.lean) == pytest.approx(target, abs=0.03)
            assert after.x == pytest.approx(before.x, abs=0.1)
            assert after.y == pytest.approx(before.y, abs=0.1)


def test_set_width_brings_glyphs_to_the_target_and_keeps_their_slant(glyphs: Array, scene: Scene) -> None:
    for target in (8.0, 12.0, 16.0):
        with naming(target):
            out = applied("set_width", glyphs, scene, target=target)
            before, after = Moments.of(glyphs), Moments.of(out)
            error = widths(out, after) - target
            assert abs(error.mean()) < 0.45  # a pixel counts for two px, whatever the scale
            assert np.quantile(abs(error), 0.9) < 0.7
            assert after.lean == pytest.approx(before.lean, abs=0.03)


def test_set_width_and_then_set_slant_meet_both_targets(glyphs: Array, scene: Scene) -> None:
    widen, lean = FAMILY["set_width"], FAMILY["set_slant"]
    assert isinstance(widen, WarpStep) and isinstance(lean, WarpStep)
    warp = widen.apply(scene, target=np.full(COUNT, 12.0))
    warp.add(np.arange(COUNT), lean.apply(scene, target=np.full(COUNT, 0.2)))
    out = glyphs.copy()
    for part, resample in resamplers(warp, (28, 28)):
        resample(out[part], False)
    moments = Moments.of(out)
    assert -np.arctan(moments.lean) == pytest.approx(0.2, abs=0.03)
    assert abs(widths(out, moments).mean() - 12) < 0.3


def test_set_slant_and_set_width_are_refused_without_a_bank() -> None:
    for name in ("set_slant", "set_width"):
        with naming(name), pytest.raises(ArgumentError, match=rf"{name} measures the glyphs of a bank"):
            applied(name, np.zeros((2, 28, 28), np.uint8), noise_of(2), target=0.1)


FOOTPRINTS = {
    2: np.ones((2, 2)),
    3: disk(1),
    4: np.array([[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 0]]),
    5: disk(2),
}


@pytest.mark.parametrize("width", [28, 160])
def test_dilate_and_erode_take_the_extreme_over_a_disk(width: int) -> None:
    images = np.random.default_rng(2).integers(0, 256, (5, 28, width)).astype(np.uint8)
    for size, footprint in FOOTPRINTS.items():
        with naming(size):
            # scipy's disks without a middle pixel lean to the upper left, for both.
            disk = {"footprint": footprint, "mode": "constant", "origin": -1 if size % 2 == 0 else 0}
            grown = applied("dilate", images, noise_of(5, width), size=size)
            shrunk = applied("erode", images, noise_of(5, width), size=size)
            for index, image in enumerate(images):
                assert (grown[index] == ndimage.grey_dilation(image, cval=0, **disk)).all()
                assert (shrunk[index] == ndimage.grey_erosion(image, cval=255, **disk)).all()


def test_dilating_and_then_eroding_closes_without_a_shift(glyphs: Array, scene: Scene) -> None:
    for size in FOOTPRINTS:
        with naming(size):
            closed = applied("erode", applied("dilate", glyphs, scene, size=size), scene, size=size)
            opened = applied("dilate", applied("erode", glyphs, scene, size=size), scene, size=size)
            assert (closed >= glyphs).all() and (opened <= glyphs).all()
