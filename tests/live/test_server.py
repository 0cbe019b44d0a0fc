"""The server of the live page, by real connections: what it answers, and whom it refuses."""

import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import pytest

from digitgen.errors import ArgumentError, ChangedError
from digitgen.live import handler
from digitgen.live import server as module
from digitgen.live.controls import describe
from digitgen.live.door import TOKEN_HEADER
from digitgen.live.listen import find_address
from digitgen.live.server import Server
from digitgen.live.strict_json import MOST_BYTES
from tests.live.until import SECONDS, until


class Work:
    """Work that answers with what it was asked, or does what a test wants."""

    def __init__(self) -> None:
        self.render: Callable[[dict[str, Any]], dict[str, Any]] = lambda request: {"asked": request}

    def start(self) -> dict[str, Any]:
        return {"config": None}

    def save(self, request: dict[str, Any]) -> dict[str, Any]:
        if "force" in request:
            return {"saved": "a.yaml"}
        raise ChangedError("a.yaml has changed")


@dataclass(frozen=True)
class Reply:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Running:
    """A server that runs, and a client of it."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.work, self.said = Work(), list[str]()
        self.server = Server(find_address(host), 0, self.work, self.said.append)
        self.address = (self.server.server_name, self.server.server_port)
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.005})
        self._thread.start()

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def get(self, path: str, **headers: str) -> Reply:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: bytes | dict[str, Any], **headers: str) -> Reply:
        """Ask as the page does, with some headers changed."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = {"Content-Type": "application/json", TOKEN_HEADER: self.server.door.token}
        return self._ask("POST", path, data, own | {name.replace("_", "-"): value for name, value in headers.items()})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPConnection(*self.address, timeout=SECONDS)
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        found = Reply(reply.status, reply.headers, reply.read())
        connection.close()
        return found

    def raw(self, data: bytes) -> bytes:
        """All that comes back for these bytes."""
        with socket.create_connection(self.address, SECONDS) as connection:
            connection.sendall(data)
            return b"".join(iter(lambda: connection.recv(4096), b""))

    def head(self, *lines: str) -> bytes:
        """A request that the door lets in, without its body and the end of its headers."""
        own = ["POST /render HTTP/1.1", f"Host: 127.0.0.1:{self.address[1]}", "Content-Type: application/json"]
        own += [f"{TOKEN_HEADER}: {self.server.door.token}"]
        return "".join(f"{line}\r\n" for line in [*own, *lines]).encode()


