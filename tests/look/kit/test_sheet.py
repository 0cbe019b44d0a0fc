"""Contact sheets: every picture in its place, and nothing beside it."""

import numpy as np

from digitgen.compose.batch import Sample
from digitgen.look.kit.sheet import PALETTE, Group, Picture, picture_of, render, sheet, tint

PAPER = (246, 247, 249)


def picture(level: int, width: int = 40, caption: str = "350", note: str = "#1") -> Picture:
    return Picture((np.full((28, width), level, np.uint8),), caption, note)


def found(page: np.ndarray, level: int, zoom: int = 2, width: int = 40) -> list[tuple[int, int]]:
    """Left and top of each picture of a level."""
    here = (page == level).all(axis=2)
    corners = here & ~np.roll(here, 1, axis=0) & ~np.roll(here, 1, axis=1)
    places = [(int(x), int(y)) for y, x in zip(*np.nonzero(corners), strict=True)]
    return [(x, y) for x, y in places if here[y : y + 28 * zoom, x : x + width * zoom].all()]


def test_pictures_stand_in_rows_and_groups_below_each_other() -> None:
    groups = [Group("first", [picture(level) for level in (11, 12, 13)]), Group("second", [picture(14)])]
    page = np.asarray(sheet(groups, columns=2))
    ((x1, y1),), ((x2, y2),), ((x3, y3),), ((x4, y4),) = (found(page, level) for level in (11, 12, 13, 14))
    assert y1 == y2 < y3 < y4
    assert x1 == x3 == x4 < x2
    assert y3 - y1 < y4 - y3  # there is a heading between


def test_a_sheet_is_as_wide_as_its_title_needs() -> None:
    small, large = (sheet([Group("", [picture(9)])], title=title).width for title in ("a", "long " * 30))
    assert small < 200 < large


def test_a_sheet_may_have_no_pictures() -> None:
    assert sheet([]).width > 0


def test_text_too_long_for_its_picture_is_cut() -> None:
    page = np.asarray(sheet([Group("", [picture(9, caption="9" * 300, note="#12345678"), picture(10)])], columns=2))
    gap = page[:, 24 + 80 + 1 : 24 + 80 + 15]
    assert (gap == PAPER).all()


def test_a_box_is_drawn_around_its_pixels() -> None:
    boxes = np.array([[4, 2, 10, 20], [0, 0, 0, 0]], np.float32)  # the second digit has lost its ink
    drawn = np.asarray(render(Picture((np.zeros((28, 40), np.uint8),), "", boxes=boxes), 3))
    rows, columns = np.nonzero((drawn == PALETTE[0]).all(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 65, 12, 41)
    assert not (drawn == PALETTE[1]).all(axis=2).any()


def test_each_digit_has_its_colour_and_ink_of_no_digit_stays_grey() -> None:
    image = np.full((28, 9), 255, np.uint8)
    image[:, 8] = 100
    mask = np.tile(np.arange(9, dtype=np.uint8), (28, 1))
    mask[:, 8] = 0
    tinted = tint(image, mask)
    assert [tuple(tinted[0, k]) for k in range(1, 7)] == list(PALETTE)
    assert tuple(tinted[0, 7]) == PALETTE[0]
    assert tuple(tinted[0, 0]) == (255, 255, 255)
    assert tuple(tinted[0, 8]) == (100, 100, 100)


def test_a_pair_has_the_clean_image_at_its_left() -> None:
    clean, image = np.full((28, 30), 7, np.uint8), np.full((28, 30), 200, np.uint8)
    boxes = np.zeros((2, 4), np.float32)
    ids, gaps = np.zeros(2, np.int32), np.zeros(1, np.int16)
    sample = Sample(image, np.array([3, 5], np.int8), boxes, ids, gaps, 17, clean=clean)
    pair = picture_of(sample, pairs=True)
    assert (pair.caption, pair.note) == ("35", "#17")
    drawn = np.asarray(render(pair, 1))
    assert (drawn[:, :30] == 7).all()
    assert (drawn[:, -30:] == 200).all()
