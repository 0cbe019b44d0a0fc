"""Plots of a model's mistakes: their texts are those of the figures, and every kind of factor can be plotted."""

import re

import numpy as np
import pytest

from digitgen.look.mistakes.factor import Factor
from digitgen.look.mistakes.groups import Groups, group_rates
from digitgen.look.mistakes.plots import SERIES, confusions, pairs, rates, splits
from digitgen.look.mistakes.rates import Rate, sequence_rate
from digitgen.look.mistakes.survey import Row
from tests.letters import LONG

TEXT = re.compile(rb"<text[^>]*>([^<]*)</text>")


def texts(plot: bytes) -> list[str]:
    """What is written in a plot, in the order in which it is painted."""
    return [each.decode() for each in TEXT.findall(plot)]


def factor(*levels: str) -> Factor:
    return Factor("What matters", levels, levels, np.zeros(0, np.int16))


def groups(levels: int, *, seed: int = 1, wrong: float = 0.3) -> Groups:
    """Rates of 400 digits spread over groups."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, levels, 400).astype(np.int16)
    return group_rates(np.arange(400), codes, (rng.random(400) < wrong).astype(int), levels)


def test_a_confusion_matrix_writes_each_count_in_its_row() -> None:
    counts = np.diag(np.arange(1000.0, 1100, 10)) @ np.eye(10, 11)
    counts[4, 9], counts[7, 10] = 123, 45_678
    added = np.array([0, 0, 66, *[0] * 7])
    cells = [text for text in texts(confusions(counts, added)) if re.fullmatch(r"\d{2,}|\d+k", text)]
    assert cells == [*map(str, [1000, 1010, 1020, 1030, 1040, 123, 1050, 1060, 1070]), "46k", "1080", "1090", "66"]


def test_a_pair_of_neighbours_has_its_rate_in_percent() -> None:
    codes = np.repeat([49, 12], 50).astype(np.int16)  # a 9 behind a 4, and a 2 behind a 1
    values = np.r_[np.ones(41, int), np.zeros(59, int)]
    found = texts(pairs(group_rates(np.arange(100), codes, values, 100)))
    assert sorted(found) == sorted(["82", "0", *"0123456789" * 2, "digit", "its left neighbour"])


@pytest.mark.parametrize("models", [1, 2])
def test_rates_are_plotted_in_a_colour_a_model_over_the_names_of_the_levels(models: int) -> None:
    levels = ("-0.1 to 0.1", "0.1 to 0.3", "0.3 to 0.5", "0.5 or more")
    plot = rates(factor(*levels), [groups(4, seed=seed) for seed in range(models)], [0.3] * models)
    assert [text for text in texts(plot) if text in levels] == list(levels)
    assert "What matters" in texts(plot)
    assert [colour.encode() in plot for colour in SERIES] == [True, models == 2]


@pytest.mark.parametrize("wrong", [0.0, 1.0])
def test_rates_of_nothing_and_of_everything_are_plotted(wrong: float) -> None:
    found = groups(2, wrong=wrong)
    assert "no" in texts(rates(factor("no", "yes"), [found], [wrong]))


def test_a_level_without_digits_is_named_but_has_no_point() -> None:
    some = group_rates(np.arange(60), np.repeat([0, 2], 30).astype(np.int16), np.tile([0, 1], 30), 3)
    plot = rates(factor("a", "b", "c"), [some], [0.5])
    assert [text for text in texts(plot) if text in "abc"] == ["a", "b", "c"]
    assert len(re.findall(rb"<use [^>]*fill: " + SERIES[0].encode(), plot)) == 2


def test_of_many_classes_a_confusion_matrix_shows_those_that_go_wrong_most() -> None:
    counts = np.diag(np.full(200, 9)) @ np.eye(200, 201, dtype=int)
    counts[150, 199], counts[3, 200] = 777, 888
    found = texts(confusions(counts, np.eye(200, dtype=int)[170] * 666, LONG))
    assert {"777", "888", "666", LONG[150], LONG[199], LONG[3], LONG[170]} <= set(found)
    assert len(set(found) & set(LONG)) == 36


def test_splits_are_plotted_from_the_worst_down_with_the_base_in_another_colour() -> None:
    rows = [
        Row(name, 100, wrong, sequence_rate(wrong, 100), Rate(0, 0, 0), [], None, None, None)
        for name, wrong in (("fog", 60), ("blur", 30), ("clean", 0))
    ]
    plot = splits(rows, "clean")
    assert [text for text in texts(plot) if text in ("fog", "blur", "clean")] == ["fog", "blur", "clean"]
    assert [len(re.findall(rb"<use [^>]*fill: " + colour.encode(), plot)) for colour in SERIES] == [2, 1]
