"""Files of predictions: three formats that say the same, and one line about whatever is wrong."""

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen.errors import PredictionError
from digitgen.look.mistakes.predictions import Predictions, read_predictions
from digitgen.training.predictions import MAX_DIGITS
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
        "an old Mac": CSV.replace("\n", "\r").encode(),
        "an empty last line": (CSV + "\n").encode(),
        "many empty last lines": (CSV + "\n" * 500).encode(),
        "empty last lines on Windows": b"\xef\xbb\xbf" + (CSV + "\n\n").replace("\n", "\r\n").encode(),
        "a last line of blanks": (CSV + "  \t\n ").encode(),
        "empty rows of a spreadsheet": (CSV + ",\n,\n").encode(),
        "quoted": b'"id","prediction"\n"0","350"\n"1",""\n"2","0072"\n"3","9"\n',
    }.items():
        assert texts(read_predictions(write(tmp_path / "a.csv", data), 4)) == TEXTS, name


def test_other_columns_of_a_csv_are_passed_over(tmp_path: Path) -> None:
    for name, data in {
        "behind": "id,prediction,confidence\n0,350,0.9\n1,,\n2,0072,1\n3,9,nan\n",
        "the other way round": "prediction,id\n350,0\n,1\n0072,2\n9,3\n",
        "an index without a name": ",prediction,id\n0,350,0\n1,,1\n2,0072,2\n3,9,3\n\n",
        "two of one name": "x,id,x,prediction\n,0,,350\na,1,b,\n,2,,0072\n,3,,9\n",
        "with commas and line breaks": 'id,"a ""note""",prediction\n0,"x, y",350\n1,"two\nlines",\n2,"",0072\n3,é,9\n',
        "long": f"id,scores,prediction\n0,{'0.1 ' * 5000},350\n1,,\n2,,0072\n3,,9\n",
    }.items():
        assert texts(read_predictions(write(tmp_path / "a.csv", data), 4)) == TEXTS, name


LINES = "".join(json.dumps({"id": k, "prediction": text}) + "\n" for k, text in enumerate(TEXTS))


def test_lines_of_json_are_read_like_a_csv(tmp_path: Path) -> None:
    for name, data in {
        "plain": LINES,
        "byte order mark": "\ufeff" + LINES,
        "Windows": LINES.replace("\n", "\r\n"),
        "no last line break": LINES.rstrip("\n"),
        "empty last lines": LINES + "\n \n\r\n",
        "more keys": LINES.replace("}", ', "confidence": NaN, "boxes": [[0, 0, {"x": null}]]}'),
        "keys the other way round": "".join(
            json.dumps({"prediction": text, "id": k}) + "\n" for k, text in enumerate(TEXTS)
        ),
    }.items():
        assert texts(read_predictions(write(tmp_path / "a.jsonl", data), 4)) == TEXTS, name


def test_a_file_without_an_ending_is_told_by_its_content(tmp_path: Path) -> None:
    array = save(tmp_path / "a.npy", np.array(TEXTS)).read_bytes()
    for data in (CSV, "\ufeff" + CSV, LINES, "\ufeff" + LINES, array):
        assert texts(read_predictions(write(tmp_path / "predictions", data), 4)) == TEXTS


def test_predictions_come_through_a_pipe(tmp_path: Path) -> None:
    array = save(tmp_path / "a.npy", np.array(TEXTS)).read_bytes()
    digits = save(tmp_path / "b.npy", np.asfortranarray([[3, 5, 0, -1], [-1] * 4, [0, 0, 7, 2], [9, -1, -1, -1]]))
    for data in (CSV.encode(), LINES.encode(), array, digits.read_bytes()):
        reading, writing = os.pipe()
        try:
            with os.fdopen(writing, "wb") as file:
                file.write(data)
            assert texts(read_predictions(Path(f"/dev/fd/{reading}"), 4)) == TEXTS
        finally:
            os.close(reading)


