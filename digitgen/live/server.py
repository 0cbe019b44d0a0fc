"""The server of the live page: takes requests, bounds them, and answers.

Each connection is one request. All of it must come within a time and a size, so that nobody can hold the server up, and
there are only so many at once.

`GET` gives the page and its files, which hold no secret. Everything else is a `POST` of a JSON object to one of these
paths, and answered by one:

===========  ==================================================================================================
``/start``   what the page begins with
``/render``  the images of a recipe, and all that is to be said about it; ``"superseded": true`` if the page, which
             may say who it is by a text ``"page"``, has sent a newer request before this one was begun
``/save``    the recipe is written to the configuration
===========  ==================================================================================================

An error is ``{"error": text}``, with a status of 4xx if the request is at fault, 409 for a file that has changed.
"""

import contextlib
import gzip
import io
import json
import secrets
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.resources import files
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final, Protocol

from digitgen.errors import ChangedError, DigitgenError
from digitgen.live.door import HEADERS, Door
from digitgen.live.incoming import Incoming
from digitgen.live.lane import Lane, OvertakenError
from digitgen.live.listen import HostAddress
from digitgen.live.strict_json import MOST_BYTES, read_object
from digitgen.messages import Say

_MOST_CONNECTIONS: Final = 32
_MOST_BYTES: Final = MOST_BYTES + 64 * 1024  # of a request with its headers
_WORTH_PACKING: Final = 1024  # bytes of a reply
_READ_SECONDS: Final = 10.0  # until all of a request is there
_WRITE_SECONDS: Final = 30.0  # until all of a reply is taken
_LINGER_SECONDS: Final = 1.0  # for a client that is still sending, and would not see a reply if it were cut off
_CLOSE_SECONDS: Final = 3.0  # for work that has begun when the server ends
_PAGE: Final = files("digitgen.live").joinpath("page")
_DEFECT: Final = "digitgen has a defect; its terminal says more"
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
}


