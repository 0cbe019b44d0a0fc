"""The door of the server: a request is let through if it is from the page itself, by all that a browser says of it.

Three things must agree. The *token* proves that the page was opened by an address that the command printed. *Host*
must be a name of this server, so that a name of a stranger that leads here (DNS rebinding) is of no use. *Origin* and
*Sec-Fetch-Site*, which a page cannot change, must say that the page that asks is our own.
"""

import ipaddress
import secrets
from dataclasses import dataclass
from email.message import Message
from typing import Final

TOKEN_HEADER: Final = "X-Digitgen-Token"
"""The header of a request that holds the token. A page from elsewhere cannot send it without asking first."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src data: blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""The headers of every reply: the page runs and fetches only what is its own, and nothing shows or keeps it."""


@dataclass(frozen=True)
class Door:
    """The rules of a server for letting requests in.

    Parameters
    ----------
    token : str
        The secret of this run.
    port : int
        The port of the server.
    names : frozenset of str
        Names and addresses of the server as they stand in a URL, in lower case.
    any_address : bool, default False
        Whether any IP address may be a name, for a server that listens on all addresses of its machine.
    """

    token: str
    port: int
    names: frozenset[str]
    any_address: bool = False

    def lets_see(self, headers: Message, *, whole: bool) -> bool:
        """Say whether the static page, or a file of it, may be sent; they hold no secrets.

        Parameters
        ----------
        headers : Message
            The headers of the request.
        whole : bool
            Whether it asks for the page and not for one of its files. A link on another page may lead to it.

        Returns
        -------
        bool
            True if it may.
        """
        site = _only(headers, "Sec-Fetch-Site")
        navigates = _only(headers, "Sec-Fetch-Mode") == "navigate" and _only(headers, "Sec-Fetch-Dest") == "document"
        return self._is_host(_only(headers, "Host").lower()) and (
            site in ("", "none", "same-origin") or (whole and navigates)
        )

    def lets_ask(self, headers: Message) -> bool:
        """Say whether a request that does something may be read.

        Parameters
        ----------
        headers : Message
            The headers of the request.

        Returns
        -------
        bool
            True if it may.
        """
        host = _only(headers, "Host").lower()
        return (
            self._is_host(host)
            and _only(headers, "Origin") in ("", f"http://{host}")
            and _only(headers, "Sec-Fetch-Site") in ("", "same-origin")
            and _only(headers, "Content-Type").partition(";")[0].strip().lower() == "application/json"
            and secrets.compare_digest(_only(headers, TOKEN_HEADER).encode(), self.token.encode())
        )

    def _is_host(self, text: str) -> bool:
        """Whether this is a name of the server with its port, which browsers leave out if it is 80."""
        name, colon, port = text.rpartition(":")
        if not colon or port.endswith("]"):
            name, port = text, "80"
        return port == str(self.port) and (name in self.names or (self.any_address and _is_address(name)))


def _is_address(name: str) -> bool:
    """Whether a name of a URL is an IP address, which nobody can have lead elsewhere."""
    try:
        address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return (address.version == 6) == name.startswith("[")


def _only(headers: Message, name: str) -> str:
    """The value of a header that is there once, and empty if it is absent; of several, one that nothing allows."""
    values = headers.get_all(name, [])
    return "; ".join(map(str, values)) if len(values) < 2 else "several"
