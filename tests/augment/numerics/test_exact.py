"""Functions that are the same on every processor: near enough to those of the language."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from digitgen.augment.numerics.exact import cosine, exponential, logarithm, sine


@pytest.mark.parametrize(
    ("function", "reference", "limit"), [(sine, math.sin, 100), (cosine, math.cos, 100), (exponential, math.exp, 700)]
)
def test_a_function_is_what_its_name_says(
    function: Callable[[np.ndarray], np.ndarray], reference: Callable[[float], float], limit: float
) -> None:
    values = np.append(np.random.default_rng(1).uniform(-limit, limit, 20_000), [0, 1, -1, limit, -limit])
    expected = np.array([reference(value) for value in values.tolist()])
    tolerance = 1e-15 * np.maximum(np.abs(expected), 0 if function is exponential else 30)
    assert (np.abs(function(values) - expected) <= tolerance).all()


def test_the_exponential_of_nothing_is_one() -> None:
    assert exponential(np.zeros(3)).tolist() == [1, 1, 1]


def test_the_logarithm_is_what_its_name_says() -> None:
    fractions = 1 - np.random.default_rng(1).random(20_000)
    values = np.concatenate(
        [fractions, 1 / fractions, 2.0 ** np.arange(-60, 60), [np.nextafter(1, 0), np.nextafter(1, 2)]]
    )
    expected = np.array([math.log(value) for value in values.tolist()])
    assert (np.abs(logarithm(values) - expected) <= 5e-16 * np.maximum(np.abs(expected), 1e-300)).all()


def test_the_logarithm_of_one_is_nothing() -> None:
    assert logarithm(np.ones(1)).tolist() == [0]
