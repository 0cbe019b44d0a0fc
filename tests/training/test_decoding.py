"""Greedy CTC decoding equals the definition, step by step."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from digitgen.training import ctc_decode
from tests.errors import message_of


def naive(path: tuple[int, ...], blank: int, alphabet: str) -> str:
    """Merge repeats, then leave the blanks out."""
    merged = [each for place, each in enumerate(path) if place == 0 or each != path[place - 1]]
    characters = alphabet[:blank] + "*" + alphabet[blank:]
    return "".join(characters[each] for each in merged if each != blank)


@pytest.mark.parametrize("blank", [0, 1, 2])
def test_every_path_of_five_steps_is_read_by_the_definition(blank: int) -> None:
    paths = list(product(range(3), repeat=5))
    assert ctc_decode(np.eye(3)[np.array(paths)], blank=blank, alphabet="ab") == [
        naive(path, blank, "ab") for path in paths
    ]


def test_scores_are_compared_whatever_their_scale() -> None:
    logits = np.random.default_rng(1).normal(size=(20, 30, 11))
    probabilities = np.exp(logits) / np.exp(logits).sum(2, keepdims=True)
    expected = [naive(tuple(path), 0, "0123456789") for path in logits.argmax(2).tolist()]
    assert ctc_decode(logits) == ctc_decode(probabilities) == ctc_decode(np.log(probabilities)) == expected
    assert ctc_decode(logits.astype(np.float16)) == expected


@pytest.mark.parametrize("shape", [(0, 5, 11), (0, 0, 11)])
def test_no_images_have_no_strings(shape: tuple[int, ...]) -> None:
    assert ctc_decode(np.zeros(shape)) == []


def test_no_steps_say_nothing() -> None:
    assert ctc_decode(np.zeros((2, 0, 11))) == ["", ""]


def not_a_number(where: tuple[int, int, int]) -> NDArray[np.float64]:
    scores = np.zeros((2, 3, 11))
    scores[where] = np.nan
    return scores


@pytest.mark.parametrize(
    ("scores", "blank", "expected"),
    [
        (
            np.zeros((2, 3, 10)),
            0,
            "scores must have the shape (N, T, 11), 10 characters and the blank; got (2, 3, 10)",
        ),
        (np.zeros((3, 11)), 0, "scores must have the shape (N, T, 11), 10 characters and the blank; got (3, 11)"),
        (np.zeros((2, 3, 11)), 11, "blank must be from 0 to 10, a class of scores; got 11"),
        (np.zeros((2, 3, 11)), -1, "blank must be 0 or more; got -1"),
        (not_a_number((1, 2, 10)), 0, "scores must be numbers; got NaN, as models give that have diverged"),
        ([["a"]], 0, "scores must be an array of numbers; got <U1 of shape (1, 1)"),
    ],
)
def test_scores_of_no_such_model_are_refused(scores: object, blank: int, expected: str) -> None:
    assert message_of(ctc_decode, scores, blank=blank) == expected


def test_an_alphabet_with_a_character_twice_is_refused() -> None:
    assert message_of(ctc_decode, np.zeros((1, 1, 3)), alphabet="aa") == (
        "alphabet has 'a' 2 times; each character stands for one class"
    )
