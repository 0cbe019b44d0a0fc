"""Marks before and behind numbers: where they stand, how large they are, and how often each is drawn."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from digitgen.augment.ink.strokes import Strokes
from digitgen.augment.steps import AUGMENTATIONS
from tests.written import HEIGHT, laid_out, strokes_of

BEHIND = ("dash", "equals", "point_dash", "slash", "stroke")
BEFORE = ("currency", "hash", "asterisk", "plus", "dash")


def only(kind: str, every: tuple[str, ...]) -> dict[str, Any]:
    return {each: float(each == kind) for each in every}


def box(strokes: Strokes) -> tuple[float, float, float, float]:
    """Left, top, right and bottom edge of all strokes, px."""
    half = strokes.width / 2
    (x, y) = strokes.x, strokes.y
    return (x - half).min(), (y - half).min(), (x + half).max(), (y + half).max()


@pytest.mark.parametrize("kind", BEHIND)
def test_a_mark_behind_the_string_begins_a_gap_behind_it(kind: str) -> None:
    ink = laid_out(300, 3)
    strokes = strokes_of("trailing_marks", ink, gap=0.5, **only(kind, BEHIND))
    assert len(np.unique(strokes.image)) == 300
    first = np.full(300, 999.0)
    np.minimum.at(first, strokes.image, (strokes.x - strokes.width / 2).min(axis=1))
    assert np.abs(first - (ink[0, -1, 2] - 0.5 + 0.5 * HEIGHT)).max() < 0.14 * HEIGHT
    assert (strokes.width == 2.5).all() and (strokes.grey == 200).all()


@pytest.mark.parametrize("kind", BEFORE)
def test_a_mark_before_the_string_ends_a_gap_before_it(kind: str) -> None:
    ink = laid_out(300, 3)
    strokes = strokes_of("leading_marks", ink, gap=0.5, **only(kind, BEFORE))
    last = np.full(300, -999.0)
    np.maximum.at(last, strokes.image, (strokes.x + strokes.width / 2).max(axis=1))
    assert len(np.unique(strokes.image)) == 300
    gaps = ink[0, 0, 0] - 0.5 - last
    assert gaps.min() > 0.5 * HEIGHT - 0.12 * HEIGHT
    assert gaps.max() < 0.5 * HEIGHT + 0.3 * HEIGHT  # a plus and a dash are narrower than their place


def test_dashes_have_the_length_and_the_height_that_were_sampled() -> None:
    strokes = strokes_of("trailing_marks", laid_out(600, 3), length=0.8, height=0.5, **only("equals", BEHIND))
    left, top, right, bottom = box(strokes)
    assert right - left == pytest.approx(0.8 * HEIGHT + 2.5, abs=0.3 * HEIGHT)
    middle = (23.5 - 2.5 / 2) - 0.5 * HEIGHT
    assert strokes.y.mean() == pytest.approx(middle, abs=0.5)
    assert top < middle < bottom


def test_a_long_stroke_is_as_long_as_it_reaches() -> None:
    strokes = strokes_of("trailing_marks", laid_out(100, 3), reach=6, **only("stroke", BEHIND))
    left, _, right, _ = box(strokes)
    assert right - left == pytest.approx(6 * HEIGHT, abs=0.3 * HEIGHT)


def test_signs_are_as_high_as_was_sampled() -> None:
    strokes = strokes_of("leading_marks", laid_out(200, 3), size=1, **only("hash", BEFORE))
    _, top, _, bottom = box(strokes)
    assert bottom - top == pytest.approx(0.9 * HEIGHT + 2.5, abs=0.15 * HEIGHT)


def test_marks_before_the_string_are_as_frequent_as_their_weights() -> None:
    weights: dict[str, Any] = {"currency": 0.9, "hash": 0.6, "asterisk": 0.3, "plus": 0.15, "dash": 0.45}
    strokes = strokes_of("leading_marks", laid_out(6000, 2), **weights)
    pieces = np.bincount(strokes.image, minlength=6000)
    kinds = [(pieces > 16).sum(), *((pieces == 4 * number).sum() for number in (4, 3, 2, 1))]
    assert sum(kinds) == 6000
    assert chisquare(kinds, 6000 / 2.4 * np.array(list(weights.values()))).pvalue > 1e-4


def test_marks_behind_the_string_are_as_frequent_as_their_weights() -> None:
    weights: dict[str, Any] = {"dash": 0.8, "equals": 0, "point_dash": 0, "slash": 0.2, "stroke": 0.6}
    strokes = strokes_of("trailing_marks", laid_out(4000, 2), length=0.5, reach=5, **weights)
    wide, high = np.zeros(4000), np.zeros(4000)
    np.maximum.at(wide, strokes.image, strokes.x.max(axis=1) - 80)
    np.maximum.at(high, strokes.image, 24 - strokes.y.min(axis=1))
    slashes, long = high > 17, wide > 70
    kinds = [(~slashes & ~long).sum(), slashes.sum(), long.sum()]
    assert chisquare(kinds, [2000, 500, 1500]).pvalue > 1e-4


@pytest.mark.parametrize("name", ["trailing_marks", "leading_marks"])
def test_without_weights_there_are_no_marks(name: str) -> None:
    kinds = BEHIND if name == "trailing_marks" else BEFORE
    no_weights: dict[str, Any] = dict.fromkeys(kinds, 0.0)
    assert AUGMENTATIONS[name].parameters.keys() >= no_weights.keys()
    assert not len(strokes_of(name, laid_out(9, 3), **no_weights))


def test_no_two_marks_are_drawn_quite_alike() -> None:
    strokes = strokes_of("trailing_marks", laid_out(50, 3), **only("equals", BEHIND))
    shapes = {tuple(np.round(strokes.y[strokes.image == image].ravel(), 6)) for image in range(50)}
    assert len(shapes) == 50
