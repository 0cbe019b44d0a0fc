"""Points, commas and apostrophes stand before groups of three digits, where there is room."""

import numpy as np
import pytest
from scipy.stats import chisquare

from tests.written import laid_out, strokes_of


@pytest.mark.parametrize(
    ("length", "marks", "before"),
    [(3, 3, []), (4, 3, [1]), (6, 3, [3]), (7, 3, [1, 4]), (7, 1, [4]), (10, 2, [4, 7]), (10, 9, [1, 4, 7])],
)
def test_marks_stand_before_groups_of_three_digits_from_the_right(length: int, marks: int, before: list[int]) -> None:
    strokes = strokes_of("separators", laid_out(3, length), marks=marks, commas=0, raised=0)
    for image in range(3):
        points = strokes.x[strokes.image == image].mean(axis=1)
        expected = [40 + 16 * each - 3 - 0.5 for each in before]  # the middle of the gap before that digit
        assert np.sort(points) == pytest.approx(expected, abs=1)


def test_marks_have_the_pens_grey_and_the_size_that_was_sampled() -> None:
    strokes = strokes_of("separators", laid_out(50, 4), size=1.2, commas=0, raised=0, pen=(2.5, 140))
    assert (strokes.grey == 140).all()
    assert strokes.width.mean() == pytest.approx(3, rel=0.05)
    assert (np.abs(strokes.width - 3) <= 0.46).all()


def test_points_stand_on_the_foot_of_the_digits_and_apostrophes_at_their_top() -> None:
    low = strokes_of("separators", laid_out(200, 4), commas=0, raised=0, height=0)
    assert (low.y + low.width / 2).mean() == pytest.approx(23.5, abs=0.3)
    high = strokes_of("separators", laid_out(200, 4), raised=1, height=0)
    begins = high.y[::3, 0]  # an apostrophe is three pieces
    assert len(begins) == 200
    assert abs(begins.mean() - 4) < 1.5


def test_commas_and_apostrophes_are_as_frequent_as_asked_for() -> None:
    strokes = strokes_of("separators", laid_out(4000, 4), commas=0.3, raised=0.2)
    pieces = np.bincount(strokes.image, minlength=4000)
    high = np.full(4000, 99.0)
    np.minimum.at(high, strokes.image, strokes.y[:, 0])
    raised = high < 14
    kinds = [(raised & (pieces == 3)).sum(), (~raised & (pieces == 3)).sum(), (~raised & (pieces == 1)).sum()]
    assert sum(kinds) == 4000
    assert chisquare(kinds, [800, 960, 2240]).pvalue > 1e-4


def test_a_mark_is_left_out_where_digits_leave_it_less_than_half_its_room() -> None:
    drawn = [len(strokes_of("separators", laid_out(40, 4, gap=gap), commas=0, raised=0)) for gap in (0, 1, 2, 4)]
    assert drawn == [0, 0, 40, 40]


def test_marks_lie_where_there_is_room_at_their_height() -> None:
    """The digits overlap, but at their foot only the right one has ink up to its edge."""
    ink = laid_out(100, 4, gap=0)
    ink[:, 0, 3] -= 9  # the first digit ends above the foot
    strokes = strokes_of("separators", ink, commas=0, raised=0, height=0, size=1)
    assert len(strokes) == 100
    assert (strokes.x.max(axis=1) < ink[0, 1, 0]).mean() > 0.9


def test_the_number_of_marks_is_what_was_sampled() -> None:
    strokes = strokes_of("separators", laid_out(500, 13, left=10), marks=2, commas=0, raised=0)
    assert (np.bincount(strokes.image) == 2).all()
