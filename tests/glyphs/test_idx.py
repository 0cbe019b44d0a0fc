"""IDX files: what is written is read back, and no header is believed."""

import gzip
import hashlib
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digitgen.errors import SourceError
from digitgen.glyphs.digits import load_idx_pair
from digitgen.glyphs.idx import MAX_BYTES, encode_idx, idx_sha256, read_idx
from tests.conftest import coded_glyphs
from tests.errors import message_of, naming

DTYPES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
SMALL = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + b"abcdef"


def header(*sizes: int, type_byte: int = 0x08) -> bytes:
    """The header of an IDX file, true or not."""
    return bytes([0, 0, type_byte, len(sizes)]) + b"".join(size.to_bytes(4, "big") for size in sizes)


@pytest.mark.parametrize(("dtype", "type_byte"), DTYPES.items())
def test_an_array_of_any_idx_type_comes_back_as_it_was(tmp_path: Path, dtype: str, type_byte: int) -> None:
    path = tmp_path / "array.idx"
    big_endian = np.dtype(dtype).newbyteorder(">")
    for order in (big_endian, np.dtype(dtype).newbyteorder("<")):
        array = np.arange(-60, 60).astype(order).reshape(2, 3, 4, 5)
        data = encode_idx(array)
        assert data[:4] == bytes([0, 0, type_byte, 4])
        for stored in (data, gzip.compress(data)):
            path.write_bytes(stored)
            for found in (read_idx(path), read_idx(stored)):
                assert found.dtype == big_endian
                np.testing.assert_array_equal(found, array)


def test_a_file_has_the_layout_of_the_published_ones() -> None:
    assert encode_idx(np.frombuffer(b"abcdef", np.uint8).reshape(2, 3)) == SMALL
    assert encode_idx(np.array([1, -2], np.int16)) == b"\0\0\x0b\x01\0\0\0\x02\0\x01\xff\xfe"


def test_the_hash_is_that_of_the_file_even_for_an_array_with_strides() -> None:
    for dtype in (*DTYPES, "<i4"):
        array = np.arange(60).astype(dtype).reshape(6, 10)[::2, 1::3]
        assert idx_sha256(array) == hashlib.sha256(encode_idx(array)).hexdigest(), dtype


def test_a_dtype_that_idx_does_not_have_is_refused() -> None:
    for array in (np.zeros(3, dtype) for dtype in ("?", "u2", "i8", "c8", "S1", "U1", "O")):
        message = f"IDX cannot hold items of dtype {array.dtype}; it has u1, i1, i2, i4, f4 and f8"
        assert message_of(encode_idx, array) == message


