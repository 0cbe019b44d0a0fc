"""Masks and boxes, against digits that are rendered alone and go through the same steps."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from digitgen.augment.apply import apply
from digitgen.augment.ownership import Ownership, ink_boxes
from digitgen.augment.pipeline import Pipeline, PipelineSample
from digitgen.augment.step import Scene, StrokeStep
from digitgen.compose.baseline import Baseline
from digitgen.compose.batch import Batch
from digitgen.compose.layout import Layout
from digitgen.compose.plan import Plan, planner
from digitgen.compose.recipe import Recipe
from digitgen.compose.spacing import Spacing
from digitgen.glyphs.bank import GlyphBank
from digitgen.rng import Noise
from tests.errors import naming
from tests.reference import compose
from tests.steps import images, joined, recipe, setting

Images = NDArray[np.uint8]

APART: Final = Layout(170, (6, 14), align="random")
TOUCHING: Final = Layout(140, (-9, 0))
PILED: Final = Layout(100, (-22, -12))
WRITTEN: Final = Layout(
    150,
    Spacing(quantiles={0: -8, 0.5: -1, 1: 8}, touching=0.5),
    unit="stroke",
    align="random",
    image_height=44,
    vertical_align="random",
    baseline=Baseline(0.1, (-0.1, 0.1), (-0.1, 0.1)),
)
INK: Final = Layout(130, (-4, 6), unit="ink", align="random")
COUNT: Final = 12


def chain(*steps: str | tuple[str, dict[str, Any]]) -> Pipeline:
    return tuple(setting(each) if isinstance(each, str) else setting(each[0], **each[1]) for each in steps)


def half(*steps: str) -> Pipeline:
    return tuple(setting(each, p=0.5) for each in steps)


GROW: Final = ("dilate", {"size": 5})
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "nothing": {},
    "one warp": {"sequence": chain("rotate")},
    "warps": {"sequence": chain("elastic", "perspective", "wave", "translate")},
    "elastic severities": {"sequence": chain(("elastic_transform", {"severity": [1, 5]}))},
    "warps on glyphs": {"glyphs": chain("slant", "elastic")},
    "warps on both": {"glyphs": chain("rotate", "scale"), "sequence": chain("elastic", "shear")},
    "strokes on glyphs": {"glyphs": chain("dilate", "rotate", "erode")},
    "strokes": {"sequence": chain("dilate", "elastic", GROW)},
    "much larger strokes": {"sequence": chain("rotate", GROW, GROW, GROW)},
    "thinner strokes": {"sequence": chain("shear", "erode", "translate")},
    "noise before and after": {"sequence": chain("gaussian_noise", "rotate", "fog", "elastic", "inverse", GROW)},
    "noise on glyphs": {"glyphs": chain("gaussian_noise", "rotate", "impulse_noise"), "sequence": chain("shear")},
    "noise alone": {"sequence": chain("gaussian_noise", "dotted_line")},
    "some images": {"glyphs": half("rotate", "gaussian_noise"), "sequence": half("elastic", "fog", "rotate", "shear")},
}


def made(bank: GlyphBank, which: str, layout: Layout, **options: Any) -> Recipe:
    return recipe(bank, **SETTINGS[which], layout=layout, lengths=(1, 5), **options)


def ink_alone(sampled: PipelineSample, pipeline: Pipeline) -> PipelineSample:
    """What is drawn, but for what only covers ink, which is left out."""
    steps = (
        step if setting.step.moves_ink else replace(step, touched=np.zeros_like(step.touched))
        for setting, step in zip(pipeline, sampled.steps, strict=True)
    )
    return replace(sampled, steps=tuple(steps))


def each_alone(made_of: Recipe, plan: Plan) -> list[Images]:
    """For each image, (n, H, W): its digits, each drawn alone and put through the steps that move ink."""
    bank, width, height = made_of.bank, made_of.layout.image_width, made_of.layout.image_height
    stages = made_of.augment.stages

    def scene(noise: Noise, wide: int, high: int = 28) -> Scene:
        return Scene(noise, wide, np.zeros((len(noise), 1), np.int64), bank, height=high)

    glyphs = bank.images[plan.glyphs].copy()
    sampled = {stage: ink_alone(plan.sampled[stage], pipeline) for stage, pipeline in stages.items()}
    apply(stages["glyphs"], sampled["glyphs"], glyphs, lambda noise: scene(noise, 28))
    images, number = np.repeat(np.arange(len(plan.lengths)), plan.lengths), 0
    places = zip(glyphs, plan.x.tolist(), np.broadcast_to(plan.y, plan.x.shape).tolist(), strict=True)
    canvases = np.stack([compose([glyph], [x], width, "max", tops=[y], height=height) for glyph, x, y in places])
    alone = []
    for image, length in enumerate(plan.lengths.tolist()):
        number += length
        layers = np.ascontiguousarray(canvases[images == image])
        for layer in layers:
            one = sampled["sequence"][image : image + 1]
            apply(stages["sequence"], one, layer[None], lambda noise: scene(noise, width, height))
        alone.append(layers)
    assert number == len(canvases)
    return alone


def bounding_box(mask: NDArray[np.bool_]) -> list[float]:
    """Left, top, width and height; all 0 of nothing."""
    rows, columns = np.nonzero(mask)
    if not rows.size:
        return [0, 0, 0, 0]
    return [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]


def checked(made_of: Recipe) -> tuple[Batch, list[Images]]:
    """A batch whose masks are those that its digits alone call for, and these."""
    batch = images(made_of, 0, COUNT)
    assert batch.masks is not None
    layers = each_alone(made_of, planner(made_of, 1, "train")(0)[:COUNT])
    # Once digits are one image, erosion spares ink that is thick where two of them meet, and dilation does not ask
    # whose ink is the brightest.
    reshaped = any(isinstance(each.step, StrokeStep) for each in made_of.augment.sequence)
    contested = right = 0
    for mask, alone in zip(batch.masks, layers, strict=True):
        assert mask.max() <= len(alone)
        most = alone.max(axis=0)
        assert (mask[most > 0] > 0).all(), "ink that belongs to no digit"
        assert ((mask > 0) & (most == 0)).sum() <= (12 if reshaped else 4), (
            "only where two digits' faintest greys add up"
        )
        # Where one digit has ink and no other has any near, it is that digit's; elsewhere mostly the brightest's.
        near = np.stack([maximum_filter(layer, 7) > 0 for layer in alone]).sum(axis=0)
        owned = np.take_along_axis(alone, np.maximum(mask.astype(int) - 1, 0)[None], axis=0)[0]
        assert (owned[(near == 1) & (most > 0)] > 0).all()
        elsewhere = (near > 1) & (most > 0)
        contested += elsewhere.sum()
        right += (owned >= most)[elsewhere].sum()
    assert right >= (0.85 if reshaped else 0.9) * contested
    return batch, layers


@pytest.mark.parametrize("layout", [APART, TOUCHING, PILED], ids=["apart", "touching", "piled"])
def test_masks_give_ink_to_the_digit_that_is_brightest_there(layout: Layout, mnist: GlyphBank) -> None:
    for which in SETTINGS:
        with naming(which):
            checked(made(mnist, which, layout))


def test_masks_hold_with_gaps_between_ink_and_with_added_overlaps(mnist: GlyphBank) -> None:
    for which in ("nothing", "warps", "strokes", "noise before and after", "warps on both", "noise on glyphs"):
        with naming(which):
            checked(made(mnist, which, INK))
            checked(made(mnist, which, PILED, overlap="sum"))


def test_masks_hold_on_a_line_with_gaps_between_strokes(mnist: GlyphBank) -> None:
    for which in ("nothing", "warps", "strokes", "noise before and after", "warps on both", "noise on glyphs"):
        with naming(which):
            checked(made(mnist, which, WRITTEN))


@pytest.mark.parametrize("layout", [APART, PILED, WRITTEN], ids=["apart", "piled", "on a line"])
def test_masks_without_augmentation_give_each_pixel_to_the_first_of_the_brightest(
    layout: Layout, bank: GlyphBank
) -> None:
    made_of = made(bank, "nothing", layout)
    batch = images(made_of, 0, COUNT)
    assert batch.masks is not None
    for mask, alone in zip(batch.masks, each_alone(made_of, planner(made_of, 1, "train")(0)[:COUNT]), strict=True):
        np.testing.assert_array_equal(mask, np.where(alone.any(axis=0), alone.argmax(axis=0) + 1, 0))


def test_boxes_bound_the_mask_and_nearly_all_ink_of_each_digit(mnist: GlyphBank) -> None:
    for which in [name for name in SETTINGS if name not in ("nothing", "noise alone")]:
        with naming(which):
            batch, layers = checked(made(mnist, which, APART))
            assert batch.masks is not None
            exact = 0
            for mask, boxes, alone in zip(batch.masks, batch.boxes, layers, strict=True):
                assert (boxes[len(alone) :] == -1).all()
                for number, (box, layer) in enumerate(zip(boxes, alone, strict=False), start=1):
                    assert box.tolist() == bounding_box(mask == number)
                    exact += box.tolist() == bounding_box(layer > 0)
            assert exact >= 0.95 * sum(map(len, layers))


def test_boxes_grow_as_far_as_the_disk_of_dilate(mnist: GlyphBank) -> None:
    for size in (2, 3, 4, 5):
        with naming(size):
            layout = Layout(168, (-4, 8))
            sides = [
                images(recipe(mnist, chain(step), layout=layout, lengths=(5, 5)), 0, 300).boxes
                for step in (("translate", {"x": 0, "y": 0}), ("dilate", {"size": size}))
            ]
            (x, y, width, height), (left, top, wide, high) = (np.moveaxis(each, 2, 0) for each in sides)
            grown = np.stack([x - left, y - top, left + wide - x - width, top + high - y - height])
            assert grown.min() >= 0 and grown.max() == size // 2


def test_boxes_are_those_of_the_layout_where_no_ink_moves(mnist: GlyphBank) -> None:
    for layout in (APART, INK, WRITTEN):
        plain, noisy = (images(made(mnist, which, layout), 0, COUNT) for which in ("nothing", "noise alone"))
        np.testing.assert_array_equal(noisy.boxes, plain.boxes)
        assert (noisy.images != plain.images).any()


def test_steps_that_only_cover_ink_change_neither_masks_nor_boxes(mnist: GlyphBank) -> None:
    for which in [name for name in SETTINGS if "noise" in name or "some" in name]:
        with naming(which):
            made_of = made(mnist, which, TOUCHING)
            stages: dict[str, Any] = {
                stage: tuple(each if each.step.moves_ink else replace(each, p=0) for each in pipeline)
                for stage, pipeline in made_of.augment.stages.items()
            }
            with_noise = images(made_of, 0, COUNT)
            without = images(recipe(mnist, **stages, layout=TOUCHING, lengths=(1, 5)), 0, COUNT)
            for name in ("masks", "boxes", "clean", "labels"):
                np.testing.assert_array_equal(getattr(with_noise, name), getattr(without, name), err_msg=name)
            assert (with_noise.images != without.images).mean() > 0.05


def test_the_inked_pixels_of_an_image_are_those_of_its_mask(mnist: GlyphBank) -> None:
    for which in [name for name in SETTINGS if "noise" not in name and name != "some images"]:
        with naming(which):
            batch = images(made(mnist, which, TOUCHING), 0, COUNT)
            assert batch.masks is not None
            np.testing.assert_array_equal(batch.masks > 0, batch.images > 0)


def test_clean_images_are_those_made_without_augmentation(mnist: GlyphBank) -> None:
    for which in SETTINGS:
        with naming(which):
            batch, plain = (images(made(mnist, each, TOUCHING), 0, COUNT) for each in (which, "nothing"))
            np.testing.assert_array_equal(batch.clean, plain.images)
            np.testing.assert_array_equal(plain.clean, plain.images)


def test_boxes_and_images_do_not_depend_on_what_is_stored(mnist: GlyphBank) -> None:
    whole = made(mnist, "some images", TOUCHING)
    batch = images(whole, 0, COUNT)
    for masks in (False, True):
        some = replace(whole, labels=replace(whole.labels, masks=masks, clean=False, parameters=False))
        other = images(some, 0, COUNT)
        np.testing.assert_array_equal(other.boxes, batch.boxes)
        np.testing.assert_array_equal(other.images, batch.images)
        assert (other.masks is None) == (not masks)


def test_masks_and_boxes_do_not_depend_on_the_images_beside(mnist: GlyphBank) -> None:
    """Some of these images have digits that overlap, and some have none."""
    for which in ("one warp", "strokes", "warps on both"):
        with naming(which):
            made_of = made(mnist, which, Layout(170, (-8, 12)))
            plan_of = planner(made_of, 1, "train")
            whole = images(made_of, 0, 30, plan_of=plan_of)
            alone = joined([images(made_of, row, 1, plan_of=plan_of) for row in range(30)])
            for name in ("masks", "boxes", "images"):
                np.testing.assert_array_equal(getattr(alone, name), getattr(whole, name), err_msg=name)


# At the edges


def test_digits_outside_the_image_have_no_mask_and_boxes_of_zeros(mnist: GlyphBank) -> None:
    cases: list[tuple[tuple[float, float], str]] = [
        ((28.0, 0.0), "right"),
        ((-28.0, 0.0), "left"),
        ((0.0, 14.0), "below"),
        ((0.0, -14.0), "above"),
    ]
    for shift, gone in cases:
        with naming((shift, gone)):
            step = setting("translate", x=shift[0], y=shift[1])
            stages = (step,) if gone in ("left", "right") else (step, step)
            batch = images(recipe(mnist, stages, layout=Layout(84, (0, 0)), lengths=(3, 3)), 0, 5)
            assert batch.masks is not None
            lost = {"left": [0], "right": [2]}.get(gone, [0, 1, 2])
            for number in range(3):
                there = (batch.masks == number + 1).any()
                assert there == (number not in lost)
                assert batch.boxes[:, number].any() == there
            assert (batch.boxes >= 0).all()


def test_faint_ink_at_an_edge_belongs_to_its_digit(bank: GlyphBank) -> None:
    """These glyphs' ink touches every edge of the image in some glyph, and is moved by part of a px from there."""
    cases: list[tuple[float, float]] = [
        (0.7, 0.0),
        (-0.7, 0.0),
        (0.0, 0.7),
        (0.0, -0.7),
        (0.5, -0.6),
    ]
    for x, y in cases:
        with naming((x, y)):
            made_of = recipe(bank, (setting("translate", x=x, y=y),), layout=Layout(28, (0, 0)), lengths=(1, 1))
            batch = images(made_of, 0, 60)
            assert batch.masks is not None
            np.testing.assert_array_equal(batch.masks, (batch.images > 0).astype(np.uint8))
            assert batch.images[:, :, 0].any()
            assert batch.images[:, 0].any()


