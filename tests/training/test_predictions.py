"""What is written for `digitgen mistakes` is what it reads."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitgen import DigitDataset, build_dataset, load_config
from digitgen.cli import main
from digitgen.errors import PredictionError
from digitgen.look.mistakes.predictions import read_predictions
from digitgen.training import write_predictions
from tests.conftest import write_coded_glyphs
from tests.errors import message_of

ODD = "0,\"' ;é鶴"


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(ODD, max_size=4), min_size=1, max_size=8))
def test_predictions_of_any_alphabet_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.csv"
    write_predictions(path, texts, alphabet=ODD)
    assert read_predictions(path, len(texts), ODD).texts(np.arange(len(texts))) == texts


def test_ids_say_which_image_a_prediction_is_of(tmp_path: Path) -> None:
    write_predictions(tmp_path / "some.csv", ["7", "", "0017"], ids=np.array([2, 0, 1], np.int32))
    assert read_predictions(tmp_path / "some.csv", 3).texts(np.arange(3)) == ["", "0017", "7"]


def test_the_command_counts_the_mistakes_that_were_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_coded_glyphs(tmp_path)
    source = {"images": str(tmp_path / "images.idx"), "labels": str(tmp_path / "labels.idx")}
    config = load_config(
        {
            "name": "small",
            "image_width": 100,
            "splits": {"test": {"count": 50, "source": source}},
            "sequence": {"length": [1, 3]},
            "spacing": {"range": [0, 4]},
        }
    )
    build_dataset(config, tmp_path / "data", jobs=1, fsync=False)
    batch = DigitDataset(tmp_path / "data", "test")[:]
    wrong = [str((int(text[0]) + 1) % 10) + text[1:] if row < 5 else text for row, text in enumerate(batch.texts)]
    write_predictions(tmp_path / "model.csv", wrong, ids=batch.sample_ids)
    assert main(["mistakes", str(tmp_path / "data"), str(tmp_path / "model.csv")]) == 0
    assert capsys.readouterr().out.startswith("model: 5 of 50 sequences wrong, 10.0 %")


@pytest.mark.parametrize(
    ("texts", "options", "expected"),
    [
        (["1", "a"], {}, "predicted, row 1: a prediction is digits from 0 to 9, or nothing; got 'a'"),
        (["b"], {"alphabet": "xy"}, "predicted, row 0: a prediction is characters of xy, or nothing; got 'b'"),
        (["1" * 1001], {}, "predicted, row 0: a prediction has at most 1,000 digits; got 1,001"),
        ([350], {}, "predicted must be a list of texts; got [350] (list)"),
        ("350", {}, "predicted must be a list of texts; got '350' (str)"),
        (["1"], {"ids": [0, 1]}, "ids must be (1,) integers, one for each prediction; got int64 of shape (2,)"),
        (["1"], {"ids": [0.0]}, "ids must be (1,) integers, one for each prediction; got float64 of shape (1,)"),
        (["1", "2"], {"ids": [0, -1]}, "ids must be 0 or more; got -1"),
        (["1", "2"], {"ids": [5, 5]}, "ids must be different, one for each image; got 5 twice"),
    ],
)
def test_predictions_that_nobody_could_read_are_refused_and_what_stood_there_stays(
    tmp_path: Path, texts: Any, options: dict[str, Any], expected: str
) -> None:
    path = tmp_path / "model.csv"
    path.write_text("before")
    assert message_of(write_predictions, path, texts, **options) == expected
    assert path.read_text() == "before"


def test_a_name_of_another_format_is_refused() -> None:
    assert message_of(write_predictions, "model.npy", ["1"]) == (
        "path must end in .csv, since predictions are written as CSV; got 'model.npy'"
    )


def test_a_folder_that_is_not_there_is_named_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "model.csv"
    with pytest.raises(PredictionError, match="cannot be written: No such file or directory"):
        write_predictions(path, ["1"])
    assert not path.parent.exists()
