"""Ink that is no digit changes no label; what marks belong to a string is known to later steps."""

from typing import Any

import numpy as np
import pytest

from digitgen import augment_images
from digitgen.augment.apply import apply
from digitgen.augment.ink.writing import extent_of
from digitgen.augment.pipeline import sample_pipeline
from digitgen.augment.setting import Setting
from digitgen.augment.step import InkStep, Scene
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.compose.batch import Batch
from digitgen.compose.layout import Layout
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise
from tests.errors import naming
from tests.steps import images, recipe, setting
from tests.written import blocks, laid_out

MARKS = [name for name, step in AUGMENTATIONS.items() if isinstance(step, InkStep) and not step.moves_ink]
TIGHT = Layout(150, (-4, 3), align="center")


def test_there_are_five_kinds_of_ink_that_is_no_digit() -> None:
    assert MARKS == ["separators", "trailing_marks", "leading_marks", "base_line", "field_frame"]


def test_masks_and_boxes_are_the_same_with_marks_and_without(mnist: GlyphBank) -> None:
    """Also where marks lie over digits, and where a warp moves both afterwards."""
    stages: list[dict[str, Any]] = [
        {},
        {"sequence": (setting("elastic"),)},
        {"glyphs": (setting("slant"), setting("gaussian_noise"))},
        {"sequence": (setting("dilate"),)},
    ]
    for name in MARKS:
        through = {"height": 0.4, "thickness": 3} if name == "base_line" else {}
        for others in stages:
            with naming(f"{name}, {others}"):
                later = others.get("sequence", ())
                glyphs = others.get("glyphs", ())
                marked, bare = (
                    images(
                        recipe(mnist, (setting(name, p, **through), *later), glyphs, layout=TIGHT, lengths=(4, 5)),
                        0,
                        25,
                    )
                    for p in (1.0, 0.0)
                )
                assert (marked.images != bare.images).any()
                np.testing.assert_array_equal(marked.masks, bare.masks)
                np.testing.assert_array_equal(marked.boxes, bare.boxes)


def test_images_do_not_depend_on_the_labels_that_are_kept(mnist: GlyphBank) -> None:
    from digitgen import Labels

    sequence = tuple(setting(name) for name in (*MARKS, "connecting_strokes"))
    glyphs = (setting("slant"), setting("gaussian_noise", std=0.1))
    with_all, with_none = (
        images(recipe(mnist, sequence, glyphs, lengths=(4, 4), labels=labels), 0, 20).images
        for labels in (Labels(masks=True, clean=True), Labels(parameters=False))
    )
    np.testing.assert_array_equal(with_all, with_none)


def extent_after(*steps: Setting, shape: tuple[int, int] = (32, 200)) -> tuple[np.ndarray, np.ndarray]:
    """The extent of a string after steps, and the image."""
    ink = laid_out(1, 4)
    extent = extent_of(ink)
    drawn = blocks(ink, *shape)
    apply(
        steps,
        sample_pipeline(steps, Address(3), 1),
        drawn,
        lambda noise: Scene(noise, shape[1], ink[:, :, 0], height=shape[0], ink=ink, extent=extent),
    )
    return extent[0], drawn[0]


@pytest.mark.parametrize("name", ["separators", "trailing_marks", "leading_marks", "connecting_strokes"])
def test_a_string_extends_to_its_marks(name: str) -> None:
    values = {"pairs": 1.0} if name == "connecting_strokes" else {}
    extent, drawn = extent_after(setting(name, **values))
    rows, columns = np.nonzero(drawn)
    found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    assert (np.abs(extent - found) <= 1).all()


@pytest.mark.parametrize("name", ["base_line", "field_frame"])
def test_a_string_does_not_extend_to_lines_of_forms(name: str) -> None:
    values = {"sides": 1.0} if name == "field_frame" else {}
    extent, drawn = extent_after(setting(name, **values))
    assert extent.tolist() == [40, 4, 98, 24]
    assert drawn[:, 100:].any()


def test_marks_behind_others_begin_behind_these() -> None:
    dash = setting("trailing_marks", equals=0, point_dash=0, slash=0, stroke=0, length=0.5, gap=0.5)
    _, drawn = extent_after(dash, dash)
    inked = drawn[:, 98:].any(axis=0)
    runs = np.flatnonzero(np.diff(inked.astype(int)) == 1)
    assert len(runs) >= 2


