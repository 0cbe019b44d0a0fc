"""Duplicates: glyphs have equal numbers where their pixels are equal, in whatever bank and order they stand."""

from itertools import product

import numpy as np
import pytest

from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.duplicates import from_runs, number_glyphs, to_runs
from tests.conftest import coded_glyphs

IMAGES, LABELS = coded_glyphs()


def bank_of(rows: list[int]) -> GlyphBank:
    return GlyphBank.from_arrays(IMAGES[rows], LABELS[rows])


def test_numbers_are_equal_exactly_where_pixels_are() -> None:
    sources = [[3, 1, 4, 1, 5, 9, 2, 6], [5, 3, 5, 8], [0, 7], list(range(30))]
    numbers = number_glyphs([bank_of(rows) for rows in sources])
    assert [len(each) for each in numbers] == [len(rows) for rows in sources]
    glyphs = [
        (row, number)
        for rows, each in zip(sources, numbers, strict=True)
        for row, number in zip(rows, each, strict=True)
    ]
    for (row, number), (other_row, other_number) in product(glyphs, glyphs):
        assert (number == other_number) == (row == other_row)


def test_a_number_is_the_place_of_the_first_glyph_with_these_pixels() -> None:
    first, second = number_glyphs([bank_of([3, 1, 4, 1]), bank_of([2, 4])])
    assert first.tolist() == [0, 1, 2, 1]
    assert second.tolist() == [4, 2]


def test_a_label_makes_no_difference() -> None:
    banks = [GlyphBank.from_arrays(IMAGES[:5], labels) for labels in (LABELS[:5], LABELS[4::-1])]
    first, second = number_glyphs(banks)
    assert first.tolist() == second.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("numbers", "runs"),
    [
        pytest.param([0, 1, 2, 3], [[0, 4]], id="one run"),
        pytest.param([7], [[7, 1]], id="one glyph"),
        pytest.param([0, 1, 0, 1, 4], [[0, 2], [0, 2], [4, 1]], id="repeats"),
        pytest.param([5, 4, 3], [[5, 1], [4, 1], [3, 1]], id="backwards"),
        pytest.param([9, 9], [[9, 1], [9, 1]], id="twice the same"),
    ],
)
def test_runs_hold_the_numbers(numbers: list[int], runs: list[list[int]]) -> None:
    assert to_runs(np.array(numbers)) == runs
    assert from_runs(runs).tolist() == numbers
