"""Glyphs are measured in batches as slow and obvious definitions measure them one by one."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from skimage import transform
from skimage.morphology import medial_axis

from digitgen.augment.shapes.bitmap import SIDE, dilate, erode, pack, thin, unpack
from digitgen.augment.shapes.morphometry import Moments, render, shape_of, widths
from digitgen.glyphs.bank import GlyphBank
from tests.errors import naming

Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def glyphs(mnist: GlyphBank) -> Array:
    """A hundred real glyphs of all classes."""
    return mnist.cells(np.arange(100) * 599)


@pytest.fixture(scope="module")
def blobs() -> Array:
    """Smooth random ink that touches every edge: (6, 112, 112) bool."""
    noise = np.random.default_rng(0).normal(size=(6, SIDE, SIDE))
    return np.asarray(ndimage.gaussian_filter(noise, (0, 4, 4)) > 0)


def disk(square: int) -> Array:
    reach = int(square**0.5)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(y * y + x * x <= square)


def guo_hall(ink: Array) -> Array:
    """Thinning by the rules of 1989, one image at a time."""
    line = np.pad(ink.astype(int), 1)
    while True:
        before = line.copy()
        for half in range(2):
            p2, p3, p4, p5, p6, p7, p8, p9 = (
                np.roll(line, shift, (0, 1))
                for shift in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            )
            runs = (1 - p2) * (p3 | p4) + (1 - p4) * (p5 | p6) + (1 - p6) * (p7 | p8) + (1 - p8) * (p9 | p2)
            pairs = np.minimum(
                (p9 | p2) + (p3 | p4) + (p5 | p6) + (p7 | p8), (p2 | p3) + (p4 | p5) + (p6 | p7) + (p8 | p9)
            )
            keep = (p6 | p7 | (1 - p9)) * p8 if half else (p2 | p3 | (1 - p5)) * p4
            line = line * ~((runs == 1) & (pairs >= 2) & (pairs <= 3) & (keep == 0))
        if (line == before).all():
            return line[1:-1, 1:-1]


def test_a_bitmap_holds_every_pixel(blobs: Array) -> None:
    assert (unpack(pack(blobs)) == blobs).all()


def test_dilation_and_erosion_take_the_exact_disk_and_stay_in_their_image(blobs: Array) -> None:
    for square in (0, 1, 2, 5, 9, 30, 100, 225):
        with naming(square):
            for image, grown, shrunk in zip(
                blobs, unpack(dilate(pack(blobs), square)), unpack(erode(pack(blobs), square)), strict=True
            ):
                assert (grown == ndimage.binary_dilation(image, disk(square))).all()
                assert (shrunk == ndimage.binary_erosion(image, disk(square), border_value=1)).all()


def test_disks_of_more_than_15_px_are_right_to_one_pixel() -> None:
    point = np.zeros((1, SIDE, SIDE), bool)
    point[0, 50, 60] = True
    grown = unpack(dilate(pack(point), 24**2))[0].astype(bool)
    assert (grown <= ndimage.binary_dilation(point[0], disk(25**2))).all()
    assert (grown >= ndimage.binary_dilation(point[0], disk(23**2))).all()


def test_thinning_follows_the_published_rules(blobs: Array, glyphs: Array) -> None:
    inks = np.concatenate([blobs, shape_of(glyphs[::20]).pixels])
    for ink, line in zip(inks, unpack(thin(pack(inks))), strict=True):
        assert (line == guo_hall(ink)).all()


def test_a_skeleton_lies_in_the_ink_and_has_as_many_pieces(glyphs: Array) -> None:
    shape = shape_of(glyphs)
    around = np.ones((3, 3))
    for ink, line in zip(shape.pixels, unpack(shape.skeleton.bits), strict=True):
        assert (line <= ink).all()
        assert ndimage.label(line, around)[1] == ndimage.label(ink, around)[1]


@pytest.fixture(scope="module")
def published(glyphs: Array) -> list[dict[str, Any]]:
    """Outline, thickness, slant and width as Morpho-MNIST defines them, one glyph at a time, by scikit-image."""
    out = []
    for glyph in glyphs[::2]:
        large = np.floor(255 * transform.pyramid_expand(glyph, upscale=4, order=3))
        ink = large >= large.max() / 2
        skeleton, distance = medial_axis(ink, return_distance=True, rng=0)
        y, x = np.mgrid[:SIDE, :SIDE]
        mean_x, mean_y = np.average(x, weights=large), np.average(y, weights=large)
        lean = ((x - mean_x) * (y - mean_y) * large).sum() / ((y - mean_y) ** 2 * large).sum()
        left_of = [((x + 0.5 < at + lean * (y - mean_y)) * large).sum() / large.sum() for at in range(SIDE)]
        left, right = np.interp([0.01, 0.99], left_of, np.arange(SIDE))
        thickness = 2 * distance[skeleton].mean() / 4
        out.append({"ink": ink, "thickness": thickness, "slant": np.arctan(-lean), "width": (right - left) / 4})
    return out


def test_outlines_equal_the_published_ones(glyphs: Array, published: list[dict[str, Any]]) -> None:
    ink = np.array([each["ink"] for each in published])
    assert (shape_of(glyphs[::2]).pixels != ink).sum() < 0.01 * ink.sum()


def test_thickness_agrees_with_the_medial_axis(glyphs: Array, published: list[dict[str, Any]]) -> None:
    ratio = shape_of(glyphs[::2]).thickness / [each["thickness"] for each in published]
    assert abs(ratio.mean() - 1) < 0.025
    assert ratio.std() < 0.03
    assert (abs(ratio - 1) < 0.13).all()


def test_slant_and_width_agree_with_the_published_measures(glyphs: Array, published: list[dict[str, Any]]) -> None:
    moments = Moments.of(glyphs[::2])
    slant, width = -np.arctan(moments.lean), widths(glyphs[::2], moments)
    assert (abs(slant - [each["slant"] for each in published]) < 0.02).all()
    error = abs(width - [each["width"] for each in published])
    assert error.mean() < 0.15
    assert (error < 0.8).all()


def test_a_bar_is_as_thick_as_it_was_drawn() -> None:
    for thickness in (2, 3, 4, 6):
        with naming(thickness):
            bar = np.zeros((2, 28, 28), np.uint8)
            bar[0, 10 : 10 + thickness, 3:25] = bar[1, 3:25, 10 : 10 + thickness] = 200
            assert shape_of(bar).thickness == pytest.approx(thickness, abs=0.3)


def test_an_image_without_ink_measures_zero() -> None:
    blank = np.zeros((2, 28, 28), np.uint8)
    moments = Moments.of(blank)
    assert not shape_of(blank).thickness.any()
    assert not widths(blank, moments).any() and not moments.lean.any()
    assert not render(shape_of(blank).pixels).any()


def test_faint_ink_is_ink() -> None:
    faint = np.zeros((1, 28, 28), np.uint8)
    faint[0, 10:13, 5:20] = 1
    assert shape_of(faint).thickness == pytest.approx(3, abs=0.3)


def test_measures_of_a_glyph_do_not_depend_on_the_glyphs_beside_it(glyphs: Array) -> None:
    some = np.array([3, 50, 51, 97])
    together, apart = shape_of(glyphs), shape_of(glyphs[some])
    assert (together.ink[some] == apart.ink).all()
    assert (together.thickness[some] == apart.thickness).all()
    all_widths = widths(glyphs, Moments.of(glyphs))
    assert (all_widths[some] == widths(glyphs[some], Moments.of(glyphs[some]))).all()


def test_moments_equal_their_definition(glyphs: Array) -> None:
    moments = Moments.of(glyphs[:10])
    y, x = np.mgrid[:28, :28] - 13.5
    for index, glyph in enumerate(glyphs[:10]):
        covariance = np.cov(np.stack([x.ravel(), y.ravel()]), aweights=glyph.ravel(), ddof=0)
        expected = [[moments.xx[index], moments.xy[index]], [moments.xy[index], moments.yy[index]]]
        assert covariance == pytest.approx(np.array(expected))
        assert moments.x[index] == pytest.approx(np.average(x, weights=glyph))
        assert moments.y[index] == pytest.approx(np.average(y, weights=glyph))


def test_scaling_down_takes_the_mean_of_each_pixel(blobs: Array) -> None:
    mean = blobs.reshape(len(blobs), 28, 4, 28, 4).mean(axis=(2, 4))
    assert (render(blobs.astype(np.uint8)) == np.rint(255 * mean)).all()


def test_cells_of_a_bank_are_its_images(bank: GlyphBank) -> None:
    rows = np.array([0, 7, 29, 7])
    assert (bank.cells(rows) == bank.images[rows]).all()