class Work(Protocol):
    """The work that the page can ask for; `digitgen.live.session.Session` does it."""

    def start(self) -> dict[str, Any]:
        """Give what the page begins with."""

    def render(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the images of a recipe."""

    def save(self, request: dict[str, Any]) -> dict[str, Any]:
        """Write a recipe to the configuration."""


class Server(ThreadingMixIn, HTTPServer):
    """A server of the live page. It listens from the start, and answers in `serve_forever`.

    Parameters
    ----------
    where : HostAddress
        The address to serve at.
    port : int
        The port; 0 takes any that is free.
    work : Work
        What does what is asked for.
    say : callable
        Told of errors that are nobody's fault but ours.
    debug : bool, default False
        Whether to print the traceback of these.

    Raises
    ------
    OSError
        If the port is taken, or cannot be had.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, where: HostAddress, port: int, work: Work, say: Say, *, debug: bool = False) -> None:
        self.address_family = where.family
        self.work, self.say, self.debug = work, say, debug
        self.lane = Lane()
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._tickets: set[str] = set()
        super().__init__((where.address, port), _Handler)
        self.door = Door(secrets.token_urlsafe(), self.server_port, where.names, where.is_any)
        self._where = where

    @property
    def address(self) -> str:
        """The address of the page with the token; it opens the page as often as one likes."""
        return f"http://{self._where.name}:{self.server_port}/?token={self.door.token}"

    @property
    def far_address(self) -> str:
        """The same address as other machines of the network have to write it."""
        return f"http://{self._where.far_name}:{self.server_port}/?token={self.door.token}"

    def address_once(self) -> str:
        """Make an address that leads to that of the page once: others may see what a browser is started with.

        Returns
        -------
        str
            The address.
        """
        ticket = secrets.token_urlsafe()
        self._tickets.add(ticket)
        return f"http://{self._where.name}:{self.server_port}/?ticket={ticket}"

    def take(self, ticket: str) -> bool:
        """Take the ticket of an `address_once`.

        Parameters
        ----------
        ticket : str
            The ticket.

        Returns
        -------
        bool
            Whether it was one, and nobody has used it before.
        """
        try:
            self._tickets.remove(ticket)
        except KeyError:
            return False
        return True

    def server_bind(self) -> None:
        """Take the port, without asking a name server who we are."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, if there are not too many.

        Parameters
        ----------
        request : socket
            The connection.
        client_address : tuple
            Whence it comes.
        """
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            request.settimeout(0)
            request.send(b"HTTP/1.0 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
        self.close_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and let the next one in.

        Parameters
        ----------
        request : socket
            The connection.
        client_address : tuple
            Whence it comes.
        """
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, once the client has read the reply even if it was still sending.

        Parameters
        ----------
        request : socket
            The connection.
        """
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            rest = Incoming(request, _LINGER_SECONDS, 4 * _MOST_BYTES)
            buffer = bytearray(1 << 16)
            while rest.readinto(buffer):
                pass
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Tell of an error, unless the client has just gone.

        Parameters
        ----------
        request : socket
            The connection.
        client_address : tuple
            Whence it came.
        """
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            self.tell(error)

    def tell(self, error: BaseException) -> None:
        """Tell of an error that nobody but we can do anything about.

        Parameters
        ----------
        error : BaseException
            The error.
        """
        if self.debug:
            traceback.print_exception(error)
        self.say(f"{type(error).__name__}: {error}{'' if self.debug else ' (--debug shows where)'}")

    def server_close(self) -> None:
        """Take no more requests, and let work that has begun come to its end."""
        super().server_close()
        self.lane.close(_CLOSE_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    """One request and its reply."""

    server: Server
    disable_nagle_algorithm = True  # headers and body are two pieces, and the second would wait for the first

    def setup(self) -> None:
        """Bound what comes."""
        super().setup()
        self.rfile = io.BufferedReader(Incoming(self.connection, _READ_SECONDS, _MOST_BYTES))

    def do_GET(self) -> None:
        """Send the page, or one of its files."""
        path, _, query = self.path.partition("?")
        name = "page.html" if path == "/" else path.removeprefix("/")
        if not self.server.door.lets_see(self.headers, whole=path == "/"):
            return self.send_error(HTTPStatus.FORBIDDEN)
        if path == "/" and self.server.take(query.removeprefix("ticket=")):
            return self._send(HTTPStatus.FOUND, "html", b"", {"Location": f"/?token={self.server.door.token}"})
        if name not in _page_files():
            return self.send_error(HTTPStatus.NOT_FOUND)
        return self._send(HTTPStatus.OK, name.rpartition(".")[2], _PAGE.joinpath(name).read_bytes())

    def do_POST(self) -> None:
        """Do what the page asks for."""
        if not self.server.door.lets_ask(self.headers):
            return self.send_error(HTTPStatus.FORBIDDEN)
        do = _WORK.get(self.path)
        if do is None:
            return self.send_error(HTTPStatus.NOT_FOUND)
        length = self._length()
        if isinstance(length, HTTPStatus):
            return self.send_error(length)
        body = self.rfile.read(length)
        if len(body) < length:
            return self.send_error(HTTPStatus.BAD_REQUEST)
        return self._send(*self._answer(do, body))

    def _length(self) -> int | HTTPStatus:
        """The size of the body in bytes, or why it is not read."""
        lengths = self.headers.get_all("Content-Length", [])
        if self.headers.get("Transfer-Encoding") is not None or not lengths:
            return HTTPStatus.LENGTH_REQUIRED
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdecimal()):
            return HTTPStatus.BAD_REQUEST
        if len(lengths[0]) > 9 or int(lengths[0]) > MOST_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return int(lengths[0])

    def _answer(self, do: "_Do", body: bytes) -> tuple[HTTPStatus, str, bytes]:
        """Do the work, and give what it comes to as JSON."""
        try:
            return HTTPStatus.OK, "json", _json(do(self.server, read_object(body)))
        except OvertakenError:
            return HTTPStatus.SERVICE_UNAVAILABLE, "json", _json({"error": "digitgen is ending"})
        except ChangedError as error:
            return HTTPStatus.CONFLICT, "json", _json({"error": str(error)})
        except (DigitgenError, OSError) as error:
            return HTTPStatus.BAD_REQUEST, "json", _json({"error": str(error)})
        except Exception as error:
            self.server.tell(error)
            return HTTPStatus.INTERNAL_SERVER_ERROR, "json", _json({"error": _DEFECT})

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Refuse in a line that says nothing of what is here."""
        status = HTTPStatus(code)
        self._send(status, "json", _json({"error": status.phrase}))

    def _send(self, status: HTTPStatus, kind: str, body: bytes, more: dict[str, str] | None = None) -> None:
        """Send a reply; the connection ends with it."""
        self.connection.settimeout(_WRITE_SECONDS)
        self.send_response_only(status)
        more = dict(more or {})
        # Pictures are packed already, and are waited for.
        if len(body) > _WORTH_PACKING and self.path != "/render" and "gzip" in self.headers.get("Accept-Encoding", ""):
            body, more["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
        described = {"Content-Type": _TYPES[kind], "Content-Length": str(len(body)), "Connection": "close"}
        for name, value in {**HEADERS, **described, **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing: an address may hold the token."""


_Do = Callable[[Server, dict[str, Any]], dict[str, Any]]


def _render(server: Server, request: dict[str, Any]) -> dict[str, Any]:
    """Make the images of a recipe, unless the page wants those of a newer one already."""
    try:
        return server.lane.run(lambda: server.work.render(request), str(request.get("page", "")))
    except OvertakenError:
        return {"number": request.get("number"), "superseded": True}


_WORK: Final[dict[str, _Do]] = {
    "/start": lambda server, _: server.lane.run(server.work.start),
    "/render": _render,
    "/save": lambda server, request: server.lane.run(lambda: server.work.save(request)),
}


def _json(value: dict[str, Any]) -> bytes:
    """Write JSON."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def _page_files() -> set[str]:
    """Names of the files that make the page."""
    return {each.name for each in _PAGE.iterdir() if each.name.rpartition(".")[2] in _TYPES}
