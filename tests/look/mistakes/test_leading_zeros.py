"""Predictions that went through numbers are called out, and no honest model is."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from digitgen.look.mistakes.alignment import align
from digitgen.look.mistakes.leading_zeros import _less_often, lost_zeros
from digitgen.look.mistakes.predictions import Predictions

Model = Callable[[str, np.random.Generator], str]


def strings(count: int, lengths: tuple[int, int], seed: int, digits: str = "0123456789") -> list[str]:
    """Uniform strings."""
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(digits), rng.integers(*lengths, endpoint=True))) for _ in range(count)]


def told(truth: list[str], read: list[str]) -> int | None:
    """What is said of predictions."""
    lengths = np.array([len(text) for text in truth])
    labels = np.full((len(truth), lengths.max()), -1, np.int8)
    for row, text in zip(labels, truth, strict=True):
        row[: len(text)] = [int(digit) for digit in text]
    digits = np.array([int(digit) for text in read for digit in text], np.uint8)
    predictions = Predictions(digits, np.array([len(text) for text in read]))
    return lost_zeros(align(labels, lengths, predictions).digits, lengths, predictions)


def erring(rate: float) -> Model:
    """A model that misreads, loses and adds digits."""

    def read(text: str, rng: np.random.Generator) -> str:
        out = []
        for digit in text:
            kind = rng.choice(4, p=[1 - rate, rate / 2, rate / 4, rate / 4])
            out.append((digit, str(rng.integers(10)), "", digit + str(rng.integers(10)))[kind])
        return "".join(out)

    return read


def as_number(text: str) -> str:
    return str(int(text)) if text else "0"


def stripped(text: str) -> str:
    return text.lstrip("0")


@pytest.mark.parametrize("lost", [as_number, stripped])
def test_predictions_that_went_through_numbers_are_told_however_the_model_errs(lost: Callable[[str], str]) -> None:
    for number, (count, lengths) in enumerate([(400, (1, 3)), (300, (2, 2)), (500, (4, 4)), (1000, (1, 8))]):
        truth = strings(count, lengths, number)
        for rate in (0, 0.01, 0.1, 0.3):
            rng = np.random.default_rng(number)
            read = [lost(erring(rate)(text, rng)) for text in truth]
            affected = sum(len(text) > 1 and text[0] == "0" for text in truth)
            assert told(truth, read) == affected, (count, lengths, rate)


def crop_left(text: str, rng: np.random.Generator) -> str:
    return text[1:] if rng.random() < 0.98 else text


HONEST: dict[str, Model] = {
    "perfect": lambda text, _: text,
    "good": erring(0.02),
    "bad": erring(0.5),
    "reads nothing": lambda *_: "",
    "always reads the same": lambda *_: "17",
    "reads at random": lambda text, rng: "".join(rng.choice(list("123456789"), len(text))),
    "reads one digit": lambda text, _: text[-1],
    "reads the first digit": lambda text, _: text[0],
    "loses what stands first": crop_left,
    "loses every first digit": lambda text, _: text[1:],
    "cannot see zeros": lambda text, _: text.replace("0", ""),
    "cannot see most zeros": lambda text, rng: "".join(d for d in text if d != "0" or rng.random() < 0.02),
    "takes zeros for sixes": lambda text, _: text.replace("0", "6"),
    "takes leading zeros for sixes": lambda text, _: "6" + text[1:] if text[0] == "0" else text,
    "often loses leading zeros": lambda text, rng: text.lstrip("0") if rng.random() < 0.5 else text,
}


@pytest.mark.parametrize("model", HONEST)
def test_honest_models_are_not_blamed(model: str) -> None:
    for number, (count, lengths) in enumerate([(60, (1, 3)), (400, (1, 5)), (400, (3, 3)), (400, (1, 1))]):
        for seed in range(5):
            rng = np.random.default_rng(seed)
            truth = strings(count, lengths, 100 * number + seed)
            assert told(truth, [HONEST[model](text, rng) for text in truth]) is None, (count, lengths)


def test_splits_that_cannot_lose_a_zero_or_have_few_are_left_alone() -> None:
    single = strings(500, (1, 1), 0)
    without = strings(500, (1, 4), 1, digits="123456789")
    late = [text for text in strings(900, (2, 4), 2) if text[0] != "0"]
    few = ["0" + text for text in without[:4]] + late
    only_first = ["0" + text for text in without[:50]] + without[50:]  # nobody knows how other zeros are read
    always_first = ["0" + text for text in without]  # nobody knows how other first digits are read
    for truth in (single, without, late, few, only_first, always_first, ["07"], ["0"], ["5"]):
        assert told(truth, list(map(as_number, truth))) is None, truth[:3]


def test_models_without_a_bias_are_hardly_ever_blamed_by_chance() -> None:
    """Zeros go unread half of the time, so that a few images may well lose all of theirs."""
    rng = np.random.default_rng(5)
    blamed = 0
    for number in range(400):
        truth = strings(40, (2, 3), number)
        read = ["".join(digit for digit in text if digit != "0" or rng.random() < 0.5) for text in truth]
        blamed += told(truth, read) is not None
    assert blamed == 0


def test_the_p_value_is_that_of_fishers_exact_test() -> None:
    for a, n, b, m in [(0, 4, 10, 10), (0, 62, 100, 105), (3, 50, 40, 60), (5, 5, 5, 5), (0, 0, 3, 4), (2, 9, 0, 0)]:
        some, others = np.arange(n) < a, np.arange(m) < b
        expected = stats.fisher_exact([[a, n - a], [b, m - b]], alternative="less").pvalue
        assert _less_often(some, others) == pytest.approx(expected, rel=1e-9), (a, n, b, m)
