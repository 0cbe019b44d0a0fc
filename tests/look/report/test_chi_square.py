"""Chi-square tests: equal to those of scipy, and honest where little is expected or much is tested."""

import numpy as np
import pytest
from scipy import stats

from digitgen.look.report.chi_square import any_of, chi_square
from tests.errors import naming


def test_chi_square_equals_that_of_scipy() -> None:
    counts, expected = np.array([12, 9, 20, 7]), np.array([12.0, 12, 12, 12])
    fit = chi_square("claim", counts, expected)
    known = stats.chisquare(counts, expected)
    assert fit.statistic == pytest.approx(known.statistic)
    assert fit.p == pytest.approx(known.pvalue)
    both = chi_square("claim", np.stack([counts, counts]), np.stack([expected, expected]))
    assert both.freedom == 6
    assert both.p == pytest.approx(stats.chi2.sf(2 * known.statistic, 6))


def test_an_outcome_that_cannot_occur_has_p_0() -> None:
    assert chi_square("claim", np.array([5, 1]), np.array([6, 0])).p == 0
    assert chi_square("claim", np.array([6, 0]), np.array([6, 0])).p == 1


def test_too_few_counts_have_no_p_value() -> None:
    for merge in (True, False):
        fit = chi_square("claim", np.array([3, 1]), np.array([2, 2]), merge=merge)
        assert fit.p is None
        assert any_of("claim", [fit]).p is None


def test_five_expected_counts_a_cell_are_enough() -> None:
    for merge in (True, False):
        fit = chi_square("claim", np.array([7, 3]), np.array([5, 5]), merge=merge)
        assert fit.p == pytest.approx(stats.chisquare([7, 3]).pvalue)


def test_cells_of_few_expected_counts_are_merged() -> None:
    fit = chi_square("claim", np.array([3, 1, 4, 3, 9, 5, 0]), np.array([2, 2, 3, 4, 9, 4, 1]))
    expected, counts = [7, 13, 5], [8, 12, 5]
    assert fit.freedom == 2
    assert fit.statistic == pytest.approx(stats.chisquare(counts, expected).statistic)


def test_p_values_are_uniform_where_the_law_holds() -> None:
    for width in (2, 10, 3000):
        with naming(width):
            rng = np.random.default_rng(width)
            expected = np.full(width, 400 / width)
            found = [chi_square("claim", counts, expected).p for counts in rng.multinomial(400, expected / 400, 800)]
            p_values = np.array(found, float)
            assert not np.isnan(p_values).any()
            assert (p_values < 0.05).mean() == pytest.approx(0.05, abs=0.025)
            if width > 2:  # of two cells, p-values are few
                assert stats.kstest(p_values + rng.random(800) * 1e-9, "uniform").pvalue > 0.001


def test_the_p_value_of_several_tests_is_the_least_times_their_number() -> None:
    good = chi_square("claim", np.array([50, 50]), np.array([50, 50]))
    bad = chi_square("claim", np.array([60, 40]), np.array([50, 50]))
    assert any_of("claim", [good, bad, good]).p == pytest.approx(3 * (bad.p or 0))
    assert any_of("claim", [good, good]).p == 1
    impossible = chi_square("claim", np.array([50, 1]), np.array([51, 0]))
    certain = chi_square("claim", np.array([50, 0]), np.array([50, 0]))
    assert any_of("claim", [good, impossible]).p == 0
    assert any_of("claim", [certain, certain]).p == 1
