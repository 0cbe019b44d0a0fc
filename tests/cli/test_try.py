"""The command `digitgen try`: where it serves, what it prints, and how it ends."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from digitgen.cli.program import main
from digitgen.live import browser, listen, session
from digitgen.live.door import TOKEN_HEADER
from digitgen.messages import Say

SECONDS = 30  # until a test that hangs is given up
PRINTED = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{40,})\n")


def start(port: int, token: str) -> Any:
    """What the page begins with."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("POST", "/start", b"{}", {"Content-Type": "application/json", TOKEN_HEADER: token})
    return json.loads(connection.getresponse().read())


class Visitor:
    """A browser that opens the page, asks what it begins with, and has the command end by a signal."""

    def __init__(self) -> None:
        self.signal = signal.SIGINT
        self.port = 0
        self.found: Any = None
        self.work = Mock()

    def run(self, *arguments: str) -> int:
        """Run the command, which ignores signals once it has ended."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        return main(["try", *arguments])

    def open(self, address: str, _: Say) -> None:
        threading.Thread(target=self._visit, args=[address], daemon=True).start()

    def _visit(self, address: str) -> None:
        try:
            port, path = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/.*)", address).groups()  # type: ignore[union-attr]
            self.port = int(port)
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
            connection.request("GET", path)
            location = connection.getresponse().headers["Location"]
            self.found = start(self.port, location.removeprefix("/?token="))
        finally:
            os.kill(os.getpid(), self.signal)


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """A visitor in place of the browser, and work that needs no digits."""
    made = Visitor()
    monkeypatch.setattr(browser, "open_browser", made.open)
    made.work = Mock(start=lambda: {"config": "a.yaml"}, problem=None)
    monkeypatch.setattr(session, "Session", Mock(return_value=made.work))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield made
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_page_is_served_until_a_signal_ends_it_cleanly(
    number: signal.Signals, visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor.signal = number
    assert visitor.run("--port", "0") == 0
    printed = capsys.readouterr()
    assert PRINTED.fullmatch(printed.out)
    assert printed.err == "digitgen: Ctrl-C ends it\n"
    assert visitor.found == {"config": "a.yaml"}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", visitor.port), SECONDS)


def test_the_printed_address_is_the_only_result(visitor: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    assert visitor.run("-q", "--port", "0") == 0
    printed = capsys.readouterr()
    assert (PRINTED.fullmatch(printed.out)[1], printed.err) == (str(visitor.port), "")  # type: ignore[index]


def test_what_is_wrong_with_the_file_is_said_in_the_terminal_too(
    visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor.work.problem = "a.yaml:1:1: the file is empty; the page starts from quickstart, and saves nothing"
    assert visitor.run("a.yaml", "--port", "0") == 0
    assert capsys.readouterr().err == f"digitgen: {visitor.work.problem}\ndigitgen: Ctrl-C ends it\n"


def test_a_second_one_is_served_beside_the_first(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        monkeypatch.setattr(listen, "PORT", port)
        assert visitor.run() == 0
        assert port < visitor.port < port + 20
        capsys.readouterr()
        assert visitor.run("--port", str(port)) == 1
    taken = f"digitgen: port {port} is taken; name another with --port, or leave it out to take one that is free\n"
    assert capsys.readouterr() == ("", taken)


def test_the_network_reaches_it_only_if_that_is_asked_for_in_so_many_words(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert visitor.run("--port", "0", "--host", "0.0.0.0") == 2
    assert capsys.readouterr() == (
        "",
        "digitgen: --host: other machines reach '0.0.0.0'; add --expose-to-network if they may use the page and save "
        "to CONFIG, or leave out --host\n",
    )
    monkeypatch.setattr(socket, "gethostname", lambda: "box")
    assert visitor.run("--port", "0", "--host", "0.0.0.0", "--expose-to-network") == 0
    printed = capsys.readouterr()
    port, token = PRINTED.fullmatch(printed.out).groups()  # type: ignore[union-attr]
    assert printed.err == (
        f"digitgen: others on the network reach it as http://box:{port}/?token={token}, and may read along: "
        "nothing is encrypted\ndigitgen: Ctrl-C ends it\n"
    )
    assert visitor.found == {"config": "a.yaml"}


def test_a_process_of_its_own_serves_the_page_and_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "digitgen", "try", "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        printed = PRINTED.fullmatch(process.stdout.readline())
        assert printed
        found = start(int(printed[1]), printed[2])
        assert (found["config"], found["problem"]) == (None, None)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=SECONDS) == ("", "digitgen: Ctrl-C ends it\n")
        assert process.returncode == 0
    finally:
        process.kill()
    assert list(tmp_path.iterdir()) == []


# The browser


def wait(before: set[threading.Thread]) -> None:
    """Wait until a browser has been opened."""
    for thread in set(threading.enumerate()) - before:
        thread.join(SECONDS)


@pytest.mark.parametrize(
    ("environment", "opens", "works"),
    [
        pytest.param({"DISPLAY": ":0"}, True, True, id="with windows"),
        pytest.param({"WAYLAND_DISPLAY": "wayland-0"}, True, True, id="with windows of Wayland"),
        pytest.param({"BROWSER": "lynx"}, True, True, id="that was chosen"),
        pytest.param({"DISPLAY": ":0"}, True, False, id="that does not start"),
        pytest.param({"TERM": "xterm"}, False, False, id="only in the terminal"),
    ],
)
def test_the_page_opens_in_a_browser_that_has_windows_or_the_user_is_told(
    environment: dict[str, str], opens: bool, works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = Mock(open=Mock(return_value=works))
    monkeypatch.setattr(webbrowser, "get", Mock(return_value=found))
    said: list[str] = []
    before = set(threading.enumerate())
    browser.open_browser("http://127.0.0.1:1/", said.append)
    wait(before)
    assert found.open.call_count == opens
    assert said == ([] if works else ["no browser could be opened here; open the address in one yourself"])


def test_a_machine_without_any_browser_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "get", Mock(side_effect=webbrowser.Error("none")))
    said: list[str] = []
    before = set(threading.enumerate())
    browser.open_browser("http://127.0.0.1:1/", said.append)
    wait(before)
    assert said == ["no browser could be opened here; open the address in one yourself"]
