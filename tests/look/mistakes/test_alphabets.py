"""Mistakes in other characters than digits: predictions are characters or classes, and pages stay readable."""

import html
import json
from pathlib import Path

import numpy as np
import pytest

from digitgen.build.build import build_dataset
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.look.mistakes.page import mistakes_page
from digitgen.look.mistakes.plots import worst_classes
from digitgen.look.mistakes.predictions import read_predictions
from digitgen.look.mistakes.study import study, to_json
from tests.errors import message_of
from tests.letters import HEX, LONG, letter_config

ALPHABETS = pytest.mark.parametrize("alphabet", [HEX, LONG], ids=["16", "200"])


def split(folder: Path, alphabet: str, count: int) -> DigitDataset:
    """A dataset of an alphabet."""
    build_dataset(
        letter_config(folder, alphabet, count, sequence={"length": [2, 4]}), folder / "out", jobs=1, fsync=False
    )
    return DigitDataset(folder / "out", "train")


def write(path: Path, texts: list[str], alphabet: str) -> Path:
    """Write predictions in the format that the name of a file ends in."""
    if path.suffix == ".csv":
        path.write_text("id,prediction\n" + "".join(f"{k},{text}\n" for k, text in enumerate(texts)), encoding="utf-8")
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(json.dumps({"id": k, "prediction": text}) for k, text in enumerate(texts)))
    elif path.stem == "classes":
        rows = [[alphabet.index(each) for each in text] for text in texts]
        np.save(path, np.array([row + [-1] * (9 - len(row)) for row in rows]))
    else:
        np.save(path, np.array(texts))
    return path


@ALPHABETS
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "texts.npy", "classes.npy"])
def test_predictions_are_characters_or_classes(tmp_path: Path, alphabet: str, name: str) -> None:
    texts = [alphabet[:5], "", alphabet[-3:], alphabet[7] * 9]
    found = read_predictions(write(tmp_path / name, texts, alphabet), 4, alphabet)
    assert found.texts(np.arange(4)) == texts
    assert found.digits[:5].tolist() == [0, 1, 2, 3, 4]


def test_predictions_that_are_not_of_the_alphabet_are_refused_with_what_it_is(tmp_path: Path) -> None:
    array = "row 0, column 1: expected a class from 0 to 15, or -1 behind the last; got 16"
    wanted = "a prediction is characters of 0123456789ABCDEF, or nothing; got"
    for name, content, message in (
        ("a.csv", "id,prediction\n0,0a\n", f"a.csv:2: {wanted} '0a'"),
        ("b.npy", np.array(["0a"]), f"b.npy: row 0: {wanted} '0a'"),
        ("c.npy", np.array([[3, 16]]), f"c.npy: {array}"),
    ):
        if isinstance(content, str):
            (tmp_path / name).write_text(content)
        else:
            np.save(tmp_path / name, content)
        assert message_of(read_predictions, tmp_path / name, 1, HEX) == f"{tmp_path}/{message}"


@ALPHABETS
@pytest.mark.usefixtures("no_plots")
def test_what_a_model_mixes_up_is_found_and_shown(tmp_path: Path, alphabet: str) -> None:
    """A model reads most of the second character as the last, and one in a hundred as any other."""
    dataset = split(tmp_path, alphabet, 6000)
    second, last = alphabet[1], alphabet[-1]
    rng = np.random.default_rng(1)

    def read(character: str) -> str:
        if rng.random() < 0.01:
            return alphabet[rng.integers(len(alphabet))]
        return last if character == second and rng.random() < 0.8 else character

    texts = ["".join(map(read, text)) for text in dataset[:].texts]
    found = study(dataset, [write(tmp_path / "model.csv", texts, alphabet)])
    mistakes = found.models[0].mistakes
    (pattern,) = mistakes.patterns
    assert pattern.name.startswith(f"{second} read as {last}")
    assert 0.7 < pattern.rate < 0.9
    truth = dataset[:].texts
    assert mistakes.wrong_images == sum(one != other for one, other in zip(truth, texts, strict=True))
    assert mistakes.confusion.shape == (len(alphabet), len(alphabet) + 1)
    assert mistakes.confusion[1, -2] == max(mistakes.confusion[1, 2:])
    assert {1, len(alphabet) - 1} <= set(worst_classes(mistakes.confusion, mistakes.added).tolist())
    pairs = "Pair with the left neighbour" in {factor.name for factor, _ in mistakes.factors}
    assert pairs == (len(alphabet) <= 36)
    told = json.loads(json.dumps(to_json(found)))
    assert (told["alphabet"], told["models"][0]["patterns"][0]["what"]) == (alphabet, pattern.what)
    page = html.unescape(mistakes_page(found).decode())
    assert f"The alphabet has {len(alphabet)} characters, each called a digit here: " in page
    assert f"{second} as {last} {mistakes.confusion[1, -2]:,.0f} times" in page
    assert ("The 36 of 200 that go wrong most." in page) == (len(alphabet) == 200)
    assert len(page) < 4_000_000


@pytest.mark.usefixtures("no_plots")
def test_signs_are_quoted_where_a_sentence_would_hide_them(tmp_path: Path) -> None:
    dataset = split(tmp_path, "A ,", 1500)
    texts = [text.replace(" ", ",") for text in dataset[:].texts]
    found = study(dataset, [write(tmp_path / "texts.npy", texts, "A ,")])
    assert [each.name for each in found.models[0].mistakes.patterns] == ["' ' read as ','"]
    assert b"&#x27; &#x27; read as &#x27;,&#x27;" in mistakes_page(found)


def test_leading_zeros_are_lost_of_numbers_alone(tmp_path: Path) -> None:
    for alphabet, known in (("9876543210", True), (HEX, False), ("123", False)):
        folder = tmp_path / alphabet
        folder.mkdir()
        dataset = split(folder, alphabet, 1500)
        texts = [text.lstrip("0") or text[-1:] for text in dataset[:].texts]
        found = study(dataset, [write(folder / "a.csv", texts, alphabet)])
        assert (found.models[0].lost_zeros is not None) == known, alphabet