START = "expected 00 00, a type byte (08 09 0b 0c 0d 0e) and the number of dimensions"
LIES = {
    "nothing": (b"", "not an IDX file: it is empty; copy or download it again"),
    "three bytes": (b"\0\0\x08", f"not an IDX file: it starts with 00 00 08, {START}"),
    "not zeros first": (b"\0\1\x08\1\0\0\0\1x", f"not an IDX file: it starts with 00 01 08 01, {START}"),
    "wrong type byte": (header(1, type_byte=0x0A) + b"x", f"not an IDX file: it starts with 00 00 0a 01, {START}"),
    "no dimensions": (header() + b"x", f"not an IDX file: it starts with 00 00 08 00, {START}"),
    "a web page": (b"<!doctype html>", "not an IDX file: it is a web page; download the file itself"),
    "truncated header": (header(1, 1)[:-1], "the header ends before its 2 dimensions"),
    "zero items": (header(0), "the header promises 0 items: the file is empty"),
    "zero items among many": (header(5, 0, 2**32 - 1), "the header promises 5x0x4294967295 items: the file is empty"),
    "overflows 64 bits": (
        header(2**31, 2**31, 4, type_byte=0x0E) + b"x",  # times 8 bytes is 2**67, which is 0 in 64 bits
        f"the header promises 2147483648x2147483648x4 items of 8 bytes; at most {MAX_BYTES} bytes are read",
    ),
    "one item over the limit": (
        header(MAX_BYTES + 1) + b"x",
        f"the header promises {MAX_BYTES + 1} items of 1 bytes; at most {MAX_BYTES} bytes are read",
    ),
    "more than the file": (
        header(10**9) + b"x",
        "the header promises 1000000000 items of 1 bytes, more than the file can hold",
    ),
    "one item short": (
        header(6, 1) + b"abcde",
        "the header promises 6x1 items of 1 bytes, but the items end after 5 bytes",
    ),
    "half an item": (
        header(2, type_byte=0x0C) + b"abcdef",
        "the header promises 2 items of 4 bytes, but the items end after 6 bytes",
    ),
    "one byte too many": (SMALL + b"x", "there are more bytes than the 2x3 items of 1 bytes that the header promises"),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_lying_header_is_refused_with_what_is_wrong(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    told = {}
    for name, (data, _) in LIES.items():
        (tmp_path / name).write_bytes(pack(data))
        told[name] = message_of(read_idx, tmp_path / name)
    assert told == {name: f"{tmp_path / name}: {message}" for name, (_, message) in LIES.items()}


def test_more_dimensions_than_an_array_can_have_are_refused() -> None:
    assert read_idx(header(*[1] * 32) + b"x").ndim == 32
    for count in (33, 65, 255):
        message = f"set: the header promises {count} dimensions; at most 32 are read"
        assert message_of(read_idx, header(*[1] * count) + b"x", "set") == message


PACKED = gzip.compress(SMALL, mtime=0)


def test_damaged_gzip_data_is_refused() -> None:
    for name, data in {
        "magic alone": PACKED[:2],
        "cut in the header": PACKED[:7],
        "cut in the data": PACKED[:-12],
        "without its CRC": PACKED[:-8],
        "last byte missing": PACKED[:-1],
        "wrong CRC": PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],
        "wrong length": PACKED[:-4] + b"\0\0\0\0",
        "not deflate": PACKED[:10] + b"\xff" * 8 + PACKED[18:],
        "rubbish behind": PACKED + b"rubbish",
        "unknown method": PACKED[:2] + b"\x07" + PACKED[3:],
    }.items():
        told = message_of(read_idx, data, "set.gz")
        assert told.startswith("set.gz: the gzip data is damaged or cut short ("), (name, told)


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "absent", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(SourceError) as caught:
            read_idx(path)
        assert str(caught.value) == f"{path}: cannot be read: {reason}"


def test_a_path_that_no_file_can_have_is_refused() -> None:
    for path in (Path("a\0b"), Path("x" * 5000)):
        with pytest.raises(SourceError, match="cannot be read"):
            read_idx(path)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(data=st.binary(max_size=64), start=st.sampled_from([b"", SMALL[:4], SMALL[:12], PACKED[:10], PACKED[:20]]))
@example(data=b"\xff" * 64, start=b"\0\0\x08\x0f")
@example(data=b"\0\0\0\1" * 16, start=b"\0\0\x08\x10")
def test_any_bytes_give_an_array_or_a_source_error(data: bytes, start: bytes) -> None:
    for each in (start + data, gzip.compress(start + data)):
        try:
            assert read_idx(each).size
        except SourceError as error:
            assert len(str(error).splitlines()) == 1


@settings(max_examples=300, derandomize=True, deadline=None)
@given(place=st.integers(0, len(PACKED) - 1), byte=st.integers(0, 255), cut=st.integers(0, len(PACKED)))
def test_a_wrong_byte_gives_an_array_or_a_source_error(place: int, byte: int, cut: int) -> None:
    for whole in (SMALL, PACKED):
        data = bytearray(whole)
        data[place % len(whole)] = byte
        for each in (bytes(data), bytes(data[:cut])):
            try:
                assert read_idx(each).size
            except SourceError as error:
                assert len(str(error).splitlines()) == 1


def write_bomb(path: Path, start: bytes, gibibytes: int = 1) -> None:
    """A gzip file of about a megabyte that inflates to `start` and a gibibyte of zeros."""
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    block = zlib.compressobj(9, wbits=-15)
    zeros = block.compress(bytes(1 << 24)) + block.flush(
        zlib.Z_FULL_FLUSH
    )  # may be repeated: it refers to nothing before
    path.write_bytes(head + zeros * (64 * gibibytes) + b"\3\0" + bytes(8))


@pytest.mark.parametrize(
    ("start", "message"),
    [
        pytest.param(SMALL, "there are more bytes than the 2x3 items of 1 bytes", id="promises six bytes"),
        pytest.param(header(MAX_BYTES + 1), f"at most {MAX_BYTES} bytes are read", id="promises a gibibyte and more"),
        pytest.param(header(2**32 - 1, 28, 28), f"at most {MAX_BYTES} bytes are read", id="promises terabytes"),
    ],
)
def test_a_gzip_bomb_is_refused_without_the_memory_that_it_asks_for(tmp_path: Path, start: bytes, message: str) -> None:
    path = tmp_path / "bomb.gz"
    write_bomb(path, start)
    assert path.stat().st_size < 2 << 20
    script = """
import pathlib, resource, sys
from digitgen.errors import SourceError
from digitgen.glyphs.idx import read_idx
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + (100 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    read_idx(pathlib.Path(sys.argv[1]))
except SourceError as error:
    print(error)
"""
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{path}: ")
    assert message in done.stdout


def test_a_gzip_stream_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.gz"
    path.write_bytes(gzip.compress(header(3_000_000) + np.random.default_rng(1).bytes(10_000)))
    with pytest.raises(
        SourceError, match=r"the header promises 3000000 items of 1 bytes, but the items end after 10000 bytes"
    ):
        read_idx(path)


def test_a_pair_of_idx_files_is_a_source_with_the_hashes_of_its_uncompressed_bytes(tmp_path: Path) -> None:
    images, labels = coded_glyphs()
    paths = [tmp_path / "my-images", tmp_path / "my-labels"]
    for pack in (bytes, gzip.compress):
        for path, array in zip(paths, (images, labels), strict=True):
            path.write_bytes(pack(encode_idx(array)))
        source = load_idx_pair(*paths)
        np.testing.assert_array_equal(source.images, images)
        np.testing.assert_array_equal(source.labels, labels)
        assert (source.name, source.source) == ("my-images+my-labels", None)
        assert [(file.name, file.sha256) for file in source.files] == [
            ("my-images", hashlib.sha256(encode_idx(images)).hexdigest()),
            ("my-labels", hashlib.sha256(encode_idx(labels)).hexdigest()),
        ]


IMAGES, LABELS = coded_glyphs()


QMNIST = np.concatenate([LABELS[:, None], np.full((30, 7), 2000)], axis=1).astype(np.int32)


def test_digits_in_any_form_that_says_the_same_are_read(tmp_path: Path) -> None:
    paths = [tmp_path / "images", tmp_path / "labels"]
    forms: list[tuple[np.ndarray, np.ndarray]] = [(IMAGES, LABELS.astype(dtype)) for dtype in ("i1", "u1", "i2", "i4")]
    forms += [(IMAGES, LABELS[:, None]), (IMAGES, QMNIST), (IMAGES.astype(np.int32), LABELS)]
    forms += [(IMAGES.reshape(shape), LABELS) for shape in ((30, 784), (30, 1, 28, 28), (30, 28, 28, 1))]
    for images, labels in forms:
        with naming((images.shape, images.dtype, labels.shape, labels.dtype)):
            for path, array in zip(paths, (images, labels), strict=True):
                path.write_bytes(encode_idx(array))
            digits = load_idx_pair(*paths)
            np.testing.assert_array_equal(digits.images, IMAGES)
            np.testing.assert_array_equal(digits.labels, LABELS)
            assert digits.images.dtype == digits.labels.dtype == np.uint8
            assert digits.labels.flags.c_contiguous
            assert [file.sha256 for file in digits.files] == [
                hashlib.sha256(encode_idx(array)).hexdigest() for array in (images, labels)
            ]


def test_files_that_are_no_pair_of_digits_are_refused(tmp_path: Path) -> None:
    ten, dark = LABELS.astype(np.int16), IMAGES.astype(np.int16)
    ten[7], dark[4, 3, 2] = 10, -1
    paths = {"i": tmp_path / "images", "l": tmp_path / "labels"}
    glyphs, pad = "{i}: expected glyphs of 28x28, got", "cells_from prepares images of any size"
    other = 'say what they stand for in "alphabet", or in "characters" of this source'
    for images, labels, message in (
        (IMAGES[:-1], LABELS, "{i} has 29 glyphs, but {l} has 30 labels"),
        (IMAGES, LABELS[:-1], "{i} has 30 glyphs, but {l} has 29 labels"),
        (IMAGES[:, 1:], LABELS, f"{glyphs} 30x27x28 of uint8; {pad}"),
        (IMAGES[0], LABELS[:28], f"{glyphs} 28x28 of uint8; it may be one glyph; they need an axis of rows"),
        (IMAGES.transpose(1, 2, 0), LABELS, f"{glyphs} 28x28x30 of uint8; put the axis of the glyphs first"),
        (np.stack([IMAGES] * 3, axis=3), LABELS, f"{glyphs} 30x28x28x3 of uint8; make them grey first"),
        (
            IMAGES.astype(np.float32) / 255,
            LABELS,
            "{i}: pixels are integers from 0 to 255, got float32 from 0 to 1; scale, round and convert them first",
        ),
        (dark, LABELS, "{i}: pixel -1 in row 4; pixels are 0 to 255"),
        (LABELS, IMAGES, f"{glyphs} 30 of uint8; are images and labels exchanged?"),
        (IMAGES, IMAGES, "{l}: expected one label a glyph, got 30x28x28 of uint8; are images and labels exchanged?"),
        (IMAGES, np.eye(30, 10), "{l}: expected one label a glyph, got 30x10 of float64"),
        (
            IMAGES,
            LABELS.astype(np.float32),
            "{l}: digits are integers from 0 to 9, got float32 from 0 to 9; scale, round and convert them first",
        ),
        (IMAGES, ten, f"{{l}}: label 10 in row 7; digits are 0 to 9; {other}"),
        (IMAGES, -LABELS.astype(np.int8), f"{{l}}: label -1 in row 1; digits are 0 to 9; {other}"),
    ):
        paths["i"].write_bytes(encode_idx(images))
        paths["l"].write_bytes(encode_idx(labels))
        assert message_of(load_idx_pair, paths["i"], paths["l"]) == message.format(**paths)


def test_what_is_neither_file_nor_link_to_one_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(SMALL)
    (tmp_path / "link").symlink_to("real")
    assert read_idx(tmp_path / "link").shape == (2, 3)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        assert message_of(read_idx, path) == f"{path}: cannot be read: it is not a regular file"