# The parts


def test_boxes_bound_masks_of_up_to_255_digits() -> None:
    rng = np.random.Generator(np.random.PCG64DXSM(1))
    masks = np.where(rng.random((6, 28, 40)) < 0.02, rng.integers(1, 256, (6, 28, 40)), 0).astype(np.uint8)
    for most in (1, 8, 9, 20, 255):
        boxes = ink_boxes(masks, most)
        assert boxes.shape == (6, most, 4)
        for mask, found in zip(masks, boxes, strict=True):
            assert found.tolist() == [bounding_box(mask == digit) for digit in range(1, most + 1)]


def test_images_are_their_own_strokes_until_something_else_is_put_over_them() -> None:
    images, owners = np.full((1, 28, 16), 9, np.uint8), np.ones((1, 28, 16), np.uint8)
    ownership = Ownership(owners)
    assert [each.tolist() for each in ownership.inked(images)] == [images.tolist()]
    for grey in (20, 30):
        ownership.keep_apart(images)
        images += grey
    assert ownership.masks(images).all()
    shown, strokes = ownership.inked(images)
    assert (shown == 59).all() and (strokes == 9).all()
    strokes[...] = 0
    assert not ownership.masks(images).any()


def test_a_digit_spreads_along_its_ink_but_to_no_other_image() -> None:
    strokes, owners = np.zeros((3, 28, 20), np.uint8), np.zeros((3, 28, 20), np.uint8)
    strokes[1, 27, 3:12] = 9  # a line whose owner is known at one end only
    owners[1, 27, 3] = 7
    owners[1, 5, 5] = 8  # a digit without ink
    strokes[2, 10, 10] = 1  # ink without a digit
    ownership = Ownership(owners)
    ownership.spread(strokes, np.arange(3))
    np.testing.assert_array_equal(ownership.masks(strokes)[1, 27], [0] * 3 + [7] * 9 + [0] * 8)
    expected = np.zeros((28, 20), np.uint8)
    expected[26:28, 2:13] = 7
    np.testing.assert_array_equal(ownership.owners[1], expected)
    assert not ownership.owners[::2].any()
