"""Images of any height are augmented as those of a cell's height are."""

from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen.augment.apply import apply
from digitgen.augment.limits import caution
from digitgen.augment.numerics.gaussian import smooth
from digitgen.augment.ownership import Ownership, ink_boxes
from digitgen.augment.pipeline import Pipeline, PipelineSample, sample_pipeline
from digitgen.augment.setting import Setting
from digitgen.augment.step import Scene
from digitgen.compose.layout import Layout, VerticalAlign
from digitgen.format import MAX_HEIGHT
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address
from tests.errors import naming
from tests.reference import bilinear
from tests.steps import CASES, images, recipe, setting

Images = NDArray[np.uint8]

COUNT: Final = 12
WIDTH: Final = 101
CELLS: Final = np.array([3, 37, 70])
"""Left edges of the cells of three digits that stand apart."""

NOTHING_TO_DRAW: Final = ("separators", "connecting_strokes")
"""Steps that leave these digits as they are, of which there are three, too far apart to be joined."""

STEPS: Final = [each for each in CASES if each.stage == "sequence"]


def digits(bank: GlyphBank, height: int, *which: int, top: int = 5) -> Images:
    """Images that show some of three digits, whose cells stand `top` px below the upper edge."""
    images = np.zeros((COUNT, height, WIDTH), np.uint8)
    for each in which:
        x = CELLS[each]
        images[:, top : top + 28, x : x + 28] = bank.cells(np.arange(COUNT) * 2 + each)
    return images


def augmented(
    bank: GlyphBank, pipeline: Pipeline, sampled: PipelineSample, images: Images, ownership: Ownership | None = None
) -> Images:
    out, cells = images.copy(), np.tile(CELLS, (len(images), 1))
    apply(
        pipeline,
        sampled,
        out,
        lambda noise: Scene(noise, WIDTH, cells, bank, height=images.shape[1]),
        ownership,
    )
    return out


def test_every_step_changes_high_images_and_leaves_alone_those_that_it_does_not_touch(bank: GlyphBank) -> None:
    for height in (40, 67):
        images = digits(bank, height, 0, 1, 2)
        for case in STEPS:
            with naming((str(case), height)):
                pipeline = (case.setting(p=0.5),)
                sampled = sample_pipeline(pipeline, Address(6), COUNT)
                touched = sampled.steps[0].touched
                after = augmented(bank, pipeline, sampled, images)
                changed = (after != images).any(axis=(1, 2))
                assert not changed[~touched].any()
                assert changed.any() == (case.name not in NOTHING_TO_DRAW)
                for row in np.flatnonzero(touched)[:2]:
                    one = slice(int(row), int(row) + 1)
                    alone = augmented(bank, pipeline, sampled[one], images[one])
                    np.testing.assert_array_equal(alone, after[one])


def test_lines_patches_and_fragments_lie_anywhere_on_the_height(bank: GlyphBank) -> None:
    for name in ("line", "dotted_line", "zigzag", "ruled_lines", "cutout", "glyph_fragments"):
        with naming(name):
            pipeline = (setting(name, **({"fill": 255} if name == "cutout" else {})),)
            most = np.zeros((64, WIDTH), np.uint8)
            for seed in range(20):
                blank = np.zeros((COUNT, 64, WIDTH), np.uint8)
                sampled = sample_pipeline(pipeline, Address(seed), COUNT)
                most = np.maximum(most, augmented(bank, pipeline, sampled, blank).max(axis=0))
            assert most.max(axis=1)[:63].all()