def test_the_pen_is_measured_before_the_first_of_neighbouring_steps_draws() -> None:
    """So a thick line does not make the marks behind it thick, nor a faint one make them faint."""
    line, marks = setting("base_line", thickness=6, height=-0.2), setting("trailing_marks")
    _, first = extent_after(setting("base_line", 0.0), marks)
    _, behind = extent_after(line, marks)
    rows = slice(0, 22)
    np.testing.assert_array_equal(first[rows, 100:], behind[rows, 100:])
    assert (behind != first).any()


def test_images_without_a_layout_have_their_ink_looked_for() -> None:
    drawn = np.zeros((3, 40, 140), np.uint8)
    drawn[:, 12:30, 20:30] = 160
    drawn[:, 12:30, 45:55] = 160
    drawn[:, 12:30, 70:80] = 160
    marked = augment_images(drawn, [{"step": "trailing_marks", "gap": 0.3, "stroke": 0, "slash": 0}], rng=1)
    new = np.not_equal(marked, drawn)
    assert new.any(axis=(1, 2)).all()
    assert np.flatnonzero(new.any(axis=(0, 1))).min() >= 80
    assert marked.max() == 160


@pytest.mark.parametrize("name", [*MARKS, "connecting_strokes"])
def test_any_image_can_be_drawn_on(name: str) -> None:
    for shape in ((28, 16), (28, 2048), (256, 40)):
        out = augment_images(np.zeros((2, *shape), np.uint8), [{"step": name}], rng=1)
        assert out.shape == (2, *shape)


def test_scenes_of_some_images_have_their_ink(bank: GlyphBank) -> None:
    ink = laid_out(4, 2) + np.arange(4)[:, None, None]
    scene = Scene(Noise(Address(1), np.arange(4)), 90, ink[:, :, 0], bank, ink=ink, extent=extent_of(ink))
    some = scene[np.array([1, 3])]
    assert some.ink is not None and some.extent is not None
    assert some.ink.tolist() == ink[[1, 3]].tolist()
    assert some.extent.tolist() == extent_of(ink)[[1, 3]].tolist()


def cropped(bank: GlyphBank, *steps: Setting) -> Batch:
    crop = setting("crop", left=0, right=0, top=0, bottom=0)
    return images(recipe(bank, (*steps, crop), layout=Layout(200, (0, 3), unit="ink"), lengths=(4, 4)), 0, 20)


def test_a_crop_goes_around_the_marks_of_the_string(mnist: GlyphBank) -> None:
    dash = setting("trailing_marks", equals=0, point_dash=0, slash=0, stroke=0, length=0.5, gap=0.5)
    plain, marked = cropped(mnist), cropped(mnist, dash)
    assert marked.masks is not None
    for image, mask, before in zip(marked.images, marked.masks, plain.images, strict=True):
        columns, digits = np.flatnonzero(image.max(axis=0) > 60), np.flatnonzero(mask.any(axis=0))
        assert columns[-1] - digits[-1] > 0.7 * 28 * 0.9  # gap and dash
        assert np.ptp(columns) > np.ptp(np.flatnonzero(before.any(axis=0)))


def test_a_crop_does_not_go_around_lines_of_forms(mnist: GlyphBank) -> None:
    for name in ("base_line", "field_frame"):
        with_lines, without = (cropped(mnist, setting(name, p)) for p in (1.0, 0.0))
        np.testing.assert_array_equal(with_lines.masks, without.masks)
        assert (with_lines.images != without.images).any()


def test_marks_that_are_drawn_after_a_crop_stand_where_it_shows_the_string(mnist: GlyphBank) -> None:
    crop = setting("crop", left=0.5, right=2, top=0.2, bottom=0.2)
    dash = setting("trailing_marks", equals=0, point_dash=0, slash=0, stroke=0, length=0.5, gap=0.3)
    layout = Layout(300, (0, 3), unit="ink")
    batch = images(recipe(mnist, (crop, dash), layout=layout, lengths=(3, 3)), 0, 20)
    assert batch.masks is not None
    for image, mask in zip(batch.images, batch.masks, strict=True):
        digits = np.flatnonzero(mask.any(axis=0))
        marks = np.flatnonzero(((image > 0) & (mask == 0)).any(axis=0))
        height = np.ptp(np.flatnonzero(mask.any(axis=1))) + 1
        assert 0.1 * height < marks[0] - digits[-1] < 0.5 * height
