"""The server of the live page: takes connections, and bounds them.

Each connection is one request, which `digitgen.live.handler` answers. There are only so many at once, and who has more
to send than is read is still told why.
"""

import contextlib
import secrets
import socket
import sys
import threading
import traceback
from http.server import HTTPServer
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final, Protocol

from digitgen.live.door import Door
from digitgen.live.handler import Handler
from digitgen.live.incoming import MOST_BYTES, Incoming
from digitgen.live.lane import Lane
from digitgen.live.listen import HostAddress
from digitgen.messages import Say

_MOST_CONNECTIONS: Final = 32
_LINGER_SECONDS: Final = 1.0  # for a client that is still sending, and would not see a reply if it were cut off
_CLOSE_SECONDS: Final = 3.0  # for work that has begun when the server ends


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
        self.work: Work = work
        self.lane: Lane = Lane()
        self.say, self.debug = say, debug
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._tickets: set[str] = set()
        super().__init__((where.address, port), Handler)
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
            rest = Incoming(request, _LINGER_SECONDS, 4 * MOST_BYTES)
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