def test_masks_and_boxes_follow_each_digit_in_high_images(bank: GlyphBank) -> None:
    """They are those of the same warp or stroke of each digit alone."""
    for height, names in ((40, ("rotate", "elastic", "wave")), (45, ("translate", "dilate")), (64, ("erode",))):
        with naming((height, names)):
            pipeline = tuple(setting(name) for name in names)
            sampled = sample_pipeline(pipeline, Address(2), COUNT)
            images = digits(bank, height, 0, 1, 2)
            masks = np.zeros_like(images)
            for each in range(3):
                masks[digits(bank, height, each) > 0] = each + 1
            ownership = Ownership(masks)
            ownership.spread(images, np.arange(COUNT))
            after = augmented(bank, pipeline, sampled, images, ownership)
            found = ownership.masks(after)
            boxes = ink_boxes(found, 3)
            for each in range(3):
                alone = augmented(bank, pipeline, sampled, digits(bank, height, each))
                np.testing.assert_array_equal(found == each + 1, alone > 0)
                for box, image in zip(boxes[:, each], alone, strict=True):
                    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
                    expected = [columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]]
                    assert box.tolist() == expected


def test_a_shift_moves_high_images_as_a_plain_resampling_does(bank: GlyphBank) -> None:
    pipeline = (setting("translate", x=3.25, y=-4.5),)
    images = digits(bank, 51, 0, 1, 2, top=9)
    after = augmented(bank, pipeline, sample_pipeline(pipeline, Address(2), COUNT), images)
    u, v = np.meshgrid(np.arange(WIDTH) - 3.25, np.arange(51) + 4.5)
    for image, source in zip(after, images, strict=True):
        np.testing.assert_array_equal(image, np.rint(bilinear(source, u, v)))


@pytest.mark.parametrize("height", [29, 40, MAX_HEIGHT])
def test_high_images_are_smoothed_alike_in_every_row(height: int) -> None:
    for sigma in (0.7, 3.0, 8.0):
        images = np.zeros((1, height, 60), np.uint8)
        images[0, height // 3, 30] = 255
        images[0, height - 4 :] = 200
        wide = np.ascontiguousarray(images.swapaxes(1, 2))
        smooth(images, np.array([sigma]))
        smooth(wide, np.array([sigma]))
        assert np.abs(images.astype(int) - wide.swapaxes(1, 2)).max() <= 1


def test_a_digit_is_lost_later_in_a_higher_image() -> None:
    far = setting("translate", y=14, x=0)
    assert caution(setting("scale", y=0.5, x=1), "sequence", 160, 28) is None
    assert caution(setting("translate", y=14, x=0), "sequence", 160, 28) is None
    tilted = setting("rotate", angle=0.3)
    assert caution(tilted, "sequence", 160, 28) is not None
    assert caution(tilted, "sequence", 160, 64) is None
    assert caution(far, "sequence", 160, 64) is None


def test_a_digit_is_lost_sooner_where_it_does_not_stand_in_the_middle() -> None:
    tilted = setting("rotate", angle=0.3)
    assert caution(tilted, "sequence", 160, 64, "center") is None
    for align in ("top", "bottom", "random"):
        assert "can push a digit out of the image" in str(caution(tilted, "sequence", 160, 64, align))
        assert caution(setting("rotate", angle=0.05), "sequence", 160, 64, align) is None
    down = Setting("translate", 1.0, (("x", (0, 0)), ("y", (16, 16))))
    assert caution(down, "sequence", 160, 64, "top") is None
    assert caution(down, "sequence", 160, 64, "bottom") is not None


@pytest.mark.parametrize("vertical_align", ["top", "bottom"])
def test_digits_are_struck_through_wherever_they_stand(vertical_align: VerticalAlign, bank: GlyphBank) -> None:
    struck = setting("strike_through", rise=0, height=0, thickness=2)
    layout = Layout(130, (-2, 4), image_height=64, vertical_align=vertical_align)
    batch = images(recipe(bank, (struck,), layout=layout), 0, COUNT)
    assert batch.clean is not None
    for image, clean in zip(batch.images, batch.clean, strict=True):
        inked, stroke = (np.flatnonzero(each.any(axis=1)) for each in (clean, image != clean))
        assert stroke.size and abs(stroke.mean() - inked.mean()) <= 1
