"""Crops as detectors give them: what they show, and how labels follow."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kstest

from digitgen import augment_images, augmentation, generate_batch
from digitgen.augment import cropped
from digitgen.augment.cropping import Cut, Frames, cut_out, extent
from digitgen.augment.ownership import Ownership
from digitgen.augment.region import Region
from digitgen.augment.step import NO_CELL, Scene
from digitgen.augment.steps.crop import crop
from digitgen.compose.layout import Layout
from digitgen.compose.plan import planner
from digitgen.compose.recipe import Recipe
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Address, Noise
from tests.errors import message_of, naming
from tests.reference import bilinear, compose
from tests.steps import images, joined, recipe, setting

Images = NDArray[np.uint8]

COUNT: Final = 24
APART: Final = Layout(168, (4, 12), unit="ink")
WIDE: Final = Layout(168, (-4, 8), unit="ink")
NARROW: Final = Layout(60, (-2, 6), align="random")


def made(bank: GlyphBank, *steps: Any, layout: Layout = WIDE, **margins: Any) -> Recipe:
    return recipe(bank, (setting("crop", **margins), *steps), layout=layout, lengths=(1, 5))


@pytest.fixture
def cuts(monkeypatch: pytest.MonkeyPatch) -> list[Cut]:
    """The cuts that are made."""
    made_cuts: list[Cut] = []

    def recorded(*arguments: Any) -> Cut:
        made_cuts.append(cut_out(*arguments))
        return made_cuts[-1]

    monkeypatch.setattr(cropped, "cut_out", recorded)
    return made_cuts


def repeated(cut: Cut, row: int, count: int) -> Cut:
    """The cut of one image, for several sheets."""
    arrays = {each.name: getattr(cut, each.name) for each in fields(cut) if each.name != "shape"}
    return Cut(**{name: array[[row] * count] for name, array in arrays.items()}, shape=cut.shape)


def alone(made_of: Recipe, cut: Cut, count: int) -> Iterator[Images]:
    """For each image, its digits, each composed alone on a sheet and cut out as the whole string was."""
    plan, first, sheet = planner(made_of, 1, "train")(0)[:count], 0, made_of.sheet
    top = (sheet.image_height - 28) // 2
    for row, length in enumerate(plan.lengths.tolist()):
        glyphs = made_of.bank.images[plan.glyphs]
        sheets = [
            compose(
                [glyphs[each]], [int(plan.x[each])], sheet.image_width, "max", tops=[top], height=sheet.image_height
            )
            for each in range(first, first + length)
        ]
        layers = np.empty((length, *cut.shape), np.uint8)
        one = repeated(cut, row, length)
        stacked = np.stack(sheets)
        one.resample(Region.whole(stacked), [(stacked, layers, False)])
        one.clear(layers)
        yield layers
        first += length


def bounding_box(mask: NDArray[np.bool_]) -> list[float]:
    rows, columns = np.nonzero(mask)
    if not rows.size:
        return [0, 0, 0, 0]
    return [float(each) for each in (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)]


# Labels


@pytest.mark.parametrize(
    ("layout", "same"), [(APART, 0.97), (WIDE, 0.8), (NARROW, 0.8)], ids=["apart", "touching", "narrow"]
)
def test_masks_and_boxes_are_those_of_each_digit_cut_out_alone(
    layout: Layout, same: float, mnist: GlyphBank, cuts: list[Cut]
) -> None:
    made_of = made(mnist, layout=layout, left=[-0.2, 0.5], right=[-0.2, 0.5])
    batch = images(made_of, 0, COUNT)
    assert batch.masks is not None
    lost = exact = digits = contested = right = 0
    for image, mask, boxes, layers in zip(
        batch.images, batch.masks, batch.boxes, alone(made_of, cuts[0], COUNT), strict=True
    ):
        np.testing.assert_array_equal(mask > 0, image > 0)
        inked = (layers > 0).sum(axis=0)
        assert (mask > 0)[inked > 0].all()
        only = layers.argmax(axis=0) + 1
        where = (inked == 1) & (image > 8)
        assert (mask == only)[where].mean() > 0.97  # next to another digit, the nearest pixel may be that one's
        contested += (inked > 0).sum()
        right += (mask == only)[inked > 0].sum()
        for number, (box, layer) in enumerate(zip(boxes, layers, strict=False), start=1):
            assert box.tolist() == bounding_box(mask == number)
            expected = bounding_box(layer > 0)
            digits += 1
            lost += not layer.any()
            assert np.abs(box - expected).max() <= 2 or not layer.any()
            exact += box.tolist() == expected
    assert right > 0.97 * contested
    assert exact >= same * digits


def test_a_digit_of_which_a_crop_leaves_nothing_has_a_box_of_zeros(mnist: GlyphBank) -> None:
    batch = generate_batch(
        [[1, 0, 0]] * 200, (6, 9), 168, rng=1, glyphs=mnist, unit="ink", augment=augmentation(
            sequence=[{"step": "crop", "left": -0.25}]
        )
    )  # fmt: skip
    gone = batch.boxes[:, 0].max(axis=1) == 0
    assert 10 < gone.sum() < 190
    assert (batch.boxes[:, 1:, 2] > 0).all()


def test_clean_images_are_the_same_crops_without_other_steps(mnist: GlyphBank) -> None:
    plain, noisy = (images(made(mnist, *steps), 0, COUNT) for steps in ((), (setting("inverse"), setting("fog"))))
    np.testing.assert_array_equal(plain.clean, plain.images)
    np.testing.assert_array_equal(noisy.clean, plain.images)
    np.testing.assert_array_equal(noisy.masks, plain.masks)
    thick = images(recipe(mnist, (setting("dilate"), setting("crop")), layout=WIDE), 0, COUNT)
    assert thick.clean is not None
    assert (thick.clean.sum(axis=(1, 2)) < thick.images.sum(axis=(1, 2))).all()


# What is cut out


def test_margins_are_those_asked_for_in_heights_of_the_ink(mnist: GlyphBank, cuts: list[Cut]) -> None:
    made_of = made(mnist, left=[0.1, 0.9], right=[0.2, 0.3], top=[0.1, 0.5], bottom=[0, 0.8])
    batch = images(made_of, 0, 200)
    frame = np.concatenate([cut.frame for cut in cuts])
    inside = extent(batch.images)
    height = inside[:, 3] - inside[:, 1]
    for axis, side in enumerate(("left", "top", "right", "bottom")):
        margin = np.abs(frame[:, axis] - inside[:, axis])
        off = margin - batch.parameters[f"sequence_0_crop_{side}"] * height
        assert np.abs(off).max() < 3  # ink fades out by up to two px, and the frame is rounded
        assert abs(off.mean()) < 1.5


def test_margins_are_uniform(mnist: GlyphBank) -> None:
    batch = images(made(mnist, left=[-0.05, 0.6]), 0, 1000)
    for side in ("left", "right", "top", "bottom"):
        values = batch.parameters[f"sequence_0_crop_{side}"]
        assert kstest(values, "uniform", (-0.05, 0.65)).pvalue > 1e-3


def test_a_frame_is_scaled_by_one_factor_and_meets_the_image_on_two_sides() -> None:
    rng = np.random.Generator(np.random.PCG64DXSM(1))
    box = np.concatenate([rng.uniform(-20, 30, (500, 2)), rng.uniform(40, 400, (500, 2))], axis=1)
    for align in ("start", "center", "end", "random"):
        cut = cut_out(Frames(box, np.zeros(500, np.uint8)), (32, 150), (align, "center"), rng.random((500, 2)))
        left, top, right, bottom = cut.frame.T
        assert (left >= 0).all() and (top >= 0).all() and (right <= 150).all() and (bottom <= 32).all()
        assert ((right - left == 150) | (bottom - top == 32)).all()
        for low, high, first, start, end in (
            (box[:, 0], box[:, 2], cut.x, left, right),
            (box[:, 1], box[:, 3], cut.y, top, bottom),
        ):
            assert np.abs((end - start) * cut.shrink - (high - low)).max() <= cut.shrink.max() / 2 + 1e-9
            middle = first + cut.shrink * ((start + end - 1) / 2)
            assert np.abs(middle + 0.5 - (low + high) / 2).max() < 1e-9
        room = left + (150 - right)
        expected = {"start": 0 * room, "center": room // 2, "end": room, "random": left}[align]
        np.testing.assert_array_equal(left, expected)
        if align == "random":
            assert kstest((left + 0.5) [room > 60] / (room + 1)[room > 60], "uniform").pvalue > 1e-3  # fmt: skip


def test_a_negative_margin_takes_a_quarter_of_the_string_at_most() -> None:
    ink = np.array([[100, 10, 104, 30], [100, 10, 200, 30]])
    margin = np.full(2, -0.25)
    frames = crop.apply(ink, ink, Scene(Noise(Address(1), np.arange(2)), 300, np.zeros((2, 1), np.int64)),
                        left=margin, right=margin, top=margin, bottom=margin, outside=np.zeros(2))  # fmt: skip
    assert frames.box.tolist() == [[101, 15, 103, 25], [105, 15, 195, 25]]


def test_marks_of_the_string_are_within_the_crop() -> None:
    ownership = Ownership(np.zeros((2, 28, 90), np.uint8))
    sheets = np.zeros((2, 28, 90), np.uint8)
    sheets[:, 8:20, 30:50] = 200
    ownership.include(np.array([1]), np.array([[20, 18, 25, 24]]))
    ownership.include(np.array([1]), np.array([[55, 12, 70, 14]]))
    ink, marked = ownership.boxes(sheets)
    assert ink.tolist() == [[30, 8, 50, 20]] * 2
    assert marked.tolist() == [[30, 8, 50, 20], [20, 8, 70, 24]]


# Pixels


def plain_crop(sheet: Images, cut: Cut, row: int) -> NDArray[np.float64]:
    """A slow crop: means of bilinear interpolations, one in each row and column of a grid in the pixel; 0 beyond."""
    shrink, (height, width) = float(cut.shrink[row]), cut.shape
    count = max(int(np.ceil(shrink / 1.25)), 1)
    total = np.zeros(cut.shape)
    for each in range(count):
        across = (each - (count - 1) / 2) / count
        down = ({4: [0, 1, 2, 3]}.get(count, range(count))[each] - (count - 1) / 2) / count
        x = np.clip(cut.x[row] + shrink * (np.arange(width) + across), 0, sheet.shape[1] - 1)
        y = np.clip(cut.y[row] + shrink * (np.arange(height) + down), 0, sheet.shape[0] - 1)
        total += bilinear(sheet, *np.meshgrid(x, y))
    image = total / count
    left, top, right, bottom = cut.frame[row]
    inside = np.zeros(cut.shape)
    inside[top:bottom, left:right] = 1
    return image * inside


@pytest.mark.parametrize("shape", [(28, 168), (32, 77), (64, 300)])
def test_pixels_are_those_of_a_slow_crop(shape: tuple[int, int], mnist: GlyphBank) -> None:
    sheets = np.zeros((9, 50, 180), np.uint8)
    for number in range(5):
        sheets[:, 10:38, 20 + 29 * number : 48 + 29 * number] = mnist.images[number * 9 : number * 9 + 9]
    shrinks = np.array([0.3, 0.7, 1, 1.2, 1.3, 1.6, 2, 2.7, 4])
    middle = np.linspace(60, 90, 9)
    half = np.stack([shrinks * shape[1] * 0.8, shrinks * shape[0]], axis=1) / 2
    box = np.concatenate([np.stack([middle, middle / 3], 1) - half, np.stack([middle, middle / 3], 1) + half], axis=1)
    cut = cut_out(Frames(box, np.zeros(9, np.uint8)), shape, ("center", "center"), np.zeros((9, 2)))
    found = np.empty((9, *shape), np.uint8)
    cut.resample(Region.whole(sheets), [(sheets.copy(), found, False)])
    cut.clear(found)
    for row in range(9):
        off = np.abs(found[row] - plain_crop(sheets[row], cut, row))
        assert off.max() <= 3.5, shrinks[row]
        assert off.mean() < 0.6


def test_what_shrinks_neither_flickers_nor_loses_thin_lines() -> None:
    for shrink in (1.43, 1.71, 2.03, 2.61, 3.47):
        with naming(shrink):
            lines = np.zeros((1, 120, 400), np.uint8)
            lines[:, :, ::7] = 255
            box = np.array([[10.0, 10, 10 + shrink * 100, 10 + shrink * 28]])
            cut = cut_out(Frames(box, np.zeros(1, np.uint8)), (28, 100), ("center", "center"), np.zeros((1, 2)))
            found = np.empty((1, 28, 100), np.uint8)
            cut.resample(Region.whole(lines), [(lines, found, False)])
            mass = found[0, 14].astype(float)
            assert mass.sum() == pytest.approx(100 * 255 / 7, rel=0.05)
            along = np.arange(100) * shrink + cut.x[0]
            each = [mass[np.abs(along - line) <= 3.5].sum() * shrink for line in range(28, int(along[-1]) - 14, 7)]
            assert np.std(each) < 0.15 * np.mean(each)


def test_beyond_the_frame_images_are_as_asked_for_whatever_later_steps_do(mnist: GlyphBank, cuts: list[Cut]) -> None:
    later = (setting("inverse"), setting("gaussian_noise", std=0.2), setting("rotate"))
    batch = images(made(mnist, *later, outside=90), 0, COUNT)
    assert batch.masks is not None
    for image, mask, (left, top, right, bottom) in zip(batch.images, batch.masks, cuts[0].frame, strict=True):
        beyond = np.ones(image.shape, bool)
        beyond[top:bottom, left:right] = False
        assert (image[beyond] == 90).all() and not mask[beyond].any()
        assert (image[~beyond] != 90).mean() > 0.5


def test_later_steps_know_the_frame_and_where_digits_have_come_to(mnist: GlyphBank, cuts: list[Cut]) -> None:
    images(made(mnist), 0, 3)
    cells = np.array([[40, 90], [50, NO_CELL], [10, 30]])
    scene = cuts[0].scene(Scene(Noise(Address(1), np.arange(3)), 250, cells))
    assert (scene.width, scene.height) == (168, 28)
    assert scene.frame is cuts[0].frame
    assert (scene.cells == NO_CELL).tolist() == (cells == NO_CELL).tolist()
    shown = cuts[0].x[0] + cuts[0].shrink[0] * (scene.cells[0] + 13.5)
    assert np.abs(shown - cells[0] - 13.5).max() <= cuts[0].shrink[0] / 2


def test_an_image_is_the_same_however_many_are_made_at_once(mnist: GlyphBank) -> None:
    made_of = made(mnist, setting("elastic", p=0.5), layout=NARROW)
    plan_of = planner(made_of, 1, "train")
    whole = images(made_of, 0, 30, plan_of=plan_of)
    apart = joined([images(made_of, row, 1, plan_of=plan_of) for row in range(30)])
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(apart.arrays()[name], array, err_msg=name)


def test_images_that_exist_are_cropped_to_their_ink(mnist: GlyphBank) -> None:
    strips = np.zeros((3, 40, 120), np.uint8)
    strips[:, 6:34, 60:88] = mnist.images[[5, 500, 5000]]
    tight = augment_images(strips, [{"step": "crop", "left": 0, "right": 0, "top": 0, "bottom": 0}], rng=1)
    assert tight.shape == strips.shape
    boxes = extent(tight)
    assert (boxes[:, 1] == 0).all() and (boxes[:, 3] == 40).all()
    blank = np.zeros((2, 28, 60), np.uint8)
    assert not augment_images(blank, [{"step": "crop"}], rng=1).any()


# Layout


def test_strings_need_not_fit_the_image_and_gaps_are_never_conditioned(bank: GlyphBank) -> None:
    layout = Layout(60, (0, 30))
    assert "image_width is 60" in message_of(recipe, bank, layout=layout, lengths=(1, 5))
    made_of = recipe(bank, (setting("crop"),), layout=layout, lengths=(1, 5))
    assert not any(made_of.sheet.gap_law(length, 28).conditioned for length in range(1, 6))
    batch = images(made_of, 0, 300)
    assert batch.images.shape == (300, 28, 60)
    gaps = batch.gaps[batch.gaps > -100]
    assert gaps.min() == 0 and gaps.max() == 30


def test_what_a_crop_cannot_do_is_refused(bank: GlyphBank) -> None:
    for steps, problem in (
        ([{"step": "crop"}, {"step": "rotate"}, {"step": "crop"}], "sequence.2: there is another crop before this"),
        ([{"step": "crop", "p": 0.5}], "sequence.0: crop cuts every image out of its sheet, so p must be 1; got 0.5"),
        ([{"step": "crop", "left": -0.3}], "sequence.0.left"),
    ):
        assert problem in message_of(augmentation, sequence=steps)
    assert "glyphs.0: crop works on augment.sequence, not on augment.glyphs" in message_of(
        augmentation, glyphs=[{"step": "crop"}]
    )
    with pytest.raises(ArgumentError, match=r"^crop needs a sheet for 5 digits .*, which is 80196 px"):
        recipe(bank, (setting("crop"),), layout=replace(WIDE, spacing_range=(0, 20_000)), lengths=(1, 5))
