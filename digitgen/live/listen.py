"""The address of the live page: one that only this machine reaches, unless the user asks for another."""

import errno
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from digitgen.errors import ArgumentError, DigitgenError
from digitgen.messages import shown

T = TypeVar("T")

LOOPBACK: Final = "127.0.0.1"
"""The address to serve at if no other is asked for."""
PORT: Final = 8642
"""The first port to try if none is asked for."""
_PORTS: Final = 20  # that are tried, one after the other


@dataclass(frozen=True)
class HostAddress:
    """An address of this machine.

    Parameters
    ----------
    address : str
        The IP address.
    family : socket.AddressFamily
        IPv4 or IPv6.
    host : str, optional
        The name that was asked for, if it was none.
    """

    address: str
    family: socket.AddressFamily
    host: str = ""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return _ip(self.address).is_loopback

    @property
    def is_any(self) -> bool:
        """Whether it stands for all addresses of the machine."""
        return _ip(self.address).is_unspecified

    @property
    def name(self) -> str:
        """The name by which a browser on this machine reaches it, as it stands in a URL."""
        if self.is_any:
            return "[::1]" if ":" in self.address else LOOPBACK
        return self.host.lower() or (f"[{self.address}]" if ":" in self.address else self.address)

    @property
    def far_name(self) -> str:
        """The name by which other machines reach it, if any do."""
        return socket.gethostname().lower() if self.is_any else self.name

    @property
    def names(self) -> frozenset[str]:
        """All its names."""
        near = {LOOPBACK, "localhost"} if self.is_loopback or self.is_any else set()
        return frozenset({self.name, self.far_name, *near})


def find_address(host: str, *, expose: bool = False) -> HostAddress:
    """Find an address of this machine to serve at.

    Parameters
    ----------
    host : str
        A name or an address.
    expose : bool, default False
        Whether other machines may reach it.

    Returns
    -------
    HostAddress
        The address.

    Raises
    ------
    ArgumentError
        If there is no such address, or others would reach it unasked.
    """
    found = _resolve(host, socket.AI_NUMERICHOST) or _resolve(host, 0)
    if found is None:
        raise ArgumentError(
            f"--host: must be a name or an address of this machine, such as {LOOPBACK}; got {shown(host)}"
        )
    if not (expose or found.is_loopback):
        raise ArgumentError(
            f"--host: other machines reach {shown(host)}; add --expose-to-network if they may use the page and "
            "save to CONFIG, or leave out --host"
        )
    return found


def _resolve(host: str, flags: int) -> HostAddress | None:
    """Find the first address that a name, or another way to write an address, stands for."""
    try:
        family, *_, place = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=flags)[0]
    except (OSError, UnicodeError):
        return None
    return HostAddress(str(place[0]), family, "" if flags & socket.AI_NUMERICHOST else host)


def bind(where: HostAddress, port: int | None, make: Callable[[int], T]) -> T:
    """Make a server at a port that is free.

    Parameters
    ----------
    where : HostAddress
        The address.
    port : int or None
        The port; 0 takes any, and None the first free one from `PORT` on.
    make : callable
        Makes the server at a port; raises OSError if it cannot.

    Returns
    -------
    object
        What `make` returns.

    Raises
    ------
    DigitgenError
        If the port is taken, or the address cannot be served at.
    """
    ports = range(PORT, PORT + _PORTS) if port is None else [port]
    for each in ports:
        try:
            return make(each)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                reason = error.strerror or str(error)
                raise DigitgenError(
                    f"{where.address}, port {each}: the page cannot be served there: {reason}"
                ) from None
    if port is None:
        raise DigitgenError(f"ports {ports[0]} to {ports[-1]} are all taken; name another with --port")
    raise DigitgenError(f"port {port} is taken; name another with --port, or leave it out to take one that is free")


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address; one of IPv4 that is written as IPv6 as what it is."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found
