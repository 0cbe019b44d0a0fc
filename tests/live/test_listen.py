"""Where the live page may be served."""

import errno
import os
import socket
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from digitgen.errors import ArgumentError, DigitgenError
from digitgen.live.listen import LOOPBACK, PORT, HostAddress, bind, find_address

LOCAL = HostAddress(LOOPBACK, socket.AF_INET)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("localhost", "localhost"),
        ("LOCALHOST", "localhost"),
        ("::1", "[::1]"),
        ("0:0:0:0:0:0:0:1", "[::1]"),
    ],
)
def test_addresses_of_this_machine_need_no_further_word(host: str, name: str) -> None:
    found = find_address(host)
    assert (found.is_loopback, found.is_any, found.name) == (True, False, name)
    assert found.names == {name, "127.0.0.1", "localhost"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "0", "::ffff:192.0.2.1"])
def test_an_address_that_others_reach_must_be_asked_for_in_so_many_words(host: str) -> None:
    with pytest.raises(ArgumentError, match=r"other machines reach .* add --expose-to-network"):
        find_address(host)
    assert not find_address(host, expose=True).is_loopback


def test_a_name_that_means_an_address_for_others_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, flags: int, **__: object) -> list[tuple[object, ...]]:
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(ArgumentError, match="other machines reach 'box'"):
        find_address("box")
    found = find_address("Box", expose=True)
    assert (found.address, found.name, set(found.names)) == ("192.0.2.1", "box", {"box"})


def test_all_addresses_are_named_as_this_machine_and_as_others_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Box")
    for host, name in (("0.0.0.0", "127.0.0.1"), ("::", "[::1]")):
        found = find_address(host, expose=True)
        assert (found.is_any, found.name, found.far_name) == (True, name, "box")
        assert found.names == {name, "box", "127.0.0.1", "localhost"}


@pytest.mark.parametrize("host", ["no such name", "a" * 300, "127.0.0.1:80", "é" * 80])
def test_what_is_no_address_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    numeric = socket.getaddrinfo

    def resolve(host: str, port: None, type: int, flags: int) -> object:  # noqa: A002
        """Ask no name server, which takes seconds where there is none."""
        return numeric(host, port, type=type, flags=flags | socket.AI_NUMERICHOST)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(ArgumentError, match="--host: must be a name or an address of this machine"):
        find_address(host)


def taken(*ports: int, reason: int = errno.EADDRINUSE) -> Callable[[int], int]:
    """What makes a server unless the port is one of these."""

    def make(port: int) -> int:
        if port in ports:
            raise OSError(reason, os.strerror(reason))
        return port

    return make


def test_the_next_free_port_is_taken_unless_one_is_asked_for() -> None:
    assert bind(LOCAL, None, taken()) == PORT
    assert bind(LOCAL, None, taken(PORT, PORT + 1)) == PORT + 2
    assert bind(LOCAL, 9000, taken(PORT)) == 9000
    with pytest.raises(DigitgenError, match="port 9000 is taken; name another with --port"):
        bind(LOCAL, 9000, taken(9000))
    with pytest.raises(DigitgenError, match=f"ports {PORT} to {PORT + 19} are all taken"):
        bind(LOCAL, None, taken(*range(PORT, PORT + 100)))


def test_a_port_that_may_not_be_had_is_an_error_that_says_why() -> None:
    with pytest.raises(DigitgenError, match=r"^127\.0\.0\.1, port 80: .* Permission denied$"):
        bind(LOCAL, 80, taken(80, reason=errno.EACCES))
    foreign = SimpleNamespace(address="192.0.2.1")
    with pytest.raises(DigitgenError, match=r"^192\.0\.2\.1, port 8642: .*assign requested address"):
        bind(foreign, None, taken(PORT, reason=errno.EADDRNOTAVAIL))  # type: ignore[arg-type]
