"""Of sheets, only what is around the ink is held; whatever that is, images and labels are those of whole sheets."""

from typing import Any

import numpy as np
import pytest

from digitgen.augment.ink.page import Page
from digitgen.augment.ink.render import rendered
from digitgen.augment.ink.strokes import Strokes, polylines
from digitgen.augment.ownership import Ownership
from digitgen.augment.region import Region
from digitgen.compose import augmented
from digitgen.compose.baseline import Baseline
from digitgen.compose.layout import Layout
from digitgen.glyphs.bank import GlyphBank
from tests.steps import images, recipe, setting

LAYOUT = Layout(130, (-6, 20), unit="ink", baseline=Baseline(0.2, (-0.2, 0.2)))
DIGITS = setting("connecting_strokes", pairs=[0.8, 1], reach=2)
FAR = setting("connecting_strokes", pairs=[0.8, 1], reach=5, bow=[-1, 1])
WIDE = setting("crop", left=[-0.25, 3], right=[-0.25, 3], top=[-0.25, 2], bottom=[-0.25, 2])


@pytest.mark.parametrize(
    "before",
    [
        (),
        (DIGITS, setting("separators"), setting("trailing_marks"), setting("leading_marks")),
        (setting("base_line", height=[0, 0.3]), setting("trailing_marks"), setting("separators"), FAR),
        (FAR, setting("field_frame", p=0.5), DIGITS),
    ],
    ids=["no ink", "marks", "steps that look at marks", "strokes that go far"],
)
@pytest.mark.parametrize("glyphs", [(), (setting("slant"), setting("gaussian_noise", p=0.5))], ids=["plain", "noisy"])
def test_images_and_labels_are_those_of_whole_sheets(
    before: tuple[Any, ...], glyphs: tuple[Any, ...], mnist: GlyphBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of = recipe(mnist, (*before, WIDE, setting("elastic", p=0.5)), glyphs, layout=LAYOUT, lengths=(1, 6))
    held: list[Region] = []

    def whole(boxes: np.ndarray, sheet: tuple[int, int]) -> Region:
        return Region.whole(np.empty((len(boxes), *sheet), np.uint8))

    def recorded(*arguments: Any) -> tuple[Region, np.ndarray]:
        held.append(sheets(*arguments)[0])
        return held[-1], np.empty((30, *held[-1].size), np.uint8)

    sheets = augmented._sheets
    monkeypatch.setattr(augmented, "_sheets", recorded)
    fast = images(made_of, 0, 30)
    monkeypatch.setattr(Region, "around", whole)
    slow = images(made_of, 0, 30)
    assert [each.is_whole for each in held] == [False, True]
    for name, array in slow.arrays().items():
        np.testing.assert_array_equal(fast.arrays()[name], array, err_msg=name)


def test_a_region_has_room_for_all_boxes_and_lies_on_the_sheet() -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(-9, 60, (200, 2))
    boxes = np.concatenate([first, first + rng.integers(1, 30, (200, 2))], axis=1)
    for sheet in ((70, 91), (90, 64)):
        region = Region.around(boxes, sheet)
        held = region.boxes
        assert (held[:, :2] >= 0).all() and (held[:, 2:] <= sheet[::-1]).all()
        assert (held[:, :2] <= np.maximum(boxes[:, :2], 0)).all()
        assert (held[:, 2:] >= np.minimum(boxes[:, 2:], sheet[::-1])).all()
        assert not (held[:, 1] % 2).any()
        assert region.size[0] <= 40 and region.size[1] <= 40


def strokes_in(count: int, height: int, width: int) -> Strokes:
    rng = np.random.default_rng(7)
    x, y = rng.uniform(-10, width + 10, (150, 2)), rng.uniform(-10, height + 10, (150, 2))
    x[::2, 1], y[::2, 1] = x[::2, 0] + rng.normal(0, 5, 75), y[::2, 0] + rng.normal(0, 5, 75)
    return polylines(rng.integers(0, count, 150), x, y, rng.uniform(0.3, 6, (150, 2)), rng.uniform(40, 255, 150))


@pytest.mark.parametrize("size", [(30, 44), (6, 90), (66, 2)])
def test_strokes_are_to_the_last_bit_those_of_a_whole_sheet(size: tuple[int, int]) -> None:
    sheet = (66, 120)
    strokes = strokes_in(5, *sheet)
    rng = np.random.default_rng(2)
    region = Region(rng.integers(0, 121 - size[1], 5), rng.integers(0, 67 - size[0], 5), size, sheet)
    whole, part = np.zeros((5, *sheet), np.uint8), np.zeros((5, *size), np.uint8)
    for images_of, where in ((whole, Region.whole(whole)), (part, region)):
        for some in rendered(strokes, where):
            some.combine(images_of)
    for image, sheet_of, (left, top, right, bottom) in zip(part, whole, region.boxes, strict=True):
        np.testing.assert_array_equal(image, sheet_of[top:bottom, left:right])
    assert part.any()


def dot(x: float, y: float, digit: int = 0) -> Strokes:
    ends = np.array([[x, x]]), np.array([[y, y]])
    return polylines(np.zeros(1, int), *ends, np.array([5.0]), np.array([200.0]), np.array([digit]))


def test_who_looks_sees_all_that_was_put_there_also_beyond_what_was_held() -> None:
    ownership = Ownership(np.ones((1, 20, 20), np.uint8))
    region = Region(np.array([30]), np.array([10]), (20, 20), (60, 90))
    page = Page(np.zeros((1, 20, 20), np.uint8), ownership, region)
    page.put(dot(80, 50))
    seen = page.look(np.array([0]), np.arange(60)[None], np.arange(90)[None])
    assert seen[0, 50, 80] == 200 and np.count_nonzero(seen) < 50
    assert ownership.strokes is not None and not ownership.strokes.any()


def test_strokes_of_digits_may_go_beyond_what_was_held() -> None:
    ownership = Ownership(np.ones((1, 20, 20), np.uint8))
    region = Region(np.array([30]), np.array([10]), (20, 20), (60, 90))
    page = Page(np.zeros((1, 20, 20), np.uint8), ownership, region)
    page.join(dot(60, 20, digit=3), np.array([0]), np.array([[57, 17, 64, 24]]))
    left, top, right, bottom = page.region.boxes[0].tolist()
    assert left <= 30 and top <= 10 and right >= 66 and bottom >= 30
    assert page.images[0, 20 - top, 60 - left] == 200
    assert ownership.owners[0, 20 - top, 60 - left] == 3
