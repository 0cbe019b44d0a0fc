"""Arrays from .npy files that may be anything: right data, or one line about what they are instead."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen.errors import PredictionError
from digitgen.files import open_input
from digitgen.look.kit.npy import read_npy
from tests.errors import message_of


def saved(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def read(path: Path, kind: type = int) -> Any:
    with open_input(path) as file:
        return read_npy(path, file, kind)


def test_an_array_is_read_as_numpy_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    for array in (
        np.arange(12).reshape(3, 4),
        np.asfortranarray(np.arange(12).reshape(3, 4)),
        np.arange(5, dtype=">u2"),
        np.array(["a", "", "bcd"]),
        np.array(5),
        np.zeros((0, 3), int),
        np.zeros((4, 0), np.float32),
    ):
        path.write_bytes(saved(array))
        with path.open("rb") as file:
            for found in (read(path), read_npy(path, io.BytesIO(file.read()), int)):
                assert found.dtype == array.dtype
                assert found.tolist() == np.load(path).tolist() == array.tolist()


def test_a_header_of_python_2_is_read_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(saved(np.arange(12).reshape(3, 4)).replace(b"(3, 4), } ", b"(3L, 4), }"))
    assert read(path).shape == (3, 4)


def test_what_is_no_npy_file_is_called_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    zipped = io.BytesIO()
    np.savez(zipped, np.arange(3))
    for data, what in {
        b"": "empty",
        b"5\n5\n7\n": "text",
        "id,prediction\n0,350\n".encode("utf-8-sig"): "text",
        "é".encode() * 200: "text",
        zipped.getvalue(): "a zip, such as a .npz",
        b"PK\x03\x04 and no more": "a zip, such as a .npz",
        pickle.dumps([1, 2]): "a pickle",
        b"\x1f\x8b\x08": "compressed by gzip",
        b"\x89HDF\r\n\x1a\n": "an HDF5 file",
        bytes(1000): "something else",
        b"\xff\xfe\x00": "something else",
        saved([1])[:5]: "something else",
    }.items():
        path.write_bytes(data)
        assert message_of(read, path) == (
            f"{path}: not a whole .npy file: it is {what}; write it with np.save(path, array)"
        )


def test_python_objects_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    for array in (np.array(["350", None]), np.array([{}]), np.zeros(2, [("a", object)])):
        path.write_bytes(saved(array))
        assert message_of(read, path, str) == (
            f"{path}: holds Python objects, which are not read; write it anew with np.save(path, array.astype(str))"
        )


@pytest.mark.parametrize("header", [b"(3, 4), ", b"'<i8'", b"False"])
def test_a_header_with_a_lie_in_it_gives_one_line(tmp_path: Path, header: bytes) -> None:
    whole = saved(np.arange(12).reshape(3, 4))
    path = tmp_path / "a.npy"
    lies = [
        b"(True, 3), ", b"(-3, -4), ", b"(3, 4.0), ", b"(3, 5), ", b"(10**9, ), ", b"(1" + b"0" * 30 + b",), ",
        b"(3, (4,)), ", b"3, ", b"'<U0'", b"'|O'", b"'<i3'", b"'<f99'", b"'('", b"[]", b"[('a', '<i8')]", b"None",
        b"((" * 20, b"\xff", b"__import__('os').abort()",
    ]  # fmt: skip
    for lie in lies:
        size = len(whole) - 12 * 8
        text = whole[10:size].replace(header, lie, 1)
        data = whole[:8] + len(text).to_bytes(2, "little") + text + whole[size:]
        path.write_bytes(data)
        told = message_of(read, path)
        assert told == "no error" or told.startswith(f"{path}: not a whole .npy file: ") or "Python objects" in told
        assert told.isprintable()


def test_of_two_thousand_broken_files_each_is_read_or_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(12)
    path = tmp_path / "a.npy"
    seeds = [saved(np.arange(12).reshape(3, 4)), saved(np.array(["12", "3"])), saved(np.array([None, 1]))]
    refused = 0
    for number in range(2000):
        data = bytearray(seeds[number % 3])
        for _ in range(rng.integers(1, 4)):
            place = rng.integers(6, 70)
            data[place : place + rng.integers(0, 3)] = rng.bytes(int(rng.integers(0, 3)))
        path.write_bytes(data[: rng.integers(1, 2 * len(data))])
        try:
            read(path)
        except PredictionError as error:
            refused += 1
            assert str(error).isprintable()
    assert refused > 1000
