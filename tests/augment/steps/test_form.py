"""Printed lines and boxes lie where their parameters say, and as often as they say."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare

from tests.written import HEIGHT, laid_out, strokes_of

STRAIGHT: dict[str, Any] = {"slope": 0, "bow": 0, "dashed": 0, "dotted": 0}


def test_a_base_line_runs_from_side_to_side_at_its_height() -> None:
    strokes = strokes_of("base_line", laid_out(2, 3), height=-0.2, thickness=1.3, grey=150, **STRAIGHT)
    assert strokes.x.min() < 0 and strokes.x.max() > 299
    assert strokes.y == pytest.approx(23.5 + 0.2 * HEIGHT)
    assert (strokes.width == 1.3).all() and (strokes.grey == 150).all()


def test_a_base_line_climbs_and_bends_as_sampled() -> None:
    climbing = strokes_of("base_line", laid_out(1, 3), height=0, **(STRAIGHT | {"slope": 0.1}))
    middle = (39.5 + 81.5) / 2
    np.testing.assert_allclose(climbing.y, 23.5 - 0.1 * (climbing.x - middle), atol=1e-9)
    bent = strokes_of("base_line", laid_out(1, 3), height=0, **(STRAIGHT | {"bow": 0.2}))
    half = 299 / 2
    np.testing.assert_allclose(bent.y, 23.5 - 0.2 * HEIGHT * (1 - ((bent.x - half) / half) ** 2), atol=1e-9)


def test_lines_are_dashed_and_dotted_as_often_as_asked_for() -> None:
    shares: dict[str, Any] = {"slope": 0, "bow": 0, "dashed": 0.25, "dotted": 0.4}
    strokes = strokes_of("base_line", laid_out(3000, 2), period=9, shape=(32, 100), **shares)
    longest = np.zeros(3000)
    np.maximum.at(longest, strokes.image, np.abs(strokes.x[:, 1] - strokes.x[:, 0]))
    kinds = [(longest == 0).sum(), ((longest > 0) & (longest < 9)).sum(), (longest > 9).sum()]
    assert chisquare(kinds, [900, 750, 1350]).pvalue > 1e-4


def test_dashes_follow_each_other_at_the_period() -> None:
    strokes = strokes_of("base_line", laid_out(1, 2), period=7, thickness=1, **(STRAIGHT | {"dashed": 1}))
    np.testing.assert_allclose(np.diff(strokes.x[:, 0]), 7)
    np.testing.assert_allclose(strokes.x[:, 1] - strokes.x[:, 0], 0.6 * 7 - 1)
    assert strokes.x[0, 0] <= 0 and strokes.x[-1, 1] > 293


def test_a_box_lies_around_the_string_at_its_margins() -> None:
    strokes = strokes_of("field_frame", laid_out(1, 3), beside=0.5, above=0.1, sides=1, combs=0)
    assert len(strokes) == 4
    assert [strokes.x.min(), strokes.x.max()] == pytest.approx([39.5 - 10, 81.5 + 10])
    assert [strokes.y.min(), strokes.y.max()] == pytest.approx([3.5 - 2, 23.5 + 2])


def test_each_side_is_there_as_often_as_asked_for() -> None:
    strokes = strokes_of("field_frame", laid_out(2000, 3), sides=0.7, combs=0)
    assert binomtest(len(strokes), 8000, 0.7).pvalue > 1e-4
    level = strokes.y[:, 0] == strokes.y[:, 1]
    low, right = strokes.y[:, 0] > 14, strokes.x[:, 0] > 60
    sides = [(level & low).sum(), (level & ~low).sum(), (~level & right).sum(), (~level & ~right).sum()]
    assert chisquare(sides).pvalue > 1e-4


def test_combs_have_a_tooth_in_the_middle_between_two_digits() -> None:
    strokes = strokes_of("field_frame", laid_out(1000, 4), sides=0, combs=0.3, teeth=0.5, above=0.1)
    number = np.bincount(strokes.image, minlength=1000)
    assert set(number.tolist()) == {0, 3}
    assert binomtest(int((number > 0).sum()), 1000, 0.3).pvalue > 1e-4
    assert set(strokes.x.ravel().tolist()) == {39.5 + 16 * each - 3 for each in (1, 2, 3)}
    assert strokes.y[:, 1] == pytest.approx(25.5)
    assert strokes.y[:, 0] == pytest.approx(25.5 - 0.5 * 24)
