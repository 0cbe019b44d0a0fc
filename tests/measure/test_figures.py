"""Figures: estimators that find what a known law put in, with errors that are those of repeated samples."""

import numpy as np
import pytest

from digitgen.measure.correlation import variation
from digitgen.measure.figures import figures, values
from digitgen.measure.tables import STRING, Tables


def sampled(seed: int, strings: int = 300, digits: int = 5, slant: float = 0.2, within: float = 0.1) -> Tables:
    """Tables of strings whose slants and residuals follow a known law."""
    generator = np.random.default_rng(seed)
    count = strings * digits
    classes = generator.integers(0, 10, count)
    of = np.repeat(np.arange(strings), digits)
    columns = np.zeros((count, 8))
    columns[:, 0] = 1
    columns[:, 5] = generator.normal(0, slant, strings)[of] + generator.normal(0, within, count) + classes / 10
    pairs = np.zeros((strings * (digits - 1), 2))
    pairs[:, 0] = generator.normal(0.1, 0.2, len(pairs))
    pairs[:, 1] = generator.random(len(pairs)) < 0.3
    pair_of = np.repeat(np.arange(strings), digits - 1)
    return Tables(columns, classes, pairs, np.zeros((strings, len(STRING))), of, pair_of, ["12300"] * strings)


def test_the_intra_class_correlation_is_that_of_the_law_whatever_the_classes_add() -> None:
    tables = sampled(1, strings=4000)
    found = variation(tables.digit("slant"), tables.digit_of, tables.classes)
    assert found.correlation == pytest.approx(0.8, abs=0.01)
    assert found.within == pytest.approx(0.1, rel=0.02)
    assert found.between == pytest.approx(0.2, rel=0.03)
    mixed = variation(tables.digit("slant"), tables.digit_of, np.zeros_like(tables.classes))
    assert mixed.correlation < 0.4


def test_a_measure_relative_to_its_string_has_a_negative_correlation() -> None:
    generator = np.random.default_rng(2)
    strings = np.repeat(np.arange(500), 2)
    measure = generator.normal(0, 1, (500, 2))
    measure -= measure.mean(axis=1, keepdims=True)
    assert variation(measure.ravel(), strings, np.zeros(1000, np.int64)).correlation == pytest.approx(-1, abs=0.01)


def test_standard_errors_are_the_spread_of_samples_that_are_taken_again() -> None:
    keys = ("touching", "gap.p50", "gap.p95", "slant.within", "slant.correlation")
    found = figures(sampled(0), resamples=100)
    again = [values(sampled(seed)) for seed in range(1, 101)]
    for key in keys:
        spread = np.std([each[key] for each in again], ddof=1)
        assert found[key].error == pytest.approx(spread, rel=0.4), key


def test_what_cannot_be_measured_has_no_value() -> None:
    tables = sampled(3, strings=2, digits=1)
    found = figures(tables, resamples=5)
    assert found["touching"].value is None
    assert found["touching"].error is None


def test_a_string_that_is_taken_twice_is_two_strings() -> None:
    tables = sampled(4, strings=3, digits=2).take(np.array([2, 2, 0]))
    assert tables.digit_of.tolist() == [0, 0, 1, 1, 2, 2]
    assert tables.pair_of.tolist() == [0, 1, 2]
    assert (tables.digits[:2] == tables.digits[2:4]).all()
