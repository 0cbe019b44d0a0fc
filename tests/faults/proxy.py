"""A proxy between digitgen and a server of S3's protocol, which does to requests what bad networks and servers do."""

import http.client
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote, urlsplit

READS: Final = ("cut off download", "short download", "flipped download", "slow download")
"""Faults of answers that carry a file."""
WRITES: Final = ("cut off upload", "lost answer", "flipped upload", "wrong ETag", "slow upload")
"""Faults of requests that put a file."""
ANY: Final = ("500 burst", "503 burst", "dropped", "stalled")
"""Faults of any request."""
LISTS: Final = ("lagging listing",)
"""Faults of listings."""
STALLED: Final = "stalled for ever"
OUTAGES: Final = ("503 for long", "expired credentials", "refused credentials", "bucket gone", "away")
"""Faults that last until they are ended."""
_BURST: Final = 2  # requests that fail in a row, fewer than anybody gives up after
_HOP: Final = {"connection", "transfer-encoding", "keep-alive", "content-length"}
_ANSWERS: Final = {
    "500 burst": (500, "InternalError"),
    "503 burst": (503, "SlowDown"),
    "503 for long": (503, "SlowDown"),
    "expired credentials": (400, "ExpiredToken"),
    "refused credentials": (403, "InvalidAccessKeyId"),
    "bucket gone": (404, "NoSuchBucket"),
}


class FaultProxy:
    """The proxy; what goes wrong next is set from outside.

    It counts requests, and does the fault to the first request from a given number on that it can happen to.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self.requests = 0
        self.injected = 0
        self.said: list[str] = []
        self.arm("", 0)

    def arm(self, fault: str, after: int) -> None:
        """Have a fault happen once, some requests from now; none if it is empty."""
        with self._lock:
            self.fault, self._at, self._left = fault, self.requests + after, _BURST if "burst" in fault else 1
            self._put: list[str] = []

    def decide(self, method: str, path: str) -> str:
        """What is to happen to this request; nothing, mostly."""
        kind = "list" if "list-type=" in path else {"PUT": "write", "GET": "read"}.get(method, "other")
        with self._lock:
            self.requests += 1
            if kind == "write":
                self._put.append(unquote(urlsplit(path).path).split("/", 2)[-1])
            fits = (
                self.fault in (*OUTAGES, STALLED)
                or self.fault in ANY
                or (self.fault in READS and kind == "read")
                or (self.fault in WRITES and kind == "write")
                or (self.fault in LISTS and kind == "list")
            )
            if not fits or self.requests <= self._at or not self._left:
                return ""
            if self.fault not in (*OUTAGES, *LISTS, STALLED):
                self._left -= 1
            self.injected += 1
            return self.fault

    def unlisted(self) -> list[str]:
        """Keys that a lagging listing does not have yet: what was put last."""
        with self._lock:
            return self._put[-3:]

    def forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Have the server answer."""
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        try:
            connection.request(method, path, body, {**headers, "Connection": "close"})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()


@contextmanager
def fault_proxy(upstream: str) -> Iterator[tuple[FaultProxy, str]]:
    """Run a proxy; gives it and its address."""
    proxy = FaultProxy(upstream)

    class Handler(_Handler):
        owner = proxy

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    owner: FaultProxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Pass a request on, or not."""
        with suppress(ConnectionError, TimeoutError):  # the other side has given up
            self._pass_on()

    do_PUT = do_POST = do_HEAD = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _pass_on(self) -> None:
        """Do so, with the fault that is due."""
        fault = self.owner.decide(self.command, self.path)
        if fault in ("dropped", "away"):
            self._drop()
            return
        length = int(self.headers.get("Content-Length") or 0)
        if "100-continue" in self.headers.get("Expect", "").lower():
            self.send_response_only(100)
            self.end_headers()
        if fault == "cut off upload":
            self.rfile.read(length // 2)
            self._drop()
            return
        body = self.rfile.read(length)
        if fault in _ANSWERS:
            status, code = _ANSWERS[fault]
            said = f"<Error><Code>{code}</Code><Message>{self.headers.get('Authorization')}</Message></Error>"
            self._answer(status, {"Content-Type": "application/xml"}, said.encode())
            return
        if fault in ("stalled", STALLED):
            time.sleep(3 if fault == "stalled" else 30)  # longer than the client of the tests waits
            self._drop()
            return
        if fault == "flipped upload":
            body = _flipped(body)
        if fault == "slow upload":
            time.sleep(0.7)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in (*_HOP, "expect")}
        status, answer, data = self.owner.forward(self.command, self.path, headers, body)
        if fault == "lost answer":
            self._drop()
            return
        if fault == "wrong ETag":
            answer = {name: value for name, value in answer.items() if name.lower() != "etag"}
            answer["ETag"] = '"00000000000000000000000000000000"'
        if fault == "lagging listing":
            data = _without(data, self.owner.unlisted())
        if fault == "short download":
            data = data[: len(data) // 2]
        if fault == "flipped download":
            data = _flipped(data)
        self._answer(status, answer, data, cut=fault == "cut off download", slow=fault == "slow download")

    def _answer(
        self, status: int, headers: dict[str, str], data: bytes, *, cut: bool = False, slow: bool = False
    ) -> None:
        """Send an answer, whole or not."""
        self.send_response_only(status)
        length = {name.lower(): value for name, value in headers.items()}.get("content-length", "0")
        for name, value in headers.items():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if cut:
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self._drop()
            return
        for piece in (data[: len(data) // 2], data[len(data) // 2 :]) if slow else (data,):
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(0.35 if slow else 0)

    def _drop(self) -> None:
        """Break the connection off."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


def _flipped(data: bytes) -> bytes:
    """Flip a bit in the middle."""
    changed = bytearray(data)
    if changed:
        changed[len(changed) // 2] ^= 16
    return bytes(changed)


def _without(listing: bytes, keys: list[str]) -> bytes:
    """Leave keys out of a listing."""
    for key in keys:
        pattern = rb"<Contents>(?:(?!</Contents>).)*<Key>" + re.escape(key.encode()) + rb"</Key>.*?</Contents>"
        listing = re.sub(pattern, b"", listing, flags=re.DOTALL)
    return listing
