"""Layouts that go by ink, where steps on glyphs change it: digits stand by the ink that they end up with."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen.augment.apply import apply
from digitgen.augment.step import Scene
from digitgen.compose import augmented, shown
from digitgen.compose.generate import generate_batch
from digitgen.compose.layout import Layout
from digitgen.compose.plan import Plan, plan_chunk, planner
from digitgen.compose.recipe import Augmentation, Labels, Recipe
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from tests import reference
from tests.errors import naming
from tests.steps import images, joined, recipe, setting

Glyphs = NDArray[np.uint8]

LAYOUT = Layout(190, (-4, 9), unit="ink", align="random")
STYLE = (
    setting("size", height=[14, 24], share="image", spread={"height": 3, "width": 0.1}),
    setting("slant", 0.8, share="image", spread=0.1),
    setting("dilate", 0.4),
)
COVERED = (*STYLE, setting("gaussian_noise", 0.5), setting("rotate"))
LOSING = (setting("translate", 0.4, x=28, y=0), setting("slant"))  # out of the cell
STEPS = {"style": STYLE, "with noise over ink": COVERED, "lost digits": LOSING}


def rendered(made_of: Recipe, plan: Plan, digit: int) -> tuple[Glyphs, Glyphs]:
    """One glyph of a plan with its steps, made alone; and its ink: the same without what only covers it."""
    own = plan.glyphs[digit : digit + 1]
    sample, found = plan.sampled["glyphs"][digit : digit + 1], []
    for all_steps in (True, False):
        image = made_of.bank.cells(own)
        kept = [n for n, each in enumerate(made_of.augment.glyphs) if all_steps or each.step.moves_ink]
        for first in range(len(made_of.augment.glyphs)):
            if first not in kept:
                sample.steps[first].touched[:] = False
        apply(
            made_of.augment.glyphs,
            sample,
            image,
            lambda noise: Scene(noise, 28, np.zeros((1, 1), np.int64), made_of.bank, own),
        )
        found.append(image[0])
    return found[0], found[1]


def ink_box(glyph: Glyphs) -> tuple[int, int]:
    """Left edge and width of the ink; of none, the middle of the cell and nothing."""
    return reference.ink_box(glyph)[::2] if glyph.any() else (14, 0)


@pytest.mark.parametrize("which", STEPS)
def test_images_equal_those_of_the_reference(bank: GlyphBank, which: str) -> None:
    made_of = recipe(bank, glyphs=STEPS[which], layout=Layout(200, (-4, 9), unit="ink", align="right"))
    batch = images(made_of, 0, 40)
    plan = plan_chunk(made_of, 1, "train", 0)
    digit = gap = 0
    for image, length in zip(batch.images, plan.lengths.tolist(), strict=False):
        glyphs, inks = zip(*(rendered(made_of, plan, digit + k) for k in range(length)), strict=True)
        left, widths = zip(*map(ink_box, inks), strict=True)
        gaps = plan.gaps[gap : gap + length - 1].tolist()
        x = reference.positions(widths, gaps, 200, "right")
        cells = [each - own for each, own in zip(x, left, strict=True)]
        # What is no ink may stick out of the image.
        wide = reference.compose(glyphs, [each + 28 for each in cells], 256, "max")
        np.testing.assert_array_equal(image, wide[:, 28:-28])
        digit, gap = digit + length, gap + length - 1


@pytest.mark.parametrize("which", ["style", "with noise over ink"])
def test_gaps_lie_between_the_ink_that_comes_out(mnist: GlyphBank, which: str) -> None:
    made_of = recipe(mnist, glyphs=STEPS[which], layout=Layout(300, (0, 9), unit="ink", align="random"), lengths=(5, 5))
    batch = images(made_of, 0, 60)
    x, _, width, _ = np.moveaxis(batch.boxes, 2, 0)
    np.testing.assert_array_equal(x[:, 1:] - (x + width)[:, :-1], batch.gaps)
    assert batch.masks is not None
    inked = (batch.masks > 0).any(axis=1)
    assert (inked.argmax(axis=1) == x[:, 0]).all()


def test_gaps_between_strokes_are_those_of_the_strokes_that_come_out(bank: GlyphBank) -> None:
    layout = Layout(300, (2, 9), unit="stroke", align="random")
    made_of = recipe(bank, glyphs=COVERED, layout=layout, lengths=(2, 2))
    plan, exact = plan_chunk(made_of, 1, "train", 0), 0
    for image in range(60):
        one, other = (rendered(made_of, plan, digit)[1] for digit in (2 * image, 2 * image + 1))
        found = reference.stroke_gap(one, other, (int(plan.x[2 * image]), int(plan.x[2 * image + 1])))
        assert found >= plan.gaps[image]  # more only where digits would change places
        exact += found == plan.gaps[image]
    assert exact > 50


def test_digits_stay_inside_the_image_at_the_least_width_that_is_allowed(bank: GlyphBank) -> None:
    for which, steps in STEPS.items():
        with naming(which):
            layout = Layout(4 * 28 - 3 * 14, (-14, 6), unit="ink", align="random")
            batch = images(recipe(bank, glyphs=steps, layout=layout, lengths=(4, 4)), 0, 100)
            assert (batch.boxes[:, :, 0] >= 0).all()
            assert (batch.boxes[:, :, 0] + batch.boxes[:, :, 2] <= layout.image_width).all()


def test_each_digit_counts_with_its_whole_cell(bank: GlyphBank) -> None:
    assert bank.ink_width < 28
    layout = Layout(3 * 28 - 1, (0, 5), unit="ink")
    with pytest.raises(ArgumentError, match=r"3 digits need at least 84 px \(each 28, smallest gap 0\)"):
        recipe(bank, glyphs=STYLE, layout=layout, lengths=(3, 3))
    for glyphs in ((), (setting("gaussian_noise"),)):  # which leaves ink where it is
        recipe(bank, glyphs=glyphs, layout=layout, lengths=(3, 3))


def test_gaps_that_fit_are_equally_likely(bank: GlyphBank) -> None:
    width = 3 * 28 + 3
    made_of = recipe(bank, glyphs=STYLE, layout=Layout(width, (0, 3), unit="ink"), lengths=(3, 3))
    gaps = np.concatenate([plan_chunk(made_of, 1, "train", chunk).gaps.reshape(-1, 2) for chunk in range(3)])
    fitting = reference.fitting_gaps(2, 0, 3, 3)
    reference.assert_follows(map(tuple, gaps.tolist()), reference.uniform(fitting))


def test_a_digit_that_has_lost_its_ink_has_the_middle_of_its_cell_and_no_width(bank: GlyphBank) -> None:
    lost = setting("translate", x=28, y=0)
    made_of = recipe(bank, glyphs=(lost,), layout=Layout(120, (3, 3), unit="ink", align="left"), lengths=(3, 3))
    batch = images(made_of, 0, 5)
    plan = plan_chunk(made_of, 1, "train", 0)
    assert plan.shown is not None
    assert set(plan.shown.ink.ravel().tolist()) == {14}
    assert (plan.x[:3] + 14).tolist() == [0, 3, 6]
    assert not batch.images.any()
    assert not batch.boxes.any()
    assert (batch.labels >= 0).all()


def test_images_are_the_same_however_many_are_made_at_once(bank: GlyphBank) -> None:
    for which, steps in STEPS.items():
        with naming(which):
            made_of = recipe(bank, glyphs=steps, sequence=(setting("elastic"),), layout=LAYOUT)
            plan_of = planner(made_of, 1, "train")
            whole = images(made_of, 700, 9, plan_of=plan_of)
            for borders in (range(10), (0, 4, 9)):
                parts = [images(made_of, 700 + a, b - a, plan_of=plan_of) for a, b in pairwise(borders)]
                for (name, array), expected in zip(
                    joined(parts).arrays().items(), whole.arrays().values(), strict=True
                ):
                    np.testing.assert_array_equal(array, expected, err_msg=name)


def test_some_images_of_a_plan_are_those_of_the_whole(bank: GlyphBank) -> None:
    made_of = recipe(bank, glyphs=COVERED, layout=LAYOUT)
    plan, rows = plan_chunk(made_of, 1, "train", 0), np.array([3, 4, 90, 700])
    batch = made_of.empty_batch(len(rows))
    augmented.compose_augmented(made_of, plan.take(rows), batch)
    for row, image in zip(rows.tolist(), batch.images, strict=True):
        np.testing.assert_array_equal(image, images(made_of, row, 1, plan_of=lambda _: plan).images[0])


@pytest.mark.parametrize("which", ["style", "with noise over ink"])
def test_glyphs_of_a_chunk_are_rendered_once(bank: GlyphBank, which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made_of = recipe(bank, glyphs=STEPS[which], layout=LAYOUT)
    plan_of = planner(made_of, 1, "train")
    plan_of(0)

    def render_glyphs(*_: object, **__: object) -> None:
        raise AssertionError("they are there already")

    monkeypatch.setattr(augmented, "render_glyphs", render_glyphs)
    images(made_of, 0, 20, plan_of=plan_of)


@pytest.mark.parametrize("which", STEPS)
def test_glyphs_that_are_too_many_to_keep_are_rendered_again_with_the_same_bits(
    bank: GlyphBank, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of = recipe(bank, glyphs=STEPS[which], layout=LAYOUT)
    kept = images(made_of, 0, 30)
    size = len(plan_chunk(made_of, 1, "train", 0).glyphs) * 28 * 28 * (2 if which == "with noise over ink" else 1)
    monkeypatch.setattr(shown, "_AT_ONCE", 50 * 28 * 28)
    for most, keeps in ((size, True), (size - 1, False)):
        monkeypatch.setattr(shown, "_KEPT", most)
        plan = plan_chunk(made_of, 1, "train", 0)
        assert plan.shown is not None
        assert (plan.shown.pixels is not None) == keeps
        again = images(made_of, 0, 30, plan_of={0: plan}.__getitem__)
        for (name, array), expected in zip(again.arrays().items(), kept.arrays().values(), strict=True):
            np.testing.assert_array_equal(array, expected, err_msg=name)


def test_steps_that_move_no_ink_leave_digits_where_they_stand(bank: GlyphBank) -> None:
    plain, noisy = (recipe(bank, glyphs=steps, layout=LAYOUT) for steps in ((), (setting("gaussian_noise"),)))
    one, other = (plan_chunk(each, 1, "train", 0) for each in (plain, noisy))
    np.testing.assert_array_equal(one.x, other.x)
    assert other.shown is None
    np.testing.assert_array_equal(images(plain, 0, 30).boxes, images(noisy, 0, 30).boxes)


def test_steps_change_neither_strings_nor_glyphs_nor_gaps_that_all_fit(bank: GlyphBank) -> None:
    plain, styled = (
        plan_chunk(recipe(bank, glyphs=steps, layout=Layout(300, (-4, 9), unit="ink")), 1, "train", 0)
        for steps in ((), STYLE)
    )
    for name in ("lengths", "digits", "glyphs", "gaps"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(styled, name))
    assert (plain.x != styled.x).any()


def test_clean_images_have_each_glyph_as_it_was_in_the_cell_of_what_it_became(bank: GlyphBank) -> None:
    for which, steps in STEPS.items():
        with naming(which):
            made_of = recipe(bank, glyphs=steps, layout=LAYOUT)
            batch, plan = images(made_of, 0, 40), plan_chunk(made_of, 1, "train", 0)
            assert batch.clean is not None and plan.shown is not None
            digit = 0
            for clean, length in zip(batch.clean, plan.lengths.tolist(), strict=False):
                own = slice(digit, digit + length)
                glyphs = list(bank.cells(plan.glyphs[own]))
                wide = reference.compose(glyphs, (plan.x[own] + 28).tolist(), 190 + 56, "max")
                np.testing.assert_array_equal(clean, wide[:, 28:-28])  # what sticks out is cut off
                digit += length


def test_a_batch_for_given_digits_can_be_measured_too(mnist: GlyphBank) -> None:
    options: dict[str, Any] = {
        "glyphs": mnist,
        "unit": "ink",
        "augment": Augmentation(STYLE),
        "labels": Labels(masks=True),
    }
    one, other = (generate_batch([[3, 5, 0], [7]], (2, 8), 120, rng=7, **options) for _ in range(2))
    np.testing.assert_array_equal(one.images, other.images)
    x, _, width, _ = np.moveaxis(one.boxes[:1], 2, 0)
    np.testing.assert_array_equal(x[:, 1:] - (x + width)[:, :-1], one.gaps[:1])