@pytest.fixture
def running() -> Iterator[Running]:
    made = Running()
    yield made
    made.end()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server that takes three connections at once."""
    monkeypatch.setattr(module, "_MOST_CONNECTIONS", 3)
    made = Running()
    yield made
    made.end()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def recorded(running: Running) -> list[object]:
    """All requests to render that are let in."""
    done: list[object] = []

    def render(request: dict[str, Any]) -> dict[str, Any]:
        done.append(request)
        return {"done": True}

    running.work.render = render
    return done


# What it answers


def test_the_page_and_its_files_are_sent_to_who_has_no_token(running: Running) -> None:
    for path, kind in (
        ("/", "text/html"),
        ("/?token=x", "text/html"),
        ("/page.js", "text/javascript"),
        ("/page.css", "text/css"),
    ):
        reply = running.get(path)
        assert (reply.status, reply.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
        assert int(reply.headers["Content-Length"]) == len(reply.body) > 0


def test_the_page_is_sent_packed_to_who_can_unpack_it(running: Running) -> None:
    plain, packed = running.get("/page.js"), running.get("/page.js", **{"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert (packed.headers["Content-Encoding"], gzip.decompress(packed.body)) == ("gzip", plain.body)


def test_the_page_is_light() -> None:
    files = [each.read_bytes() for each in Path(module.__file__).with_name("page").iterdir()]
    controls = json.dumps(describe(), separators=(",", ":")).encode()
    assert sum(map(len, files)) < 150_000
    assert sum(len(gzip.compress(each)) for each in [*files, controls]) < 60_000


def test_no_other_file_is_sent(running: Running) -> None:
    for path in (
        "/server.py",
        "/../setup.cfg",
        "/%2e%2e/door.py",
        "/page.html/",
        "//page.js/..",
        "/start",
        "/page.css/../server.py",
    ):
        assert running.get(path).status == 404


def test_a_request_with_the_token_is_answered(running: Running) -> None:
    assert running.post("/start", {}).json == {"config": None}
    assert running.post("/render", {"number": 3}).json == {"asked": {"number": 3}}
    assert running.post("/save", {"force": True}).json == {"saved": "a.yaml"}
    assert running.said == []


def test_every_reply_says_that_nothing_else_may_run_show_or_keep_it(running: Running) -> None:
    for reply in (running.get("/"), running.get("/none"), running.post("/start", {}), running.post("/start", b"?")):
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; ")
        assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert reply.headers["Connection"] == "close"
        assert not [name for name in reply.headers if name.lower().startswith("access-control") or name == "Server"]


def test_the_printed_address_opens_the_page_as_often_as_one_likes_and_the_ticket_only_once(running: Running) -> None:
    address = running.server.address
    assert address == f"http://127.0.0.1:{running.address[1]}/?token={running.server.door.token}"
    path = running.server.address_once().partition(f":{running.address[1]}")[2]
    reply = running.get(path)
    assert (reply.status, reply.headers["Location"]) == (302, address.partition(f":{running.address[1]}")[2])
    assert running.server.door.token not in path
    for _ in range(2):
        again = running.get(path)
        assert (again.status, again.headers["Location"]) == (200, None)


def test_what_is_wrong_with_a_request_is_said(running: Running) -> None:
    def refuse(_: dict[str, Any]) -> dict[str, Any]:
        raise ArgumentError("must be 12 to 48; got 11", "view", "count")

    running.work.render = refuse
    reply = running.post("/render", {})
    assert (reply.status, reply.json) == (400, {"error": "view.count: must be 12 to 48; got 11"})
    reply = running.post("/save", {})
    assert (reply.status, reply.json) == (409, {"error": "a.yaml has changed"})
    reply = running.post("/start", b'{"a": 1, "a": 2}')
    assert (reply.status, reply.json) == (400, {"error": "a request must be JSON: a key is there twice"})
    assert running.said == []


def test_an_error_of_our_own_is_told_in_the_terminal_and_the_server_goes_on(running: Running) -> None:
    def fail(request: dict[str, Any]) -> dict[str, Any]:
        return {"sheet": 1 / 0, **request}

    running.work.render = fail
    reply = running.post("/render", {})
    assert (reply.status, reply.json) == (500, {"error": "digitgen has a defect; its terminal says more"})
    assert running.said == ["ZeroDivisionError: division by zero (--debug shows where)"]
    running.work.render = lambda _: {"share": float("nan")}
    assert running.post("/render", {}).status == 500
    assert running.post("/start", {}).status == 200


def test_it_is_served_by_ipv6_too() -> None:
    try:
        running = Running("::1")
    except OSError:
        pytest.skip("needs IPv6")
    try:
        assert running.server.address.startswith(f"http://[::1]:{running.address[1]}/?token=")
        assert running.post("/start", {}).status == 200
    finally:
        running.end()


# The latest wins


def test_of_what_a_page_waits_for_only_the_latest_is_made(running: Running, pool: ThreadPoolExecutor) -> None:
    begun, end = threading.Event(), threading.Event()
    made: list[int] = []

    def render(request: dict[str, Any]) -> dict[str, Any]:
        made.append(request["number"])
        begun.set()
        assert end.wait(SECONDS)
        return {"number": request["number"]}

    def send(number: int, page: str) -> Future[Reply]:
        """Send a request, and wait until it waits itself."""
        before = set(running.server.lane._waiting)
        future = pool.submit(running.post, "/render", {"number": number, "page": page})
        until(lambda: number == 1 or set(running.server.lane._waiting) - before)
        return future

    running.work.render = render
    first = send(1, "A")
    assert begun.wait(SECONDS)
    second, other, third = send(2, "A"), send(3, "B"), send(4, "A")
    assert second.result(SECONDS).json == {"number": 2, "superseded": True}  # while the first is still being made
    end.set()
    assert [each.result(SECONDS).json for each in (first, other, third)] == [{"number": n} for n in (1, 3, 4)]
    assert made == [1, 3, 4]


# Whom it refuses


def test_other_pages_of_the_browser_get_nothing(running: Running) -> None:
    done = recorded(running)
    own = f"http://127.0.0.1:{running.address[1]}"
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Origin": own, "Sec_Fetch_Site": "cross-site"},
        {"Host": f"evil.example:{running.address[1]}", "Origin": f"http://evil.example:{running.address[1]}"},
        {"Host": f"127.0.0.1:{running.address[1] - 1}"},
        {TOKEN_HEADER: "guessed"},
        {"Content_Type": "text/plain"},
    ):
        for path in ("/start", "/render", "/save", "/none"):
            reply = running.post(path, {}, **headers)
            assert (reply.status, reply.json) == (403, {"error": "Forbidden"})
    assert running.get("/", Host=f"evil.example:{running.address[1]}").status == 403
    assert running.post("/render", {}, Origin=own, Sec_Fetch_Site="same-origin").json == {"done": True}
    assert len(done) == 1


def test_a_browser_that_asks_whether_another_page_may_ask_gets_no_leave(running: Running) -> None:
    asked = "OPTIONS /render HTTP/1.1\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n"
    reply = running.raw(asked.encode())
    assert reply.startswith(b"HTTP/1.0 501 ")
    assert b"access-control" not in reply.lower()


def test_a_refusal_says_nothing_of_what_is_here(running: Running) -> None:
    for data in (
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET <script> HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
        b"DELETE /<b> HTTP/1.1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
    ):
        reply = running.raw(data)
        assert b"<" not in reply and b"Python" not in reply
        assert reply.startswith((b"HTTP/1.0 4", b"HTTP/1.0 5")) or not reply.startswith(b"HTTP")
    assert running.raw(b"GET /\r\n\r\n") == b'{"error":"Forbidden"}'  # as HTTP was before it had headers
    assert running.said == []


# How much, and how long


def test_a_body_is_read_if_its_size_is_said_and_allowed(running: Running) -> None:
    most = b'{"a": "' + b"b" * (MOST_BYTES - 9) + b'"}'
    assert running.post("/render", most).status == 200
    assert running.post("/render", most + b" ").status == 413
    for lines, status in (
        ((), 411),
        (("Transfer-Encoding: chunked",), 411),
        (("Content-Length: 2", "Transfer-Encoding: chunked"), 411),
        (("Content-Length: 2", "Content-Length: 3"), 400),
        (("Content-Length: -1",), 400),
        (("Content-Length: +2",), 400),
        (("Content-Length: 0x2",), 400),
        (("Content-Length: 99999999999999999999",), 413),
    ):
        assert running.raw(running.head(*lines) + b"\r\n{}").startswith(f"HTTP/1.0 {status} ".encode()), lines


def test_who_sends_too_much_still_reads_why_it_is_refused(running: Running) -> None:
    assert running.post("/render", b" " * 4 * MOST_BYTES).status == 413
    assert running.post("/render", b" " * 4 * MOST_BYTES, Origin="http://evil.example").status == 403


def test_a_request_that_is_cut_off_does_nothing(running: Running) -> None:
    done = recorded(running)
    with socket.create_connection(running.address, SECONDS) as connection:
        connection.sendall(running.head("Content-Length: 10") + b"\r\n{}")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.0 400 ")
    with socket.create_connection(running.address, SECONDS) as connection:
        connection.sendall(running.head("Content-Length: 2"))
    assert running.post("/start", {}).status == 200
    assert (done, running.said) == ([], [])


def test_who_sends_a_byte_now_and_then_is_cut_off(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "_READ_SECONDS", 0.15)
    monkeypatch.setattr(module, "_LINGER_SECONDS", 0.05)
    for begin in (b"", b"POST /render HTTP/1.1\r\nA: ", running.head("Content-Length: 1000") + b"\r\n"):
        begun = time.monotonic()
        with socket.create_connection(running.address, SECONDS) as connection, pytest.raises(OSError):
            connection.sendall(begin)
            while time.monotonic() < begun + SECONDS:
                connection.sendall(b"a")
                time.sleep(0.01)
        assert time.monotonic() < begun + SECONDS / 2
    assert running.said == []


def test_there_are_only_so_many_connections_and_the_next_is_told_to_come_again(few: Running) -> None:
    idle = [socket.create_connection(few.address, SECONDS) for _ in range(3)]
    until(lambda: few.server._free._value == 0)
    assert few.raw(b"").startswith(b"HTTP/1.0 503 ")
    for each in idle:
        each.close()
    until(lambda: few.server._free._value == 3)
    assert few.raw(b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 403 ")
    assert few.said == []


def test_a_server_that_ends_lets_what_it_does_come_to_its_end(running: Running, pool: ThreadPoolExecutor) -> None:
    begun, end = threading.Event(), threading.Event()

    def render(_: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        assert end.wait(SECONDS)
        return {"done": True}

    running.work.render = render
    reply = pool.submit(running.post, "/render", {})
    assert begun.wait(SECONDS)
    threading.Timer(0.05, end.set).start()
    running.server.server_close()
    assert end.is_set()
    assert reply.result(SECONDS).json == {"done": True}
    with pytest.raises(ConnectionError):
        running.post("/start", {})
