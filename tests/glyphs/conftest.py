"""For tests of downloads: a server of this machine that answers in whatever way a test needs."""

import http.server
import threading
from collections.abc import Callable, Iterator

import pytest

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
