"""Files of predictions: three formats that say the same, and one line about whatever is wrong."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen.errors import PredictionError
from digitgen.look.mistakes.predictions import MAX_DIGITS, Predictions, read_predictions
from tests.errors import message_of

TEXTS = ["350", "", "0072", "9"]
CSV = "id,prediction\n0,350\n1,\n2,0072\n3,9\n"


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def save(path: Path, array: Any) -> Path:
    np.save(path, array)
    return path


def texts(found: Predictions) -> list[str]:
    return found.texts(np.arange(len(found)))


def test_a_csv_may_have_its_lines_in_any_order(tmp_path: Path) -> None:
    found = read_predictions(write(tmp_path / "a.csv", "id,prediction\n2,0072\n0,350\n3,9\n1,\n"), 4)
    assert texts(found) == TEXTS
    assert found.lengths.tolist() == [3, 0, 4, 1]


def test_a_csv_may_come_from_any_program(tmp_path: Path) -> None:
    for name, data in {
        "plain": CSV.encode(),
        "byte order mark": b"\xef\xbb\xbf" + CSV.encode(),
        "Windows": CSV.replace("\n", "\r\n").encode(),
        "no last line break": CSV.rstrip("\n").encode(),
        "quoted": b'"id","prediction"\n"0","350"\n"1",""\n"2","0072"\n"3","9"\n',
    }.items():
        assert texts(read_predictions(write(tmp_path / "a.csv", data), 4)) == TEXTS, name


def test_lines_of_json_are_read_like_a_csv(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"id": k, "prediction": text}) + "\n" for k, text in enumerate(TEXTS))
    assert texts(read_predictions(write(tmp_path / "a.jsonl", lines), 4)) == TEXTS


def test_arrays_of_digits_or_strings_are_in_the_order_of_the_split(tmp_path: Path) -> None:
    digits = np.array([[3, 5, 0, -1], [-1] * 4, [0, 0, 7, 2], [9, -1, -1, -1]])
    for name, array in {
        "int64": digits,
        "big-endian": digits.astype(">i2"),
        "column by column": np.asfortranarray(digits),
        "strings": np.array(TEXTS),
        "wide big-endian strings": np.array(TEXTS).astype(">U7"),
        "bytes": np.array(TEXTS).astype("S"),
    }.items():
        assert texts(read_predictions(save(tmp_path / "a.npy", array), 4)) == TEXTS, name


def test_predictions_may_all_be_empty(tmp_path: Path) -> None:
    for array in (np.full((3, 2), -1), np.empty((3, 0), int), np.array(["", "", ""])):
        assert texts(read_predictions(save(tmp_path / "a.npy", array), 3)) == ["", "", ""]


WRONG_FILES: list[tuple[str, str | bytes, str]] = [
    ("a.csv", "", ":1: the first line must be the header id,prediction; got an empty file"),
    ("a.csv", "id,text\n", ":1: the first line must be the header id,prediction; got 'id,text'"),
    ("a.csv", "0,350\n1,\n", ":1: the first line must be the header id,prediction; got '0,350'"),
    ("a.csv", CSV + "4,1\n", ":6: id 4 is not in the split, whose ids are 0 to 3"),
    ("a.csv", CSV + "2,1\n", ":6: id 2 again; it has its prediction on line 4"),
    ("a.csv", CSV.replace("9", "9a"), ":5: a prediction is digits from 0 to 9, or nothing; got '9a'"),
    ("a.csv", CSV.replace("9", " 9"), ":5: a prediction is digits from 0 to 9, or nothing; got ' 9'"),
    ("a.csv", CSV.replace("9", "\u0669"), ":5: a prediction is digits from 0 to 9, or nothing; got '\u0669'"),
    ("a.csv", CSV.replace("9", "\0"), ":5: a prediction is digits from 0 to 9, or nothing; got '\\x00'"),
    ("a.csv", CSV.replace("3,9", "-1,9"), ":5: an id is a whole number from 0 on; got '-1'"),
    ("a.csv", CSV.replace("3,9", "x.png,9"), ":5: an id is a whole number from 0 on; got 'x.png'"),
    ("a.csv", CSV.replace("3,9", f"{'9' * 40},9"), f":5: an id is a whole number from 0 on; got '{'9' * 40}'"),
    ("a.csv", CSV.replace("3,9", "3,9,0.98"), ":5: expected an id and a prediction; got ['3', '9', '0.98']"),
    ("a.csv", CSV.replace("3,9", "\n3,9"), ":5: expected an id and a prediction; got []"),
    ("a.csv", CSV.replace("3,9", '3,"9'), ":5: not CSV: unexpected end of data"),
    ("a.csv", CSV.replace("3,9\n", ""), ": ends on line 4 without predictions for 1 of the split's 4 ids: 3"),
    ("a.csv", "id,prediction\n", ": ends on line 0 without predictions for 4 of the split's 4 ids: 0, 1, 2, ..."),
    ("a.csv", CSV.encode() + b"\xff", ":6: not UTF-8: invalid start byte at byte 0"),
    ("a.csv", CSV.encode("utf-16"), ":1: not UTF-8: invalid start byte at byte 0"),
    ("a.csv", CSV + "x" * 5000, ":6: the line is longer than 4,096 bytes"),
    (
        "a.csv",
        CSV.replace("9", "9" * (MAX_DIGITS + 1)),
        ":5: a prediction has at most 1,000 digits; got 1,001",
    ),
    ("a.jsonl", "[1]\n", ':1: expected {"id": 17, "prediction": "0350"}, with these two keys; got [1]'),
    (
        "a.jsonl",
        '{"id": 1, "text": "1"}\n',
        ":1: expected {\"id\": 17, \"prediction\": \"0350\"}, with these two keys; got {'id': 1, 'text': '1'}",
    ),
    (
        "a.jsonl",
        '{"id": 0, "prediction": 350}\n',
        ":1: a prediction is a string, so that leading zeros survive; got 350",
    ),
    ("a.jsonl", '{"id": true, "prediction": "1"}\n', ":1: an id is a whole number from 0 on; got True"),
    ("a.jsonl", '{"id": 1.0, "prediction": "1"}\n', ":1: an id is a whole number from 0 on; got 1.0"),
    ("a.jsonl", '{"id": -1, "prediction": "1"}\n', ":1: an id is a whole number from 0 on; got -1"),
    ("a.jsonl", '{"id": 0, "predi', ":1: not JSON: Unterminated string starting at: line 1 column 11 (char 10)"),
    ("a.jsonl", "\n", ":1: not JSON: Expecting value: line 2 column 1 (char 1)"),
    ("a.txt", CSV, ": predictions are read from files that end in .csv, .jsonl or .npy"),
    ("a.npy", b"", ": the file is empty"),
]


def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path) -> None:
    for name, data, message in WRONG_FILES:
        path = write(tmp_path / name, data)
        assert message_of(read_predictions, path, 4) == f"{path}{message}"


def test_json_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", "[" * 4000)
    assert message_of(read_predictions, path, 4).startswith(f"{path}:1: not JSON")


WRONG_ARRAYS: list[tuple[Any, str]] = [
    (np.array(TEXTS[:3]), "has 3 rows; the split has 4 images"),
    (np.zeros((5, 2), int), "has 5 rows; the split has 4 images"),
    (np.array([350, 0, 72, 9]), "or strings of shape .* got int64 of shape 4"),
    (np.zeros((4, 2)), "expected integers of shape .* got float64 of shape 4x2"),
    (np.zeros((4, 2), bool), "got bool of shape 4x2"),
    (np.zeros((4, 2, 11), int), "got int64 of shape 4x2x11"),
    (np.array(5), "got int64 of shape no rows"),
    (np.array([["3"], ["4"], ["5"], ["6"]]), "got <U1 of shape 4x1"),
    (np.zeros(4, [("id", int)]), "of shape 4"),
    (np.array([[1], [2], [10], [3]]), "row 2, column 0: expected a digit from 0 to 9, or -1 .* got 10"),
    (np.array([[1], [2], [255], [3]], np.uint8), "row 2, column 0: expected a digit .* got 255"),
    (np.array([[1, 2], [-2, -1], [1, 1], [1, 1]]), "row 1, column 0: expected a digit .* got -2"),
    (np.array([[1, 2], [-1, 1], [1, 1], [1, 1]]), "row 1, column 0: -1 stands before a digit"),
    (np.array(["1", "2", "3 ", "4"]), "row 2: a prediction is digits from 0 to 9, or nothing"),
    (np.array(["1", "2\0003", "3", "4"]), "row 1: a prediction is digits from 0 to 9, or nothing"),
    (np.zeros((4, 1001), np.int8), "at most 1,000 digits; got 1,001 columns"),
    (np.array(["1" * 1001] * 4), "at most 1,000 digits; the strings have 1,001"),
    (np.array([None] * 4), "not a whole .npy file of integers or strings"),
]


def test_a_wrong_array_is_refused_with_its_row(tmp_path: Path) -> None:
    for array, message in WRONG_ARRAYS:
        path = save(tmp_path / "a.npy", array)
        told = message_of(read_predictions, path, 4)
        assert re.search(rf"a\.npy: .*{message}", told), (told, message)


def test_a_damaged_or_lying_array_is_refused(tmp_path: Path) -> None:
    data = save(tmp_path / "a.npy", np.zeros((1000, 3), int)).read_bytes()
    for wrong in (data[:-1], data[:200], data[:5], data.replace(b"(1000, 3)", b"(10**9,)"), b"PK\3\4" + data):
        with pytest.raises(PredictionError, match=r"a\.npy: not a whole \.npy file"):
            read_predictions(write(tmp_path / "a.npy", wrong), 1000)
    lying = data.replace(b"(1000, 3), }        ", b"(99999999999, 3), } ")
    with pytest.raises(PredictionError, match=r"a\.npy: not a whole \.npy file"):
        read_predictions(write(tmp_path / "a.npy", lying), 99999999999)


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for name in ("a.csv", "a.npy", "a.jsonl"):
        with pytest.raises(PredictionError, match=f"{name}: cannot be read: No such file"):
            read_predictions(tmp_path / name, 4)
        (tmp_path / name).mkdir()
        with pytest.raises(PredictionError, match=f"{name}: cannot be read: Is a directory"):
            read_predictions(tmp_path / name, 4)
