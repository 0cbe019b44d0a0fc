"""Models that are broken in one way each: there is one headline, and it says in which way."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from digitgen.arrays import Arrays
from digitgen.look.mistakes.alignment import align
from digitgen.look.mistakes.factors import factors
from digitgen.look.mistakes.predictions import Predictions
from digitgen.look.mistakes.summary import Mistakes, find_mistakes

COUNT, LONGEST = 1200, 7

Model = Callable[[str, np.random.Generator], str]


@cache
def split() -> Arrays:
    """The labels of a split: strings of one to seven digits, between cells that lie apart or overlap."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(1, LONGEST + 1, COUNT)
    labels = rng.integers(0, 10, (COUNT, LONGEST)).astype(np.int8)
    labels[np.arange(LONGEST) >= lengths[:, None]] = -1
    gaps = rng.integers(-4, 5, (COUNT, LONGEST - 1)).astype(np.int16)
    boxes = np.full((COUNT, LONGEST, 4), 28, np.float32)
    boxes[:, :, 0] = np.hstack([np.zeros((COUNT, 1)), np.cumsum(gaps + 28, axis=1)])
    return {"labels": labels, "lengths": lengths, "gaps": gaps, "boxes": boxes, "glyph_ids": labels.astype(np.int32)}


def texts() -> list[str]:
    """The strings."""
    rows = zip(split()["labels"].tolist(), split()["lengths"].tolist(), strict=True)
    return ["".join(map(str, row[:length])) for row, length in rows]


def mistakes(model: Model) -> Mistakes:
    """What is found of a model."""
    rng = np.random.default_rng(4)
    read = [model(text, rng) for text in texts()]
    predictions = Predictions(
        np.array([int(digit) for text in read for digit in text], np.uint8), np.array([*map(len, read)])
    )
    arrays = split()
    return find_mistakes(align(arrays["labels"], arrays["lengths"], predictions), factors(arrays, ()))


def swapped(text: str, place: int) -> str:
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def noisy(model: Model) -> Model:
    """The same model, which reads one digit in fifty as any digit besides."""

    def read(text: str, rng: np.random.Generator) -> str:
        return "".join(digit if rng.random() > 0.02 else str(rng.integers(10)) for digit in model(text, rng))

    return read


def seven(text: str, rng: np.random.Generator) -> str:
    """Take most 1s for 7s and most 7s for 1s."""
    return "".join(digit.translate(str.maketrans("17", "71")) if rng.random() < 0.9 else digit for digit in text)


BROKEN: dict[str, Model] = {
    "Digits not read at all where the position from the left is 5": lambda text, _: text[:4] + text[5:],
    "Digits not read at all where the position from the left is 1": lambda text, _: text[1:],
    "Digits not read at all where the position from the right is 1": lambda text, _: text[:-1],
    "Digits not read at all where the position from the left is at least 5": lambda text, _: text[:4],
    "Digits not read at all when its neighbour is the same digit": lambda text, _: "".join(
        digit for place, digit in enumerate(text) if text[place - 1 : place] != digit
    ),
    "4 read twice": lambda text, _: text.replace("4", "44"),
    "Digits read twice where the position from the left is 3": lambda text, _: text[:3] + text[2:],
    "A digit too many where the position from the right is 1": lambda text, rng: text + str(rng.integers(10)),
    "Digits swapped with a neighbour where the position from the left is at most 2": lambda text, _: swapped(text, 0),
    "Digits swapped with a neighbour where the position from the left is at least 3 and at most 4": lambda text, _: (
        swapped(text, 2)
    ),
    "1 and 7 mixed up": seven,
    "3 and 5 read as 8": lambda text, _: text.translate(str.maketrans("35", "88")),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_model_that_is_broken_in_one_way_has_one_headline(name: str) -> None:
    (pattern,) = mistakes(BROKEN[name]).patterns
    assert pattern.name == name
    assert pattern.share > 0.97
    assert pattern.elsewhere == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize("read", ["86", "68"])
def test_of_two_digits_that_are_read_as_one_each_every_one_has_a_headline_of_its_own(read: str) -> None:
    found = mistakes(lambda text, _: text.translate(str.maketrans("35", read))).patterns
    assert {each.name for each in found} == {f"3 read as {read[0]}", f"5 read as {read[1]}"}
    assert {each.digits for each in found} == {"".join(texts()).count(digit) for digit in "35"}
    assert sum(each.share for each in found) > 0.97
    assert min(each.rate for each in found) > 0.97


@pytest.mark.parametrize("name", ["4 read twice", "1 and 7 mixed up", *list(BROKEN)[:1]])
def test_other_errors_by_chance_do_not_change_the_headline(name: str) -> None:
    (pattern,) = mistakes(noisy(BROKEN[name])).patterns
    assert pattern.name == name


def test_every_fifth_digit_that_is_dropped_is_counted_though_its_neighbour_may_be_the_same() -> None:
    found = mistakes(lambda text, _: text[:4] + text[5:])
    long = int((split()["lengths"] >= 5).sum())
    twins = sum(text[4:5] != "" and text[4] in (text[3:4], text[5:6]) for text in texts())
    assert twins > 50
    (pattern,) = found.patterns
    assert (pattern.errors, pattern.digits, pattern.share) == (long, long, 1)
    (effect,) = found.effects
    assert (effect.factor, effect.level, effect.wrong, effect.rest) == ("Position from the left", "5", long, 0)
    assert found.digits.wrong.sum() == long == found.confusion[:, -1].sum()


def test_the_kind_of_errors_that_come_anywhere_is_the_headline() -> None:
    def doubling(text: str, rng: np.random.Generator) -> str:
        return "".join(digit * (1 + (rng.random() < 0.2)) for digit in text)

    def losing(text: str, rng: np.random.Generator) -> str:
        return "".join(digit for digit in text if rng.random() > 0.1)

    for model, name in ((doubling, "Digits read twice"), (losing, "Digits not read at all")):
        (pattern,) = mistakes(model).patterns
        assert (pattern.name, pattern.everywhere, pattern.share) == (name, True, 1)


def test_swapped_digits_count_as_read() -> None:
    found = mistakes(lambda text, _: swapped(text, 0))
    different = sum(len(text) > 1 and text[0] != text[1] for text in texts())
    assert found.swapped == 2 * different == found.distances.sum()
    assert np.trace(found.confusion) == split()["lengths"].sum()
    assert found.added.sum() == 0
