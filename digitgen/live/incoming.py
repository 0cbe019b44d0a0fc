"""Bytes from a client that may be slow, or never end."""

import io
import socket
import time
from typing import Any, Final

from digitgen.live.strict_json import MOST_BYTES as MOST_BODY

MOST_BYTES: Final = MOST_BODY + 64 * 1024
"""Most bytes of a request with its headers."""


class Incoming(io.RawIOBase):
    """The bytes that come over a connection, all of them within a time and a size.

    Parameters
    ----------
    connection : socket.socket
        The connection.
    seconds : float
        Time in which all must come, from now on.
    most : int
        Most bytes.
    """

    def __init__(self, connection: socket.socket, seconds: float, most: int) -> None:
        self._connection, self._left, self._deadline = connection, most, time.monotonic() + seconds

    def readable(self) -> bool:
        """Say that it can be read.

        Returns
        -------
        bool
            True.
        """
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes.

        Parameters
        ----------
        buffer : writable buffer
            Where to put them.

        Returns
        -------
        int
            Number of bytes; 0 at the end.

        Raises
        ------
        TimeoutError
            If they come too late, or are too many.
        """
        seconds = self._deadline - time.monotonic()
        if seconds <= 0 or self._left <= 0:
            raise TimeoutError
        self._connection.settimeout(seconds)
        size = self._connection.recv_into(memoryview(buffer)[: self._left])
        self._left -= size
        return size
