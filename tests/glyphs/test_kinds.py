"""A file that is not IDX is named for what it is, with what to do about it."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import cv2
import h5py
import numpy as np

from digitgen.glyphs.idx import encode_idx, read_idx
from tests.errors import message_of, naming

ARRAY = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
IDX = encode_idx(ARRAY)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d7a" * 16 + b"\nsize 9912422\n"


def saved(save: str, *arguments: object, **arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    getattr(np, save)(stream, *arguments, **arrays)
    return stream.getvalue()


def archived(kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("train-images-idx3-ubyte", IDX)
    else:
        with tarfile.open(fileobj=stream, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("train-images-idx3-ubyte"))
    return stream.getvalue()


def picture(suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, np.zeros((28, 28), np.uint8))[1])


KINDS: dict[str, bytes] = {
    'a Git LFS pointer; it was left in place of the real file: run "git lfs pull"': POINTER,
    'a git-annex pointer; it was left in place of the real file: run "git annex get"': b"/annex/objects/SHA256E-s99\n",
    "a web page; download": b"\n <!DOCTYPE html><html>Sign in</html>",
    "XML, perhaps a server's error message; download": b'<?xml version="1.0"?><Error>AccessDenied</Error>',
    "empty; copy or download it again": b"",
    "filled with zeros, as after a crash; copy": bytes(5000),
    "a zip archive; unpack it first": archived("zip"),
    "a tar archive; unpack it first": archived("tar"),
    "a numpy array (.npy); write": saved("save", ARRAY),
    "a numpy archive (.npz); write": saved("savez", images=ARRAY),
    "compressed by xz; unpack it first; gzip is read as it is": lzma.compress(IDX),
    "compressed by lzma; unpack": lzma.compress(IDX, lzma.FORMAT_ALONE),
    "compressed by bzip2; unpack": bz2.compress(IDX),
    "compressed by zstd; unpack": b"\x28\xb5\x2f\xfd\x04\x00",
    "one PNG picture; all images belong into one IDX file": picture(".png"),
    "one JPEG picture; all": picture(".jpg"),
    "one BMP picture; all": picture(".bmp"),
    "one TIFF picture; all": picture(".tiff"),
    "one PNM picture; all": picture(".pgm"),
    "a Parquet table; write": b"PAR1\x15\x04",
    "a Python pickle; write": pickle.dumps(ARRAY),
    "IDX with its bytes in the wrong order; write the header in big-endian order": IDX[3::-1] + IDX[4:],
    "a table in text (CSV); write": b"label,pixel0,pixel1\n5,0,0\n",
    "text, perhaps JSON; write": json.dumps([[0, 1], [2, 3]]).encode(),
    "text; write": "Ziffern, groß\n".encode() * 90,
}


def test_a_file_is_named_for_what_it_is_gzipped_or_not() -> None:
    for told, data in KINDS.items():
        for packed in (data, gzip.compress(data)):
            with naming(told):
                message = message_of(read_idx, packed, "mine")
                assert message.startswith(f"mine: not an IDX file: it is {told}"), message


def test_files_of_libraries_are_named_for_what_they_are(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "glyphs.h5", "w") as file:
        file["images"] = ARRAY
    database = sqlite3.connect(tmp_path / "glyphs.db")
    database.execute("create table glyphs (pixel)")
    database.commit()
    database.close()
    assert "it is an HDF5 file; write its images" in message_of(read_idx, tmp_path / "glyphs.h5")
    assert "it is a SQLite database; write its images" in message_of(read_idx, tmp_path / "glyphs.db")


def test_a_file_gzipped_twice_is_named_for_that() -> None:
    twice = gzip.compress(gzip.compress(IDX))
    assert (
        message_of(read_idx, twice, "mine") == "mine: not an IDX file: it is gzipped twice; unpack it once with gunzip"
    )


def test_an_unknown_file_is_told_by_its_first_bytes() -> None:
    assert "not an IDX file: it starts with 17 88 02 93, expected 00 00" in message_of(read_idx, b"\x17\x88\2\x93" * 9)
