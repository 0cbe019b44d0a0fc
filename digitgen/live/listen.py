"""Where the live page is served: an address that only this machine reaches, unless the user asks for another."""

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
    host : str
        What was asked for: a name or an address.
    address : str
        The address that it means.
    family : socket.AddressFamily
        IPv4 or IPv6.
    """

    host: str
    address: str
    family: socket.AddressFamily

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
        """The name by which this machine's browser reaches it, as it stands in a URL."""
        if self.is_any:
            return LOOPBACK
        return f"[{self.host}]" if ":" in self.host else self.host.lower()

    @property
    def names(self) -> frozenset[str]:
        """All names that a browser may know it by, as they stand in a URL."""
        own = {socket.gethostname().lower()} if self.is_any else set()
        return frozenset({self.name, LOOPBACK, "localhost", *own} if self.is_loopback or self.is_any else {self.name})


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
    try:
        family, *_, place = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no name"
        raise ArgumentError(f"--host: {shown(host)} is no address of this machine: {reason}") from None
    where = HostAddress(host, str(place[0]), family)
    if not (expose or where.is_loopback):
        raise ArgumentError(
            f"--host: other machines reach {host}, and whoever has the page's address could use it and save to CONFIG; "
            "if that is wanted, add --expose-to-network"
        )
    return where


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
                raise DigitgenError(f"{where.host}, port {each}: cannot be served at: {reason}") from None
    if port is None:
        raise DigitgenError(f"ports {ports[0]} to {ports[-1]} are all taken; name another with --port")
    raise DigitgenError(f"port {port} is taken; name another with --port, or leave it out to take one that is free")


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address; one of IPv4 that is written as IPv6 as what it is."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found