def test_arrays_of_empty_strings_are_empty_predictions(tmp_path: Path) -> None:
    data = save(tmp_path / "a.npy", np.array(["", "", ""])).read_bytes()
    for kind in (b"<U1", b"<U0", b"|S0"):
        path = write(tmp_path / "a.npy", data.replace(b"<U1", kind))
        assert texts(read_predictions(path, 3)) == ["", "", ""]


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
    ("a.csv", CSV.replace("3,9", "3"), ":5: expected an id and a prediction; got ['3']"),
    ("a.csv", CSV.replace("3,9", "\n3,9"), ":5: expected an id and a prediction; got an empty line before others"),
    ("a.csv", "id,x,prediction\n0,,350\n1,\n", ":3: expected 3 cells, as the header has; got ['1', '']"),
    ("a.csv", "id,prediction,x\n0,1,234,\n", ":2: expected 3 cells, as the header has; got ['0', '1', '234', '']"),
    (
        "a.csv",
        "id,prediction,id\n0,350,3\n",
        ":1: the first line must be the header id,prediction; got 'id,prediction,id', which has id twice",
    ),
    (
        "a.csv",
        "id;prediction\n0;350\n",
        ":1: the first line must be the header id,prediction; got 'id;prediction'; separate columns by commas",
    ),
    ("a.csv", "\n" + CSV, ":1: the first line must be the header id,prediction; got ''"),
    (
        "a.csv",
        CSV.replace("350", "350.0"),
        ":2: a prediction is digits from 0 to 9, or nothing; got '350.0'; "
        "write predictions as text, since numbers lose leading zeros",
    ),
    (
        "a.csv",
        CSV.replace("350", "1.23E+15"),
        ":2: a prediction is digits from 0 to 9, or nothing; got '1.23E+15'; "
        "write predictions as text, since numbers lose leading zeros",
    ),
    ("a.csv", CSV.replace("350", "-"), ":2: a prediction is digits from 0 to 9, or nothing; got '-'"),
    ("a.csv", CSV.replace("3,9", '3,"9'), ":5: not CSV: unexpected end of data"),
    ("a.csv", CSV.replace("3,9\n", ""), ": ends on line 4 without predictions for 1 of the split's 4 ids: 3"),
    ("a.csv", "id,prediction\n", ": ends on line 0 without predictions for 4 of the split's 4 ids: 0, 1, 2, ..."),
    ("a.csv", CSV.encode() + b"\xff", ":6: not UTF-8: invalid start byte at byte 0"),
    ("a.csv", CSV.encode("utf-16"), ":1: not UTF-8, but UTF-16: save it as UTF-8"),
    ("a.csv", CSV + "x" * (1 << 21), ":6: the line is longer than 1,048,576 characters"),
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
    ("a.jsonl", '{"id": "17", "prediction": "1"}\n', ":1: an id is a number without quotes; got '17'"),
    ("a.jsonl", '{"id": [1], "prediction": "1"}\n', ":1: an id is a whole number from 0 on; got [1]"),
    (
        "a.jsonl",
        '{"id": 0, "prediction": null}\n',
        ":1: a prediction is a string, so that leading zeros survive; got None",
    ),
    ("a.jsonl", '{"id": 0, "prediction": 1, "id": 1}\n', ":1: has the key 'id' twice"),
    ("a.jsonl", LINES + '{"id": 0, "prediction": "1", "x": {"y": 1, "y": 1}}\n', ":5: has the key 'y' twice"),
    ("a.jsonl", '{"id": 0, "predi', ":1: not JSON: Unterminated string starting at (column 11)"),
    ("a.jsonl", '[{"id": 0, "prediction": "1"},\n', ":1: not JSON: Expecting value (column 31)"),
    ("a.jsonl", "\n", ": ends on line 0 without predictions for 4 of the split's 4 ids: 0, 1, 2, ..."),
    ("a.jsonl", "\n" + LINES, ":1: expected an id and a prediction; got an empty line before others"),
    ("a.txt", CSV, ": predictions are read from files that end in .csv, .jsonl or .npy"),
    ("a.npy", b"", ": not a whole .npy file: it is empty; write it with np.save(path, array)"),
]


def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path) -> None:
    for name, data, message in WRONG_FILES:
        path = write(tmp_path / name, data)
        assert message_of(read_predictions, path, 4) == f"{path}{message}"


def test_json_that_is_out_of_proportion_is_refused(tmp_path: Path) -> None:
    for text in ("[" * 4000, "[" * 1_000_000, '{"id": 0, "prediction": "1", "x": ' + "[" * 500_000, "9" * 100_000):
        path = write(tmp_path / "a.jsonl", text)
        assert message_of(read_predictions, path, 4).startswith(f"{path}:1: not JSON")


WRONG_ARRAYS: list[tuple[Any, str]] = [
    (np.array(TEXTS[:3]), "has 3 rows; the split has 4 images"),
    (np.zeros((5, 2), int), "has 5 rows; the split has 4 images"),
    (np.array([350, 0, 72, 9]), "or strings of shape .* got int64 of shape 4; write predictions as text, since"),
    (np.array([350, np.nan, 72, 9]), "got float64 of shape 4; write predictions as text, since"),
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
    (np.array([None] * 4), r"holds Python objects, .* write it anew with np.save\(path, array.astype\(str\)\)"),
    (np.array(TEXTS, object), r"holds Python objects, .* write it anew with np.save\(path, array.astype\(str\)\)"),
]


def test_a_wrong_array_is_refused_with_its_row(tmp_path: Path) -> None:
    for array, message in WRONG_ARRAYS:
        path = save(tmp_path / "a.npy", array)
        told = message_of(read_predictions, path, 4)
        assert re.search(rf"a\.npy: .*{message}", told), (told, message)


def test_a_damaged_or_lying_array_is_refused(tmp_path: Path) -> None:
    data = save(tmp_path / "a.npy", np.zeros((1000, 3), int)).read_bytes()
    for wrong in (
        *(data[:size] for size in (0, 1, 5, 6, 8, 9, 10, 60, 127, 128, 200, len(data) - 1)),
        *(data.replace(b"(1000, 3)", shape) for shape in (b"(10**9,)", b"(True, 3)", b"(-1, 3)  ", b"((1,2),3)")),
        data.replace(b"(1000, 3), }           ", b"(1%s, 3), }" % (b"0" * 12)),
        b"PK\3\4" + data,
    ):
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
