"""The server of the live page."""

import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from digitgen.live.listen import find_address
from digitgen.live.server import Server


class Echo:
    """Work that answers with what it was asked."""

    def start(self) -> dict[str, Any]:
        return {"config": None}

    def render(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"asked": request}

    def save(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"saved": request}


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that is running."""
    made = Server(find_address("127.0.0.1"), 0, Echo(), lambda _: None)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def test_a_request_with_the_token_is_answered(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    headers = {"Content-Type": "application/json", "X-Digitgen-Token": server.door.token}
    connection.request("POST", "/render", b'{"number": 3}', headers)
    reply = connection.getresponse()
    assert (reply.status, json.loads(reply.read())) == (200, {"asked": {"number": 3}})
