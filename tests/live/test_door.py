"""Which requests come in at the door of the live page."""

from email.message import Message

import pytest

from digitgen.live.door import TOKEN_HEADER, Door

TOKEN = "a-secret"
DOOR = Door(TOKEN, 8642, frozenset({"127.0.0.1", "localhost", "[::1]"}))
OWN = {"Host": "127.0.0.1:8642", "Content-Type": "application/json", TOKEN_HEADER: TOKEN}


def headers(**changed: str | list[str] | None) -> Message:
    """The headers of the page's own request, with some changed, left out or there several times."""
    made = Message()
    for name, value in {**OWN, **{name.replace("_", "-"): value for name, value in changed.items()}}.items():
        for each in [value] if isinstance(value, str) else value or []:
            made[name] = each
    return made


OURS = [
    pytest.param({}, id="without a browser"),
    pytest.param({"Origin": "http://127.0.0.1:8642", "Sec_Fetch_Site": "same-origin"}, id="from the page"),
    pytest.param({"Host": "LocalHost:8642", "Origin": "http://localhost:8642"}, id="by its other name"),
    pytest.param({"Host": "[::1]:8642", "Origin": "http://[::1]:8642"}, id="by IPv6"),
    pytest.param({"Content_Type": "Application/JSON; charset=utf-8"}, id="with a charset"),
]
STRANGE = [
    pytest.param({"Host": None}, id="no host"),
    pytest.param({"Host": "evil.example:8642", "Origin": "http://evil.example:8642"}, id="a name that leads here"),
    pytest.param({"Host": "127.0.0.1"}, id="the host without its port"),
    pytest.param({"Host": "127.0.0.1:80"}, id="the host with another port"),
    pytest.param({"Host": "127.0.0.1.evil.example:8642"}, id="a host that begins as ours"),
    pytest.param({"Host": "10.0.0.1:8642"}, id="another address"),
    pytest.param({"Host": ["127.0.0.1:8642", "evil.example"]}, id="two hosts"),
    pytest.param({"Origin": "http://evil.example"}, id="from elsewhere"),
    pytest.param({"Origin": "http://127.0.0.1:9999"}, id="from another port"),
    pytest.param({"Origin": "https://127.0.0.1:8642"}, id="from another scheme"),
    pytest.param({"Origin": "http://localhost:8642"}, id="from our other name"),
    pytest.param({"Origin": "null"}, id="from a sandbox or a file"),
    pytest.param({"Origin": ["http://127.0.0.1:8642", "http://evil.example"]}, id="two origins"),
    pytest.param({"Sec_Fetch_Site": "cross-site"}, id="across sites"),
    pytest.param({"Sec_Fetch_Site": "same-site"}, id="from another port of the site"),
    pytest.param({"Sec_Fetch_Site": "none"}, id="typed"),
    pytest.param({"Content_Type": None}, id="no type"),
    pytest.param({"Content_Type": "text/plain"}, id="a type that forms send"),
    pytest.param({"Content_Type": "text/plain; application/json"}, id="a type that only looks like ours"),
    pytest.param({TOKEN_HEADER: None}, id="no token"),
    pytest.param({TOKEN_HEADER: ""}, id="an empty token"),
    pytest.param({TOKEN_HEADER: TOKEN[:-1]}, id="a part of the token"),
    pytest.param({TOKEN_HEADER: f"{TOKEN}é"}, id="a token that is no ASCII"),
    pytest.param({TOKEN_HEADER: [TOKEN, TOKEN]}, id="two tokens"),
]


@pytest.mark.parametrize("changed", OURS)
def test_the_pages_own_requests_come_in(changed: dict[str, str | None]) -> None:
    assert DOOR.lets_ask(headers(**changed))


@pytest.mark.parametrize("changed", STRANGE)
def test_no_other_request_comes_in(changed: dict[str, str | None]) -> None:
    assert not DOOR.lets_ask(headers(**changed))


@pytest.mark.parametrize(
    ("site", "mode", "destination", "page", "file"),
    [
        pytest.param(None, None, None, True, True, id="without a browser"),
        pytest.param("none", "navigate", "document", True, True, id="typed"),
        pytest.param("same-origin", "no-cors", "script", True, True, id="by the page"),
        pytest.param("cross-site", "navigate", "document", True, False, id="by a link elsewhere"),
        pytest.param("cross-site", "navigate", "iframe", False, False, id="in a frame elsewhere"),
        pytest.param("cross-site", "no-cors", "script", False, False, id="as a script elsewhere"),
        pytest.param("same-site", "cors", "empty", False, False, id="fetched by another port"),
    ],
)
def test_the_page_is_shown_to_who_opens_it_and_to_no_other_page(
    site: str | None, mode: str | None, destination: str | None, page: bool, file: bool
) -> None:
    found = headers(Sec_Fetch_Site=site, Sec_Fetch_Mode=mode, Sec_Fetch_Dest=destination)
    assert (DOOR.lets_see(found, whole=True), DOOR.lets_see(found, whole=False)) == (page, file)


def test_the_page_is_not_shown_under_the_name_of_a_stranger() -> None:
    assert not DOOR.lets_see(headers(Host="evil.example:8642"), whole=True)


@pytest.mark.parametrize(
    ("host", "comes_in"),
    [
        ("192.168.1.5:8642", True),
        ("[fe80::1]:8642", True),
        ("box:8642", True),
        ("evil.example:8642", False),
        ("::1:8642", False),
        ("[192.168.1.5]:8642", False),
        ("192.168.1.5:80", False),
        (":8642", False),
    ],
)
def test_a_server_at_all_addresses_takes_any_address_but_only_its_own_names(host: str, comes_in: bool) -> None:
    door = Door(TOKEN, 8642, frozenset({"127.0.0.1", "box"}), any_address=True)
    assert door.lets_ask(headers(Host=host)) is comes_in


def test_browsers_leave_out_port_80() -> None:
    door = Door(TOKEN, 80, frozenset({"127.0.0.1", "[::1]"}))
    for host in ("127.0.0.1", "127.0.0.1:80", "[::1]"):
        assert door.lets_ask(headers(Host=host, Origin=f"http://{host}"))
