"""Digits and pairs: measured as their definitions say."""

import cv2
import numpy as np
import pytest

from digitgen.arrays import Pixels
from digitgen.measure.crops import Crop
from digitgen.measure.digits import DIGIT, measure_digits
from digitgen.measure.ink import find_ink
from digitgen.measure.paper import PAPER, measure_paper
from digitgen.measure.surround import PLACES, measure_surround
from tests.measure.strings import bars, slanted

BOXES = [(10, 10, 20, 40), (40, 15, 10, 40), (50, 10, 20, 30)]
MEASURES = {name: column for column, name in enumerate(DIGIT)}


def crop(image: Pixels, boxes: list[tuple[int, int, int, int]] | None = None) -> Crop:
    return Crop("drawn", image, None if boxes is None else np.array(boxes, np.float64))


def test_gaps_and_heights_are_in_median_heights() -> None:
    found = measure_digits(find_ink(crop(bars(BOXES), BOXES)))
    np.testing.assert_allclose(found.pairs[:, 0], [10 / 40, 0])
    np.testing.assert_allclose(found.digits[:, 0], [1, 1, 30 / 40])


def test_neighbours_touch_if_one_piece_holds_both() -> None:
    found = measure_digits(find_ink(crop(bars(BOXES), BOXES)))
    assert found.pairs[:, 1].tolist() == [0, 1]
    assert found.digits[:, MEASURES["whole"]].tolist() == [1, 0, 0]


@pytest.mark.parametrize("dark", [True, False])
def test_either_polarity_gives_the_same_ink(dark: bool) -> None:
    ink, paper = (40, 200) if dark else (200, 40)
    found = find_ink(crop(bars(BOXES, ink=ink, paper=paper), BOXES))
    assert found.dark is dark
    assert (found.inked == (found.grey == ink)).all()
    assert found.paper == paper
    np.testing.assert_allclose(measure_digits(found).digits[:, MEASURES["grey"]], ink)


@pytest.mark.parametrize("slant", [-0.4, 0.0, 0.25])
def test_slant_is_px_to_the_right_for_each_px_up(slant: float) -> None:
    found = measure_digits(find_ink(crop(slanted(slant), [(0, 10, 60, 40)])))
    assert found.digits[0, MEASURES["slant"]] == pytest.approx(slant, abs=0.01)


@pytest.mark.parametrize("stroke", [3, 5, 8])
def test_the_width_of_a_long_stroke_is_its_width(stroke: int) -> None:
    found = measure_digits(find_ink(crop(slanted(0, stroke=stroke), [(0, 10, 60, 40)])))
    # An upright stroke has no other direction: of its outline 4 / pi is counted, less than that at its ends.
    expected = 2 * 40 * stroke / (2 * (40 + stroke) * np.pi / 4) / 40
    assert found.digits[0, MEASURES["stroke"]] == pytest.approx(expected, rel=0.02)


def test_small_images_are_enlarged_before_outlines_are_measured() -> None:
    large = measure_digits(find_ink(crop(slanted(0.2, stroke=6), [(0, 10, 60, 40)])))
    small = slanted(0.2, stroke=6).reshape(30, 2, 30, 2).mean(axis=(1, 3)).astype(np.uint8)
    again = measure_digits(find_ink(crop(small, [(0, 5, 30, 20)])))
    np.testing.assert_allclose(again.digits[0, 4:6], large.digits[0, 4:6], rtol=0.08)


def test_loose_boxes_are_drawn_in_to_their_ink() -> None:
    loose = [(5, 5, 30, 50), (35, 5, 13, 50)]
    ink = find_ink(Crop("drawn", bars(BOXES[:2]), np.array(loose, np.float64), loose=True))
    assert ink.boxes.tolist() == [[10, 10, 20, 40], [40, 15, 8, 40]]


def test_where_it_is_known_whose_ink_it_is_boxes_are_drawn_in_to_their_digits() -> None:
    masks = np.zeros((64, 160), np.uint8)
    image = bars([(10, 10, 20, 40), (30, 20, 10, 40)])
    masks[: image.shape[0], :30], masks[: image.shape[0], 30:] = 1, 2
    loose = np.array([(5, 5, 33, 60), (25, 5, 20, 60)], np.float64)
    ink = find_ink(Crop("drawn", image, loose, loose=True, masks=masks[: image.shape[0], : image.shape[1]]))
    assert ink.boxes.tolist() == [[10, 10, 20, 40], [30, 20, 10, 40]]


def test_without_boxes_pieces_that_look_like_a_digit_stand_for_one() -> None:
    comma, joined = (80, 45, 4, 8), (100, 10, 70, 40)
    ink = find_ink(crop(bars([BOXES[0], comma, joined])))
    assert ink.boxes.tolist() == [[10, 10, 20, 40]]


def test_marks_are_told_by_their_place() -> None:
    digits = [(60, 15, 20, 30), (100, 15, 20, 30)]
    marks = [(20, 25, 10, 4), (150, 25, 10, 4), (90, 40, 4, 5), (65, 2, 4, 4), (65, 50, 10, 4)]
    found = measure_surround(find_ink(crop(bars([*digits, *marks]), digits)))
    assert dict(zip(PLACES, found.marks.tolist(), strict=True)) == dict.fromkeys(PLACES, 1)
    np.testing.assert_allclose(found.margins * 30, [60, 80, 15, 15])
    np.testing.assert_allclose(found.frame * 30, [20, 40, 2, 6])


def test_a_line_across_the_crop_is_a_line_and_no_mark() -> None:
    digits = [(60, 10, 20, 30), (100, 10, 20, 30)]
    plain, ruled = (find_ink(crop(bars(some), digits)) for some in (digits, [*digits, (0, 50, 200, 2)]))
    assert measure_paper(plain, 40).values[PAPER.index("line")] == 0
    assert measure_paper(ruled, 40).values[PAPER.index("line")] == 1
    assert not measure_surround(ruled).marks.any()


def test_texture_noise_and_period_of_paper_are_found() -> None:
    wave = 8 * np.sin(2 * np.pi * np.arange(200) / 5)
    image = np.clip(bars(BOXES) + wave, 0, 255).round().astype(np.uint8)
    image[bars(BOXES) == 40] = 40
    found = dict(zip(PAPER, measure_paper(find_ink(crop(image, BOXES)), 40).values.tolist(), strict=True))
    assert found["texture"] == pytest.approx(8 / np.sqrt(2) / 160, rel=0.1)
    assert found["period"] == pytest.approx(5, rel=0.05)
    assert found["peak"] > 0.3
    noise = np.random.default_rng(1).normal(0, 6, image.shape)
    image = np.clip(bars(BOXES, paper=190) + noise, 0, 255).round().astype(np.uint8)
    found = dict(zip(PAPER, measure_paper(find_ink(crop(image, BOXES)), 40).values.tolist(), strict=True))
    assert found["noise"] == pytest.approx(6 / 150, rel=0.05)
    assert found["peak"] < 0.1


def test_blur_of_edges_is_found() -> None:
    for sigma in (0.8, 1.5):
        image = np.asarray(cv2.GaussianBlur(bars(BOXES[:2]), (0, 0), sigma), np.uint8)
        found = measure_paper(find_ink(crop(image, BOXES[:2])), 40).values[PAPER.index("blur")]
        assert found == pytest.approx(sigma, rel=0.15)
