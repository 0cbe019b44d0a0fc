"""Predictions beside the wrong images are called out, and no model that errs is."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from digitgen.arrays import Integers
from digitgen.look.mistakes.alignment import align
from digitgen.look.mistakes.edit_graph import Labels
from digitgen.look.mistakes.misalignment import Misalignment, find_misalignment
from digitgen.look.mistakes.predictions import Predictions

Model = Callable[[str, random.Random], str]


def strings(count: int, lengths: tuple[int, int], seed: int, digits: str = "0123456789") -> list[str]:
    """Uniform strings."""
    rng = random.Random(seed)
    return ["".join(rng.choices(digits, k=rng.randint(*lengths))) for _ in range(count)]


def labels_of(texts: list[str]) -> tuple[Labels, Integers]:
    """The labels of some strings."""
    lengths = np.array([*map(len, texts)])
    labels = np.full((len(texts), lengths.max()), -1, np.int8)
    for row, text in zip(labels, texts, strict=True):
        row[: len(text)] = [int(digit) for digit in text]
    return labels, lengths


def told(truth: list[str], read: list[str], others: dict[str, list[str]] | None = None) -> Misalignment | None:
    """What is said of predictions."""
    digits = np.array([int(digit) for text in read for digit in text], np.uint8)
    found = align(*labels_of(truth), Predictions(digits, np.array([*map(len, read)])))
    return find_misalignment(found, ((name, *labels_of(texts)) for name, texts in (others or {}).items()))


def erring(rate: float) -> Model:
    """A model that misreads, loses and adds digits."""

    def read(text: str, rng: random.Random) -> str:
        out = []
        for digit in text:
            kind = rng.random() / rate if rate else 1
            other = rng.choice("0123456789")
            out.append(other if kind < 0.5 else "" if kind < 0.75 else digit + other if kind < 1 else digit)
        return "".join(out)

    return read


SPLITS = [(60, (3, 5)), (400, (1, 5)), (800, (2, 4)), (800, (1, 1)), (600, (1, 2))]
"""Numbers of images and lengths of strings, from different ones to few that come again and again."""


@pytest.mark.parametrize(("shift", "rate"), [(1, 0.05), (1, 0.3), (-1, 0), (16, 0.05), (-50, 0.3)])
def test_a_shift_is_found_however_the_model_errs(shift: int, rate: float) -> None:
    for number, (count, lengths) in enumerate(SPLITS):
        if abs(shift) * 2 > count:
            continue
        truth = strings(count, lengths, number)
        rng = random.Random(number)
        read = np.roll([erring(rate)(text, rng) for text in truth], -shift).tolist()
        found = told(truth, read)
        if rate == 0.3 and count < 100 and found is None:
            continue  # a dozen strings at most are read right
        assert found is not None, (count, lengths)
        assert (found.shift, found.split) == (shift, None)
        assert found.fits <= found.wrong


def test_rows_that_are_off_from_somewhere_on_are_found() -> None:
    truth = strings(1000, (2, 5), 1)
    read = truth[:600] + truth[601:] + ["7"]
    found = told(truth, read)
    assert found is not None
    assert (found.shift, found.fits) == (1, found.wrong - 1)  # all but the last


def test_predictions_in_another_order_are_found() -> None:
    for count, lengths in ((200, (3, 5)), (1000, (3, 6))):
        truth = strings(count, lengths, 1)
        rng = random.Random(2)
        read = [erring(0.05)(text, rng) for text in truth]
        blocks = [read[start : start + 20] for start in range(0, count, 20)]
        rng.shuffle(blocks)
        for other in (sorted(read), rng.sample(read, count), [text for block in blocks for text in block]):
            found = told(truth, other)
            assert found is not None
            assert (found.shift, found.split) == (None, None)
            assert found.fits > 0.4 * found.wrong


def test_predictions_of_another_split_are_found_with_its_name() -> None:
    truth, train, test = (strings(800, (1, 4), seed) for seed in (1, 2, 3))
    rng = random.Random(4)
    found = told(truth, [erring(0.1)(text, rng) for text in test], {"train": train, "test": test})
    assert found is not None
    assert (found.shift, found.split) == (None, "test")


def test_a_split_of_the_same_strings_is_no_other_one() -> None:
    truth = strings(800, (1, 4), 1)
    rng = random.Random(4)
    assert told(truth, [erring(0.4)(text, rng) for text in truth], {"clean": truth}) is None


def one_more(text: str, _: random.Random) -> str:
    return "".join(str((int(digit) + 1) % 10) for digit in text)


HONEST: dict[str, Model] = {
    "perfect": lambda text, _: text,
    "good": erring(0.02),
    "bad": erring(0.5),
    "reads nothing": lambda *_: "",
    "always reads the same": lambda *_: "17",
    "reads at random": lambda text, rng: "".join(rng.choices("0123456789", k=len(text))),
    "reads each digit as the next": one_more,
    "reads backwards": lambda text, _: text[::-1],
    "reads one digit": lambda text, _: text[-1],
    "loses the first digit": lambda text, _: text[1:],
    "mixes up 1 and 7": lambda text, _: text.translate(str.maketrans("17", "71")),
}


@pytest.mark.parametrize("model", HONEST)
def test_models_that_err_in_their_place_are_not_called_misaligned(model: str) -> None:
    for number, (count, lengths) in enumerate(SPLITS):
        rng = random.Random(number)
        truth, other = strings(count, lengths, number), {"other": strings(count, lengths, 7)}
        assert told(truth, [HONEST[model](text, rng) for text in truth], other) is None, (count, lengths)


@pytest.mark.parametrize("model", HONEST)
def test_few_repeated_or_sorted_strings_are_no_reason_for_alarm(model: str) -> None:
    every = [f"{number:03}" for number in range(1000)]
    for number, truth in enumerate(
        [["12"] * 300, ["1", "2"] * 200, strings(400, (1, 3), 2, "17"), sorted(strings(400, (1, 2), 1)), every[::-1]]
    ):
        rng = random.Random(number)
        if model == "reads each digit as the next" and number >= 3:
            continue  # 123 as 234 is a shift by 111 rows
        assert told(truth, [HONEST[model](text, rng) for text in truth]) is None, truth[:3]


def test_fewer_than_ten_that_fit_elsewhere_are_too_few() -> None:
    truth = strings(12, (5, 5), 1)
    assert told(truth, [*truth[1:], "1"]) == Misalignment(1, None, 11, 12)
    assert told(truth[:10], [*truth[1:10], "1"]) is None
