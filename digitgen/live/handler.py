"""Requests of the live page, and their replies.

`GET` gives the page and its files, which hold no secret. Everything else is a `POST` of a JSON object to one of these
paths, and answered by one:

===========  ==================================================================================================
``/start``   what the page begins with
``/render``  the images of a recipe, and all that is to be said about it; ``"superseded": true`` if the page, which
             may say who it is by a text ``"page"``, has sent a newer request before this one was begun
``/save``    the recipe is written to the configuration
===========  ==================================================================================================

An error is ``{"error": text}``, with a status of 4xx if the request is at fault, 409 for a file that has changed. All
of a request must come within a time and a size, so that nobody can hold the server up.
"""

import gzip
import io
import json
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from digitgen.errors import ChangedError, DigitgenError
from digitgen.live.door import HEADERS
from digitgen.live.incoming import MOST_BYTES, Incoming
from digitgen.live.lane import OvertakenError
from digitgen.live.strict_json import MOST_BYTES as MOST_BODY
from digitgen.live.strict_json import read_object

if TYPE_CHECKING:
    from digitgen.live.server import Server

_READ_SECONDS: Final = 10.0  # until all of a request is there
_WRITE_SECONDS: Final = 30.0  # until all of a reply is taken
_WORTH_PACKING: Final = 1024  # bytes of a reply
_PAGE: Final = files("digitgen.live").joinpath("page")
_DEFECT: Final = "digitgen has a defect; its terminal says more"
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
}


class Handler(BaseHTTPRequestHandler):
    """One request and its reply."""

    server: "Server"
    disable_nagle_algorithm = True  # headers and body are two pieces, and the second would wait for the first

    def setup(self) -> None:
        """Bound what comes."""
        super().setup()
        self.rfile = io.BufferedReader(Incoming(self.connection, _READ_SECONDS, MOST_BYTES))

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
        if len(lengths[0]) > 9 or int(lengths[0]) > MOST_BODY:
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
        """Refuse in a line that says nothing of what is here.

        Parameters
        ----------
        code : int
            The status.
        message, explain : str, optional
            Words that a client could find something out from; they are not sent.
        """
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
        """Print nothing: an address may hold the token.

        Parameters
        ----------
        format, *args
            Words that nobody sees.
        """


_Do = Callable[["Server", dict[str, Any]], dict[str, Any]]


def _render(server: "Server", request: dict[str, Any]) -> dict[str, Any]:
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
